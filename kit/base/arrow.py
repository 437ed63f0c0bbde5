"""Arrow without pandas, which it would load as soon as it is there, and with little memory."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["sparing_memory", "without_pandas"]


class _NoPandas:
    """Finds no pandas."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


@contextmanager
def without_pandas() -> Iterator[None]:
    """Let Arrow work without pandas: 50 MB and half a second, for nothing if no frame is made.

    Arrow asks for pandas with its first array and looks again when a frame is wanted, so frames
    can be made afterwards.
    """
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def sparing_memory() -> Iterator[None]:
    """Let Arrow take memory where it is given back: what comes and goes in blocks holds less.

    The pool that it chooses itself holds a sixth more. What was chosen before holds again
    afterwards.
    """
    import pyarrow as pa

    before = pa.default_memory_pool()
    try:
        pool = pa.jemalloc_memory_pool()
    except NotImplementedError:  # Arrow is built without it, as for Windows
        pool = before
    pa.set_memory_pool(pool)
    try:
        yield
    finally:
        pa.set_memory_pool(before)
        pool.release_unused()
