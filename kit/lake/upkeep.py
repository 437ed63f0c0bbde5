"""A lake's days are rewritten: coded with a newer catalogue, or fewer files a day."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from kit.base.threads import side_by_side
from kit.catalogue import load
from kit.catalogue.coding import code_event
from kit.events import decode, row, schema
from kit.lake.blocks import as_batch
from kit.lake.inventory import Tally
from kit.lake.parquet import catalogue_of, open_event_file, write_events
from kit.lake.storage import Change, damaged, day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from kit.lake.files import Lake
    from kit.lake.storage import Contents

__all__ = ["compact", "event_batches", "recode"]

_HOLD = 128 << 20
"""Bytes of events in a row group of a file rewritten: larger ones are read faster."""


def recode(lake: Lake, on_day: Callable[[date], None] | None = None) -> int:
    """Parse the events of days again that were coded with another catalogue.

    Day by day; after a kill, run again: days that are done are left alone.

    Args:
        lake: the lake.
        on_day: is called with each day that is done.

    Returns:
        How many days were coded again.
    """
    version, days, names = load().version, 0, lake.names()

    def is_outdated(name: str) -> bool:
        return catalogue_of(lake.storage.event_file(name)) != version

    def outdated(names: list[str]) -> list[str]:
        return list(filter(is_outdated, names))

    looks = zip(names, side_by_side(is_outdated, names), strict=True)
    for day in sorted({date.fromisoformat(day_of(name)) for name, old in looks if old}):
        if _rewrite_day(lake, day, outdated, _coded_anew):
            days += 1
            if on_day:
                on_day(day)
    lake.storage.forget()
    return days


def compact(lake: Lake, on_day: Callable[[date], None] | None = None) -> int:
    """Write the events of each day with several files into one.

    Args:
        lake: the lake.
        on_day: is called with each day that is done.

    Returns:
        How many files there are less.
    """
    less, files_of_day = 0, Counter(map(day_of, lake.names()))
    for day in (date.fromisoformat(one) for one, count in files_of_day.items() if count > 1):
        old = _rewrite_day(lake, day, lambda names: names if len(names) > 1 else [], _as_it_is)
        if old:
            less += old - 1
            if on_day:
                on_day(day)
    lake.storage.forget()
    return less


def _rewrite_day(
    lake: Lake,
    day: date,
    choose: Callable[[list[str]], list[str]],
    convert: Callable[[pa.RecordBatch], pa.RecordBatch],
) -> int:
    """Put one file in the place of those chosen of a day's; return how many they were."""
    paths_by_old: dict[tuple[str, ...], Path] = {}
    old: list[str] = []

    def tally(contents: Contents) -> Tally:
        inventory = contents.manifest["inventory"]
        return sum((Tally.read(inventory[name]) for name in old), Tally())

    def change(contents: Contents) -> Change:
        nonlocal old
        old = choose(contents.of_day(str(day)))
        if not old:
            return Change(contents.manifest)
        if tuple(old) not in paths_by_old:
            paths_by_old[tuple(old)] = path = staging / f"part-{uuid.uuid4().hex}.parquet"
            local = lake.storage.local(old, staging)
            pairs = zip(local, old, strict=True)
            event_count = write_events(map(convert, event_batches(lake, pairs)), path, _HOLD)
            if event_count != tally(contents).events:
                raise damaged(lake.address, old[0], "it holds other events than were written")
        return Change(
            contents.manifest, {str(day): {paths_by_old[tuple(old)]: tally(contents)}}, old=old
        )

    with lake.writing() as staging:
        lake.commit(change)
    return len(old)


def event_batches(lake: Lake, files: Iterable[tuple[Path, str]]) -> Iterator[pa.RecordBatch]:
    """The events of files, each with its name in the lake, a row group at a time.

    Yields:
        Events in today's schema: columns that an older lake lacks are null.
    """
    for path, name in files:
        with open_event_file(path, f"{lake.address}/{name}") as file:
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
