"""Events out of the envelopes of one product, quickly: where the first one lay, the others lie.

``wrappers`` looks for the event in each document anew. Here a document is cut at the marks that
stood before and behind the event of the first one. What remains around the cut has to have the
names that it had there, and nothing else in it that may hold an event: then ``wrappers`` would take
the same event from it. Whatever may lead it elsewhere is not opened here.
"""

from __future__ import annotations

import json
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kit.sources.cuts import PROPERTIES, Cut, Shape, inner_signs, product_of_cut, steps_to
from kit.sources.respelt import has_flat_name
from kit.sources.wrappers import (
    LINE,
    MARKS,
    REQUIRED_FIELDS,
    Fields,
    Inside,
    inside_of,
)
from kit.vendors import INNER_NAMES, leads_to_record

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Opened", "events_inside"]

_DEEPEST = 5
_MOST_TRIES = 16
"""Documents in which a way is looked for; rows of tables have none."""
_MAX_BRACES = 20

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
_scan = json.JSONDecoder()


class Opened(NamedTuple):
    """What lay in some documents."""

    events: list[bytes] | None
    """Their events, in order; None if some cannot be opened here."""
    cut: list[bytes]
    """Those among them that were cut out: not as ``wrappers`` takes them if a value is printed."""
    wrapper: str = ""
    """The product, as ``inside_of`` names it."""


def events_inside(documents: Iterable[bytes]) -> Opened | None:
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


class _Envelopes:
    """Opens envelopes, and learns from each of another form how."""

    def __init__(self) -> None:
        self.cut: list[bytes] = []
        """The events that were cut out of their envelopes."""
        self._ways: list[tuple[Cut, ...]] = []
        self._tries = 0
        self._products: dict[tuple[tuple[Cut, ...], tuple[Shape, ...]], str | None] = {}
        """By the way to an event and what is around it, step by step; None where that may lead
        elsewhere."""
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
        whole = inside_of(document) if self._leads_inside(document) else None
        if whole is None:
            return None
        events: list[bytes] = []
        wrappers_ = set()
        for content in whole.contents:
            inside = Inside([content]) if self._is_own(content) else self.inside(content, depth - 1)
            if inside is None:
                return None
            events += inside.contents
            wrappers_.add(whole.wrapper or inside.wrapper)
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
            if (pair := self._follow(document, way)) is None:
                continue
            event, shapes = pair
            if way is not self._ways[0]:
                self._ways.remove(way)
                self._ways.insert(0, way)
            if (way, shapes) not in self._products:
                self._products[way, shapes] = product_of_cut(document, event, shapes, way)
            product = self._products[way, shapes]
            if product is None:
                return None
            self.cut.append(event)
            return event, product
        return None

    def _follow(
        self, document: bytes, way: tuple[Cut, ...]
    ) -> tuple[bytes, tuple[Shape, ...]] | None:
        """The event at a way's end, and what is around it, step by step."""
        shapes, value = [], document
        try:
            for step in way:
                if (pair := step.take(value)) is None:
                    return None
                value, shape = pair
                shapes.append(shape)
            if not self._is_own(value):
                return None
            if way[-1].name == PROPERTIES:
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
                is_odd = (
                    has_flat_name(names)
                    or leads_to_record(names)
                    or any(name in names for _, name in inner_signs())
                )
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
        way = steps_to(document, inside.contents[0])
        if way is None or way in self._ways or self._follow(document, way) is None:
            return None
        self._ways.insert(0, way)
        return self._open(document)
