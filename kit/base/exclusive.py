"""What several threads may ask for first, worked out by one of them while the others wait."""

from __future__ import annotations

from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["exclusive"]

P = ParamSpec("P")
Result = TypeVar("Result")


def exclusive(call: Callable[P, Result]) -> Callable[P, Result]:
    """Let one thread at a time make a call, so that a cache below it is filled once.

    ``functools.cache`` lets two threads work out the same answer at once. For what is read by
    msgspec that is more than waste: an import by threads was seen to end with its process.

    Args:
        call: the function; it may call itself.
    """
    lock = RLock()

    @wraps(call)
    def alone(*arguments: P.args, **options: P.kwargs) -> Result:
        with lock:
            return call(*arguments, **options)

    return alone
