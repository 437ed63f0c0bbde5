"""A lake's days are written anew: coded with a newer catalogue, or fewer files a day."""

from __future__ import annotations

import shutil
import time
import uuid
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from kit.catalogue import load
from kit.catalogue.coding import code_event
from kit.events import decode, row, schema
from kit.lake.ingest import as_batch
from kit.lake.parquet import catalogue_of, write_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    from kit.lake.files import Lake

__all__ = ["compact", "recode"]

GRACE = 3600.0
"""Seconds that replaced files are kept for who still reads them."""

_HOLD = 128 << 20
"""Bytes of events in a row group of a file written anew: larger ones are read faster."""


def recode(lake: Lake, told: Callable[[date], None] | None = None) -> int:
    """Parse the events of days again that were coded with another catalogue.

    Day by day; after a kill, run again: days that are done are left alone.

    Args:
        lake: the lake.
        told: is called with each day that is done.

    Returns:
        How many days were coded anew.
    """
    version, days = load().version, 0
    for day in lake.days():
        with lake.writing() as staging:
            old = [path for path in lake.files(day) if catalogue_of(path) != version]
            if old:
                _replace(lake, staging, day, old, _coded_anew)
        if old:
            days += 1
            if told:
                told(day)
    _forget(lake)
    return days


def compact(lake: Lake, told: Callable[[date], None] | None = None) -> int:
    """Write the events of each day with several files into one.

    Args:
        lake: the lake.
        told: is called with each day that is done.

    Returns:
        How many files there are less.
    """
    less = 0
    for day in lake.days():
        with lake.writing() as staging:
            old = lake.files(day)
            if len(old) > 1:
                _replace(lake, staging, day, old, _as_it_is)
        if len(old) > 1:
            less += len(old) - 1
            if told:
                told(day)
    _forget(lake)
    return less


def _replace(
    lake: Lake,
    staging: Path,
    day: date,
    old: list[Path],
    changed: Callable[[pa.RecordBatch], pa.RecordBatch],
) -> None:
    """Put one file in the place of a day's files."""
    made = staging / f"part-{uuid.uuid4().hex}.parquet"
    write_events(map(changed, _batches(old)), made, _HOLD)
    lake.swap(old, [(made, lake.folder / f"date={day}" / made.name)])


def _batches(paths: list[Path]) -> Iterator[pa.RecordBatch]:
    """The events of files, a row group at a time."""
    for path in paths:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                yield from _whole(file.read_row_group(number)).combine_chunks().to_batches()


def _whole(group: pa.Table) -> pa.Table:
    """Events in today's schema: columns that an older lake lacks are null."""
    columns = schema()
    arrays = [
        group[field.name].cast(field.type)
        if field.name in group.column_names
        else pa.nulls(group.num_rows, field.type)
        for field in columns
    ]
    return pa.table(arrays, schema=columns)


def _as_it_is(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch


def _coded_anew(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Parse ``raw`` again with today's catalogue."""
    catalogue = load()
    rows = []
    for raw in batch.column("raw").to_pylist():
        event, text = decode(raw.encode())
        rows.append(row(event, text, code_event(event, catalogue)))
    return as_batch(rows)


def _forget(lake: Lake) -> None:
    """Remove replaced files that nobody can still be reading."""
    retired = lake.folder / "_retired"
    for path in retired.glob("*.parquet"):
        if time.time() - path.stat().st_mtime > GRACE:
            path.unlink(missing_ok=True)
    if retired.is_dir() and not any(retired.iterdir()):
        shutil.rmtree(retired, ignore_errors=True)
