"""Events read from their JSON by columns, a block at a time, and none of them alone.

Arrow's reader takes nothing but what a log has: a value of another type, a name that stands
twice, half a sign or a number for a text refuses the block, which is then read event by event
(``kit.events.event``). So what is read here is what is read there.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from msgspec import inspect

from kit.events.event import LogEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Events", "SourceTexts", "documents_source", "lines_source", "read_events"]

_DEEPEST = 400
"""Brackets that may open in a line; one with more may be too deep to be read by itself."""

_PIECE = 1 << 17
"""Bytes that are looked at in one go, so that they stay near the processor."""

_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$"
_FIRST_TIME, _END_OF_TIME = np.array(["0002-01-01", "9999-01-01"], "M8[us]").astype(np.int64)
"""Between them any offset leads to a time that there is."""

_NO_NUMBER = re.compile(rb"[:,\[]\s*-?(?:NaN|Inf(?:inity)?)\s*[,}\]]")
"""What Arrow takes for a number, and JSON does not."""

_ENDS_OF_NO_NUMBER = (re.compile(rb"NaN\s*[,}\]]"), re.compile(rb"Inf(?:inity)?\s*[,}\]]"))
"""How such a thing ends. A search that begins with letters takes a tenth of the time of one that
begins with a choice, and their letters stand in the ids of every block by chance."""

_DEBUG = ("requestId", "clientId", "appname", "factor")
"""What of debugData the table reads."""

_FEED, _RETURN = b"\n\r"
_BRACKET = ord("[")
_NO_CASE = 0xDF
"""Without this bit ``{`` is ``[``, and nothing else is but the two."""


class Events(NamedTuple):
    """The events of a block, by columns."""

    table: pa.StructArray
    """An event each, of what ``LogEvent`` reads, by Okta's names."""
    times: np.ndarray
    """When each happened, in microseconds since 1970, UTC."""
    raw: pa.Array
    """The JSON of each, as received."""

    def column(self, *path: str) -> pa.Array:
        """What stands at a place in each event, null where there is nothing."""
        return pc.struct_field(self.table, list(path))


class SourceTexts(NamedTuple):
    """The JSON of some events, a line break between each two."""

    text: bytes
    ends: np.ndarray
    """Where each ends in the text."""
    raw: pa.Array
    """Each by itself."""


def lines_source(text: bytes) -> SourceTexts | None:
    """Tell lines apart, each of which begins and ends with a brace, without copying each.

    Args:
        text: the lines.

    Returns:
        The lines; None if some but not all end with a carriage return.
    """
    letters = np.frombuffer(text, np.uint8)
    breaks = _places(letters, _FEED)
    ends = breaks if len(breaks) and breaks[-1] == len(text) - 1 else np.append(breaks, len(text))
    is_return = letters[ends - 1] == _RETURN
    if is_return.any() and not is_return.all():
        return None
    line_end = b"\r\n" if is_return.any() else b"\n"
    whole = text.replace(line_end, b"").removesuffix(b"\r")
    return SourceTexts(text, ends, _texts_of(whole, np.diff(ends, prepend=-1) - len(line_end)))


def documents_source(raws: Sequence[bytes]) -> SourceTexts:
    """Take documents, each of which begins and ends with a brace."""
    lengths = np.array([len(raw) for raw in raws])
    text = b"\n".join(raws)
    return SourceTexts(text, np.cumsum(lengths + 1) - 1, _texts_of(b"".join(raws), lengths))


def _texts_of(whole: bytes, lengths: np.ndarray) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(whole)]
    return pa.Array.from_buffers(pa.large_string(), len(lengths), buffers)


def read_events(source: SourceTexts, debug_names: Sequence[str] = ()) -> Events | None:
    """Read the events of a block.

    Args:
        source: their JSON.
        debug_names: what is read of debugData beside what the table reads.

    Returns:
        The events, in their order; None if anything in them is not as Okta writes it.
    """
    text, ends, raw = source
    if any(end.search(text) for end in _ENDS_OF_NO_NUMBER) and _NO_NUMBER.search(text):
        return None
    openings = np.searchsorted(_places(np.frombuffer(text, np.uint8), _BRACKET, _NO_CASE), ends)
    if (np.diff(openings, prepend=0) > _DEEPEST).any():
        return None
    schema = _json_schema((*_DEBUG, *(name for name in debug_names if name not in _DEBUG)))
    try:
        if not text.isascii():
            raw.validate(full=True)
        rows = pj.read_json(
            pa.BufferReader(text),
            pj.ReadOptions(use_threads=False, block_size=len(text) + 1),
            pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        if rows.num_rows != len(raw):
            return None
        table = rows.to_struct_array().chunk(0)
        published = table.field("published")
        if published.null_count or not pc.all(pc.match_substring_regex(published, _TIME)).as_py():
            return None
        times = np.asarray(published.cast(pa.timestamp("us", "UTC")).cast(pa.int64()))
    except pa.ArrowInvalid:
        return None
    return Events(table, times, raw) if _fits(table, times) else None


def _places(letters: np.ndarray, letter: int, mask: int = 0xFF) -> np.ndarray:
    """Where a letter stands, of which the mask says which bits count."""
    pieces = (letters[start : start + _PIECE] for start in range(0, len(letters), _PIECE))
    return np.concatenate(
        [
            np.flatnonzero((piece & mask if mask != 0xFF else piece) == letter) + number * _PIECE
            for number, piece in enumerate(pieces)
        ]
    )


def _fits(table: pa.StructArray, times: np.ndarray) -> bool:
    """Whether every event has what an event must have, and no value is out of its range."""
    for name in ("uuid", "eventType"):
        column = table.field(name)
        if column.null_count or pc.min(pc.binary_length(column)).as_py() == 0:
            return False
    if table.field("outcome").null_count:  # a table's row may have the rest in names of its own
        return False
    if times.min() < _FIRST_TIME or times.max() >= _END_OF_TIME:
        return False
    numbers = pc.min_max(pc.struct_field(table, ["securityContext", "asNumber"])).as_py()
    if numbers["min"] is not None and not 0 <= numbers["min"] <= numbers["max"] < 2**32:
        return False
    return not any((letters == 0).any() for letters in _texts(table))


def _texts(column: pa.Array) -> Iterator[np.ndarray]:
    """The letters of all texts in a column."""
    if pa.types.is_struct(column.type):
        for place in range(column.type.num_fields):
            yield from _texts(column.field(place))
    elif pa.types.is_list(column.type):
        yield from _texts(column.values)
    elif pa.types.is_string(column.type) and (letters := column.buffers()[2]) is not None:
        yield np.frombuffer(letters, np.uint8)


@cache
def _json_schema(debug_names: tuple[str, ...]) -> pa.Schema:
    """What is read of an event, as ``LogEvent`` declares it."""
    debug_data = pa.struct([(name, pa.string()) for name in debug_names])

    def arrow(kind: inspect.Type) -> pa.DataType:
        match kind:
            case inspect.UnionType():
                return arrow(next(t for t in kind.types if not isinstance(t, inspect.NoneType)))
            case inspect.StructType():
                return pa.struct([(f.encode_name, arrow(f.type)) for f in kind.fields])
            case inspect.ListType():
                return pa.list_(arrow(kind.item_type))
            case inspect.DictType():
                return debug_data
            case inspect.IntType():
                return pa.int64()
            case inspect.BoolType():
                return pa.bool_()
        return pa.string()

    return pa.schema(list(arrow(inspect.type_info(LogEvent))))
