"""What the vendor said, inside all of Okta's wrapping: codes, ids and a sentence.

Each function takes the text and what was found so far, notes what it reads, and returns the
text inside; None where its form is not there.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

__all__ = [
    "Found",
    "aadsts",
    "bare_code",
    "graph",
    "json_error",
    "set_status",
    "speaking_code",
    "status_of",
]

Found = dict[str, Any]
"""The parts of a message by their names in ``Message``."""

_RECEIVED = re.compile(
    r"Received response with (?:HTTP status|error) code \"?([\w.]+?)\"?\.(?: |$)"
)
_SAID = re.compile(r'errorMessage="(.*?)"(?= [\w-]+=|\s*$)')
_SAID_CUT = re.compile(r'errorMessage="([^"]*)')
_PAIR = re.compile(r"(?<=\s)([A-Za-z][\w-]*)=('[^']*'|\"[^\"]*\"|[^\s\"']*)")
_PAIRS = {
    "client-request-id": "client_request_id",
    "request-id": "request_id",
    "timestamp": "timestamp",
    "method": "method",
}


def graph(text: str, found: Found) -> str | None:
    """Microsoft Graph's answer, as Okta writes it: a sentence and ``key=value`` pairs."""
    match = _RECEIVED.match(text)
    if not match and not text.startswith("httpStatusCode="):
        return None
    body, _, url = text.partition(" url=")
    found["url"] = url.strip() or None
    pairs = {k: v.strip("'\"") for k, v in _PAIR.findall(f" {body}")}
    for key, name in _PAIRS.items():
        found[name] = pairs.get(key) or found.get(name)
    named = match[1] if match else ""
    status = pairs.get("httpStatusCode") or named
    set_status(found, int(status) if status.isdigit() and len(status) == 3 else None)
    code = pairs.get("errorCode") or ("" if named.isdigit() else named)
    if code:
        found["vendor_code"] = code
    said = _SAID.search(body) or _SAID_CUT.search(body)
    return (said[1] if said else "") or code or (match[0] if match else text)


_AADSTS = re.compile(r"AADSTS(\d{5,7})(?!\d)")
_IDS = {
    "trace_id": re.compile(r"Trace ID: ?([0-9A-Fa-f]{8}-[0-9A-Fa-f-]{27})"),
    "correlation_id": re.compile(r"Correlation ID: ?([0-9A-Fa-f]{8}-[0-9A-Fa-f-]{27})"),
    "timestamp": re.compile(r"Timestamp: ?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?)"),
}
_LABEL = re.compile(r" ?(?:Trace ID|Correlation ID|Timestamp):")


def aadsts(text: str, found: Found) -> str | None:
    """``AADSTS50126: text Trace ID: … Correlation ID: … Timestamp: …``."""
    match = _AADSTS.search(text)
    if not match:
        return None
    if match.end() == len(text) and found["truncated"]:
        return None  # the number's last digits may have been cut off
    found["vendor_code"] = match[0]
    rest = text[match.end() :].lstrip(": ")
    for name, pattern in _IDS.items():
        if value := pattern.search(rest):
            found[name] = value[1]
    label = _LABEL.search(rest)
    said = rest[: label.start()] if label else rest
    if found["truncated"] and not label:
        said = _without_cut_label(said)
    return said.strip() or f"Microsoft's code {match[1]}"


def _without_cut_label(said: str) -> str:
    for end in range(len("Trace ID"), 1, -1):
        if said.endswith(" " + "Trace ID"[:end]):
            return said[: -end - 1]
    return said


def json_error(text: str, found: Found) -> str | None:
    """A vendor's JSON error, whole or cut."""
    if not text.startswith("{"):
        return None
    try:
        body, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        body = {
            k: v or number
            for k, v, end, number in _FIELD.findall(text)
            if end or number or k in _SAYS
        }
    said = _from_json(body, found) if isinstance(body, dict) else None
    return said or None


_FIELD = re.compile(r'"(\w+)" ?: ?(?:"((?:[^"\\]|\\.)*)("?)|(\d+))')
_SAYS = ("error_description", "detail", "description", "message", "errorSummary")


def _from_json(body: dict[str, Any], found: Found) -> str | None:
    """Take codes, ids and the sentence out of the shapes that vendors send."""
    inside = None
    for key in ("Errors", "errors", "error"):
        nested = body.get(key)
        nested = nested[0] if isinstance(nested, list) and nested else nested
        if isinstance(nested, dict):
            inside = inside or _from_json(nested, found)
    for key in ("trace_id", "correlation_id", "timestamp"):
        if isinstance(body.get(key), str):
            found[key] = body[key]
    _codes_from_json(body, found)
    said = " ".join(str(next((body[k] for k in _SAYS if isinstance(body.get(k), str)), "")).split())
    if "vendor_code" not in found:
        found.update(bare_code(said, whole=False))
    return said or inside or str(found.get("vendor_code") or "")


def _codes_from_json(body: dict[str, Any], found: Found) -> None:
    for key in ("status", "code"):
        status = str(body.get(key) or "")
        if status.isdigit() and len(status) == 3:
            set_status(found, int(status))
    numbers = body.get("error_codes")
    if isinstance(numbers, list) and numbers and isinstance(numbers[0], int):
        found["vendor_code"] = f"AADSTS{numbers[0]}"
        return
    for key in ("scimType", "errorCode", "code", "reason", "error"):
        value = body.get(key)
        if isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w.-]{2,60}", value):
            found.setdefault("vendor_code", value)


_HRESULT = re.compile(r"\s?\(Exception from HRESULT: (0x[0-9A-Fa-f]{8})\)")
_RPC = re.compile(r"rpc error: code = (\w+) desc = ")
_SPEAKING = re.compile(r"(E0\d{6}|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z][a-z]+_[A-Z][A-Za-z]+)[:,] ")


def speaking_code(text: str, found: Found) -> str | None:
    """Codes that stand in a sentence of their own kind."""
    if match := _HRESULT.search(text):
        found["vendor_code"] = match[1]
        return text[: match.start()]
    if match := _RPC.match(text):
        found["vendor_code"] = match[1]
        return text[match.end() :]
    if match := _SPEAKING.match(text):
        found.setdefault("vendor_code", match[1])
        return text[match.end() :]
    return None


_WORD = re.compile(r"([a-z][a-z0-9]*(?:_[a-z0-9]+)+|[A-Za-z][a-z]+(?:[A-Z][a-z]+)+)(?= \(|:|$)")
_SHOUTED = re.compile(r"E0\d{6}|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
_SAYS_NOTHING = {"FAILURE", "FAILED", "ERROR", "UNKNOWN", "DENY", "NULL", "NONE"}


def bare_code(text: str, *, whole: bool) -> Found:
    """A code that is all the text, or stands before its variable part."""
    text = text.rstrip(". ")
    if _SHOUTED.fullmatch(text) and len(text) > 3 and text not in _SAYS_NOTHING:
        return {"vendor_code": text}
    if match := _WORD.match(text):
        return {"vendor_code": match[1]}
    if not whole and re.fullmatch(r"[a-z]{4,40}", text.partition(" (")[0]):
        return {"vendor_code": text.partition(" (")[0]}
    return {}


_REASONS = {
    "".join(filter(str.isalpha, status.phrase.casefold())): int(status)
    for status in HTTPStatus
    if status >= HTTPStatus.BAD_REQUEST
} | {"ratelimitexceeded": 429, "notauthorized": 401, "usernotauthorized": 401}


def status_of(words: str) -> int | None:
    """The status of an HTTP reason: ``Bad Request`` is 400."""
    if len(words) > 40:
        return None
    return _REASONS.get("".join(filter(str.isalpha, words.casefold())))


def set_status(found: Found, status: int | None) -> None:
    """Note a status; the outermost one is the HTTP answer's own."""
    if status is not None:
        found.setdefault("http_status", status)
