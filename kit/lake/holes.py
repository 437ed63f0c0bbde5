"""Where skipped lines may belong in time: a window that one of them touches is not complete.

A line that cannot be read may have been an event. If its own time can be read in it, the hole is
that moment. Else it lies between its readable neighbours in the file; in a file that is out of
order, between the earliest and the latest time that its place allows; at a file's edge, anywhere
beyond its last neighbour that the file is said to hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from kit.base.times import iso, parse_iso
from kit.base.windows import TICK, Window, gaps
from kit.sources.document import base_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kit.sources.document import Document

__all__ = [
    "Hole",
    "Trail",
    "cleared",
    "fewest",
    "holes_for_manifest",
    "holes_in",
    "lines_lost",
    "own_time",
    "summed",
]

MAX_HOLES = 1_000
"""Holes that a manifest lists; of more, the nearest become one."""

_MOST_OF_FILE = 200
_MOST_RUNS = 4_096
"""Runs of skipped lines of a file that are followed one by one."""

_ONCE = (b'"uuid"', b'"eventType"', b'"actor"')
"""What stands once in an event: if it is there twice, the line is two events torn into one."""
_TIME = re.compile(
    rb'"published"\s*:\s*"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))"'
)
_CUT = 2_000
"""Bytes that a reader hands on of something that it cannot tell the end of."""


@dataclass(frozen=True, slots=True, order=True)
class Hole:
    """A stretch of time that some skipped lines may belong to, ``[since, until)``."""

    since: datetime
    until: datetime
    file: str = ""
    """The file's name without its folder; empty of several."""
    lines: int = 1
    whole: bool = False
    """Whether nothing in the file was an event, so that it may be of several stretches."""
    origin: str = ""
    """Tells files of one name apart, see ``origin_of``; empty of several, and of the live org."""

    @property
    def window(self) -> Window:
        """The stretch."""
        return Window(self.since, self.until)

    def touches(self, window: Window) -> bool:
        """Whether any of it lies in a window."""
        return self.since < window.until and self.until > window.since

    def within(self, window: Window) -> Window:
        """The part of it that lies in a window that it touches."""
        return Window(max(self.since, window.since), min(self.until, window.until))

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        fields = {**self.window.as_text(), "file": self.file, "lines": self.lines}
        fields |= {"origin": self.origin} if self.origin else {}
        return {**fields, "whole": True} if self.whole else fields


@dataclass(slots=True)
class Stretch:
    """Readable events that follow each other in a file: the times of some of them."""

    first: datetime
    last: datetime
    low: datetime
    high: datetime


@dataclass(slots=True)
class SkippedRun:
    """Skipped lines that follow each other, and times that are known to lie among them."""

    lines: int = 0
    low: datetime | None = None
    high: datetime | None = None


@dataclass(slots=True)
class Trail:
    """What stood in a file, or a part of it, in order: events and skipped lines."""

    stretches: list[Stretch | None] = field(default_factory=lambda: [None])
    """One more than there are runs; None where a file begins or ends with skipped lines."""
    runs: list[SkippedRun] = field(default_factory=list)
    moments: dict[datetime, int] = field(default_factory=dict)
    """Skipped lines whose own time can be read."""
    older: list[tuple[datetime, datetime, int]] = field(default_factory=list)
    """Moments that became stretches, because they were too many."""
    documents: int = 0

    def read(self, at: datetime) -> None:
        """Note an event; *at* is in UTC."""
        self.documents += 1
        latest = self.stretches[-1]
        if latest is None:
            self.stretches[-1] = Stretch(at, at, at, at)
            return
        latest.last = at
        if at < latest.low:
            latest.low = at
        elif at > latest.high:
            latest.high = at

    def skip(self, lines: int, at: datetime | None = None) -> None:
        """Note skipped lines; with *at*, their own time."""
        self.documents += lines
        if at is not None:
            self.moments[at] = self.moments.get(at, 0) + lines
        elif self.runs and self.stretches[-1] is None:
            self.runs[-1].lines += lines
        else:
            self.runs.append(SkippedRun(lines))
            self.stretches.append(None)

    def follow(self, other: Trail) -> None:
        """Take in what stood behind this in the file."""
        self.documents += other.documents
        for at, lines in other.moments.items():
            self.moments[at] = self.moments.get(at, 0) + lines
        self.older += other.older
        if len(self.moments) > _MOST_RUNS:
            some = fewest([Hole(at, at + TICK, "", n) for at, n in self.moments.items()], 100)
            self.older += [(hole.since, hole.until, hole.lines) for hole in some]
            self.moments = {}
        first, *rest = other.stretches
        self._meet(first)
        for run, stretch in zip(other.runs, rest, strict=True):
            if self.runs and self.stretches[-1] is None:
                self.runs[-1].lines += run.lines
            else:
                self.runs.append(run)
                self.stretches.append(None)
            self._meet(stretch)
        if len(self.runs) > _MOST_RUNS:
            self._halve()

    def _meet(self, stretch: Stretch | None) -> None:
        latest = self.stretches[-1]
        if latest is None or stretch is None:
            self.stretches[-1] = stretch if latest is None else latest
            return
        self.stretches[-1] = Stretch(
            latest.first,
            stretch.last,
            min(latest.low, stretch.low),
            max(latest.high, stretch.high),
        )

    def _halve(self) -> None:
        """Let each two runs be one, with the events between them."""
        runs, stretches = [], [self.stretches[0]]
        for number in range(0, len(self.runs) - 1, 2):
            one, other = self.runs[number : number + 2]
            between = self.stretches[number + 1]
            bounds = [one.low, one.high, other.low, other.high]
            bounds += [between.low, between.high] if between else []
            times = [at for at in bounds if at]
            runs.append(SkippedRun(one.lines + other.lines, min(times), max(times)))
            stretches.append(self.stretches[number + 2])
        if len(self.runs) % 2:
            runs.append(self.runs[-1])
            stretches.append(self.stretches[-1])
        self.runs, self.stretches = runs, stretches

    @property
    def span(self) -> Window | None:
        """From the file's earliest event to its latest; None if there is no event."""
        stretches = [one for one in self.stretches if one]
        if not stretches:
            return None
        return Window(min(one.low for one in stretches), max(one.high for one in stretches) + TICK)

    @property
    def skipped(self) -> bool:
        """Whether anything could not be read."""
        return bool(self.runs or self.moments or self.older)

    @property
    def barren(self) -> bool:
        """Whether something stood here, and nothing of it was an event."""
        return self.documents > 0 and self.span is None

    def holes(self, file: str, reach: Sequence[Window], origin: str = "") -> list[Hole]:
        """Say where the skipped lines may belong.

        Args:
            file: the file's name, with or without its folder.
            reach: what the file is said to hold besides what its events span.
            origin: as ``origin_of`` tells it from other files of that name.
        """
        some = self._holes(base_name(file), reach)
        return [replace(hole, origin=origin) for hole in some] if origin else some

    def _holes(self, name: str, reach: Sequence[Window]) -> list[Hole]:
        holes = [Hole(at, at + TICK, name, lines) for at, lines in self.moments.items()]
        holes += [Hole(since, until, name, lines) for since, until, lines in self.older]
        span = self.span
        if span is None:
            lines = sum(run.lines for run in self.runs)
            whole = [Hole(w.since, w.until, name, lines, whole=True) for w in reach if lines]
            return [*fewest(summed(holes), _MOST_OF_FILE), *whole]
        start = min([span.since, *(w.since for w in reach)])
        end = max([span.until, *(w.until for w in reach)])
        holes += self._between(name, Window(start, end))
        return fewest(summed(holes), _MOST_OF_FILE)

    def _between(self, name: str, reach: Window) -> list[Hole]:
        stretches = [one for one in self.stretches if one]
        ascending = stretches[0].first <= stretches[-1].last
        descending = stretches[0].first >= stretches[-1].last
        before = _running(self.stretches[:-1])
        after = _running(self.stretches[:0:-1])[::-1]
        holes = []
        for run, past, rest, (one, other) in zip(
            self.runs, before, after, pairwise(self.stretches), strict=True
        ):
            times = [at for at in (run.low, run.high) if at]
            times += [one.last] if one else []
            times += [other.first] if other else []
            lows, highs = list(times), list(times)
            if ascending:
                lows += [rest[0]] if rest else []
                highs += [past[1]] if past else []
            if descending:
                lows += [past[0]] if past else []
                highs += [rest[1]] if rest else []
            since, until = min(lows), max(highs) + TICK
            if (ascending and not past) or (descending and not rest):
                since = reach.since
            if (ascending and not rest) or (descending and not past):
                until = reach.until
            holes.append(Hole(since, until, name, run.lines))
        return holes


def _running(stretches: Sequence[Stretch | None]) -> list[tuple[datetime, datetime] | None]:
    """For each place, the earliest and latest time up to it."""
    extent: tuple[datetime, datetime] | None = None
    ends = []
    for one in stretches:
        if one:
            extent = (
                (min(extent[0], one.low), max(extent[1], one.high))
                if extent
                else (one.low, one.high)
            )
        ends.append(extent)
    return ends


def own_time(document: Document) -> datetime | None:
    """When a skipped document came, if it is one event and its time can be read; UTC."""
    raw = document.raw
    if document.count != 1 or (document.fault is not None and len(raw) >= _CUT):
        return None
    if raw.count(b'"published"') != 1 or any(raw.count(key) > 1 for key in _ONCE):
        return None
    match = _TIME.search(raw)
    try:
        at = parse_iso(match[1].decode()) if match else None
        return at if at is None or at + TICK else None
    except (ValueError, OverflowError):
        return None


def summed(holes: Iterable[Hole]) -> list[Hole]:
    """Holes of one reading; those of the same file and stretch are one, with the lines of all."""
    one_each: dict[Hole, int] = {}
    for hole in holes:
        key = replace(hole, lines=0)
        one_each[key] = one_each.get(key, 0) + hole.lines
    return [replace(hole, lines=count) for hole, count in one_each.items()]


def fewest(holes: Iterable[Hole], most: int = MAX_HOLES) -> list[Hole]:
    """At most so many holes, oldest first; of more, those that lie nearest become one."""
    oldest_first = sorted(holes)
    if len(oldest_first) <= most:
        return oldest_first
    ends, until = [], oldest_first[0].until
    for number, hole in enumerate(oldest_first[1:], start=1):
        ends.append((hole.since - until, number))
        until = max(until, hole.until)
    cuts = sorted(number for _, number in sorted(ends, reverse=True)[: most - 1])
    return [_one_of(oldest_first[a:b]) for a, b in pairwise([0, *cuts, len(oldest_first)])]


def _one_of(holes: Sequence[Hole]) -> Hole:
    files = {(hole.file, hole.origin) for hole in holes}
    file, origin = files.pop() if len(files) == 1 else ("", "")
    until = max(hole.until for hole in holes)
    return Hole(holes[0].since, until, file, lines_lost(holes), origin=origin)


def lines_lost(holes: Iterable[Hole]) -> int:
    """How many lines could not be read."""
    all_holes = list(holes)
    wholes = {(hole.file, hole.origin, hole.lines) for hole in all_holes if hole.whole}
    return sum(hole.lines for hole in all_holes if not hole.whole) + sum(n for *_, n in wholes)


def holes_in(manifest: Mapping[str, Any]) -> list[Hole]:
    """The holes that a manifest lists, oldest first."""
    return sorted(
        Hole(
            parse_iso(one["since"]),
            parse_iso(one["until"]),
            str(one.get("file", "")),
            int(one.get("lines", 1)),
            bool(one.get("whole")),
            str(one.get("origin", "")),
        )
        for one in manifest.get("unread", [])
    )


def holes_for_manifest(holes: Iterable[Hole], fresh: Iterable[Hole]) -> list[dict[str, Any]]:
    """Holes for a manifest; those of a file that is read again are the same ones.

    What is known without an origin was written before there were any: it is the file of that name.
    """
    holes_by_key: dict[tuple[str, str, str, str], Hole] = {}
    for hole in (*holes, *fresh):
        place = (iso(hole.since), iso(hole.until), hole.file)
        key = (*place, hole.origin)
        before = holes_by_key.pop((*place, ""), None) if hole.origin and hole.file else None
        if before and before.lines > hole.lines:
            hole = replace(hole, lines=before.lines)
        if key not in holes_by_key or holes_by_key[key].lines < hole.lines:
            holes_by_key[key] = hole
    return [hole.as_dict() for hole in fewest(holes_by_key.values())]


def cleared(holes: Iterable[Hole], windows: Sequence[Window]) -> list[Hole]:
    """What is left of holes once stretches of time are held without any."""
    return [
        replace(hole, since=gap.since, until=gap.until)
        for hole in holes
        for gap in gaps(windows, hole.window)
    ]
