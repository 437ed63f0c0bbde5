"""Export files are added to a lake: no event twice, and none lost by a kill."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kit.lake.coverage import Window
from kit.lake.parquet import write_events
from kit.lake.workers import coded
from kit.sources.exports import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kit.lake.files import Lake, PutAside
    from kit.lake.ingest import Coded

__all__ = ["Added", "add"]

_PARTS = 8
"""Files that a new day may have; more become one."""


@dataclass(slots=True)
class Added:
    """What came of adding files."""

    events: int = 0
    repeats: int = 0
    put_aside: list[PutAside] = field(default_factory=list)
    covered: list[Window] = field(default_factory=list)
    unknown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """CSV columns that were not understood, by file; their values are kept in ``raw``."""


def add(
    lake: Lake,
    files: Sequence[Path],
    *,
    covers: Window | None = None,
    told: Callable[[int], None] | None = None,
) -> Added:
    """Add export files to a lake.

    Each UTC day appears in one step. A kill at any moment leaves whole days; adding the
    same files again fills in the rest.

    Args:
        lake: the lake; made if missing.
        files: export files.
        covers: the stretch of time that the files hold in full; what the events of each
            file span, if left out.
        told: is called with the number of events read since the last call.

    Returns:
        What was added, repeated and put aside.

    Raises:
        SourceError: a file cannot be read, another writer does not end, or the lake is of
            a newer version.
        DiskFull: there is no space; the lake is as it was, or has some days more.
        UsageError: the folder cannot be written.
    """
    done = Added()
    spans: dict[str, Window] = {}

    def noted(block: Coded) -> None:
        done.put_aside += block.put_aside
        done.unknown |= block.unknown
        for file, span in block.spans.items():
            known = spans.get(file, span)
            spans[file] = Window(min(known.since, span.since), max(known.until, span.until))
        if told:
            told(block.events)

    with lake.writing() as staging:
        days: dict[str, list[Path]] = {}
        for day, path in coded(blocks(files), staging, noted):
            days.setdefault(day, []).append(Path(path))
        for day, paths in sorted(days.items()):
            added, repeats = _add_day(lake, day, paths)
            done.events += added
            done.repeats += repeats
        done.covered = [covers] if covers else list(spans.values())
        lake.keep_aside(done.put_aside)
        lake.cover(done.covered)
    return done


def _add_day(lake: Lake, day: str, paths: list[Path]) -> tuple[int, int]:
    """Bring one day's files into the lake in one step; return events added and repeated."""
    place = lake.folder / f"date={day}"
    held, fresh = list(map(_uuids, _events_in(place))), list(map(_uuids, paths))
    news = _news(held, fresh)
    added = int(sum(mask.sum() for mask in news))
    repeats = int(sum(len(mask) for mask in news)) - added
    if added == 0:
        return 0, repeats
    if place.exists() or len(paths) > _PARTS:
        place.mkdir(exist_ok=True)
        whole = paths[0].with_name(f"part-{uuid.uuid4().hex}.parquet")
        write_events(_filtered(paths, news), whole)
        whole.rename(place / whole.name)
        return added, repeats
    for path, mask in zip(paths, news, strict=True):
        if mask.all():
            continue
        if mask.any():
            write_events(
                _filtered([path], [mask]), path.with_name(f"part-{uuid.uuid4().hex}.parquet")
            )
        path.unlink()
    paths[0].parent.rename(place)
    return added, repeats


def _events_in(place: Path) -> list[Path]:
    return sorted(place.glob("[!_]*.parquet"))


def _uuids(path: Path) -> pa.ChunkedArray:
    with pq.ParquetFile(path) as file:
        return file.read(columns=["uuid"], use_threads=False)["uuid"]


def _news(held: list[pa.ChunkedArray], fresh: list[pa.ChunkedArray]) -> list[np.ndarray]:
    """For each file, which of its events are in no file before it."""
    chunks = [chunk for column in held for chunk in column.chunks]
    known = pa.concat_arrays([pa.nulls(0, pa.string()), *chunks])
    every = pa.concat_arrays([chunk for column in fresh for chunk in column.chunks])
    # By dlpack, because Arrow's to_numpy loads pandas, 50 MB that nothing here needs.
    codes = np.from_dlpack(every.dictionary_encode().indices)
    is_known = np.from_dlpack(pc.is_in(every, value_set=known).cast(pa.uint8()))
    first = np.zeros(len(codes), dtype=bool)
    first[np.unique(codes, return_index=True)[1]] = True
    news = first & (is_known == 0)
    ends = np.cumsum([len(column) for column in fresh])
    return np.split(news, ends[:-1])


def _filtered(paths: list[Path], masks: list[np.ndarray]) -> Iterator[pa.RecordBatch]:
    """The events of files that their masks keep, a row group at a time."""
    for path, mask in zip(paths, masks, strict=True):
        at = 0
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number)
                kept = group.filter(pa.array(mask[at : at + group.num_rows]))
                at += group.num_rows
                yield from kept.combine_chunks().to_batches()
