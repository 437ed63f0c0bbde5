"""A text is read layer by layer, from the outside in."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from kit.base.patterns import lazy_pattern
from kit.messages.codes import bare_code, bracketed_code, labelled_code, status_of
from kit.messages.documents import document, document_start
from kit.messages.labels import take_labels
from kit.messages.okta import okta_sentence
from kit.messages.parts import CUT, NOTHING, WINDOW, Draft, Message, fill_in, set_status, unescaped
from kit.messages.vendors import (
    aadsts,
    code_first,
    complaint,
    directory,
    hresult,
    label_code,
    okta_code,
    pairs,
    rpc,
)
from kit.messages.wrappers import exception, executing, innermost, remote_errors, status, status_in

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["parse"]

_MAX_CHARS = 6_000
"""How much of a text is read; what stands behind are stack traces and pages."""
_CAUSE = "Caused by: "
_LAYERS: tuple[tuple[str, Callable[[str, Draft], str | None]], ...] = (
    ("", okta_sentence),
    ("rrors reported by", remote_errors),
    ("Error executing", executing),
    ("", exception),
    ("", document),
    ("", innermost),
    ("", status),
    ("=", pairs),
    ("ode", label_code),
    ("[Source:", complaint),
    ("0x", hresult),
    ("", directory),
    ("rpc error", rpc),
    ("AADSTS", aadsts),
    ("E0", okta_code),
    ("", code_first),
)
"""The speakers, the outermost first, each with what its form cannot do without."""
_VENDORS = _LAYERS[3:]
"""Those inside, once Okta has handed over."""
_MAX_LAYERS, _MAX_CHARS_READ = 12, 24_000
"""Layers, and characters in all of them together: real ones are few, or short inside."""
_MESSAGE_FIELDS = frozenset(Message.__struct_fields__)


@lru_cache(1_000)
def parse(text: str | None) -> Message:
    """Take a message apart.

    Args:
        text: the reason of an event, the text of a task, or a vendor's JSON.

    Returns:
        Its parts; an empty ``text`` for None, blanks, a literal ``null``, and Okta's sentence
        around one. Never raises. Kept for the texts met last: most failures of a log are
        sign-ins, and have one of a dozen reasons.
    """
    flat = _flat(text)
    if len(flat) < 12 and flat.casefold() in NOTHING:
        return Message()
    draft: Draft = {"truncated": len((text or "").rstrip("\r\n")) == CUT}
    rest = _inside(_without_labels(flat, draft), draft)
    nothing = len(rest) < 12 and rest.casefold().strip(" .") in NOTHING
    if nothing:
        rest = draft.get("exception") or ("" if rest else draft.get("said", ""))
    else:
        if "http_status" not in draft:
            set_status(draft, status_in(flat) or status_of(rest))
        _speak(rest, flat, draft)
    code = draft.get("vendor_code")
    if code and draft["truncated"] and flat.endswith(code):
        del draft["vendor_code"]  # it may lack its end
    draft["text"], draft["lead"] = rest, draft.get("said")
    return Message(
        **{k: v for k, v in draft.items() if k in _MESSAGE_FIELDS and v not in ("", None)}
    )


def _flat(text: str | None) -> str:
    flat = (text or "")[:_MAX_CHARS]
    if text and len(text) > _MAX_CHARS and (at := text.rfind(_CAUSE, _MAX_CHARS)) >= 0:
        flat += f"\n{text[at : at + WINDOW]}"
    if "`" in flat:
        flat = _GLUED.sub(" ", flat).replace("`", "")
    if "&" in flat:
        flat = unescaped(flat)
    if not flat.isascii():
        flat = flat.translate(_TYPOGRAPHY)
    if "  " in flat or not flat.isprintable():
        flat = " ".join(flat.split())
    if '""' in flat or "''" in flat:
        flat = _DOUBLED.sub(r"\1\2\1", flat)
    flat = flat.strip()
    if len(flat) > 1 and flat[0] in "\"'":
        if _FRAGMENT.match(flat):
            return f"{{{flat}"
        if flat[0] == flat[-1]:
            return flat[1:-1].strip()
    return _without_brackets(flat)


def _without_brackets(flat: str) -> str:
    """A sentence without the brackets round the whole of it."""
    if flat[:1] not in _BRACKETS or flat[-1] != _BRACKETS[flat[0]] or " " not in flat:
        return flat
    inside = flat[1:-1].strip()
    whole = not any(sign in inside for sign in (flat[0], flat[-1])) and inside[:1] not in "\"'<{[\\"
    return inside if inside and whole else flat


_BRACKETS = {"{": "}", "[": "]", "(": ")"}
_GLUED = lazy_pattern(r"(?<=\w)`(?=\w)")
_DOUBLED = lazy_pattern(r"([\"'])\1(?=[^\s\"',;:})\]])([^\"']{1,200})\1\1(?![\"'])")
"""Quotes as CSV and SQL double them; two on end with nothing inside mean the empty value."""
_TYPOGRAPHY = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u02bc"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f"), '"'),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")),
}
"""Quotes as typewriters have them, and no signs without a width: pages and mails change both."""


def _is_oktas(rest: str, flat: str, draft: Draft) -> bool:
    """Whether a sentence is Okta's own: no vendor answered, so the vendor has no words."""
    if not draft.keys().isdisjoint(("vendor", "vendor_code", "exception", "app")):
        return False
    before = flat.removesuffix(rest)
    alone = not before or (before != flat and before.strip(" .:-").isdecimal())
    return bool(draft.get("own") or (alone and _OKTA_SPEAKS.search(rest, 0, WINDOW)))


_OKTA_SPEAKS = lazy_pattern(
    r"^(?:Could not|Unable to|(?:\w+ ){0,2}[Aa]gent\b|User (?:attempted|failed) |API login failed"
    r"|App assignment attempted|Application accounts? needs? |Linked group is missing"
    r"|This choice creates a conflict|Password does not meet requirements\W*$"
    r"|User (?:suspended|locked out|deactivated|rejected \w+)\W*$)"
    r"|\bOkta\b| for (?:[A-Z][\w.]+ (?:user|users)|\w+ factor)$"
    r"|\bcheck username or create user manually"
)
"""How Okta's own sentences begin or end, of which nothing was taken off; or they name Okta."""
_CODE_WORD = lazy_pattern(r"(?:error )?code:? ?([\w.-]{2,80})$", re.I)
_ATTRIBUTE = lazy_pattern(r"\b[Aa]tt [0-9a-f]{4,8}$")
"""Active Directory names an attribute so: ``data 0, Att 9005a (unicodePwd)``."""
_LAST_WORD = lazy_pattern(r"\b[Ee]rror [45]\d\d: .{1,500}, ([a-z][A-Za-z]{3,40})$")
"""Google's clients end in the reason: ``googleapi: Error 404: Resource Not Found, notFound``."""
_SUBJECT = lazy_pattern(
    r"[Uu]ser (<[^<>]{1,60}>|\"[^\"]{1,80}\"|'[^']{1,80}'|[^\s@:]{1,64}@[^\s@:]{1,255}) "
)
_FRAGMENT = lazy_pattern(r"[\"'][\w-]{2,40}[\"'] ?: ?[\"'\d{\[]")
"""A field out of a JSON text, as people copy it."""


def _without_labels(text: str, draft: Draft) -> str:
    """Take ids and times out of the words before a document; inside it they are fields."""
    at = document_start(text)
    if at < 0:
        return take_labels(text, draft)
    return f"{take_labels(text[:at], draft)} {text[at:]}".strip()


def _inside(text: str, draft: Draft) -> str:
    """Take off layer after layer; the empty text where one of them holds nothing."""
    read = 0
    for _ in range(_MAX_LAYERS):
        read += len(text)
        if not text or read > _MAX_CHARS_READ:
            break
        for mark, layer in _VENDORS if "vendor" in draft else _LAYERS:
            if mark in text and (inside := layer(text, draft)) is not None and inside != text:
                break
        else:
            break
        text = inside.strip()
        if layer is document:
            text = _without_labels(text, draft)
    return text


def _speak(rest: str, flat: str, draft: Draft) -> None:
    """Note the vendor's words, and a code that is all of them."""
    code = bare_code(rest)
    if not code and rest.endswith((")", ").")) and " (" in rest:
        before, _, inside = rest.rpartition(" (")
        inside = "" if _ATTRIBUTE.search(before) else inside.rstrip(").")
        match = _CODE_WORD.match(inside)
        fill_in(draft, vendor_code=labelled_code(match[1]) if match else bare_code(inside))
    if not code and "_" in rest and "vendor_code" not in draft:
        fill_in(draft, vendor_code=bracketed_code(rest))
    elif "_" in draft.get("said", "") and "vendor_code" not in draft:
        fill_in(draft, vendor_code=bracketed_code(draft["said"]))
    if ("rror 4" in rest or "rror 5" in rest) and (last := _LAST_WORD.search(rest, 0, WINDOW)):
        word = last[1]
        fill_in(draft, vendor_code=labelled_code(word) if word.islower() else word)
    if "ser " in rest[:5] and (who := _SUBJECT.match(rest)):
        fill_in(draft, user=who[1].strip("\"'"))
    if " Parameter name: " in rest:  # .NET: the argument of its own method
        rest = rest.partition(" Parameter name: ")[0]
    if code and "vendor_code" not in draft:
        draft["vendor_code"] = code
    if not (code and rest == flat) and not rest.isdecimal() and not _is_oktas(rest, flat, draft):
        draft["vendor_message"] = rest
