"""Sign-ins and audit records of Entra as people export them: one list of facts in every form."""

# ruff: noqa: E501

import csv
import io
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TENANT = "aaaaaaaa-1111-4222-8333-444444444444"
WORKSPACE = "bbbbbbbb-1111-4222-8333-444444444444"


@dataclass
class SignIn:
    """What one sign-in record says."""

    at: datetime
    code: int = 0
    id: str = ""
    correlation: str = ""
    account: str = "svc_okta@contoso.example"
    account_id: str = "11111111-2222-4333-8444-555555555555"
    principal: str = ""
    app: str = "Azure Active Directory PowerShell"
    app_id: str = "1b730954-1685-4b74-9bfd-dac224a7b894"
    tenant: str = TENANT
    reason: str = "Error validating credentials."
    address: str = "192.0.2.40"
    policies: list[tuple[str, str]] = field(default_factory=list)
    """Names of conditional access policies and their results."""
    count: int = 1

    @property
    def of_principal(self) -> bool:
        """Whether a service principal signed in, no user."""
        return bool(self.principal)


def number(seed: str) -> str:
    """A GUID that is the same at every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, seed))


def _iso(at: datetime, decimals: int = 0) -> str:
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{at.microsecond:06d}0Z" if decimals else f"{text}Z"


def graph_object(one: SignIn) -> dict[str, Any]:
    """A signIn of Microsoft Graph."""
    kind = "servicePrincipal" if one.of_principal else "interactiveUser"
    return {
        "id": one.id,
        "createdDateTime": _iso(one.at),
        "userDisplayName": None if one.of_principal else "svc okta",
        "userPrincipalName": None if one.of_principal else one.account,
        "userId": None if one.of_principal else one.account_id,
        "appId": one.app_id,
        "appDisplayName": one.app,
        "ipAddress": one.address,
        "clientAppUsed": "Mobile Apps and Desktop clients",
        "correlationId": one.correlation,
        "conditionalAccessStatus": "notApplied",
        "isInteractive": not one.of_principal,
        "signInEventTypes": [kind],
        "servicePrincipalName": one.principal or None,
        "servicePrincipalId": number(one.principal) if one.of_principal else "",
        "resourceDisplayName": "Windows Azure Active Directory",
        "resourceTenantId": one.tenant,
        "status": {"errorCode": one.code, "failureReason": one.reason if one.code else "Other."},
        "location": {"city": "Springfield", "countryOrRegion": "US"},
        "appliedConditionalAccessPolicies": [
            {"id": number(name), "displayName": name, "result": result}
            for name, result in one.policies
        ],
    }


def diagnostic_object(one: SignIn) -> dict[str, Any]:
    """A record of Entra's diagnostic settings."""
    properties = graph_object(one) | {
        "createdDateTime": _iso(one.at, 7).replace("Z", "+00:00"),
        "originalRequestId": one.id,
    }
    del properties["signInEventTypes"]
    if not one.code:
        properties["status"] = {"errorCode": 0}
    return {
        "time": _iso(one.at, 7),
        "resourceId": f"/tenants/{one.tenant}/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "category": "ServicePrincipalSignInLogs" if one.of_principal else "SignInLogs",
        "tenantId": one.tenant,
        "resultType": str(one.code),
        "resultDescription": one.reason if one.code else None,
        "callerIpAddress": one.address,
        "correlationId": one.correlation,
        "Level": 4,
        "location": "US",
        "properties": properties,
    }


def analytics_object(one: SignIn) -> dict[str, Any]:
    """A row of a Log Analytics table."""
    row = {
        "TenantId": WORKSPACE,
        "TimeGenerated": _iso(one.at, 7),
        "Category": "ServicePrincipalSignInLogs" if one.of_principal else "SignInLogs",
        "ResultType": str(one.code),
        "ResultDescription": one.reason if one.code else "",
        "CorrelationId": one.correlation,
        "Id": one.id,
        "AppId": one.app_id,
        "IPAddress": one.address,
        "Type": "AADServicePrincipalSignInLogs" if one.of_principal else "SigninLogs",
        "ConditionalAccessPolicies": json.dumps(
            graph_object(one)["appliedConditionalAccessPolicies"]
        ),
    }
    if one.of_principal:
        return row | {
            "ServicePrincipalName": one.principal,
            "ServicePrincipalId": number(one.principal),
        }
    return row | {
        "CreatedDateTime": _iso(one.at, 7),
        "AppDisplayName": one.app,
        "UserPrincipalName": one.account,
        "UserId": one.account_id,
        "AADTenantId": one.tenant,
        "Status": json.dumps(graph_object(one)["status"]),
    }


def elastic_object(one: SignIn, *, original: bool = False) -> dict[str, Any]:
    """A document of Elastic's Azure integration."""
    properties = {
        "id": one.id,
        "correlation_id": one.correlation,
        "created_at": _iso(one.at),
        "app_id": one.app_id,
        "app_display_name": one.app,
        "status": {"error_code": one.code},
    }
    if one.of_principal:
        properties |= {"service_principal_name": one.principal,
                       "service_principal_id": number(one.principal)}  # fmt: skip
    else:
        properties |= {"user_principal_name": one.account, "user_id": one.account_id}
    category = "ServicePrincipalSignInLogs" if one.of_principal else "SignInLogs"
    document: dict[str, Any] = {
        "@timestamp": _iso(one.at),
        "azure": {
            "tenant_id": one.tenant,
            "correlation_id": one.correlation,
            "signinlogs": {
                "category": category,
                "result_type": str(one.code),
                "result_description": one.reason if one.code else None,
                "properties": properties,
            },
        },
        "event": {"id": one.id, "outcome": "failure" if one.code else "success"},
        "source": {"ip": one.address},
        "message": one.reason if one.code else "",
    }
    if original:
        document["event"]["original"] = json.dumps(diagnostic_object(one))
    return document


def _dotted(value: dict[str, Any], begin: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, one in value.items():
        if isinstance(one, dict):
            flat |= _dotted(one, f"{begin}{name}.")
        else:
            flat[begin + name] = one
    return flat


def portal_row(one: SignIn) -> dict[str, str]:
    """A row of the portal's CSV download."""
    status = "Failure" if one.code else "Success"
    row = {
        "Date (UTC)": _iso(one.at),
        "Request ID": one.id,
        "Correlation ID": one.correlation,
        "Application": one.app,
        "Application ID ": one.app_id,
        "Resource": "Windows Azure Active Directory",
        "Resource tenant ID": one.tenant,
        "IP address": one.address,
        "Location": "Springfield, Illinois, US",
        "Status": status,
        "Sign-in error code": str(one.code or ""),
        "Failure reason": one.reason if one.code else "Other.",
        "Conditional Access": "Not Applied",
    }
    if one.of_principal:
        return row | {"Service principal ID": number(one.principal),
                      "Service principal name": one.principal}  # fmt: skip
    return row | {
        "User ID": one.account_id,
        "User": "svc okta",
        "Username": one.account,
        "Incoming token type": "none",
        **({"# sign-ins": str(one.count)} if one.count > 1 else {}),
    }


def table(rows: list[dict[str, Any]], delimiter: str = ",") -> str:
    """Rows as CSV; a column for each name that a row has."""
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _query_answer(records: list[SignIn]) -> str:
    rows = [analytics_object(one) for one in records]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return json.dumps(
        {
            "tables": [
                {
                    "name": "PrimaryResult",
                    "columns": [{"name": name, "type": "string"} for name in names],
                    "rows": [[row.get(name) for name in names] for row in rows],
                }
            ]
        }
    )


def _excel_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for row in rows:
        at = datetime.fromisoformat(row.pop("TimeGenerated")[:19])
        half = "AM" if at.hour < 12 else "PM"
        row["TimeGenerated [UTC]"] = (
            f"{at.month}/{at.day}/{at.year}, {at.hour % 12 or 12}:{at:%M:%S}.000 {half}"
        )
        row.pop("CreatedDateTime", None)
    return rows


def _each(records: list[SignIn], make: Callable[[SignIn], dict[str, Any]]) -> list[dict[str, Any]]:
    return [make(one) for one in records]


def _by_log(records: list[SignIn], begin: str) -> dict[str, list[SignIn]]:
    users = [one for one in records if not one.of_principal]
    others = [one for one in records if one.of_principal]
    names = {"InteractiveSignIns": users, "ApplicationSignIns": others}
    return {f"{name}_{begin}": some for name, some in names.items() if some}


def _upper(one: SignIn) -> dict[str, Any]:
    record = graph_object(one)
    return record | {"id": f"{{{one.id.upper()}}}" if one.id else "",
                     "correlationId": one.correlation.upper()}  # fmt: skip


def _powershell(one: SignIn) -> dict[str, Any]:
    return {name[0].upper() + name[1:]: value for name, value in graph_object(one).items()}


FORMS: dict[str, Callable[[list[SignIn]], dict[str, str]]] = {
    "graph": lambda some: {"signins.json": json.dumps({"@odata.context": "x", "value": _each(some, graph_object)}, indent=1)},
    "graph, braces and capitals": lambda some: {"s.json": json.dumps({"value": _each(some, _upper)})},
    "portal JSON": lambda some: {"InteractiveSignIns_a.json" if not any(o.of_principal for o in some) else "export.json": json.dumps(_each(some, graph_object))},
    "portal CSV": lambda some: {f"{name}.csv": "\ufeff" + table(_each(mine, portal_row)) for name, mine in _by_log(some, "a").items()},
    "portal CSV, semicolons": lambda some: {f"{name}.csv": table(_each(mine, portal_row), ";") for name, mine in _by_log(some, "a").items()},
    "PowerShell JSON": lambda some: {"mg.json": json.dumps(_each(some, _powershell), indent=2)},
    "Log Analytics CSV": lambda some: {"query_data.csv": table(_each(some, analytics_object))},
    "Log Analytics CSV of the portal": lambda some: {"query_data.csv": table(_excel_times(_each(some, analytics_object)))},
    "Log Analytics JSON": lambda some: {"rows.json": json.dumps(_each(some, analytics_object))},
    "query API": lambda some: {"answer.json": _query_answer(some)},
    "diagnostic records": lambda some: {"hub.json": json.dumps({"records": _each(some, diagnostic_object)})},
    "diagnostic lines": lambda some: {"PT1H.json": "\n".join(map(json.dumps, _each(some, diagnostic_object)))},
    "Elastic": lambda some: {"es.ndjson": "\n".join(json.dumps(elastic_object(one)) for one in some)},
    "Elastic, flat": lambda some: {"es.ndjson": "\n".join(json.dumps(_dotted(elastic_object(one))) for one in some)},
    "Elastic, original": lambda some: {"es.ndjson": "\n".join(json.dumps(elastic_object(one, original=True)) for one in some)},
    "Elastic hits": lambda some: {"hits.json": json.dumps({"took": 1, "hits": {"hits": [{"_index": "logs-azure", "_source": elastic_object(one)} for one in some]}})},
    "Splunk": lambda some: {"splunk.json": "\n".join(json.dumps({"preview": False, "result": {"_raw": json.dumps(diagnostic_object(one)), "sourcetype": "azure:aad:signin"}}) for one in some)},
}  # fmt: skip
"""What each form writes: files by their names."""


def write_form(form: str, records: list[SignIn], folder: Path) -> list[str]:
    """Write records in a form; return the files' names."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in FORMS[form](records).items():
        (folder / name).write_text(content, encoding="utf-8")
        paths.append(str(folder / name))
    return paths


def audit_object(
    at: datetime, activity: str, *, actor: str = "admin@contoso.example", target: str = "",
    target_id: str = "", kind: str = "User", number_of: str = "",
) -> dict[str, Any]:  # fmt: skip
    """A directoryAudit of Microsoft Graph."""
    key = number_of or f"{activity} {at}"
    return {
        "id": f"Directory_{number(key)}_AB12C_1",
        "category": "UserManagement",
        "correlationId": number(f"c {key}"),
        "result": "success",
        "resultReason": "",
        "activityDisplayName": activity,
        "activityDateTime": _iso(at, 7),
        "loggedByService": "Core Directory",
        "operationType": "Update",
        "initiatedBy": {"app": None, "user": {"id": "a", "userPrincipalName": actor}}
        if "@" in actor
        else {"app": {"displayName": actor}, "user": None},
        "targetResources": [
            {
                "id": target_id,
                "displayName": None if kind == "User" else target,
                "type": kind,
                "userPrincipalName": target if kind == "User" else None,
                "modifiedProperties": [],
            }
        ],
        "additionalDetails": [{"key": "User-Agent", "value": "x"}],
    }


def audit_row(record: dict[str, Any]) -> dict[str, str]:
    """The same as a row of the portal's CSV download, which has no id."""
    by, target = record["initiatedBy"], record["targetResources"][0]
    user, app = by["user"] or {}, by["app"] or {}
    return {
        "Date (UTC)": record["activityDateTime"][:19] + "+00:00",
        "CorrelationId": record["correlationId"],
        "Service": record["loggedByService"],
        "Category": record["category"],
        "Activity": record["activityDisplayName"],
        "Result": record["result"],
        "ResultReason": "",
        "ActorType": "User" if user else "Application",
        "ActorDisplayName": app.get("displayName") or "",
        "ActorUserPrincipalName": user.get("userPrincipalName") or "",
        "Target1Type": target["type"],
        "Target1DisplayName": target["displayName"] or "",
        "Target1ObjectId": target["id"],
        "Target1UserPrincipalName": target["userPrincipalName"] or "",
    }
