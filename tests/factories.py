"""LogEvents made by hand, and export files of them."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

M365 = {"id": "0oam365000000000app1", "name": "Microsoft Office 365"}
SLACK = {"id": "0oaslack00000000app2", "name": "Slack"}
REFUSED = (
    "Could not validate your Office 365 credentials, received error: 400 AADSTS50126: Error "
    "validating credentials due to invalid username or password. Trace ID: "
    "11111111-2222-3333-4444-555555555555 Correlation ID: "
    "66666666-7777-8888-9999-000000000000 Timestamp: 2026-10-27 09:05:00Z"
)

_numbers = itertools.count(1)


def event(
    at: str = "2026-10-27T09:05:00.000Z",
    *,
    type_: str = "application.provision.user.push",
    result: str = "FAILURE",
    reason: str | None = None,
    user: str | None = "ada@example.com",
    app: dict[str, str] | None = M365,
    transaction: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Make one LogEvent; every event gets a uuid of its own."""
    number = next(_numbers)
    targets = []
    if app:
        targets.append(
            {
                "id": app["id"],
                "type": "AppInstance",
                "alternateId": app["name"],
                "displayName": app["name"],
            }
        )
    if user:
        targets.append(
            {"id": f"00u{user}", "type": "User", "alternateId": user, "displayName": user.title()}
        )
    return {
        "uuid": f"00000000-0000-0000-0000-{number:012d}",
        "published": at,
        "eventType": type_,
        "displayMessage": "An event",
        "severity": "WARN",
        "outcome": {"result": result, "reason": reason},
        "actor": {
            "id": "00uadmin",
            "type": "User",
            "alternateId": "admin@example.com",
            "displayName": "An Admin",
        },
        "transaction": {"id": transaction, "type": "JOB"},
        "target": targets,
        **more,
    }


def ndjson(events: Iterable[dict[str, Any]]) -> str:
    """Return events as NDJSON, one a line."""
    return "".join(json.dumps(one) + "\n" for one in events)


def write_export(path: Path, events: Iterable[dict[str, Any]], *, more: str = "") -> Path:
    """Write events to an NDJSON file, and return its path.

    Args:
        path: the file; its folder must exist.
        events: LogEvents.
        more: text that follows them, a broken line perhaps.
    """
    path.write_text(ndjson(events) + more, encoding="utf-8")
    return path
