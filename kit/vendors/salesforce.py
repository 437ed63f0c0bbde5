"""Salesforce's records: logins as its login history has them, and changes in its setup.

A client that is refused is told no more than that its login is invalid, so each refused login has
that code; why it was refused is its reason. Names of forms are in ``salesforce.toml``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kit.base.patterns import lazy_pattern
from kit.vendors.record import Record
from kit.vendors.values import plain_name, text

if TYPE_CHECKING:
    from datetime import datetime

    from kit.vendors.forms import Layout

__all__ = ["salesforce_record"]

_SHORT = 15
"""Letters of an id in which case counts; three more make it the long form, where it does not."""
_ID = lazy_pattern(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_LOGIN = lazy_pattern(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_OF_USER = lazy_pattern(r"\s+for (?:user )?(?P<name>[^@()\n]{2,80}?)(?: \(|$)", re.I)
_NOTHING = {"", "n/a", "na", "unknown", "none"}
_SUCCESS = {"success", "loginnoerror", "noerror"}
_ERROR = "LOGIN_ERROR_"
_ERROR_CODE = "INVALID_LOGIN"


def salesforce_record(
    layout: Layout,
    values: dict[str, Any],
    fields: dict[str, Any],  # another vendor's reader needs it
    published: datetime,
    file: str,
) -> Record:
    """Read one of Salesforce's records.

    Args:
        layout: what kind of record it is.
        values: what it says, by the columns of ``salesforce.toml``.
        fields: its values by their plain names.
        published: when it happened.
        file: the name of the file that it stands in.
    """
    record = Record(
        vendor=layout.vendor.name,
        log=layout.kind.name,
        published=published,
        id=_long_id(values.get("id")),
    )
    if layout.kind.name == layout.vendor.audit:
        _change(record, values)
        return record
    record.original_id = _text_of(values.get("original_id"))
    record.account = _name(values.get("account"))
    record.account_id = _long_id(values.get("account_id"))
    record.tenant = _long_id(values.get("tenant"))
    record.address = _text_of(values.get("address"))
    kind = _text_of(values.get("type"))
    # a login by password names no application: its type tells machines from people
    record.app = _text_of(values.get("app")) or layout.vendor.types.get(kind or "", kind)
    _result(record, _text_of(values.get("result")))
    return record


def _result(record: Record, status: str | None) -> None:
    if status is None:
        return
    if plain_name(status) in _SUCCESS:
        record.result = "success"
        return
    record.result, record.code = "failure", _ERROR_CODE
    if status.startswith(_ERROR):  # as an event log file has what the login history has in words
        status = status.removeprefix(_ERROR).replace("_", " ").title()
    record.reason = status.removeprefix("Failed: ")


def _change(record: Record, values: dict[str, Any]) -> None:
    what = _text_of(values.get("activity"))
    record.actor = _name(values.get("actor"))
    if what is None:
        return
    logins = [match.rstrip(".") for match in _LOGIN.findall(what)]
    of_user = _OF_USER.search(what)
    names = logins or ([of_user["name"].strip()] if of_user else [])
    # what was done is the same for every user, so that a step can name it
    record.activity = re.split(r"\s+(?:for|of)\s+", what, maxsplit=1)[0] if names else what
    record.reason = what if record.activity != what else None
    record.targets = names
    record.target_ids = list(dict.fromkeys(name.lower() for name in names))
    record.account = next((name for name in names if "@" in name), None)


def _name(value: Any) -> str | None:
    """A login; of a user as an object, what a query asked of it."""
    if isinstance(value, dict):
        inner = {plain_name(name): one for name, one in value.items()}
        names = ("username", "email", "name", "id")
        return next((one for name in names if (one := _text_of(inner.get(name)))), None)
    return _text_of(value)


def _text_of(value: Any) -> str | None:
    words = text(value)
    return None if words is None or words.casefold() in _NOTHING else words


def _long_id(value: Any) -> str | None:
    """An id in its form of 18 letters, lower case; another vendor's product may have its own."""
    words = _text_of(value)
    if words is None or not words.strip("0"):
        return None
    if _ID.fullmatch(words) and len(words) == _SHORT:
        for start in (0, 5, 10):
            part = words[start : start + 5]
            words += _CHECKS[sum(1 << n for n, letter in enumerate(part) if letter.isupper())]
    return words.lower()
