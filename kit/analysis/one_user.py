"""One user: assignments, pushes, failures and recoveries in one order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from kit.analysis.failures import KEYS, folded_failures, pick_successes, with_keys
from kit.analysis.kinds import of_kind, with_kind
from kit.analysis.names import every_user
from kit.analysis.recovery import recovery
from kit.analysis.successes import counted_by
from kit.display.days import begin_of
from kit.log.log import moments, to_pandas, whole

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = [
    "SignIns",
    "daily_successes",
    "events_of_user",
    "most_failing",
    "sign_ins",
    "user_events",
    "user_recovery",
]

SIGN_IN = "sign-in"
_TO_SIGN_IN = (SIGN_IN, "second factor")
"""Operations that refuse a sign-in; an app's own refusal says nothing of Okta's."""

_ASSIGNED = ("assignment", "assignment update")
_UNASSIGNED = ("unassignment",)
_CHANGED = ("user.account.", "user.lifecycle.", "group.user_membership.", "user.mfa.factor.")


def most_failing(log: Log, window: Window, kind: str = "") -> str | None:
    """Choose the user to look at where none is named.

    Who fails with most codes on apps and still does; sign-ins count last, since people mistype
    their passwords. Where nobody failed in the window: for whom most operations still fail.

    Args:
        log: the opened log.
        window: the window.
        kind: only failures of this kind count; all without it.

    Returns:
        The user's key; None if no failure in the window names a user, and nothing is open.
    """
    rows = folded_failures(log, window)
    rows = rows.filter(rows.user_key != "")
    became = recovery(log, window)
    if kind:
        rows = with_kind(log, rows)
        rows = rows.filter(rows.kind == kind)
        became = of_kind(log, window, became, kind, list(KEYS))
    stuck = became[(became["state"] == "still_failing") & (became["app_key"] != "")]
    users = to_pandas(
        rows.group_by("user_key").aggregate(
            codes=rows.code.nunique(where=rows.app_key != ""),
            on_apps=rows.uuid.count(where=rows.app_key != ""),
            failures=rows.count(),
        ),
        by=["user_key"],
    )
    if users.empty:
        lanes = stuck.groupby("user_key").size().sort_values(ascending=False, kind="stable")
        return str(lanes.index[0]) if len(lanes) else None
    users["still"] = users["user_key"].isin(set(stuck["user_key"]))
    order = ["still", "codes", "on_apps", "failures"]
    return str(users.sort_values(order, ascending=False, kind="stable")["user_key"].iloc[0])


def user_recovery(log: Log, window: Window, user_key: str) -> pd.DataFrame:
    """The rows of ``recovery`` that are about one user.

    Args:
        log: the opened log.
        window: the window.
        user_key: the user.

    Returns:
        As ``recovery``.
    """
    rows = recovery(log, window)
    return rows[rows["user_key"] == user_key].reset_index(drop=True)


def user_events(log: Log, window: Window, user_key: str, failed: pd.DataFrame) -> pd.DataFrame:
    """List what happened to one user, oldest first.

    A failure stands once, as the event that speaks for it. Of what worked, the operations on
    apps are listed, and those that also failed; thousands of sign-ins that worked are not.

    Args:
        log: the opened log.
        window: the window.
        user_key: the user, as ``folded_failures`` keys it.
        failed: the user's failures of the window, as ``failures`` lists them.

    Returns:
        ``published`` datetime64[us, UTC]; ``what``: ``failed``, ``worked``, ``assigned``,
        ``unassigned`` or ``changed``; ``app``, ``operation``, ``code`` (of failures),
        ``vendor_message``, ``event_type``, ``actor``, ``uuid``, ``lane`` (app and operation).
    """
    rows = with_keys(events_of_user(log, window, user_key))
    rows = rows.select(
        "published",
        *("app", "app_key", "operation", "event_type", "uuid", "result"),
        failing=rows.code.notnull(),
        actor=ibis.coalesce(rows.actor_login, rows.actor_name, rows.actor_id),
    )
    events = to_pandas(rows, by=["published", "uuid"])
    actors = events.set_index("uuid")["actor"]
    bad = failed.assign(what="failed", actor=failed["uuid"].map(actors))
    good = events[~events["failing"]].assign(code=None, vendor_message=None)
    good["what"] = [
        _what(*one)
        for one in zip(good["operation"], good["event_type"], good["result"], strict=True)
    ]
    failed_operations = set(bad["operation"])
    pushes = good["event_type"].str.startswith("application.provision.")
    is_listed = (good["what"] != "worked") | pushes | good["operation"].isin(failed_operations)
    good = good[is_listed & (good["what"] != "")]
    both = pd.concat([bad[_COLUMNS], good[_COLUMNS]]).sort_values(["published", "uuid"])
    app = both["app"].fillna("").where(both["app"].notna(), "Okta")
    lane = app + " · " + both["operation"].where(~both["what"].isin(_MOVES), "assignment")
    return both.assign(lane=lane.where(both["what"] != "changed", "Okta · account")).reset_index(
        drop=True
    )


def daily_successes(log: Log, window: Window, user_key: str) -> pd.DataFrame:
    """Count what worked for one user by day: sign-ins most of all.

    Args:
        log: the opened log.
        window: the window.
        user_key: the user, as ``folded_failures`` keys it.

    Returns:
        One row a day of the reader's, app and operation, oldest first: ``published``, the first
        success of the day, and ``last``, datetime64[us, UTC]; ``app``, ``operation``,
        ``successes`` int64.
    """
    rows = pick_successes(events_of_user(log, window, user_key))
    second = rows.published.epoch_seconds().floor().cast("int64")
    rows = rows.mutate(day=whole(second, counted_by("day")))
    counts = rows.group_by(["day", "app_key", "operation"]).aggregate(
        app=rows.app.max(),
        published=rows.published.min(),
        last=rows.published.max(),
        successes=rows.count(),
    )
    table = to_pandas(counts, by=["day", "app_key", "operation"])
    keys = ["day", "app_key", "operation"]
    table["day"] = begin_of("day", moments(table["day"]))
    table = table.groupby(keys, as_index=False).agg(
        app=("app", "max"),
        published=("published", "min"),
        last=("last", "max"),
        successes=("successes", "sum"),
    )
    return table[["published", "last", "app", "operation", "successes"]].sort_values(
        "published", kind="stable", ignore_index=True
    )


@dataclass(frozen=True)
class SignIns:
    """How one user's sign-ins went, by what the window holds of them."""

    worked_at: pd.Timestamp | None
    """When a sign-in worked last."""
    refused_at: pd.Timestamp | None
    """When the latest attempt was refused; None if the latest one worked, or there was none."""
    refused: int
    """How many attempts were refused, the second factor's among them."""


def sign_ins(log: Log, window: Window, user_key: str) -> SignIns:
    """Tell whether one user can sign in, by the latest attempt of the window.

    A password that is right is no sign-in where the second factor is refused after it. Of two
    events at one moment, the refusal is the outcome.

    Args:
        log: the opened log.
        window: the window.
        user_key: the user, as ``folded_failures`` keys it.

    Returns:
        How they went; no times and 0 if nobody is meant, or nothing was tried.
    """
    events = events_of_user(log, window, user_key)
    failed = folded_failures(log, window)
    failed = failed.filter(failed.user_key == user_key, failed.operation.isin(_TO_SIGN_IN))
    successes = pick_successes(events)
    successes = successes.filter(successes.operation.isin(_TO_SIGN_IN))
    rows = failed.select("published", "operation", failed=True).union(
        successes.select("published", "operation", failed=False)
    )
    signed_in = ~rows.failed & (rows.operation == SIGN_IN)
    answer = to_pandas(
        rows.aggregate(
            worked_at=rows.published.max(where=signed_in),
            last_worked=rows.published.max(where=~rows.failed),
            last_refused=rows.published.max(where=rows.failed),
            refused=rows.count(where=rows.failed),
        ),
        by=["refused"],
    ).iloc[0]
    worked_at, last_worked, last_refused = (
        None if pd.isna(at) else pd.Timestamp(at)
        for at in (answer["worked_at"], answer["last_worked"], answer["last_refused"])
    )
    stands = last_refused is not None and (last_worked is None or last_refused >= last_worked)
    return SignIns(worked_at, last_refused if stands else None, int(answer["refused"]))


def events_of_user(log: Log, window: Window, user_key: str) -> ir.Table:
    """The events about a user in a window.

    Looked for as the events write the user: engines then skip what is about others, and do not
    fold the case of millions of logins.
    """
    events, users = log.within(window), every_user(log)
    spelt = to_pandas(users.filter(users.user_key == user_key).select("user_login", "user_id"))
    by_login = [events.user_login == one for one in sorted(set(spelt["user_login"].dropna()))]
    alone = spelt.loc[spelt["user_login"].isna(), "user_id"].dropna()
    by_id = [events.user_login.isnull() & (events.user_id == one) for one in sorted(set(alone))]
    parts = [events.filter(same) for same in [*by_login, *by_id] if user_key]
    return ibis.union(*parts) if parts else events.limit(0)


_MOVES = ("assigned", "unassigned")
_COLUMNS = [
    "published",
    "what",
    "app",
    "operation",
    "code",
    "vendor_message",
    "event_type",
    "actor",
    "uuid",
]


def _what(operation: str, event_type: str, result: str | None) -> str:
    if result != "SUCCESS":
        return ""
    if operation in _UNASSIGNED or event_type.endswith("user_membership.revoke"):
        return "unassigned"
    if operation in _ASSIGNED:
        return "assigned"
    return "changed" if event_type.startswith(_CHANGED) else "worked"
