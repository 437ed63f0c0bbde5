"""A lake's days are written anew: coded with a newer catalogue, or fewer files a day."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pyarrow as pa

from kit.catalogue import load
from kit.catalogue.coding import code_event
from kit.events import decode, row, schema
from kit.lake.ingest import as_batch
from kit.lake.inventory import Tally
from kit.lake.parquet import catalogue_of, opened, write_events
from kit.lake.storage import Change, damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from kit.lake.files import Lake
    from kit.lake.storage import Contents

__all__ = ["compact", "recode"]

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

        def outdated(names: list[str]) -> list[str]:
            return [n for n in names if catalogue_of(lake.storage.opened(n)) != version]

        if _rewritten(lake, day, outdated, _coded_anew):
            days += 1
            if told:
                told(day)
    lake.storage.forget()
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
        old = _rewritten(lake, day, lambda names: names if len(names) > 1 else [], _as_it_is)
        if old:
            less += old - 1
            if told:
                told(day)
    lake.storage.forget()
    return less


def _rewritten(
    lake: Lake,
    day: date,
    chosen: Callable[[list[str]], list[str]],
    changed: Callable[[pa.RecordBatch], pa.RecordBatch],
) -> int:
    """Put one file in the place of those chosen of a day's; return how many they were."""
    done: dict[tuple[str, ...], Path] = {}
    old: list[str] = []

    def tally(held: Contents) -> Tally:
        known = held.manifest["inventory"]
        return sum((Tally.read(known[name]) for name in old), Tally())

    def change(held: Contents) -> Change:
        nonlocal old
        old = chosen(held.of_day(str(day)))
        if not old:
            return Change(held.manifest)
        if tuple(old) not in done:
            done[tuple(old)] = made = staging / f"part-{uuid.uuid4().hex}.parquet"
            local = lake.storage.local(old, staging)
            pairs = zip(local, old, strict=True)
            written = write_events(map(changed, _batches(lake, pairs)), made, _HOLD)
            if written != tally(held).events:
                raise damaged(lake.address, old[0], "it holds other events than were written")
        return Change(held.manifest, {str(day): {done[tuple(old)]: tally(held)}}, old=old)

    with lake.writing() as staging:
        lake.commit(change)
    return len(old)


def _batches(lake: Lake, files: Iterable[tuple[Path, str]]) -> Iterator[pa.RecordBatch]:
    """The events of files, each with its name in the lake, a row group at a time."""
    for path, name in files:
        with opened(path, f"{lake.address}/{name}") as file:
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
    wrappers = batch.column("wrapper").to_pylist()
    for raw, wrapper in zip(batch.column("raw").to_pylist(), wrappers, strict=True):
        event, text = decode(raw.encode())
        rows.append(row(event, text, code_event(event, catalogue), wrapper))
    return as_batch(rows)
