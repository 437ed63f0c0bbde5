"""Asynchronous work is run to its end from ordinary code, in a notebook too.

``jupyter_core.utils.run_sync`` does the same, but leaves the work running in its thread when a
notebook's stop button is pressed: a pull would go on. Only a kernel's manager is run by it, whose
calls must share one event loop.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["run_to_end"]

T = TypeVar("T")


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, also where an event loop runs already, as in a notebook's cell.

    Args:
        work: what is to be run.

    Returns:
        What comes of it; what it raises is raised.

    Raises:
        KeyboardInterrupt: the notebook's stop button was pressed; the work is cancelled.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    loop = runner.get_loop()

    def whole() -> T:
        with runner:
            return runner.run(work)

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(whole)
        try:
            return future.result()
        except KeyboardInterrupt:
            # Without this the cell would go on until all is read.
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
            raise
