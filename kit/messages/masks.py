"""An unknown text gets a code of its own: the same for the same fault, whatever the values.

What differs from one message to the next of a kind is masked, in an order in which no pattern
sees half of what another one needs.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kit.messages.parts import Message

__all__ = ["fingerprint", "mask"]

_LONGEST = 600
"""How much of a text tells faults apart."""
_HOSTS = "com|net|org|io|edu|gov|mil|int|app|dev|cloud|local|lan|internal|corp|example|test|invalid|co|uk|de|us|eu"
_VARIABLE = [
    re.compile(pattern)
    for pattern in (
        r"https?://[^\s\"'<>)]+",
        r"[^\s@<>()\"',;:=\[\]{}]{1,64}@[^\s@<>()\"',;:=\[\]{}]{1,255}",
        r"(?<!\w)\"[^\"]*\"",
        r"(?<!\w)'[^']*'(?!\w)",
        r"[‘“«][^‘“«’”»]*[’”»]",
        r"<[^<>]*>",
        r"\[[^\[\]]*\]",
        r"\{[^{}]*\}",
        r"(?<![\w=])(?:CN|OU|DC|UID|cn|ou|dc|uid)=[^,;]+(?:, ?(?:CN|OU|DC|O|cn|ou|dc|o)=[^,;\s]+)*",
        r"(?<==)[^\s(),;]+",
        r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b",
        r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?",
        r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{4}\b",
        r"\b\d{1,2}:\d\d(?::\d\d)?(?: ?[AP]M)?(?: (?:UTC|GMT))?\b",
        r"(?<![\w/])(?:[A-Za-z]:\\|\\\\|/(?=[\w.-]{1,80}/))[^\s\"'<>]+",
        rf"(?<![\w.])(?:[a-z0-9-]{{1,63}}\.){{1,6}}(?:{_HOSTS})(?::\d{{1,5}})?(?![\w.])",
        r"@[0-9a-f]{5,16}\b",
        r"\b(?=[A-Za-z_]{0,40}\d)\w{8,64}\b",
        r"#?\b\d+(?:[.,:]\d+)*\b",
    )
]
_CUE = re.compile(
    r"\b((?:user(?:name)?|login|account|group|employee|member|email|worker|id|team|role) )"
    r"((?:(?!(?:Account|Profile|Name|Group|Type|License|Role|Access|Id|ID)\b)[A-Z0-9][\w.'-]{0,60}"
    r"|[a-z]{1,40}[._\d-][\w.-]{0,60})(?: [A-Z][\w.'-]{0,60}){0,3})"
    r"(?= (?:already|exists?|does|do|is|was|not|has|cannot|could|in|with|belongs|of|to|for)\b|[.,;]?$)"
)
"""A name where sentences put one: after ``user``, before ``already exists``."""


def fingerprint(message: Message) -> str:
    """Name an unknown text: ``UNKNOWN_`` and eight hex digits.

    The same for texts that differ in names, ids, numbers and times alone, and the same on
    every machine.
    """
    text = message.text
    for name in (message.user, message.group, message.app):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<>", text)
    return "UNKNOWN_" + hashlib.sha256(mask(text).encode(errors="surrogatepass")).hexdigest()[:8]


def mask(text: str) -> str:
    """Replace what differs from one message to the next of a kind, and fold the case."""
    masked = text[:_LONGEST]
    for pattern in _VARIABLE:
        masked = pattern.sub("<>", masked)
    masked = _CUE.sub(r"\1<>", masked)
    return " ".join(masked.casefold().split()).rstrip(" .")
