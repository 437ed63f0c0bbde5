"""Runs of failures of one code on one app, and since when it fails.

An **episode** is a run of failures of one (app, code) with no gap longer than the quiet gap.
An **outage** is one or more episodes that are the same trouble: a connection that stays
broken over a night in which nobody tries is one outage of two episodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import ibis
import pandas as pd

from kit.analysis.attempts import with_attempts
from kit.analysis.failures import COUNTED, KEYS, folded_failures, only_rows
from kit.analysis.recovery import first_after, recovery
from kit.analysis.successes import Successes, count_successes
from kit.base.windows import Window
from kit.display.in_lines import InLines
from kit.log.log import literal, moments, to_pandas, whole, window_of

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from kit.log.log import Log

__all__ = [
    "QUIET_GAP",
    "History",
    "Outage",
    "episodes",
    "every_episode",
    "history",
    "onset",
    "outage",
    "outages",
    "spans",
]

QUIET_GAP = timedelta(hours=6)
"""How long a code must be silent before it counts as quiet."""

_HOUR_S = 3600
_MAX_STRAY_USERS = 2
"""Users of an outage that may be a stray."""


@dataclass(frozen=True, eq=False, repr=False)
class History(InLines):
    """One code on one app up to a window's end: what questions about it rest on."""

    log: Log
    window: Window
    app_key: str
    code: str
    failures: pd.DataFrame
    """One row a failure up to the window's end, oldest first: the keys of ``recovery``,
    ``hit_type``, ``published``, ``uuid``, ``worked_again`` (missing until it did) and
    ``failing_since``, the first failure of this user and operation that nothing worked after
    until this one."""
    episodes: pd.DataFrame
    """Its episodes, oldest first, as ``episodes`` lists them."""
    successes: Successes
    """What worked on the app at the operations that failed."""

    @cached_property
    def people(self) -> pd.DataFrame:
        """Who failed on the app, with whatever code, as ``recovery`` lists them."""
        return recovery(self.log, self.window, everyone=True, app_key=self.app_key)

    @cached_property
    def outages(self) -> pd.DataFrame:
        """Each time that the code came on the app, as the function ``outages`` lists them."""
        return _joined_episodes(self)

    @cached_property
    def still_failing(self) -> pd.DataFrame:
        """The failures that no success followed, of those who still fail at the window's end."""
        rows = self.failures
        rows = rows[rows["worked_again"].isna() & rows["hit_type"].isin(COUNTED)]
        if rows.empty:
            return rows
        still = self.people[self.people["state"] == "still_failing"]
        return rows.merge(still[list(KEYS)], on=list(KEYS))


def episodes(
    log: Log,
    window: Window | str | None = None,
    *,
    since: str | date | None = None,
    until: str | date | None = None,
    gap: timedelta = QUIET_GAP,
    **only: str,
) -> pd.DataFrame:
    """List the episodes that reach into a window.

    The rule: failures of one (app, code), in the order of time, are one episode as long as
    none comes more than *gap* after the one before it. An episode that began before the
    window has its true start, so that windows with the same end agree; what comes
    after the window's end is not looked at. It is ``open`` if the window ends within *gap*
    of its last failure. Attempts are its failures, and what worked on the app at the same
    operations in the hours that it touches.

    Args:
        log: the opened log.
        window: the window, or its start: ``7d`` before the end, a date or an ISO time.
        since: the window's start, in the place of *window*; the log's first event if left out.
        until: the window's end, not included; the log's end if left out.
        gap: the silence that ends an episode.
        only: ``app_key`` or ``code``, and the one value that is asked for.

    Returns:
        One row an episode, oldest first: ``app_key``, ``code``, ``app``; ``start`` and
        ``last`` datetime64[us, UTC]; ``length`` timedelta64[us]; ``failures`` int64;
        ``peak`` int64, the most failures in an hour of the clock, and ``peak_at``, when that
        hour began; ``users`` int64; ``attempts`` int64, ``rate`` float64; ``open`` bool.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> runs = kit.episodes(log, "7d", code="AADSTS50126")
        >>> runs[["failures", "users", "open"]].to_dict("records")
        [{'failures': 101, 'users': 45, 'open': False}]
    """
    window = window_of(log, window, since, until)
    rows = _failures_until(log, window, **only)
    runs = _episodes_until(log, window, rows) if gap == QUIET_GAP else _runs(rows, gap)
    for name, value in only.items():
        runs = runs.filter(runs[name] == value)
    table = to_pandas(runs, by=["start", "app_key", "code"])
    table = table[table["last"] >= pd.Timestamp(window.since)].reset_index(drop=True)
    table["peak_at"] = moments(table["peak_at"])
    for name in ("start", "last"):
        table[name] = pd.to_datetime(table[name], utc=True).astype("datetime64[us, UTC]")
    table["length"] = table["last"] - table["start"]
    table["open"] = pd.Timestamp(window.until) - table["last"] <= gap
    successes = table[_RUN].assign(successes=_successes_during(log, window, table, rows))
    return with_attempts(table, successes, _RUN)[_EPISODE]


def spans(log: Log, window: Window) -> pd.DataFrame:
    """List when every episode up to a window's end began and when it ended.

    Args:
        log: the opened log.
        window: the window; what comes after its end is not looked at.

    Returns:
        One row an episode, with the usual quiet gap: ``app_key``, ``code``; ``start`` and ``last``
        datetime64[us, UTC].
    """
    runs = _episodes_until(log, window, _failures_until(log, window))
    return to_pandas(
        runs.select("app_key", "code", "start", "last"), by=["start", "app_key", "code"]
    )


def history(
    log: Log,
    window: Window | str | None = None,
    app_key: str = "",
    code: str = "",
    *,
    since: str | date | None = None,
    until: str | date | None = None,
    gap: timedelta = QUIET_GAP,
) -> History:
    """Gather what is known of one code on one app up to a window's end.

    Args:
        log: the opened log.
        window: the window, or its start: ``7d`` before the end, a date or an ISO time.
        since: the window's start, in the place of *window*; the log's first event if left out.
        until: the window's end, not included; the log's end if left out.
        app_key: the app's key, a column of ``failures`` and of ``trends``; empty of what concerns
            no app.
        code: the code.
        gap: the silence that ends an episode.

    Returns:
        The history; nothing in it depends on where the window begins.

    Raises:
        UsageError: it is no window.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> worst = kit.trends(log, "7d").by_code.iloc[0]
        >>> history = kit.history(log, "7d", worst["app_key"], worst["code"])
        >>> len(history.failures), len(history.episodes)
        (101, 1)
    """
    window = window_of(log, window, since, until)
    rows = _failures_until(log, window, app_key=app_key, code=code)
    again = first_after(log, window)
    outcomes = rows.left_join(again, "uuid").select(
        *(rows[name] for name in (*KEYS, "user_key", "hit_type", "published", "uuid")),
        worked_again=again.worked_again,
        failing_since=again.failing_since,
    )
    failed = to_pandas(outcomes, by=["published", "uuid"])
    whole = Window(log.first, window.until) if log.first < window.until else window
    return History(
        log=log,
        window=window,
        app_key=app_key,
        code=code,
        failures=failed,
        episodes=episodes(log, whole, gap=gap, app_key=app_key, code=code),
        successes=Successes(
            log, app_key, tuple(sorted(failed["operation"].unique())), window.until
        ),
    )


def outages(history: History) -> pd.DataFrame:
    """Join the episodes that are the same trouble.

    The rule: an episode goes on with the one before it if, in the silence between them,
    nothing worked on the app at these operations (nobody could tell that it was over), or if
    more than half of those it hits were hit by the one before and have not worked since (the
    same people's trouble, though others work). Otherwise it is a new outage: a stray
    failure some days before an outage does not date the outage back.

    Args:
        history: one code on one app.

    Returns:
        One row an outage, oldest first: ``start``, ``last`` datetime64[us, UTC];
        ``episodes``, ``failures``, ``users`` int64; ``interval`` timedelta64[us] since the
        start of the one before, missing for the first.
    """
    return history.outages.copy()


def _joined_episodes(history: History) -> pd.DataFrame:
    numbers: list[int] = []
    before: tuple[pd.Timestamp, pd.Timestamp] | None = None
    starts, ends = history.episodes["start"], history.episodes["last"]
    history.successes.read_ahead(zip(ends[:-1], starts[1:], strict=True))
    for start, last in history.episodes[["start", "last"]].itertuples(index=False):
        same = before is not None and (
            not history.successes.any(before[1], start)
            or _same_people(history, before, (start, last))
        )
        numbers.append((numbers[-1] if numbers else 0) + (not same))
        before = (start, last)
    rows = history.episodes.assign(number=numbers)
    table = rows.groupby("number", as_index=False).agg(
        start=("start", "min"),
        last=("last", "max"),
        episodes=("start", "count"),
        failures=("failures", "sum"),
    )
    users = [
        int(_hit_keys(_keys(history, start, last)).nunique())
        for start, last in table[["start", "last"]].itertuples(index=False)
    ]
    table = table.assign(users=users, interval=table["start"].diff())
    return table[["start", "last", "episodes", "failures", "users", "interval"]]


class Outage(NamedTuple):
    """One outage of one code on one app."""

    start: pd.Timestamp
    """Its first failure."""
    last: pd.Timestamp
    """Its last failure."""


def outage(history: History) -> Outage | None:
    """Choose the outage that a window is about.

    The rule: the last one that reaches into the window or that somebody still fails of at its
    end, but for strays: outages of one or two users, when another of them hit more than ten
    times as many. Where there is none, the last one before the window.

    Args:
        history: one code on one app.

    Returns:
        The outage; None if nothing failed up to the window's end.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> history = kit.case(log, "7d", code="AADSTS50126").history
        >>> kit.incident(history).last.isoformat()
        '2026-10-28T11:20:44.790000+00:00'
    """
    table = outages(history)
    if table.empty:
        return None
    unresolved_at = history.still_failing["published"]
    stuck = [
        unresolved_at.between(*ends).any()
        for ends in zip(table["start"], table["last"], strict=True)
    ]
    inside = table[(table["last"] >= pd.Timestamp(history.window.since)) | pd.Series(stuck)]
    inside = table.tail(1) if inside.empty else inside
    stray = (inside["users"] <= _MAX_STRAY_USERS) & (10 * inside["users"] < inside["users"].max())
    latest = inside[~stray].iloc[-1]
    return Outage(pd.Timestamp(latest["start"]), pd.Timestamp(latest["last"]))


def onset(history: History) -> pd.Timestamp | None:
    """Since when it fails: the first failure of the outage that the window is about.

    Args:
        history: one code on one app.

    Returns:
        The moment, which may lie before the window; None if nothing failed up to its end.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> kit.onset(kit.case(log, "7d", code="AADSTS50126").history).isoformat()
        '2026-10-27T09:05:00+00:00'
    """
    current = outage(history)
    return current.start if current else None


_RUN = ["app_key", "code", "start"]
_EPISODE = [
    "app_key",
    "code",
    "app",
    "start",
    "last",
    "length",
    "failures",
    "peak",
    "peak_at",
    "users",
    "attempts",
    "rate",
    "open",
]


def every_episode(log: Log) -> ir.Table:
    """Fold all episodes of a log, once, with the usual quiet gap.

    Args:
        log: the opened log.

    Returns:
        As ``episodes`` lists them, without what depends on a window; ``peak_at`` in seconds.
    """
    return log.answers.once("episodes", lambda: _runs(folded_failures(log), QUIET_GAP))


def _failures_until(log: Log, window: Window, **only: str) -> ir.Table:
    """All failures up to a window's end, with one value of some columns."""
    rows = folded_failures(log)
    rows = only_rows(rows, only)
    return rows.filter(rows.published < literal(window.until))


def _episodes_until(log: Log, window: Window, rows: ir.Table) -> ir.Table:
    """All episodes up to a window's end; those that go on over it are folded again up to there."""
    all_episodes = every_episode(log)
    over = all_episodes.filter(all_episodes.last < literal(window.until))
    going_on = all_episodes.filter(
        all_episodes.start < literal(window.until), all_episodes.last >= literal(window.until)
    )
    going_on = going_on.select("app_key", "code", "start")
    if not going_on.count().to_pyarrow().as_py():
        return over
    cut = rows.join(going_on, ["app_key", "code"])
    cut = cut.filter(cut.published >= cut.start).drop("start")
    return over.union(_runs(cut, QUIET_GAP).select(*over.columns))


def _runs(rows: ir.Table, gap: timedelta) -> ir.Table:
    """Number each failure's episode, and fold the episodes."""
    keys = ["app_key", "code"]
    rows = rows.select(
        *keys,
        "uuid",
        "app",
        "user_key",
        "published",
        # Whole seconds: engines differ in how they tell two times apart.
        second=rows.published.epoch_seconds().floor().cast("int64"),
    )
    # Up to a row, by a full key: what has no beginning, Spark adds up in one pass.
    upto = ibis.window(
        group_by=keys, order_by=[rows.published, rows.uuid], preceding=None, following=0
    )
    order = ibis.window(group_by=keys, order_by=[rows.published, rows.uuid])
    silence = rows.second - rows.second.lag().over(order)
    begins = silence.isnull() | (silence > int(gap.total_seconds()))
    rows = rows.mutate(begins=begins.cast("int64"))
    rows = rows.mutate(episode=rows.begins.sum().over(upto), hour=whole(rows.second, _HOUR_S))
    hours = rows.group_by([*keys, "episode", "hour"]).aggregate(n=rows.count())
    # The largest count, and the first hour that has it.
    worst = ibis.struct({"n": hours.n, "earlier": -hours.hour})
    peaks = hours.group_by([*keys, "episode"]).aggregate(
        peak=hours.n.max(), peak_at=hours.hour.argmax(worst)
    )
    runs = rows.group_by([*keys, "episode"]).aggregate(
        app=rows.app.max(),
        start=rows.published.min(),
        last=rows.published.max(),
        failures=rows.count(),
        users=rows.user_key.nullif("").nunique(),
    )
    return runs.join(peaks, [*keys, "episode"]).drop("episode")


def _successes_during(
    log: Log, window: Window, runs: pd.DataFrame, rows: ir.Table
) -> pd.Series[int]:
    """How much worked on each episode's app, at its code's operations, in the hours it touches."""
    if runs.empty:
        return pd.Series(dtype="int64", index=runs.index)
    since = runs["start"].min().floor("h").to_pydatetime()
    hours = count_successes(log, Window(since, window.until), "hour")
    operation_rows = to_pandas(rows.select("app_key", "code", "operation").distinct())
    operations = operation_rows.groupby(["app_key", "code"])["operation"].agg(set).to_dict()
    by_app = dict(iter(hours.groupby("app_key")))
    counts = []
    for app_key, code, start, last in runs[[*_RUN, "last"]].itertuples(index=False):
        app_hours = by_app.get(app_key, hours.iloc[:0])
        touched = app_hours["bucket"].between(start.floor("h"), last)
        same_operation = app_hours["operation"].isin(operations[app_key, code])
        counts.append(int(app_hours.loc[touched & same_operation, "successes"].sum()))
    return pd.Series(counts, index=runs.index, dtype="int64")


def _keys(history: History, start: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    rows = history.failures
    inside = rows["published"].between(start, last)
    return rows.loc[inside, [*KEYS, "hit_type", "worked_again"]]


def _hit_keys(rows: pd.DataFrame) -> pd.Series[str]:
    return rows.loc[rows["hit_type"].isin(COUNTED) & (rows["hit_key"] != ""), "hit_key"]


def _same_people(
    history: History,
    before: tuple[pd.Timestamp, pd.Timestamp],
    now: tuple[pd.Timestamp, pd.Timestamp],
) -> bool:
    """Whether most of an episode's users failed in the one before, and had not worked since."""
    names = list(KEYS)
    hit = set(_keys(history, *now)[names].itertuples(index=False, name=None))
    earlier = _keys(history, *before)
    stuck = earlier["worked_again"].isna() | (earlier["worked_again"] >= now[0])
    stuck_keys = set(earlier.loc[stuck, names].itertuples(index=False, name=None))
    return 2 * len(hit & stuck_keys) > len(hit)
