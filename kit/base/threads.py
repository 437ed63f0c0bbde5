"""Work that mostly waits, for a store or a disk, done several at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["side_by_side"]

_AT_ONCE = 8

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def side_by_side(do: Callable[[Thing], Result], things: Iterable[Thing]) -> list[Result]:
    """Do something with each of some things, up to eight at a time.

    Args:
        do: is called in another thread, with one thing.
        things: may be many; all are taken before the first is done.

    Returns:
        What came of each, in their order.

    Raises:
        Exception: the first fault in their order, once what was begun has ended.
    """
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(do, list(things)))
