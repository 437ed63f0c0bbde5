"""A failure's text becomes its parts.

A message is wrapped in layers, each added by another speaker::

    Automatic provisioning of user Ada to app Microsoft Office 365 failed:   outer: the task
      Could not validate your Office 365 credentials, received error:        inner: the operation
        400                                                                  carrier: HTTP
          AADSTS50126: Error validating credentials … Trace ID: …            payload: the vendor

The layers are taken off from the front, one after the other, and whatever is missing is
simply not there. Names in a text are free text, so every step is a plain search or a
regular expression that reads a text once: no message can make the parser slow.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from kit.payloads import (
    Found,
    aadsts,
    bare_code,
    graph,
    json_error,
    set_status,
    speaking_code,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CUT", "Message", "fingerprint", "http_code", "mask", "parse"]

CUT = 255
"""Okta's event model ends a reason here; a text of just this length may lack its end."""

_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Message:
    """The parts of a failure's text; None where a part is not there."""

    operation: str | None = None
    """What was attempted, in the task's words: ``provisioning``, ``profile push``, …"""
    user: str | None = None
    group: str | None = None
    app: str | None = None
    http_status: int | None = None
    vendor_code: str | None = None
    """The vendor's own code: ``AADSTS50126``, ``username_taken``, ``Request_BadRequest``."""
    vendor_message: str | None = None
    trace_id: str | None = None
    correlation_id: str | None = None
    request_id: str | None = None
    client_request_id: str | None = None
    timestamp: str | None = None
    method: str | None = None
    url: str | None = None
    exception: str | None = None
    text: str = ""
    """What is left inside all the layers; empty where there was no text at all."""
    truncated: bool = False


def parse(text: str | None) -> Message:
    """Take a message apart.

    Args:
        text: the reason of an event, the text of a task, or a vendor's JSON.

    Returns:
        Its parts; an empty ``text`` for None, blanks and a literal ``null``.
    """
    flat = " ".join((text or "")[:_LONGEST].replace("`", "").split())
    if len(flat) > 1 and flat[0] == flat[-1] and flat[0] in "\"'":
        flat = flat[1:-1].strip()
    if flat.casefold() in {"", "null", "none"}:
        return Message()
    found: dict[str, Any] = {"truncated": len((text or "").rstrip("\r\n")) == CUT}
    rest, peeled = flat, False
    for _ in range(12):
        for layer in _LAYERS:
            inside = layer(rest, found)
            if inside is not None and inside != rest:
                rest, peeled = inside.strip(), True
                break
        else:
            break
        if not rest:
            break
    rest = rest or found.get("said", "") or flat
    if "vendor_code" not in found:
        found |= bare_code(rest, whole=True)
    only_status = status_of(rest) is not None
    if peeled and not only_status:
        found["vendor_message"] = rest
    found["text"] = rest
    names = {field.name for field in fields(Message)}
    return Message(**{k: v for k, v in found.items() if k in names and v not in ("", None)})


def http_code(status: int) -> str:
    """Name an HTTP status as a code: ``HTTP_401``."""
    return f"HTTP_{status}"


def fingerprint(message: Message) -> str:
    """Name an unknown text: ``UNKNOWN_`` and eight hex digits.

    The same for texts that differ in names, ids, numbers and times alone, and the same on
    every machine.
    """
    text = message.text
    for name in (message.user, message.group, message.app):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<>", text)
    return "UNKNOWN_" + hashlib.sha256(mask(text).encode()).hexdigest()[:8]


def mask(text: str) -> str:
    """Replace what differs from one message to the next of a kind, and fold the case."""
    masked = text
    for pattern in _VARIABLE:
        masked = pattern.sub("<>", masked)
    return " ".join(masked.casefold().split()).rstrip(" .")


_VARIABLE = [
    re.compile(pattern)
    for pattern in (
        r"https?://\S+",
        r'"[^"]*"',
        r"(?<!\w)'[^']*'(?!\w)",
        r"[‘“][^’”]*[’”]",
        r"[^\s@<>()\"',;:=]{1,64}@[^\s@<>()\"',;:=]{1,255}",
        r"<[^<>]*>",
        r"\[[^\[\]]*\]",
        r"(?<==)[^\s(),;]+",
        r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?",
        r"\b(?=\w*\d)\w{8,}\b",
        r"\d+(?:[.,:]\d+)*",
    )
]

# --- Layers: each takes its wrapper off and notes what it says; None where it is not there.


def _task(text: str, found: Found) -> str | None:
    """``Automatic {operation} of user {user} to app {app} failed: {rest}``."""
    if not text.casefold().startswith("automatic "):
        return None
    operation, of_user, after = text[len("automatic ") :].partition(" of user ")
    before, failed, rest = after.partition(" failed:")
    if not (of_user and failed) or len(operation) > 60:
        return None
    user, _, app = f" {before}".rpartition(" to app ")
    found.update(operation=operation.casefold(), user=user.strip() or None, app=app.strip())
    return rest


def _group_push(text: str, found: Found) -> str | None:
    head = "Unable to update Group Push mapping target App group "
    if not text.startswith(head):
        return None
    group, inner, rest = text[len(head) :].partition(": Error while ")
    if inner:
        rest = inner[2:] + rest
    else:
        group, _, rest = text[len(head) :].partition(":")
    found.update(operation="group push", group=group.strip())
    return rest


def _banner(text: str, found: Found) -> str | None:
    """Sentences that Okta's pages put in front."""
    lowered = text.casefold()
    if lowered.startswith("an error occurred during import"):
        found["operation"] = "import"
        return text[len("an error occurred during import") :].lstrip(" :.")
    for lead in (
        "an error occurred while assigning this app",
        "an error occurred while pushing a profile update to this app",
        "error: ",
        "errors during execution:",
    ):
        if lowered.startswith(lead) and len(text) > len(lead) + 1:
            return text[len(lead) :].lstrip(" :.")
    head, row, rest = text.partition(" FAILURE: ")
    if row and "." not in head and ":" not in head and len(head) < 100:
        found.setdefault("operation", head.casefold().removesuffix(" to external application"))
        return rest
    return None


def _inner(text: str, found: Found) -> str | None:
    """``Could not … Office 365 user {user}, received error: {rest}`` and its kin."""
    if not text.startswith(("Could not ", "Failed to ", "Unable to ")):
        return None
    said, received, rest = text.partition(" received error")
    if not received:
        return _workday(text)
    said = said.rstrip(",")
    _, of_user, user = said.partition(" Office 365 user ")
    if of_user and user.strip():
        found["user"] = found.get("user") or user.strip()
    found["said"] = said
    return rest.lstrip(":. ") if rest[:1] in (":", ".", "") else None


def _workday(text: str) -> str | None:
    head = "Unable to update personal info for Workday employee:"
    return text[len(head) :] if text.startswith(head) else None


_WHILE = {
    "Error while verifying if user ": ("user", " exists"),
    "Error while creating user group ": ("group", ""),
    "Error while updating user group ": ("group", ""),
    "Error while creating user ": ("user", ""),
    "Error while trying to push profile update for ": ("user", ""),
    "Error while deactivating user ": ("user", ""),
    "Error while reactivating user ": ("user", ""),
    "Error while updating user ": ("user", ""),
}


def _scim(text: str, found: Found) -> str | None:
    """``Error while creating user {user}: {rest}``; a blank before the colon occurs."""
    for head, (kind, tail) in _WHILE.items():
        if text.startswith(head):
            name, colon, rest = text[len(head) :].partition(tail + ":" if tail else ":")
            if colon:
                found[kind] = found.get(kind) or name.strip().strip("‘’'") or None
                found["said"] = text[: len(head)] + "<>"
                return rest.lstrip(" .")
    if text.startswith("Error updating active_directory user password:"):
        return text.partition(":")[2]
    if text.startswith("Api validation failed: "):
        _, bracket, rest = text.partition(" (")
        _, colon, said = rest.partition(": ")
        return said.removesuffix(")") if bracket and colon else None
    return None


_EXCEPTION = re.compile(r"([A-Za-z_]\w*(?:\.\w+){2,}(?:Exception|Error)): ?")
_EXECUTING = re.compile(r"Error executing (\w+): ?")
_ERROR_CODE = re.compile(r"\.? Error Code: ?(\w+)\.?$")
_REPORTED = re.compile(r"\.?\s?Errors reported by (?:the )?(?:remote server|connector) ?: ?")
_STATUS = re.compile(r"([1-5]\d\d)(?:\. | |\.?$)")
_HTTP = re.compile(r"HTTP (?:error |status code )?([1-5]\d\d)(?:[ :.,]+|$)", re.I)
_QUOTED = re.compile(r'(?:[A-Za-z ]{0,40}?:? ?)"([^"]*)"?\.?$')


def _carrier(text: str, found: Found) -> str | None:
    """Exceptions, connector calls, HTTP statuses and reasons."""
    if match := _EXCEPTION.match(text):
        found["exception"] = match[1]
        return text[match.end() :]
    if match := _EXECUTING.match(text):
        return _ERROR_CODE.sub("", text[match.end() :])
    if match := _REPORTED.search(text):
        head = text[: match.start()].strip()
        status = status_of(head)
        if head and status is None:
            return None
        set_status(found, status)
        return text[match.end() :] or head
    if match := _HTTP.match(text):
        set_status(found, int(match[1]))
        rest = text[match.end() :]
        quoted = _QUOTED.match(rest)
        return quoted[1] if quoted else rest or f"HTTP {match[1]}"
    if (match := _STATUS.match(text)) and int(match[1]) >= 400:
        set_status(found, int(match[1]))
        rest = text[match.end() :]
        return rest.removeprefix("Authentication Error: ") or f"HTTP {match[1]}"
    return _status_words(text, found)


def _status_words(text: str, found: Found) -> str | None:
    head, dot, tail = text.partition(". ")
    status = status_of(head)
    set_status(found, status)
    return tail if dot and status is not None else None


_LAYERS: tuple[Callable[[str, Found], str | None], ...] = (
    _task,
    _group_push,
    _banner,
    _inner,
    _scim,
    json_error,
    graph,
    _carrier,
    aadsts,
    speaking_code,
)
