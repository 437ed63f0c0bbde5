"""What fails how often: by code, over time, and against what worked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from kit.analysis.attempts import with_attempts
from kit.analysis.changes import logged_changes
from kit.analysis.episodes import QUIET_GAP, every_episode, history
from kit.analysis.failures import COUNTED, KEYS, failures, folded_failures, with_details
from kit.analysis.incidents import incidents_of_apps
from kit.analysis.kinds import find_kind, with_kind
from kit.analysis.names import every_user, find_apps
from kit.analysis.recovery import assignments, recovery, with_state
from kit.analysis.states import states
from kit.analysis.successes import bucket_of, count_successes, counted_by, every_hour
from kit.analysis.traits import told_of_people
from kit.analysis.unknown_texts import code_names
from kit.analysis.unresolved import since_when, unresolved
from kit.catalogue.coding import NO_REASON
from kit.display import phrases
from kit.display.days import begin_of
from kit.display.in_lines import InLines
from kit.log.log import literal, moments, to_pandas, whole, window_of
from kit.messages import FINGERPRINT

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from kit.analysis.episodes import History
    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = [
    "OUTCOMES",
    "QUIET_GAP",
    "Trends",
    "bucket_of",
    "count_successes",
    "examples",
    "failures_over_time",
    "prepare",
    "trends",
    "users_by_outcome",
]

_PAIR = ["app_key", "code"]


@dataclass(frozen=True, repr=False)
class Trends(InLines):
    """The failures of a window, counted, and what is still open at its end."""

    log: Log
    window: Window
    apps: frozenset[str]
    """The keys of the apps that were asked for; all if empty."""
    kind: str
    """The kind of failure that was asked for; all if empty."""
    by_code: pd.DataFrame
    """One row an app and code that failed in the window, or that somebody still fails with.

    Those with most users come first, hit in the window or still failing; what concerns no app
    comes last: sign-ins fail every day by people's own mistakes, and must not hide a broken
    app. ``failures``, ``events``, ``users``, ``recovered``, ``abandoned``, ``first_seen`` and
    ``last_seen`` are of the window, so zero and missing where it is only open from before.
    Who is ``still_failing`` (users, and clients, groups or agents that are hit) is of all that
    the source holds up to the window's end, and ``since`` is when the oldest episode began that
    they fail of, ``last_failure`` their last.
    """
    over_time: pd.DataFrame
    """One row a bucket, app and code: ``bucket``, ``app``, ``code``, ``failures``."""
    attempts_over_time: pd.DataFrame
    """One row a bucket and app: ``bucket``, ``app``, ``failures``, ``successes``, ``attempts``,
    ``rate``."""
    recovery: pd.DataFrame
    """One row an app, who is hit and operation that failed in the window or still fails at its
    end: users, and clients, groups, agents and hooks."""
    became: pd.DataFrame
    """As ``recovery``, of all that ever failed, apps and addresses too."""
    hit: pd.DataFrame
    """One row an app, code, user and operation that failed in the window or still fails, with
    ``failures`` (in the window), and ``state`` as in ``recovery``, but of this code."""
    bucket: str
    still_open: pd.DataFrame
    """As ``unresolved`` lists who fails still."""
    totals: dict[str, float | int]
    """``failures``, ``attempts``, ``rate`` (0 to 1) and ``users``."""

    @cached_property
    def failures(self) -> pd.DataFrame:
        """One row a failure, with ``state``; read from the events when it is asked for."""
        only = {"kind": self.kind} if self.kind else {}
        rows = with_state(failures(self.log, self.window, **only), self.became)
        return rows[rows["app_key"].isin(self.apps)] if self.apps else rows

    def latest(self, most: int) -> pd.DataFrame:
        """The latest failures one by one, with ``state``, oldest first; read from the events.

        Args:
            most: the most that are listed.
        """
        rows = self.selected_rows(folded_failures(self.log, self.window))
        rows = rows.order_by(rows.published.desc(), rows.uuid.desc()).limit(most)
        return with_state(
            to_pandas(with_details(self.log, rows), by=["published", "uuid"]), self.became
        )

    def history_of(self, app_key: str, code: str) -> History:
        """What is known of one code on one app up to the window's end, gathered once."""
        if (app_key, code) not in self._histories:
            self._histories[app_key, code] = history(self.log, self.window, app_key, code)
        return self._histories[app_key, code]

    @cached_property
    def _histories(self) -> dict[tuple[str, str], History]:
        return {}

    def selected_rows(self, rows: ir.Table) -> ir.Table:
        """The rows of ``folded_failures`` that are of the apps and the kind that were asked for."""
        return _of_kind(self.log, _of_apps(rows, self.apps), self.kind)


def trends(
    log: Log,
    window: Window | str | None = None,
    *,
    since: str | date | None = None,
    until: str | date | None = None,
    app: str = "",
    bucket: str = "auto",
    kind: str = "",
) -> Trends:
    """Count the failures of a window by code and over time.

    Args:
        log: the opened log.
        window: the window, or its start: ``7d`` before the end, a date or an ISO time.
        since: the window's start, in the place of *window*; the log's first event if left out.
        until: the window's end, not included; the log's end if left out.
        app: an app's name or id; all apps without it.
        bucket: ``hour``, ``day``, or ``auto``: hours up to three days, else days.
        kind: one kind of failure; all without it. Attempts are then these failures and what
            worked at the same operations.

    Returns:
        The counts. An attempt is a failure, or a success of an operation that failed
        in the window; a rate is failures over attempts.

    Raises:
        UsageError: the log knows no such app, or there is no such kind, bucket or window.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> counts = kit.trends(log, "7d")
        >>> counts.by_code[["code", "users", "state"]].head(1).to_dict("records")
        [{'code': 'AADSTS50126', 'users': 45, 'state': 'quiet'}]
    """
    window = window_of(log, window, since, until)
    apps = frozenset(find_apps(log, app)) if app else frozenset[str]()
    kind = find_kind(kind) if kind else ""
    rows = _of_kind(log, _of_apps(_until(log, window), apps), kind)
    became = recovery(log, window, everyone=True)
    recovered = became[became["hit_type"].isin(COUNTED)]
    still_open = unresolved(log, window, recovered)
    successes = count_successes(log, window, bucket := bucket_of(window, bucket))
    if apps:
        recovered = recovered[recovered["app_key"].isin(apps)]
        still_open = still_open[still_open["app_key"].isin(apps)]
        successes = successes[successes["app_key"].isin(apps)]
    fell = rows.filter(rows.published >= literal(window.since))
    hit = to_pandas(
        fell.group_by(["code", *KEYS]).aggregate(
            hit_type=fell.hit_type.max(), user_key=fell.user_key.max(), failures=fell.count()
        ),
        by=["code", *KEYS],
    )
    if kind:
        recovered, still_open = _of_these(rows, hit, recovered, still_open)
    users = int(hit["user_key"].replace("", None).nunique())
    still = still_open[still_open["state"] == "still_failing"]
    by_code = _by_code(rows, window, hit, still_open, successes)
    by_code = by_code.merge(since_when(log, window, still), "left", on=_PAIR)
    by_code = by_code.merge(states(log, window)[[*_PAIR, "state", "why"]], "left", on=_PAIR)
    successes = successes[successes["operation"].isin(hit["operation"].unique())]
    by_time = failures_over_time(fell, bucket, ["app", "code"])
    by_time["app"] = _app_names(by_time)
    failed, good = int(by_time["failures"].sum()), int(successes["successes"].sum())
    return Trends(
        log=log,
        window=window,
        apps=apps,
        kind=kind,
        still_open=still_open,
        by_code=by_code[_BY_CODE],
        over_time=by_time,
        attempts_over_time=_attempts_over_time(by_time, successes),
        recovery=recovered[
            (recovered["failures"] > 0) | (recovered["state"] == "still_failing")
        ].reset_index(drop=True),
        became=became,
        hit=_became(hit, still_open),
        bucket=bucket,
        totals={
            "failures": failed,
            "attempts": failed + good,
            "rate": failed / (failed + good) if failed else 0.0,
            "users": users,
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
    rows = folded_failures(log, window)
    rows = rows.filter(rows.code.re_search(FINGERPRINT) | (rows.code == NO_REASON))
    order = ibis.struct({"published": rows.published, "uuid": rows.uuid})
    latest = rows.group_by(_PAIR).aggregate(uuid=rows.uuid.argmax(order))
    details = with_details(log, rows.semi_join(latest, [*_PAIR, "uuid"]))
    return to_pandas(details.select(*_PAIR, "event_type", example="reason"), by=_PAIR)


def prepare(log: Log) -> None:
    """Ask a lake what all questions begin with, so that it is kept for the next question.

    Args:
        log: the opened lake.
    """
    folded_failures(log)
    recovery(log, log.window(), everyone=True)
    every_hour(log)
    assignments(log)
    logged_changes(log)
    every_episode(log)
    every_user(log)
    incidents_of_apps(log, log.last)
    told_of_people(log)
    with_kind(log, folded_failures(log))
    code_names(log)


def _until(log: Log, window: Window) -> ir.Table:
    """The failures before a window's end."""
    rows = folded_failures(log)
    return rows.filter(rows.published < literal(window.until))


def _of_apps(rows: ir.Table, apps: frozenset[str]) -> ir.Table:
    return rows.filter(rows.app_key.isin(sorted(apps))) if apps else rows


def _of_kind(log: Log, rows: ir.Table, kind: str) -> ir.Table:
    """The failures of a kind, with ``kind``; all as they are where none is asked for."""
    if not kind:
        return rows
    rows = with_kind(log, rows)
    return rows.filter(rows.kind == kind)


def _of_these(
    rows: ir.Table, hit: pd.DataFrame, recovered: pd.DataFrame, still_open: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of who recovered and who fails still those that some failures are about."""
    keys = list(KEYS)
    these = to_pandas(rows.select("code", *keys).distinct())
    in_window = hit.groupby(keys)["failures"].sum().rename("of_these").reset_index()
    recovered = recovered.merge(these[keys].drop_duplicates(), on=keys)
    recovered = recovered.merge(in_window, "left", on=keys)
    counts = recovered.pop("of_these").fillna(0).astype("int64")
    return recovered.assign(failures=counts), still_open.merge(these, on=["code", *keys])


def failures_over_time(rows: ir.Table, bucket: str, by: list[str]) -> pd.DataFrame:
    """Count failures by bucket and what they are grouped by.

    Args:
        rows: rows of ``folded_failures``.
        bucket: ``hour``, or ``day``, the reader's.
        by: columns of the rows.

    Returns:
        One row a bucket and group: ``bucket`` datetime64[us, UTC], the columns, ``failures``.
    """
    second = rows.published.epoch_seconds().floor().cast("int64")
    rows = rows.mutate(bucket=whole(second, counted_by(bucket)))
    keys = ["bucket", *by]
    counts = to_pandas(rows.group_by(keys).aggregate(failures=rows.count()), by=keys)
    counts["bucket"] = begin_of(bucket, moments(counts["bucket"]))
    return counts.groupby(keys, as_index=False, dropna=False)[["failures"]].sum()


def _attempts_over_time(over_time: pd.DataFrame, successes: pd.DataFrame) -> pd.DataFrame:
    keys = ["bucket", "app"]
    failed = over_time.groupby(keys, as_index=False)[["failures"]].sum()
    return with_attempts(failed, successes.assign(app=_app_names(successes)), keys, how="outer")


def _by_code(
    rows: ir.Table,
    window: Window,
    hit: pd.DataFrame,
    still_open: pd.DataFrame,
    successes: pd.DataFrame,
) -> pd.DataFrame:
    """One row an app and code; ``still_failing`` and ``recovered`` are numbers of users."""
    inside = rows.published >= literal(window.since)
    # Of an app that was renamed, the name that it has now.
    app_name = rows.app.argmax(rows.published, where=rows.app.notnull())
    table = to_pandas(
        rows.group_by(_PAIR).aggregate(
            app=app_name,
            app_id=rows.app_id.max(),
            family=rows.family.max(),
            failures=rows.uuid.count(where=inside),
            events=rows.events.sum(where=inside).fill_null(0),
            users=rows.user_key.nullif("").nunique(where=inside),
            first_seen=rows.published.min(where=inside),
            last_seen=rows.published.max(where=inside),
        ),
        by=_PAIR,
    )
    people = _became(hit, still_open)
    table = table.merge(users_by_outcome(people, _PAIR), "left", on=_PAIR)
    for name in OUTCOMES:
        table[name] = table[name].fillna(0).astype("int64")
    table = table[(table["failures"] > 0) | (table["still_failing"] > 0)]
    table["people"] = table[list(OUTCOMES)].sum(axis=1).clip(lower=table["users"])
    table = with_attempts(table, successes, _PAIR, operations=pd.concat([hit, people]))
    return table.sort_values(
        ["people", "failures", "app", "code"],
        ascending=[False, False, True, True],
        ignore_index=True,
    ).sort_values("app", key=pd.isna, kind="stable", ignore_index=True)


def _became(hit: pd.DataFrame, still_open: pd.DataFrame) -> pd.DataFrame:
    """What became of those who failed with a code in the window, and who still fails with it."""
    keys = ["code", *KEYS]
    hit_rows = hit[hit["hit_type"].isin(COUNTED) & (hit["hit_key"] != "")].drop(
        columns=["hit_type", "user_key"]
    )
    if hit_rows.empty and still_open.empty:
        return hit_rows.assign(state="")
    rows = hit_rows.merge(still_open[[*keys, "state"]], "outer", on=keys)
    failed = rows["failures"].notna()
    rows["failures"] = rows["failures"].fillna(0).astype("int64")
    rows["state"] = rows["state"].fillna("recovered")
    return rows[failed | (rows["state"] == "still_failing")].reset_index(drop=True)


def users_by_outcome(people: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Count for how many users any operation still fails, was given up, or all work.

    Args:
        people: one row a group, user and operation: ``hit_key``, ``state`` as in ``recovery``.
        by: the columns of the groups.

    Returns:
        One row a group, the columns of ``OUTCOMES`` int64.
    """
    # The first that applies to any of a user's operations counts for the user.
    order = people["state"].map({name: place for place, name in enumerate(OUTCOMES)})
    rows = people.assign(order=order)[order.notna()]
    worst = rows.groupby([*by, "hit_key"])["order"].min()
    names = dict(enumerate(OUTCOMES))
    counts = worst.map(names).groupby(level=by).value_counts().unstack(fill_value=0)
    return counts.reindex(columns=list(OUTCOMES), fill_value=0).reset_index()


OUTCOMES = ("still_failing", "abandoned", "recovered")
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
    "since",
    "last_failure",
    "state",
    "why",
    "still_failing",
    "abandoned",
    "recovered",
]


def _app_names(rows: pd.DataFrame) -> pd.Series[str]:
    return rows["app"].fillna(phrases.SIGN_IN)
