"""What a lake holds, day by day, and what it lacks."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from kit.base.threads import side_by_side
from kit.base.windows import Window, gaps
from kit.catalogue import load
from kit.lake.coverage import state_of, tail
from kit.lake.files import skipped
from kit.lake.holes import holes_in
from kit.lake.lacking import lacking_in
from kit.lake.parquet import footer
from kit.lake.storage import day_of
from kit.lake.vendor import lost_vendor_files, vendor_overview

if TYPE_CHECKING:
    from kit.lake.files import Lake
    from kit.lake.holes import Hole

__all__ = ["overview"]

_ONE_BY_ONE = 7
"""Days in a row without events that are listed one by one."""


def overview(lake: Lake) -> dict[str, Any]:
    """Say what a lake holds.

    Args:
        lake: the lake, opened.

    Returns:
        ``lake``, ``events``, ``days`` (each ``date``, ``events``, ``files``, ``coverage``; many
        days in a row without events are one, with ``last`` and ``count``),
        ``covered`` and ``gaps`` (``since`` and ``until``), ``provisional`` (likewise, or None),
        ``lost_files`` and ``unknown_files`` (names; see ``kit.lake.inventory``),
        ``unread`` (``since``, ``until``, ``file``, ``lines``: where skipped lines may belong),
        ``lacking`` (``file``, ``since``, ``until``, ``what``: see ``kit.lake.lacking``),
        ``vendor_logs`` (see ``kit.lake.vendor.vendor_overview``) and ``lost_vendor_files`` (names),
        ``put_aside`` (a number), ``put_aside_lines`` (``file``, ``line``, ``reason``),
        ``catalogue`` (the days coded with each version) and ``catalogue_version`` (today's).
    """
    with lake.one_look():
        return _overview(lake)


def _overview(lake: Lake) -> dict[str, Any]:
    covered_windows, faults = lake.covered_windows(), lake.faults()
    names = lake.names()
    footers = side_by_side(lambda name: footer(lake.storage.event_file(name)), names)
    footers_by_day: dict[date, list[tuple[int, str]]] = {}
    for name, events_and_version in zip(names, footers, strict=True):
        footers_by_day.setdefault(date.fromisoformat(day_of(name)), []).append(events_and_version)
    days, days_by_catalogue = [], Counter[str]()
    manifest = lake.manifest()
    holes = holes_in(manifest)
    readable = [part for w in covered_windows for part in gaps([hole.window for hole in holes], w)]
    for day, last in _days_of(set(footers_by_day), covered_windows, holes):
        files = footers_by_day.get(day, [])
        days_by_catalogue.update({version for _, version in files})
        events, state = sum(rows for rows, _ in files), state_of(day, readable)
        one = {"date": str(day), "events": events, "files": len(files), "coverage": state}
        days.append(one if day == last else {**one, **_range(day, last)})
    aside = lake.skipped_lines()
    newest = tail(covered_windows)
    whole = Window(covered_windows[0].since, covered_windows[-1].until) if covered_windows else None
    return {
        "lake": lake.address,
        "events": sum(rows for rows, _ in footers),
        "days": days,
        "covered": [w.as_text() for w in readable],
        "gaps": [w.as_text() for w in gaps(readable, whole)] if whole else [],
        "unread": [hole.as_dict() for hole in holes],
        "lacking": [one.as_dict() for one in lacking_in(manifest)],
        "provisional": newest.as_text() if newest else None,
        "lost_files": list(faults.losses),
        "unknown_files": list(faults.unknown),
        "vendor_logs": vendor_overview(lake),
        "lost_vendor_files": lost_vendor_files(lake),
        "put_aside": skipped(aside),
        "put_aside_lines": [{"file": p.file, "line": p.line, "reason": p.reason} for p in aside],
        "catalogue": dict(sorted(days_by_catalogue.items())),
        "catalogue_version": load().version,
    }


def _range(day: date, last: date) -> dict[str, Any]:
    """What is said of several days at once besides."""
    return {"last": str(last), "count": (last - day).days + 1}


def _days_of(
    days_with_events: set[date], covered_windows: list[Window], holes: list[Hole]
) -> list[tuple[date, date]]:
    """All days from the first with events or coverage to the last; alike ones as ranges.

    Between a day with events or an end of a stretch and the next such day, all days are alike.
    """
    ends = set(days_with_events)
    for window in (*covered_windows, *(hole.window for hole in holes)):
        ends |= {window.since.date(), (window.until - timedelta(microseconds=1)).date()}
    days: list[tuple[date, date]] = []
    for day in sorted(ends):
        if days and (between := (day - days[-1][1]).days - 1):
            first = days[-1][1] + timedelta(days=1)
            if between > _ONE_BY_ONE:
                days.append((first, day - timedelta(days=1)))
            else:
                days += [(one, one) for one in (first + timedelta(n) for n in range(between))]
        days.append((day, day))
    return days
