"""An event of Google SecOps' data model (UDM) becomes a LogEvent again, as far as it is one.

Google's parser keeps who, what and when, and of the result whether it was let through; it keeps
neither the transaction nor the targets as Okta lists them.
https://cloud.google.com/chronicle/docs/ingestion/default-parsers/okta
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.sources.columns import squeezed
from kit.sources.written_times import utc

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["log_event_of"]

_RESULTS = {"ALLOW": "SUCCESS", "ALLOW_WITH_MODIFICATION": "SUCCESS", "BLOCK": "FAILURE",
            "FAIL": "FAILURE", "CHALLENGE": "CHALLENGE", "QUARANTINE": "UNKNOWN"}  # fmt: skip
_OKTAS_RESULTS = {"SUCCESS", "FAILURE", "ALLOW", "DENY", "SKIPPED", "CHALLENGE", "UNKNOWN"}
_SEVERITIES = {"INFORMATIONAL": "INFO", "LOW": "INFO", "MEDIUM": "WARN", "HIGH": "ERROR",
               "ERROR": "ERROR", "CRITICAL": "ERROR"}  # fmt: skip


def log_event_of(udm: Mapping[str, Any]) -> dict[str, Any] | None:
    """Build the LogEvent that a UDM event tells of.

    Args:
        udm: the event, its names in camel or snake case.

    Returns:
        The LogEvent; None if it lacks its uuid, type or time.
    """
    one = _plain(udm)
    about = _of(one, "metadata")
    at = about.get("eventtimestamp")
    if isinstance(at, dict):
        nanos = int(at.get("nanos") or 0)
        at = f"{at.get('seconds')}.{nanos:09}"
    uuid, kind, published = about.get("productlogid"), about.get("producteventtype"), utc(at)
    if not (isinstance(uuid, str) and isinstance(kind, str) and published):
        return None
    results = one.get("securityresult") or []
    result = _of({"it": next(iter(results), {}) if isinstance(results, list) else results}, "it")
    principal = _of(one, "principal")
    return {
        "uuid": uuid,
        "published": published,
        "eventType": kind,
        "displayMessage": result.get("summary") or about.get("description"),
        "severity": _SEVERITIES.get(str(result.get("severity"))),
        "outcome": {"result": _result(result), "reason": _reason(result)},
        "actor": _user(_of(principal, "user")),
        "client": {"ipAddress": _first(principal.get("ip"))},
        "target": _targets(one.get("target")),
    }


def _plain(value: Any) -> Any:
    """The same with names that are compared by their letters alone."""
    if isinstance(value, dict):
        return {squeezed(name): _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _of(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def _first(value: Any) -> Any:
    return next(iter(value), None) if isinstance(value, list) else value


def _result(result: Mapping[str, Any]) -> str | None:
    details = str(result.get("actiondetails") or "").upper()
    if details in _OKTAS_RESULTS:
        return details
    return _RESULTS.get(str(_first(result.get("action")) or "").upper())


def _reason(result: Mapping[str, Any]) -> str | None:
    for name in ("categorydetails", "description"):
        value = _first(result.get(name))
        if isinstance(value, str) and value:
            return value
    return None


def _user(user: Mapping[str, Any], kind: str = "User") -> dict[str, Any] | None:
    login = _first(user.get("emailaddresses")) or user.get("userid")
    name, id_ = user.get("userdisplayname"), user.get("productobjectid")
    if not (login or name or id_):
        return None
    return {"id": id_, "type": kind, "alternateId": login, "displayName": name}


def _targets(value: Any) -> list[dict[str, Any]]:
    """The user and the app, of which UDM has a place for one each."""
    targets = []
    for target in value if isinstance(value, list) else [value]:
        if not isinstance(target, dict):
            continue
        user = _user(_of(target, "user"))
        targets += [user] if user else []
        if app := target.get("application"):
            targets.append({"id": None, "type": "AppInstance", "displayName": str(app)})
    return targets
