"""Stable pseudonyms, and the key that makes and resolves them.

The key is a file of its own, readable by its owner alone, outside every report: a secret, and what
each pseudonym stands for. The same key gives the same pseudonym in every report.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from kit.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Key", "People", "key_path"]

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{1,4})(?![\w:]|\.\d)",
    re.I,
)
_WORD = re.compile(r"\w[\w.'’@+-]*\w|\w")
_MOST_WORDS = 6
_COMMON = {"account", "admin", "app", "okta", "service", "system", "test", "the", "user", "users"}
"""Words of account names that every message has."""
_PREFIX = {
    "login": "user-",
    "name": "Person ",
    "id": "id-",
    "ip": "ip-",
    "agent": "agent-",
    "place": "place-",
}


def key_path() -> Path:
    """``$OKTA_KIT_REDACT_KEY``, else ``okta-kit/redact-key.json`` in the user's configuration."""
    named = os.environ.get("OKTA_KIT_REDACT_KEY")
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(named) if named else home / "okta-kit" / "redact-key.json"


class Key:
    """The secret, and what was replaced with it."""

    def __init__(self, path: Path) -> None:
        """Read a key.

        Raises:
            UsageError: there is none, or the file is no key.
        """
        self.path = path
        self._fresh: dict[str, str] = {}
        found = self._read()
        if not found:
            raise UsageError(
                f"{path}: there is no key. It is made by the first report with --redact; name "
                "another file in $OKTA_KIT_REDACT_KEY."
            )
        self._secret = bytes.fromhex(found["secret"])
        self._known: dict[str, str] = found.get("known", {})

    @classmethod
    def made(cls, path: Path) -> Key:
        """Read a key, and make it where there is none.

        Raises:
            UsageError: the file is there and is no key, or it cannot be written.
        """
        with _kept(path):
            if not path.exists():
                _write(path, {"secret": secrets.token_hex(32), "known": {}})
        return cls(path)

    def pseudonym(self, kind: str, value: str, *, of: str = "") -> str:
        """Replace one value.

        Args:
            kind: ``login``, ``name``, ``id``, ``ip``, ``agent`` or ``place``.
            value: what is replaced.
            of: the login of the person whose name this is, so that both look alike.

        Returns:
            The pseudonym; the same for the same value, without case.
        """
        base = f"login:{of}" if of else f"{kind}:{value}"
        digest = hmac.digest(self._secret, base.casefold().encode(), hashlib.sha256)
        made = _PREFIX[kind] + base64.b32encode(digest)[:10].decode().lower()
        if made not in self._known:
            self._fresh[made] = value
        return made

    def resolve(self, pseudonym: str) -> str:
        """Say what a pseudonym stands for.

        Raises:
            UsageError: this key made no such one.
        """
        folded = {name.casefold(): value for name, value in self._known.items()}
        if (found := folded.get(pseudonym.strip().casefold())) is None:
            raise UsageError(
                f"{pseudonym}: the key {self.path} made no such pseudonym."
                + nearest(pseudonym, self._known)
            )
        return found

    def save(self) -> None:
        """Keep the key and what it replaced, beside what others replaced meanwhile.

        Raises:
            UsageError: it cannot be written.
        """
        with _kept(self.path):
            held = self._read()
            _write(self.path, {**held, "known": {**held["known"], **self._fresh}})

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
            bytes.fromhex(found["secret"])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError):
            raise UsageError(
                f"{self.path}: is no key that okta-kit made. Name another file in "
                "$OKTA_KIT_REDACT_KEY."
            ) from None
        return found


@contextmanager
def _kept(path: Path) -> Iterator[None]:
    """Hold a key's lock, and tell in one line what keeps it from being written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(f"{path}.lock"):
            yield
    except OSError as fault:
        raise UsageError(
            f"{path}: the key cannot be kept ({fault.strerror or fault}). Name another file in "
            "$OKTA_KIT_REDACT_KEY."
        ) from None


def _write(path: Path, key: dict[str, Any]) -> None:
    """Write a key in one step, for its owner alone."""
    number, fresh = tempfile.mkstemp(prefix=".key-", dir=path.parent)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        json.dump(key, file, indent=0)
    Path(fresh).replace(path)


class People:
    """Everybody whom a source names, to be found in free text."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self._said: dict[str, str] = {}

    def add(self, kind: str, value: str, pseudonym: str) -> None:
        """Note what a value is replaced by, wherever a text says it."""
        if len(value.strip()) > 2:
            self._said.setdefault(value.strip().casefold(), pseudonym)
        if kind == "login" and "@" in value:
            local = value.split("@")[0].casefold()
            if re.search(r"[\d._+-]", local):
                self._said.setdefault(local, pseudonym)

    def redact(self, text: str, own: dict[str, str] | None = None) -> str:
        """Replace all names, logins and addresses in a text.

        Args:
            text: the text.
            own: the values of those whom the text's event names, with their pseudonyms:
                of these, each word of a name is replaced.
        """
        for value, pseudonym in sorted((own or {}).items(), key=lambda kv: -len(kv[0])):
            text = re.sub(re.escape(value), pseudonym, text, flags=re.I)
        text = self._words(text)
        for value, pseudonym in (own or {}).items():
            for part in _parts(value):
                text = re.sub(rf"(?<![^\W_]){part}(?![^\W_])", pseudonym, text, flags=re.I)
        text = _ADDRESS.sub(lambda m: self.key.pseudonym("login", m[0]), text)
        return _IP.sub(lambda m: self.key.pseudonym("ip", m[0]), text)

    def _words(self, text: str) -> str:
        """Replace the longest run of words that is somebody's name, from left to right."""
        spans = [m.span() for m in _WORD.finditer(text)]
        made, at, number = [], 0, 0
        while number < len(spans):
            start = spans[number][0]
            for size in range(min(_MOST_WORDS, len(spans) - number), 0, -1):
                end = spans[number + size - 1][1]
                if (found := self._said.get(text[start:end].casefold())) is not None:
                    made += [text[at:start], found]
                    at, number = end, number + size
                    break
            else:
                number += 1
        return "".join(made) + text[at:]


def _parts(value: str) -> list[str]:
    """The words of a name or a login that give away who it is."""
    if "@" not in value and any(c.isdigit() for c in value):  # an id
        return []
    found = re.findall(r"[^\W\d_]{3,}", value.split("@")[0])
    return [part for part in found if part.casefold() not in _COMMON]
