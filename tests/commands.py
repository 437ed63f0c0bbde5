"""The command line as a user has it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys


def okta_kit(
    *words: object, stdin: str = "", timeout_s: float = 400, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it printed, its line ends as they are.

    Args:
        words: of the command, after ``okta-kit``.
        stdin: what it reads.
        timeout_s: after how many seconds the test fails.
        environment: variables besides those of the test.
    """
    done = subprocess.run(
        [sys.executable, "-m", "kit", *map(str, words)],
        env={**os.environ, **environment},
        input=stdin.encode(),
        capture_output=True,
        check=False,
        timeout=timeout_s,
    )
    printed = (done.stdout.decode(), done.stderr.decode())
    return subprocess.CompletedProcess(done.args, done.returncode, *printed)
