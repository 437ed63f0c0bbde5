"""JSON documents are separated, one behind another in any layout, in flat memory.

One a line or over many lines, with or without anything between, in arrays, in arrays of arrays:
what stands in an array is handed on by itself, so that the array may be of any length. What
cannot be read costs itself: reading goes on at the next thing that can be.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kit.sources.brackets import Brackets
from kit.sources.document import Document
from kit.sources.local_dates import with_utc
from kit.sources.wrappers import inside_of

if TYPE_CHECKING:
    from kit.sources.written_times import Order

__all__ = ["MAX_DOCUMENT_BYTES", "JsonStream", "parts"]

MAX_DOCUMENT_BYTES = 32 << 20
"""Bytes of the longest document that is read."""

_MAX_ENVELOPE_BYTES = 4 << 20
"""Bytes of an envelope after which it is not waited for: what stands in it is handed on."""

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n\xef\xbb\xbf"
_BETWEEN = _SPACE + b","
_SCALARS = re.compile(rb'(?:(?:null|true|false|-?\d[\d.eE+-]*|"(?:[^"\\]|\\.)*")[\s,]*)+')
_SCALAR = re.compile(rb'null|true|false|-?\d[\d.eE+-]*|"(?:[^"\\]|\\.)*"')
_NAME = re.compile(rb'[\s,]*"(?:[^"\\\n]|\\.)*"\s*:')
_BEGINS = re.compile(rb'\{\s*"')
_OF_EVENTS = re.compile(rb'"(?:uuid|published|outcome|actor|displayMessage|target)"\s*:')
_OF_ROWS = re.compile(rb'"(?:columns|rows)"\s*:')
"""Its rows mean nothing without the names of the columns before them."""
_OF_ONE = re.compile(rb'\[\s*(?:"\d{10,}"\s*,\s*"|\{\s*"field"\s*:)')
"""An array that is one event: Loki's pair of a time and a line, or CloudWatch's list of fields."""
_OF_AN_EVENT = re.compile(
    rb'uuid|EventOriginalUid|event_code|"(?:ey[AJ]|ew[0ko]|H4sI)|(?i:correlation_?id|request_?id)'
)
"""What an array or object in an envelope has that is worth a look: an event's, or a record's."""
_LONE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_MAX_PLACES = 1_000
"""Places that are looked at for an event behind something broken."""
_EVENT = 128 << 10
"""Bytes of the longest event that is looked for there."""
_WINDOW = 64 << 10
_INDENT = 1024
_SHORT = 64
"""Bytes after which it shows what stands in an array."""
_FRAME = re.compile(rb"(\d{1,8}) (?=<\d{1,3}>\d )")
"""Syslog over TCP may say how long each message is. https://www.rfc-editor.org/rfc/rfc6587"""
_DEEPEST = 100
"""Arrays that may be open at once."""

_FIRST_NAME = re.compile(rb'[\s,]*(\{\s*"(?:[^"\\\n]|\\.)*"\s*:)')
"""What the objects of an array begin with, if their first names are alike."""

_raw = msgspec.json.Decoder(msgspec.Raw)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_scan = json.JSONDecoder(strict=True)


class _Broken(NamedTuple):
    """Something broken, by which its lines are known."""

    indent: int
    laid_out: bool
    """Whether it goes over many lines."""
    flat: bool
    """Whether those begin like its first one."""


class _ResumePoint(NamedTuple):
    """Where reading goes on behind something broken."""

    place: int
    envelopes: bytes = b""
    """The brackets that are open there, if what looked broken is an envelope."""


class JsonStream:
    """Tells the documents of one file apart, piece by piece."""

    def __init__(self, file: str, line: int = 1) -> None:
        """Begin.

        Args:
            file: the file's name, for each document.
            line: the number of its first line.
        """
        self.line = line
        """The line that the next text begins on."""
        self.order: Order | None = None
        """What comes first in the local dates of what follows."""
        self._file = file
        self._open = bytearray()
        """The brackets of the arrays and envelopes that are open."""
        self._broken_count = 0
        """How many of those are known to be broken off."""
        self._place: int | None = None
        self._fresh = True
        self._skips = False
        """Whether it is behind a document that was too long, and not at the next one."""
        self._broken: _Broken | None = None
        """What stood last, if it was broken: lines may still belong to it."""
        self._line_begins = True
        """Whether the next text begins a line."""

    def rests(self) -> bool:
        """Whether the next text begins outside of all that was read."""
        return not (self._open or self._skips)

    def pass_lines(self, lines: int, *, alone: bool = True) -> None:
        """Note that some lines were read by somebody else.

        Args:
            lines: how many.
            alone: whether nothing can belong to the last one that is set in below it.
        """
        self.line += lines
        self._fresh = False
        self._broken = None if alone else _Broken(indent=0, laid_out=False, flat=False)

    def split(self, text: bytes, *, last: bool) -> tuple[list[Document], int]:
        """Tell the documents of a text apart.

        Args:
            text: what follows on the last text, from where that was used up.
            last: whether nothing follows.

        Returns:
            The documents, and how many bytes of the text were used up; the rest is to be
            given again, with more behind it.
        """
        documents, behind = self._elements(text)
        if documents and not last:
            return documents, behind
        one = _Text(self, text[behind:], last=last)
        used_bytes = one.read()
        self._use(text[behind:], used_bytes)
        if last and len(self._open) > self._broken_count:
            one.add(len(one.text), len(one.text), "the file ends within an array or an object")
        return documents + one.documents, behind + used_bytes

    def _use(self, text: bytes, used_bytes: int) -> None:
        self.line += text.count(b"\n", 0, used_bytes)
        if used_bytes:
            self._line_begins = text.endswith(b"\n", 0, used_bytes)
        self._fresh = self._fresh and not used_bytes

    def _elements(self, text: bytes) -> tuple[list[Document], int]:
        """The objects that an open array goes on with, but for the last, if they begin alike.

        Returns:
            The documents, none if they do not, and the place where they end.
        """
        begin = _FIRST_NAME.match(text)
        is_within = self._open[-1:] == b"[" and not self._skips and self._broken is None
        behind = text.rfind(begin[1], begin.end()) if begin and is_within else 0
        if begin is None or behind <= 0:
            return [], 0
        behind = len(text[:behind].rstrip(_BETWEEN))
        try:
            raws = _list.decode(b"[%b]" % text[begin.start(1) : behind])
        except (msgspec.DecodeError, RecursionError):
            return [], 0
        documents: list[Document] = []
        line, at = self.line, 0
        has_lines = self._place is None and text.find(b"\n", 0, behind) >= 0
        for raw in map(bytes, raws):
            if raw[:1] != b"{":
                return [], 0
            if has_lines:
                start = text.find(raw[:_SHORT], at)
                line += text.count(b"\n", at, start)
            number = line if self._place is None else self._place + len(documents)
            documents.append(Document(self._file, number, raw, order=self.order))
            if has_lines:
                line += raw.count(b"\n")
                at = start + len(raw)
        if self._place is not None:
            self._place += len(documents)
        self._use(text, behind)
        return documents, behind


class _Text:
    """One text on its way through a ``JsonStream``."""

    def __init__(self, stream: JsonStream, text: bytes, *, last: bool) -> None:
        self.stream, self.text, self.last = stream, text, last
        self.documents: list[Document] = []
        self.marks = Brackets(text)
        self._line, self._counted = stream.line, 0

    def add(self, start: int, end: int, fault: str | None = None, count: int = 1) -> None:
        """Hand on what stands between two places."""
        stream = self.stream
        if stream._place is None:
            self._line += self.text.count(b"\n", self._counted, start)
            self._counted = max(start, self._counted)
            number = self._line
        else:
            number = stream._place
            stream._place += count
        raw = self.text[start:end].rstrip(_BETWEEN)
        if fault is not None:
            raw = raw[:2000]
        self.documents.append(
            Document(stream._file, number, raw, fault, count=count, order=stream.order)
        )

    def read(self) -> int:
        """Hand on what can be told apart; gives the place where more is needed."""
        stream, text, marks = self.stream, self.text, self.marks
        at = self._behind_skipped() if stream._skips else 0
        if at is None:
            return max(0, len(text) - (0 if self.last else _EVENT))
        number = marks.from_place(at)
        while True:
            if stream._broken:
                end = self._behind_broken(at)
                if end is None:
                    return at
                at, number = end, marks.from_place(end)
            bracket = marks.at[number] if number < len(marks) else len(text)
            loose = _first(text, at, bracket)
            if loose < bracket:
                end = self._loose(loose, bracket, number)
            elif bracket == len(text):
                return bracket - len(self._indent(bracket) or b"") * (not self.last)
            elif text[bracket] == 0x7B:  # {
                end = self._object(bracket, number)
            elif text[bracket] == 0x5B:  # [
                end = self._array(bracket, number)
            else:
                self._close(text[bracket])
                end = bracket + 1
            if end is None:
                place = min(loose, bracket)
                return place - len(self._indent(place) or b"")
            at = end
            number = number + 1 if at == bracket + 1 else marks.from_place(at)

    def _close(self, bracket: int) -> None:
        """Leave an array or an envelope; a bracket too many is nobody's."""
        stream = self.stream
        opens = b"[" if bracket == 0x5D else b"{"
        if stream._open.endswith(opens):
            stream._open.pop()
            stream._broken_count = min(stream._broken_count, len(stream._open))
        if not stream._open:
            stream._place = None

    def _array(self, start: int, number: int) -> int | None:
        """Go into an array, unless its line is no JSON: a log's ``[date]``."""
        stream, text, match = self.stream, self.text, self.marks.match[number]
        end = self.marks.at[match] + 1 if match >= 0 else 0
        within = stream._open[-1:]
        if within == b"{" and end and not _OF_AN_EVENT.search(text, start, end):
            return end
        rest = len(text) - start
        if within and (_OF_ONE.match(text, start) or (not end and rest < _SHORT)):
            if end:
                self.add(start, end)
                return end
            if not self.last and rest < _MAX_ENVELOPE_BYTES:
                return None
        if not within and end and not _valid(text[start:end]) and b"{" not in text[start:end]:
            return self._line_of(start)
        if stream._fresh and not stream._open and self._line == 1:
            alone = self.last and not text[end:].strip(_SPACE)
            stream._place = 1 if not end or alone else None
        stream._fresh, stream._broken = False, None
        stream._open += b"["
        if len(stream._open) > _DEEPEST:
            del stream._open[0]
        return start + 1

    def _object(self, start: int, number: int) -> int | None:
        """Hand on an object: an event, an envelope, or something broken."""
        stream, text, marks = self.stream, self.text, self.marks
        stream._fresh = False
        match = marks.match[number]
        if match < 0:
            return self._unclosed(start, number)
        end = marks.at[match] + 1
        raw = text[start:end]
        if _valid(raw):
            stream._broken = None
            if stream._open[-1:] != b"{" or _OF_AN_EVENT.search(raw):
                self.add(start, end)
            return end
        behind = self._sibling(start, number, match) or self._inside(start + 1, end)
        if behind is not None:
            return self._skip_to(start, number, behind)
        line = text.find(b"\n", end)
        if not self.last and line < 0 and len(text) - start < _MAX_ENVELOPE_BYTES:
            return None
        broken = self._note_broken(start)
        if self._indent(start) is not None and not broken.flat:
            own = self._own_lines(start, end, broken)
            if own < end:
                return self._skip(start, end)
        if _NAME.match(text, end):  # it was closed too early
            behind = self._inside(end, line if line >= 0 else len(text))
            end = behind.place if behind else line + 1 or len(text)
        self.add(start, end)
        return end

    def _unclosed(self, start: int, number: int) -> int | None:
        """Wait for an object's end, or go on behind it if it is broken, or into it."""
        text, rest = self.text, len(self.text) - start
        behind = self._sibling(start, number, len(self.marks))
        if behind is not None:
            return self._skip_to(start, number, behind)
        if not self.last and rest < _MAX_ENVELOPE_BYTES:
            return None
        envelope = self._envelope(start, number, len(self.marks))
        if envelope is not None:
            return self._enter(envelope)
        behind = self._inside(start + 1, len(text))
        if behind is not None:
            return self._skip_to(start, number, behind)
        if not self.last and rest < MAX_DOCUMENT_BYTES:
            return None
        if rest >= MAX_DOCUMENT_BYTES:
            return self._too_long(start)
        return self._skip(start, len(text))

    def _skip_to(self, start: int, number: int, behind: _ResumePoint) -> int:
        """Leave something broken out, or go into it if it is an envelope."""
        envelope = self._envelope(start, number, self.marks.from_place(behind.place))
        if envelope is not None:
            return self._enter(envelope)
        return self._skip(start, behind.place)

    def _skip(self, start: int, limit: int) -> int:
        """Leave out something broken: its line, and the lines that go deeper."""
        end = self._own_lines(start, limit, self._note_broken(start))
        self.add(start, end, _why(self.text[start:end]))
        return end

    def _own_lines(self, start: int, limit: int, broken: _Broken) -> int:
        end = self.text.find(b"\n", start, limit) + 1 or limit
        while end < limit and self._belongs(end, broken):
            end = self.text.find(b"\n", end, limit) + 1 or limit
        return end

    def _note_broken(self, start: int) -> _Broken:
        stream, text = self.stream, self.text
        end = text.find(b"\n", start) + 1 or len(text)
        indent = self._indent(start)
        depth = len(indent or b"")
        laid_out = indent is not None and not text[start + 1 : end].strip(_SPACE)
        flat = text.startswith(b'"', end + depth) and not text[end : end + depth].strip(b" \t\r")
        stream._broken, stream._broken_count = _Broken(depth, laid_out, flat), len(stream._open)
        return stream._broken

    def _belongs(self, line: int, broken: _Broken) -> bool:
        """Whether a line is part of the broken thing above it."""
        text, marks = self.text, self.marks
        first = _first(text, line, len(text), b" \t\r")
        sign = text[first : first + 1]
        if sign in {b"", b"\n"}:
            return True
        if sign == b"{" and first - line != broken.indent:
            here = marks.from_place(first)
            if here < len(marks) and marks.at[here] == first and marks.match[here] >= 0:
                whole = text[first : marks.at[marks.match[here]] + 1]
                if b'"uuid"' in whole and b'"eventType"' in whole and _valid(whole):
                    return False
        if first - line > broken.indent:
            return True
        return (
            broken.laid_out
            and first - line == broken.indent
            and (sign in b"}]," or (broken.flat and sign == b'"'))
        )

    def _behind_broken(self, line: int) -> int | None:
        """The next line that is no part of the broken thing above; None if more is needed."""
        broken = self.stream._broken
        if not self._begins_line(line):
            end = self.text.find(b"\n", line) + 1
            if not end or self.text[line:end].strip(_BETWEEN):
                return line
            line = end
        while broken and line < len(self.text):
            end = self.text.find(b"\n", line) + 1
            if not end and not self.last:
                return None if len(self.text) - line < MAX_DOCUMENT_BYTES else line
            if not self._belongs(line, broken):
                break
            line = end or len(self.text)
        return line

    def _begins_line(self, place: int) -> bool:
        return self.stream._line_begins if not place else self.text[place - 1] == 0x0A

    def _indent(self, place: int) -> bytes | None:
        """The blanks between a line's start and a place; None if anything else stands there."""
        before = self.text[max(0, place - _INDENT) : place]
        blanks = before[len(before.rstrip(b" \t\r")) :]
        line = before[: len(before) - len(blanks)].removesuffix(_BOM)
        start = not line and place <= _INDENT and self.stream._line_begins
        return blanks if line.endswith(b"\n") or start else None

    def _too_long(self, start: int) -> int:
        stream = self.stream
        self.add(start, start + 2000, f"longer than {MAX_DOCUMENT_BYTES >> 20} MB")
        self._note_broken(start)
        stream._skips = True
        return len(self.text)

    def _behind_skipped(self) -> int | None:
        """Where the next thing begins behind a document that was too long."""
        text = self.text
        line = text.find(b"\n") + 1
        behind = self._inside(0, line or len(text))
        if not line and behind is None:
            return None
        self.stream._skips = False
        return behind.place if behind else line

    def _enter(self, envelope: _ResumePoint) -> int:
        self.stream._open += envelope.envelopes
        return envelope.place

    def _envelope(self, start: int, number: int, end: int) -> _ResumePoint | None:
        """Where the elements of an envelope begin that is not whole in this text."""
        text, marks = self.text, self.marks
        path = marks.unclosed(number, min(end, number + 10_000))
        arrays = [n for n, one in enumerate(path) if text[marks.at[one]] == 0x5B]
        if not arrays:
            return None
        path = path[: arrays[0] + 1]
        place = marks.at[path[-1]] + 1
        brackets = bytes(text[marks.at[one]] for one in path)
        head = text[start:place]
        whole = head + brackets[::-1].translate(bytes.maketrans(b"[{", b"]}"))
        if _OF_EVENTS.search(head) or _OF_ROWS.search(head) or not _valid(whole):
            return None
        return _ResumePoint(place, brackets)

    def _sibling(self, start: int, number: int, end: int) -> _ResumePoint | None:
        """The next line that begins like this one's and is a whole document."""
        text, marks = self.text, self.marks
        indent = self._indent(start)
        if indent is None:
            return None
        limit = marks.at[end] if end < len(marks) else len(text)
        at = start
        for _ in range(20):
            at = text.find(b"\n" + indent, at, limit)
            place = at + 1 + len(indent)
            if at < 0 or place >= len(text):
                return None
            at += 1
            if text[place] not in b"{[":
                continue
            here = marks.from_place(place)
            if here >= len(marks) or marks.at[here] != place or marks.match[here] < 0:
                continue
            whole = text[place : marks.at[marks.match[here]] + 1]
            if not _valid(whole):
                continue
            if b'"uuid"' in whole or not self._goes_on(start, number, place, here):
                return _ResumePoint(place)
        return None

    def _goes_on(self, start: int, number: int, place: int, here: int) -> bool:
        """Whether an object is sound up to a place in it."""
        text, marks = self.text, self.marks
        path = marks.unclosed(number, min(here, number + 10_000))
        brackets = bytes(text[marks.at[one]] for one in reversed(path))
        return _valid(text[start:place] + b"0" + brackets.translate(bytes.maketrans(b"[{", b"]}")))

    def _inside(self, start: int, end: int) -> _ResumePoint | None:
        """The next whole event, wherever it begins."""
        text = self.text
        for _ in range(_MAX_PLACES):
            near = text.find(b'"uuid"', start, end)
            if near < 0:
                return None
            begins = _BEGINS.search(text, max(start, near - _EVENT), end)
            if begins is None:
                return None
            place = begins.start()
            window = text[place : min(end, place + _EVENT)].decode("latin-1")
            try:
                event, _ = _scan.raw_decode(window)
            except (ValueError, RecursionError):
                start = place + 1
                continue
            if "uuid" in event and "eventType" in event:
                return _ResumePoint(place)
            start = place + 1
        return None

    def _loose(self, start: int, bracket: int, number: int) -> int | None:
        """What stands outside of objects and arrays."""
        stream, text = self.stream, self.text
        within = stream._open[-1:]
        begins_line = self._indent(start) is not None
        if not within and (frame := _FRAME.match(text, start)):
            end = frame.end() + int(frame[1])
            if end <= len(text):
                self.add(frame.end(), end)
                stream._fresh = False
                return end
            if not self.last and end - start < MAX_DOCUMENT_BYTES:
                return None
        if within == b"{" and not (begins_line and text[start] != 0x22):
            return bracket  # names and values of an envelope
        if within == b"{":
            stream._open.clear()
        if within == b"[":
            values = self._values(start, bracket)
            if values:
                self._add_values(start, values)
                return start + len(values)
            if not begins_line and text.find(b"\n", start, bracket) < 0 and bracket < len(text):
                self._skip(start, bracket)
                return bracket
        return self._line_of(start)

    def _add_values(self, start: int, values: bytes) -> None:
        """Hand on values in a row: a text that may hold an event by itself, others as one."""
        if b"uuid" not in values:
            self.add(start, start + len(values), "a value, no event", _count(values))
            return
        for one in _SCALAR.finditer(values):
            fault = None if b"uuid" in one[0] else "a value, no event"
            self.add(start + one.start(), start + one.end(), fault)

    def _values(self, start: int, bracket: int) -> bytes:
        """The texts, numbers and the like that stand in a row in an array."""
        text = self.text
        cut = start + _WINDOW < bracket or (bracket == len(text) and not self.last)
        window = text[start : min(start + _WINDOW, bracket)]
        match = _SCALARS.match(window)
        if match is None:
            return b""
        values = match[0]
        whole = not cut or match.end() < len(window)  # the last one may go on behind a cut
        return values if whole else values[: values.rfind(b",") + 1]

    def _line_of(self, start: int) -> int | None:
        """Hand on a line that is no JSON; one that goes on something broken is part of it."""
        stream, text = self.stream, self.text
        end = text.find(b"\n", start) + 1
        if not end and not self.last:
            return self._too_long(start) if len(text) - start >= MAX_DOCUMENT_BYTES else None
        end = end or len(text)
        self.add(start, end)
        self._note_broken(start)
        stream._fresh = False
        return end


def parts(document: Document) -> list[Document] | None:
    """Take a document apart that is no event: several on a line, or an envelope.

    Args:
        document: one without a fault.

    Returns:
        What stands inside, each with its line; None if there is nothing but itself.
    """
    raw = document.raw
    inside = inside_of(raw)
    if inside is None and _valid(raw):
        dated = with_utc(document)
        return None if dated is None else [dated]
    if inside is None:
        whole, _ = JsonStream(document.file, document.line).split(raw, last=True)
        if len(whole) == 1 and (whole[0].fault is not None or whole[0].raw == raw):
            return None
        # one line's documents stand on that line, whatever is an array in it
        return [
            msgspec.structs.replace(
                one,
                line=_below(document, one),
                wrapper=document.wrapper,
                order=document.order,
            )
            for one in whole
        ]
    documents, at, line, place = [], 0, document.line, 0
    wrapper = document.wrapper or inside.wrapper
    for one in inside.contents:
        place = raw.find(one, at) if place >= 0 else -1  # rebuilt rows stand nowhere in it
        if place >= 0:
            line += raw.count(b"\n", at, place)
            at = place
        documents.append(Document(document.file, line, one, wrapper=wrapper, order=document.order))
        if place >= 0:
            line += one.count(b"\n")
            at = place + len(one)
    return documents


def _below(document: Document, one: Document) -> int:
    return one.line if b"\n" in document.raw else document.line


def _valid(text: bytes) -> bool:
    """Whether a text is one JSON document; halves of signs in it are no matter."""
    try:
        _raw.decode(text)
    except msgspec.DecodeError:
        return bool(_LONE.search(text)) and _is_json(_LONE.sub(rb"\\ufffd", text))
    except RecursionError:
        return False
    return True


def _is_json(text: bytes) -> bool:
    try:
        _raw.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _why(text: bytes) -> str:
    try:
        _raw.decode(text.strip(_BETWEEN))
    except (msgspec.DecodeError, RecursionError) as fault:
        return str(fault)
    return "no whole document"


def _first(text: bytes, start: int, end: int, space: bytes = _BETWEEN) -> int:
    """The first place that is not blank."""
    while start < end:
        piece = text[start : min(end, start + 4096)]
        rest = piece.lstrip(space)
        if rest:
            return start + len(piece) - len(rest)
        start += len(piece)
    return end


def _count(values: bytes) -> int:
    return sum(1 for _ in _SCALAR.finditer(values))
