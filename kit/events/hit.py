"""Who or what an event hits: the user whom an attempt was for, else what else it was for.

The rule stands here alone; which types hit what is data (the column ``hit`` of
``catalogue/event_types.csv``). A user who is a target is always the one hit. An actor is only
where the type says so: an admin, a job or a system principal acts for somebody else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kit.base.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.events.event import LogEvent, Party

__all__ = ["DEFAULT", "Hit", "hit_beside_users", "known_or_none"]

Hit = tuple[str | None, str | None, str | None]
"""``hit_type``, ``hit_id`` and ``hit_name`` of the events table. Id and name are null where another
column has them: the user's, the group's, the app's, the client's address or the actor's. An empty
id says that what is named is only nearest: the attempt was not for it, and nothing follows."""

DEFAULT = ("group", "agent", "hook", "app", "other")
"""Where the type says nothing, beside a user who is a target."""

_NEAREST = ("client", "group", "agent", "hook", "app", "other", "caller", "address")
"""What is named where nobody is known whom the type can hit."""

_USER: Hit = ("user", None, None)
_NOBODY: Hit = (None, None, None)
_BESIDE = frozenset({"User", "AppUser", "AppInstance", "App", "UserGroup", "AppGroup"})
_CLIENT = lazy_pattern(r"client(\s*app)?$", re.IGNORECASE)
"""``PublicClientApp``, ``OAuth2Client``, ``Client``."""

_SYSTEM = "system@okta.com"
"""Okta itself, also where a table keeps no actor's type."""

_NO_NAMES = ("urlpattern", "policy", "rule", "enrollment")
"""Targets that say under what something was tried, not to whom."""


def known_or_none(value: str | None) -> str | None:
    """A name or id; Okta writes ``unknown`` where it has none."""
    return None if value == "unknown" else value or None


def hit_beside_users(
    event: LogEvent,
    parties: Mapping[str | None, Party],
    kinds: Sequence[str],
    app: tuple[str | None, str | None],
) -> Hit:
    """Say what an event hits that is about no user.

    Args:
        event: the event.
        parties: the first target of each type.
        kinds: what its type can hit, the likeliest first.
        app: the app's id and name.

    Returns:
        The first of ``kinds`` that the event has; else what comes nearest, with an empty id.
    """
    for kind in kinds:
        if hit := _of_kind(kind, event, parties, app):
            return hit
    for kind in _NEAREST:
        if hit := _of_kind(kind, event, parties, app):
            return hit[0], "", hit[2]
    return _NOBODY


def _of_kind(
    kind: str,
    event: LogEvent,
    parties: Mapping[str | None, Party],
    app: tuple[str | None, str | None],
) -> Hit | None:
    if kind == "app":
        return ("app", None, None) if app[0] or app[1] else None
    if kind == "group":
        return ("group", None, None) if "UserGroup" in parties or "AppGroup" in parties else None
    if kind == "address":
        return ("address", None, None) if event.client and event.client.ip_address else None
    if kind == "caller":
        actor = event.actor
        calls = (
            actor
            and actor.type != "SystemPrincipal"
            and actor.alternate_id != _SYSTEM
            and (known_or_none(actor.id) or known_or_none(actor.alternate_id))
        )
        return ("client", None, None) if calls else None
    if kind == "client":
        return _client(event, parties)
    if kind in {"agent", "hook"}:
        actor = event.actor
        parts = [*parties.values(), *([actor] if kind == "agent" and actor else [])]
        return _first_hit(kind, [one for one in parts if kind in (one.type or "").casefold()])
    if kind == "other":
        return _first_hit(kind, [one for one in parties.values() if _is_other(one)])
    return None


def _is_other(party: Party) -> bool:
    if party.type in _BESIDE:
        return False
    type_name = (party.type or "").casefold().replace(" ", "")
    return not any(word in type_name for word in _NO_NAMES)


def _client(event: LogEvent, parties: Mapping[str | None, Party]) -> Hit | None:
    """An OAuth client: the actor or a target, else debugData's client id."""
    parts = [*([event.actor] if event.actor else []), *parties.values()]
    clients = [one for one in parts if _CLIENT.search(one.type or "")]
    if hit := _first_hit("client", clients):
        return hit
    client = event.debug_data.get("clientId")
    return ("client", client, client) if isinstance(client, str) and client else None


def _first_hit(kind: str, parts: Sequence[Party]) -> Hit | None:
    for one in parts:
        name = (
            known_or_none(one.display_name)
            or known_or_none(one.alternate_id)
            or known_or_none(one.id)
        )
        if name:
            return kind, known_or_none(one.id) or name, name
    return None
