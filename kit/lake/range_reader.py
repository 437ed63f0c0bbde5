"""A file that is read in parts, each by a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RangeReader"]

_BLOCK = 1 << 18
"""Bytes that are fetched at least: a request takes longer than they do."""


class RangeReader:
    """A file as Arrow and DuckDB read it; the part that was read last is held."""

    mode = "rb"
    closed = False

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, address: str = "") -> None:
        """Begin at the start.

        Args:
            fetch: gives the bytes from one place up to another.
            size: the file's, in bytes.
            address: the file's, for messages that name it.
        """
        self.size = size
        self.address = address
        self._fetch = fetch
        self._at = self._begin = 0
        self._held = b""

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def seekable(self) -> bool:
        """Whether it can be read anywhere."""
        return True

    def writable(self) -> bool:
        """Whether it can be written: a lake's file never changes."""
        return False

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Say where the next read begins; as files do."""
        self._at = offset + (0, self._at, self.size)[whence]
        return self._at

    def read(self, count: int | None = -1) -> bytes:
        """Some bytes; all up to the end if *count* is negative or None."""
        begin, end = self._at, self.size
        if count is not None and count >= 0:
            end = min(begin + count, end)
        if end <= begin:
            return b""
        self._at = end
        if begin < self._begin or end > self._begin + len(self._held):
            last = min(max(end, begin + _BLOCK), self.size)
            # A footer is read backwards, its length first.
            self._begin = max(min(begin, last - _BLOCK), 0) if last == self.size else begin
            self._held = self._fetch(self._begin, last)
        return self._held[begin - self._begin : end - self._begin]

    def close(self) -> None:
        """Give back what is held."""
        self._held, self.closed = b"", True

    def __enter__(self) -> RangeReader:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
