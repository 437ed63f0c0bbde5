"""Everything that names one person in a log, and what stands for it once they are forgotten."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Person", "event_of"]

_ACCOUNT = "AppUser"
"""A user's account in an app; its name there may be a shared one."""

_SHORTEST_ID = 8

_USER = "User"


@dataclass(slots=True)
class Person:
    """A person by all that names them: logins, ids, and the names that stand beside these."""

    login: str
    logins: set[str] = field(default_factory=set)
    """Casefolded."""
    ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """Of two words or more: one word, as *unknown* or *Admin*, is anybody's."""
    token: str = field(default_factory=lambda: uuid.uuid4().hex[:10])
    """Drawn by lot: nothing of the person can be worked out from it."""

    def __post_init__(self) -> None:
        self.logins.add(self.login.strip().casefold())

    @property
    def terms(self) -> list[str]:
        """What is looked for in a text: logins and ids."""
        return sorted({*self.logins, *self.ids})

    def learn(self, event: Any) -> bool:
        """Take in the ids, logins and names that an event has for the person.

        Args:
            event: a LogEvent, as JSON has it.

        Returns:
            Whether a login or an id is new.
        """
        before = len(self.logins) + len(self.ids)
        self.ids |= {str(one["id"]) for one in self._accounts_in(event) if _is_id(one.get("id"))}
        for one in _entities(event):
            if not self._is(one):
                continue
            login, name = one.get("alternateId"), one.get("displayName")
            if _is_id(one.get("id")):
                self.ids.add(one["id"])
            if one.get("type") != _ACCOUNT and isinstance(login, str) and "@" in login:
                self.logins.add(login.strip().casefold())
            if isinstance(name, str) and len(name.split()) > 1:
                self.names.add(name.strip())
        return len(self.logins) + len(self.ids) > before

    def _is(self, entity: dict[str, Any]) -> bool:
        login = entity.get("alternateId")
        return entity.get("id") in self.ids or (
            isinstance(login, str) and login.strip().casefold() in self.logins
        )

    def is_who_was_hit(self, event: Any) -> bool:
        """Whether an event is about the person: no other one is its target.

        Args:
            event: a LogEvent, as JSON has it.
        """
        people = _of_type(event, _USER) or _of_type(event, _ACCOUNT) or [event.get("actor") or {}]
        return all(self._is(one) for one in people if isinstance(one, dict))

    def _accounts_in(self, event: Any) -> list[dict[str, Any]]:
        """The accounts in apps that an event about the person names, whatever they are called."""
        users = _of_type(event, _USER)
        return _of_type(event, _ACCOUNT) if users and all(map(self._is, users)) else []

    def is_named_in(self, event: Any) -> bool:
        """Whether an event names the person anywhere.

        Args:
            event: a LogEvent, as JSON has it.
        """
        return bool(self.replaced_in_event(event) != event)

    def replaced_in_event(self, event: Any) -> Any:
        """An event in which a pseudonym stands for the person, and for their accounts in apps.

        Args:
            event: a LogEvent, as JSON has it; it stays as it is.
        """
        own = [*self._accounts_in(event), *filter(self._is, _entities(event))]
        texts = {
            key: {text for one in own if _is_name(text := str(one.get(key) or "").strip())}
            for key in ("alternateId", "id", "displayName")
        }
        person = replace(
            self,
            logins=self.logins | {text.casefold() for text in texts["alternateId"]},
            ids=self.ids | texts["id"],
            names=self.names | {name for name in texts["displayName"] if " " in name},
        )
        return person.replaced_in(event)

    def replaced_in(self, value: Any) -> Any:
        """A JSON value in which a pseudonym stands for the person.

        Args:
            value: the value; it stays as it is.
        """
        if isinstance(value, dict):
            mine = self._is(value)
            parts = {key: self.replaced_in(one) for key, one in value.items()}
            return (
                {**parts, "displayName": self.name} if mine and parts.get("displayName") else parts
            )
        if isinstance(value, list):
            return [self.replaced_in(one) for one in value]
        return self.replaced_in_text(value) if isinstance(value, str) else value

    def replaced_in_text(self, text: str) -> str:
        """A text in which a pseudonym stands for each login, id and whole name."""
        for pattern, pseudonym in self._patterns():
            text = pattern.sub(pseudonym, text)
        return text

    def stands_in(self, text: str) -> bool:
        """Whether a text names the person by login, id or whole name."""
        return any(pattern.search(text) for pattern, _ in self._patterns())

    @property
    def name(self) -> str:
        """What stands for the name."""
        return f"Forgotten {self.token[:4]}"

    def _patterns(self) -> Iterator[tuple[re.Pattern[str], str]]:
        for login in sorted(self.logins, key=len, reverse=True):
            yield _word(login), f"forgotten-{self.token}@forgotten.invalid"
        for one in sorted(self.ids):
            yield _word(one), f"00uforgotten{self.token}"
        for name in sorted(self.names, key=len, reverse=True):
            yield _word(name), self.name


def _is_name(text: str) -> bool:
    """Whether a text may name somebody: *unknown*, which Okta writes for many, does not."""
    return len(text) > 1 and text.casefold() != "unknown"


def _is_id(value: object) -> bool:
    """Whether a value is an id of Okta's, and no word that it writes in the place of one."""
    return isinstance(value, str) and len(value) >= _SHORTEST_ID and any(map(str.isdigit, value))


def _word(text: str) -> re.Pattern[str]:
    """A text that is no part of a longer login, id or name."""
    return re.compile(rf"(?<![\w.+-]){re.escape(text)}(?![\w-]|\.\w)", re.IGNORECASE)


def _targets(event: Any) -> list[dict[str, Any]]:
    targets = event.get("target") if isinstance(event, dict) else None
    return [one for one in targets or [] if isinstance(one, dict)]


def _of_type(event: Any, kind: str) -> list[dict[str, Any]]:
    return [one for one in _targets(event) if one.get("type") == kind]


def _entities(event: Any) -> list[dict[str, Any]]:
    actor = event.get("actor") if isinstance(event, dict) else None
    return [*_targets(event), *([actor] if isinstance(actor, dict) else [])]


def event_of(raw: str) -> Any:
    """An event's JSON; nothing of one that is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return {}
