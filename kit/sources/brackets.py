"""Where the brackets of a JSON text stand and which belong together, many megabytes a second."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Brackets"]

_QUOTE, _END_OF_LINE, _OPENING, _CLOSING = 1, 2, 3, 4
_KINDS = np.zeros(256, np.int8)
for _signs, _kind in ((b'"', _QUOTE), (b"\r\n", _END_OF_LINE), (b"[{", 3), (b"]}", 4)):
    _KINDS[list(_signs)] = _kind

_WINDOW = 1 << 20
_MAX_BRACKETS = 4 << 20
"""Brackets of one text; more are not looked at, so that memory stays bounded."""


class Brackets:
    """The brackets of a text that stand outside of its strings.

    A string of JSON ends with its line at the latest, so a broken line misleads about itself
    alone.
    """

    def __init__(self, text: bytes) -> None:
        """Find them.

        Args:
            text: begins outside of a string.
        """
        windows = list(_outside_strings(text))
        at = np.concatenate([one[0] for one in windows]) if windows else np.zeros(0, np.int32)
        opening = np.concatenate([one[1] for one in windows]) if windows else np.zeros(0, bool)
        self._length = len(at)
        self.at: memoryview[int] = at.data
        """Each bracket's place in the text."""
        self.match: memoryview[int] = _matches(opening).data
        """For each opening bracket the number of the one that ends it; -1 where none does."""

    def __len__(self) -> int:
        return self._length

    def from_place(self, place: int) -> int:
        """The number of the first bracket at or behind a place."""
        return bisect_left(self.at, place)

    def unclosed(self, first: int, end: int) -> list[int]:
        """The opening brackets from *first* on that are not closed before number *end*."""
        path, number = [], first
        while number < end:
            match = self.match[number]
            if match < 0 or match >= end:
                path.append(number)
                number += 1
            else:
                number = match + 1
        return path


def _outside_strings(text: bytes) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The places of brackets, and which of them open, window by window."""
    within, count, start = 0, 0, 0
    while start < len(text) and count < _MAX_BRACKETS:
        window = text[start : start + _WINDOW]
        if window.endswith(b"\\") and (len(window) - len(window.rstrip(b"\\"))) % 2:
            window = text[start : start + len(window) + 1]  # an escape is not cut
        plain = window.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
        kinds = _KINDS[np.frombuffer(plain, np.uint8)]
        at = np.flatnonzero(kinds)
        kinds = kinds[at]
        quotes = np.cumsum(kinds == _QUOTE, dtype=np.int32) + within
        before = np.maximum.accumulate(np.where(kinds == _END_OF_LINE, quotes, 0))
        outside = ((quotes - before) & 1 == 0) & (kinds >= _OPENING)
        yield (at[outside] + start).astype(np.int32), kinds[outside] == _OPENING
        if len(at):
            within = int(quotes[-1] - before[-1]) & 1
        count += int(outside.sum())
        start += len(window)


def _matches(opening: np.ndarray) -> np.ndarray:
    """For each opening bracket the closing one of its level that follows next."""
    match = np.full(len(opening), -1, np.int32)
    if not len(opening):
        return match
    depth = np.cumsum(np.where(opening, 1, -1), dtype=np.int32)
    level = depth - opening
    order = np.argsort(level, kind="stable").astype(np.int32)
    first, second = order[:-1], order[1:]
    pairs = opening[first] & ~opening[second] & (level[first] == level[second])
    match[first[pairs]] = second[pairs]
    return match
