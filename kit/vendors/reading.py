"""A document is looked at: is it a vendor's record, and what does it say?"""

from __future__ import annotations

from typing import Any

import msgspec

from kit.vendors.entra import entra_record, sub
from kit.vendors.forms import RecordKind, Vendor, record_marks, vendors
from kit.vendors.record import Record
from kit.vendors.values import as_json, plain_name, utc_moment

__all__ = ["RecordError", "Unread", "may_hold_record", "read_record"]

_WRAPPERS = ("_source", "result", "event", "original", "event.original", "_raw", "body", "message",
             "fields", "data", "attributes", "record", "payload")  # fmt: skip
"""Names under which another product puts the record, as an object or as text."""
_DEEPEST = 4
_ELASTIC = "azure."


class RecordError(ValueError):
    """A record that cannot be read; its text says why, in one line."""


Unread = RecordError


def may_hold_record(raw: bytes) -> bool:
    """Whether a document has a text in it that every record has."""
    return record_marks().search(raw) is not None


def read_record(raw: bytes, file: str = "") -> Record | None:
    """Read a vendor's record from one JSON document.

    Args:
        raw: the document, UTF-8.
        file: the name of the file that it stands in.

    Returns:
        The record; None if the document is none.

    Raises:
        RecordError: it is one, and its time cannot be read.
    """
    if not may_hold_record(raw):
        return None
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return _record(value, file, _DEEPEST)


def _record(value: Any, file: str, depth: int) -> Record | None:
    value = as_json(value)
    if not isinstance(value, dict) or not depth:
        return None
    fields = _fields(value)
    if "azure" in value or any(name.startswith(_ELASTIC) for name in value):
        inner = _inner(value, file, depth)  # the record as it was, if Elastic kept it
        if inner is not None:
            return inner
    for vendor in vendors():
        kind = vendor.kind_of(fields.keys())
        if kind is not None:
            return _read(vendor, kind, fields, file)
    return _inner(value, file, depth)


def _inner(value: dict[str, Any], file: str, depth: int) -> Record | None:
    for name in _WRAPPERS:
        inner = value.get(name)
        if isinstance(inner, dict) or (isinstance(inner, str) and inner[:1] == "{"):
            record = _record(inner, file, depth - 1)
            if record is not None:
                return record
    return None


def _read(vendor: Vendor, kind: RecordKind, fields: dict[str, Any], file: str) -> Record:
    value = next(
        (fields[name] for name in kind.names["published"] if fields.get(name) not in (None, "")),
        None,
    )
    published = utc_moment(value)
    if published is None:
        raise RecordError(f"{vendor.title}: its time {str(value)[:60]!r} cannot be read")
    return entra_record(vendor, kind, fields, published, file)


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    """A record's values by plain names; what an envelope holds goes before the envelope's."""
    fields: dict[str, Any] = {}
    for name, one in value.items():
        plain = plain_name(name)
        if fields.get(plain) in (None, ""):  # a heading may be there twice
            fields[plain] = one
    _take_elastic(value, fields)
    properties = as_json(fields.get("properties"))
    if isinstance(properties, dict):
        inner = sub(properties)
        fields["outercorrelationid"] = fields.get("correlationid")
        fields.update({name: one for name, one in inner.items() if one not in (None, "")})
    return fields


def _take_elastic(value: dict[str, Any], fields: dict[str, Any]) -> None:
    """Lay out Elastic's ``azure.signinlogs.properties.…``, nested or with dots, as others do."""
    azure = value.get("azure")
    leaves: dict[str, Any] = dict(azure) if isinstance(azure, dict) else {}
    for name, one in value.items():
        if name.startswith(_ELASTIC):
            place, *path = name.split(".")[1:]
            target = leaves
            for part in (place, *path)[:-1]:
                target = target.setdefault(part, {})
                if not isinstance(target, dict):
                    break
            else:
                target[(place, *path)[-1]] = one
    if not leaves:
        return
    properties: dict[str, Any] = {}
    for name, one in leaves.items():
        if isinstance(one, dict) and name.endswith("logs"):
            own = sub(one)
            inner = own.pop("properties", None)
            fields.update({key: each for key, each in own.items() if each not in (None, "")})
            properties |= inner if isinstance(inner, dict) else {}
        else:
            fields.setdefault(plain_name(name), one)
    fields["properties"] = properties
    source = value.get("source")
    fields["sourceip"] = source.get("ip") if isinstance(source, dict) else value.get("source.ip")
    if fields.get("resultdescription") in (None, "") and isinstance(value.get("message"), str):
        fields["resultdescription"] = value["message"]
    event = value.get("event")
    identity = event.get("id") if isinstance(event, dict) else value.get("event.id")
    if identity is not None:
        fields.setdefault("id", identity)
