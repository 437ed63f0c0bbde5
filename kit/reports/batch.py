"""Several reports, each in a process of its own, so many at a time; a source is read once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from kit.errors import KitError, Terminated
from kit.places import COPY
from kit.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["read_once", "run_each"]


@contextmanager
def read_once(sources: Iterable[str]) -> Iterator[dict[str, str]]:
    """Read the export files that several reports are about, once for all of them.

    A source that cannot be read is left to its reports, which say so each.

    Args:
        sources: the source of each report.

    Yields:
        What the reports' environment needs to read the copies, which go afterwards.
    """
    from kit.held import hold
    from kit.reports.window import names_of

    shared = [
        one for one, times in Counter(sources).items() if times > 1 and one not in {"", "okta"}
    ]
    with temporary_folder() as folder:
        copies = []
        for number, source in enumerate(shared):
            place = folder / str(number)
            with suppress(KitError):
                hold(names_of(source), place)
                copies += [str(place / "lake")] if (place / "lake").is_dir() else []
        yield {COPY: os.pathsep.join(copies)} if copies else {}


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
