"""An unknown text gets a code of its own: the same for the same fault, whatever the values.

What differs from one message to the next of a kind is masked, in an order in which no pattern
sees half of what another one needs. A text of which that leaves no word that could tell it from
another one is masked less.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kit.base.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kit.messages.parts import Message

__all__ = ["FINGERPRINT", "VARIABLE", "fingerprint", "is_fingerprint", "mask", "wording"]

FINGERPRINT = r"^UNKNOWN_[0-9a-f]{8}$"
"""The kit's own codes for unknown texts, as a regular expression, for Ibis too. ``UNKNOWN_USER``
is a reason of Okta's."""
VARIABLE = "…"
"""Stands in a text for a part that differs from one message to the next, as in a remedy's texts."""
_IS_FINGERPRINT = lazy_pattern(FINGERPRINT)
_MAX_CHARS = 600
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
_LOGIN = (
    r"\b((?i:user(?:name)?|login) )(?!(?:name|profile|account|group|mailbox|licen[cs]e|record"
    r"|object|type|role|id|email|password|session|attribute|data|status|field|limit|entry|does|already|is"
    r"|was|has|with|could|cannot|can|who|that|and|or)\b)[a-z][a-z'-]{0,40}"
    r"(?= (?:already exists?|does not exist|do(?:es)?n't exist"
    r"|(?:was |is |could )?not (?:be )?found)\b)"
)
"""A login of small letters alone, before what is said of logins and of little else."""
_URL = r"https?://[^\s\"'<>)]+"
_MAIL = (
    rf"(?<!{_IN_ADDRESS}){_IN_ADDRESS}{{1,64}}(?:'{_IN_ADDRESS}{{1,64}}){{0,2}}"
    rf"@{_IN_ADDRESS}{{1,255}}"
)
_GUID = r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
_TIMES = (
    rf"\b\d{{4}}-\d\d-\d\d(?:[T ]{_CLOCK})?",
    rf"\b\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{4}}(?:,? {_CLOCK})?\b",
    rf"\b(?:[A-Z][a-z]{{2}}, )?\d{{1,2}} [A-Z][a-z]{{2}} \d{{4}}(?: {_CLOCK})?",
    rf"\b{_CLOCK}\b",
)
_DN = r"(?<![\w=])(?i:CN|OU|DC|UID)=[^,;]+(?:, ?(?i:CN|OU|DC|O)=[^,;\s]+)*"
_PATH = r"(?<![\w/])(?:[A-Za-z]:\\|\\\\|/(?=[\w.-]{1,80}/))[^\s\"'<>]+"
_HOST = rf"(?<![\w.])(?:[a-z0-9-]{{1,63}}\.){{1,6}}(?:{_HOSTS})(?::\d{{1,5}})?(?![\w.])"
_ADDRESS = r"@[0-9a-f]{5,16}\b"
_ID = r"\b(?=[A-Za-z_]{0,40}\d)\w{8,64}\b"
_NUMBER = r"#?\b\d+(?:[.,:]\d+)*\b"
_QUOTED = (
    r"(?<!\w)\"[^\"]*\"",
    r"(?<!\w)'[^']*'(?!\w)",
    r"‘[^‘“«’”»]*[’”»]",
    r"“[^‘“«’”»]*[’”»]",
    r"«[^‘“«’”»]*[’”»]",
    r"<[^<>]*>",
)


_Mask = tuple[str, re.Pattern[str], "str | Callable[[re.Match[str]], str]"]
"""A sign that a text needs, so that few patterns are looked for in each; what is sought; its
replacement."""


def _unless_words(match: re.Match[str]) -> str:
    """In brackets stands a value, unless plain words stand there on end: then it is the fault."""
    inside = match[0][1:-1]
    return f" {inside} " if _PLAIN.search(inside) else "<>"


_PLAIN = lazy_pattern(r"(?<![\w-])[a-z]{2,30} [a-z]{2,30} [a-z]{2,30}(?![\w-])")
_MASKS: list[_Mask] = [
    *(
        (sign, lazy_pattern(pattern), "<>")
        for sign, pattern in (("://", _URL), ("@", _MAIL), *zip("\"'‘“«<", _QUOTED, strict=True))
    ),
    *(
        (sign, lazy_pattern(pattern), _unless_words)
        for sign, pattern in (("[", r"\[[^\[\]]*\]"), ("{", r"\{[^{}]*\}"))
    ),
    *(
        (sign, lazy_pattern(pattern), "<>")
        for sign, pattern in (
            ("=", _DN),
            ("=", r"(?<==)[^\s(),;]+"),
            ("-", _GUID),
            *zip(("-", "", "", ":"), _TIMES, strict=True),
            ("", _PATH),
            (".", _HOST),
            ("@", _ADDRESS),
        )
    ),
    (" ", lazy_pattern(_NAME), r"\1<>"),
    ("exist", lazy_pattern(_LOGIN), r"\1<>"),
    ("found", lazy_pattern(_LOGIN), r"\1<>"),
    *(("", lazy_pattern(pattern), "<>") for pattern in (_ID, _NUMBER)),
]


def _words_of_url(match: re.Match[str]) -> str:
    """A host and a path without what is an id in it: they say which call it was."""
    return "<url> " + match[0].partition("://")[2].partition("?")[0].replace("/", " / ")


def _words_of_mail(match: re.Match[str]) -> str:
    """The domain alone; a local part that names trouble is no person's (``Timeout@Import.com``)."""
    local, _, domain = match[0].rpartition("@")
    return f"{local if _TROUBLE.search(local) else '<mail>'} @ {domain}"


_TROUBLE = lazy_pattern(r"(?i)error|exception|fail|timeout|invalid|refused|denied|missing|unknown")


def _value_or_words(match: re.Match[str]) -> str:
    """What is quoted is a value where it is one word or a name, else it is what was said."""
    inside = match[0].strip("\"'‘“«’”»<>[]{} ")
    words = inside.split()
    is_value = len(words) < 2 or not any(word.islower() for word in words)
    return "<>" if is_value and not _KEY.search(inside) else f" {inside} "


_KEY = lazy_pattern(r"[\w-]{2,40}[\"']? ?[:=]")
_SORTS: list[_Mask] = [
    ("", lazy_pattern(_URL), _words_of_url),
    ("", lazy_pattern(_MAIL), _words_of_mail),
    ("", lazy_pattern(_GUID), "<guid>"),
    *(("", lazy_pattern(pattern), "<time>") for pattern in _TIMES),
    ("", lazy_pattern(_ADDRESS), "<address>"),
    ("", lazy_pattern(_ID), "<id>"),
    ("", lazy_pattern(_NUMBER), "<number>"),
]
_INSIDE: list[_Mask] = [
    ("", lazy_pattern(pattern), _value_or_words)
    for pattern in (*_QUOTED[:5], r"\[[^\[\]]*\]", r"\{[^{}]*\}")
]
_SAYS_LITTLE = frozenset(
    "a an and at app by code details error errors exception failed failure field for from group"
    " groups http https id in is it key message none null number of on or reason response server"
    " status text that the this to type user users value was with".split()
)
_LETTERS = lazy_pattern(r"[^\W\d_]{2,}")


def fingerprint(message: Message) -> str:
    """Name an unknown text: ``UNKNOWN_`` and eight hex digits.

    The same for texts that differ in names, ids, numbers and times alone, and the same on
    every machine.
    """
    import hashlib  # only here, as OpenSSL comes with it

    distinct = _distinct(_without(message.text, _names(message)))
    distinct_text = _fold(distinct) or distinct
    return "UNKNOWN_" + hashlib.sha256(distinct_text.encode(errors="surrogatepass")).hexdigest()[:8]


def is_fingerprint(code: str) -> bool:
    """Whether a code is the kit's own for an unknown text; ``UNKNOWN_USER`` is Okta's."""
    return bool(_IS_FINGERPRINT.match(code))


def mask(text: str) -> str:
    """Replace what differs from one message to the next of a kind, and fold the case."""
    return _fold(_apply_masks(text, _MASKS))


def wording(message: Message, people: Iterable[str] = ()) -> str:
    """Give an unknown text in its own words, with what ``fingerprint`` does not look at marked.

    Args:
        message: the parsed text.
        people: logins and names of whom it is about, which are marked as well.

    Returns:
        The text in one line, ``VARIABLE`` in the places of names, ids, numbers and times.
    """
    logins = [name.partition("@")[0] for name in people if "@" in name]
    names = sorted({*people, *logins} - {""}, key=lambda name: (-len(name), name))
    text = _distinct(_without(message.text, [*_names(message), *names]))
    return _REPEATS.sub(VARIABLE, text.replace("<>", VARIABLE))


_REPEATS = lazy_pattern(rf"{VARIABLE}(?: ?{VARIABLE})+")


def _names(message: Message) -> list[str]:
    """Whom and what a message names, in the places where Okta's sentences have them."""
    return [name for name in (message.user, message.group, message.app) if name]


def _without(text: str, names: Iterable[str]) -> str:
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<>", text)
    return text


def _distinct(text: str) -> str:
    """A text masked as far as something is left that tells it from another one."""
    masked_text = _in_one_line(_apply_masks(text, _MASKS))
    if any(match[0] not in _SAYS_LITTLE for match in _LETTERS.finditer(masked_text.casefold())):
        return masked_text
    for masks in ([*_SORTS[:2], *_INSIDE, *_SORTS[2:]], _SORTS):
        sorts = _in_one_line(_apply_masks(text, masks))
        if _LETTERS.search(_SORT.sub("", sorts.casefold())):
            return sorts
    return sorts or " ".join(text.split())


_SORT = lazy_pattern(r"<[a-z]*>")


def _apply_masks(text: str, masks: list[_Mask]) -> str:
    masked_text = text[:_MAX_CHARS]
    for sign, pattern, replacement in masks:
        if sign in masked_text:
            masked_text = pattern.sub(replacement, masked_text)
    return masked_text


def _fold(text: str) -> str:
    return _in_one_line(text.casefold())


def _in_one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(" .…")
