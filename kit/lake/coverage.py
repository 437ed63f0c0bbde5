"""Which stretches of time a lake holds, and which it lacks."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from kit.base.windows import Window, gaps, merged, utc_day

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

__all__ = ["JOIN", "PROVISIONAL", "bridged", "state_of", "tail"]

PROVISIONAL = timedelta(minutes=15)
"""How long before its end a lake's newest stretch may still grow: events arrive late."""

JOIN = timedelta(minutes=10)
"""Exports that meet this closely are one stretch: a log is silent for minutes at times."""

State = Literal["complete", "partial", "missing", "provisional"]


def bridged(
    windows: Iterable[Window], covered_windows: Iterable[Window], unread: Iterable[Window] = ()
) -> list[Window]:
    """Let what export files span reach to what comes within ten minutes of it.

    Args:
        windows: what the files span, from their first event to their last.
        covered_windows: what is held already; gaps that the files do not touch stay.
        unread: stretches with skipped lines; beside one, silence may be what was skipped.

    Returns:
        The stretches, and the short silences beside them.
    """
    spans = merged(windows)
    ends = {end for window in spans for end in (window.since, window.until)}
    pairs = pairwise(merged([*spans, *covered_windows]))
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


def tail(covered_windows: Iterable[Window]) -> Window | None:
    """The newest minutes of what is held, where events may still arrive; None of nothing."""
    stretches = merged(covered_windows)
    if not stretches:
        return None
    newest = stretches[-1]
    return Window(max(newest.since, newest.until - PROVISIONAL), newest.until)


def state_of(day: date, covered_windows: Iterable[Window]) -> State:
    """Say how much of a UTC day is held.

    ``complete``: all of it. ``missing``: nothing. ``provisional``: all up to the lake's
    newest moment, which lies in this day, so that it may still grow. Else ``partial``.
    """
    stretches = merged(covered_windows)
    whole = utc_day(day)
    lacking = gaps(stretches, whole)
    if not lacking:
        newest = stretches[-1].until
        return "provisional" if newest - PROVISIONAL < whole.until else "complete"
    if lacking == (whole,):
        return "missing"
    tail = Window(stretches[-1].until, whole.until)
    return "provisional" if lacking == (tail,) else "partial"
