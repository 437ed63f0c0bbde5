"""People, and what else tells who it was, found in free text and replaced.

A text is read as it stands and with its escapes undone: a login in a URL, in JSON, in HTML or with
a domain in ASCII is the login that the log names. An IP address is what ``ipaddress`` takes
for one.
"""

from __future__ import annotations

import html
import ipaddress
import re
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from kit.reports.pseudonyms import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kit.reports.pseudonyms import Key

__all__ = ["People"]

_CLOSE = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Scripts that write words without spaces: each letter of theirs counts as a word."""
_ATOM = re.compile(rf"[{_CLOSE}]|[^\W_{_CLOSE}]+")
_ESCAPED = re.compile(r"[%&\\]|[^\x00-\x7f]")
_PERCENT = re.compile(r"(?:%[0-9a-f]{2})+", re.I)
_JSON = re.compile(r"(?:\\u[0-9a-f]{4})+|\\x[0-9a-f]{2}|\\[\\/\"']", re.I)
_ADDRESS = re.compile(
    r"(?:\"[^\"\s@]+\"|\w[\w.'’+-]*)@(?:\[[0-9a-f.:]+\]|[^\W_][\w-]*(?:\.[\w-]+)*)", re.I
)
_MADE = re.compile(
    r"(user-[a-z2-7]{10})(?:\+[\w.-]*)?@(?:\[[0-9a-f.:]+\]|[\w-]+(?:\.[\w-]+)*)", re.I
)
"""A pseudonym with what is left of a login: another domain, a tag."""
_MAC = re.compile(
    r"(?<![^\W_])(?<![:-])(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}"
    r"|(?=[0-9-]*[a-f])[0-9a-f]{2}(?:-[0-9a-f]{2}){5}"
    r"|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})(?![:-]?[^\W_])",
    re.I,
)
_IPV6 = re.compile(
    r"(?<![0-9a-z])[0-9a-f]{0,4}:"
    r"(?:[0-9a-f:]*:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-f:]*)(?:%[\w.~-]+)?",
    re.I,
)
_IPV4 = re.compile(r"(?<![0-9])(?<![0-9]\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?!\.?[0-9])")
_VERSION = re.compile(r"(?:\bv|\b(?:version|ver\.?|build|release)[ :=]+v?)$", re.I)
_OWNED = re.compile(r"(?<![^\W_])([^\W\d_]{3,})(?=['’]s\b)")
_ANNOUNCED = re.compile(
    r"(?:\\|(?<![^\W_])(?:user|user[ _-]?name|login|uid|cn|upn|account|principal)"
    r"[\"']?(?:\s*[:=]\s*|\s+)[\"'“‘]?|[\"'“‘](?=[\w.-]+[\"'”’]))(\w[\w.-]*)",
    re.I,
)
_COMMON = frozenset(
    "account admin administrator agent all app application employee everyone id ip login n/a name "
    "none null okta person place service source sso support system test the unknown user users "
    "guest root".split()
)
"""Words of account names that every message has."""


_HASH = 10
"""Letters at a pseudonym's end that a person's login and name share."""
_OF_PEOPLE = ("user-", "Person ")


class People:
    """Everybody whom a source names, to be found in free text."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self._pseudonyms: dict[str, str] = {}
        self._sizes: dict[str, set[int]] = {}
        self._locals: dict[str, str] = {}
        self._first_names: set[str] = set()
        self._words_of: dict[str, set[str]] = {}
        self._literal: dict[str, str] = {}
        self._cached: dict[str, str] = {}

    def add(self, kind: str, value: str, pseudonym: str) -> None:
        """Note what a value is replaced by, wherever a text says it."""
        self._note(value, pseudonym)
        words = self._words_of.setdefault(pseudonym[-_HASH:], set())
        words.update(_parts(value))
        if kind == "name":
            self._first_names.update(part.casefold() for part in _parts(value))
        if kind == "login":
            local = canonical(value.rpartition("@")[0] or value.rpartition("\\")[2])
            if re.search(r"[\d._+-]", local):
                self._note(local, pseudonym)
            if len(local) > 2 and local not in _COMMON:
                self._locals.setdefault(local, pseudonym)

    def add_literal(self, text: str, pseudonym: str) -> None:
        """Note what a text is replaced by as it stands: a source's path."""
        self._literal[text] = pseudonym

    def redact(self, text: str, own: Mapping[str, str] | None = None) -> str:
        """Replace all names, logins and addresses in a text.

        Args:
            text: the text.
            own: the values of those whom the text's event names, with their pseudonyms:
                of these, each word of a name is replaced.
        """
        if not own and (cached_text := self._cached.get(text)) is not None:
            return cached_text
        plain = _plain(text)
        safe_text = self._replace(plain, own or {})
        if safe_text == plain:
            safe_text = text if plain == text else self._replace(text, own or {})
        if not own:
            if len(self._cached) > 10_000:
                self._cached.clear()
            self._cached[text] = safe_text
        return safe_text

    def redact_all(self, value: Any) -> Any:
        """Replace them in every text of a JSON value; pictures are left as they are."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list):
            return [self.redact_all(one) for one in value]
        if isinstance(value, dict):
            return {
                self.redact(name): one if name.startswith("image/") else self.redact_all(one)
                for name, one in value.items()
            }
        return value

    def redact_output(self, text: str) -> str:
        """Replace in what a run shows, which holds code and markup, what cannot be anything else.

        Those are values of more than one word, and what was added literally.
        """
        for literal, pseudonym in sorted(self._literal.items(), key=lambda kv: -len(kv[0])):
            text = text.replace(literal, pseudonym)
        text, _ = self._runs(text, least=2)
        return _MADE.sub(r"\1", text)

    def _note(self, value: str, pseudonym: str) -> None:
        canonical_value = canonical(value)
        atoms = [m.span() for m in _ATOM.finditer(canonical_value)]
        if not atoms:
            return
        inner = canonical_value[atoms[0][0] : atoms[-1][1]]
        if len(inner) < (2 if re.match(rf"[{_CLOSE}]", inner) else 3) or inner in _COMMON:
            return
        self._cached.clear()
        self._pseudonyms.setdefault(inner, pseudonym)
        first = canonical_value[slice(*atoms[0])]
        self._sizes.setdefault(first, set()).add(len(atoms))

    def _replace(self, text: str, own: Mapping[str, str]) -> str:
        for literal, pseudonym in self._literal.items():
            text = text.replace(literal, pseudonym)
        for value, pseudonym in sorted(own.items(), key=lambda kv: -len(kv[0])):
            if len(value) > 3:
                text = _whole(value).sub(pseudonym, text)
        text, people = self._runs(text)
        text = _MADE.sub(r"\1", text)
        text = _ADDRESS.sub(self._address, text)
        text = _ANNOUNCED.sub(self._announced, text)
        words = {part: one for one in people for part in self._words_of.get(one[-_HASH:], ())}
        words |= {
            part: one
            for value, one in own.items()
            if one.startswith(_OF_PEOPLE)
            for part in _parts(value)
        }
        for part, pseudonym in sorted(words.items(), key=lambda kv: -len(kv[0])):
            text = _whole(part).sub(pseudonym, text)
        text = _OWNED.sub(self._owned, text)
        text = _MAC.sub(self._mac, text)
        text = _IPV6.sub(self._ipv6, text)
        return _IPV4.sub(self._ipv4, text)

    def _runs(self, text: str, *, least: int = 1) -> tuple[str, set[str]]:
        """Replace the longest run of words that is somebody's, from left to right."""
        spans = [m.span() for m in _ATOM.finditer(text)]
        people: set[str] = set()
        pieces, at, number = [], 0, 0
        while number < len(spans):
            start = spans[number][0]
            sizes = self._sizes.get(canonical(text[start : spans[number][1]]), ())
            for size in sorted(sizes, reverse=True):
                if size < least or number + size > len(spans):
                    continue
                end = spans[number + size - 1][1]
                value = canonical(text[start:end])
                if (pseudonym := self._pseudonyms.get(value)) and not _is_inside(
                    text, start, end, value
                ):
                    pieces += [text[at:start], pseudonym]
                    at, number = end, number + size
                    people.add(pseudonym)
                    break
            else:
                number += 1
        return "".join(pieces) + text[at:], people

    def _address(self, match: re.Match[str]) -> str:
        value = canonical(match[0])
        if (pseudonym := self._pseudonyms.get(value)) is not None:
            return pseudonym
        return self.key.pseudonym("login", match[0])

    def _announced(self, match: re.Match[str]) -> str:
        pseudonym = self._locals.get(canonical(match[1]))
        return match[0] if pseudonym is None else match[0][: -len(match[1])] + pseudonym

    def _owned(self, match: re.Match[str]) -> str:
        """A first name with an 's: whose it is nobody knows, but that it is somebody's."""
        if match[1].casefold() not in self._first_names:
            return match[0]
        return self.key.pseudonym("name", match[1])

    def _mac(self, match: re.Match[str]) -> str:
        digits = re.sub(r"[^0-9a-f]", "", match[0].casefold())
        pairs = [digits[n : n + 2] for n in range(0, 12, 2)]
        return self.key.pseudonym("mac", ":".join(pairs))

    def _ipv4(self, match: re.Match[str]) -> str:
        if _VERSION.search(match.string[max(0, match.start() - 12) : match.start()]):
            return match[0]
        value = ".".join(part.lstrip("0") or "0" for part in match[0].split("."))
        with suppress(ValueError):
            return self.key.pseudonym("ip", str(ipaddress.IPv4Address(value)))
        return match[0]

    def _ipv6(self, match: re.Match[str]) -> str:
        """An address in a run of hex digits and colons, which may end with a colon or a port."""
        text = match[0]
        after = match.string[match.end() : match.end() + 1]
        if text.count(":") > 10 or set(text) <= {":"} or (after.isalnum() and "%" not in text):
            return text
        for start in (0, 1) if text.startswith(":") else (0,):
            ends = [len(text), len(text) - 1, text.rfind(":")]
            for end in ends:
                with suppress(ValueError):
                    address = ipaddress.IPv6Address(text[start:end])
                    whole = f"{address.ipv4_mapped or address}"
                    return (
                        text[:start]
                        + self.key.pseudonym("ip", whole.partition("%")[0])
                        + text[end:]
                    )
        return text


def _plain(text: str) -> str:
    """A text with its escapes undone, and without marks that nobody sees."""
    if not _ESCAPED.search(text):
        return text
    for _ in range(3):
        before = text
        text = _PERCENT.sub(_bytes, text)
        text = html.unescape(_JSON.sub(_json, text))
        if text == before:
            break
    text = unicodedata.normalize("NFKC", text)
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


def _bytes(match: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(match[0]).decode()
    except UnicodeDecodeError:
        return match[0]


def _json(match: re.Match[str]) -> str:
    escape = match[0]
    if escape[1] == "x":
        return chr(int(escape[2:], 16))
    if escape[1] not in "uU":
        return escape[1]
    units = b"".join(int(escape[n + 2 : n + 6], 16).to_bytes(2) for n in range(0, len(escape), 6))
    try:
        return units.decode("utf-16-be")
    except UnicodeDecodeError:
        return escape


def _is_inside(text: str, start: int, end: int, value: str) -> bool:
    """Whether a login is a part of another's: ``doe@x.org`` of ``dana.doe@x.org``."""
    if "@" not in value:
        return bool(re.match(r"[\w.-]*@", text[end:])) and text[max(0, start - 1) : start] == "."
    before = start > 1 and text[start - 1] == "." and text[start - 2].isalnum()
    return before or bool(re.match(r"\.[a-z]{2,}", text[end:]))


def _whole(part: str) -> re.Pattern[str]:
    if re.search(rf"[{_CLOSE}]", part):
        return re.compile(re.escape(part))
    return re.compile(rf"(?<![^\W_]){re.escape(part)}(?![^\W_])", re.I)


def _parts(value: str) -> Iterable[str]:
    """The words of a name or a login that give away who it is."""
    if "@" not in value and any(c.isdigit() for c in value):  # an id
        return []
    words = re.findall(r"[^\W\d_]+", value.split("@")[0])
    return [
        part
        for part in words
        if (len(part) > 2 or re.match(rf"[{_CLOSE}]{{2}}", part)) and part.casefold() not in _COMMON
    ]
