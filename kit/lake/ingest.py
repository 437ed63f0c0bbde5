"""Documents become coded events, block by block, in one Parquet file a UTC day.

Memory stays flat over any amount of events, and several coders can work side by side.
"""

from __future__ import annotations

import gc
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kit.catalogue import load
from kit.catalogue.coding import code_event
from kit.events import UnfitEventError, decode, row, schema
from kit.lake.files import SkippedLine
from kit.lake.holes import Trail, own_time
from kit.lake.lacking import Presence, absent_in
from kit.lake.parquet import HOLD, EventFile
from kit.sources.json_stream import parts
from kit.sources.wrappers import advice

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


class Coder:
    """Codes blocks into Parquet files in a folder, one a UTC day."""

    def __init__(self, staging: Path) -> None:
        """Begin.

        Args:
            staging: the folder that the files go to.
        """
        self._staging = staging
        self._files: dict[date, EventFile] = {}
        """The day's files that are not ended, the one written to last at the end."""
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
            result, rows = _code_block(block)
            first = number << _PLACES
            for (day, failing), (places, some) in rows.items():
                order = [first + place for place in places]
                self._file(day).add(as_batch(some), failing=failing, order=order)
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
        day, largest = max(self._files.items(), key=lambda pair: pair[1].held_bytes)
        if largest.held_bytes * _SCATTERED >= HOLD:
            largest.flush()
            self._files[day] = self._files.pop(day)
            begun_days = [day for day, file in self._files.items() if file.is_begun]
            self._close(begun_days[:-_OPEN])
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

    def _file(self, day: date) -> EventFile:
        if day not in self._files:
            name = f"part-{uuid.uuid4().hex}.parquet"
            self._files[day] = EventFile(self._staging / f"date={day}" / name)
        return self._files[day]

    def _close(self, days: list[date]) -> None:
        for day in days:
            self._files[day].close()
            self._ended.append((str(day), str(self._files.pop(day).path)))


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


def _code_block(block: Block) -> tuple[BlockResult, _Rows]:
    """The rows of a block by day, the failing ones apart."""
    catalogue, result = load(), BlockResult()
    days: _Rows = {}
    file = None
    for place, (document, event, raw) in enumerate(decoded(block.documents())):
        if document.file != file:
            file = document.file
            trail = result.trails.setdefault(file, Trail())
            presence = result.presences.setdefault(file, Presence())
        if document.unknown:
            result.unknown[document.file] = document.unknown
        if document.columns:
            presence.add(absent_in(document.columns))
        if document.lacks:
            presence.add(document.lacks)
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
    return result, days


_DEEPEST = 8
"""How many envelopes an event may lie in."""


def decoded(
    documents: Iterable[Document], depth: int = _DEEPEST
) -> Iterator[tuple[Document, LogEvent | None, str]]:
    """Each event with its JSON, also those inside of documents; else why a document is none."""
    for document in documents:
        if document.fault is not None:
            yield document, None, document.fault
            continue
        try:
            event, raw = decode(document.raw)
        except UnfitEventError as fault:
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
