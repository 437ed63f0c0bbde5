"""Several reports, each in a process of its own, so many at a time; a source is read once."""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from kit.base.errors import KitError
from kit.base.paths import COPY
from kit.base.system import begin_session, forking_context
from kit.base.tempdirs import temporary_folder
from kit.reports.signals import StoppedError, stoppable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from multiprocessing.process import BaseProcess

__all__ = ["read_once", "run_each"]


@contextmanager
def read_once(sources: Iterable[str], date_order: str | None = None) -> Iterator[dict[str, str]]:
    """Read the export files that several reports are about, once for all of them.

    A source that cannot be read is left to its reports, which say so each.

    Args:
        sources: the source of each report.
        date_order: of local dates in them, as ``open_log`` takes it.

    Yields:
        What the reports' environment needs to read the copies, which go afterwards.
    """
    from kit.log.source import open_source
    from kit.reports.window import names_of

    shared = [
        one for one, times in Counter(sources).items() if times > 1 and one not in {"", "okta"}
    ]
    with temporary_folder() as folder:
        copies = []
        for number, source in enumerate(shared):
            place = folder / str(number)
            with suppress(KitError):
                open_source(names_of(source), place, date_order=date_order)
                copies += [str(place / "lake")] if (place / "lake").is_dir() else []
        yield {COPY: os.pathsep.join(copies)} if copies else {}


def run_each(
    calls: Sequence[Callable[[], int]], jobs: int, environment: Mapping[str, str], preload: str
) -> int:
    """Make calls, each in a process of its own; what each prints goes where ours goes.

    Each runs in a process that was forked from one with all imports done: they take as long as
    the call itself needs for the rest.

    Args:
        calls: functions that return an exit code, each of which can be pickled.
        jobs: how many run at the same time.
        environment: what their environment has besides ours.
        preload: the module that imports what they need.

    Returns:
        The exit code of the first of *calls* that failed; 0 if none did.

    Raises:
        Interrupted, Terminated: a signal came; those that ran have ended by it.
    """
    context = forking_context(preload)
    waiting = list(range(len(calls)))
    running: dict[int, BaseProcess] = {}
    codes: dict[int, int] = {}
    # A signal is heard while nothing is being started, so that all that runs is known.
    with stoppable() as stop:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    number = waiting.pop(0)
                    values = (calls[number], {**os.environ, **environment})
                    running[number] = context.Process(target=_process, args=values)
                    running[number].start()
                with stop.armed():
                    wait([process.sentinel for process in running.values()])
                for number in [n for n, process in running.items() if not process.is_alive()]:
                    codes[number] = running.pop(number).exitcode or 0
        except StoppedError:
            for process in running.values():
                with suppress(ProcessLookupError):
                    os.kill(process.pid, stop.number)  # type: ignore[arg-type]  # it was started
            for process in running.values():
                process.join()
            raise stop.fault("while reports ran; theirs say so") from None
    return next((code for _, code in sorted(codes.items()) if code), 0)


def _process(call: Callable[[], int], environment: dict[str, str]) -> None:
    """Make one call, as the process's whole life."""
    begin_session()  # it hears of Ctrl-C from its parent, and once
    os.environ.clear()
    os.environ.update(environment)
    sys.exit(call())
