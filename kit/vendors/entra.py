"""Entra's records: sign-ins, audit records and calls of Microsoft Graph, in any form.

An error's number stands as ``status.errorCode``, ``resultType`` or in a column of its own, by the
form; a form's names are in ``entra.toml``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kit.base.patterns import lazy_pattern
from kit.vendors.record import Record
from kit.vendors.values import as_json, guid, plain_name, text, token_id

if TYPE_CHECKING:
    from datetime import datetime

    from kit.vendors.forms import Layout, Vendor
    from kit.vendors.record import Result

__all__ = ["attempt_count", "entra_record", "outcome_of", "refusing_policies", "sign_in_log"]

_AADSTS = lazy_pattern(r"\bAADSTS(\d{4,8})\b", re.I)
_RESULTS: dict[str, Result] = {
    "success": "success",
    "correcto": "success",
    "failure": "failure",
    "error": "failure",
    "interrupted": "interrupted",
    "clienterror": "failure",
    "timeout": "failure",
}
_TARGETS = 10
"""Targets that the portal's CSV has columns for, and some more."""


def entra_record(
    layout: Layout,
    values: dict[str, Any],
    fields: dict[str, Any],
    published: datetime,
    file: str,
) -> Record:
    """Read one of Entra's records.

    Args:
        layout: what kind of record it is.
        values: what it says, by the columns of ``entra.toml``.
        fields: its values by their plain names.
        published: when it happened.
        file: the name of the file that it stands in, which may say which log it is.
    """
    kind = layout.kind.name
    record = Record(
        vendor=layout.vendor.name,
        log=kind,
        published=published,
        id=guid(values.get("id")),
        original_id=guid(values.get("original_id")),
        correlation_id=guid(values.get("correlation_id")),
        other_correlation_id=guid(values.get("other_correlation_id")),
        account=text(values.get("account")),
        account_id=guid(values.get("account_id")),
        principal=text(values.get("principal")),
        principal_id=guid(values.get("principal_id")),
        app=text(values.get("app")),
        app_id=guid(values.get("app_id")),
        tenant=guid(values.get("tenant")),
        address=text(values.get("address")),
    )
    if kind == "audit":
        _audit(record, values, fields)
    elif kind == "graph_activity":
        _call(record, values)
    else:
        _sign_in(record, values, fields)
        record.log = sign_in_log(
            layout.vendor,
            fields,
            file,
            is_user=record.account is not None or record.account_id is not None,
            is_principal=bool(record.principal_id or record.principal),
        )
    return record


def _sign_in(record: Record, values: dict[str, Any], fields: dict[str, Any]) -> None:
    if record.id is None:
        record.id = token_id(fields.get("uniquetokenidentifier"))
    if "timegenerated" in fields and record.tenant == guid(fields.get("tenantid")):
        record.tenant = None  # there it is that of the workspace
    record.code, record.result, record.reason = outcome_of(
        fields.get("status"), values.get("status"), values.get("result"), values.get("reason")
    )
    record.policies, record.policy_ids = refusing_policies(
        fields.get("appliedconditionalaccesspolicies"), fields.get("conditionalaccesspolicies")
    )
    record.attempts = attempt_count(values.get("attempts"))


def attempt_count(count: Any) -> int:
    """How many attempts a row counts, by what stands there."""
    digits = text(count)
    if digits is None or not digits.isdigit():
        return 1
    return max(1, min(int(digits), 2**31 - 1))


def outcome_of(
    status: Any, number: Any, result: Any, reason: Any
) -> tuple[str | None, Result | None, str | None]:
    """How a sign-in ended, by what stands under those names: its code, result and reason."""
    inner = sub(as_json(status))
    in_digits = text(inner.get("errorcode"))
    if in_digits is None:
        in_digits = text(number)
    word = None if inner else _RESULTS.get(plain_name(text(result) or ""))
    words = text(inner.get("failurereason")) or text(reason)
    if in_digits is not None and not in_digits.isdigit():
        word = word or _RESULTS.get(plain_name(in_digits))
        in_words = _AADSTS.search(in_digits) or _AADSTS.search(words or "")
        in_digits = in_words[1] if in_words else None
    code: str | None = None
    outcome: Result | None = None
    if in_digits is not None:
        in_digits = in_digits.lstrip("0")
        code = f"AADSTS{in_digits}" if in_digits else None
        outcome = "failure" if in_digits else "success"
    if word and not (word == "success" and code):
        outcome = word
    return code, outcome, None if outcome == "success" else words


def refusing_policies(applied: Any, others: Any) -> tuple[list[str] | None, list[str] | None]:
    """The conditional access policies that refused, by name and id; none in a form without."""
    policies = as_json(applied)
    if not isinstance(policies, list):
        policies = as_json(others)
    if not isinstance(policies, list):
        return None, None
    refusing = [
        one for one in map(sub, policies) if plain_name(text(one.get("result")) or "") == "failure"
    ]
    names = (text(one.get("displayname")) or text(one.get("id")) for one in refusing)
    numbers = (guid(one.get("id")) for one in refusing)
    return [name for name in names if name], [number for number in numbers if number]


def sign_in_log(
    vendor: Vendor, fields: dict[str, Any], file: str, *, is_user: bool, is_principal: bool
) -> str:
    """The log that a sign-in stands in.

    Args:
        vendor: the vendor.
        fields: the record's values by their plain names.
        file: the name of its file.
        is_user: whether it names a user.
        is_principal: whether it names a service principal.
    """
    types = as_json(fields.get("signineventtypes"))
    labels = [
        fields.get("category"),
        fields.get("type"),
        *(types if isinstance(types, list) else ()),
    ]
    for value in labels:
        log = vendor.logs.get(plain_name(value)) if isinstance(value, str) else None
        if log is not None:
            return log
    if log := _log_by_file(vendor, file):
        return log
    identity = plain_name(text(fields.get("managedidentitytype")) or "none")
    if not is_user and identity not in {"none", "nomanagedidentity"}:
        return "managed_identity"
    if not is_user and is_principal:
        return "service_principal"
    interactive = fields.get("isinteractive")
    return "non_interactive" if str(interactive).casefold() == "false" else "interactive"


def _log_by_file(vendor: Vendor, file: str) -> str | None:
    name = _plain_file_name(file)
    return next((log for begin, log in vendor.logs.items() if name.startswith(begin)), None)


@lru_cache(maxsize=256)
def _plain_file_name(file: str) -> str:
    return plain_name(file.rpartition("!")[2].rpartition("/")[2])


def _call(record: Record, values: dict[str, Any]) -> None:
    """A call of Microsoft Graph; its error stands in the answer, of which the log keeps none."""
    record.activity = text(values.get("activity"))
    status = text(values.get("status"))
    if status is not None and status.isdigit():
        failed = int(status) >= 400
        record.result, record.code = ("failure" if failed else "success"), None
        record.reason = f"HTTP {status}" if failed else None


def _audit(record: Record, values: dict[str, Any], fields: dict[str, Any]) -> None:
    record.id = text(values.get("id"))  # no id of a request, and not compared with one
    record.activity = text(values.get("activity"))
    record.result = _RESULTS.get(plain_name(text(values.get("result")) or ""))
    record.reason = text(values.get("reason"))
    user, app = _actors(fields)
    record.actor = text(user.get("userprincipalname")) or text(app.get("displayname"))
    record.actor = record.actor or text(user.get("displayname")) or text(user.get("id"))
    record.actor = record.actor or text(app.get("serviceprincipalname"))
    record.address = record.address or text(user.get("ipaddress"))
    targets = list(_targets(fields))
    names, numbers = [], []
    for one in targets:
        login, title = text(one.get("userprincipalname")), text(one.get("displayname"))
        number = guid(one.get("id")) or guid(one.get("objectid"))
        if name := login or title or number:
            names.append(name)
        numbers += [value.lower() for value in (number, login, title) if value]
        numbers += _app_ids(one)
    record.targets, record.target_ids = names, list(dict.fromkeys(numbers))
    if targets:
        record.account = text(targets[0].get("userprincipalname"))
        record.account_id = guid(targets[0].get("id")) or guid(targets[0].get("objectid"))


def _actors(fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    by = as_json(fields.get("initiatedby"))
    if isinstance(by, dict):
        by = sub(by)
        return sub(as_json(by.get("user"))), sub(as_json(by.get("app")))
    columns = {
        name.removeprefix("actor"): value
        for name, value in fields.items()
        if name.startswith("actor") and value not in (None, "")
    }
    is_app = "app" in plain_name(text(columns.get("type")) or "") or (
        "userprincipalname" not in columns and "serviceprincipalname" in columns
    )
    return ({}, columns) if is_app else (columns, {})


def _targets(fields: dict[str, Any]) -> Any:
    targets = as_json(fields.get("targetresources"))
    if isinstance(targets, dict):  # as Elastic lays a list out, by number
        targets = [targets[name] for name in sorted(targets)]
    if isinstance(targets, list):
        yield from (sub(as_json(one)) for one in targets if one)
        return
    for number in range(1, _TARGETS + 1):
        begin = f"target{number}"
        one = {
            name.removeprefix(begin): value
            for name, value in fields.items()
            if name.startswith(begin) and value not in (None, "")
        }
        if one:
            yield one


def _app_ids(target: dict[str, Any]) -> list[str]:
    """The application's id, which the changed properties of a service principal name."""
    changed = as_json(target.get("modifiedproperties"))
    pairs = [sub(one) for one in changed] if isinstance(changed, list) else []
    pairs += [
        {
            "displayname": target.get(f"modifiedproperty{n}name"),
            "newvalue": target.get(f"modifiedproperty{n}newvalue"),
        }
        for n in range(1, 6)
    ]
    names = {
        "appid",
        "serviceprincipalappid",
        "serviceprincipalname",
        "targetidserviceprincipalnames",
    }
    numbers = []
    for one in pairs:
        if plain_name(text(one.get("displayname")) or "") in names:
            for side in ("newvalue", "oldvalue"):
                numbers += re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                                    str(one.get(side) or "").lower())  # fmt: skip
    return numbers


def sub(value: Any) -> dict[str, Any]:
    """An object's values by their plain names; nothing where it is none."""
    if not isinstance(value, dict):
        return {}
    return dict(zip(_plain_names(tuple(value)), value.values(), strict=True))


@lru_cache(maxsize=1024)
def _plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(plain_name, names))
