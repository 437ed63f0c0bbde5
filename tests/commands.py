"""The command line: in a process of its own as a user has it, and in the test's."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

from kit.commands.app import run_command


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


def command(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, where nothing has to be imported anew.

    What a process shows besides, ``okta_kit`` tells: warnings at its end, signals, its memory.

    Args:
        words: of the command, after ``okta-kit``.

    Returns:
        What it printed and its exit code.
    """
    arguments = list(map(str, words))
    with redirect_stdout(io.StringIO()) as stdout, redirect_stderr(io.StringIO()) as stderr:
        exit_code = run_command(arguments)
    return subprocess.CompletedProcess(arguments, exit_code, stdout.getvalue(), stderr.getvalue())
