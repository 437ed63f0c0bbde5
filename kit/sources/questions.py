"""What was asked: one text, or several things on standard input.

A person pastes what they have: a task's sentence, a code, an event as the Admin Console shows
it, a page of the System Log's API, a file of events a line each, a column of a spreadsheet.
"""

from __future__ import annotations

import io
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from kit.base.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.vendors import Record

__all__ = ["Question", "questions_by_line", "questions_in"]

Question: TypeAlias = "str | dict[str, Any] | Record"
"""A text, a System Log event, or a record of a vendor's own log."""

_WORD = lazy_pattern(r"[\w.#-]{1,32}")
"""A code, mostly: too short for an event, packed or not, so that nothing need be unpacked."""

_DEEPEST = 4
"""How deep events may lie in what was pasted: an API's page, an event hook's body."""

_GOES_ON = lazy_pattern(
    r"\s|(?:trace id|correlation id|timestamp|request id|client-request-id|request-id|"
    r"error code|error description|caused by)\s*[:=]",
    re.IGNORECASE,
)
"""How a line begins that belongs to the message before it."""

_OPENS = lazy_pattern(r"[\s,]*[{\[]")

_ROOT = lazy_pattern(
    r"(?:<\?xml[^>]*>|<!doctype[^>]*>|<!--.*?-->|\s)*<([a-z][\w:.-]*)(?:\s[^>]*)?>(?=\s*(?:<|$))",
    re.IGNORECASE,
)
"""The first tag of a document, with nothing but tags behind it on its line."""

_PROLOG = lazy_pattern(r"\s*<(?:\?xml|!doctype)[^<>]*>\s*", re.IGNORECASE)
_TAGS = lazy_pattern(r"(?:\r?\n[ \t]*<[^\n]*)+")
_MAX_PAGE_CHARS = 64 << 10
"""Signs of the longest such document."""

_BANNER = lazy_pattern(r"an error occurred (?:while|during) [^:]{0,80}", re.IGNORECASE)
"""A line that Okta's pages put above the message itself."""


def questions_in(text: str) -> list[Question]:
    """Read one thing that was asked.

    Args:
        text: a message, a code or JSON.

    Returns:
        The events or records in it where it is JSON or a table with some, else the text.
    """
    if _WORD.fullmatch(text):
        return [text]
    if rows := _rows(text):
        return rows
    events: list[Question] = []
    at = 0
    while text[at:].strip(" ,\r\n\t"):
        value, end = _json(text, at)
        inner = _events(value)
        if not inner:
            return _of_lines(text) or [text]
        events += inner
        at = end
    return events or [text]


def questions_by_line(text: str) -> list[Question]:
    """Read several things, one a line, with JSON over as many lines as it needs.

    Lines that carry on a message (a Trace ID, a stack trace, what stands below a banner)
    are no things of their own; an empty line ends a message.
    """
    if rows := _rows(text):
        return rows
    questions: list[Question] = []
    goes_on = False
    at = 0
    while at < len(text):
        values, end = _values(text, at)
        rest, next_line = _line(text, end)
        if end > at and not rest.strip(" ,"):
            questions.extend(values)
            goes_on = False
        elif page := _page(text, at):
            questions.append(page)
            _, next_line = _line(text, at + len(page))
            goes_on = False
        else:
            line, next_line = _line(text, at)
            events = _events_inside(line) if "{" in line else []
            questions.extend(events)
            if not events:
                _add(questions, line, goes_on=goes_on)
            goes_on = bool(line) and not events
        at = next_line
    return questions


def _values(text: str, at: int) -> tuple[list[Question], int]:
    """What the JSON that begins at a place asks, one value behind another, and its end."""
    questions: list[Question] = []
    while True:
        value, end = _json(text, at)
        if end == at:
            return questions, at
        questions.extend(_events(value) or [text[at:end].strip()])
        at = end


def _page(text: str, at: int) -> str:
    """The XML or HTML over several lines that begins on the line at a place, if one does.

    A name in angle brackets is no document: what opens at the end of a line has to be closed on
    one below.
    """
    line, next_line = _line(text, at)
    if _PROLOG.fullmatch(line) and next_line < len(text):
        return text[at:next_line] + (_page(text, next_line) or _line(text, next_line)[0])
    opens = _ROOT.search(line)
    if opens is None:
        return ""
    closes = re.compile(rf"</{re.escape(opens[1])}\s*>", re.IGNORECASE)
    if closes.search(line, opens.end()):
        return ""
    end = closes.search(text, at + len(line), at + _MAX_PAGE_CHARS)
    if end:
        return text[at : end.end()] + _line(text, end.end())[0]
    cut_off = _TAGS.match(text, at + len(line)) if opens[1].lower() == "html" else None
    return text[at : cut_off.end()] if cut_off else ""


def _line(text: str, at: int) -> tuple[str, int]:
    """The rest of the line at a place, and where the next one begins."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return text[at:end].rstrip(), end + 1


def _add(questions: list[Question], line: str, *, goes_on: bool) -> None:
    """Add a line: to the message before it, or as a thing of its own."""
    last = questions[-1] if questions and goes_on else None
    if line and isinstance(last, str) and _belongs(line, last):
        questions[-1] = f"{last}\n{line}"
    elif line:
        questions.append(line)


def _belongs(line: str, last: str) -> bool:
    """Tell whether a line carries on the message above it."""
    is_open = bool(_BANNER.fullmatch(last)) or last.endswith(":")
    return is_open or bool(_GOES_ON.match(line))


def _json(text: str, at: int) -> tuple[Any, int]:
    """The JSON object or list that begins at a place, and its end; else the place."""
    opens = _OPENS.match(text, at)
    if not opens:
        return None, at
    try:
        return json.JSONDecoder().raw_decode(text, opens.end() - 1)
    except (ValueError, RecursionError):
        return None, at


def _rows(text: str) -> list[Question]:
    """The records of a vendor's table with its header; none where it is no such table."""
    if "\n" not in text:
        return []
    from kit.vendors import may_hold_record, table_of

    data = text.encode("utf-8", "replace")
    table = table_of(data) if may_hold_record(data) else None
    rows = table.rows(io.StringIO(text.lstrip("\ufeff"))) if table else ()
    return [one for _, row, fault in rows if not fault for one in _records(row, 1)]


def _records(document: bytes, depth: int = _DEEPEST) -> list[Question]:
    """The records of a vendor's log in a JSON document."""
    from kit.sources.wrappers import unwrap
    from kit.vendors import RecordError, may_hold_record, read_record

    if not depth or not may_hold_record(document):
        return []
    with suppress(RecordError):
        if record := read_record(document):
            return [record]
    return [one for inner in unwrap(document) or () for one in _records(inner, depth - 1)]


def _events(value: Any, depth: int = _DEEPEST) -> list[Question]:
    if value and (records := _records(json.dumps(value).encode("utf-8", "replace"))):
        return records
    return list(_events_in(value, depth)) or (_events_inside(json.dumps(value)) if value else [])


def _of_lines(text: str) -> list[Question]:
    """The events of log lines, if each line has some."""
    each = [_events_inside(line) for line in text.splitlines() if line.strip()]
    return [event for events in each for event in events] if all(each) else []


def _events_inside(text: str, depth: int = _DEEPEST) -> list[Question]:
    """The events in another product's envelope, table's row or log line."""
    from kit.sources.wrappers import unwrap

    contents = unwrap(text.strip().encode("utf-8", "replace")) if depth else None
    events: list[Question] = []
    for one in contents or ():
        inner = one.decode("utf-8", "replace")
        value, _ = _json(inner, 0)
        if isinstance(value, dict) and isinstance(value.get("eventType"), str) and "uuid" in value:
            events.append(value)
        else:
            events += _events_inside(inner, depth - 1)
    return events


def _events_in(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    is_event = isinstance(value, dict) and isinstance(value.get("eventType"), str)
    inside: list[dict[str, Any]] = []
    if depth and isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            inside += _events_in(inner, depth - 1)
    if is_event and not any("uuid" in one for one in inside):
        yield value
    else:  # also of an envelope that has a type of its own
        yield from inside
