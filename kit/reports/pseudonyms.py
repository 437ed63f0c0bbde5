"""Stable pseudonyms, and the key that makes and resolves them.

The key is a file of its own, readable by its owner alone, outside every report: a secret, and what
each pseudonym stands for. The same key gives the same pseudonym in every report.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import os
import re
import secrets
import unicodedata
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from kit.base.errors import UsageError, nearest
from kit.base.files import unwritable, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Key", "canonical", "key_path"]

_XN = re.compile(r"xn--([a-z0-9-]+)")
_PREFIX = {
    "login": "user-",
    "name": "Person ",
    "id": "id-",
    "ip": "ip-",
    "agent": "agent-",
    "place": "place-",
    "mac": "device-",
    "device": "device-",
    "session": "session-",
    "owner": "owner-",
    "source": "source-",
}


def key_path() -> Path:
    """``$OKTA_KIT_REDACT_KEY``, else ``okta-kit/redact-key.json`` in the user's configuration."""
    path = os.environ.get("OKTA_KIT_REDACT_KEY")
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(path) if path else home / "okta-kit" / "redact-key.json"


class Key:
    """The secret, and what was replaced with it."""

    def __init__(self, path: Path) -> None:
        """Read a key.

        Raises:
            UsageError: there is none, or the file is no key.
        """
        self.path = path
        self._fresh: dict[str, str] = {}
        content = self._read()
        if not content:
            raise UsageError(
                f"{path}: there is no key. It is made by the first report with --redact; name "
                "another file in $OKTA_KIT_REDACT_KEY."
            )
        self._secret = bytes.fromhex(content["secret"])
        self._known: dict[str, str] = content.get("known", {})

    @classmethod
    def load_or_make(cls, path: Path) -> Key:
        """Read a key, and make it where there is none.

        Raises:
            UsageError: the file is there and is no key, or it cannot be written.
            DiskFull: there is no space for it.
        """
        with _key_lock(path):
            if not path.exists():
                _keep(path, {"secret": secrets.token_hex(32), "known": {}})
        return cls(path)

    def pseudonym(self, kind: str, value: str, *, of: str = "") -> str:
        """Replace one value.

        Args:
            kind: ``login``, ``name``, ``id``, ``ip``, ``mac``, ``device``, ``session``, ``agent``,
                ``place``, ``owner`` or ``source``.
            value: what is replaced.
            of: the login of the person whose name this is, so that both look alike.

        Returns:
            The pseudonym; the same for the same value, however it is written: without case, an
            address in its short form, a domain in its own script.
        """
        base = f"login:{canonical(of)}" if of else f"{kind}:{canonical(value)}"
        digest = hmac.digest(self._secret, base.encode(errors="replace"), hashlib.sha256)
        pseudonym = _PREFIX[kind] + base64.b32encode(digest)[:10].decode().lower()
        if pseudonym not in self._known:
            self._fresh[pseudonym] = value
        return pseudonym

    def resolve(self, pseudonym: str) -> str:
        """Say what a pseudonym stands for.

        Raises:
            UsageError: this key made no such one.
        """
        values_by_name = {name.casefold(): value for name, value in self._known.items()}
        if (original := values_by_name.get(pseudonym.strip().casefold())) is None:
            raise UsageError(
                f"{pseudonym}: the key {self.path} made no such pseudonym."
                + nearest(pseudonym, self._known)
            )
        return original

    def forget(self, is_named: Callable[[str], bool]) -> int:
        """Let the key say no longer what some pseudonyms stand for.

        Args:
            is_named: whether a value names who is to be forgotten.

        Returns:
            How many pseudonyms lead nowhere from now on.

        Raises:
            UsageError: it cannot be written.
        """
        with _key_lock(self.path):
            content = self._read()
            remaining = {
                one: value for one, value in content["known"].items() if not is_named(value)
            }
            gone = len(content["known"]) - len(remaining)
            if gone:
                _keep(self.path, {**content, "known": remaining})
        self._known = remaining
        return gone

    def save(self) -> None:
        """Keep the key and what it replaced, beside what others replaced in between.

        Raises:
            UsageError: it cannot be written.
            DiskFull: there is no space for it.
        """
        with _key_lock(self.path):
            content = self._read()
            _keep(self.path, {**content, "known": {**content["known"], **self._fresh}})

    def _read(self) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
            bytes.fromhex(content["secret"])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError):
            raise UsageError(
                f"{self.path}: is no key that okta-kit made. Name another file in "
                "$OKTA_KIT_REDACT_KEY."
            ) from None
        return content


def canonical(value: str) -> str:
    """One way to write a login, a name or an address, whichever way it is written."""
    text = unicodedata.normalize("NFKC", value).casefold()
    with suppress(ValueError):
        address = ipaddress.ip_address(text.strip("[]").partition("%")[0])
        return str(getattr(address, "ipv4_mapped", None) or address)
    name, at, domain = text.rpartition("@")
    return name + at + _XN.sub(_script, domain) if at and "xn--" in domain else text


def _script(label: re.Match[str]) -> str:
    """A domain's label in its own script."""
    try:
        return label[1].encode().decode("punycode").casefold()
    except UnicodeError:
        return label[0]


@contextmanager
def _key_lock(path: Path) -> Iterator[None]:
    """Hold a key's lock, and tell in one line what keeps it from being written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(f"{path}.lock"):
            yield
    except OSError as fault:
        raise unwritable(
            path,
            fault,
            when_full="Free some space: without its key no report is redacted.",
            otherwise="Name another file for the key in $OKTA_KIT_REDACT_KEY.",
        ) from None


def _keep(path: Path, key: dict[str, Any]) -> None:
    write_whole(path, json.dumps(key, indent=0), private=True)
