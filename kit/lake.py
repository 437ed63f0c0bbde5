"""Events as typed Parquet: what export files hold, coded, each event once.

Nothing is lost: what does not fit is put aside with its file, line and reason and
counted, and the rest goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from kit.catalogue import load
from kit.catalogue.coding import code_event
from kit.events import UnfitEventError, decode, row, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import Any

    from kit.sources.exports import Document

__all__ = ["Ingest", "PutAside", "write"]

_BATCH = 8192
"""Rows at a time: 19 MB of events, so that memory stays flat over any file."""


@dataclass(frozen=True, slots=True)
class PutAside:
    """One document that is no event, with where it stood and why."""

    file: str
    line: int
    reason: str


@dataclass(slots=True)
class Ingest:
    """What came of reading: how many events, repeats and documents put aside."""

    events: int = 0
    repeats: int = 0
    put_aside: list[PutAside] = field(default_factory=list)


def write(documents: Iterable[Document], path: Path) -> Ingest:
    """Write the events among *documents* to one Parquet file, each uuid once.

    Args:
        documents: what stood where events should stand.
        path: the file to be made.

    Returns:
        The counts, and what was put aside.
    """
    done, columns = Ingest(), schema()
    with pq.ParquetWriter(path, columns, compression="zstd", compression_level=1) as writer:
        for rows in _batches(_rows(documents, done)):
            arrays = [
                pa.array(values, type=column.type)
                for values, column in zip(zip(*rows, strict=True), columns, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=columns))
    return done


def _rows(documents: Iterable[Document], done: Ingest) -> Iterator[tuple[Any, ...]]:
    catalogue = load()
    seen: set[str] = set()
    for document in documents:
        if document.fault is not None:
            done.put_aside.append(PutAside(document.file, document.line, document.fault))
            continue
        try:
            event, raw = decode(document.raw)
        except UnfitEventError as fault:
            done.put_aside.append(PutAside(document.file, document.line, str(fault)))
            continue
        if event.uuid in seen:
            done.repeats += 1
            continue
        seen.add(event.uuid)
        done.events += 1
        yield row(event, raw, code_event(event, catalogue))


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    for one in rows:
        batch.append(one)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
