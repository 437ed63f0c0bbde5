"""Whether an event has been through a table, which respells its names or prints its values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kit.base.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["has_flat_name", "is_any_printed", "is_printed"]

_FLAT = lazy_pattern(
    r"outcome[._]?result|actor[._]?alternate_?id|target(?:\{\}|\[?0\]?)?[._]?(?:id|type)", re.I
)
"""A name that puts a part of an event beside its uuid, as tables do."""

_PRINTED = lazy_pattern(
    rb'"published"\s*:\s*(?:\d|"(?:\d{9,19}[".]|\d{4}-\d\d-\d\d |\\?/Date|[^"]*(?:UTC|GMT)"))'
    rb'|"(?:outcome|actor|client|target|transaction|debugContext|debugData)"\s*:\s*"\s*[\[{@]'
)
"""A time as databases and PowerShell print it, or an object that a table holds as text."""

_ESCAPED = lazy_pattern(rb"\\u00[4-7]")
"""A letter that a name may have in it, so that the name is not known by its letters."""

_PIECE = 1 << 17
"""Bytes that are looked at in one go, so that they stay near the processor."""
_QUOTE, _MANY = ord('"'), 8


def has_flat_name(names: Iterable[str]) -> bool:
    """Whether one of an event's names is that of a table's column."""
    return any(_FLAT.fullmatch(name) for name in names)


def is_printed(event: bytes) -> bool:
    """Whether a value of an event stands in it as a table prints it."""
    return bool(_PRINTED.search(event) or b'"@{' in event)


def is_any_printed(text: bytes, count: int) -> bool:
    """Whether ``is_printed`` holds of one of many events, found out at once.

    Args:
        text: the events, each of which has a time as Okta writes it.
        count: how many they are.
    """
    places = _likely_places(text)
    is_odd = text.count(b'"published"') != count or _ESCAPED.search(text)
    if is_odd or len(places) > _MANY * count:
        return is_printed(text)
    for place in places:
        name = text.rfind(b'"', 0, max(text.rfind(b'"', 0, place), 0))
        if text.startswith(b'"@{', place) or _PRINTED.match(text, max(name, 0)):
            return True
    return False


def _likely_places(text: bytes) -> list[int]:
    """The quotes behind which an object as text may begin: a bracket, an at sign or a blank."""
    import numpy as np  # for the blocks of a log; one event alone needs none of it

    letters, places = np.frombuffer(text, np.uint8), []
    for start in range(0, len(letters), _PIECE):
        piece = letters[start : start + _PIECE + 1]
        following = piece[1:]
        is_likely = (following & 0xDF) == ord("[")  # or {
        is_likely |= (following & 0x9F) == 0  # @ and the blank
        is_likely &= piece[:-1] == _QUOTE
        places += (np.flatnonzero(is_likely) + start).tolist()
    return places
