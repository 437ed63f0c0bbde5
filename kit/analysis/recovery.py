"""Who or what still fails, recovered or was given up, by app, who is hit and operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from kit.analysis.failures import (
    BY,
    DEACTIVATIONS,
    KEYS,
    folded_failures,
    only_rows,
    pick_successes,
    successes,
    with_keys,
)
from kit.analysis.renames import renames_digest, under_latest_login
from kit.catalogue import load
from kit.log.log import literal, to_pandas, window_of

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = ["access_left_behind", "assignments", "first_after", "people", "recovery", "with_state"]

_UNASSIGNED_TYPES = (
    "application.user_membership.remove",
    "application.user_membership.revoke",
    "application.user_membership.deprovision",
)
_ASSIGNED_TYPES = (
    "application.user_membership.add",
    "application.user_membership.restore",
    "application.user_membership.provision",
)


_FAILURE = ["uuid", "operation", "hit_key", "credential"]
"""What follows a failure over time: an event that comes later may name its operation."""


def recovery(
    log: Log,
    window: Window | str | None = None,
    *,
    since: str | date | None = None,
    until: str | date | None = None,
    everyone: bool = False,
    **only: str,
) -> pd.DataFrame:
    """Say of each app, user and operation that failed whether it worked again by a window's end.

    That is a state at the window's end, of all that the source holds before it: windows that
    end together agree, wherever they begin. What fell in the window stands apart.

    The rule: ``recovered`` if something succeeded after the last failure that shows the same
    operation to work: an event of a type that the catalogue names for it, else of the same
    operation, and of the same factor; a success of another operation, of another user or at the
    same instant is none. Else ``abandoned``
    if the user was unassigned from the app after the last failure and not assigned again: there
    is nothing left to retry. A failed deactivation is never abandoned: unassigning is what
    it should have followed, and access was left behind. Else ``still_failing``, or empty where
    nothing can be followed: only events of types that exist for failures alone came since it
    last worked. What comes after the window's end is not looked at.

    Args:
        log: the opened log.
        window: the window whose failures are counted, and at whose end the state holds; or its
            start: ``7d`` before the end, a date or an ISO time.
        since: the window's start, in the place of *window*; the log's first event if left out.
        until: the window's end, not included; the log's end if left out.
        everyone: clients, groups, agents and whatever else is hit beside the users, too.
        only: as in ``failure_rows``.

    Returns:
        One row for each app, user and operation with a failure before the window's end, failed
        deactivations that still fail first: the keys ``KEYS`` and ``user_key``;
        ``app``, ``user``, ``user_name``, ``hit_type``, ``hit``; of the failures in the window
        ``failures`` int64 (0 where none fell in it), ``first_seen`` and ``last_seen``; of all
        ``first_failure`` and ``last_failure``; ``failing_since``, the first failure since it last
        worked, ``recovered_at`` and ``abandoned_at``; the times datetime64[us, UTC], missing
        where they do not apply;
        ``time_to_recover`` timedelta64[us] from ``failing_since``; ``state``.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> people = kit.recovery(log, "7d")
        >>> people[people["failures"] > 0]["state"].value_counts().to_dict()
        {'recovered': 118, 'still_failing': 19}
    """
    window = window_of(log, window, since, until)
    failed = folded_failures(log)
    failed = failed.filter(
        (failed.hit_key if everyone else failed.user_key) != "",
        failed.published < literal(window.until),
    )
    failed = only_rows(failed, only)
    inside = failed.published >= literal(window.since)
    last = failed.group_by(list(KEYS)).aggregate(
        app=failed.app.max(),
        user_key=failed.user_key.max(),
        hit_type=failed.hit_type.max(),
        hit=failed.hit.max(),
        user=ibis.coalesce(failed.user, failed.user_id).argmax(
            ibis.struct({"published": failed.published, "uuid": failed.uuid})
        ),
        user_name=failed.user_name.max(),
        failures=failed.uuid.count(where=inside),
        first_seen=failed.published.min(where=inside),
        last_seen=failed.published.max(where=inside),
        first_failure=failed.published.min(),
        last_failure=failed.published.max(),
        last_uuid=failed.uuid.argmax(
            ibis.struct({"published": failed.published, "uuid": failed.uuid})
        ),
    )
    again = first_after(log, window)
    outcomes = last.left_join(again, last.last_uuid == again.uuid).select(
        *(last[name] for name in last.columns if name != "last_uuid"),
        recovered_at=again.worked_again,
        failing_since=again.failing_since,
        followed=again.followed,
    )
    table = to_pandas(outcomes, by=list(KEYS))
    table["abandoned_at"] = _abandoned(table, assignments(log), window)
    table["state"] = np.select(
        [
            table["recovered_at"].notna(),
            ~table.pop("followed").fillna(value=True).astype(bool),
            table["abandoned_at"].notna(),
        ],
        ["recovered", "", "abandoned"],
        "still_failing",
    )
    table["state"] = table["state"].astype("str")
    table["time_to_recover"] = table["recovered_at"] - table["failing_since"]
    later = ~table.index.isin(access_left_behind(table).index)
    return table.iloc[np.argsort(later, kind="stable")].reset_index(drop=True)


def access_left_behind(rows: pd.DataFrame) -> pd.DataFrame:
    """Pick the failed deactivations that nothing made up for: access that was left behind.

    Args:
        rows: as ``recovery`` lists them, or other rows with ``operation`` and ``state``.

    Returns:
        Those of the rows that are an operation of ``DEACTIVATIONS`` and still fail.
    """
    stays = rows["operation"].isin(DEACTIVATIONS) & (rows["state"] == "still_failing")
    return rows[stays]


def people(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Sort users, and whatever else is hit, by what became of them; each is in one list only.

    Args:
        rows: as ``recovery`` lists them.

    Returns:
        ``still_failing`` (any operation still fails), ``abandoned`` (else, any was given up)
        and ``recovered`` (all work again): logins, sorted, one spelling for each user; of a
        client, group or agent its name.
    """
    last = rows.sort_values("last_failure", kind="stable") if "last_failure" in rows else rows
    spelt = last["user"].fillna(last["hit"]).groupby(last["hit_key"]).last()
    remaining, logins_by_state = set(rows["hit_key"]), {}
    for state in ("still_failing", "abandoned", "recovered"):
        mine = remaining & set(rows.loc[rows["state"] == state, "hit_key"])
        logins_by_state[state] = sorted(spelt[list(mine)])
        remaining -= mine
    return logins_by_state


def first_after(log: Log, window: Window) -> ir.Table:
    """Give each failure's next success, as far as the window's end.

    Args:
        log: the opened log.
        window: what comes at its end or later is not looked at.

    Returns:
        One row a failure up to then of those that can be followed: ``uuid``; ``worked_again``, null
        while it did not; ``failing_since``, the first failure of the same user and operation
        that nothing worked after until this one; ``followed``, whether one of these is of a
        type that can succeed.
    """
    again = log.answers.once("worked_again", lambda: _worked_again(log))
    again = again.filter(again.published < literal(window.until))
    before_end = again.worked_again < literal(window.until)
    return again.select(
        "uuid",
        "failing_since",
        "followed",
        worked_again=ibis.ifelse(before_end, again.worked_again, ibis.null(again.published.type())),
    )


def assignments(log: Log) -> ir.Table:
    """List when users who ever failed on an app were assigned to it or unassigned from it.

    Args:
        log: the opened log.

    Returns:
        One row an event: ``app_key``, ``user_key``, ``published``, ``uuid``, ``event_type``,
        ``actor`` and ``taken``, whether the user was unassigned.
    """

    def of(events: ir.Table) -> ir.Table:
        rows = with_keys(
            events.filter(events.event_type.isin([*_UNASSIGNED_TYPES, *_ASSIGNED_TYPES]))
        )
        rows = rows.filter(rows.code.isnull(), rows.user_key != "")
        rows = rows.mutate(
            taken=rows.event_type.isin(_UNASSIGNED_TYPES),
            actor=ibis.coalesce(rows.actor_login, rows.actor_name, rows.actor_id),
        )
        return rows.select(
            "app_key", "user_key", "published", "uuid", "event_type", "actor", "taken"
        )

    answer = log.answers.once(
        "assignments",
        lambda: of(log.events_all_days),
        lambda answer, fresh: answer.union(of(fresh).cast(answer.schema())),
    )
    answer = under_latest_login(log, answer)
    return answer.semi_join(folded_failures(log), ["app_key", "user_key"])


def _abandoned(
    table: pd.DataFrame, assignment_rows: ir.Table, window: Window
) -> pd.Series[pd.Timestamp]:
    """When each was unassigned for good after the last failure; missing where not."""
    beside = ["app_key", "user_key"]
    nothing = pd.Series(pd.NaT, index=table.index, dtype="datetime64[us, UTC]")
    mine = table[~table["operation"].isin(DEACTIVATIONS) & table["recovered_at"].isna()]
    if mine.empty:
        return nothing
    since = mine["last_failure"].min().to_pydatetime()
    rows = assignment_rows.filter(
        assignment_rows.published >= literal(since),
        assignment_rows.published < literal(window.until),
    )
    rows = to_pandas(rows, by=["published", "taken", "uuid"])
    last = rows.drop_duplicates(beside, keep="last").set_index(beside)
    last = last.loc[last["taken"], "published"]
    at = pd.Series(last.reindex(mine.set_index(beside).index).to_numpy(), index=mine.index)
    at = pd.to_datetime(at, utc=True).astype("datetime64[us, UTC]")
    nothing.loc[mine.index] = at.where(at > mine["last_failure"])
    return nothing


def _worked_again(log: Log) -> ir.Table:
    """The first success after each failure, and the first failure of the run it ended.

    Of the whole log, because a window only asks whether it came before its end.
    """
    failed = _to_follow(log)
    again = log.answers.once(
        f"next_success{renames_digest(log)}",
        lambda: _next_success(failed, successes(log)),
        lambda answer, fresh: _sooner(log, answer, fresh),
    )
    rows = failed.join(again, _FAILURE)
    run = [*(rows[name] for name in KEYS), rows.worked_again]
    order = [rows.published, rows.uuid]
    so_far = ibis.window(group_by=run, order_by=order, preceding=None, following=0)
    return rows.select(
        "uuid",
        "published",
        "worked_again",
        failing_since=rows.published.min().over(so_far),
        followed=rows.followed.cast("int8").max().over(so_far) == 1,
    )


def _to_follow(log: Log) -> ir.Table:
    """The failures of those that can be followed."""
    failed = folded_failures(log)
    failed = failed.filter(failed.hit_key != "")
    return failed.select("uuid", "published", *KEYS, "scope", "followed")


def _next_success(failed: ir.Table, successes: ir.Table) -> ir.Table:
    """The first of some successes after each failure: ``_FAILURE``, ``worked_again`` or null."""
    # A number in place of many texts, because all that follows is sorted by it.
    told_by = ["scope", *KEYS]
    keys = failed.select(*told_by).distinct()
    keys = keys.mutate(key=ibis.row_number().over(order_by=told_by))
    failed = failed.join(keys, told_by).select("key", "published", *_FAILURE)
    never = ibis.null(failed.published.type())
    moments = failed.select("key", "published").distinct().mutate(worked=never, fails=True)
    matches = _matching_successes(keys, successes)
    matches = matches.mutate(worked=matches.published, fails=False)
    rows = moments.union(matches.select(*moments.columns))
    # Backwards, because engines add to what they have seen, and Spark would look at all that
    # follows for each row. At one instant the success comes first: it is no recovery.
    order = [rows.published.desc(), rows.fails.desc()]
    later = ibis.window(group_by="key", order_by=order, preceding=None, following=0)
    rows = rows.mutate(worked_again=rows.worked.min().over(later))
    rows = rows.filter(rows.fails).select("key", "published", "worked_again")
    return failed.join(rows, ["key", "published"]).select(*_FAILURE, "worked_again")


def _matching_successes(keys: ir.Table, successes: ir.Table) -> ir.Table:
    """The successes that show one of the keys to work again: ``key``, ``published``."""
    by_type = keys.credential.startswith(BY)
    keys_by_type = keys.filter(by_type)
    keys_by_type = keys_by_type.select(
        "key",
        "scope",
        "hit_key",
        event_type=keys_by_type.credential.substr(len(BY)).split(" ").unnest(),
    )
    showing = sorted({one for types in load().tracks for one in types})
    by_types = successes.filter(successes.event_type.isin(showing)).join(
        keys_by_type, ["scope", "hit_key", "event_type"]
    )
    others = keys.filter(~by_type)
    alike = successes.join(others.rename(wanted="credential"), ["scope", "hit_key", "operation"])
    # A failure that names no factor: any that works shows it, but for a password.
    same = (alike.wanted == alike.credential) | (
        (alike.wanted == "") & (alike.credential != _PASSWORD)
    )
    alike = alike.filter(same)
    # Of an app as a whole: what works for anybody on it.
    of_app = others.filter(others.hit_key == "app:" + others.app_key)
    on_app = successes.join(of_app.select("key", "app_key", "operation"), ["app_key", "operation"])
    return ibis.union(*(part.select("key", "published") for part in (by_types, alike, on_app)))


_PASSWORD = "PASSWORD_AS_FACTOR"  # noqa: S105  # Okta's name of the factor


def _sooner(log: Log, answer: ir.Table, fresh: ir.Table) -> ir.Table:
    """The first success after each failure, of a log that grew.

    Failures that were known look at what came alone; new ones at all that is not before them.
    """
    failed = _to_follow(log)
    new = failed.anti_join(answer, _FAILURE)
    since = to_pandas(new.aggregate(first=new.published.min()))["first"][0]
    came = _next_success(failed, under_latest_login(log, pick_successes(fresh)))
    rows = failed.left_join(answer, _FAILURE).left_join(came, _FAILURE, rname="{name}_came")
    soonest = [rows.worked_again.cast(came.worked_again.type()), rows.worked_again_came]
    if pd.notna(since):
        later = log.events_all_days.filter(
            log.events_all_days.published >= literal(since.to_pydatetime())
        )
        later = under_latest_login(log, pick_successes(later))
        new_successes = _next_success(new, later)
        rows = rows.left_join(new_successes, _FAILURE, rname="{name}_found")
        soonest.append(rows.worked_again_found)
    return rows.select(*_FAILURE, worked_again=ibis.least(*soonest))


def with_state(failures: pd.DataFrame, recovered: pd.DataFrame) -> pd.DataFrame:
    """Add to each failure the state of its app, user and operation.

    Args:
        failures: as ``failures`` lists them.
        recovered: as ``recovery`` lists them, of the same window.

    Returns:
        The failures with ``state``: ``still_failing`` (also of users who were given up: no success
        came after it), ``recovered``, or ``""`` where nobody and nothing can be followed.
    """
    states = recovered.set_index(list(KEYS))["state"].replace("abandoned", "still_failing")
    keys = failures.set_index(list(KEYS)).index
    state = states.reindex(keys).fillna("").to_numpy() if len(states) else ""
    return failures.assign(state=state)
