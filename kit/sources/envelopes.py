"""Events out of the envelopes of one product, quickly: where the first one lay, the others lie.

``wrappers`` looks for the event in each document anew. Documents with the same names, of which
one alone leads to an event, are opened alike, so what it finds in the first is kept by the names
of its fields. Whatever may lead it elsewhere is not opened here.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from kit.sources import wrappers
from kit.sources.wrappers import (
    ORIGINALS,
    REQUIRED_FIELDS,
    inside_of,
    is_respelt,
    product_in,
    tables,
)
from kit.vendors import leads_to_record, may_hold_record

__all__ = ["Envelopes"]

_MARKS = b"uuid event_type eventtype eventoriginaluid event_code productlogid".split()
"""In small letters, what stands wherever an event does, but for base64."""
_PACKED = tuple(f'"{start}'.encode() for start in ("eyA", "eyJ", "ew0", "ewo", "ewk", "H4sI"))

_MAY_BE_RESPELT = (b'"{', b'"[', b'"@', b'" ', b'"\\')
"""What stands in an event that a table has held."""

_ROWS_OR_LISTS = {*wrappers.LISTS, "columns", "rows", "fields", "schema", "tables"}
"""Names of what is looked at before the event's place, if that has none of Okta's own names."""

_FIRST = 80
"""Bytes of a value by which its place is found; a search for all of it takes longer."""

_DEEPEST = 4

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)


class _Way(NamedTuple):
    """Where the event of an envelope lies, or the next envelope."""

    name: str
    is_text: bool
    is_event: bool
    product: str | None
    """The envelope's product; None where it does not follow from its outermost names."""


class Envelopes:
    """Opens envelopes, and learns from each of another form how."""

    def __init__(self) -> None:
        """Begin without any."""
        self._ways: dict[tuple[str, ...], _Way | None] = {}
        self._plain: dict[tuple[str, ...], bool] = {}

    def event_in(self, document: bytes) -> tuple[bytes, str] | None:
        """Take the one event out of an envelope.

        Args:
            document: one JSON document, UTF-8.

        Returns:
            The event and the product as ``inside_of`` gives them; None where only that can tell.
        """
        try:
            names = tuple(_fields.decode(document))
            if names not in self._ways and not self._learn(document):
                return None
            return self._open(document, _DEEPEST)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None

    def is_plain(self, document: bytes) -> bool:
        """Whether a document has the names of an event, and none as a table has them."""
        try:
            fields = _fields.decode(document)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return False
        names = tuple(fields)
        if names not in self._plain:
            complete = {*REQUIRED_FIELDS, "outcome"} <= fields.keys()
            odd = is_respelt(b"", fields) or leads_to_record(names)
            self._plain[names] = complete and not odd
        return self._plain[names] and not (
            any(one in document for one in _MAY_BE_RESPELT) and is_respelt(document, fields)
        )

    def _open(self, document: bytes, depth: int) -> tuple[bytes, str] | None:
        fields = _fields.decode(document)
        way = self._ways.get(tuple(fields))
        if way is None or not depth:
            return None
        value = bytes(fields[way.name])
        start = document.find(value[:_FIRST])
        rest = document[:start] + document[start + len(value) :]
        if not document.startswith(value, start) or _has_marks(rest) or may_hold_record(rest):
            return None
        if way.is_text:
            if value[:1] != b'"':
                return None
            value = _text.decode(value).strip().encode()
        if value[:1] != b"{" or value[-1:] != b"}":
            return None
        product = product_in(fields) if way.product is None else way.product
        if way.is_event:
            return (value, product) if b'"uuid"' in value and self.is_plain(value) else None
        inner = self._open(value, depth - 1)
        return inner and (inner[0], product or inner[1])

    def _learn(self, document: bytes) -> bool:
        """Look where the event of a document lies; whether that can be told of others like it."""
        self._ways[tuple(_fields.decode(document))] = None
        inside = inside_of(document)
        if (
            inside is None
            or len(inside.contents) != 1
            or not self._follow(document, inside.contents[0], _DEEPEST)
        ):
            return False
        if self._open(document, _DEEPEST) == (inside.contents[0], inside.wrapper):
            return True
        self._ways[tuple(_fields.decode(document))] = None
        return False

    def _follow(self, document: bytes, event: bytes, depth: int) -> bool:
        """Note the way from a document to its event."""
        fields = _fields.decode(document)
        names = tuple(fields)
        if (
            not depth
            or fields.keys() >= REQUIRED_FIELDS
            or any("uuid" in n.casefold() for n in names)
        ):
            return False
        if leads_to_record(names, inside=False):
            return False
        product = next((one for one in tables() if one.name == product_in(fields)), None)
        if product and (product.columns or product.name == wrappers.UDM):
            return False
        dotted = any(
            sign.partition(".")[0] in fields
            for one in tables()
            for sign in one.signs
            if "." in sign
        )
        for name in names:
            value = bytes(fields[name])
            is_text = value[:1] == b'"'
            if is_text:
                value = _text.decode(value).strip().encode()
            if value[:1] != b"{" or (name not in ORIGINALS and _ROWS_OR_LISTS & fields.keys()):
                continue
            is_event = value == event
            if is_event or self._follow(value, event, depth - 1):
                before = self._ways.get(names)
                way = _Way(name, is_text, is_event, None if dotted else product_in(fields))
                self._ways[names] = way if before in (None, way) else None
                return True
        return False


def _has_marks(text: bytes) -> bool:
    """Whether an event may stand in a text, or what leads to one."""
    small = text.lower()
    return any(one in small for one in _MARKS) or any(one in text for one in _PACKED)
