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
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AP]M)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
_HOSTS = (
    "com|net|org|io|edu|gov|mil|int|app|dev|cloud|local|lan|internal|corp|example|test|invalid|co|uk"
    "|de|us|eu"
)
_IN_ADDRESS = r"[^\s@<>()\"',;:=\[\]{}]"
_NOT_A_NAME = (
    r"(?:Account|Profile|Name|Group|Type|License|Role|Access|Id|ID|Management|Directory)\b"
)
_NAME = (
    r"\b((?i:user(?:name)?|login|account|group|employee|member|email|worker|id|team|role) )"
    rf"(?:(?!{_NOT_A_NAME})[A-Z0-9][\w.'-]{{0,60}}|[a-z]{{1,40}}[._\d-][\w.-]{{0,60}})"
    r"(?: [A-Z][\w.'-]{0,60}){0,3}"
    r"(?= (?:already|exists?|does|do|is|was|not|has|cannot|could|in|with|belongs|of|to|for)\b"
    r"|[.,;]?$)"
)
"""A name where sentences put one: after ``user``, before ``already exists``."""
_MASKS = [
    (re.compile(pattern), r"\1<>" if pattern is _NAME else "<>")
    for pattern in (
        r"https?://[^\s\"'<>)]+",
        rf"(?<!{_IN_ADDRESS}){_IN_ADDRESS}{{1,64}}(?:'{_IN_ADDRESS}{{1,64}}){{0,2}}@{_IN_ADDRESS}{{1,255}}",
        r"(?<!\w)\"[^\"]*\"",
        r"(?<!\w)'[^']*'(?!\w)",
        r"[‘“«][^‘“«’”»]*[’”»]",
        r"<[^<>]*>",
        r"\[[^\[\]]*\]",
        r"\{[^{}]*\}",
        r"(?<![\w=])(?i:CN|OU|DC|UID)=[^,;]+(?:, ?(?i:CN|OU|DC|O)=[^,;\s]+)*",
        r"(?<==)[^\s(),;]+",
        r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b",
        rf"\b\d{{4}}-\d\d-\d\d(?:[T ]{_CLOCK})?",
        rf"\b\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{4}}(?:,? {_CLOCK})?\b",
        rf"\b(?:[A-Z][a-z]{{2}}, )?\d{{1,2}} [A-Z][a-z]{{2}} \d{{4}}(?: {_CLOCK})?",
        rf"\b{_CLOCK}\b",
        r"(?<![\w/])(?:[A-Za-z]:\\|\\\\|/(?=[\w.-]{1,80}/))[^\s\"'<>]+",
        rf"(?<![\w.])(?:[a-z0-9-]{{1,63}}\.){{1,6}}(?:{_HOSTS})(?::\d{{1,5}})?(?![\w.])",
        r"@[0-9a-f]{5,16}\b",
        _NAME,
        r"\b(?=[A-Za-z_]{0,40}\d)\w{8,64}\b",
        r"#?\b\d+(?:[.,:]\d+)*\b",
    )
]


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
    for pattern, replacement in _MASKS:
        masked = pattern.sub(replacement, masked)
    return " ".join(masked.casefold().split()).rstrip(" .")
