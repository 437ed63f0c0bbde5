"""Stretches of time, half open: ``[since, until)``, all UTC; and which of one a source holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from kit.base.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["TICK", "Coverage", "Window", "common", "gaps", "merged", "overlap", "utc_day"]

TICK = timedelta(milliseconds=1)
"""Okta's clock counts milliseconds; a stretch ends one after its last event."""


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
    stretches: list[Window] = []
    for window in sorted(windows):
        if stretches and window.since <= stretches[-1].until:
            stretches[-1] = Window(stretches[-1].since, max(stretches[-1].until, window.until))
        else:
            stretches.append(window)
    return stretches


def common(coverages: Sequence[Iterable[Window]]) -> list[Window]:
    """The time that is in each of several coverages.

    Args:
        coverages: the coverages, one or more.

    Returns:
        What all of them hold, in the fewest stretches, oldest first.
    """
    all_held = merged(window for stretches in coverages for window in stretches)
    if not all_held:
        return []
    whole = Window(all_held[0].since, all_held[-1].until)
    lacking = [gap for stretches in coverages for gap in gaps(stretches, whole)]
    return list(gaps(lacking, whole))


def gaps(stretches: Iterable[Window], window: Window) -> tuple[Window, ...]:
    """The parts of *window* that no stretch of *covered* holds, oldest first."""
    missing, at = [], window.since
    for stretch in merged(stretches):
        if stretch.until <= at:
            continue
        if stretch.since >= window.until:
            break
        if stretch.since > at:
            missing.append(Window(at, stretch.since))
        at = max(at, stretch.until)
    if at < window.until:
        missing.append(Window(at, window.until))
    return tuple(missing)


def overlap(one: Window, other: Window) -> bool:
    """Whether two windows share some time."""
    return one.since < other.until and other.since < one.until


def utc_day(day: date) -> Window:
    """A UTC day from its midnight to the next."""
    start = datetime.combine(day, time(), UTC)
    try:
        return Window(start, start + timedelta(days=1))
    except OverflowError:  # the calendar's last
        return Window(start, datetime.max.replace(tzinfo=UTC))
