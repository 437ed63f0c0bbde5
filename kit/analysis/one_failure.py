"""The events behind one failure: the one that speaks for it, and those of its transaction."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ibis

from kit.base.windows import TICK, Window
from kit.log.log import literal, to_pandas

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir
    import pandas as pd

    from kit.log.log import Log

__all__ = ["events_beside", "events_of_app", "find_event", "with_addresses"]

_AROUND = timedelta(hours=1)
"""How far from a failure the other events of its transaction are looked for. It keeps the question
to few files; transactions of an import may take longer."""

_MAX_EVENTS = 200
_MAX_APP_EVENTS = 50
_DAYS = timedelta(days=2)


def find_event(log: Log, uuid: str, published: pd.Timestamp) -> dict[str, Any] | None:
    """Read an event as Okta sent it.

    Args:
        log: the opened log.
        uuid: the event's.
        published: when it was published, UTC.

    Returns:
        The event; None if the source does not hold it, or not as it was sent.
    """
    near = _near(log, published, timedelta(seconds=1))
    rows = to_pandas(near.filter(near.uuid == uuid).select("raw"))
    if rows.empty or rows["raw"][0] is None:
        return None
    event: dict[str, Any] = json.loads(rows["raw"][0])
    return event


def events_beside(
    log: Log, transaction_id: str | None, uuid: str, published: pd.Timestamp
) -> pd.DataFrame:
    """List the other events of a failure's transaction, oldest first.

    Args:
        log: the opened log.
        transaction_id: the transaction; missing where the event has none.
        uuid: the event that speaks for the failure.
        published: when that was published, UTC.

    Returns:
        One row an event: ``published`` datetime64[us, UTC], ``event_type``, ``result``, ``app``,
        ``user``, ``reason``, ``uuid``. Within an hour of the failure.
    """
    near = _near(log, published, _AROUND)
    rows = near.filter(near.transaction_id == (transaction_id or ""), near.uuid != uuid)
    rows = rows.select(
        *("published", "event_type", "result"),
        app=rows.app_name,
        user=ibis.coalesce(rows.user_login, rows.user_name, rows.actor_login),
        reason=ibis.coalesce(rows.reason, rows.display_message),
        uuid=rows.uuid,
    )
    return to_pandas(rows, by=["published", "uuid"])


def with_addresses(log: Log) -> list[dict[str, Any]]:
    """Read some of the log's newest events that name an address of Okta's.

    Args:
        log: the opened log.

    Returns:
        Up to 200 events as Okta sent them, of the log's last day, the newest first.
    """
    events = log.events_all_days
    newest = events.filter(events.published >= literal(log.last - timedelta(days=1)))
    matches = newest.filter(newest.raw.contains("okta"), newest.raw.contains("https://"))
    ordered = matches.order_by(ibis.desc("published"), ibis.desc("uuid"))
    rows = to_pandas(ordered.limit(_MAX_EVENTS).select("raw"))
    return [json.loads(one) for one in rows["raw"]]


def events_of_app(log: Log, app_id: str, moment: datetime) -> list[dict[str, Any]]:
    """Read some events of one app around a moment, as Okta sent them.

    Args:
        log: the opened log.
        app_id: the app's id.
        moment: the moment, UTC.

    Returns:
        Up to 50 events that name an app's path or are of a type that is the app's own, within two
        days of the moment, the oldest first.
    """
    near = log.within(Window(moment - _DAYS, moment + _DAYS))
    mine = near.filter(near.app_id == app_id)
    telling = mine.filter(mine.event_type.startswith("app.") | mine.raw.contains("/app/"))
    ordered = telling.order_by("published", "uuid")
    rows = to_pandas(ordered.limit(_MAX_APP_EVENTS).select("raw"))
    return [json.loads(one) for one in rows["raw"] if one]


def _near(log: Log, published: pd.Timestamp, apart: timedelta) -> ir.Table:
    return log.within(Window(published - apart, published + apart + TICK))
