"""Progress of long work, where nobody looks at a terminal or at a running cell."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["listener", "told_to"]

_LISTENER: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


@contextmanager
def told_to(say: Callable[[str], None]) -> Iterator[None]:
    """Tell *say*, in a line now and then, how far the work inside is.

    Args:
        say: is called from whichever thread works.
    """
    token = _LISTENER.set(say)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def listener() -> Callable[[str], None] | None:
    """Who is to be told; None where work shows its progress itself."""
    return _LISTENER.get()
