"""Salesforce's logins written in each form in which they are exported."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from entra_forms import number

CHANGE = "Changed password for user okta.api@acme.example"


@dataclass
class Login:
    """One login."""

    at: datetime
    status: str = "Invalid Password"
    user: str = "okta.api@acme.example"
    kind: str = "Other Apex API"
    app: str = "N/A"
    address: str = "203.0.113.9"
    id: str = ""


def login_id(login: Login) -> str:
    """An id of eighteen letters, as the login history has."""
    return login.id or f"0Ya{number(f'{login.at} {login.user}').replace('-', '')[:15].upper()}"


def history_object(login: Login) -> dict[str, Any]:
    """A LoginHistory with the login of its user."""
    number_of = login_id(login)
    return {
        "attributes": {"type": "LoginHistory", "url": f"/sobjects/LoginHistory/{number_of}"},
        "Id": number_of,
        "LoginTime": login.at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Username": login.user,
        "UserId": f"005{number(login.user).replace('-', '')[:15]}",
        "SourceIp": login.address,
        "LoginType": login.kind,
        "Application": login.app,
        "Status": login.status,
        "LoginUrl": "login.salesforce.example",
        "ApiType": "SOAP Partner",
    }


def event_object(login: Login) -> dict[str, Any]:
    """A LoginEvent, which names the LoginHistory."""
    history = history_object(login)
    renamed = {"LoginHistoryId": history.pop("Id"), "EventDate": history.pop("LoginTime")}
    history["attributes"] = {"type": "LoginEvent"}
    return history | renamed | {"Id": "000000000000000AAA", "EventIdentifier": number(str(login))}


def log_file_row(login: Login) -> dict[str, str]:
    """A row of an event log file."""
    status = login.status.upper().replace(" ", "_")
    return {
        "EVENT_TYPE": "Login",
        "TIMESTAMP": login.at.strftime("%Y%m%d%H%M%S.000"),
        "REQUEST_ID": f"4u6{number(str(login))[:12]}",
        "ORGANIZATION_ID": "00D5j00000DgAYG",
        "USER_ID": f"005{number(login.user).replace('-', '')[:12]}",
        "LOGIN_TYPE": {"Other Apex API": "I", "Application": "A"}.get(login.kind, "i"),
        "USER_NAME": login.user,
        "TIMESTAMP_DERIVED": login.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "CLIENT_IP": "Salesforce.com IP",
        "LOGIN_STATUS": "LOGIN_NO_ERROR" if status == "SUCCESS" else f"LOGIN_ERROR_{status}",
        "SOURCE_IP": login.address,
    }


def setup_row(login: Login) -> dict[str, str]:
    """A row of the download in Setup."""
    at, half = login.at, "AM" if login.at.hour < 12 else "PM"
    return {
        "Username": login.user,
        "Source IP": login.address,
        "Login Time": f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{at:%M:%S} {half} GMT",
        "Login Type": login.kind,
        "Status": login.status,
        "Browser": "Unknown",
        "Platform": "Unknown",
        "Application": login.app,
        "Login URL": "login.salesforce.example",
    }


def _table(rows: list[dict[str, Any]], *, quoted: bool = True) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(
        out, list(rows[0]), quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    )
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _flat(login: Login) -> dict[str, Any]:
    row = history_object(login)
    del row["attributes"]
    return row


def _answer(objects: list[dict[str, Any]]) -> dict[str, Any]:
    return {"totalSize": len(objects), "done": True, "records": objects}


FORMS: dict[str, Callable[[list[Login]], str]] = {
    "REST": lambda some: json.dumps(_answer([history_object(one) for one in some])),
    "sf --json": lambda some: json.dumps(
        {"status": 0, "result": _answer([history_object(one) for one in some]), "warnings": []},
        indent=2,
    ),
    "sf csv": lambda some: _table([_flat(one) for one in some], quoted=False),
    "data loader": lambda some: _table(
        [{name.upper(): value for name, value in _flat(one).items()} for one in some]
    ),
    "login events": lambda some: json.dumps(_answer([event_object(one) for one in some])),
    "event log file": lambda some: _table([log_file_row(one) for one in some]),
    "setup csv": lambda some: _table([setup_row(one) for one in some]),
    "lines": lambda some: "\n".join(json.dumps(history_object(one)) for one in some),
}
"""What each form writes."""


def write_logins(form: str, logins: list[Login], folder: Path) -> str:
    """Write logins in a form; return the file's name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{form.replace(' ', '_')}.export"
    path.write_text(FORMS[form](logins), encoding="utf-8")
    return str(path)


def write_changes(changes: list[tuple[datetime, str, str]], folder: Path) -> str:
    """Write the download of the setup audit trail: times, users and what they did."""
    rows = [
        {
            "Date": f"{at.month}/{at.day}/{at.year}, {at.hour % 12 or 12}:{at:%M:%S} "
            f"{'AM' if at.hour < 12 else 'PM'} GMT",
            "User": user,
            "Source Namespace Prefix": "",
            "Action": what,
            "Section": "Manage Users",
            "Delegate User": "",
        }
        for at, user, what in changes
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SetupAuditTrail.csv").write_text(_table(rows), encoding="utf-8")
    return str(folder / "SetupAuditTrail.csv")
