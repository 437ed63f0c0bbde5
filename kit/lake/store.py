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

from kit.base.windows import Window, merged
from kit.lake.coverage import bridged
from kit.lake.files import PutAside, shortened
from kit.lake.holes import Hole, Trail, cleared, holes_in, noted, summed
from kit.lake.inventory import Tally
from kit.lake.lacking import Presence, lacking_in
from kit.lake.lacking import noted as lacking_noted
from kit.lake.parquet import read_keys, write_events
from kit.lake.repeats import ROW, index_of, keys_beside, news
from kit.lake.storage import Change
from kit.lake.workers import coded
from kit.sources.document import Documents, origin_of
from kit.sources.exports import blocks
from kit.sources.written_times import order_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from kit.lake.files import Lake
    from kit.lake.ingest import Coded
    from kit.lake.storage import Contents
    from kit.sources.document import Block, Document
    from kit.sources.walk import Stored

__all__ = ["Added", "Pending", "Received", "add", "add_received"]

_NAMED = 1_000
"""Skipped documents that an import names one by one."""

_FOLLOWED = 10_000
"""Files without an event that an import follows one by one."""

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
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What the events of files lack, by file; see ``kit.lake.lacking.EFFECTS``."""
    barren: list[str] = field(default_factory=list)
    """Files in which something stood, and nothing of it was an event."""

    @property
    def nothing(self) -> bool:
        """Whether something stood in what was read, and nothing of it was an event."""
        return bool(self.barren) and not self.events and not self.repeats


@dataclass(slots=True)
class Pending:
    """What the rounds of an import leave for those that follow.

    Skipped lines of a file without an event may belong anywhere in what the whole import covers;
    if somebody says what it covers, those of any file may belong up to its ends.
    """

    trails: dict[str, Trail] = field(default_factory=dict)
    """Files with skipped lines; of very many without an event, the rest as one without a name."""
    covered: list[Window] = field(default_factory=list)
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
    files: Iterable[Path | Stored],
    *,
    covers: Window | None = None,
    date_order: str | None = None,
    told: Callable[[int], None] | None = None,
    pending: Pending | None = None,
) -> Added:
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
        told: is called with the number of events read since the last call.
        pending: what the rounds before this one left, where an import has several; this one is
            taken in.

    Returns:
        What was added, repeated and put aside.

    Raises:
        SourceError: a file cannot be read, another writer does not end, or the lake is of
            a newer version.
        DiskFull: there is no space; the lake is as it was, or has some days more.
        UsageError: the folder cannot be written, or *date_order* is none.
    """
    read, before = _Read(), pending or Pending()

    def heard(block: Coded) -> None:
        read.follow(block)
        if told:
            told(block.events)

    def note(held: Contents, done: Added) -> dict[str, Any]:
        done.lacking = {file: one.what for file, one in read.presences.items() if one.what}
        done.barren = [file for file, one in read.trails.items() if one.barren]
        if done.nothing and not before.events:
            return held.noting([])
        known, trails = holes_in(held.manifest), {**before.trails, **read.trails}
        fresh: list[Hole] = []
        if covers and before.ends:
            done.covered = [covers]
            fresh = _holes(trails, [covers])
            if not any(one.skipped for one in trails.values()):
                known = cleared(known, [covers])
        elif not covers:
            spans, fresh = read.spans(), _holes(read.trails, ())
            unread = [hole.window for hole in (*known, *fresh)]
            done.covered = bridged(spans.values(), held.covered(), unread)
            barren = {file: one for file, one in trails.items() if one.barren}
            fresh += _holes(barren, merged([*before.covered, *done.covered]))
        lacking = lacking_noted(lacking_in(held.manifest), read.lacking())
        return held.noting(done.covered, unread=noted(known, fresh), lacking=lacking)

    done = _added(lake, blocks(files, order=order_of(date_order)), note, heard, origin=origin_of)
    before.follow(read.trails, every=covers is not None)
    before.covered = merged([*before.covered, *done.covered])
    return done


@dataclass(slots=True)
class _Read:
    """What of each file is known beside its events, block by block."""

    trails: dict[str, Trail] = field(default_factory=dict)
    presences: dict[str, Presence] = field(default_factory=dict)

    def follow(self, block: Coded) -> None:
        """Take in a block, in the order of the files."""
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
class Received:
    """A page that came from the live org."""

    documents: list[Document]
    """The events, each as it was received."""
    reach: Window
    """The stretch of time that they can lie in."""
    covers: Window | None
    """The stretch of time that the lake holds in full with them."""


def add_received(
    lake: Lake, org: str, pages: list[Received], state: dict[str, Any] | None = None
) -> Added:
    """Add what came from the live org, and note how far it was read.

    Args:
        lake: the lake; made if missing.
        org: the org's host name, under which the documents stand.
        pages: the pages, each in the order in which it was received.
        state: what the manifest says from then on, by its names.

    Returns:
        What was added, repeated and put aside.

    Raises:
        SourceError, DiskFull, UsageError: as ``add``.
    """
    covered = [page.covers for page in pages if page.covers]
    left, fresh = iter(pages), list[Hole]()

    def heard(block: Coded) -> None:
        page = next(left)
        for trail in block.trails.values():
            fresh.extend(trail.holes(org, [page.reach]))

    def note(held: Contents, _: Added) -> dict[str, Any]:
        known = holes_in(held.manifest)
        # What the org itself sent so stays unreadable; what files lacked is here now.
        own = [hole for hole in known if hole.file == org]
        others = cleared((hole for hole in known if hole.file != org), covered)
        return held.noting(covered, unread=noted([*own, *others], summed(fresh)), **(state or {}))

    documents = iter([Documents(page.documents) for page in pages])
    return _added(lake, documents, note, heard, side_by_side=False)


def _added(
    lake: Lake,
    documents: Iterator[Block],
    note: Callable[[Contents, Added], dict[str, Any]],
    told: Callable[[Coded], None],
    *,
    side_by_side: bool = True,
    origin: Callable[[str], str] = lambda _: "",
) -> Added:
    """Code blocks and bring their days into the lake."""
    done = Added()

    with lake.writing() as staging, (staging / "skipped").open("w+", encoding="utf-8") as spool:

        def heard(block: Coded) -> None:
            aside = [replace(one, origin=origin(one.file)) for one in block.put_aside]
            spool.writelines(one.as_json() + "\n" for one in aside)
            if aside:
                done.put_aside = shortened([*done.put_aside, *aside], _NAMED)
            done.unknown |= block.unknown
            told(block)

        files = coded(documents, staging, heard, side_by_side=side_by_side)
        fresh = _Fresh(files, staging)

        def change(held: Contents) -> Change:
            new, index, grown = fresh.beside(lake, held)
            done.events, done.repeats = fresh.events, fresh.repeats
            manifest = note(held, done)
            return Change({**manifest, "index": index}, new, grown)

        lake.commit(change)
        spool.seek(0)
        lake.keep_aside(PutAside(**json.loads(line)) for line in spool)
    return done


class _Fresh:
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
        self, lake: Lake, held: Contents
    ) -> tuple[dict[str, dict[Path, Tally]], dict[str, Any], dict[str, Path]]:
        """The files to be added to what a lake holds, by day: one, to a day that holds some.

        Returns:
            The files; the files of hashes that the manifest is to list; and those that are new.
        """
        made = self._staging / f"{uuid.uuid4().hex}.news"

        def keys(name: str) -> np.ndarray:
            return read_keys(lake.storage.opened(name))

        index = index_of(lake.storage, held.manifest, self._staging, keys)
        paths = [path for paths in self._days.values() for path in paths]
        masks = news(paths, index, made) if paths else {}
        self.events = int(sum(mask.sum() for mask in masks.values()))
        self.repeats = int(sum(len(mask) for mask in masks.values())) - self.events
        if self.events:
            index = index.grown(made, self._staging)
        new = {
            day: self._news([(path, masks[path]) for path in paths], one=bool(held.of_day(day)))
            for day, paths in self._days.items()
        }
        return {day: files for day, files in new.items() if files}, index.listed, index.fresh

    def _news(self, files: list[tuple[Path, np.ndarray]], *, one: bool) -> dict[Path, Tally]:
        """A day's files without repeats; few of them, or one."""
        some = [(path, mask) for path, mask in files if mask.any()]
        if not some:
            return {}
        parts = [some] if len(some) > (1 if one else _PARTS) else [[each] for each in some]
        return {path: tally for part in parts for path, tally in self._kept(part).items()}

    def _kept(self, files: list[tuple[Path, np.ndarray]]) -> dict[Path, Tally]:
        whole = len(files) == 1 and files[0][1].all()
        parts = (part for path, mask in files for part in (bytes(path), mask.tobytes()))
        which = hashlib.sha256(b"".join(parts)).digest()
        if which not in self._made:
            rows = [np.fromfile(keys_beside(path), ROW)["key"][mask] for path, mask in files]
            made = files[0][0]
            if not whole:
                made = made.with_name(f"part-{uuid.uuid4().hex}.parquet")
                write_events(_filtered(files), made)
            self._made[which] = {made: Tally.of(np.concatenate(rows))}
        return self._made[which]


def _filtered(files: list[tuple[Path, np.ndarray]]) -> Iterator[pa.RecordBatch]:
    """The events of files that their masks keep, a row group at a time."""
    for path, mask in files:
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
