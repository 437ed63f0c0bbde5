"""The events that are written in every form, and what a log of them has to give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factories import REFUSED, SLACK, event
from kit.analysis.failures import failures

if TYPE_CHECKING:
    import pandas as pd

    from kit.log.log import Log


def form_event(at: str, **more: Any) -> dict[str, Any]:
    """An event with all that the forms hold."""
    filled = event(at, transaction=more.pop("transaction", "t1"), **more)
    filled["client"] = {"ipAddress": "192.0.2.7"}
    filled["debugContext"] = {"debugData": {"requestId": "r-1", "requestUri": "/api/v1"}}
    return filled


EVENTS = [
    form_event("2026-10-27T09:05:00.000Z", reason=REFUSED),
    form_event(
        "2026-10-27T09:06:00.000Z",
        user="doe.jane@example.com",
        transaction="t2",
        app=SLACK,
        reason='HTTP 409, "taken", {userName} }, {',
    ),
    form_event("2026-10-27T09:07:00.000Z", result="SUCCESS", transaction="t3", app=SLACK),
    form_event("2026-10-27T09:08:00.000Z", user=None, reason="HTTP 503", transaction="t4"),
]
SHARED_COLUMNS = (
    "uuid published event_type display_message severity result reason actor_id actor_type "
    "actor_login actor_name client_ip app_id app_name user_id user_login user_name "
    "transaction_id transaction_type request_id operation code http_status vendor_message"
).split()
FAILURE_COLUMNS = "published app user operation code http_status reason transaction_id uuid".split()


def log_rows(log: Log) -> list[dict[str, Any]]:
    """A log's events, as far as every form has them."""
    rows = log.events.select(*SHARED_COLUMNS).order_by("uuid").to_pyarrow().to_pylist()
    return [dict(row) for row in rows]


def log_failures(log: Log) -> pd.DataFrame:
    """A log's failures."""
    return failures(log)[FAILURE_COLUMNS].sort_values("uuid", ignore_index=True)
