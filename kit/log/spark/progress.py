"""How far a question on a cluster is, on a terminal alone."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from kit.log.spark.sessions import is_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["progress_bar"]

_INTERVAL_S = 0.5
"""Seconds between two looks."""


@contextmanager
def progress_bar(session: Any) -> Iterator[None]:
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

        def on_progress(tasks_done: int, tasks_total: int) -> None:
            bar.update(task, completed=tasks_done, total=tasks_total)

        with (_follow_connect if is_remote(session) else _follow_context)(session, on_progress):
            yield


@contextmanager
def _follow_connect(session: Any, on_progress: Callable[[int, int], None]) -> Iterator[None]:
    """Spark Connect says by itself how far it is."""

    def handler(stages: Any, **_: Any) -> None:
        on_progress(
            sum(one.num_completed_tasks for one in stages or ()),
            sum(one.num_tasks for one in stages or ()),
        )

    session.registerProgressHandler(handler)
    try:
        yield
    finally:
        session.removeProgressHandler(handler)


@contextmanager
def _follow_context(session: Any, on_progress: Callable[[int, int], None]) -> Iterator[None]:
    stop = threading.Event()

    def look() -> None:
        from py4j.protocol import Py4JError

        tracker = session.sparkContext.statusTracker()
        while not stop.wait(_INTERVAL_S):
            with suppress(Py4JError, OSError):
                stages = [tracker.getStageInfo(one) for one in tracker.getActiveStageIds()]
                infos = [one for one in stages if one is not None]
                on_progress(
                    sum(one.numCompletedTasks for one in infos), sum(one.numTasks for one in infos)
                )

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
