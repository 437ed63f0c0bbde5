"""Where in an envelope its event lies, and what stands around it.

What holds of one envelope holds of all in which the same names stand around the event, if nothing
else there may lead to an event or a record.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

import msgspec

from kit.sources import wrappers
from kit.sources.wrappers import (
    MARKS,
    ORIGINALS,
    PACKED,
    REQUIRED_FIELDS,
    Fields,
    inside_of,
    product_in,
    unpacked,
)
from kit.vendors import INNER_NAMES, leads_to_record

__all__ = ["PROPERTIES", "Cut", "Shape", "inner_signs", "product_of_cut", "steps_to"]

_ROWS_OR_LISTS = {*wrappers.LISTS, "columns", "rows", "fields", "schema", "tables"}
"""Names of what is looked at before the event's place, if that has none of Okta's own names."""

_DEEPEST = 6
"""Objects that ``wrappers`` looks into for an event, behind a header too; a text counts twice."""

_FIRST = 80
"""Bytes of a value by which its place is found; a search for all of it takes longer."""

_CUT = "\0"
"""What is put where the event was cut out: JSON can write it in one way alone."""
_CUT_JSON = rb'"\u0000"'

_SHORT = 18
"""Letters of a text in which no event finds room, be it packed."""

PROPERTIES = "properties"
"""A record's envelope has this name, and what is under it is read together with it."""
_OF_BOTH = ("outercorrelationid",)
"""A name that such a record gets when it is read."""

_LOOKED_AT = frozenset(ORIGINALS) | frozenset(INNER_NAMES)
"""Names beside one of ``ORIGINALS`` under which another event, or a record, may be."""

_MAY_LEAD = re.compile(r'[{\["]|ey[AJ]|ew[0ko]|H4sI')
"""What is in a text that holds JSON, be it packed."""

_NEXT_NAME = re.compile(rb'\s*,\s*"(?:[^"\\]|\\.)*"\s*:')

Shape = tuple[Any, ...]
"""The names in a document, with those of the objects in it."""

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)
_rest = msgspec.json.Decoder(dict[str, Any])


class Cut(NamedTuple):
    """How the value in an object is found that is the event, or leads to it."""

    name: str
    before: bytes
    """What stands right before the value."""
    after: bytes
    """What stands right behind it, with the next name if there is one."""
    is_text: bool

    def take(self, document: bytes) -> tuple[bytes, Shape] | None:
        """The object there, of a text the one in it, and what is around; None if it is none.

        What is around and the value, each whole by itself, are so together. That the object is
        whole has still to be seen.
        """
        at = document.find(self.before) + len(self.before)
        end = document.rfind(self.after)
        around = document[:at] + _CUT_JSON + document[end:]
        if around.count(_CUT_JSON) != 1:
            return None
        rest = _rest.decode(around)
        if rest.get(self.name) != _CUT:
            return None
        if self.name in ORIGINALS:
            shape = _shape(rest, _LOOKED_AT)
            shape = shape and (*shape, *_signs_in(rest))
        else:
            shape = _shape(rest)
        content = document[at:end]
        if self.is_text:
            text = _text.decode(content)
            content = text.encode() if text[:1] == "{" else _unpacked(text)
        return (content, shape) if shape is not None and _is_object(content) else None


def steps_to(document: bytes, event: bytes, depth: int = _DEEPEST) -> tuple[Cut, ...] | None:
    """The steps from a document to its event; None if they are too many."""
    fields = _fields.decode(document)
    if fields.keys() >= REQUIRED_FIELDS:
        return None
    for name, raw in fields.items():
        value = bytes(raw)
        is_text = value[:1] == b'"'
        content = _unpacked(_text.decode(value)) if is_text else value
        rest = depth - 1 - is_text
        if rest < 0 or not _is_object(content) or not _goes_first(name, fields):
            continue
        further = () if content == event else steps_to(content, event, rest)
        if further is not None:
            start = document.find(value[:_FIRST])
            behind = document[start + len(value) :]
            next_name = _NEXT_NAME.match(behind)
            before = document[document.rfind(b'"' + name.encode(), 0, start) : start]
            after = next_name[0] if next_name else behind
            return (Cut(name, before, after, is_text), *further)
    return None


def _goes_first(name: str, fields: Fields) -> bool:
    """Whether what stands under a name is looked at before what else the fields may mean."""
    if name in ORIGINALS:
        return True
    product = product_in(fields)
    return not (
        _ROWS_OR_LISTS & fields.keys()
        or any(MARKS.search(one.encode()) for one in fields)
        or (product and (product.columns or product.name == wrappers.UDM))
    )


def product_of_cut(
    document: bytes, event: bytes, shapes: tuple[Shape, ...], way: tuple[Cut, ...]
) -> str | None:
    """The product whose envelope a document is; None if others like it may lead elsewhere."""
    inside = inside_of(document)
    if inside is None or inside.contents != [event]:
        return None
    names = [shape[0] for shape in shapes]
    if way[-1].name == PROPERTIES:  # a record's names may stand on either side of this one
        names[-2:] = [(*names[-2], *_OF_BOTH, *names[-1])]
        names[-1] = tuple(name for name in names[-1] if name != PROPERTIES)
    if any(leads_to_record(one, inside=False) for one in names):
        return None
    if any(_may_lead(part) for shape in shapes for part in shape[1:]):
        return None
    return inside.wrapper


def _shape(fields: dict[str, Any], looked_at: frozenset[str] | None = None) -> Shape | None:
    """The names in an object, and those in each object and list in it.

    Args:
        fields: the object.
        looked_at: the names under which something may be that leads to an event; None for all.

    Returns:
        The shape; None if a text or a list in it may lead to an event or a record.
    """
    shape: list[Any] = [tuple(fields)]
    for name, value in fields.items():
        kind = type(value)
        if kind is str:
            if len(value) <= _SHORT or not _MAY_LEAD.search(value):
                continue
            if looked_at is None or name in looked_at:
                return None
        elif kind is dict or kind is list:
            if looked_at is not None and name not in looked_at:
                continue
            inner = _shape(value) if kind is dict else _shape_of_list(value)
            if inner is None:
                return None
            shape.append((name, inner))
    return tuple(shape)


def _signs_in(fields: dict[str, Any]) -> Shape:
    """What stands in objects that a product is known by, whatever else is in them."""
    return tuple(
        (f"{first}.{name}", ())
        for first, name in inner_signs()
        if type(fields.get(first)) is dict and name in fields[first]
    )


@cache
def inner_signs() -> tuple[tuple[str, str], ...]:
    """Names that products are known by and that stand in objects: each with its object's name."""
    signs = sorted({sign for table in wrappers.tables() for sign in table.signs})
    parts = (sign.partition(".") for sign in signs)
    return tuple((first, name) for first, _, name in parts if name)


def _shape_of_list(values: list[Any]) -> Shape | None:
    """The shape of a list of plain values, which is empty."""
    is_plain = all(
        type(one) not in {dict, list} and not (type(one) is str and _MAY_LEAD.search(one))
        for one in values
    )
    return () if is_plain else None


def _may_lead(part: tuple[str, Shape]) -> bool:
    """Whether what stands beside the event's place may lead to an event or a record."""
    name, shape = part
    if not shape:  # a list
        return name in _ROWS_OR_LISTS
    return (
        any(MARKS.search(one.encode()) for one in shape[0])
        or leads_to_record(shape[0], inside=False)
        or any(map(_may_lead, shape[1:]))
    )


def _unpacked(text: str) -> bytes:
    """What stands in a text, packed or not.

    Raises:
        ValueError, zlib.error: it merely begins as if it were packed.
    """
    text = text.strip()
    return (unpacked(text) if PACKED.match(text) else text).encode()


def _is_object(value: bytes) -> bool:
    return value[:1] == b"{" and value[-1:] == b"}"
