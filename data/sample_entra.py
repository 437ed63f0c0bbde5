"""The sample org's Entra: what Microsoft's own logs say of the same four weeks' outage.

Sign-ins and audit records as the portal's JSON downloads have them, of the week around the outage.
Ids, names and addresses are invented; ``make_sample.py`` writes them beside Okta's log.
"""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["AUDIT_FILE", "SIGN_IN_FILE", "Request", "entra_logs"]

SIGN_IN_FILE = "InteractiveSignIns_2026-10-26_2026-11-01.json.gz"
AUDIT_FILE = "AuditLogs_2026-10-26_2026-11-01.json.gz"

_FIRST = datetime(2026, 10, 26, 5, 40, tzinfo=UTC)
_LAST = datetime(2026, 11, 1, 18, 20, tzinfo=UTC)
_REFUSED, _OK = 50126, 0
_REASONS = {
    50126: "Error validating credentials due to invalid username or password.",
    50074: "Strong Authentication is required.",
    50140: "This error occurred due to 'Keep me signed in' interrupt when the user was signing-in.",
    53003: "Access has been blocked by Conditional Access policies. The access policy does not "
    "allow token issuance.",
}
ACCOUNT = "svc_okta_sync@example.com"
HELP_DESK = "marlow.quenby@example.com"
ADMIN = "dana.velloway@example.com"
_POWERSHELL = ("1b730954-1685-4b74-9bfd-dac224a7b894", "Azure Active Directory PowerShell")
_EXCHANGE = ("00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online")
_PORTAL = ("c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal")
_EGRESS = ("198.51.100.24", "198.51.100.25")
"""From where Okta calls."""


@dataclass(frozen=True)
class Request:
    """A sign-in that Okta's log has the ids of."""

    at: datetime
    trace_id: str
    correlation_id: str


@dataclass
class _Tenant:
    """The tenant, and what it has logged so far."""

    random: random.Random
    sign_ins: list[dict[str, Any]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id, self.other = self.guid(), self.guid()
        self.account_id = self.guid()
        self.ids: dict[str, str] = {ACCOUNT: self.account_id}

    def guid(self) -> str:
        digits = f"{self.random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def sign_in(
        self,
        at: datetime,
        code: int,
        account: str = ACCOUNT,
        *,
        app: tuple[str, str] = _POWERSHELL,
        id_: str = "",
        correlation: str = "",
        address: str = "",
        tenant: str = "",
        policies: Sequence[tuple[str, str]] = (),
    ) -> str:
        """Log a sign-in; return its id."""
        id_, correlation = id_ or self.guid(), correlation or self.guid()
        service = account == ACCOUNT
        number = self.ids.setdefault(account, self.guid())
        self.sign_ins.append(
            {
                "id": id_,
                "createdDateTime": _iso(at),
                "userDisplayName": account.partition("@")[0].replace("_", " ").replace(".", " "),
                "userPrincipalName": account,
                "userId": number,
                "appId": app[0],
                "appDisplayName": app[1],
                "ipAddress": address or self.random.choice(_EGRESS),
                "clientAppUsed": "Mobile Apps and Desktop clients" if service else "Browser",
                "correlationId": correlation,
                "conditionalAccessStatus": _status(policies),
                "isInteractive": True,
                "riskState": "none",
                "resourceDisplayName": "Windows Azure Active Directory" if service else app[1],
                "resourceTenantId": tenant or self.id,
                "homeTenantId": tenant or self.id,
                "originalRequestId": id_,
                "uniqueTokenIdentifier": base64.b64encode(id_.encode()).decode(),
                "authenticationProtocol": "ropc" if service else "oAuth2",
                "status": {
                    "errorCode": code,
                    "failureReason": _REASONS.get(code, "Other."),
                    "additionalDetails": None,
                },
                "location": {"city": "Denver", "state": "Colorado", "countryOrRegion": "US"},
                "appliedConditionalAccessPolicies": [
                    {"id": self.ids.setdefault(name, self.guid()), "displayName": name,
                     "enforcedGrantControls": ["Mfa"], "result": result}
                    for name, result in policies
                ],
            }
        )  # fmt: skip
        return id_

    def audit(self, at: datetime, activity: str, actor: str, target: str, *, kind: str = "User",
              category: str = "UserManagement") -> str:  # fmt: skip
        """Log that somebody changed something; return the record's id."""
        correlation = self.guid()
        id_ = f"Directory_{correlation}_{self.random.choice('ABCDEFGH')}{len(self.audits):03d}_1"
        self.audits.append(
            {
                "id": id_,
                "category": category,
                "correlationId": correlation,
                "result": "success",
                "resultReason": "",
                "activityDisplayName": activity,
                "activityDateTime": _iso(at),
                "loggedByService": "Core Directory",
                "operationType": activity.partition(" ")[0],
                "initiatedBy": {
                    "app": None,
                    "user": {
                        "id": self.ids.setdefault(actor, self.guid()),
                        "displayName": None,
                        "userPrincipalName": actor,
                        "ipAddress": "203.0.113.77",
                    },
                },
                "targetResources": [
                    {
                        "id": self.ids.setdefault(target, self.guid()),
                        "displayName": None if kind == "User" else target,
                        "type": kind,
                        "userPrincipalName": target if kind == "User" else None,
                        "modifiedProperties": [],
                    }
                ],
                "additionalDetails": [],
            }
        )
        return id_


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}0Z"


def _status(policies: Sequence[tuple[str, str]]) -> str:
    if not policies:
        return "notApplied"
    return "failure" if any(result == "failure" for _, result in policies) else "success"


def _at(text: str) -> datetime:
    """A time of October: ``"27 08:52:07"``."""
    day, clock = text.split()
    return datetime.fromisoformat(f"2026-10-{int(day):02d}T{clock}+00:00")


def entra_logs(
    requests: Sequence[Request], logins: Sequence[str]
) -> tuple[bytes, bytes, dict[str, Any]]:
    """Tell the outage as Entra saw it.

    Args:
        requests: the sign-ins whose ids stand in Okta's log, all refused, in any order.
        logins: of the org's people, who sign in, too.

    Returns:
        The sign-ins and the audit records as JSON, newest first, and what an analysis has to find.
    """
    tenant = _Tenant(random.Random(20261027))
    counts = _refusals(tenant, sorted(requests, key=lambda one: (one.at, one.trace_id)))
    _works(tenant, _FIRST + timedelta(minutes=31), _at("27 08:10:00"))
    last_before = _at("27 08:43:37")
    tenant.sign_in(last_before, _OK)
    stamp = "Update StsRefreshTokenValidFrom Timestamp"
    tenant.audit(_at("27 08:52:08"), stamp, HELP_DESK, ACCOUNT)
    reset = tenant.audit(_at("27 08:52:09"), "Reset user password", HELP_DESK, ACCOUNT)
    tested = _at("27 10:41:23")  # Test API Credentials, which Okta's log does not hold
    tenant.sign_in(tested, _REFUSED, address=_EGRESS[0])
    tenant.audit(_at("28 15:12:44"), "Reset user password", ADMIN, ACCOUNT)
    first_after = _at("28 15:19:51")
    tenant.sign_in(first_after, _OK, address=_EGRESS[0])
    _works(tenant, _at("28 15:31:07"), _LAST)
    _others(tenant, logins)
    truth = {
        "account": ACCOUNT,
        "application": _POWERSHELL[1],
        "error_code": _REFUSED,
        "reset": {"id": reset, "actor": HELP_DESK, "published": "2026-10-27T08:52:09Z"},
        "last_worked_before": f"{last_before:%Y-%m-%dT%H:%M:%SZ}",
        "first_worked_after": f"{first_after:%Y-%m-%dT%H:%M:%SZ}",
        "addresses": sorted(_EGRESS),
        "requests": counts,
    }
    return (
        _page(tenant.sign_ins, "createdDateTime"),
        _page(tenant.audits, "activityDateTime"),
        truth,
    )


_ODD = {7: "correlation_id", 23: "correlation_id", 41: "correlation_id", 58: "correlation_id",
        13: "likely", 47: "likely", 66: "likely", 30: "none", 71: "none"}  # fmt: skip
"""Which requests the export has under another id, without either id, or not at all."""


def _refusals(tenant: _Tenant, requests: Sequence[Request]) -> dict[str, int]:
    """Log the refused sign-ins; count them by what joins them with Okta's log."""
    counts = dict.fromkeys(("request_id", "correlation_id", "likely", "none"), 0)
    for number, one in enumerate(requests):
        how = _ODD.get(number, "request_id")
        counts[how] += 1
        at = one.at - timedelta(microseconds=tenant.random.randrange(90_000, 420_000))
        if how != "none":
            tenant.sign_in(
                at,
                _REFUSED,
                id_=one.trace_id if how == "request_id" else "",
                correlation="" if how == "likely" else one.correlation_id,
            )
    return counts


def _works(tenant: _Tenant, since: datetime, until: datetime) -> None:
    """Okta's account signs in every hour or so."""
    at = since
    while at < until:
        tenant.sign_in(at, _OK)
        at += timedelta(
            minutes=tenant.random.randrange(48, 76), seconds=tenant.random.randrange(60)
        )


def _others(tenant: _Tenant, logins: Sequence[str]) -> None:
    """What else is in the week's logs: people, a guest's tenant, the account elsewhere."""
    luck = tenant.random
    for day in range(7):
        start = datetime(2026, 10, 26, tzinfo=UTC) + timedelta(days=day)
        for _ in range(46 if start.weekday() < 5 else 9):
            at = start + timedelta(hours=luck.triangular(5.7, 18.2, 9.5))
            code = luck.choices((_OK, _REFUSED, 50074, 50140), (70, 11, 9, 10))[0]
            address = f"203.0.113.{luck.randint(1, 254)}"
            mfa = [("Require MFA for all users", "success")] if code == _OK else []
            tenant.sign_in(at, code, luck.choice(logins), app=_EXCHANGE, address=address,
                           policies=mfa)  # fmt: skip
    for hours in (1.3, 4.1, 9.7, 22.6):  # guests of another tenant, with the same error
        at = _at("27 09:05:00") + timedelta(hours=hours)
        tenant.sign_in(at, _REFUSED, "ines.aldaro@partner.example", app=_EXCHANGE,
                       address="203.0.113.9", tenant=tenant.other)  # fmt: skip
    blocked = [("Block sign-ins from unmanaged places", "failure")]
    tenant.sign_in(_at("27 14:02:09"), 53003, logins[-1], app=_PORTAL, address="203.0.113.66",
                   policies=blocked)  # fmt: skip
    # somebody tries the account by hand: it says nothing of Okta's sign-ins
    tenant.sign_in(_at("27 11:16:40"), _REFUSED, app=_PORTAL, address="203.0.113.77")
    tenant.sign_in(_at("27 11:18:02"), _OK, app=_PORTAL, address="203.0.113.77")
    for day, clock, activity, target, kind, category in (
        (26, "14:20:10", "Add member to group", "Finance readers", "Group", "GroupManagement"),
        (26, "15:05:31", "Update conditional access policy", "Require MFA for all users", "Policy",
         "Policy"),
        (27, "07:44:52", "Reset user password", logins[3], "User", "UserManagement"),
        (27, "13:31:05", "Update user", logins[9], "User", "UserManagement"),
        (29, "09:12:26", "Disable account", logins[40], "User", "UserManagement"),
        (30, "16:40:37", "Add user", "new.starter@example.com", "User", "UserManagement"),
        (31, "17:55:19", "Update user", logins[21], "User", "UserManagement"),
    ):  # fmt: skip
        actor = HELP_DESK if kind == "User" else ADMIN
        tenant.audit(_at(f"{day} {clock}"), activity, actor, target, kind=kind, category=category)


def _page(records: list[dict[str, Any]], time: str) -> bytes:
    newest_first = sorted(records, key=lambda one: (one[time], one["id"]), reverse=True)
    lines = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in newest_first)
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()
