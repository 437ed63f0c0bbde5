"""Since when a code fails on an app, what changed before, how wide it is, and if it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import ibis
import pandas as pd

from kit import words
from kit.analysis.failures import keyed, successes
from kit.analysis.trends import QUIET_GAP
from kit.engine import frame, literal

if TYPE_CHECKING:
    from kit.engine import Log
    from kit.lake.coverage import Window

__all__ = [
    "CHANGE_REACH",
    "Fix",
    "blast_radius",
    "changes_before",
    "configuration",
    "find_fix",
    "find_onset",
    "worked_on",
]

CHANGE_REACH = timedelta(hours=24)
"""How long before an onset a change is still shown as a candidate."""

_CHANGES = ("application.configuration.", "application.lifecycle.")
_CREDENTIALS = ("app.office365.provisioning_app",)


@dataclass(frozen=True)
class Fix:
    """When it was fixed, as far as the log shows, and whether that holds."""

    at: pd.Timestamp | None
    verdict: Literal["holds", "not_fixed", "unproven"]
    why: str


def worked_on(log: Log, window: Window, app_key: str, operations: Any) -> pd.DataFrame:
    """Successes of the operations that failed, on the app, from the window's day before."""
    done = successes(log, window)
    done = done.filter(
        done.app_key == app_key,
        done.operation.isin(sorted(operations)),
    )
    return frame(done, by=["published", "uuid"])


def find_onset(mine: pd.DataFrame, worked: pd.DataFrame) -> pd.Timestamp | None:
    """The first failure of the last run of failures.

    A run ends with a silence longer than the quiet gap in which something worked: a
    broken connection that nobody tried overnight is one run.
    """
    times = mine["published"].sort_values()
    if times.empty:
        return None
    onset: pd.Timestamp = times.iloc[0]
    for before, after in zip(times.iloc[:-1], times.iloc[1:], strict=True):
        between = worked["published"].between(before, after, inclusive="neither")
        if after - before > QUIET_GAP and between.any():
            onset = after
    return onset


def configuration(log: Log, app_key: str, window: Window) -> pd.DataFrame:
    """Admin and credential events on the app up to the window's end."""
    events = keyed(log.events)
    kinds = [events.event_type.startswith(prefix) for prefix in (*_CHANGES, *_CREDENTIALS)]
    touched = events.filter(
        ibis.or_(*kinds),
        events.app_key == app_key,
        events.code.isnull(),
        events.published < literal(window.until),
    )
    return frame(
        touched.select(
            "published",
            "event_type",
            "display_message",
            "uuid",
            actor=ibis.coalesce(touched.actor_login, touched.actor_name, touched.actor_id),
        ),
        by=["published", "uuid"],
    )


def changes_before(config: pd.DataFrame, onset: pd.Timestamp | None) -> pd.DataFrame:
    """The changes shortly before an onset, nearest first."""
    if onset is None:
        return config.head(0)
    near = (config["published"] <= onset) & (config["published"] >= onset - CHANGE_REACH)
    return config[near].iloc[::-1].reset_index(drop=True)


def find_fix(
    mine: pd.DataFrame, worked: pd.DataFrame, config: pd.DataFrame, onset: pd.Timestamp | None
) -> Fix:
    """Find the fix: the last change to the app after the onset that a success followed.

    ``holds``: attempts worked since, and none failed with this code. ``not_fixed``: the
    code came back after it. ``unproven``: nothing has been tried since.
    """
    last = mine["published"].max()
    changes = config[config["published"] > onset]
    since_last = worked[worked["published"] > last]
    if len(since_last):
        first = since_last["published"].iloc[0]
        made = changes[changes["published"] <= first]
        at = made["published"].iloc[-1] if len(made) else first
        again = int((mine["published"] > at).sum())
        if again:
            at = first
        return Fix(
            at,
            "holds",
            f"{words.count(len(since_last), 'attempt')} worked since the last failure "
            f"({words.moment(last)}), and none failed with this code.",
        )
    if len(changes):
        at = changes["published"].iloc[-1]
        after = int((mine["published"] > at).sum())
        if after:
            return Fix(
                at,
                "not_fixed",
                f"{words.count(after, 'failure')} with this code came "
                f"after the last change ({words.moment(at)}).",
            )
        return Fix(at, "unproven", "the app was changed, but nothing has been tried since.")
    return Fix(None, "not_fixed", "no attempt has worked since the last failure.")


def blast_radius(
    mine: pd.DataFrame, worked: pd.DataFrame, onset: pd.Timestamp | None, fix: Fix
) -> tuple[str, str]:
    """Tell a broken connection from broken users, by what worked meanwhile."""
    users = mine.loc[mine["user_key"] != "", "user_key"].nunique()
    last = mine["published"].max()
    end = fix.at if fix.at is not None and fix.at < last else last
    meanwhile = worked[(worked["published"] >= onset) & (worked["published"] <= end)]
    failed = int((mine["published"] >= onset).sum())
    why = (
        f"{words.count(failed, 'failure')} of {words.count(users, 'user')} and "
        f"{words.count(len(meanwhile), 'success', 'successes')} on the app between the first "
        "and the last failure."
    )
    if users > 1 and meanwhile.empty:
        return "connection", why
    return ("group" if users > 1 else "user"), why
