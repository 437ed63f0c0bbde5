"""What a message or a code means, from the catalogue alone."""

from __future__ import annotations

import re
import shutil
from textwrap import fill
from typing import Any

from kit.catalogue import load
from kit.catalogue.coding import NO_REASON, code_message
from kit.messages import parse

__all__ = ["as_text", "explanation"]

_CODE = re.compile(r"[A-Za-z0-9_.#-]{2,80}")
_RETRY = {
    "after_fix": "helps after the fix",
    "wait": "helps after a while",
    "reassign": "does not help; unassign and assign again",
    "automatic": "happens by itself",
}
_OWNER = {
    "okta_admin": "Okta admin",
    "microsoft_admin": "Microsoft 365 admin",
    "app_owner": "the app's owner",
    "data_owner": "who owns the user's data",
    "directory_admin": "the directory's admin",
    "wait": "nobody: wait",
}


def explanation(text: str) -> dict[str, Any]:
    """Explain a message or a code.

    Args:
        text: a whole message, a part of one, or a code.

    Returns:
        ``operation user app http_status code family vendor_message trace_id
        correlation_id request_id timestamp meaning cause owner retry steps verify links``;
        None where unknown, ``steps``, ``verify`` and ``links`` lists.
    """
    catalogue = load()
    word = text.strip().strip("`'\"")
    message = parse(text)
    code = _as_code(word) or code_message(message, catalogue)
    remedy = catalogue.remedy(code)
    return {
        "operation": message.operation,
        "user": message.user,
        "app": message.app or (remedy.app if remedy and not message.text else None),
        "http_status": message.http_status,
        "code": code,
        "family": catalogue.family(code),
        "vendor_message": message.vendor_message,
        "trace_id": message.trace_id,
        "correlation_id": message.correlation_id,
        "request_id": message.request_id,
        "timestamp": message.timestamp,
        "meaning": catalogue.meaning(code),
        "cause": remedy.cause if remedy else None,
        "owner": remedy.owner if remedy else catalogue.owner(code),
        "retry": remedy.retry if remedy else catalogue.retry(code),
        "steps": [f"{step.title}: {step.do}" for step in remedy.steps] if remedy else [],
        "verify": list(remedy.verify) if remedy else [],
        "links": catalogue.links(code),
    }


def as_text(found: dict[str, Any]) -> str:
    """Lay an explanation out for a terminal."""
    width = min(shutil.get_terminal_size((88, 24)).columns, 100)
    lines = [_title(found), ""]
    named = {
        "Meaning": found["meaning"] or "The catalogue does not know it.",
        "Cause": found["cause"],
        "Whose job": _OWNER.get(found["owner"] or "", found["owner"]),
        "A retry": _RETRY.get(found["retry"] or "", found["retry"]),
        "Operation": found["operation"],
        "App": found["app"],
        "User": found["user"],
        "HTTP": found["http_status"],
        "Vendor says": found["vendor_message"],
        "Trace ID": found["trace_id"],
        "Correlation": found["correlation_id"],
        "Request ID": found["request_id"],
        "Time": found["timestamp"],
    }
    for name, value in named.items():
        if value is not None:
            lines.append(_wrap(f"{name:<12} ", str(value), width))
    for name, items, mark in (
        ("Steps", found["steps"], "{}. "),
        ("To verify", found["verify"], "- "),
        ("Read more", found["links"], "- "),
    ):
        if items:
            lines += ["", name]
            lines += [_wrap("  " + mark.format(n), s, width) for n, s in enumerate(items, 1)]
    return "\n".join(lines)


def _as_code(word: str) -> str | None:
    """The catalogue's spelling of a code, if that is all the text is."""
    if not _CODE.fullmatch(word):
        return None
    catalogue = load()
    known = {c.casefold(): c for r in catalogue.remedies for c in r.codes}
    if word.casefold() in known:
        return known[word.casefold()]
    upper = word.upper()
    if word.isdigit() and len(word) >= 5:
        upper = "AADSTS" + word
    if upper in {NO_REASON} or upper.startswith(("AADSTS", "HTTP_", "UNKNOWN_")):
        return known.get(upper.casefold(), upper)
    return None


def _title(found: dict[str, Any]) -> str:
    return f"{found['code']}  ({found['family']})"


def _wrap(lead: str, text: str, width: int) -> str:
    from kit.words import clean

    return fill(
        clean(text),
        width,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
