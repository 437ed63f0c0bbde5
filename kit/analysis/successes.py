"""What worked, counted: the other half of every rate, and the proof of every fix.

A log holds many more successes than failures. They are counted by the hour once, and that is
kept; a question reads events only at the edges of its stretch of time, so that it is exact
and still quick on millions of events.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import ibis
import pandas as pd

from kit.analysis.failures import pick_successes, successes
from kit.base.errors import UsageError
from kit.base.windows import TICK, Window
from kit.display.days import begin_of
from kit.display.zone import current_zone, keeps_whole_hours
from kit.log.log import literal, moments, to_pandas, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import ibis.expr.types as ir

    from kit.log.cache import ResultCache
    from kit.log.log import Log

__all__ = ["Successes", "bucket_of", "count_successes", "counted_by", "every_hour"]

_HOUR_S = 3600
_QUARTER_S = 900
_DAY_S = 86400
_MAX_DAYS_OF_USERS = 14
"""Over longer stretches than this many days, users who worked are not counted."""
_MAX_STRETCHES = 50
"""Stretches that are asked for in one question."""


def bucket_of(window: Window, bucket: str = "auto") -> str:
    """Choose ``hour`` or ``day`` for a window, where it is left to us.

    Raises:
        UsageError: there is no such bucket.
    """
    if bucket not in ("auto", "hour", "day"):
        raise UsageError(f"bucket: there is no {bucket!r}. Write hour, day or auto.")
    if bucket != "auto":
        return bucket
    return "hour" if window.until - window.since <= timedelta(days=3) else "day"


def counted_by(bucket: str) -> int:
    """By how many seconds an engine counts, so that hours, or the reader's days, can be summed.

    Where clocks are set apart from UTC by parts of an hour, these are quarters of one.

    Args:
        bucket: ``hour`` or ``day``.
    """
    zone = current_zone()
    if bucket == "hour":
        return _HOUR_S
    if zone is None:
        return _DAY_S
    return _HOUR_S if keeps_whole_hours(zone) else _QUARTER_S


def count_successes(log: Log, window: Window, bucket: str = "") -> pd.DataFrame:
    """Count the successes of a window by bucket, app and operation.

    Args:
        log: the opened log.
        window: the window.
        bucket: ``hour``, or ``day``, the reader's; the window as a whole if left out.

    Returns:
        One row a bucket, app and operation with a success: ``bucket`` datetime64[us, UTC] (not
        where it is left out), ``app_key``, ``operation``, ``app``, ``successes`` int64.
    """
    since, until = pd.Timestamp(window.since).ceil("h"), pd.Timestamp(window.until).floor("h")
    if bucket and counted_by(bucket) < _HOUR_S:
        rows = to_pandas(_counts(successes(log, window), counted_by(bucket)))
    elif since < until:
        counts = every_hour(log)
        inside = counts.filter(counts.hour >= _seconds(since), counts.hour < _seconds(until))
        # Folded where it is asked: a year has too many hours to be handed over one by one.
        start = whole(inside.hour, counted_by(bucket)) if bucket else ibis.literal(0, "int64")
        rows = to_pandas(_summed(inside.mutate(hour=start)))
        if edges := _edges(window, since, until):
            rows = pd.concat([rows, _exactly(log, *edges)])
    else:
        rows = _exactly(log, window)
    keys = ["app_key", "operation"]
    if bucket:
        width = counted_by(bucket)
        began = moments(rows["hour"] // width * width)
        rows = rows.assign(bucket=begin_of(bucket, began))
        keys = ["bucket", *keys]
    return rows.groupby(keys, as_index=False).agg(
        app=("app", "max"), successes=("successes", "sum")
    )


def every_hour(log: Log) -> ir.Table:
    """Count a log's successes by hour, app and operation, once.

    Args:
        log: the opened log.

    Returns:
        ``hour`` (seconds since 1970, when it began), ``app_key``, ``operation``, ``app``,
        ``successes``.
    """
    return log.answers.once(
        "worked",
        lambda: _hourly(successes(log)),
        lambda answer, fresh: _summed(
            answer.union(_hourly(pick_successes(fresh)).cast(answer.schema()))
        ),
    )


@dataclass(frozen=True)
class Successes:
    """What worked on one app at some operations, up to a moment."""

    log: Log
    app_key: str
    operations: tuple[str, ...]
    until: datetime

    def count(self, after: datetime, before: datetime) -> int:
        """Count what worked after one moment and before another, neither included."""
        window = self._inside(after, before)
        if window is None:
            return 0
        since, until = pd.Timestamp(window.since).ceil("h"), pd.Timestamp(window.until).floor("h")
        if since >= until:
            return self._exactly(window)
        hours = self._hours
        inside = hours[(hours.index >= since) & (hours.index < until)].sum()
        edges = _edges(window, since, until)
        return int(inside) + (self._exactly(*edges) if edges else 0)

    def any(self, after: datetime, before: datetime) -> bool:
        """Whether anything worked after one moment and before another."""
        hours = self._hours
        first, last = pd.Timestamp(after).ceil("h"), pd.Timestamp(before).floor("h")
        if ((hours.index >= first) & (hours.index < last)).any():
            return True
        return self.count(after, before) > 0

    def read_ahead(self, stretches: Iterable[tuple[datetime, datetime]]) -> None:
        """Read at once what ``any`` would read of many stretches one after another.

        Args:
            stretches: each after one moment and before another; no two overlap.
        """
        parts = [edges for one in stretches if (edges := self._undecided(*one))]
        for first in range(0, len(parts), _MAX_STRETCHES):
            _read_exactly(self.log, parts[first : first + _MAX_STRETCHES])

    def _undecided(self, after: datetime, before: datetime) -> tuple[Window, ...]:
        """The parts of hours that decide whether anything worked, where no whole hour does."""
        window = self._inside(after, before)
        if window is None:
            return ()
        since, until = pd.Timestamp(window.since).ceil("h"), pd.Timestamp(window.until).floor("h")
        if since >= until:
            return (window,)
        hours = self._hours.index
        return (
            () if ((hours >= since) & (hours < until)).any() else (*_edges(window, since, until),)
        )

    def first(self, after: datetime) -> pd.Timestamp | None:
        """When something first worked after a moment; None if nothing did."""
        hours = self._hours
        for hour in hours.index[hours.index >= pd.Timestamp(after).floor("h")][:2]:
            window = self._inside(after, hour + pd.Timedelta(hours=1))
            if window is None:
                continue
            rows = self._rows(window)
            first = to_pandas(rows.aggregate(first=rows.published.min()))["first"][0]
            if pd.notna(first):
                return pd.Timestamp(first)
        return None

    def last_hour(self, before: datetime) -> pd.Timestamp | None:
        """The last hour before a moment in which something worked; None if there is none."""
        earlier = self._hours.index[self._hours.index < pd.Timestamp(before).floor("h")]
        return pd.Timestamp(earlier[-1]) if len(earlier) else None

    def users(self, after: datetime, before: datetime) -> int | None:
        """For how many users something worked in a stretch; None where it is too long to say."""
        window = self._inside(after, before)
        if window is None:
            return 0
        if window.until - window.since > timedelta(days=_MAX_DAYS_OF_USERS):
            return None
        rows = self._rows(window)
        rows = rows.filter(rows.user_key != "")
        return int(to_pandas(rows.aggregate(n=rows.user_key.nunique()))["n"][0])

    def event(self, at: datetime) -> str:
        """The uuid of an event that worked at a moment."""
        rows = self._rows(Window(at, at + TICK))
        return str(to_pandas(rows.aggregate(uuid=rows.uuid.min()))["uuid"][0])

    def over_time(self, window: Window, bucket: str) -> pd.DataFrame:
        """Count what worked by bucket: ``bucket`` datetime64[us, UTC], ``successes`` int64."""
        rows = count_successes(self.log, window, bucket)
        mine = rows[(rows["app_key"] == self.app_key) & rows["operation"].isin(self.operations)]
        return mine.groupby("bucket", as_index=False)[["successes"]].sum()

    @cached_property
    def _hours(self) -> pd.Series[int]:
        counts = every_hour(self.log)
        mine = counts.filter(
            counts.app_key == self.app_key,
            counts.operation.isin(self.operations),
            counts.hour < _seconds(pd.Timestamp(self.until).ceil("s")),
        )
        rows = to_pandas(mine.group_by("hour").aggregate(n=mine.successes.sum()), by=["hour"])
        return pd.Series(rows["n"].to_numpy(), index=pd.DatetimeIndex(moments(rows["hour"])))

    def _inside(self, after: datetime, before: datetime) -> Window | None:
        since, until = pd.Timestamp(after) + TICK, min(pd.Timestamp(before), self.until)
        return Window(since, until) if since < until else None

    def _exactly(self, *windows: Window) -> int:
        rows = _exactly(self.log, *windows)
        mine = (rows["app_key"] == self.app_key) & rows["operation"].isin(self.operations)
        return int(rows.loc[mine, "successes"].sum())

    def _rows(self, window: Window) -> ir.Table:
        rows = successes(self.log, window)
        return rows.filter(rows.app_key == self.app_key, rows.operation.isin(self.operations))


def _edges(window: Window, since: pd.Timestamp, until: pd.Timestamp) -> list[Window]:
    """What a window has before and after its whole hours."""
    ends = [
        Window(window.since, since.to_pydatetime()),
        Window(until.to_pydatetime(), window.until),
    ]
    return [edge for edge in ends if edge.since < edge.until]


_edge_counts: WeakKeyDictionary[ResultCache, dict[tuple[Window, ...], pd.DataFrame]] = (
    WeakKeyDictionary()
)
"""What worked in parts of hours, read from the events once: many questions share a window."""


def _exactly(log: Log, *windows: Window) -> pd.DataFrame:
    """Successes of short stretches as ``_hourly`` counts them, read from the events."""
    counts = _edge_counts.setdefault(log.answers, {})
    if windows not in counts:
        parts = [successes(log, window) for window in windows]
        counts[windows] = to_pandas(_hourly(ibis.union(*parts)))
    return counts[windows]


def _read_exactly(log: Log, stretches: Sequence[tuple[Window, ...]]) -> None:
    """Count what worked in some stretches that do not overlap, for ``_exactly``, in one question.

    A cluster takes as long for one of them as for all.
    """
    counts = _edge_counts.setdefault(log.answers, {})
    stretches = [one for one in stretches if one not in counts]
    if len(stretches) < 2:
        return
    windows = [window for one in stretches for window in one]
    days = [day for window in windows for day in (window.since, window.until - TICK)]
    rows = pick_successes(log.on_days(days))
    inside = [
        (
            ibis.or_(
                *(
                    (rows.published >= literal(w.since)) & (rows.published < literal(w.until))
                    for w in one
                )
            ),
            place,
        )
        for place, one in enumerate(stretches)
    ]
    seconds = rows.published.epoch_seconds().floor().cast("int64")
    rows = rows.mutate(stretch=ibis.cases(*inside, else_=-1), hour=whole(seconds, _HOUR_S))
    rows = rows.filter(rows.stretch >= 0)
    by_stretch = rows.group_by(["stretch", "hour", "app_key", "operation"]).aggregate(
        app=rows.app.max(), successes=rows.count()
    )
    table = to_pandas(by_stretch)
    for place, one in enumerate(stretches):
        mine = table[table["stretch"] == place].drop(columns="stretch")
        counts[one] = mine.reset_index(drop=True)


def _seconds(moment: pd.Timestamp) -> int:
    return int(moment.timestamp())


def _hourly(rows: ir.Table) -> ir.Table:
    """Successes by hour (seconds since 1970, when it began), app and operation."""
    return _counts(rows, _HOUR_S)


def _counts(rows: ir.Table, width: int) -> ir.Table:
    """The same by stretches of so many seconds, in the place of hours."""
    # Whole seconds, because engines truncate a time with its zone several times as slowly.
    seconds = rows.published.epoch_seconds().floor().cast("int64")
    return _summed(rows.mutate(hour=whole(seconds, width), successes=1))


def _summed(rows: ir.Table) -> ir.Table:
    return rows.group_by(["hour", "app_key", "operation"]).aggregate(
        app=rows.app.max(), successes=rows.successes.sum()
    )
