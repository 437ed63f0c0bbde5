"""Arrow without pandas, which it would load as soon as it is there."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["without_pandas"]


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
