"""Export files are added to a lake: no event twice, and none lost by a kill."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kit.lake.coverage import Window, bridged
from kit.lake.files import PutAside, shortened
from kit.lake.parquet import read_uuids, write_events
from kit.lake.storage import Change
from kit.lake.workers import coded
from kit.sources.document import Documents
from kit.sources.exports import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kit.lake.files import Lake
    from kit.lake.ingest import Coded
    from kit.lake.storage import Contents
    from kit.sources.document import Block, Document

__all__ = ["Added", "add", "add_documents"]

_NAMED = 1_000
"""Skipped documents that an import names one by one."""

_PARTS = 8
"""Files that a new day may have; more become one."""


@dataclass(slots=True)
class Added:
    """What came of adding files."""

    events: int = 0
    repeats: int = 0
    put_aside: list[PutAside] = field(default_factory=list)
    """What was skipped, ``shortened``; the lake holds it all."""
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

    def note(held: Contents, done: Added) -> dict[str, Any]:
        done.covered = [covers] if covers else bridged(spans.values(), held.covered())
        return held.noting(done.covered)

    return _added(lake, blocks(files), note, noted)


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
    documented = iter([Documents(documents)])
    return _added(lake, documented, lambda held, _: held.noting(covered, **noted))


def _added(
    lake: Lake,
    documents: Iterator[Block],
    note: Callable[[Contents, Added], dict[str, Any]],
    noted: Callable[[Coded], None] | None = None,
) -> Added:
    """Code blocks and bring their days into the lake."""
    done = Added()

    with lake.writing() as staging, (staging / "skipped").open("w+", encoding="utf-8") as spool:

        def heard(block: Coded) -> None:
            spool.writelines(one.as_json() + "\n" for one in block.put_aside)
            if block.put_aside:
                done.put_aside = shortened([*done.put_aside, *block.put_aside], _NAMED)
            done.unknown |= block.unknown
            if noted:
                noted(block)

        days: dict[str, list[Path]] = {}
        for day, path in coded(documents, staging, heard):
            days.setdefault(day, []).append(Path(path))
        fresh = {day: _Fresh(lake, paths) for day, paths in sorted(days.items())}

        def change(held: Contents) -> Change:
            new = {day: one.beside(held.of_day(day)) for day, one in fresh.items()}
            done.events = sum(one.events for one in fresh.values())
            done.repeats = sum(one.repeats for one in fresh.values())
            return Change(note(held, done), {day: paths for day, paths in new.items() if paths})

        lake.commit(change)
        spool.seek(0)
        lake.keep_aside(PutAside(**json.loads(line)) for line in spool)
    return done


class _Fresh:
    """A day's coded files, and what of them the lake does not hold yet."""

    def __init__(self, lake: Lake, paths: list[Path]) -> None:
        self._lake, self._paths = lake, paths
        self._beside: list[str] | None = None
        self._made: list[Path] = []
        self.events = self.repeats = 0

    def beside(self, held: list[str]) -> list[Path]:
        """The files to be added to a day that holds some: one, if it holds any."""
        if held != self._beside:
            self._beside, self._made = held, self._news(held)
        return self._made

    def _news(self, held: list[str]) -> list[Path]:
        news = _news(self._lake.storage.uuids(held), list(map(read_uuids, self._paths)))
        self.events = int(sum(mask.sum() for mask in news))
        self.repeats = int(sum(len(mask) for mask in news)) - self.events
        if not self.events:
            return []
        if len(self._paths) > 1 if held else len(self._paths) > _PARTS:
            return [self._kept(self._paths, news)]
        return [
            path if mask.all() else self._kept([path], [mask])
            for path, mask in zip(self._paths, news, strict=True)
            if mask.any()
        ]

    def _kept(self, paths: list[Path], news: list[np.ndarray]) -> Path:
        made = paths[0].with_name(f"part-{uuid.uuid4().hex}.parquet")
        write_events(_filtered(paths, news), made)
        return made


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
