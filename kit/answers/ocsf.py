"""Failures as events of the Open Cybersecurity Schema Framework, for a SIEM: one a failure.

Class and activity come from the event's type and operation, as ``ocsf.csv`` has them: the longest
prefix of an event type speaks, else the operation; what has no row is API activity of another kind,
as in the public mapping of Okta's log. The type is the class and the activity, and severity is
severity alone. What OCSF has no place for stands under ``unmapped`` in Okta's own names, so that
the kit reads a record back as the event that it was made of.
Source: https://schema.ocsf.io/1.3.0/classes/authentication, account_change, api_activity;
https://github.com/ocsf/examples, mappings/markdown/Okta/v1.3.0
"""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pandas as pd

from kit.analysis.failures import folded_failures
from kit.base.times import iso
from kit.base.windows import TICK, Window
from kit.log.log import to_pandas

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from kit.log.log import Log

__all__ = ["OCSF_VERSION", "class_and_activity", "ocsf_line", "ocsf_records"]

OCSF_VERSION = "1.3.0"

_OTHER = 99
_API_ACTIVITY = 6003
_ACCOUNT_CHANGE = 3001
_AUTHENTICATION = 3002
_CLASSES = {
    _ACCOUNT_CHANGE: ("Account Change", 3, "Identity & Access Management"),
    _AUTHENTICATION: ("Authentication", 3, "Identity & Access Management"),
    _API_ACTIVITY: ("API Activity", 6, "Application Activity"),
}
_ACTIVITIES = {
    _ACCOUNT_CHANGE: "Create|Enable|Password Change|Password Reset|Disable|Delete|Attach Policy|"
    "Detach Policy|Lock|MFA Factor Enable|MFA Factor Disable".split("|"),
    _AUTHENTICATION: ["Logon", "Logoff"],
    _API_ACTIVITY: ["Create", "Read", "Update", "Delete"],
}
_SEVERITIES = {"INFO": (1, "Informational"), "DEBUG": (1, "Informational")} | {
    "WARN": (3, "Medium"),
    "ERROR": (4, "High"),
}
_ROWS_AT_ONCE = 5_000
_MAPPED = ("uuid", "published", "eventType", "displayMessage")
"""Fields of an event that OCSF has a place for which says all of them."""


def class_and_activity(event_type: str, operation: str | None) -> tuple[int, int]:
    """Say what an event is in OCSF.

    Args:
        event_type: Okta's.
        operation: what was attempted, as the events table has it.

    Returns:
        ``class_uid`` and ``activity_id``.
    """
    by_type, by_operation = _table()
    prefixes = [prefix for prefix in by_type if event_type.startswith(prefix)]
    if prefixes:
        return by_type[max(prefixes, key=len)]
    return by_operation.get(operation or "", (_API_ACTIVITY, _OTHER))


def ocsf_records(log: Log, rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Write failures as OCSF events, one a failure, in their order.

    Args:
        log: the log of one org that they are from.
        rows: failures as ``okta-kit failures`` lists them.

    Yields:
        The records; no more than some thousand events are in memory.
    """
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows.iloc[start : start + _ROWS_AT_ONCE]
        events, reasons = _events_of(log, some)
        for row in some.to_dict("records"):
            cells: dict[str, Any] = {
                str(name): None if pd.isna(cell) else cell for name, cell in row.items()
            }
            yield _record(cells, events.get(cells["uuid"], {}), reasons.get(cells["uuid"]))


def ocsf_line(record: dict[str, Any]) -> str:
    """A record as one line of NDJSON; half a sign that no encoding knows is shown as a sign."""
    try:
        return msgspec.json.encode(record).decode()
    except (UnicodeEncodeError, OverflowError):
        text = json.dumps(record, ensure_ascii=False)
        return text.encode("utf-8", "replace").decode()


@cache
def _table() -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
    """Class and activity by the prefix of an event type, and by operation."""
    with Path(__file__).with_name("ocsf.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    values = [(int(one["class_uid"]), int(one["activity_id"])) for one in lines]
    pairs = list(zip(lines, values, strict=True))
    return (
        {one["event_type"]: value for one, value in pairs if one["event_type"]},
        {one["operation"]: value for one, value in pairs if one["operation"]},
    )


def _events_of(log: Log, rows: pd.DataFrame) -> tuple[dict[str, Any], dict[str, str]]:
    """The events that speak for some failures, and the reason of those that lend their code."""
    first, last = rows["published"].min(), rows["published"].max()
    window = Window(first.to_pydatetime(), last.to_pydatetime() + TICK)
    uuids = list(rows["uuid"])
    raws = _picked(log.within(window), uuids, "raw")
    folded = folded_failures(log, window)
    lent = to_pandas(
        folded.filter(folded.lender.notnull(), folded.uuid.isin(uuids)).select(
            "uuid", "lender", "lent_at"
        )
    )
    reasons: dict[str, str] = {}
    if len(lent):
        lenders = _picked(log.on_days(lent["lent_at"]), sorted(set(lent["lender"])), "reason")
        pairs = zip(lent["uuid"], lent["lender"], strict=True)
        reasons = {uuid: reason for uuid, one in pairs if (reason := lenders.get(one))}
    return {uuid: _decoded(raw) for uuid, raw in raws.items()}, reasons


def _picked(events: ir.Table, uuids: list[str], column: str) -> dict[str, str]:
    some = to_pandas(events.filter(events.uuid.isin(uuids)).select("uuid", column))
    return dict(zip(some["uuid"], some[column].fillna(""), strict=True))


def _decoded(raw: str) -> dict[str, Any]:
    try:
        event = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError):
        try:
            event = json.loads(raw)
        except ValueError:
            event = {}
    return event if isinstance(event, dict) else {}


def _record(row: dict[str, Any], event: dict[str, Any], lent_reason: str | None) -> dict[str, Any]:
    class_uid, activity = class_and_activity(row["event_type"] or "", row["operation"])
    class_name, category, category_name = _CLASSES[class_uid]
    names = _ACTIVITIES[class_uid]
    activity_name = names[activity - 1] if activity <= len(names) else row["operation"] or "Other"
    severity_id, severity = _SEVERITIES.get(str(event.get("severity")).upper(), (0, "Unknown"))
    reason = lent_reason or row["reason"]
    record = {
        "activity_id": activity,
        "activity_name": activity_name,
        "category_uid": category,
        "category_name": category_name,
        "class_uid": class_uid,
        "class_name": class_name,
        "type_uid": class_uid * 100 + activity,
        "type_name": f"{class_name}: {names[activity - 1] if activity <= len(names) else 'Other'}",
        "time": _millis(row["published"]),
        "time_dt": iso(row["published"]),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 2,
        "status": "Failure",
        "status_code": row["code"],
        "status_detail": reason,
        "message": event.get("displayMessage") or row["event_type"],
        "metadata": _metadata(row),
        "actor": _actor(event),
        "src_endpoint": _endpoint(event),
        "http_request": _request(event),
        **_of_class(class_uid, row, event),
        "enrichments": [_failure_facts(row)],
        "unmapped": _unmapped(event, reason),
    }
    return {name: value for name, value in record.items() if value not in (None, {}, [])}


def _millis(moment: pd.Timestamp) -> int:
    return int(moment.value // 1_000_000)


def _metadata(row: dict[str, Any]) -> dict[str, Any]:
    values = {
        "version": OCSF_VERSION,
        "profiles": ["datetime"],
        "product": {"name": "Okta System Log", "vendor_name": "Okta"},
        "uid": row["uuid"],
        "event_code": row["event_type"],
        "correlation_uid": row["transaction_id"],
        "tenant_uid": row.get("org"),
    }
    return {name: value for name, value in values.items() if value}


def _of_class(class_uid: int, row: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """What a class needs besides."""
    if class_uid == _API_ACTIVITY:
        app = {"name": row["app"], "uid": row["app_id"], "type": "AppInstance"}
        person = {"name": row["user"], "uid": row["user_id"], "type": "User"}
        resources = [{k: v for k, v in one.items() if v} for one in (app, person)]
        return {
            "api": {"operation": row["event_type"], "service": {"name": row["app"] or "Okta"}},
            "resources": [one for one in resources if len(one) > 1],
        }
    user = _person(row["user_id"], row["user"], None) or _actor(event).get("user")
    values: dict[str, Any] = {"user": user or {"name": row["hit"] or "unknown"}}
    if class_uid == _AUTHENTICATION:
        service: dict[str, Any] = {"name": row["app"] or "Okta", "uid": row["app_id"]}
        values["service"] = {name: value for name, value in service.items() if value}
    return values


def _part(event: dict[str, Any], *names: str) -> Any:
    """A part of an event; None where it or what leads to it is missing or of another kind."""
    value: Any = event
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _person(uid: Any, login: Any, name: Any) -> dict[str, Any]:
    values = {"uid": uid, "name": login or name, "full_name": name}
    if isinstance(login, str) and "@" in login:
        values["email_addr"] = login
    return {key: value for key, value in values.items() if isinstance(value, str) and value}


def _actor(event: dict[str, Any]) -> dict[str, Any]:
    actor = _part(event, "actor") or {}
    person = _person(_part(actor, "id"), _part(actor, "alternateId"), _part(actor, "displayName"))
    return {"user": person} if person else {"app_name": "Okta"}


def _endpoint(event: dict[str, Any]) -> dict[str, Any]:
    where = {
        "city": _part(event, "client", "geographicalContext", "city"),
        "country": _part(event, "client", "geographicalContext", "country"),
        "region": _part(event, "client", "geographicalContext", "state"),
    }
    location = {name: value for name, value in where.items() if isinstance(value, str) and value}
    address = _part(event, "client", "ipAddress")
    if not isinstance(address, str) or not address:
        return {"svc_name": "Okta"}  # a job of Okta's own
    return {"ip": address, **({"location": location} if location else {})}


def _request(event: dict[str, Any]) -> dict[str, Any]:
    values = {
        "uid": _part(event, "debugContext", "debugData", "requestId"),
        "user_agent": _part(event, "client", "userAgent", "rawUserAgent"),
    }
    return {name: value for name, value in values.items() if isinstance(value, str) and value}


def _failure_facts(row: dict[str, Any]) -> dict[str, Any]:
    """What the kit says of the failure, as OCSF's enrichment of an event."""
    names = "app app_id user user_id hit_type hit operation family kind state events".split()
    names += "http_status vendor_message trace_id correlation_id request_id".split()
    facts = {name: row[name] for name in names if row.get(name) not in (None, "")}
    return {"name": "failure", "value": row["code"], "provider": "okta-kit", "data": facts}


def _unmapped(event: dict[str, Any], reason: str | None) -> dict[str, Any]:
    rest = {name: value for name, value in event.items() if name not in _MAPPED}
    outcome = rest.get("outcome")
    if isinstance(outcome, dict):
        rest["outcome"] = {**outcome, "reason": reason}
    return rest
