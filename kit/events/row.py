"""A System Log event as one row of the events table.

Targets are found by their ``type``, never by position.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kit.events.event import (
    AuthenticationContext,
    Client,
    Device,
    GeographicalContext,
    Party,
    SecurityContext,
    Transaction,
    UserAgent,
)
from kit.events.hit import Hit, hit_beside_users, known_or_none

if TYPE_CHECKING:
    from kit.events.event import LogEvent

__all__ = ["row"]


def row(
    event: LogEvent, raw: str, coding: tuple[Any, ...], wrapper: str | None = None
) -> tuple[Any, ...]:
    """Lay an event out as one row of the events table.

    Args:
        event: the event.
        raw: its JSON as received.
        coding: operation, code, family, http_status, vendor_message, trace_id,
            correlation_id, vendor_request_id, what the type can hit and the factor, made by
            the step that knows codes.
        wrapper: the product whose envelope or table the event lay in.

    Returns:
        The values in the order of ``COLUMNS``.
    """
    actor = event.actor or _NOBODY
    client = event.client or _NO_CLIENT
    place = client.geographical_context or _NO_PLACE
    agent = client.user_agent or _NO_AGENT
    transaction = event.transaction or _NO_TRANSACTION
    network = event.security_context or _NO_NETWORK
    session = event.authentication_context or _NO_SESSION
    device = event.device or _NO_DEVICE
    parties = event.parties()
    rule, helper = _roles(actor.type, *parties)
    group = parties.get("UserGroup") or parties.get("AppGroup") or _NOBODY
    hits, factor = coding[8], coding[9]
    app = _app(event, parties)
    user = _user(parties, event.actor if "actor" in hits else None)
    hit = _USER if user is not _NO_USER else hit_beside_users(event, parties, hits, app)
    return (
        event.uuid,
        event.published,
        event.event_type,
        event.display_message,
        event.severity,
        event.result,
        event.reason,
        actor.id,
        actor.type,
        actor.alternate_id,
        actor.display_name,
        client.ip_address,
        agent.raw_user_agent,
        place.country,
        place.city,
        *app,
        *user,
        group.id,
        group.display_name,
        transaction.id or None,
        transaction.type,
        _text(event.debug_data.get("requestId")),
        *coding[:8],
        *hit,
        factor,
        raw,
        wrapper or None,
        place.state,
        None if client.zone == "null" else client.zone,
        client.device,
        agent.os,
        agent.browser,
        network.as_number,
        network.as_org,
        network.is_proxy,
        None if session.external_session_id == "unknown" else session.external_session_id,
        session.credential_type,
        device.id,
        device.name,
        _name(parties[rule]) if rule else None,
        _name(parties.get(helper, actor)) if helper else None,
        transaction.detail.request_api_token_id if transaction.detail else None,
    )


_NOBODY = Party()
_NO_AGENT = UserAgent()
_NO_NETWORK = SecurityContext()
_NO_SESSION = AuthenticationContext()
_NO_DEVICE = Device()
_NO_CLIENT = Client()
_NO_PLACE = GeographicalContext()
_NO_TRANSACTION = Transaction()
_NO_USER = (None, None, None)
_USER: Hit = ("user", None, None)

_Parties = dict[str | None, Party]
_CLIENT = "PublicClientApp"


@lru_cache(maxsize=4096)
def _roles(actor_type: str | None, *types: str | None) -> tuple[str | None, str | None]:
    """Which of an event's types is a policy's rule, and which a directory's agent.

    Events have few combinations of types, so each is looked at once.
    """
    rule = next((one for one in ("PolicyRule", "Rule") if one in types), None)
    agents = (one for one in (*types, actor_type) if one and "agent" in one.casefold())
    return rule, next(agents, None)


def _name(party: Party) -> str | None:
    return known_or_none(party.display_name) or known_or_none(party.id)


def _app(event: LogEvent, parties: _Parties) -> tuple[str | None, str | None]:
    """The app's id and name; an OAuth client is one, and the name alone may stand in debugData."""
    app = parties.get("AppInstance") or parties.get("App")
    if app is not None:
        return app.id, app.display_name or app.alternate_id
    if event.event_type.startswith("app.oauth2."):
        actor = event.actor if event.actor and event.actor.type == _CLIENT else None
        client = actor or parties.get(_CLIENT)
        if client is not None:
            return client.id, known_or_none(client.display_name) or known_or_none(
                client.alternate_id
            )
        return _text(event.debug_data.get("clientId")), None
    return None, _text(event.debug_data.get("appname"))


def _user(parties: _Parties, actor: Party | None) -> tuple[str | None, str | None, str | None]:
    """The id, login and name of the user whom the event concerns.

    Args:
        parties: the targets by their types.
        actor: the actor, where the type is one of those that hit it; counts if it is a user.

    Returns:
        ``_NO_USER`` if none is known.
    """
    user = parties.get("User")
    app_user = parties.get("AppUser")
    if user is None and app_user is None:
        if actor is None or actor.type != "User":
            return _NO_USER
        user = actor
    first, second = user or app_user or _NOBODY, app_user or _NOBODY
    login, number = first.alternate_id, first.id
    if not login or login == "unknown":
        login = known_or_none(second.alternate_id)
    if not number or number == "unknown":
        number = known_or_none(second.id)
    if login is None and number is None:
        return _NO_USER
    return number, login, first.display_name or second.display_name


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
