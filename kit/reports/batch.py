"""Several reports, each in a process of its own, so many at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from kit.errors import Terminated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["run_each"]


def run_each(commands: Sequence[Sequence[str]], jobs: int, environment: Mapping[str, str]) -> int:
    """Run commands of okta-kit; what each prints goes where ours goes.

    Args:
        commands: the words of each.
        jobs: how many run at the same time.
        environment: what their environment has besides ours.

    Returns:
        The exit code of the first of *commands* that failed; 0 if none did.

    Raises:
        KeyboardInterrupt, Terminated: a signal came; those that ran have ended by it.
    """
    waiting = list(range(len(commands)))
    running: dict[int, subprocess.Popen[bytes]] = {}
    codes: dict[int, int] = {}
    sent = signal.SIGINT
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                number = waiting.pop(0)
                # A session of its own: it hears of Ctrl-C from here, and once.
                running[number] = subprocess.Popen(  # noqa: S603  # our own interpreter, no shell
                    [sys.executable, "-m", "kit", *commands[number]],
                    env={**os.environ, **environment},
                    start_new_session=True,
                )
            for number, process in list(running.items()):
                if process.poll() is not None:
                    codes[number] = running.pop(number).returncode
            time.sleep(0.05)
    except Terminated:
        sent = signal.SIGTERM
        raise
    finally:
        for process in running.values():
            process.send_signal(sent)
        for process in running.values():
            process.wait()
    return next((code for _, code in sorted(codes.items()) if code), 0)
