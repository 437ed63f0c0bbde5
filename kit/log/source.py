"""What a source holds: in which lake its events lie, from when to when, and what is lacking.

No question is put to the events: their ends stand in the files' footers. So a report's window is
fixed before an engine is loaded.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from kit.base.errors import KitError, SourceError, UsageError
from kit.base.object_store import is_store
from kit.base.paths import COPY, LAKE, PULLED, SAMPLE_FILES, place
from kit.base.times import iso, parse_time
from kit.base.windows import TICK, Coverage, Window, common, gaps, merged, overlap
from kit.display import phrases
from kit.lake import Lake, SkippedLine, add, skipped
from kit.lake.coverage import tail
from kit.lake.holes import Hole, holes_in, lines_lost
from kit.lake.inventory import erasures_in, window_of_day
from kit.lake.lacking import EFFECTS, Lacking, lacking_in
from kit.lake.orgs import lakes
from kit.lake.parquet import open_event_file
from kit.lake.vendor import vendor_coverage, vendor_files
from kit.log.sample import kept_sample
from kit.sources.exports import expand
from kit.sources.written_times import order_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from kit.lake.store import AddResult

__all__ = ["ANYTHING", "Source", "open_source"]

ANYTHING = "anything"
"""What a copy without names is a copy of: whatever source is asked for."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source that was read, as far as it holds something."""

    lakes: Mapping[str, Lake]
    """Where its events lie, by the org's host name; of one org by an empty name. Of export files,
    a copy."""
    source: str
    first: datetime
    last: datetime
    covered_windows: tuple[Window, ...] = ()
    """The stretches of time that the source holds in full, oldest first; but for its holes."""
    holes: tuple[Hole, ...] = ()
    """Where skipped lines may belong."""
    lacking: tuple[Lacking, ...] = ()
    """What the events of its files lack that counting needs."""
    erasures: tuple[Mapping[str, Any], ...] = ()
    """How many events were removed because a person was forgotten: see ``kit.lake.erasure``."""
    growing: bool = False
    """Whether more may come: a lake's newest minutes are provisional."""
    is_kept: bool = False
    """Whether its lake stays when this process ends, though it does not grow."""
    skipped_lines: tuple[SkippedLine, ...] = ()
    repeats: int = 0
    end: datetime | None = None
    """Where a window ends that names no end, if not behind the last event."""
    vendor_lakes: tuple[Lake, ...] = ()
    """Where records of vendors' own logs lie, which are no events."""
    unread: Mapping[str, KitError] = field(default_factory=dict)
    """Of many orgs, those whose lake could not be read, and why; nothing of them is covered."""

    @property
    def orgs(self) -> tuple[str, ...]:
        """The host names of the orgs, if there are many."""
        return tuple(filter(None, self.lakes))

    def vendor_coverage(self) -> dict[str, list[Window]]:
        """The stretches of time that each of a vendor's logs is held for, oldest first."""
        coverage: dict[str, list[Window]] = {}
        for lake in self.vendor_lakes:
            for log, windows in vendor_coverage(lake).items():
                coverage[log] = merged([*coverage.get(log, []), *windows])
        return coverage

    def window(self, since: str | date | None = None, until: str | date | None = None) -> Window:
        """Fix a window on this source.

        Args:
            since: ``7d``, ``36h``, ``90m`` before the end, a date or an ISO time, UTC, or
                a date or time of Python or pandas; the source's first event if left out.
            until: likewise, counted back from the source's last event; one millisecond
                after that event if left out, so that it lies inside.

        Returns:
            The window, closed.

        Raises:
            UsageError: a time cannot be read, or since is not before until.
        """
        last = self.end or self.last + TICK
        end = parse_time("until", until, self.end or self.last) if until else last
        anchor = end if until or self.end else self.last
        start = parse_time("since", since, anchor) if since else min(self.first, end - TICK)
        if start >= end:
            raise UsageError(
                f"since ({iso(start)}) is not before until ({iso(end)}). Swap them, "
                "or leave until out to reach to the source's end."
            )
        return Window(start, end)

    def coverage(self, window: Window) -> Coverage:
        """Say which parts of *window* the source does not hold, and which may still grow.

        What a lake on disk held when it was opened and holds no longer is missing: each question
        lists its folder again. One in a store is read as it was.
        """
        holes = [hole for hole in self.holes if hole.touches(window)]
        on_disk = [lake for lake in self.lakes.values() if not is_store(lake.address)]
        covered_windows = common(
            [self.covered_windows, *(lake.covered_windows() for lake in on_disk)]
        )
        return Coverage(
            gaps(() if self.unread else covered_windows, window),
            self._provisional(window),
            tuple(merged(hole.within(window) for hole in holes)),
            lines_lost(holes),
            self._notes(window),
        )

    def _provisional(self, window: Window) -> Window | None:
        if not self.growing or (newest := tail(self.covered_windows)) is None:
            return None
        inside = Window(max(window.since, newest.since), min(window.until, newest.until))
        return inside if inside.since < inside.until else None

    def _notes(self, window: Window) -> tuple[str, ...]:
        """What the events of a window lack, and what that does to the counts."""
        files: dict[str, set[str]] = {}
        for one in self.lacking:
            for what in one.what if one.touches(window) else ():
                files.setdefault(what, set()).add(one.file or "several files")
        effects = [
            f"In {_names_in_words(sorted(files[what]))} {effect}."
            for what, effect in EFFECTS.items()
            if what in files
        ]
        return (*effects, *self._erasures_in_words(window))

    def _erasures_in_words(self, window: Window) -> Iterator[str]:
        """What is missing in a window because a person was forgotten."""
        on_disk = [lake for lake in self.lakes.values() if not is_store(lake.address)]
        erasures = [one for lake in on_disk for one in erasures_in(lake.manifest())]
        for one in erasures if on_disk else self.erasures:
            touched = [n for day, n in one["days"].items() if overlap(window_of_day(day), window)]
            if touched:
                events = phrases.count(sum(touched), "event")
                were = "was" if sum(touched) == 1 else "were"
                yield (
                    f"{events} of a person who was forgotten on {one['at'][:10]} {were} removed "
                    "from the days of this window."
                )


def open_source(
    source: str | Path | Sequence[str | Path],
    folder: Path,
    *,
    since: str | None = None,
    until: str | None = None,
    date_order: str | None = None,
) -> Source:
    """Read a source: export files are brought to a lake's form, of a lake it is looked up.

    Args:
        source: as ``open_log`` takes it.
        folder: where the copy of export files is made.
        since: of the live org, what is pulled at least.
        until: of the live org, where the pull ends.
        date_order: of export files, as ``open_log`` takes it.

    Returns:
        What it holds.

    Raises:
        UsageError: *date_order* is none.
        SourceError: there is no such file or lake, it cannot be read, or it holds no event.
        OktaError: the live org refused, or could not be reached.
    """
    names = [source] if isinstance(source, str | Path) else list(source)
    order_of(date_order)
    source_name = ", ".join(map(str, names))
    if (copy := _copy_of(names)) is not None:
        if not copy.names():
            raise SourceError(f"{source_name}: its copy holds no event. Run the report again.")
        manifest = copy.manifest()
        growing, repeats = bool(manifest.get("growing")), int(manifest.get("repeats", 0))
        return _source_of(copy, source_name, growing=growing, repeats=repeats)
    if names == ["okta"]:
        _pull(since, until)
        names = ["lake"]
    if len(names) == 1 and (many := lakes(place(names[0]))):
        return _of_many(many, source_name)
    if (lake := _as_lake(names)) is not None:
        return _open_lake(lake, source_name)
    if len(names) > 1 and (source_of_lake := _lake_beside_files(names, folder, date_order)):
        return source_of_lake
    if names == ["sample"] and (sample_lake := kept_sample()):
        repeats = int(sample_lake.manifest().get("repeats", 0))
        return replace(_source_of(sample_lake, source_name, repeats=repeats), is_kept=True)
    files = expand(_with_sample(names))
    lake = Lake(folder / "lake")
    result = add(lake, files, date_order=date_order)
    if not lake.names():
        raise SourceError(_nothing_in(names, files, result))
    with lake.writing():
        lake.cover([], copy_of=_told_by(names), repeats=result.repeats)
    return _source_of(lake, source_name, repeats=result.repeats)


def _with_sample(names: Sequence[str | Path]) -> list[str | Path]:
    """A source's names, with the files that ``sample`` stands for."""
    return [file for name in names for file in (SAMPLE_FILES if name == "sample" else (name,))]


def _of_many(many: Mapping[str, Lake], source_name: str) -> Source:
    """The lakes of many orgs; one that cannot be read hides none of the others."""
    sources: dict[str, Source] = {}
    unread: dict[str, KitError] = {}
    for org, lake in many.items():
        try:
            sources[org] = _open_lake(lake, source_name)
        except KitError as fault:
            unread[org] = fault
    if not sources:
        raise next(iter(unread.values()))
    return Source(
        lakes={org: many[org] for org in sources},
        source=source_name,
        first=min(one.first for one in sources.values()),
        last=max(one.last for one in sources.values()),
        covered_windows=tuple(common([one.covered_windows for one in sources.values()])),
        growing=True,
        holes=tuple(hole for one in sources.values() for hole in one.holes),
        lacking=tuple(lack for one in sources.values() for lack in one.lacking),
        erasures=tuple(erasure for one in sources.values() for erasure in one.erasures),
        skipped_lines=tuple(line for one in sources.values() for line in one.skipped_lines),
        vendor_lakes=tuple(lake for one in sources.values() for lake in one.vendor_lakes),
        unread=unread,
    )


def _lake_beside_files(
    names: list[str | Path], folder: Path, date_order: str | None
) -> Source | None:
    """A lake with events, and files or further lakes with a vendor's records; None if none is."""
    lakes_by_name = {name: lake for name in names if (lake := _as_lake([name])) is not None}
    if not lakes_by_name:
        return None
    copy, files = Lake(folder / "vendor"), [name for name in names if name not in lakes_by_name]
    if files:
        add(copy, expand(_with_sample(files)), date_order=date_order)
    every = [*lakes_by_name.values(), copy]
    with_events = [lake for lake in every if lake.names()]
    if len(with_events) != 1:
        return None
    source = _source_of(
        with_events[0],
        ", ".join(map(str, names)),
        growing=with_events[0] is not copy,
    )
    return replace(source, vendor_lakes=tuple(lake for lake in every if vendor_files(lake)))


def _open_lake(lake: Lake, source_name: str) -> Source:
    with lake.one_look():
        return _looked_up(lake, source_name)


def _looked_up(lake: Lake, source_name: str) -> Source:
    if not lake.open().names() and (lost_files := lake.faults().losses):
        raise SourceError(
            f"{lake.address}: all its event files are gone, {lost_files[0]} the first. Put them "
            "back, or "
            f"run: okta-kit lake repair --lake {lake.address}"
        )
    if not lake.names():
        what = "holds a vendor's records and no event" if vendor_files(lake) else "is empty"
        raise SourceError(f"{lake.address}: the lake {what}. Run: okta-kit import FILE")
    return _source_of(lake, source_name, growing=True)


def _source_of(lake: Lake, source_name: str, *, growing: bool = False, repeats: int = 0) -> Source:
    first, last = _ends(lake)
    covered_windows = tuple(lake.covered_windows())
    lost_windows, manifest = lake.losses(), lake.manifest()
    ends = [window.until for window in lost_windows if window.until > last]
    if source_name == "okta" and covered_windows:
        ends.append(covered_windows[-1].until)
    return Source(
        lakes={"": lake},
        source=source_name,
        first=min([first, *(window.since for window in lost_windows)]),
        last=last,
        covered_windows=covered_windows,
        holes=tuple(holes_in(manifest)),
        lacking=tuple(lacking_in(manifest)),
        erasures=tuple(erasures_in(manifest)),
        growing=growing,
        skipped_lines=tuple(lake.skipped_lines()),
        repeats=repeats,
        end=max(ends, default=None),
        vendor_lakes=(lake,) if vendor_files(lake) else (),
    )


def _ends(lake: Lake) -> tuple[datetime, datetime]:
    """When the first event of a lake came, and the last."""
    days = lake.days()
    oldest = [at for file in lake.files(days[0]) for at in _ends_of(file)]
    newest = [at for file in lake.files(days[-1]) for at in _ends_of(file)]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + timedelta(microseconds=min(oldest)), epoch + timedelta(microseconds=max(newest))


def _ends_of(path: Path | BinaryIO) -> list[int]:
    """When a file's events came at the earliest and latest, in microseconds since 1970.

    As the footer has it, where it says so. Whole numbers, because Arrow loads pandas for a time.
    """
    with open_event_file(path) as file:
        footer, kind = file.metadata, file.schema_arrow.field("published").type
        place = footer.schema.names.index("published")
        groups = [footer.row_group(n).column(place) for n in range(footer.num_row_groups)]
        statistics = [one.statistics for one in groups if one.is_stats_set]
        if (
            kind == pa.timestamp("us", "UTC")
            and len(statistics) == len(groups)
            and all(one.has_min_max for one in statistics)
        ):
            return [at for one in statistics for at in (one.min_raw, one.max_raw)]
        times = file.read(columns=["published"])["published"]
        ends = pc.min_max(times.cast(pa.timestamp("us", "UTC")).cast(pa.int64())).as_py()
        return [at for at in ends.values() if at is not None]


def _copy_of(names: list[str | Path]) -> Lake | None:
    """The copy that is to be read in a source's place, if the caller made one."""
    for copy in filter(None, os.environ.get(COPY, "").split(os.pathsep)):
        lake = Lake(copy)
        if lake.manifest().get("copy_of") in (ANYTHING, _told_by(names)):
            return lake
    return None


def _told_by(names: Sequence[str | Path]) -> list[str]:
    """What tells one source's names from another's, wherever they are read from."""
    return [str(Path(name).absolute()) for name in names]


def _pull(since: str | None, until: str | None) -> None:
    """Bring the default lake up to date, unless the caller has just done so."""
    if os.environ.get(PULLED):
        return
    from kit.lake.sync import bring_up_to_date

    bring_up_to_date(Lake(LAKE), since, until)


def _as_lake(names: list[str | Path]) -> Lake | None:
    """The lake that a source's name stands for, if it is one."""
    lake = Lake(place(names[0]))
    if names == ["lake"] or (len(names) == 1 and "://" in str(names[0])):
        return lake
    return lake if len(names) == 1 and lake.exists() else None


def _names_in_words(files: Sequence[str]) -> str:
    """Some files' names."""
    more = [f"{len(files) - 2:,} more"] if len(files) > 3 else files[2:]
    return phrases.join([*files[:2], *more])


def _nothing_in(names: Sequence[str | Path], files: Sequence[Path], result: AddResult) -> str:
    what, skipped_lines = ", ".join(map(str, names)), result.skipped_lines
    if result.records:
        count = phrases.count(result.records, "vendor record")
        return (
            f"{what}: {count} and no System Log event in it. Name Okta's log, too: --source FILE."
        )
    if skipped_lines:
        first, count = skipped_lines[0], phrases.count(skipped(skipped_lines), "line")
        return (
            f"{what}: no System Log event in it; {count} skipped, "
            f"the first at {first.file}:{first.line}: {first.reason}. Export it as NDJSON or JSON."
        )
    empty = "the file is empty" if len(files) == 1 else "the files are empty"
    return f"{what}: {empty}. Export the log again, or use --source sample."
