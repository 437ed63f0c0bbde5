"""Noise that rises: days on which a code fails far more often than on its own usual weekday.

Sign-in failures are people's mistakes, and there are some every day. What concerns no app belongs
to nobody whom a retry would help. Neither is an incident, unless it rises.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.failures import COUNTED, folded_failures
from kit.analysis.runs import NOISE
from kit.base.windows import TICK, Window, gaps, utc_day
from kit.log.log import literal, moments, to_pandas, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from kit.log.log import Log

__all__ = ["Rise", "rises"]

_DAY = timedelta(days=1)
_SECONDS = 86400
_TIMES, _MORE = 3, 10
"""So many times the usual, and so many failures more."""
_WEEKS, _ENOUGH = 4, 2
"""Weeks that the usual is worked out from, and days of them that the source must hold."""
_HELD = timedelta(hours=12)
"""A day of which the source holds so much counts as held."""


@dataclass(frozen=True)
class Rise:
    """Days in a row on which a code rose."""

    app_key: str
    """The app; empty where the code concerns none."""
    code: str
    app: str | None
    app_id: str | None
    family: str | None
    first: pd.Timestamp
    """The first failure of its first day."""
    last: pd.Timestamp
    """The last failure of its last day."""
    failures: int
    hit: frozenset[str]
    """Who was hit: keys of users, groups, clients and agents."""
    over: datetime | None
    """When the first held day had ended that did not rise; None while it is open."""


@dataclass(frozen=True)
class _Days:
    """What a source holds, by day."""

    held_days: frozenset[date]
    last: date

    def usual(self, counts: dict[date, int], day: date) -> float | None:
        """The median of the same weekday in the weeks before; None where it cannot be told."""
        before = (day - week * 7 * _DAY for week in range(1, _WEEKS + 1))
        numbers = [counts.get(one, 0) for one in before if one in self.held_days]
        return float(median(numbers)) if len(numbers) >= _ENOUGH else None

    def rises(self, counts: dict[date, int], day: date) -> bool:
        """Whether a day rises against its usual."""
        number, usual = counts.get(day, 0), None
        if number >= _MORE:
            usual = self.usual(counts, day)
        return usual is not None and number >= _TIMES * usual and number >= usual + _MORE


def rises(log: Log, end: datetime) -> list[Rise]:
    """List the rises of noise up to a moment.

    The rule, for each app (or none), code and UTC day: it rises with at least three times and ten
    more failures than the median of that weekday in the four weeks before, of days that the source
    holds; fewer than two such days cannot tell, and it does not rise. It goes on until the first
    held day that does not rise has ended. A day is held if the source holds half of it.

    Args:
        log: the log as it was then.
        end: the moment.

    Returns:
        The rises, those of one app and code in the order of time.
    """
    noise = folded_failures(log)
    noise = noise.filter((noise.app_key == "") | noise.operation.isin(NOISE))
    second = noise.published.epoch_seconds().floor().cast("int64")
    noise = noise.mutate(day=whole(second, _SECONDS))
    rows = to_pandas(
        noise.group_by(["app_key", "code", "day"]).aggregate(
            failures=noise.count(),
            first=noise.published.min(),
            last=noise.published.max(),
            app=noise.app.max(),
            app_id=noise.app_id.max(),
            family=noise.family.max(),
        ),
        by=["app_key", "code", "day"],
    )
    if not (rows["failures"] >= _MORE).any():
        return []
    rows["day"] = moments(rows["day"]).dt.date
    days = _held_days(log, end)
    result = []
    for _, mine in rows.groupby(["app_key", "code"], sort=True):
        for inside, over in _stretches(mine, days, end):
            result.append(_rise(noise, inside, over))
    return result


def _stretches(
    mine: pd.DataFrame, days: _Days, end: datetime
) -> list[tuple[pd.DataFrame, datetime | None]]:
    """The days of each rise of one code, and when it was over."""
    counts = dict(zip(mine["day"], mine["failures"].astype(int), strict=True))
    rising = [day for day in counts if days.rises(counts, day)]
    stretches: list[tuple[pd.DataFrame, datetime | None]] = []
    while rising:
        first = last = day = rising[0]
        over = None
        while over is None and (day := day + _DAY) <= days.last:
            if days.rises(counts, day):
                last = day
            elif day in days.held_days and utc_day(day).until <= end:
                over = utc_day(day).until
        stretches.append((mine[mine["day"].between(first, last)], over))
        rising = [one for one in rising if one > last]
    return stretches


def _rise(noise: ir.Table, inside: pd.DataFrame, over: datetime | None) -> Rise:
    newest = inside.iloc[-1]
    first, last = pd.Timestamp(inside["first"].min()), pd.Timestamp(inside["last"].max())
    mine = noise.filter(
        noise.app_key == newest["app_key"],
        noise.code == newest["code"],
        noise.published >= literal(first.to_pydatetime()),
        noise.published < literal((last + TICK).to_pydatetime()),
        noise.hit_type.isin(COUNTED),
    )
    hit = to_pandas(mine.select("hit_key").distinct())["hit_key"]
    return Rise(
        app_key=str(newest["app_key"]),
        code=str(newest["code"]),
        app=_text(newest["app"]),
        app_id=_text(newest["app_id"]),
        family=_text(newest["family"]),
        first=first,
        last=last,
        failures=int(inside["failures"].sum()),
        hit=frozenset(hit) - {""},
        over=over,
    )


def _held_days(log: Log, end: datetime) -> _Days:
    """The days of which a source holds half or more, as it was at a moment.

    Nothing is held behind the last event before it: what a source of files holds follows from its
    events, and a longer file must not know more of the time before than a shorter one.
    """
    newest = log.last
    if end <= log.last:
        rows = log.events_all_days
        newest = to_pandas(rows.aggregate(last=rows.published.max()))["last"][0]
        newest = log.first if pd.isna(newest) else newest.to_pydatetime()
    windows = [one for one in log.covered_windows if one.since <= newest]
    windows = [Window(one.since, min(one.until, newest + TICK)) for one in windows]
    spans: dict[date, timedelta] = defaultdict(timedelta)
    for day in _days_of(windows):
        stretch = utc_day(day)
        lacking = sum((gap.until - gap.since for gap in gaps(windows, stretch)), timedelta())
        spans[day] = stretch.until - stretch.since - lacking
    return _Days(
        frozenset(day for day, span in spans.items() if span >= _HELD), (end - TICK).date()
    )


def _days_of(windows: Sequence[Window]) -> set[date]:
    days = set()
    for one in windows:
        for number in range((one.until.date() - one.since.date()).days + 1):
            days.add(one.since.date() + number * _DAY)
    return days


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
