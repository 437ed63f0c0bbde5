"""JSON whose times went through a spreadsheet or a machine's own settings: ``27/10/2026 9:05``.

What comes first, the day or the month, is told from a number above 12 anywhere in the file, as in a
CSV file; else somebody has to say it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from kit.sources.columns import PLAIN, place_of
from kit.sources.console_csv import WITHOUT_ZONE
from kit.sources.wrappers import tables
from kit.sources.written_times import UNCLEAR, first_above_twelve, is_of_spreadsheet, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kit.sources.document import Document
    from kit.sources.written_times import Order

__all__ = ["LocalDates", "with_utc"]

_HEAD = 16 << 10
"""Bytes of a block in which a date stands, if the block's events have any."""
_LONGEST = 200
"""Bytes of a name and a date together."""
_DATED = re.compile(
    rb'"([^"\\\n]{1,80})"\s{0,9}:\s{0,9}'
    rb'"(\d{1,2}(?:\\?/|[.-])\d{1,2}(?:\\?/|[.-])\d{2,4},? [^"\n]{3,20})"'
)
"""A name whose value is a local date; JSON may have a backslash before a slash."""


class LocalDates:
    """The order of day and month in the local dates of one file of JSON."""

    def __init__(self, again: Callable[[], Iterable[bytes]], order: Order | None) -> None:
        """Begin.

        Args:
            again: reads the file again, piece by piece.
            order: what comes first where no number of the file shows it.
        """
        self._again, self._order = again, order
        self._is_read = False

    def order(self, block: bytes) -> Order | None:
        """Tell the order; the file is read for it when its first local date is met.

        Args:
            block: the beginning of what follows.
        """
        if not self._is_read and next(_dates(block[:_HEAD]), None) is not None:
            self._is_read = True
            orders = {order for date in self._all() if (order := first_above_twelve(date))}
            self._order = orders.pop() if len(orders) == 1 else self._order
        return self._order

    def _all(self) -> Iterator[str]:
        rest = b""
        for piece in self._again():
            text = rest + piece
            yield from _dates(text)
            rest = text[-_LONGEST:]


def _dates(text: bytes) -> Iterator[str]:
    """The local dates that tell when an event was."""
    for match in _DATED.finditer(text):
        if _is_published(match[1].decode("utf-8", "replace")):
            yield match[2].decode("utf-8", "replace").replace("\\/", "/")


@cache
def _is_published(name: str) -> bool:
    return any(place_of(name, table)[1] == ("published",) for table in (PLAIN, *tables()))


def with_utc(document: Document) -> Document | None:
    """Give an event whose time is a local date that time as Okta writes it.

    Args:
        document: an object that is no event as it is.

    Returns:
        The event, with the time that was written under ``fromRow``; one with ``fault`` where it
        is not clear what is the day; None for what has no such time.
    """
    try:
        event = msgspec.json.decode(document.raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(event, dict) or not {"uuid", "eventType"} <= event.keys():
        return None
    local_time = event.get("published")
    if not isinstance(local_time, str) or not is_of_spreadsheet(local_time):
        return None
    published = utc(local_time, document.order)
    if published is None:
        return msgspec.structs.replace(document, fault=UNCLEAR.format(time=local_time))
    rest = event.get("fromRow")
    event["published"] = published
    event["fromRow"] = {**(rest if isinstance(rest, dict) else {}), "published": local_time}
    raw = json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
    lacks = ("zone",) if document.wrapper in WITHOUT_ZONE else ()
    return msgspec.structs.replace(document, raw=raw, lacks=lacks)
