"""JSON and XML in a message, wherever it starts and also cut off.

A document is read by the names of its fields, not by its shape: SCIM 1.1 and 2.0, Graph and OData,
Google, Salesforce, Box, AWS, Okta and SOAP faults differ in nesting alone.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING

from kit.base.patterns import lazy_pattern
from kit.messages.codes import labelled_code, status_of
from kit.messages.labels import id_name, time_in
from kit.messages.parts import NOTHING, WINDOW, Draft, fill_in, set_status, unescaped
from kit.messages.wrappers import status_in

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["document", "document_start"]

_START = lazy_pattern(
    r"[{<](?:(?<=\{)(?: |\\[rnt]){0,20}\\?[\"']{1,2}[\w@$. :-]{1,60}\\?[\"']{1,2} ?:"
    r"|(?<=<)(?i:\?xml|!doctype|(?:[\w.-]{1,40}:)?"
    r"(?:envelope|fault|errors?|errorresponse|html|head|title|h1)[ >]))"
)
_ESCAPED = lazy_pattern(r"\[? ?\{(?: |\\[rnt]){0,20}(?:\\\"|\"\"\w)")
_CODES = (
    "errorcode", "internalcode", "errorsummary", "scimtype", "exceptioncode", "faultcode", "code",
    "subcode", "suberror", "type", "reason", "error",
)  # fmt: skip
_SENTENCES = (
    "errordescription", "detail", "description", "message", "errorsummary", "errormessage",
    "exceptionmessage", "faultmessage", "faultstring", "msg", "errordetail", "details", "title",
    "h1", "value", "text", "reason", "error", "errors", "errormessages", "messages", "h2", "body",
    "pre", "p",
)  # fmt: skip
_CODE_RANK = {name: rank for rank, name in enumerate(_CODES)}
_SENTENCE_RANK = {name: rank for rank, name in enumerate(_SENTENCES)}
_STATUSES = frozenset(("status", "statuscode", "httpstatus", "httpstatuscode", "code", "errorcode"))
_TIMES = frozenset(("timestamp", "date", "time", "datetime"))
_DROPPED = str.maketrans("", "", "-_.@: ")
_MAX_DEPTH, _MAX_FIELDS = 8, 200
"""How far a document is read: no error has more levels or fields."""

Field = tuple[int, str, object]
"""How deep a field stands (the outer answer speaks first), its name without marks, its value."""


def document_start(text: str) -> int:
    """Where JSON or XML begins in a text; -1 where there is none."""
    match = _START.search(text, 0, WINDOW) if "{" in text or "<" in text else None
    if not match:
        element = _ELEMENT.search(text, 0, WINDOW) if "</" in text else None
        return element.start() if element else -1
    before = text[: match.start()].rstrip(" ")
    return len(before) - 1 if before[-1:] == "[" else match.start()


def document(text: str, draft: Draft) -> str | None:
    """Take a vendor's JSON or XML, and the words before it, off its own sentence.

    Args:
        text: the text so far.
        draft: the parts read so far; gets the document's code, status, ids and time.

    Returns:
        The sentence in it, else the code; None where there is no document or it says nothing.
    """
    at = document_start(text)
    if at < 0:
        return None
    head, body = text[:at].strip(" :.-"), text[at:]
    fields = list(islice(_xml(body) if body[0] == "<" else _json(body), _MAX_FIELDS))
    sentence = _sentence(fields)
    code = _code(fields)
    before = len(draft)
    if head:
        number = _NUMBER.search(head)
        set_status(draft, int(number[1]) if number else status_in(head) or status_of(head))
    _note_rest(fields, draft)
    if '"_error"' in body and '"module"' in body:
        fill_in(draft, app=_WORKFLOWS)
    if not (sentence or code or len(draft) > before):
        return None
    if code:
        draft["vendor_code"] = code
    draft["vendor"] = True
    return sentence or code or head or None


_WORKFLOWS = "Okta Workflows"
"""Whose errors have these two fields: the flow's card failed, no app's provisioning."""
_NUMBER = lazy_pattern(r"(?:^|[ (:])([45]\d\d)(?=$|[ ):.,-])")


def _sentence(fields: list[Field]) -> str:
    """The outermost sentence; a single word only where there is none."""
    candidates = [
        (" " not in text, bool(_POINTS.search(text)), level, _SENTENCE_RANK[name], place, text)
        for place, (level, name, value) in enumerate(fields)
        if name in _SENTENCE_RANK and isinstance(value, str) and (text := " ".join(value.split()))
    ]
    return min(candidates)[5] if candidates else ""


_POINTS = lazy_pattern(r"\bsee (?:the )?errors?\b")
"""A sentence that only points to the others speaks last."""


def _code(fields: list[Field]) -> str | None:
    """The outermost code; a ``status`` in words (Google's) only where there is no other."""
    codes = []
    for place, (level, name, value) in enumerate(fields):
        if name == "errorcodes" and isinstance(value, int):
            codes.append((-2, 0, place, f"AADSTS{value}"))
        elif name in _CODE_RANK and (word := _as_code(name, value)):
            codes.append((level, _CODE_RANK[name], place, word))
        elif name == "status" and not str(value).isdecimal() and (word := labelled_code(value)):
            codes.append((_MAX_DEPTH, 0, place, word))
    return min(codes)[3] if codes else None


def _as_code(name: str, value: object) -> str | None:
    if name == "faultcode" and isinstance(value, str):
        value = value.rpartition(":")[2]
    if name == "errorsummary" and isinstance(value, str):
        value = value.rstrip("/.")  # Dropbox: a path of tags
    word = labelled_code(value)
    if word and name == "type" and (word.islower() or word.istitle()) and "_" not in word:
        return None
    if word and name == "faultcode" and word.startswith(("Client", "Server")):
        return None
    return word


def _note_rest(fields: list[Field], draft: Draft) -> None:
    """Note the status, in digits or in words, the ids and the time."""
    for _, name, value in fields:
        text = str(value)
        if name in _STATUSES and text.isdecimal() and len(text) == 3 and 400 <= int(text) < 600:
            set_status(draft, int(text))
        if (part := id_name(name)) and text.casefold() not in NOTHING:
            fill_in(draft, **{part: text})
        elif name in _TIMES and isinstance(value, str):
            fill_in(draft, timestamp=time_in(value))
    if "http_status" in draft:
        return
    for _, name, value in fields:
        if name in _CODE_RANK and isinstance(value, str):
            set_status(draft, status_of(value))


_LENIENT = lazy_pattern(
    r"""\\?["']([\w.@-]{1,60})\\?["']\ ?:\ ?
        (?:\\?"((?:[^"\\]|\\[^"]){0,2000})(\\?"?)|'([^']{0,2000})('?)|(-?\d{1,12}))""",
    re.X,
)
_SAYS = frozenset(_SENTENCES[:12])
_DECODER = json.JSONDecoder(strict=False)


def _json(text: str) -> Iterator[Field]:
    """Fields of a JSON text, the outer ones first; also of one that is cut off or badly quoted."""
    if _ESCAPED.match(text):
        for escaped, plain in (("\\r", " "), ("\\n", " "), ('\\"', '"'), ('""', '"')):
            text = text.replace(escaped, plain)
    try:
        body, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        for match in _LENIENT.finditer(text, 0, 2 * WINDOW):
            name = match[1].casefold().translate(_DROPPED)
            value = match[2] or match[4] or match[6] or ""
            if match[3] or match[5] or match[6] or name in _SAYS:
                yield 0, name, value
    else:
        yield from _walk("", body, 0)


def _walk(name: str, body: object, level: int) -> Iterator[Field]:
    if isinstance(body, dict) and level < _MAX_DEPTH:
        inner = []
        for key, value in body.items():
            key = key.casefold().translate(_DROPPED)
            if isinstance(value, (dict, list)):
                inner.append((key, value))
            else:
                # Below ``errors`` a field's name is the user's attribute, its value the sentence.
                is_field_name = name != "errors" or key in _CODE_RANK or key in _SENTENCE_RANK
                yield level, key if is_field_name else name, value
        for key, value in inner:
            # Okta names the field that failed in the causes alone.
            yield from _walk(key, value, -1 if key == "errorcauses" else level + 1)
    elif isinstance(body, list) and level < _MAX_DEPTH:
        for value in body[:20]:
            yield from _walk(name, value, level)
    elif name:
        yield level, name, body


_ELEMENT = lazy_pattern(r"<(?:[\w.-]{1,40}:)?([\w.-]{1,40})(?: [^<>]{0,300})?>([^<]{1,2000})")


def _xml(text: str) -> Iterator[Field]:
    """Elements of XML or HTML that hold text."""
    for match in _ELEMENT.finditer(text, 0, 2 * WINDOW):
        if value := match[2].strip():
            yield 0, match[1].casefold().translate(_DROPPED), unescaped(value)
