"""A document is looked at: is it a vendor's record, and what does it say?"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from kit.vendors.entra import entra_record, sub
from kit.vendors.forms import Layout, record_marks, vendors
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
    return any(mark in raw for mark in record_marks())


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
    if "sourceip" in fields:
        inner = _inner(value, file, depth)  # the record as it was, if Elastic kept it
        if inner is not None:
            return inner
    layout = _layout(tuple(fields))
    return _inner(value, file, depth) if layout is None else _read(layout, fields, file)


@lru_cache(maxsize=1024)
def _layout(names: tuple[str, ...]) -> Layout | None:
    """What a record with these names is; those of one export have the same."""
    for vendor in vendors():
        kind = vendor.kind_of(set(names))
        if kind is not None:
            return Layout.of(vendor, kind, names)
    return None


def _inner(value: dict[str, Any], file: str, depth: int) -> Record | None:
    for name in _WRAPPERS:
        inner = value.get(name)
        if isinstance(inner, dict) or (isinstance(inner, str) and inner[:1] == "{"):
            record = _record(inner, file, depth - 1)
            if record is not None:
                return record
    return None


def _read(layout: Layout, fields: dict[str, Any], file: str) -> Record:
    value = layout.first(fields, "published")
    published = utc_moment(value)
    if published is None:
        raise RecordError(f"{layout.vendor.title}: its time {str(value)[:60]!r} cannot be read")
    return entra_record(layout, fields, published, file)


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    """A record's values by plain names; what an envelope holds goes before the envelope's."""
    fields = _by_plain_name(value)
    if "azure" in value or any(name.startswith(_ELASTIC) for name in value):
        _take_elastic(value, fields)
    properties = as_json(fields.get("properties"))
    if isinstance(properties, dict):
        inner = _by_plain_name(properties)
        fields["outercorrelationid"] = fields.get("correlationid")
        for name in fields.keys() & inner.keys():
            if inner[name] in (None, ""):
                inner[name] = fields[name]
        fields |= inner
    return fields


def _by_plain_name(value: dict[str, Any]) -> dict[str, Any]:
    names = _plain_names(tuple(value))
    fields = dict(zip(names, value.values(), strict=True))
    if len(fields) < len(names):  # a heading that is there twice
        fields = {}
        for name, one in zip(names, value.values(), strict=True):
            fields[name] = one if fields.get(name) in (None, "") else fields[name]
    return fields


@lru_cache(maxsize=1024)
def _plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(plain_name, names))


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
