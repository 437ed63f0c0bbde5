"""One code in depth: its messages, its hours, and what failed beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.attempts import attempts
from kit.analysis.episodes import Outage, episodes
from kit.analysis.failures import folded_failures
from kit.analysis.trends import failures_over_time
from kit.display.days import local_times
from kit.log.log import literal, to_pandas
from kit.messages import mask

if TYPE_CHECKING:
    from kit.analysis.episodes import History
    from kit.base.windows import Window

__all__ = [
    "NEAR",
    "apps_with",
    "failures_by_hour",
    "neighbours",
    "over_time_by_app",
    "variants",
    "with_ids",
]

NEAR = timedelta(hours=1)
"""How close to an outage's onset another code must begin to be its neighbour."""

_IDS = ("trace_id", "correlation_id", "request_id")


def variants(failures: pd.DataFrame) -> pd.DataFrame:
    """Fold failures into the messages behind them.

    Failures of one kind of event whose vendor said the same are one variant. Names, ids, numbers
    and times are masked first: they tell requests apart, not messages.

    Args:
        failures: as ``failures`` lists them.

    Returns:
        One row a variant, the most frequent first: ``event_type``, ``http_status`` (missing
        where there is none), ``message`` (masked; empty where nothing was said), ``failures``
        int64, ``users`` int64, ``first_seen``, ``last_seen`` datetime64[us, UTC], ``example``:
        the latest message in full.
    """
    texts = failures["vendor_message"].fillna(failures["reason"]).fillna("")
    masks = {text: mask(text) for text in texts.unique()}
    table = failures.assign(
        said=texts,
        message=texts.map(masks),
        user_key=failures["user_key"].where(failures["user_key"] != ""),
    )
    keys = ["event_type", "http_status", "message"]
    groups = table.groupby(keys, as_index=False, dropna=False).agg(
        failures=("uuid", "count"),
        users=("user_key", "nunique"),
        first_seen=("published", "min"),
        last_seen=("published", "max"),
        example=("said", "last"),
    )
    return groups.sort_values("failures", ascending=False, kind="stable", ignore_index=True)


def failures_by_hour(history: History) -> pd.DataFrame:
    """Count one code's failures by weekday and hour of the reader's day, UTC without a zone.

    Args:
        history: one code on one app; failures in its window count.

    Returns:
        One row a weekday and hour that had any: ``weekday`` int64 (0 is Monday), ``hour``
        int64, ``failures`` int64.
    """
    # By hours of UTC, as what worked is counted.
    at = local_times(_in_window(history)["published"].dt.floor("h"))
    rows = pd.DataFrame({"weekday": at.dt.day_of_week, "hour": at.dt.hour}).astype("int64")
    return (
        rows.groupby(["weekday", "hour"], as_index=False)
        .size()
        .rename(columns={"size": "failures"})
    )


def with_ids(failures: pd.DataFrame) -> pd.DataFrame:
    """List the failures that carry an id by which the vendor finds the request.

    Args:
        failures: as ``failures`` lists them.

    Returns:
        One row a failure, the latest first: ``published``, ``user``, ``operation``,
        ``trace_id``, ``correlation_id``, ``request_id``, ``uuid``.
    """
    rows = failures[failures[list(_IDS)].notna().any(axis=1)]
    columns = ["published", "user", "operation", *_IDS, "uuid"]
    return rows.iloc[::-1][columns].reset_index(drop=True)


def apps_with(history: History) -> pd.DataFrame:
    """List the apps on which a code failed in a window.

    Args:
        history: one code on one app.

    Returns:
        One row an app, most users first: ``app``, ``app_key``, ``failures``, ``attempts``
        int64, ``rate`` float64, ``users`` int64, ``first_seen``, ``last_seen``
        datetime64[us, UTC].
    """
    rows = folded_failures(history.log, history.window)
    rows = rows.filter(rows.code == history.code)
    table = attempts(
        history.log,
        history.window,
        rows,
        ["app_key"],
        app=rows.app.max(),
        users=rows.user_key.nullif("").nunique(),
        first_seen=rows.published.min(),
        last_seen=rows.published.max(),
    )
    table = table.sort_values(["users", "failures"], ascending=False, kind="stable")
    columns = "app app_key failures attempts rate users first_seen last_seen".split()
    return table[columns].reset_index(drop=True)


def over_time_by_app(history: History, window: Window, bucket: str) -> pd.DataFrame:
    """Count one code's failures by app over time.

    Args:
        history: one code on one app.
        window: the stretch of time.
        bucket: ``hour`` or ``day``.

    Returns:
        One row a bucket and app: ``bucket`` datetime64[us, UTC], ``app_key``, ``failures``.
    """
    rows = folded_failures(history.log, window)
    return failures_over_time(rows.filter(rows.code == history.code), bucket, ["app_key"])


def neighbours(history: History, now: Outage) -> pd.DataFrame:
    """List the other codes whose episodes began close to an outage's onset.

    Args:
        history: one code on one app.
        now: its outage.

    Returns:
        One row an episode that began within an hour of the onset, nearest first: ``app``,
        ``code``, ``start``, ``last`` datetime64[us, UTC], ``apart`` timedelta64[us] (negative
        before the onset), ``failures``, ``users``, ``shared`` int64: users hit by both.
    """
    all_episodes = episodes(history.log, history.window)
    other = (all_episodes["app_key"] != history.app_key) | (all_episodes["code"] != history.code)
    apart = all_episodes["start"] - now.start
    near = all_episodes.assign(apart=apart)[other & (apart.abs() <= NEAR)]
    inside = _in_window(history)
    mine = set(inside.loc[inside["user_key"] != "", "user_key"])
    shared = []
    for row in near.to_dict("records"):
        rows = folded_failures(history.log)
        rows = rows.filter(
            rows.app_key == row["app_key"],
            rows.code == row["code"],
            rows.published >= literal(row["start"]),
            rows.published <= literal(row["last"]),
        )
        users = to_pandas(rows.select("user_key").distinct())["user_key"]
        shared.append(len(mine & set(users)))
    near = near.assign(shared=pd.Series(shared, index=near.index, dtype="int64"))
    order = near["apart"].abs().sort_values(kind="stable").index
    columns = ["app", "code", "start", "last", "apart", "failures", "users", "shared"]
    return near.loc[order, columns].reset_index(drop=True)


def _in_window(history: History) -> pd.DataFrame:
    rows = history.failures
    return rows[rows["published"] >= pd.Timestamp(history.window.since)]
