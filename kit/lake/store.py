"""Export files are added to a lake: no event twice, and none lost by a kill."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kit.base.arrow import sparing_memory
from kit.base.windows import Window, merged
from kit.lake.coverage import bridged
from kit.lake.files import SkippedLine, shortened
from kit.lake.holes import Hole, Trail, cleared, holes_for_manifest, holes_in, summed
from kit.lake.inventory import Tally
from kit.lake.lacking import Presence, lacking_in
from kit.lake.lacking import lacking_for_manifest as lacking_noted
from kit.lake.new_records import NewRecords
from kit.lake.parquet import arrow_mask, read_keys, write_events
from kit.lake.repeats import ROW, index_of, keys_beside, news
from kit.lake.storage import Change
from kit.lake.vendor import VENDOR, Spans, with_coverage
from kit.lake.workers import code_blocks
from kit.sources.document import Documents, origin_of
from kit.sources.exports import blocks
from kit.sources.written_times import order_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from kit.lake.blocks import BlockResult
    from kit.lake.files import Lake
    from kit.lake.storage import Contents
    from kit.sources.document import Block, Document
    from kit.sources.walk import StoredFile

__all__ = ["AddResult", "Pending", "ReceivedPage", "add", "add_received"]

_MAX_NAMED = 1_000
"""Skipped documents that an import names one by one."""

_FOLLOWED = 10_000
"""Files without an event that an import follows one by one."""

_MAX_FILES_OF_DAY = 8
"""Files that a new day may have; more become one."""


@dataclass(slots=True)
class AddResult:
    """What came of adding files."""

    events: int = 0
    repeats: int = 0
    skipped_lines: list[SkippedLine] = field(default_factory=list)
    """What was skipped, ``shortened``; the lake holds it all."""
    covered_windows: list[Window] = field(default_factory=list)
    unknown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """CSV columns that were not understood, by file; their values are kept in ``raw``."""
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What the events of files lack, by file; see ``kit.lake.lacking.EFFECTS``."""
    barren: list[str] = field(default_factory=list)
    """Files in which something stood, and nothing of it was an event or a vendor's record."""
    records: int = 0
    """A vendor's records that were added."""
    record_repeats: int = 0

    @property
    def nothing(self) -> bool:
        """Whether something stood in what was read, and nothing of it was an event or record."""
        return bool(self.barren) and not self._some

    @property
    def empty(self) -> bool:
        """Whether nothing at all stood in what was read."""
        return not (self._some or self.skipped_lines)

    @property
    def _some(self) -> int:
        return self.events or self.repeats or self.records or self.record_repeats


@dataclass(slots=True)
class Pending:
    """What the rounds of an import leave for those that follow.

    Skipped lines of a file without an event may belong anywhere in what the whole import covers;
    if somebody says what it covers, those of any file may belong up to its ends.
    """

    trails: dict[str, Trail] = field(default_factory=dict)
    """Files with skipped lines; of very many without an event, the rest as one without a name."""
    covered_windows: list[Window] = field(default_factory=list)
    """What the rounds cover."""
    events: bool = False
    """Whether any of it was an event."""
    ends: bool = True
    """Whether the next round is the last one."""

    def follow(self, trails: Mapping[str, Trail], *, every: bool) -> None:
        """Take in the files of a round; with *every*, also those with events."""
        for file, one in trails.items():
            self.events = self.events or one.span is not None
            if one.barren and len(self.trails) >= _FOLLOWED:
                self.trails.setdefault("", Trail()).follow(one)
            elif one.barren or (every and one.skipped):
                self.trails[file] = one


def add(
    lake: Lake,
    files: Iterable[Path | StoredFile],
    *,
    covers: Window | None = None,
    date_order: str | None = None,
    on_progress: Callable[[int], None] | None = None,
    pending: Pending | None = None,
) -> AddResult:
    """Add export files to a lake.

    Each UTC day appears in one step. A kill at any moment leaves whole days; adding the
    same files again fills in the rest.

    Args:
        lake: the lake; made if missing.
        files: export files.
        covers: the stretch of time that the files hold in full; what the events of each
            file span, if left out. It is not believed where nothing was an event.
        date_order: what comes first in local dates, ``day-first`` or ``month-first``, where no
            number above 12 in the file shows it; ``$OKTA_KIT_DATE_ORDER`` if left out. Without
            either such rows are skipped.
        on_progress: is called with the number of events read since the last call.
        pending: what the rounds before this one left, where an import has several; this one is
            taken in.

    Returns:
        What was added, repeated and skipped.

    Raises:
        SourceError: a file cannot be read, another writer does not end, or the lake is of
            a newer version.
        DiskFull: there is no space; the lake is as it was, or has some days more.
        UsageError: the folder cannot be written, or *date_order* is none.
    """
    read, before = _FileRecords(), pending or Pending()

    def on_block(block: BlockResult) -> None:
        read.follow(block)
        if on_progress:
            on_progress(block.events)

    def note(contents: Contents, result: AddResult) -> dict[str, Any]:
        read.leave_out_vendors()
        result.lacking = {file: one.what for file, one in read.presences.items() if one.what}
        result.barren = [file for file, one in read.trails.items() if one.barren]
        if result.nothing and not before.events:
            return contents.noting([])
        holes, trails = holes_in(contents.manifest), {**before.trails, **read.trails}
        fresh: list[Hole] = []
        if read.vendor_spans and not before.events and not read.spans():
            return contents.noting([])  # what is said to be covered is the vendor's log
        if covers and before.ends:
            result.covered_windows = [covers]
            fresh = _holes(trails, [covers])
            if not any(one.skipped for one in trails.values()):
                holes = cleared(holes, [covers])
        elif not covers:
            spans, fresh = read.spans(), _holes(read.trails, ())
            unread = [hole.window for hole in (*holes, *fresh)]
            result.covered_windows = bridged(spans.values(), contents.covered_windows(), unread)
            barren = {file: one for file, one in trails.items() if one.barren}
            fresh += _holes(barren, merged([*before.covered_windows, *result.covered_windows]))
        lacking = lacking_noted(lacking_in(contents.manifest), read.lacking())
        return contents.noting(
            result.covered_windows, unread=holes_for_manifest(holes, fresh), lacking=lacking
        )

    result = _add_blocks(
        lake,
        blocks(files, order=order_of(date_order)),
        note,
        on_block,
        origin=origin_of,
        coverage=lambda facts: with_coverage(facts, read.vendor_spans, covers),
    )
    before.follow(read.trails, every=covers is not None)
    before.covered_windows = merged([*before.covered_windows, *result.covered_windows])
    return result


@dataclass(slots=True)
class _FileRecords:
    """What of each file is known beside its events, block by block."""

    trails: dict[str, Trail] = field(default_factory=dict)
    presences: dict[str, Presence] = field(default_factory=dict)
    vendor_spans: Spans = field(default_factory=dict)
    """When a vendor's records of each log happened, by file."""

    def leave_out_vendors(self) -> None:
        """Forget what was skipped in files of a vendor's records alone: no event is lost there."""
        for file in self.vendor_spans:
            if file in self.trails and self.trails[file].span is None:
                del self.trails[file], self.presences[file]

    def follow(self, block: BlockResult) -> None:
        """Take in a block, in the order of the files."""
        for file, logs in block.spans.items():
            spans = self.vendor_spans.setdefault(file, {})
            for log, (first, last) in logs.items():
                before, after = spans.get(log, (first, last))
                spans[log] = (min(first, before), max(last, after))
        for file, trail in block.trails.items():
            if file in self.trails:
                self.trails[file].follow(trail)
                self.presences[file].follow(block.presences[file])
            else:
                self.trails[file], self.presences[file] = trail, block.presences[file]

    def spans(self) -> dict[str, Window]:
        """What the events of each file span."""
        return {file: span for file, one in self.trails.items() if (span := one.span)}

    def lacking(self) -> dict[str, tuple[Window, Presence]]:
        """What the events of each file span, and what they have."""
        return {file: (span, self.presences[file]) for file, span in self.spans().items()}


def _holes(trails: Mapping[str, Trail], reach: Sequence[Window]) -> list[Hole]:
    """Where the skipped lines of files may belong."""
    each = (one.holes(file, reach, origin_of(file)) for file, one in trails.items())
    return [hole for some in each for hole in some]


@dataclass(frozen=True, slots=True)
class ReceivedPage:
    """A page that came from the live org."""

    documents: list[Document]
    """The events, each as it was received."""
    reach: Window
    """The stretch of time that they can lie in."""
    covers: Window | None
    """The stretch of time that the lake holds in full with them."""


def add_received(
    lake: Lake, org: str, pages: list[ReceivedPage], state: dict[str, Any] | None = None
) -> AddResult:
    """Add what came from the live org, and note how far it was read.

    Args:
        lake: the lake; made if missing.
        org: the org's host name, under which the documents stand.
        pages: the pages, each in the order in which it was received.
        state: what the manifest says from then on, by its names.

    Returns:
        What was added, repeated and skipped.

    Raises:
        SourceError, DiskFull, UsageError: as ``add``.
    """
    covered_windows = [page.covers for page in pages if page.covers]
    remaining_pages, fresh = iter(pages), list[Hole]()

    def on_block(block: BlockResult) -> None:
        page = next(remaining_pages)
        for trail in block.trails.values():
            fresh.extend(trail.holes(org, [page.reach]))

    def note(contents: Contents, _: AddResult) -> dict[str, Any]:
        holes = holes_in(contents.manifest)
        # What the org itself sent so stays unreadable; what files lacked is here now.
        own = [hole for hole in holes if hole.file == org]
        others = cleared((hole for hole in holes if hole.file != org), covered_windows)
        return contents.noting(
            covered_windows,
            unread=holes_for_manifest([*own, *others], summed(fresh)),
            **(state or {}),
        )

    documents = iter([Documents(page.documents) for page in pages])
    return _add_blocks(lake, documents, note, on_block, side_by_side=False)


def _add_blocks(
    lake: Lake,
    documents: Iterator[Block],
    note: Callable[[Contents, AddResult], dict[str, Any]],
    on_block: Callable[[BlockResult], None],
    *,
    side_by_side: bool = True,
    origin: Callable[[str], str] = lambda _: "",
    coverage: Callable[[dict[str, Any]], dict[str, Any]] = lambda facts: facts,
) -> AddResult:
    """Code blocks and bring their days into the lake."""
    result = AddResult()

    with lake.writing() as staging, (staging / "skipped").open("w+", encoding="utf-8") as spool:

        def take_block(block: BlockResult) -> None:
            aside = [replace(one, origin=origin(one.file)) for one in block.skipped_lines]
            spool.writelines(one.as_json() + "\n" for one in aside)
            if aside:
                result.skipped_lines = shortened([*result.skipped_lines, *aside], _MAX_NAMED)
            result.unknown |= block.unknown
            on_block(block)

        with sparing_memory():
            files = code_blocks(documents, staging, take_block, side_by_side=side_by_side)
        ours = [pair for pair in files if VENDOR not in Path(pair[1]).parts]
        fresh = _NewFiles(ours, staging)
        paths = [Path(path) for _, path in files if VENDOR in Path(path).parts]
        records = NewRecords(paths, staging)

        def change(contents: Contents) -> Change:
            new, index, new_hash_files = fresh.beside(lake, contents)
            result.events, result.repeats = fresh.events, fresh.repeats
            new_record_files: dict[str, Path] = {}
            if paths:
                facts, new_record_files = records.beside(lake, contents)
            result.records, result.record_repeats = records.records, records.repeats
            manifest = {**note(contents, result), "index": index}
            if paths:
                manifest[VENDOR] = coverage(facts)
            return Change(manifest, new, new_hash_files | new_record_files)

        lake.commit(change)
        spool.seek(0)
        lake.keep_aside(SkippedLine(**json.loads(line)) for line in spool)
    return result


class _NewFiles:
    """Coded files, and what of them a lake does not hold yet."""

    def __init__(self, files: list[tuple[str, str]], staging: Path) -> None:
        self._staging = staging
        self._days: dict[str, list[Path]] = {}
        for day, path in sorted(files):
            self._days.setdefault(day, []).append(Path(path))
        self._made: dict[bytes, dict[Path, Tally]] = {}
        """Files that were made for a change that another writer was faster than."""
        self.events = self.repeats = 0

    def beside(
        self, lake: Lake, contents: Contents
    ) -> tuple[dict[str, dict[Path, Tally]], dict[str, Any], dict[str, Path]]:
        """The files to be added to what a lake holds, by day: one, to a day that holds some.

        Returns:
            The files; the files of hashes that the manifest is to list; and those that are new.
        """
        news_path = self._staging / f"{uuid.uuid4().hex}.news"

        def keys(name: str) -> np.ndarray:
            return read_keys(lake.storage.event_file(name))

        index = index_of(lake.storage, contents.manifest, self._staging, keys)
        paths = [path for paths in self._days.values() for path in paths]
        masks = news(paths, index, news_path) if paths else {}
        self.events = int(sum(mask.sum() for mask in masks.values()))
        self.repeats = int(sum(len(mask) for mask in masks.values())) - self.events
        if self.events:
            index = index.with_file(news_path, self._staging)
        new = {
            day: self._news([(path, masks[path]) for path in paths], one=bool(contents.of_day(day)))
            for day, paths in self._days.items()
        }
        return {day: files for day, files in new.items() if files}, index.tallies, index.fresh

    def _news(self, files: list[tuple[Path, np.ndarray]], *, one: bool) -> dict[Path, Tally]:
        """A day's files without repeats; few of them, or one."""
        some = [(path, mask) for path, mask in files if mask.any()]
        if not some:
            return {}
        parts = (
            [some] if len(some) > (1 if one else _MAX_FILES_OF_DAY) else [[each] for each in some]
        )
        return {
            path: tally for part in parts for path, tally in self._without_repeats(part).items()
        }

    def _without_repeats(self, files: list[tuple[Path, np.ndarray]]) -> dict[Path, Tally]:
        whole = len(files) == 1 and files[0][1].all()
        parts = (part for path, mask in files for part in (bytes(path), mask.tobytes()))
        which = hashlib.sha256(b"".join(parts)).digest()
        if which not in self._made:
            rows = [np.fromfile(keys_beside(path), ROW)["key"][mask] for path, mask in files]
            new_path = files[0][0]
            if not whole:
                new_path = new_path.with_name(f"part-{uuid.uuid4().hex}.parquet")
                write_events(_filtered(files), new_path)
            self._made[which] = {new_path: Tally.of(np.concatenate(rows))}
        return self._made[which]


def _filtered(files: list[tuple[Path, np.ndarray]]) -> Iterator[pa.RecordBatch]:
    """The events of files that their masks keep, a row group at a time."""
    for path, mask in files:
        at = 0
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number)
                rows = group.filter(arrow_mask(mask[at : at + group.num_rows]))
                at += group.num_rows
                yield from rows.combine_chunks().to_batches()
