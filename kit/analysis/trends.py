"""What fails how often: by code, over time, and against what worked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from kit.analysis.attempts import bucket_of, every_hour, worked
from kit.analysis.changes import logged_changes
from kit.analysis.episodes import QUIET_GAP, every_episode
from kit.analysis.failures import KEYS, counted, failures, told
from kit.analysis.names import every_user, find_apps
from kit.analysis.recovery import assignments, recovery, with_state
from kit.analysis.states import states
from kit.catalogue.coding import NO_REASON
from kit.engine import frame, moments, whole
from kit.messages import FINGERPRINT

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.engine import Log
    from kit.lake.coverage import Window

__all__ = ["QUIET_GAP", "Trends", "bucket_of", "examples", "prepare", "trends", "worked"]

_SECONDS = {"hour": 3600, "day": 86400}
_PAIR = ["app_key", "code"]


@dataclass(frozen=True)
class Trends:
    """The failures of a window, counted."""

    log: Log
    window: Window
    apps: frozenset[str]
    """The keys of the apps that were asked for; all if empty."""
    by_code: pd.DataFrame
    """One row an app and code, most users first; what concerns no app comes last.

    Sign-ins fail every day by people's own mistakes, and must not hide a broken app.
    """
    over_time: pd.DataFrame
    """One row a bucket, app and code: ``bucket``, ``app``, ``code``, ``failures``."""
    attempts_over_time: pd.DataFrame
    """One row a bucket and app: ``bucket``, ``app``, ``failures``, ``successes``."""
    recovery: pd.DataFrame
    """One row an app, user and operation."""
    hit: pd.DataFrame
    """One row an app, code, user and operation that failed in the window, with ``failures``."""
    bucket: str
    totals: dict[str, float | int]
    """``failures``, ``attempts``, ``rate`` (0 to 1) and ``users``."""

    @cached_property
    def failures(self) -> pd.DataFrame:
        """One row a failure, with ``state``; read from the events when it is asked for."""
        rows = with_state(failures(self.log, self.window), self.recovery)
        return rows[rows["app_key"].isin(self.apps)] if self.apps else rows

    def latest(self, most: int) -> pd.DataFrame:
        """The latest failures one by one, with ``state``, oldest first; read from the events.

        Args:
            most: the most that are listed.
        """
        rows = counted(self.log, self.window)
        if self.apps:
            rows = rows.filter(rows.app_key.isin(sorted(self.apps)))
        rows = rows.order_by(rows.published.desc(), rows.uuid.desc()).limit(most)
        return with_state(frame(told(self.log, rows), by=["published", "uuid"]), self.recovery)


def trends(log: Log, window: Window, *, app: str = "", bucket: str = "auto") -> Trends:
    """Count the failures of a window by code and over time.

    Args:
        log: the opened log.
        window: the window.
        app: an app's name or id; all apps without it.
        bucket: ``hour``, ``day``, or ``auto``: hours up to three days, else days.

    Returns:
        The counts. An attempt is a failure, or a success of an operation that failed
        in the window; a rate is failures over attempts.

    Raises:
        UsageError: the log knows no such app.

    Example:
        >>> from kit.engine import open_log
        >>> log = open_log("sample")
        >>> found = trends(log, log.window("7d"))
        >>> found.by_code[["code", "users", "state"]].head(1).to_dict("records")
        [{'code': 'AADSTS50126', 'users': 45, 'state': 'quiet'}]
    """
    apps = frozenset(find_apps(log, app)) if app else frozenset[str]()
    rows = counted(log, window)
    recovered = recovery(log, window)
    done = worked(log, window, bucket := bucket_of(window, bucket))
    if apps:
        rows = rows.filter(rows.app_key.isin(sorted(apps)))
        recovered = recovered[recovered["app_key"].isin(apps)].reset_index(drop=True)
        done = done[done["app_key"].isin(apps)]
    hit = frame(
        rows.group_by([*_PAIR, "user_key", *KEYS[1:]]).aggregate(failures=rows.count()),
        by=[*_PAIR, "user_key", *KEYS[1:]],
    )
    done = done[done["operation"].isin(hit["operation"].unique())]
    over_time = _over_time(rows, bucket)
    failed, good = int(over_time["failures"].sum()), int(done["successes"].sum())
    return Trends(
        log=log,
        window=window,
        apps=apps,
        by_code=_by_code(rows, hit, recovered, done, states(log, window)),
        over_time=over_time,
        attempts_over_time=_attempts_over_time(over_time, done),
        recovery=recovered,
        hit=hit[hit["user_key"] != ""].reset_index(drop=True),
        bucket=bucket,
        totals={
            "failures": failed,
            "attempts": failed + good,
            "rate": failed / (failed + good) if failed else 0.0,
            "users": int(hit["user_key"].replace("", None).nunique()),
        },
    )


def examples(log: Log, window: Window) -> pd.DataFrame:
    """Give the latest failure of each code that the catalogue does not know, or that has none.

    Args:
        log: the opened log.
        window: the window.

    Returns:
        One row an (app, code): ``app_key``, ``code``, ``example`` (the reason), ``event_type``.
    """
    rows = counted(log, window)
    rows = rows.filter(rows.code.re_search(FINGERPRINT) | (rows.code == NO_REASON))
    order = ibis.struct({"published": rows.published, "uuid": rows.uuid})
    latest = rows.group_by(_PAIR).aggregate(uuid=rows.uuid.argmax(order))
    found = told(log, rows.semi_join(latest, [*_PAIR, "uuid"]))
    return frame(found.select(*_PAIR, "event_type", example="reason"), by=_PAIR)


def prepare(log: Log) -> None:
    """Ask a lake what all questions begin with, so that it is kept for whoever asks next.

    Args:
        log: the opened lake.
    """
    counted(log)
    recovery(log, log.window())
    every_hour(log)
    assignments(log)
    logged_changes(log)
    every_episode(log)
    every_user(log)


def _over_time(rows: ir.Table, bucket: str) -> pd.DataFrame:
    second = rows.published.epoch_seconds().floor().cast("int64")
    rows = rows.mutate(bucket=whole(second, _SECONDS[bucket]))
    found = frame(
        rows.group_by(["bucket", "app", "code"]).aggregate(failures=rows.count()),
        by=["bucket", "app", "code"],
    )
    found["bucket"] = moments(found["bucket"])
    return found.assign(app=_named(found))


def _attempts_over_time(over_time: pd.DataFrame, done: pd.DataFrame) -> pd.DataFrame:
    bad = over_time.groupby(["bucket", "app"])["failures"].sum()
    good = done.assign(app=_named(done)).groupby(["bucket", "app"])["successes"].sum()
    both = pd.concat([bad, good], axis=1).fillna(0).astype("int64")
    return both.sort_index().reset_index()


def _by_code(
    rows: ir.Table,
    hit: pd.DataFrame,
    recovered: pd.DataFrame,
    done: pd.DataFrame,
    stand: pd.DataFrame,
) -> pd.DataFrame:
    """One row an app and code; ``still_failing`` and ``recovered`` are numbers of users."""
    found = frame(
        rows.group_by(_PAIR).aggregate(
            app=rows.app.max(),
            app_id=rows.app_id.max(),
            family=rows.family.max(),
            failures=rows.count(),
            events=rows.events.sum(),
            users=rows.user_key.nullif("").nunique(),
            first_seen=rows.published.min(),
            last_seen=rows.published.max(),
        ),
        by=_PAIR,
    )
    good = done.groupby(["app_key", "operation"], as_index=False)["successes"].sum()
    tried = hit[[*_PAIR, "operation"]].drop_duplicates().merge(good, "left")
    tried = tried.groupby(_PAIR, as_index=False)[["successes"]].sum()
    found = found.merge(tried, "left", on=_PAIR)
    found["attempts"] = found["failures"] + found["successes"].fillna(0).astype("int64")
    found["rate"] = found["failures"] / found["attempts"]
    found = found.merge(_became(hit, recovered), "left", on=_PAIR)
    for name in _BECAME:
        found[name] = found[name].fillna(0).astype("int64")
    found = found.merge(stand[[*_PAIR, "state", "why"]], "left", on=_PAIR)
    return (
        found[_BY_CODE]
        .sort_values(
            ["users", "failures", "app", "code"],
            ascending=[False, False, True, True],
            ignore_index=True,
        )
        .sort_values("app", key=pd.isna, kind="stable", ignore_index=True)
    )


def _became(hit: pd.DataFrame, recovered: pd.DataFrame) -> pd.DataFrame:
    """By app and code, for how many users any operation still fails, was given up, or all work."""
    # Nothing can be said of who is hit by types alone that exist for failures.
    told = recovered.loc[recovered["state"] != "", [*KEYS, "state"]]
    rows = hit.merge(told, on=list(KEYS))
    # The first that applies to any of a user's operations counts for the user.
    order = rows["state"].map({name: place for place, name in enumerate(_BECAME)})
    worst = rows.assign(order=order.astype("int64")).groupby([*_PAIR, "user_key"])["order"].min()
    names = dict(enumerate(_BECAME))
    counts = worst.map(names).groupby(level=_PAIR).value_counts().unstack(fill_value=0)
    return counts.reindex(columns=list(_BECAME), fill_value=0).reset_index()


_BECAME = ("still_failing", "abandoned", "recovered")
_BY_CODE = [
    "app",
    "app_key",
    "app_id",
    "code",
    "family",
    "failures",
    "attempts",
    "rate",
    "events",
    "users",
    "first_seen",
    "last_seen",
    "state",
    "why",
    "still_failing",
    "abandoned",
    "recovered",
]


def _named(rows: pd.DataFrame) -> pd.Series[str]:
    return rows["app"].fillna("(no app)")
