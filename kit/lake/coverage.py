"""Stretches of time: which a lake holds, and which it lacks.

All moments are UTC, all stretches half open: ``[since, until)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "PROVISIONAL",
    "TICK",
    "Coverage",
    "Window",
    "bridged",
    "common",
    "gaps",
    "iso",
    "merged",
    "moment_before",
    "state_of",
    "tail",
    "whole_day",
]

TICK = timedelta(milliseconds=1)
"""Okta's clock counts milliseconds; a stretch ends one after its last event."""

PROVISIONAL = timedelta(minutes=15)
"""How long before its end a lake's newest stretch may still grow: events arrive late."""

JOIN = timedelta(minutes=10)
"""Exports that meet this closely are one stretch: a log is silent for minutes at times."""

State = Literal["complete", "partial", "missing", "provisional"]


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A stretch of time ``[since, until)``, both UTC."""

    since: datetime
    until: datetime

    def as_text(self) -> dict[str, str]:
        """The window as ISO texts, for a summary or a parameter."""
        return {"since": iso(self.since), "until": iso(self.until)}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which parts of a window the source does not hold, and what else may be missing in it."""

    missing: tuple[Window, ...] = ()
    """Stretches of which nothing was read."""
    provisional: Window | None = None
    """The window's newest minutes, where events may still arrive."""
    unread: tuple[Window, ...] = ()
    """Stretches that skipped lines may belong to."""
    skipped: int = 0
    """How many lines may belong to the window and could not be read."""
    notes: tuple[str, ...] = ()
    """What else may be missing, or changes the counts: a sentence each."""

    @property
    def gaps(self) -> tuple[Window, ...]:
        """All that is missing or could not be read, in the fewest stretches, oldest first."""
        return tuple(merged([*self.missing, *self.unread]))

    @property
    def complete(self) -> bool:
        """Whether the source holds the whole window, and all of it could be read."""
        return not self.missing and not self.unread

    def as_dict(self) -> dict[str, Any]:
        """The coverage for a summary."""
        return {
            "complete": self.complete,
            "gaps": [gap.as_text() for gap in self.gaps],
            "skipped": self.skipped,
            "notes": list(self.notes),
        }


def merged(windows: Iterable[Window]) -> list[Window]:
    """Join stretches that overlap or meet.

    Args:
        windows: stretches in any order.

    Returns:
        The same time in the fewest stretches, oldest first.
    """
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.since <= joined[-1].until:
            joined[-1] = Window(joined[-1].since, max(joined[-1].until, window.until))
        else:
            joined.append(window)
    return joined


def bridged(
    windows: Iterable[Window], held: Iterable[Window], unread: Iterable[Window] = ()
) -> list[Window]:
    """Let what export files span reach to what comes within ten minutes of it.

    Args:
        windows: what the files span, from their first event to their last.
        held: what is held already; gaps that the files do not touch stay.
        unread: stretches with skipped lines; beside one, silence may be what was skipped.

    Returns:
        The stretches, and the short silences beside them.
    """
    spans = merged(windows)
    ends = {end for window in spans for end in (window.since, window.until)}
    pairs = pairwise(merged([*spans, *held]))
    silent = [Window(one.until, other.since) for one, other in pairs]
    doubtful = {end for window in unread for end in (window.since, window.until)}
    near = [
        gap
        for gap in silent
        if gap.until - gap.since <= JOIN
        and {gap.since, gap.until} & ends
        and not {gap.since, gap.until} & doubtful
    ]
    return [*spans, *near]


def common(held: Sequence[Iterable[Window]]) -> list[Window]:
    """The time that is in each of several coverages.

    Args:
        held: the coverages, one or more.

    Returns:
        What all of them hold, in the fewest stretches, oldest first.
    """
    all_held = merged(window for covered in held for window in covered)
    if not all_held:
        return []
    whole = Window(all_held[0].since, all_held[-1].until)
    lacking = [gap for covered in held for gap in gaps(covered, whole)]
    return list(gaps(lacking, whole))


def gaps(covered: Iterable[Window], window: Window) -> tuple[Window, ...]:
    """The parts of *window* that no stretch of *covered* holds, oldest first."""
    missing, at = [], window.since
    for held in merged(covered):
        if held.until <= at:
            continue
        if held.since >= window.until:
            break
        if held.since > at:
            missing.append(Window(at, held.since))
        at = max(at, held.until)
    if at < window.until:
        missing.append(Window(at, window.until))
    return tuple(missing)


def tail(covered: Iterable[Window]) -> Window | None:
    """The newest minutes of what is held, where events may still arrive; None of nothing."""
    held = merged(covered)
    if not held:
        return None
    newest = held[-1]
    return Window(max(newest.since, newest.until - PROVISIONAL), newest.until)


def state_of(day: date, covered: Iterable[Window]) -> State:
    """Say how much of a UTC day is held.

    ``complete``: all of it. ``missing``: nothing. ``provisional``: all up to the lake's
    newest moment, which lies in this day, so that it may still grow. Else ``partial``.
    """
    held = merged(covered)
    whole = whole_day(day)
    lacking = gaps(held, whole)
    if not lacking:
        newest = held[-1].until
        return "provisional" if newest - PROVISIONAL < whole.until else "complete"
    if lacking == (whole,):
        return "missing"
    tail = Window(held[-1].until, whole.until)
    return "provisional" if lacking == (tail,) else "partial"


def whole_day(day: date) -> Window:
    """A UTC day from its midnight to the next."""
    start = datetime.combine(day, time(), UTC)
    try:
        return Window(start, start + timedelta(days=1))
    except OverflowError:  # the calendar's last
        return Window(start, datetime.max.replace(tzinfo=UTC))


Moment = TypeVar("Moment", bound=datetime)
_FIRST = datetime.min.replace(tzinfo=UTC)


def moment_before(moment: Moment, span: timedelta) -> Moment:
    """A time before *moment* by *span*, but no earlier than the calendar begins.

    Args:
        moment: a UTC time; of a pandas Timestamp, a Timestamp comes back.
        span: how much before.
    """
    within: timedelta = moment - _FIRST  # type: ignore[operator]  # of any kind of datetime
    return moment - min(span, within)


def iso(moment: datetime) -> str:
    """A UTC time as Okta writes it."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z").replace(".000Z", "Z")
