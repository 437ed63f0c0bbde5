"""A document is looked at: is it a vendor's record, and what does it say?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from kit.vendors.elastic import is_elastic, take_elastic
from kit.vendors.entra import entra_record
from kit.vendors.forms import Layout, record_marks, vendors
from kit.vendors.record import Record
from kit.vendors.salesforce import salesforce_record
from kit.vendors.values import as_json, plain_name, utc_moment

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "INNER_NAMES",
    "LONG",
    "Names",
    "RecordError",
    "Unread",
    "layout_of",
    "leads_to_record",
    "may_hold_record",
    "plain_names_of",
    "read_record",
]

INNER_NAMES = (
    *("_source", "result", "event", "original", "event.original", "_raw", "body", "message"),
    *("fields", "data", "attributes", "record", "payload"),
)
"""Names under which another product puts the record, as an object or as text."""
_DEEPEST = 4
LONG = 64 << 10
"""Bytes that few records have: a document with more is looked at before it is read."""
_document = msgspec.json.Decoder(float_hook=float)  # no record is lost for a number out of range
_outermost = msgspec.json.Decoder(dict[str, msgspec.Raw])

_READERS: dict[str, Callable[..., Record]] = {
    "entra": entra_record,
    "salesforce": salesforce_record,
}
"""What reads a vendor's records, by the vendor's name."""


class RecordError(ValueError):
    """A record that cannot be read; its text says why, in one line."""


Unread = RecordError


def may_hold_record(raw: bytes) -> bool:
    """Whether a document has a text in it that every record has."""
    return any(mark in raw for mark in record_marks())


def leads_to_record(names: tuple[str, ...], *, inside: bool = True) -> bool:
    """Whether an object with these names may be a record, or hold one.

    Args:
        names: the names of its values.
        inside: also where a value by one of its names may be the record.
    """
    plain_names = plain_names_of(names)
    plain = plain_names.plain
    if plain_names.is_elastic or "properties" in plain or layout_of(plain) is not None:
        return True
    return inside and not set(INNER_NAMES).isdisjoint(names)


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
    if not may_hold_record(raw) or (len(raw) > LONG and not _is_one(raw)):
        return None
    try:
        value = _document.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return _record(value, file, _DEEPEST)


def _is_one(raw: bytes) -> bool:
    """Whether a long document may be one record by its own names; most are pages of records."""
    try:
        names = _outermost.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    plain = plain_names_of(tuple(names))
    return (
        plain.is_elastic
        or "properties" in names
        or any(name in names for name in INNER_NAMES)
        or layout_of(plain.plain) is not None
    )


def _record(value: Any, file: str, depth: int) -> Record | None:
    value = as_json(value)
    if not isinstance(value, dict) or not depth:
        return None
    names = plain_names_of(tuple(value))
    fields = names.fields(value)
    if names.is_elastic:
        take_elastic(value, fields)
        inner = _inner(value, file, depth)  # the record as it was, if Elastic kept it
        if inner is not None:
            return inner
    if "properties" in fields:
        _open_properties(fields)
    layout = layout_of(tuple(fields))
    return _inner(value, file, depth) if layout is None else _read(layout, fields, file)


@lru_cache(maxsize=1024)
def layout_of(names: tuple[str, ...]) -> Layout | None:
    """What a record with these names is; those of one export have the same."""
    for vendor in vendors():
        kind = vendor.kind_of(set(names))
        if kind is not None:
            return Layout.of(vendor, kind, names)
    return None


def _inner(value: dict[str, Any], file: str, depth: int) -> Record | None:
    for name in INNER_NAMES:
        inner = value.get(name)
        if isinstance(inner, dict) or (isinstance(inner, str) and inner[:1] == "{"):
            record = _record(inner, file, depth - 1)
            if record is not None:
                return record
    return None


def _read(layout: Layout, fields: dict[str, Any], file: str) -> Record:
    values = layout.values(fields)
    published = utc_moment(values["published"])
    if published is None:
        what = str(values["published"])[:60]
        raise RecordError(f"{layout.vendor.title}: its time {what!r} cannot be read")
    return _READERS[layout.vendor.name](layout, values, fields, published, file)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of an object's values; the objects of one export have the same."""

    plain: tuple[str, ...]
    """Each by ``plain_name``, in their order."""
    repeat: bool
    """Whether two are one by then: a heading that is there twice."""
    is_elastic: bool

    def fields(self, value: dict[str, Any]) -> dict[str, Any]:
        """The object's values by plain names."""
        if not self.repeat:
            return dict(zip(self.plain, value.values(), strict=True))
        fields: dict[str, Any] = {}
        for name, one in zip(self.plain, value.values(), strict=True):
            fields[name] = one if fields.get(name) in (None, "") else fields[name]
        return fields


@lru_cache(maxsize=1024)
def plain_names_of(names: tuple[str, ...]) -> Names:
    """The names of an object's values, in their order, as they are compared."""
    plain = tuple(map(plain_name, names))
    return Names(plain, len(set(plain)) < len(plain), is_elastic(names))


def _open_properties(fields: dict[str, Any]) -> None:
    """Lay what a diagnostic record's envelope holds beside, and before, the envelope's own."""
    properties = as_json(fields["properties"])
    if isinstance(properties, dict):
        inner = plain_names_of(tuple(properties)).fields(properties)
        fields["outercorrelationid"] = fields.get("correlationid")
        for name in fields.keys() & inner.keys():
            if inner[name] in (None, ""):
                inner[name] = fields[name]
        fields |= inner
