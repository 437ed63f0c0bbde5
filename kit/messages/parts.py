"""The parts of a message, and what a layer notes while it reads."""

from __future__ import annotations

from html import unescape
from typing import Any

import msgspec

from kit.base.patterns import lazy_pattern

__all__ = ["CUT", "NOTHING", "WINDOW", "Draft", "Message", "fill_in", "set_status", "unescaped"]

CUT = 255
"""Okta's event model ends a reason here; a text of just this length may lack its end."""

WINDOW = 1_000
"""How far into a text a layer looks for its form: what names a fault stands in front."""

NOTHING = frozenset({"", "null", "none", "nil", "undefined", "n/a", "(null)", "<null>"})
"""How programs write that there is nothing to say."""

Draft = dict[str, Any]
"""The parts read so far, by their names in ``Message``; beside them

``said``
    Okta's sentence around the rest, which speaks where there is no rest;
``vendor``
    set once the text inside is the vendor's alone, so that Okta's wrappers end there;
``own``
    set where the sentence inside is still Okta's, so that no vendor speaks;
``paired``
    set once pairs were looked for: an answer has one row of them.
"""


class Message(msgspec.Struct, frozen=True, kw_only=True):
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
    """As the text writes it."""
    method: str | None = None
    url: str | None = None
    exception: str | None = None
    """The class of the innermost exception, with its package."""
    text: str = ""
    """What is left inside all the layers; empty where nothing was said."""
    lead: str | None = None
    """The sentence that was taken off last, right before the text: ``Could not decrypt it``."""
    truncated: bool = False


def fill_in(draft: Draft, **parts: str | None) -> None:
    """Note what is not known yet: the outermost speaker of a part is believed."""
    for name, value in parts.items():
        if value and name not in draft:
            draft[name] = value


def set_status(draft: Draft, status: int | None) -> None:
    """Note an HTTP status; the outermost one is the answer's own."""
    if status is not None:
        draft.setdefault("http_status", status)


_ENTITY = lazy_pattern(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,15});")


def unescaped(text: str) -> str:
    """Undo what HTML and XML do to quotes and brackets, also where it was done twice."""
    for _ in range(3):
        text, changed = _ENTITY.subn(lambda match: unescape(match[0]), text)
        if not changed:
            break
    return text
