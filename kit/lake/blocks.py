"""A block of documents becomes coded events: by columns, or else one by one.

By columns goes a block in which every document is an event as Okta writes it, or an envelope that
such an event lies in as in the others. Where anything else stands in it, each document is looked
at, so that what is none is skipped with its reason.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from kit.catalogue import load
from kit.catalogue.coding import code_event
from kit.catalogue.coding_columns import code_events
from kit.events import LogEvent, UnfitEventError, decode, row, schema
from kit.events.batch import batch_of
from kit.events.columns import documents_source, lines_source, read_events
from kit.lake.decoding import decoded
from kit.lake.files import SkippedLine
from kit.lake.holes import Stretch, Trail, own_time
from kit.lake.lacking import Presence, absent_in
from kit.lake.parquet import arrow_mask
from kit.lake.record_file import as_record_batch
from kit.sources.document import Lines
from kit.sources.envelopes import events_inside
from kit.sources.respelt import is_any_printed
from kit.vendors import Record, may_hold_record, record_row
from kit.vendors.columns import read_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kit.events.columns import Events, SourceTexts
    from kit.sources.document import Block, Document

__all__ = [
    "BlockResult",
    "CodedBlock",
    "DayPart",
    "as_batch",
    "code_block",
    "code_documents",
    "code_one_by_one",
    "events_by_columns",
]


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


class DayPart(NamedTuple):
    """Events of a block that are written together."""

    day: date
    failing: bool
    batch: pa.RecordBatch
    places: np.ndarray
    """The place of each in the block."""


class CodedBlock(NamedTuple):
    """A block's events, and what else came of it."""

    result: BlockResult
    parts: list[DayPart]
    records: dict[date, pa.RecordBatch]
    """A vendor's records by day."""


_FEWEST = 1 << 16
"""Bytes of lines that are not halved any more to part what fits from what does not."""


def code_block(block: Block, one_by_one: Callable[[Block], CodedBlock]) -> list[CodedBlock]:
    """Decode and code the events of a block: of one whose lines do not all fit, in parts.

    Args:
        block: the documents.
        one_by_one: codes those of a part that does not fit, as ``code_one_by_one`` does.
    """
    some = _events_in(block)
    one = _by_columns(some.source, _file(block), some.wrapper) if some and some.source else None
    if one is not None:
        _note_forms(block, one.result)
        return [one]
    halves = _halves(block) if some and isinstance(block, Lines) else []
    if halves:
        return [one for half in halves for one in code_block(half, one_by_one)]
    return [one_by_one(block)]


def _halves(block: Lines) -> list[Lines]:
    """The lines before and behind the middle; none if they are few."""
    text = block.text
    middle = text.find(b"\n", len(text) // 2) + 1
    if len(text) < _FEWEST or middle in {0, len(text)}:
        return []
    first = Lines(block.file, block.first, text[:middle], block.order)
    line = block.first + first.text.count(b"\n")
    return [first, Lines(block.file, line, text[middle:], block.order)]


def _file(block: Block) -> str:
    return block.file if isinstance(block, Lines) else block.items[0].file


class _Found(NamedTuple):
    """Events as Okta writes them, one in each document of a block."""

    source: SourceTexts | None
    """Their JSON; None if some document is another thing than the first."""
    wrapper: str = ""
    """The product whose envelope or table they lie in."""


def _events_in(block: Block) -> _Found | None:
    """The events of a block by columns; None if its first document is none and holds none."""
    if isinstance(block, Lines):
        first = block.text.partition(b"\n")[0].rstrip(b"\r")
        if _is_event(first):
            return _Found(lines_source(block.text))
        return _in_envelopes(block.raws(), "")
    if not block.items:
        return None
    if any(one.fault is not None or one.wrapper != block.items[0].wrapper for one in block.items):
        return None
    raws, wrapper = [one.raw for one in block.items], block.items[0].wrapper
    if not _is_event(raws[0]):
        return _in_envelopes(raws, wrapper)
    if all(raw[:1] == b"{" and raw[-1:] == b"}" for raw in raws):
        return _Found(documents_source(raws), wrapper)
    return None


def _in_envelopes(raws: Iterable[bytes], wrapper: str) -> _Found | None:
    inside = events_inside(raws)
    if inside is None:
        return None
    if inside.events is None or is_any_printed(b"\n".join(inside.cut), len(inside.cut)):
        return _Found(None) if inside.cut else None
    return _Found(documents_source(inside.events), wrapper or inside.wrapper)


def _is_event(raw: bytes) -> bool:
    try:
        event, _ = decode(raw)
    except UnfitEventError:
        return False
    return event.outcome is not None


def events_by_columns(
    source: SourceTexts, wrapper: str = ""
) -> tuple[Events, pa.RecordBatch, np.ndarray] | None:
    """Read and code events.

    Args:
        source: their JSON.
        wrapper: the product whose envelope or table they lay in.

    Returns:
        The events, as rows of the events table, and which of them are failing; None if anything
        in them is not as Okta writes it.
    """
    catalogue = load()
    events = read_events(source, catalogue.debug_names)
    if events is None:
        return None
    each: dict[int, LogEvent] = {}

    def event_at(place: int) -> LogEvent:
        if place not in each:
            each[place], _ = decode(events.raw[place].as_py().encode())
        return each[place]

    codings = code_events(events, catalogue, event_at)
    return events, batch_of(events, codings, event_at, wrapper), codings.failing


def _by_columns(source: SourceTexts, file: str, wrapper: str = "") -> CodedBlock | None:
    rows = events_by_columns(source, wrapper)
    if rows is None:
        return None
    events, batch, failing = rows
    result, times = BlockResult(events=batch.num_rows), events.times
    first, last, low, high = (
        _EPOCH + timedelta(microseconds=int(at))
        for at in (times[0], times[-1], times.min(), times.max())
    )
    trail = Trail([Stretch(first, last, low, high)], documents=batch.num_rows)
    presence = Presence()
    days, parts_of_days = times // _DAY, []
    for day in np.unique(days).tolist():
        for is_failing in (False, True):
            places = np.flatnonzero((days == day) & (failing == is_failing))
            if len(places):
                part = batch if len(places) == len(days) else batch.take(pa.array(places))
                at = (_EPOCH + timedelta(days=day)).date()
                parts_of_days.append(DayPart(at, is_failing, part, places))
                if is_failing:
                    presence.note_all(part)
    result.trails[file], result.presences[file] = trail, presence
    return CodedBlock(result, parts_of_days, {})


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000


def as_batch(rows: Iterable[tuple[Any, ...]]) -> pa.RecordBatch:
    """Rows of the events table, made by ``kit.events.row``, as Arrow."""
    columns = schema()
    arrays = [
        pa.array(values, type=column.type)
        for values, column in zip(zip(*rows, strict=True), columns, strict=True)
    ]
    return pa.record_batch(arrays, schema=columns)


def code_documents(block: Block) -> CodedBlock:
    """Code a block that is not of events: a vendor's records by columns, else one by one."""
    return _records(block) or code_one_by_one(block)


def _records(block: Block) -> CodedBlock | None:
    """A vendor's records by columns."""
    documents: list[Document] = []
    for one in block.documents():
        if one.fault is not None or not (documents or may_hold_record(one.raw)):
            return None
        documents.append(one)
    if not documents:
        return None
    raws, file, result = [one.raw for one in documents], documents[0].file, BlockResult()
    batch = read_records(raws, documents_source(raws).raw, file)
    if batch is None:
        return None
    result.trails[file], result.presences[file] = Trail(), Presence()
    for one in documents:
        if one.unknown or one.columns or one.lacks:
            _note_form(one, result, result.presences[file])
    times, logs = np.asarray(batch["published"].cast(pa.int64())), np.asarray(batch["log"])
    for log in np.unique(logs).tolist():
        own = times[logs == log]
        first, last = (_EPOCH + timedelta(microseconds=int(at)) for at in (own.min(), own.max()))
        result.spans.setdefault(file, {})[log] = first, last
    days, records = times // _DAY, {}
    for day in np.unique(days).tolist():
        at = (_EPOCH + timedelta(days=day)).date()
        is_whole = day == days[0] and (days == day).all()
        records[at] = batch if is_whole else batch.filter(arrow_mask(days == day))
    return CodedBlock(result, [], records)


def _note_forms(block: Block, result: BlockResult) -> None:
    """Note what the documents of a block lack by their form."""
    for one in () if isinstance(block, Lines) else block.items:
        if one.unknown or one.columns or one.lacks:
            _note_form(one, result, result.presences[one.file])


def code_one_by_one(block: Block) -> CodedBlock:
    """Code the events of a block, and say of everything else why it is none."""
    with _no_collection():
        return _one_by_one(block)


def _one_by_one(block: Block) -> CodedBlock:
    catalogue, result = load(), BlockResult()
    days: dict[tuple[date, bool], tuple[list[int], list[tuple[Any, ...]]]] = {}
    records: dict[date, list[tuple[Any, ...]]] = {}
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
    every = [
        DayPart(day, failing, as_batch(rows), np.array(places))
        for (day, failing), (places, rows) in days.items()
    ]
    batches = {day: as_record_batch(rows) for day, rows in records.items()}
    return CodedBlock(result, every, batches)


def _note_form(document: Document, result: BlockResult, presence: Presence) -> None:
    """Note what a document lacks by its form, and what of it was not understood."""
    if document.unknown:
        result.unknown[document.file] = document.unknown
    if document.columns:
        presence.add(absent_in(document.columns))
    if document.lacks:
        presence.add(document.lacks)


def _take_record(
    record: Record,
    raw: str,
    records: dict[date, list[tuple[Any, ...]]],
    spans: dict[str, tuple[datetime, datetime]],
) -> None:
    """Lay a vendor's record out, and note from when to when its file holds its log."""
    at = record.published
    records.setdefault(at.date(), []).append(record_row(record, raw))
    first, last = spans.get(record.log, (at, at))
    spans[record.log] = (min(first, at), max(last, at))


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
