"""What fails how often: by code, over time, and against what worked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.failures import counted, failures, successes
from kit.analysis.recovery import recovery, with_state
from kit.engine import frame, literal
from kit.lake.coverage import Window

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.engine import Log

__all__ = ["QUIET_GAP", "Trends", "bucket_of", "prepare", "trends", "worked"]

QUIET_GAP = timedelta(hours=6)
"""How long a code must be silent before it counts as quiet."""

_BUCKETS = {"hour": "h", "day": "D"}
_SECONDS = {"hour": 3600, "day": 86400}


@dataclass(frozen=True)
class Trends:
    """The failures of a window, counted."""

    failures: pd.DataFrame
    """One row a failure, with ``state``."""
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
    bucket: str
    totals: dict[str, float | int]
    """``failures``, ``attempts``, ``rate`` (0 to 1) and ``users``."""


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
    """
    found = failures(log, window)
    recovered = recovery(log, window)
    found = with_state(found, recovered)
    done = worked(log, window, bucket := bucket_of(window, bucket))
    if app:
        found, recovered = _only(found, app), _only(recovered, app)
        done = _only(done, app)
    done = done[done["operation"].isin(found["operation"].unique())]
    attempts = len(found) + int(done["successes"].sum())
    return Trends(
        failures=found,
        by_code=_by_code(found, recovered, done, log, window),
        over_time=_over_time(found, bucket),
        attempts_over_time=_attempts_over_time(found, done, bucket),
        recovery=recovered,
        bucket=bucket,
        totals={
            "failures": len(found),
            "attempts": attempts,
            "rate": len(found) / attempts if attempts else 0.0,
            "users": int(found.loc[found["user_key"] != "", "user_key"].nunique()),
        },
    )


def bucket_of(window: Window, bucket: str = "auto") -> str:
    """Choose ``hour`` or ``day`` for a window, where it is left to us."""
    if bucket != "auto":
        return bucket
    return "hour" if window.until - window.since <= timedelta(days=3) else "day"


def _only(rows: pd.DataFrame, app: str) -> pd.DataFrame:
    wanted = app.casefold()
    named = rows["app"].fillna("").str.casefold() == wanted
    return rows[named | (rows["app_key"] == app)].reset_index(drop=True)


def worked(log: Log, window: Window, bucket: str) -> pd.DataFrame:
    """Count the successes of a window by bucket, app and operation.

    Args:
        log: the opened log.
        window: the window.
        bucket: ``hour`` or ``day``.

    Returns:
        One row a bucket, app and operation with a success: ``bucket`` datetime64[us, UTC],
        ``app_key``, ``operation``, ``app``, ``successes`` int64.
    """
    since, until = pd.Timestamp(window.since).ceil("h"), pd.Timestamp(window.until).floor("h")
    if since < until:
        counts = _every_hour(log)
        whole = counts.filter(counts.hour >= _seconds(since), counts.hour < _seconds(until))
        parts = [whole, *(_hourly(successes(log, edge)) for edge in _edges(window, since, until))]
    else:
        parts = [_hourly(successes(log, window))]
    found = pd.concat([frame(part) for part in parts])
    width = _SECONDS[bucket]
    found["bucket"] = pd.to_datetime(found["hour"] // width * width, unit="s", utc=True).astype(
        "datetime64[us, UTC]"
    )
    return found.groupby(["bucket", "app_key", "operation"], as_index=False).agg(
        app=("app", "max"), successes=("successes", "sum")
    )


def prepare(log: Log) -> None:
    """Ask a lake what all questions begin with, so that it is kept for whoever asks next.

    Args:
        log: the opened lake.
    """
    counted(log)
    recovery(log, log.window())
    _every_hour(log)


def _every_hour(log: Log) -> ir.Table:
    return log.answers.once("worked", lambda: _hourly(successes(log)))


def _edges(window: Window, since: pd.Timestamp, until: pd.Timestamp) -> list[Window]:
    """What a window has before and after its whole hours."""
    ends = [
        Window(window.since, since.to_pydatetime()),
        Window(until.to_pydatetime(), window.until),
    ]
    return [edge for edge in ends if edge.since < edge.until]


def _seconds(moment: pd.Timestamp) -> int:
    return int(moment.timestamp())


def _hourly(done: ir.Table) -> ir.Table:
    """Successes by hour (seconds since 1970, when it began), app and operation."""
    # Whole seconds, because engines truncate a time with its zone several times as slowly.
    seconds = done.published.epoch_seconds().floor().cast("int64")
    done = done.mutate(hour=seconds - seconds % _SECONDS["hour"])
    return done.group_by(["hour", "app_key", "operation"]).aggregate(
        app=done.app.max(), successes=done.count()
    )


def _over_time(found: pd.DataFrame, bucket: str) -> pd.DataFrame:
    rows = found.assign(bucket=found["published"].dt.floor(_BUCKETS[bucket]), app=_named(found))
    return rows.groupby(["bucket", "app", "code"], as_index=False).agg(failures=("uuid", "count"))


def _attempts_over_time(found: pd.DataFrame, worked: pd.DataFrame, bucket: str) -> pd.DataFrame:
    failed = found.assign(bucket=found["published"].dt.floor(_BUCKETS[bucket]), app=_named(found))
    bad = failed.groupby(["bucket", "app"]).size().rename("failures")
    good = worked.assign(app=_named(worked)).groupby(["bucket", "app"])["successes"].sum()
    both = pd.concat([bad, good], axis=1).fillna(0).astype("int64")
    return both.sort_index().reset_index()


def _by_code(
    found: pd.DataFrame,
    recovered: pd.DataFrame,
    worked: pd.DataFrame,
    log: Log,
    window: Window,
) -> pd.DataFrame:
    """One row an app and code; ``still_failing`` and ``recovered`` are numbers of users."""
    rows = []
    before = _seen_before(log, window)
    for (app_key, code), group in found.groupby(["app_key", "code"], sort=True):
        key = (str(app_key), str(code))
        users = group.loc[group["user_key"] != "", ["user_key", "state"]]
        still = users.loc[users["state"] == "still_failing", "user_key"].nunique()
        tried = worked[
            (worked["app_key"] == app_key) & worked["operation"].isin(group["operation"].unique())
        ]
        attempts = len(group) + int(tried["successes"].sum())
        first, last = group["published"].min(), group["published"].max()
        rows.append(
            {
                "app": group["app"].dropna().max() if group["app"].notna().any() else None,
                "app_id": group["app_id"].dropna().max() if group["app_id"].notna().any() else None,
                "code": code,
                "family": group["family"].iloc[0],
                "failures": len(group),
                "attempts": attempts,
                "rate": len(group) / attempts,
                "events": int(group["events"].sum()),
                "users": users["user_key"].nunique(),
                "first_seen": first,
                "last_seen": last,
                "state": _state(first, last, before.get(key), log, window),
                "still_failing": still,
                "recovered": users["user_key"].nunique() - still,
            }
        )
    table = pd.DataFrame(rows, columns=_BY_CODE)
    return table.sort_values(
        ["users", "failures", "app", "code"],
        ascending=[False, False, True, True],
        ignore_index=True,
    ).sort_values("app", key=pd.isna, kind="stable", ignore_index=True)


_BY_CODE = [
    "app",
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
    "still_failing",
    "recovered",
]


def _seen_before(log: Log, window: Window) -> dict[tuple[str, str], pd.Timestamp]:
    """When each app and code last failed before the window."""
    rows = counted(log)
    rows = rows.filter(rows.published < literal(window.since))
    seen = frame(rows.group_by(["app_key", "code"]).aggregate(last=rows.published.max()))
    return {(app, code): last for app, code, last in seen.itertuples(index=False)}


def _state(
    first: pd.Timestamp,
    last: pd.Timestamp,
    before: pd.Timestamp | None,
    log: Log,
    window: Window,
) -> str:
    """The state of an app and code at the window's end.

    ``quiet``: nothing for the quiet gap before the end. Else ``new``: not seen before in
    a log that reaches back at least a day before the first failure. Else ``regressed``:
    seen before the window, then silent for a day or more. Else ``ongoing``.
    """
    if window.until - last > QUIET_GAP:
        return "quiet"
    day = timedelta(days=1)
    if before is None:
        return "new" if first - log.first >= day else "ongoing"
    return "regressed" if first - before >= day else "ongoing"


def _named(rows: pd.DataFrame) -> pd.Series[str]:
    return rows["app"].fillna("(no app)")
