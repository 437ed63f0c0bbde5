"""The failures of a log: what a person counts, one row each.

The counting rule:

1. Failing events of one transaction with the same app and user are one failure. The
   best-coded event speaks for it: a vendor's or the catalogue's code before an HTTP
   status, that before an unknown text, that before no reason; then the earliest.
2. An app's failing event, with no user in it, explains the users' failing events of the
   same app and transaction. It lends its code to those without a reason of their own and
   is no failure by itself; its events are counted with the first of them. Alone in its
   transaction, it is a failure without a user.
3. Without a transaction id an event is its own failure.

So the ``events`` of all failures add up to the failing events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from kit.catalogue import load
from kit.catalogue.coding import NO_REASON
from kit.engine import frame, literal

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from kit.engine import Log
    from kit.lake.coverage import Window

__all__ = ["ROW", "failure_rows", "failures", "keyed", "successes"]

KEYS = ("app_key", "user_key", "operation")
"""What an attempt is told by: app, user and operation."""

ROW = (
    "published",
    "app",
    "app_id",
    "user",
    "user_id",
    "operation",
    "code",
    "family",
    "http_status",
    "vendor_message",
    "reason",
    "event_type",
    "result",
    "events",
    "transaction_id",
    "trace_id",
    "correlation_id",
    "request_id",
    "uuid",
)
"""The columns of a failure, as ``okta-kit failures`` prints them before ``state``."""

_LENT = (
    "code",
    "family",
    "http_status",
    "vendor_message",
    "trace_id",
    "correlation_id",
    "vendor_request_id",
)


def keyed(events: ir.Table) -> ir.Table:
    """Add the keys that tell apps and users apart, never null.

    Logins are compared without case, as Okta does; an id serves where there is no login.
    """
    return events.mutate(
        app=ibis.coalesce(events.app_name, events.app_id),
        app_key=ibis.coalesce(events.app_id, events.app_name, ""),
        user_key=ibis.coalesce(events.user_login.lower(), events.user_id, ""),
        operation=ibis.coalesce(events.operation, events.event_type),
    )


def failure_rows(log: Log, window: Window | None = None) -> ir.Table:
    """Fold the failing events of a log into failures.

    Args:
        log: the opened log.
        window: failures dated in it are returned; all without it. A failure is dated by
            the event that speaks for it, so adjacent windows never share one.

    Returns:
        One row a failure: the columns ``ROW``, and ``user_name``, ``app_key`` and
        ``user_key``.
    """
    spoken = _spoken(_failing(log.events))
    explained = _explained(spoken)
    result = explained.mutate(request_id=explained.vendor_request_id, user=explained.user_login)
    if window is not None:
        result = result.filter(
            result.published >= literal(window.since), result.published < literal(window.until)
        )
    return result.select(*ROW, "user_name", "app_key", "user_key")


def failures(log: Log, window: Window | None = None) -> pd.DataFrame:
    """List the failures of a window, one row each, oldest first.

    Args:
        log: the opened log.
        window: the window; the whole log without it.

    Returns:
        The columns of ``failure_rows``; ``published`` is datetime64[us, UTC], ``events``
        int64, the rest text.
    """
    return frame(failure_rows(log, window), by=["published", "uuid"])


def successes(log: Log, *, until: Window | None = None) -> ir.Table:
    """List the events that succeeded at what could have failed.

    Args:
        log: the opened log.
        until: only events before this window's end.

    Returns:
        One row an event: ``published``, ``app``, ``app_key``, ``user_key``, ``operation``,
        ``uuid``, ``event_type``.
    """
    events = keyed(log.events)
    done = events.filter(events.result == "SUCCESS", events.code.isnull())
    if until is not None:
        done = done.filter(done.published < literal(until.until))
    return done.select("published", "app", *KEYS, "uuid", "event_type")


def _failing(events: ir.Table) -> ir.Table:
    """Failing events, those that ingest gave a code, with what they are grouped by."""
    failing = keyed(events.filter(events.code.notnull()))
    only_fails = failing.event_type.isin(sorted(load().failure_types))
    return failing.mutate(
        batch=ibis.coalesce("t:" + failing.transaction_id, "u:" + failing.uuid),
        only_fails=only_fails.cast("int8"),
        rank=ibis.cases(
            (failing.code == NO_REASON, 3),
            (failing.code.startswith("UNKNOWN_"), 2),
            (failing.code.startswith("HTTP_"), 1),
            else_=0,
        ),
    )


def _spoken(failing: ir.Table) -> ir.Table:
    """One row for each transaction, app and user: the best-coded event's.

    The operation is that of an event type that can also succeed, if one is there: only
    such an operation can be seen to recover.
    """
    group = [failing.batch, failing.app_key, failing.user_key]
    best = ibis.window(group_by=group, order_by=[failing.rank, failing.published, failing.uuid])
    attempted = ibis.window(
        group_by=group,
        order_by=[failing.only_fails, failing.rank, failing.published, failing.uuid],
    )
    whole = ibis.window(group_by=group)
    ranked = failing.mutate(
        place=ibis.row_number().over(best),
        events=failing.uuid.count().over(whole),
        operation=failing.operation.first().over(attempted),
    )
    return ranked.filter(ranked.place == 0)


def _explained(spoken: ir.Table) -> ir.Table:
    """Let an app's event explain the users' failures of its app and transaction."""
    of_user = spoken.user_key != ""
    beside = ibis.window(group_by=[spoken.batch, spoken.app_key])
    first = ibis.window(
        group_by=[spoken.batch, spoken.app_key],
        order_by=[of_user.desc(), spoken.published, spoken.uuid],
    )
    nothing = {name: ibis.null(spoken[name].type()) for name in _LENT}
    lent = {
        f"lent_{name}": ibis.ifelse(of_user, nothing[name], spoken[name]).max().over(beside)
        for name in _LENT
    }
    known = spoken.mutate(
        **lent,
        users=of_user.cast("int64").sum().over(beside),
        app_events=ibis.ifelse(of_user, 0, spoken.events).sum().over(beside),
        order=ibis.row_number().over(first),
    )
    users = known.user_key != ""
    known = known.filter(users | (known.users == 0) | (known.app_key == ""))
    users = known.user_key != ""
    borrows = users & (known.code == NO_REASON) & known.lent_code.notnull() & (known.app_key != "")
    adds = users & (known.order == 0) & (known.app_key != "")
    return known.mutate(
        events=known.events + ibis.ifelse(adds, known.app_events, 0),
        **{name: ibis.ifelse(borrows, known[f"lent_{name}"], known[name]) for name in _LENT},
    )
