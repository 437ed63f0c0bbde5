"""Export files are added to a lake: no event twice, and none lost by a kill."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kit.lake.coverage import Window, bridged
from kit.lake.parquet import write_events
from kit.lake.workers import coded
from kit.sources.document import Documents
from kit.sources.exports import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kit.lake.files import Lake, PutAside
    from kit.lake.ingest import Coded
    from kit.sources.document import Block, Document

__all__ = ["Added", "add", "add_documents"]

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
    spans: dict[str, Window] = {}

    def noted(block: Coded) -> None:
        for file, span in block.spans.items():
            known = spans.get(file, span)
            spans[file] = Window(min(known.since, span.since), max(known.until, span.until))
        if told:
            told(block.events)

    with lake.writing() as staging:
        done = _added(lake, staging, blocks(files), noted)
        done.covered = [covers] if covers else bridged(spans.values(), lake.covered())
        lake.cover(done.covered)
    return done


def add_documents(
    lake: Lake, documents: list[Document], *, covered: list[Window], noted: dict[str, Any]
) -> Added:
    """Add documents that came from the live org, and note how far it was read.

    Args:
        lake: the lake; made if missing.
        documents: the events, each as it was received.
        covered: the stretches of time that the lake holds in full with them.
        noted: what the manifest says from then on, by its names.

    Returns:
        What was added, repeated and put aside.

    Raises:
        SourceError, DiskFull, UsageError: as ``add``.
    """
    with lake.writing() as staging:
        done = _added(lake, staging, iter([Documents(documents)]))
        lake.cover(covered, **noted)
    return done


def _added(
    lake: Lake,
    staging: Path,
    documents: Iterator[Block],
    noted: Callable[[Coded], None] | None = None,
) -> Added:
    """Code blocks and bring their days into the lake; under the lock."""
    done = Added()

    def heard(block: Coded) -> None:
        done.put_aside += block.put_aside
        done.unknown |= block.unknown
        if noted:
            noted(block)

    days: dict[str, list[Path]] = {}
    for day, path in coded(documents, staging, heard):
        days.setdefault(day, []).append(Path(path))
    for day, paths in sorted(days.items()):
        added, repeats = _add_day(lake, day, paths)
        done.events += added
        done.repeats += repeats
    lake.keep_aside(done.put_aside)
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
                kept = group.filter(_as_arrow(mask[at : at + group.num_rows]))
                at += group.num_rows
                yield from kept.combine_chunks().to_batches()


def _as_arrow(mask: np.ndarray) -> pa.BooleanArray:
    """A mask as Arrow has it; by its bytes, because ``pa.array`` of NumPy's loads pandas."""
    bits = pa.py_buffer(np.packbits(mask, bitorder="little"))
    return pa.BooleanArray.from_buffers(pa.bool_(), len(mask), [None, bits])
