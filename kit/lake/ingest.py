"""Documents become coded Parquet, a block at a time, one file a UTC day.

A block is handled whole by one process, so that blocks can be handled side by side and
memory stays flat over any amount of events.
"""

from __future__ import annotations

import gc
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from kit.catalogue import load
from kit.catalogue.coding import code_event
from kit.events import UnfitEventError, decode, row, schema
from kit.lake.coverage import TICK, Window
from kit.lake.files import PutAside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from kit.sources.document import Document

__all__ = ["Coded", "blocks", "code_block", "write_events"]

BLOCK = 16 << 20
"""Bytes of JSON that one process handles at a time: some 7,000 events."""

_CATALOGUE = b"okta-kit.catalogue"
_NO_DICTIONARY = {"uuid", "raw", "transaction_id", "request_id", "trace_id", "correlation_id"}


@dataclass(slots=True)
class Coded:
    """What came of one block."""

    files: list[tuple[str, str]] = field(default_factory=list)
    """Each UTC day with its file in the staging folder."""
    events: int = 0
    spans: dict[str, Window] = field(default_factory=dict)
    """What the events of each source file span."""
    put_aside: list[PutAside] = field(default_factory=list)
    unknown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """CSV columns that were not understood, by source file."""


def blocks(documents: Iterable[Document], size: int = BLOCK) -> Iterator[list[Document]]:
    """Cut a stream of documents into blocks of about *size* bytes."""
    block: list[Document] = []
    held = 0
    for document in documents:
        block.append(document)
        held += len(document.raw)
        if held >= size:
            yield block
            block, held = [], 0
    if block:
        yield block


def code_block(block: list[Document], staging: Path) -> Coded:
    """Decode and code a block's documents, and write a Parquet file for each UTC day.

    Args:
        block: what stood where events should stand.
        staging: the folder that the files go to.

    Returns:
        The files, and what was put aside; repeats are still in them.
    """
    with _no_collection():
        return _code_block(block, staging)


@contextmanager
def _no_collection() -> Iterator[None]:
    """A block makes millions of objects and no cycle: looking for one only costs time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _code_block(block: list[Document], staging: Path) -> Coded:
    catalogue, done = load(), Coded()
    days: dict[date, list[tuple[Any, ...]]] = {}
    for document in block:
        if document.unknown:
            done.unknown[document.file] = document.unknown
        if document.fault is not None:
            done.put_aside.append(_aside(document, document.fault))
            continue
        try:
            event, raw = decode(document.raw)
        except UnfitEventError as fault:
            done.put_aside.append(_aside(document, str(fault)))
            continue
        laid = row(event, raw, code_event(event, catalogue))
        at = laid[1]
        days.setdefault(at.date(), []).append(laid)
        done.events += 1
        span = done.spans.get(document.file)
        if span is None:
            done.spans[document.file] = Window(at, at + TICK)
        elif not span.since <= at < span.until:
            done.spans[document.file] = Window(min(span.since, at), max(span.until, at + TICK))
    columns = schema()
    for day, rows in sorted(days.items()):
        arrays = [
            pa.array(values, type=column.type)
            for values, column in zip(zip(*rows, strict=True), columns, strict=True)
        ]
        path = staging / f"date={day}" / f"part-{uuid.uuid4().hex}.parquet"
        write_events([pa.record_batch(arrays, schema=columns)], path)
        done.files.append((str(day), str(path)))
    return done


def write_events(batches: Iterable[pa.RecordBatch], path: Path) -> int:
    """Write events to one Parquet file, the failing ones in row groups of their own.

    A question about failures then reads those alone: a row group whose ``code`` is null
    throughout is skipped by its statistics.

    Args:
        batches: events in the schema of the events table.
        path: the file to be made.

    Returns:
        How many events were written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = schema().with_metadata({_CATALOGUE: load().version.encode()})
    named = [name for name in kept.names if name not in _NO_DICTIONARY]
    written = 0
    with pq.ParquetWriter(
        path, kept, compression="zstd", compression_level=1, use_dictionary=named
    ) as writer:
        for batch in batches:
            failing = batch.column("code").is_valid()
            for part in (batch.filter(failing), batch.filter(pa.compute.invert(failing))):
                if part.num_rows:
                    ordered = pa.Table.from_batches([part]).sort_by("published")
                    writer.write_table(ordered.replace_schema_metadata(kept.metadata))
            written += batch.num_rows
    return written


def catalogue_of(path: Path) -> str:
    """The version of the catalogue that a file's events were coded with."""
    metadata = pq.read_schema(path).metadata or {}
    return str(metadata.get(_CATALOGUE, b"").decode())


def _aside(document: Document, reason: str) -> PutAside:
    text = document.raw[:2000].decode("utf-8", "replace")
    return PutAside(document.file, document.line, reason, text)
