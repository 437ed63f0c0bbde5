"""Events out of the envelopes of one product, quickly: where the first one lay, the others lie.

``wrappers`` looks for the event in each document anew. Here a document is cut at the marks that
stood before and behind the event of the first one. What remains around the cut has to have the
names that it had there, and nothing else in it that may hold an event: then ``wrappers`` would take
the same event from it. Whatever may lead it elsewhere is not opened here.
"""

from __future__ import annotations

import json
import re
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from kit.sources import wrappers
from kit.sources.respelt import has_flat_name
from kit.sources.wrappers import (
    LINE,
    MARKS,
    ORIGINALS,
    PACKED,
    REQUIRED_FIELDS,
    Fields,
    Inside,
    inside_of,
    product_in,
    unpacked,
)
from kit.vendors import INNER_NAMES, leads_to_record

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Opened", "opened"]

_ROWS_OR_LISTS = {*wrappers.LISTS, "columns", "rows", "fields", "schema", "tables"}
"""Names of what is looked at before the event's place, if that has none of Okta's own names."""

_FIRST = 80
"""Bytes of a value by which its place is found; a search for all of it takes longer."""

_DEEPEST = 5
_MOST_TRIES = 16
"""Documents in which a way is looked for; rows of tables have none."""
_MAX_BRACES = 20

_CUT = "\0"
"""What is put where the event was cut out: JSON can write it in one way alone."""
_CUT_JSON = rb'"\u0000"'

_SHORT = 18
"""Letters of a text in which no event finds room, be it packed."""

_PROPERTIES = "properties"
"""A record's envelope has this name, and what is under it is read together with it."""
_OF_BOTH = ("outercorrelationid",)
"""A name that such a record gets when it is read."""

_LOOKED_AT = frozenset(ORIGINALS) | frozenset(INNER_NAMES)
"""Names beside one of ``ORIGINALS`` under which another event, or a record, may be."""

_MAY_LEAD = re.compile(r'[{\["]|ey[AJ]|ew[0ko]|H4sI')
"""What is in a text that holds JSON, be it packed."""

_NEXT_NAME = re.compile(rb'\s*,\s*"(?:[^"\\]|\\.)*"\s*:')

_Shape = tuple[Any, ...]
"""The names in a document, with those of the objects in it."""

_NAMES = """
uuid published eventType version severity legacyEventType displayMessage actor client device outcome
target transaction debugContext authenticationContext securityContext request insertionTimestamp
""".split()
"""What Okta calls the parts of an event."""

_own = msgspec.json.Decoder(
    msgspec.defstruct(
        "_Own",
        [(name, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for name in _NAMES],
        forbid_unknown_fields=True,
        gc=False,
    )
)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)
_rest = msgspec.json.Decoder(dict[str, Any])
_scan = json.JSONDecoder()


class Opened(NamedTuple):
    """What lay in some documents."""

    events: list[bytes] | None
    """Their events, in order; None if some cannot be opened here."""
    cut: list[bytes]
    """Those among them that were cut out: not as ``wrappers`` takes them if a value is printed."""
    wrapper: str = ""
    """The product, as ``inside_of`` names it."""


def opened(documents: Iterable[bytes]) -> Opened | None:
    """Take the events out of some envelopes.

    Args:
        documents: a JSON document or a line of text each, UTF-8, and none of them an event.

    Returns:
        The events, whose names are Okta's, as ``wrappers`` takes them. None if not even the first
        document can be opened here.
    """
    envelopes, wrapper = _Envelopes(), None
    events: list[bytes] = []
    for document in documents:
        inside = envelopes.inside(document)
        if inside is None or wrapper not in {None, inside.wrapper}:
            return None if wrapper is None else Opened(None, envelopes.cut)
        events += inside.contents
        wrapper = inside.wrapper
    return Opened(events, envelopes.cut, wrapper or "") if events else None


class _Step(NamedTuple):
    """How the value in an object is found that is the event, or leads to it."""

    name: str
    before: bytes
    """What stands right before the value."""
    after: bytes
    """What stands right behind it, with the next name if there is one."""
    is_text: bool

    def take(self, document: bytes) -> tuple[bytes, _Shape] | None:
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
        shape = _shape(rest, _LOOKED_AT if self.name in ORIGINALS else None)
        content = document[at:end]
        if self.is_text:
            text = _text.decode(content)
            content = text.encode() if text[:1] == "{" else _unpacked(text)
        return (content, shape) if shape is not None and _is_object(content) else None


class _Envelopes:
    """Opens envelopes, and learns from each of another form how."""

    def __init__(self) -> None:
        self.cut: list[bytes] = []
        """The events that were cut out of their envelopes."""
        self._ways: list[tuple[_Step, ...]] = []
        self._tries = 0
        self._products: dict[tuple[_Shape, ...], str | None] = {}
        """By what is around an event, step by step; None where that may lead elsewhere."""
        self._names: dict[tuple[str, ...], bool] = {}
        self._records: dict[tuple[str, ...], bool] = {}

    def inside(self, document: bytes, depth: int = _DEEPEST) -> Inside | None:
        """The events in a document, and the product."""
        try:
            one = self._one(document)
            if one is None and depth and document[:1] in {b"{", b"["}:
                return self._every(document, depth)
        except (ValueError, RecursionError, zlib.error):
            return None
        return one and Inside([one[0]], one[1])

    def _one(self, document: bytes) -> tuple[bytes, str] | None:
        """The event in a document that is opened like one before."""
        if document[:1] == b"{":
            return self._open(document)
        one = self._behind_header(document)
        return one and (one[0], one[1] or LINE)

    def _every(self, document: bytes, depth: int) -> Inside | None:
        """What ``wrappers`` finds in a document, opened until it is events."""
        if (one := self._learn(document)) is not None:
            return Inside([one[0]], one[1])
        found = inside_of(document) if self._leads_inside(document) else None
        if found is None:
            return None
        events: list[bytes] = []
        wrappers_ = set()
        for content in found.contents:
            inside = Inside([content]) if self._is_own(content) else self.inside(content, depth - 1)
            if inside is None:
                return None
            events += inside.contents
            wrappers_.add(found.wrapper or inside.wrapper)
        return Inside(events, *wrappers_) if len(wrappers_) == 1 else None

    def _leads_inside(self, document: bytes) -> bool:
        """Whether a document is no event by its names, and neither is nor holds a record."""
        if document[:1] != b"{":
            return document[:1] == b"["
        fields = _fields.decode(document)
        return not fields.keys() >= REQUIRED_FIELDS and self._is_no_record(fields)

    def _is_no_record(self, fields: Fields) -> bool:
        names = tuple(fields)
        if names not in self._records:
            self._records[names] = leads_to_record(names, inside=False)
        inner = [bytes(fields[name]) for name in names if name in INNER_NAMES]
        return not self._records[names] and all(
            self._is_no_record(_fields.decode(one)) if one[:1] == b"{" else one[:2] != b'"{'
            for one in inner
        )

    def _behind_header(self, line: bytes) -> tuple[bytes, str] | None:
        """The event in a line behind what a relay put before it."""
        at = 0
        for _ in range(_MAX_BRACES):
            at = line.find(b"{", at + 1)
            if at < 0:
                return None
            value = line[at:]
            with suppress(msgspec.DecodeError):
                if self._is_own(value):
                    self.cut.append(value)
                    return value, ""
                if one := self._open(value) or self._learn(value):
                    return one if MARKS.search(line) else None
            with suppress(ValueError):
                _scan.raw_decode(value.decode())
                return None  # it is JSON, and leads elsewhere
        return None

    def _open(self, document: bytes) -> tuple[bytes, str] | None:
        for way in self._ways:
            if (taken := self._taken(document, way)) is None:
                continue
            event, shapes = taken
            if way is not self._ways[0]:
                self._ways.remove(way)
                self._ways.insert(0, way)
            if shapes not in self._products:
                self._products[shapes] = _product(document, event, shapes, way)
            product = self._products[shapes]
            if product is None:
                return None
            self.cut.append(event)
            return event, product
        return None

    def _taken(
        self, document: bytes, way: tuple[_Step, ...]
    ) -> tuple[bytes, tuple[_Shape, ...]] | None:
        """The event at a way's end, and what is around it, step by step."""
        shapes, value = [], document
        try:
            for step in way:
                if (taken := step.take(value)) is None:
                    return None
                value, shape = taken
                shapes.append(shape)
            if not self._is_own(value):
                return None
            if way[-1].name == _PROPERTIES:
                shapes.append((tuple(_fields.decode(value)),))
        except (ValueError, RecursionError, zlib.error):
            return None
        return value, tuple(shapes)

    def _is_own(self, document: bytes) -> bool:
        """Whether a document is JSON whose names are an event's, and none a table's or record's.

        Raises:
            DecodeError: it is no JSON.
        """
        if b'"uuid"' not in document:
            return False
        try:
            _own.decode(document)
        except msgspec.ValidationError:
            names = tuple(_fields.decode(document))
            if names not in self._names:
                is_whole = {*REQUIRED_FIELDS, "outcome"}.issubset(names)
                is_odd = has_flat_name(names) or leads_to_record(names)
                self._names[names] = is_whole and not is_odd
            return self._names[names]
        return True

    def _learn(self, document: bytes) -> tuple[bytes, str] | None:
        """Look where the event of a document lies, for others like it, and take it."""
        if self._tries == _MOST_TRIES or document[:1] != b"{":
            return None
        self._tries += 1
        inside = inside_of(document)
        if inside is None or len(inside.contents) != 1:
            return None
        way = _way(document, inside.contents[0], _DEEPEST)
        if way is None or way in self._ways or self._taken(document, way) is None:
            return None
        self._ways.insert(0, way)
        return self._open(document)


def _way(document: bytes, event: bytes, depth: int) -> tuple[_Step, ...] | None:
    """The steps from a document to its event."""
    fields = _fields.decode(document)
    if not depth or fields.keys() >= REQUIRED_FIELDS:
        return None
    for name, raw in fields.items():
        value = bytes(raw)
        is_text = value[:1] == b'"'
        content = _unpacked(_text.decode(value)) if is_text else value
        if not _is_object(content) or not _goes_first(name, fields):
            continue
        further = () if content == event else _way(content, event, depth - 1)
        if further is not None:
            start = document.find(value[:_FIRST])
            behind = document[start + len(value) :]
            next_name = _NEXT_NAME.match(behind)
            before = document[document.rfind(b'"' + name.encode(), 0, start) : start]
            after = next_name[0] if next_name else behind
            return (_Step(name, before, after, is_text), *further)
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


def _product(
    document: bytes, event: bytes, shapes: tuple[_Shape, ...], way: tuple[_Step, ...]
) -> str | None:
    """The product whose envelope a document is; None if others like it may lead elsewhere."""
    inside = inside_of(document)
    if inside is None or inside.contents != [event]:
        return None
    names = [shape[0] for shape in shapes]
    if way[-1].name == _PROPERTIES:  # a record's names may stand on either side of this one
        names[-2:] = [(*names[-2], *_OF_BOTH, *names[-1])]
        names[-1] = tuple(name for name in names[-1] if name != _PROPERTIES)
    if any(leads_to_record(one, inside=False) for one in names):
        return None
    if any(_may_lead(part) for shape in shapes for part in shape[1:]):
        return None
    return inside.wrapper


def _shape(fields: dict[str, Any], looked_at: frozenset[str] | None = None) -> _Shape | None:
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


def _shape_of_list(values: list[Any]) -> _Shape | None:
    """The shape of a list of plain values, which is empty."""
    is_plain = all(
        type(one) not in {dict, list} and not (type(one) is str and _MAY_LEAD.search(one))
        for one in values
    )
    return () if is_plain else None


def _may_lead(part: tuple[str, _Shape]) -> bool:
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
