"""Ids and times by their names, in any spelling: ``request-id=…``, ``x-amzn-RequestId: …``."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain, islice
from string import ascii_letters, digits

from kit.base.patterns import lazy_pattern
from kit.messages.parts import WINDOW, Draft, fill_in

__all__ = ["id_name", "is_id", "take_labels", "time_at", "time_in"]

_TIME = (
    r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
    r"|(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(?: ?(?:GMT|UTC|[+-]\d{4}))?"
    r"|\d{1,2}[-/]\d{1,2}[-/]\d{4},? \d{1,2}:\d\d(?::\d\d)? ?(?:[AP]M)?(?: ?(?:UTC|GMT))?)"
)
_IS_TIME = lazy_pattern(_TIME)
_SIGN = lazy_pattern(r"[DdPpEe][\"' ]{0,2}([:=])")  # an id's, a stamp's or a date's
_UNSIGNED = lazy_pattern(
    r"((?:[Tt]race|[Cc]orrelation|[Rr]equest)[-_ ]?(?:id|ID|Id)) "
    r"([0-9A-Za-z:-]{0,40}\d[\w:-]{6,80})"
)
"""An id in a sentence, which keeps it: ``… with request ID 4f0e-9f0b``."""
_STEMS = ("trace", "correlation", "request", "req")
_HINTS = (
    "timestamp", "correlation", "trace", "request-id", "request id", "requestid", "request_id",
    "reqid", "date:", "date=", "date\"",
)  # fmt: skip
_TIMES = ("timestamp", "time-stamp", "time_stamp", "time stamp", "date")
_IN_WORDS = f"{ascii_letters}{digits}-_"
_VALUE = lazy_pattern(r"([\"'\[({]?)([\w.:/+@*-]{1,200}(?:==?(?![\w\"']))?)")
_DASHES = str.maketrans("", "", "-_ .@")
_MAX_SIGNS = 40
"""Signs after which a value may stand that are looked at in one text."""


@lru_cache(1_000)
def id_name(name: str) -> str | None:
    """The part that a field's name means: ``x-ms-client-request-id`` is ``client_request_id``."""
    folded_name = name.casefold().translate(_DASHES)
    if folded_name.endswith("clientrequestid"):
        return "client_request_id"
    for word, part in (("traceid", "trace_id"), ("correlationid", "correlation_id"),
                       ("requestid", "request_id"), ("reqid", "request_id")):  # fmt: skip
        if folded_name.endswith(word):
            return part
    return None


def is_id(value: str) -> bool:
    """An id has a digit in it, or is one that was made unreadable; a word is none."""
    return len(value) >= 4 and (any(map(str.isdigit, value)) or not value.strip("xX*-"))


def time_at(text: str, at: int) -> str | None:
    """The time that begins at a place in a text."""
    match = _IS_TIME.match(text, at)
    return match[0] if match else None


def time_in(value: str) -> str | None:
    """The value, if it is a time."""
    value = value.strip(" '\"")
    return value if _IS_TIME.match(value) else None


def take_labels(text: str, draft: Draft) -> str:
    """Note the ids and the time that a text names, and take them out of it.

    Args:
        text: a text without JSON or XML in it.
        draft: the parts read so far; gets the ids and the time.

    Returns:
        The text without them; a text that names none is returned as it is.
    """
    tail = max(WINDOW, len(text) - WINDOW)
    folded_text = f"{text[:WINDOW]}{text[tail:]}".casefold()
    for hint in _HINTS:
        if hint in folded_text:
            break
    else:
        return text
    pieces, end = [], 0
    signs = chain(_SIGN.finditer(text, 0, WINDOW), _SIGN.finditer(text, tail))
    for match in islice(signs, _MAX_SIGNS):
        before = text[max(end, match.start() - 40) : match.start() + 1]
        name = _label(before)
        if not name:
            continue
        start = match.start() + 1 - len(name)
        after = _note_value(text, match.end(), match[1], name, draft)
        if after is not None:
            pieces.append(text[end:start])
            end = after
    if "id " in folded_text and (unsigned := _UNSIGNED.search(text, 0, WINDOW)):
        fill_in(draft, **{id_name(unsigned[1]) or "request_id": unsigned[2]})
    if not end:
        return text
    pieces.append(text[end:])
    return (
        " ".join("".join(pieces).split()).strip(" ,;|").replace("()", "").replace("[]", "").strip()
    )


def _label(before: str) -> str:
    """The label that ends here, with what it begins with: ``x-ms-client-request-id``."""
    ending = before[-10:].casefold()
    if ending.endswith("id"):
        stem = before[:-2].rstrip("-_ ")
        if not stem.casefold().endswith(_STEMS):
            return ""
        begin = stem.rstrip(_IN_WORDS)
        spelled = begin[-8:].casefold().endswith("client ") and stem[len(begin) :].isalpha()
        return before[len(begin) - 7 if spelled else len(begin) :]
    for word in _TIMES:
        if ending.endswith(word):
            return before[-len(word) :] if not before[: -len(word)][-1:].isalpha() else ""
    return ""


def _note_value(text: str, at: int, sign: str, name: str, draft: Draft) -> int | None:
    """Note a label's value; where it ends, or None where the label is to stay in the text."""
    spaced = sign == ":" or text[at - 2 : at - 1] == " "
    at += spaced and text[at : at + 1] == " "
    if placeholder := _PLACEHOLDER.match(text, at):
        return placeholder.end()
    part = id_name(name)
    if part is None:
        return _note_time(text, at, draft)
    value = _VALUE.match(text, at)
    if value is None:
        return at
    end = value.end()
    if text[end : end + 1] in ("=", ":"):
        return at
    if not (is_id(value[2]) or sign == "="):
        return end if end == len(text) else at
    if end < len(text) or not draft["truncated"]:
        fill_in(draft, **{part: value[2].rstrip(".")})
    return end + bool(value[1])


_PLACEHOLDER = lazy_pattern(r"<[^<>]{1,60}>|\[[A-Za-z ]{1,30}\]|\{[A-Za-z ]{1,30}\}")


def _note_time(text: str, at: int, draft: Draft) -> int | None:
    quote = text[at : at + 1] if text[at : at + 1] in ("'", '"') else ""
    if time := _IS_TIME.match(text, at + len(quote)):
        fill_in(draft, timestamp=time[0])
        return time.end() + len(quote)
    return at + 2 * len(quote) if text[at : at + 1] in ("", "'") else None
