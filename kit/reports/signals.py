"""SIGINT and SIGTERM end a run, and not the report of it.

A signal that comes while cells run ends them; one that comes while the report is written
waits until it is whole. A second signal changes nothing: ending takes a moment only.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kit.base.errors import Interrupted, RunError, Terminated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["StopSignal", "StoppedError", "stoppable"]


class StoppedError(KeyboardInterrupt):
    """A signal came; of this kind because asyncio swallows every other one."""


class StopSignal:
    """Which signal came, if any."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._armed = False

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Note a signal, as its handler."""
        if self.number is not None:
            return
        if self._armed and _starts_a_kernel(frame):
            # It is in nobody's hand yet, and could not be ended: the signal comes again.
            threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
            return
        self.number = number
        if self._armed:
            raise StoppedError

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Let a signal, also one that came before, end the block.

        Raises:
            StoppedError: a signal came.
        """
        self._armed = True
        try:
            if self.number is not None:
                raise StoppedError
            yield
        finally:
            self._armed = False

    def fault(self, where: str) -> RunError:
        """The signal as a fault of the run."""
        if self.number == signal.SIGTERM:
            return Terminated(f"terminated {where}")
        return Interrupted(f"interrupted {where}")


def _starts_a_kernel(frame: FrameType | None) -> bool:
    """Whether a process is being started that its manager does not know yet."""
    while frame is not None:
        if frame.f_code.co_name == "launch_kernel":
            return True
        frame = frame.f_back
    return False


@contextmanager
def stoppable() -> Iterator[StopSignal]:
    """Hear SIGINT and SIGTERM for a while; only the main thread can."""
    stop = StopSignal()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop.on_signal) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
