"""Documents become coded events, block by block, in one Parquet file a UTC day.

Memory stays flat over any amount of events, and several coders can work side by side.
"""

from __future__ import annotations

import gc
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kit.catalogue import load
from kit.catalogue.coding import code_event
from kit.events import UnfitEventError, decode, row, schema
from kit.lake.files import SkippedLine
from kit.lake.holes import Trail, own_time
from kit.lake.lacking import Presence, absent_in
from kit.lake.parquet import HOLD, EventFile
from kit.lake.record_file import RecordFile, as_record_batch
from kit.lake.vendor import VENDOR
from kit.sources.json_stream import parts
from kit.sources.wrappers import advice
from kit.vendors import Record, RecordError, read_record, record_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from kit.events import LogEvent
    from kit.sources.document import Block, Document

__all__ = ["BlockResult", "Coder", "as_batch", "decoded"]

_OPEN = 4
"""Files that a coder keeps open; each takes some megabytes, and a log goes day by day."""

_PLACES = 32
"""Bits of a document's place in its block; above them stands the block's in the input."""

_SCATTERED = 4
"""How many times as much is held where events come in no order of days, so that their many
files are not too small."""


@dataclass(slots=True)
class BlockResult:
    """What came of one block."""

    events: int = 0
    trails: dict[str, Trail] = field(default_factory=dict)
    """What stood in each source file, in order."""
    presences: dict[str, Presence] = field(default_factory=dict)
    """What of each source file's failing events counting can rely on."""
    skipped_lines: list[SkippedLine] = field(default_factory=list)
    unknown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """CSV columns that were not understood, by source file."""
    spans: dict[str, dict[str, tuple[datetime, datetime]]] = field(default_factory=dict)
    """When the first and last record of each of a vendor's logs happened, by source file."""


class Coder:
    """Codes blocks into Parquet files in a folder, one a UTC day."""

    def __init__(self, staging: Path) -> None:
        """Begin.

        Args:
            staging: the folder that the files go to.
        """
        self._staging = staging
        self._files: dict[tuple[date, bool], EventFile | RecordFile] = {}
        """The files that are not ended, by day and whether they hold a vendor's records; the one
        written to last at the end."""
        self._ended: list[tuple[str, str]] = []

    def add(self, block: Block, number: int) -> BlockResult:
        """Decode and code a block's documents, and write them to their days' files.

        Args:
            block: the documents.
            number: the block's place in the input.

        Returns:
            What came of it; repeats are still among the events.

        Raises:
            OSError: a file cannot be written.
        """
        with _no_collection(), self._or_abandoned():
            result, rows, records = _code_block(block)
            first = number << _PLACES
            for (day, failing), (places, some) in rows.items():
                order = [first + place for place in places]
                self._event_file(day).add(as_batch(some), failing=failing, order=order)
            for day, some_records in records.items():
                self._record_file(day).add(as_record_batch(some_records))
            self._relieve()
        return result

    def end(self) -> list[tuple[str, str]]:
        """End the files.

        Returns:
            UTC days, each with a file; a day has several if its events came far apart.

        Raises:
            OSError: a file cannot be written.
        """
        with self._or_abandoned():
            self._close(list(self._files))
        return self._ended

    def _relieve(self) -> None:
        """Write a row group if too much is held, and end the files that are long done with."""
        held_bytes = sum(file.held_bytes for file in self._files.values())
        if held_bytes <= HOLD:
            return
        key, largest = max(self._files.items(), key=lambda pair: pair[1].held_bytes)
        if largest.held_bytes * _SCATTERED >= HOLD:
            largest.flush()
            self._files[key] = self._files.pop(key)
            some_keys = [key for key, file in self._files.items() if file.is_begun]
            self._close(some_keys[:-_OPEN])
        elif held_bytes > HOLD * _SCATTERED:
            self._close(list(self._files))

    @contextmanager
    def _or_abandoned(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Leave the files that are not ended as they are."""
        for file in self._files.values():
            file.abandon()

    def _event_file(self, day: date) -> EventFile:
        file = self._files.get((day, False))
        if not isinstance(file, EventFile):
            file = EventFile(self._staging / f"date={day}" / f"part-{uuid.uuid4().hex}.parquet")
            self._files[day, False] = file
        return file

    def _record_file(self, day: date) -> RecordFile:
        file = self._files.get((day, True))
        if not isinstance(file, RecordFile):
            name = f"part-{uuid.uuid4().hex}.parquet"
            file = RecordFile(self._staging / VENDOR / f"date={day}" / name)
            self._files[day, True] = file
        return file

    def _close(self, keys: list[tuple[date, bool]]) -> None:
        for key in keys:
            self._files[key].close()
            self._ended.append((str(key[0]), str(self._files.pop(key).path)))


def as_batch(rows: Iterable[tuple[Any, ...]]) -> pa.RecordBatch:
    """Rows of the events table, made by ``kit.events.row``, as Arrow."""
    columns = schema()
    arrays = [
        pa.array(values, type=column.type)
        for values, column in zip(zip(*rows, strict=True), columns, strict=True)
    ]
    return pa.record_batch(arrays, schema=columns)


_Rows = dict[tuple["date", bool], tuple[list[int], list[tuple[Any, ...]]]]
"""Rows by day, the failing ones apart, behind the place of each in its block."""
_Records = dict["date", list[tuple[Any, ...]]]
"""Rows of a vendor's records by day."""


def _code_block(block: Block) -> tuple[BlockResult, _Rows, _Records]:
    """The rows of a block by day, the failing events apart; and those of a vendor's records."""
    catalogue, result = load(), BlockResult()
    days: _Rows = {}
    records: _Records = {}
    file = None
    for place, (document, event, raw) in enumerate(decoded(block.documents())):
        if document.file != file:
            file = document.file
            trail = result.trails.setdefault(file, Trail())
            presence = result.presences.setdefault(file, Presence())
        if document.unknown or document.columns or document.lacks:
            _note_form(document, result, presence)
        if isinstance(event, Record):
            _take_record(event, raw, records, result.spans.setdefault(file, {}))
            continue
        if event is None:
            result.skipped_lines.append(_aside(document, raw))
            trail.skip(document.count, own_time(document))
            continue
        coding, at = code_event(event, catalogue), event.published
        if at.tzinfo is not UTC:
            at = at.astimezone(UTC)
        values = row(event, raw, coding, document.wrapper)
        key = at.date(), coding.code is not None
        if (places_and_rows := days.get(key)) is None:
            places_and_rows = days[key] = [], []
        places_and_rows[0].append(place)
        places_and_rows[1].append(values)
        result.events += 1
        trail.read(at)
        if coding.code is not None:
            presence.note(event.event_type, values)
    return result, days, records


def _note_form(document: Document, result: BlockResult, presence: Presence) -> None:
    """Note what a document lacks by its form, and what of it was not understood."""
    if document.unknown:
        result.unknown[document.file] = document.unknown
    if document.columns:
        presence.add(absent_in(document.columns))
    if document.lacks:
        presence.add(document.lacks)


def _take_record(
    record: Record, raw: str, records: _Records, spans: dict[str, tuple[datetime, datetime]]
) -> None:
    """Lay a vendor's record out, and note from when to when its file holds its log."""
    at = record.published
    records.setdefault(at.date(), []).append(record_row(record, raw))
    first, last = spans.get(record.log, (at, at))
    spans[record.log] = (min(first, at), max(last, at))


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


@contextmanager
def _no_collection() -> Iterator[None]:
    """A block makes thousands of objects and no cycle: looking for one only costs time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _aside(document: Document, reason: str) -> SkippedLine:
    text = document.raw[:2000].decode("utf-8", "replace")
    return SkippedLine(document.file, document.line, reason, text, document.count)
