"""A JSON document that is no event may hold events: the envelopes that Okta's events come in.

Where an event lies in an envelope follows from its content, and an object that merely has a name
that is known is none: something in it has to be an event. Products and the names of their tables
are data, in ``wrappers.toml`` beside this file.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import tomllib
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kit.base.exclusive import exclusive
from kit.base.patterns import lazy_pattern
from kit.sources.bigquery import rows_of
from kit.sources.columns import PLAIN, LossyRowError, ProductTable, event_of_row, leaves
from kit.sources.respelt import has_flat_name, is_printed
from kit.sources.udm import log_event_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Inside",
    "advice",
    "inside_of",
    "product_in",
    "product_of",
    "tables",
    "unpacked",
    "unwrap",
]

UDM = "Google SecOps UDM"
"""A data model with lists of objects, which no table of names tells of."""

LINE = "syslog"
"""What is said of an event behind what a relay put before it, if no product is known."""

LISTS = (
    "events value results logEvents hits Records records messages values logs entries items".split()
)
"""Names under which APIs, log stores and hooks send their lists."""

ORIGINALS = """
_raw event.original original raw_data log_text logText rawLog raw_log @message full_log message
Message line log body Body event raw RAW text textPayload jsonPayload json
""".split()
"""Where the event stands as Okta wrote it; a copy in other names may stand beside it."""

_INSIDE = """
_source result detail okta data Data attributes content map fields record payload Payload udm Sns
properties value hits logs output
""".split()
"""Where the event, or another envelope, stands."""

_EVENTS_OWN = {"uuid", "published", "outcome", "actor", "displayMessage", "target"}
"""Names that no envelope has, so that an event without its uuid is not looked into."""

REQUIRED_FIELDS = {"uuid", "published", "eventType"}
MARKS = lazy_pattern(
    rb'uuid|event_?type|EventOriginalUid|event_code|productLogId|"(?:ey[AJ]|ew[0ko]|H4sI)', re.I
)
"""What a list with events in it has; the last ones begin an object, or gzip, in base64."""

PACKED = lazy_pattern(r"ey[AJ]|ew[0ko]|H4sI")
_LARGEST = 32 << 20
"""Bytes that may come of what is packed in a text."""

_DEEPEST = 8
_MAX_BRACES = 20
"""Braces of a line that are tried for the begin of an event."""

_HALF = lazy_pattern(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
"""A sign beyond 16 bits has two of them; one by itself makes the whole document unreadable."""

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])
_text = msgspec.json.Decoder(str)
_scan = json.JSONDecoder()


class Inside(NamedTuple):
    """What stands inside a document."""

    contents: list[bytes]
    """Each event, or envelope again; byte for byte where it stands so in the document."""
    wrapper: str = ""
    """The product whose envelope it is; empty for Okta's own pages and for lists."""


def unwrap(document: bytes) -> list[bytes] | None:
    """Take what stands inside a document that is no event itself.

    An array gives its elements. An object gives the event in it as Okta wrote it, as an object or
    as text, or the elements of a list with events in it, wherever the products in
    ``wrappers.toml`` put them. A row of a table, or an event whose names another product has
    respelt, gives the event that it tells of. A line gives the JSON behind its syslog header.
    https://developer.okta.com/docs/concepts/event-hooks/#sample-event-delivery-payload

    Args:
        document: one JSON document, or one line of text, UTF-8.

    Returns:
        What stands inside, byte for byte where it stands there; empty if the envelope is; None if
        it is no envelope.
    """
    inside = inside_of(document)
    return None if inside is None else inside.contents


def inside_of(document: bytes) -> Inside | None:
    """Take what stands inside a document, with the product whose envelope it is.

    Args:
        document: one JSON document, or one line of text, UTF-8.

    Returns:
        As ``unwrap``, named.
    """
    inside = _inside_of(document, _DEEPEST)
    if inside is not None or not _HALF.search(document):
        return inside
    readable = _HALF.sub(rb"\\ufffd", document)  # of the same length
    inside, at = _inside_of(readable, _DEEPEST), 0
    if inside is None:
        return None
    contents = []
    for one in inside.contents:
        place = readable.find(one, at)
        place = place if place >= 0 else readable.find(one)
        at = max(place, 0) + len(one)
        contents.append(document[place:at] if place >= 0 else one)
    return Inside(contents, inside.wrapper)


def advice(document: bytes) -> str | None:
    """Say which product's envelope a document looks like that no event can be read from.

    Args:
        document: what ``unwrap`` finds nothing in.

    Returns:
        What it looks like and the export that works; None if it looks like none.
    """
    try:
        return _advice(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _advice(document: bytes) -> str | None:
    fields = _fields.decode(document)
    if loss := _row_loss(document, fields):
        return loss
    table = product_in(fields)
    if table is None or not table.advice:
        return None
    cut = _cut_at(fields)
    what = f"its event is cut off after {cut:,} bytes" if cut else "no event can be read from it"
    return f"looks like {table.name}, but {what}. {table.advice}"


@exclusive
@cache
def tables() -> tuple[ProductTable, ...]:
    """The products, in the order in which they are tried."""
    text = Path(__file__).with_name("wrappers.toml").read_text(encoding="utf-8")
    return msgspec.convert(tuple(tomllib.loads(text)["wrapper"]), tuple[ProductTable, ...])


def product_of(columns: Iterable[str]) -> ProductTable | None:
    """The product whose table has these columns.

    Args:
        columns: the names of the table's columns, dotted where they lie in others.
    """
    names = set(columns)
    return next((one for one in tables() if names.issuperset(one.signs)), None)


def unpacked(text: str) -> str:
    """Read what stands in base64, in lines or for URLs too, packed with gzip as CloudWatch does.

    Raises:
        ValueError, zlib.error: it is none.
    """
    plain = "".join(text.split()).replace("-", "+").replace("_", "/")
    data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    if data.startswith(b"\x1f\x8b"):
        data = zlib.decompressobj(wbits=31).decompress(data, _LARGEST)
    return data.decode().strip()


Fields = dict[str, msgspec.Raw]


def _inside_of(document: bytes, depth: int) -> Inside | None:
    if not depth:
        return None
    first = document[:1]
    try:
        if first == b"{":
            return _from_object(document, depth)
        if first == b"[":
            return _from_array(document, depth)
        if first == b'"':
            return _from_text(_text.decode(document), depth)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if first == b"{":
            return None
    return _from_line(document, depth)


def _content(value: bytes, depth: int) -> Inside | None:
    """What stands in a value: it has to be an event, or to lead to one."""
    first = value[:1]
    try:
        if first == b"{":
            if _fields.decode(value).keys() >= REQUIRED_FIELDS:
                return _from_object(value, depth) or Inside([value])
            return _from_object(value, depth)
        if first == b"[":
            return _from_array(value, depth) if MARKS.search(value) else None
        if first == b'"' and len(value) > 20:
            return _from_text(_text.decode(value), depth)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return None


def _from_text(text: str, depth: int) -> Inside | None:
    """What stands in a text: JSON once more, in base64 too, or behind a syslog header."""
    text = text.strip()
    if PACKED.match(text):
        with suppress(binascii.Error, ValueError, zlib.error):  # else it merely begins so
            text = unpacked(text)
    if depth <= 1:
        return None
    raw = text.encode("utf-8", "surrogatepass")
    if text.startswith(("{", "[", '"')):
        inside = _content(raw, depth - 1)
        if inside is not None:
            return inside
    return _from_line(raw, depth - 1)


def _from_line(line: bytes, depth: int) -> Inside | None:
    """The event behind what a relay put before it: a time, a host, RFC 5424's structured data."""
    if depth <= 1 or not MARKS.search(line):
        return None
    at = 0
    for _ in range(_MAX_BRACES):
        at = line.find(b"{", at + 1)
        if at < 0:
            return None
        try:
            text = line[at:].decode()
            _, end = _scan.raw_decode(text)
        except (ValueError, RecursionError):
            continue
        if b"{" in (rest := text[end:].encode()) and MARKS.search(rest):
            return None  # several, which are separated elsewhere
        inside = _content(text[:end].encode(), depth - 1)
        if inside is not None:
            return Inside(inside.contents, inside.wrapper or LINE)
    return None


def _from_array(document: bytes, depth: int) -> Inside | None:
    elements = [bytes(one) for one in _elements.decode(document)]
    if (
        len(elements) in {2, 3}
        and re.fullmatch(rb'"\d{10,}"', elements[0])
        and elements[1][:1] == b'"'
    ):
        return _content(elements[1], depth - 1)  # Loki's time and line, and what labels it
    if elements and all(_is_field(one) for one in elements):  # of CloudWatch Logs Insights
        pairs = [msgspec.json.decode(one) for one in elements]
        row = json.dumps({one["field"]: one["value"] for one in pairs}, ensure_ascii=False)
        return _content(row.encode(), depth - 1)
    return Inside(elements)


def _is_field(element: bytes) -> bool:
    if not element.startswith(b"{"):
        return False
    fields = _fields.decode(element)
    return fields.keys() == {"field", "value"} and bytes(fields["field"])[:1] == b'"'


def _from_object(document: bytes, depth: int) -> Inside | None:
    fields = _fields.decode(document)
    is_event = fields.keys() >= REQUIRED_FIELDS
    if is_event and not _is_respelt(document, fields):
        return None
    product = product_in(fields)
    name = product.name if product else ""
    inside = None if is_event else _first(fields, ORIGINALS, depth)
    inside = inside or _rebuilt(document, fields, product)
    if inside is None and not _EVENTS_OWN & fields.keys():
        rows = _rows(fields)
        inside = (
            (Inside(rows) if rows is not None else None)
            or _lists(fields)
            or _first(fields, _INSIDE, depth)
        )
        inside = inside or _likeliest(fields, depth)
    return Inside(inside.contents, name or inside.wrapper) if inside else None


def _is_respelt(document: bytes, fields: Fields) -> bool:
    """Whether an event with Okta's own uuid, type and time has been through a table."""
    return is_printed(document) or has_flat_name(fields)


def _value(fields: Fields, name: str) -> bytes | None:
    """A value by its name, which may be dotted, or lead into objects."""
    if name in fields:
        return bytes(fields[name])
    first, dot, rest = name.partition(".")
    if not dot or first not in fields or bytes(fields[first])[:1] != b"{":
        return None
    return _value(_fields.decode(fields[first]), rest)


def product_in(fields: Fields) -> ProductTable | None:
    """The product whose envelope, or row, has these fields."""
    names = fields.keys()
    for table, first_names in _tables_by_names():
        if first_names <= names and all(_value(fields, one) is not None for one in table.signs):
            return table
    return None


@cache
def _tables_by_names() -> tuple[tuple[ProductTable, frozenset[str]], ...]:
    """The products' tables, each with names of which its rows lack none.

    A sign with dots may be a name, or lead into an object.
    """
    return tuple((t, frozenset(s for s in t.signs if "." not in s)) for t in tables())


def _first(fields: Fields, names: list[str], depth: int) -> Inside | None:
    if depth <= 1:
        return None
    for name in names:
        if name not in fields and "." not in name:
            continue
        value = _value(fields, name)
        if value is not None and (inside := _content(value, depth - 1)) is not None:
            return inside
    return None


def _rebuilt(document: bytes, fields: Fields, product: ProductTable | None) -> Inside | None:
    """The event that a table's row tells of, or one whose names are respelt."""
    plain_tables = [PLAIN] if any("uuid" in name.casefold() for name in fields) else []
    candidates = (
        [product, *plain_tables]
        if product and (product.columns or product.name == UDM)
        else plain_tables
    )
    if not candidates:
        return None
    try:
        value = msgspec.json.decode(document)
        row = list(leaves(value))
    except msgspec.DecodeError:  # a number that is out of range
        return None
    for table in candidates:
        try:
            event = event_of_row(row, table) if table.name != UDM else log_event_of(value)
        except LossyRowError:
            return None  # ``advice`` says so
        if event is not None:
            raw = json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
            return Inside([raw]) if raw != document else None
    return None


def _rows(fields: Fields) -> list[bytes] | None:
    """Rows that stand apart from the names of their columns, as query services answer."""
    for names, rows in (("columns", "rows"), ("fields", "rows"), ("columns", "values")):
        if names not in fields or rows not in fields:
            continue
        try:
            columns = msgspec.json.decode(fields[names], type=list[str | dict[str, object]])
            values = msgspec.json.decode(fields[rows], type=list[list[msgspec.Raw]])
        except msgspec.DecodeError:
            continue
        keys = [
            json.dumps(one if isinstance(one, str) else one.get("name", "")).encode()
            for one in columns
        ]
        return [_object(keys, [bytes(value) for value in row]) for row in values]
    schema = _value(fields, "schema.fields")
    if schema is not None and "rows" in fields:
        return rows_of(schema, bytes(fields["rows"]))
    tables_ = _value(fields, "tables")
    if tables_ is not None and tables_[:1] == b"[":
        return [bytes(one) for one in _elements.decode(tables_)]
    return None


def _object(keys: list[bytes], values: list[bytes]) -> bytes:
    pairs = (key + b": " + value for key, value in zip(keys, values, strict=False))
    return b"{" + b", ".join(pairs) + b"}"


def _lists(fields: Fields) -> Inside | None:
    lists = [raw for name in LISTS if name in fields and (raw := bytes(fields[name]))[:1] == b"["]
    if not lists:
        return None
    return Inside([bytes(one) for raw in lists for one in _elements.decode(raw)])


def _likeliest(fields: Fields, depth: int) -> Inside | None:
    """What stands under any other name: the list with events in it, an event, or its text."""
    values = sorted(map(bytes, fields.values()), key=len, reverse=True)
    for raw in values:
        if raw[:1] == b"[" and (b'"uuid"' in raw or b'"published"' in raw):
            return Inside([bytes(one) for one in _elements.decode(raw)])
    for raw in values if depth > 1 else ():
        if raw[:1] == b"[" and MARKS.search(raw):
            elements = [bytes(one) for one in _elements.decode(raw)]
            if any(_content(one, depth - 1) for one in elements[:3]):
                return Inside(elements)
        if raw[:1] in {b"{", b'"'} and MARKS.search(raw):
            inside = _content(raw, depth - 1)
            if inside is not None:
                return inside
    return None


def _row_loss(document: bytes, fields: Fields) -> str | None:
    """What a row has lost."""
    table = product_in(fields) or PLAIN
    try:
        event_of_row(leaves(msgspec.json.decode(document)), table)
    except LossyRowError as lossy:
        return str(lossy)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return None


def _cut_at(fields: Fields) -> int:
    """How long an event is that is cut off in its envelope; 0 if none is."""
    for name in ("_raw", "result._raw", "event.original", "message"):
        value = _value(fields, name)
        if value is not None and value[:1] == b'"':
            text = _text.decode(value)
            if text.startswith('{"') and not text.rstrip().endswith("}"):
                return len(text.encode())
    return 0
