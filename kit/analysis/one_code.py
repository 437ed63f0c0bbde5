"""One code in depth: its messages, its hours, and what failed beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.attempts import attempts
from kit.analysis.episodes import Incident, episodes
from kit.analysis.failures import counted
from kit.log.log import frame, literal
from kit.messages import mask

if TYPE_CHECKING:
    from kit.analysis.episodes import History

__all__ = ["NEAR", "apps_with", "hours", "neighbours", "variants", "with_ids"]

NEAR = timedelta(hours=1)
"""How close to an incident's onset another code must begin to be its neighbour."""

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
    said = failures["vendor_message"].fillna(failures["reason"]).fillna("")
    masked = {text: mask(text) for text in said.unique()}
    table = failures.assign(
        said=said,
        message=said.map(masked),
        user_key=failures["user_key"].where(failures["user_key"] != ""),
    )
    keys = ["event_type", "http_status", "message"]
    folded = table.groupby(keys, as_index=False, dropna=False).agg(
        failures=("uuid", "count"),
        users=("user_key", "nunique"),
        first_seen=("published", "min"),
        last_seen=("published", "max"),
        example=("said", "last"),
    )
    return folded.sort_values("failures", ascending=False, kind="stable", ignore_index=True)


def hours(known: History) -> pd.DataFrame:
    """Count one code's failures by weekday and hour of the day, UTC.

    Args:
        known: one code on one app; failures in its window count.

    Returns:
        One row a weekday and hour that had any: ``weekday`` int64 (0 is Monday), ``hour``
        int64, ``failures`` int64.
    """
    at = _inside(known)["published"]
    rows = pd.DataFrame({"weekday": at.dt.weekday, "hour": at.dt.hour}).astype("int64")
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
    told = failures[failures[list(_IDS)].notna().any(axis=1)]
    columns = ["published", "user", "operation", *_IDS, "uuid"]
    return told.iloc[::-1][columns].reset_index(drop=True)


def apps_with(known: History) -> pd.DataFrame:
    """List the apps on which a code failed in a window.

    Args:
        known: one code on one app.

    Returns:
        One row an app, most users first: ``app``, ``app_key``, ``failures``, ``attempts``
        int64, ``rate`` float64, ``users`` int64, ``first_seen``, ``last_seen``
        datetime64[us, UTC].
    """
    rows = counted(known.log, known.window)
    rows = rows.filter(rows.code == known.code)
    table = attempts(
        known.log,
        known.window,
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


def neighbours(known: History, now: Incident) -> pd.DataFrame:
    """List the other codes whose episodes began close to an incident's onset.

    Args:
        known: one code on one app.
        now: its incident.

    Returns:
        One row an episode that began within an hour of the onset, nearest first: ``app``,
        ``code``, ``start``, ``last`` datetime64[us, UTC], ``apart`` timedelta64[us] (negative
        before the onset), ``failures``, ``users``, ``shared`` int64: users hit by both.
    """
    found = episodes(known.log, known.window)
    other = (found["app_key"] != known.app_key) | (found["code"] != known.code)
    apart = found["start"] - now.start
    near = found.assign(apart=apart)[other & (apart.abs() <= NEAR)]
    inside = _inside(known)
    mine = set(inside.loc[inside["user_key"] != "", "user_key"])
    shared = []
    for row in near.to_dict("records"):
        rows = counted(known.log)
        rows = rows.filter(
            rows.app_key == row["app_key"],
            rows.code == row["code"],
            rows.published >= literal(row["start"]),
            rows.published <= literal(row["last"]),
        )
        users = frame(rows.select("user_key").distinct())["user_key"]
        shared.append(len(mine & set(users)))
    near = near.assign(shared=pd.Series(shared, index=near.index, dtype="int64"))
    order = near["apart"].abs().sort_values(kind="stable").index
    columns = ["app", "code", "start", "last", "apart", "failures", "users", "shared"]
    return near.loc[order, columns].reset_index(drop=True)


def _inside(known: History) -> pd.DataFrame:
    rows = known.failures
    return rows[rows["published"] >= pd.Timestamp(known.window.since)]
