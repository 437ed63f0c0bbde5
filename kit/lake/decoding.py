"""Documents one by one: the event that one is, those that lie in it, or why it is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.events import UnfitEventError, decode
from kit.sources.json_stream import parts
from kit.sources.wrappers import advice
from kit.vendors import RecordError, read_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kit.events import LogEvent
    from kit.sources.document import Document
    from kit.vendors import Record

__all__ = ["decoded"]

_UUID = b'"uuid"'
"""An event has this name in it, and no vendor's record."""

_DEEPEST = 8
"""How many envelopes an event may lie in."""


def decoded(
    documents: Iterable[Document], depth: int = _DEEPEST
) -> Iterator[tuple[Document, LogEvent | Record | None, str]]:
    """Each event with its JSON, also those inside of documents; else why a document is none.

    A vendor's record is one in an event's place.
    """
    for document in documents:
        if document.fault is not None:
            yield document, None, document.fault
            continue
        is_marked = _UUID in document.raw
        if not is_marked and (record := _record(document)):  # cheaper than to try an event first
            yield document, *record
            continue
        try:
            event, raw = decode(document.raw)
        except UnfitEventError as fault:
            if is_marked and (record := _record(document)):
                yield document, *record
                continue
            inner = parts(document) if depth else None
            if inner is None:
                yield document, None, advice(document.raw) or str(fault)
            else:
                yield from decoded(inner, depth - 1)
        else:
            # a table's row may have Okta's uuid, type and time, and the rest under names of its own
            inner = parts(document) if event.outcome is None and depth else None
            if inner is None:
                yield document, event, raw
            else:
                yield from decoded(inner, depth - 1)


def _record(document: Document) -> tuple[Record | None, str] | None:
    """A vendor's record with its JSON, or why it cannot be read; None if it is none."""
    try:
        record = read_record(document.raw, document.file)
    except RecordError as unread:
        return None, str(unread)
    return None if record is None else (record, document.raw.decode("utf-8", "replace"))
