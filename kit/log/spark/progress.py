"""How far a question on a cluster is, on a terminal alone."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from kit.log.spark.sessions import is_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["shown"]

_EVERY = 0.5
"""Seconds between two looks."""


@contextmanager
def shown(session: Any) -> Iterator[None]:
    """Draw a bar of the tasks that are done, while a question is being answered.

    Args:
        session: the Spark session.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("Spark"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}")
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("tasks", total=0)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        with (_heard if is_remote(session) else _watched)(session, told):
            yield


@contextmanager
def _heard(session: Any, told: Callable[[int, int], None]) -> Iterator[None]:
    """Spark Connect says by itself how far it is."""

    def handler(stages: Any, **_: Any) -> None:
        told(
            sum(one.num_completed_tasks for one in stages or ()),
            sum(one.num_tasks for one in stages or ()),
        )

    session.registerProgressHandler(handler)
    try:
        yield
    finally:
        session.removeProgressHandler(handler)


@contextmanager
def _watched(session: Any, told: Callable[[int, int], None]) -> Iterator[None]:
    ended = threading.Event()

    def look() -> None:
        from py4j.protocol import Py4JError

        tracker = session.sparkContext.statusTracker()
        while not ended.wait(_EVERY):
            with suppress(Py4JError, OSError):
                stages = [tracker.getStageInfo(one) for one in tracker.getActiveStageIds()]
                known = [one for one in stages if one is not None]
                told(
                    sum(one.numCompletedTasks for one in known), sum(one.numTasks for one in known)
                )

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
