"""A System Log event, read from its JSON.

Okta's log is open-ended: unknown fields, event types and enum values are normal,
so only what the table reads is typed, and only for that is an event refused.

Source: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

from kit.base.patterns import lazy_pattern

__all__ = [
    "AuthenticationContext",
    "Client",
    "Device",
    "GeographicalContext",
    "LogEvent",
    "Party",
    "SecurityContext",
    "Transaction",
    "UnfitEventError",
    "UserAgent",
    "decode",
]


class _Camel(msgspec.Struct, rename="camel", gc=False):
    """A part of a LogEvent, read by Okta's camelCase names."""


class Party(_Camel):
    """An actor or a target."""

    id: str | None = None
    type: str | None = None
    alternate_id: str | None = None
    display_name: str | None = None


class _Outcome(_Camel):
    result: str | None = None
    reason: str | None = None


class UserAgent(_Camel):
    """The program that a request came from."""

    raw_user_agent: str | None = None
    os: str | None = None
    browser: str | None = None


class GeographicalContext(_Camel):
    """Where an address lies."""

    country: str | None = None
    city: str | None = None
    state: str | None = None


class Client(_Camel):
    """What a request came from."""

    ip_address: str | None = None
    user_agent: UserAgent | None = None
    geographical_context: GeographicalContext | None = None
    zone: str | None = None
    device: str | None = None


class SecurityContext(_Camel):
    """The network that a request came from."""

    as_number: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] | None = None
    as_org: str | None = None
    is_proxy: bool | None = None


class AuthenticationContext(_Camel):
    """The session of a request, and what it proved itself by."""

    external_session_id: str | None = None
    credential_type: str | None = None


class Device(_Camel):
    """The device that a request came from, where Okta knows it."""

    id: str | None = None
    name: str | None = None


class _TransactionDetail(_Camel):
    request_api_token_id: str | None = None


class Transaction(_Camel):
    """What events belong together by."""

    id: str | None = None
    type: str | None = None
    detail: _TransactionDetail | None = None


class _DebugContext(_Camel):
    debug_data: dict[str, Any] | None = None


class LogEvent(_Camel):
    """The fields of a System Log event that the events table reads."""

    uuid: Annotated[str, msgspec.Meta(min_length=1)]
    published: Annotated[datetime, msgspec.Meta(tz=True)]
    event_type: Annotated[str, msgspec.Meta(min_length=1)]
    display_message: str | None = None
    severity: str | None = None
    outcome: _Outcome | None = None
    actor: Party | None = None
    client: Client | None = None
    target: list[Party | None] | None = None
    transaction: Transaction | None = None
    debug_context: _DebugContext | None = None
    security_context: SecurityContext | None = None
    authentication_context: AuthenticationContext | None = None
    device: Device | None = None

    @property
    def result(self) -> str | None:
        """The outcome's result."""
        return self.outcome.result if self.outcome else None

    @property
    def reason(self) -> str | None:
        """The outcome's reason; None where Okta gave none."""
        return self.outcome.reason if self.outcome else None

    @property
    def debug_data(self) -> dict[str, Any]:
        """The event's debugData; its keys differ by event type."""
        return (self.debug_context and self.debug_context.debug_data) or {}

    def parties(self) -> dict[str | None, Party]:
        """The first target of each type."""
        by_type: dict[str | None, Party] = {}
        for target in self.target or ():
            if target is not None and target.type not in by_type:
                by_type[target.type] = target
        return by_type


class UnfitEventError(ValueError):
    """A line that is no System Log event; its text says why, in one line."""


_decoder = msgspec.json.Decoder(LogEvent)

_NUL = lazy_pattern(rb"(?<!\\)((?:\\\\)*)\\u0000")
"""A NUL in a JSON text; databases end a text there, and refuse the rest."""

_HALF = lazy_pattern(
    rb"(?<!\\)((?:\\\\)*)(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""A sign beyond 16 bits, or half of one, which stands for nothing and which no database takes."""

_SURROGATE = lazy_pattern(rb"\\u[dD][89a-fA-F]")


def _without_nul(raw: bytes) -> bytes:
    return _NUL.sub(rb"\1\\ufffd", raw)


def _without_halves(raw: bytes) -> bytes:
    """JSON in which half a sign is the replacement character."""
    previous = None
    while previous != raw:  # two in a row have nothing between them to tell them apart by
        previous = raw
        raw = _HALF.sub(lambda m: m[1] + (m[2] or b"\\ufffd"), raw)
    return raw


def decode(raw: bytes) -> tuple[LogEvent, str]:
    """Read one event from its JSON.

    Half of a sign (a lone surrogate) and NUL are the replacement character in the event, and
    stay as they are in its text. Of a name that is there twice, the last one counts.

    Args:
        raw: one JSON object, UTF-8.

    Returns:
        The event, and its JSON as text. Its time can be told in UTC, and that
        a second later.

    Raises:
        UnfitEventError: it is truncated, of a wrong type, without uuid or with an
            unreadable time.
    """
    clean = _without_nul(raw) if b"\\u0000" in raw else raw
    try:
        try:
            event = _decode(clean)
        except msgspec.DecodeError:
            if not _SURROGATE.search(raw):
                raise
            event = _decode(_without_halves(clean))
        text = raw.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise UnfitEventError(str(fault) or type(fault).__name__) from None
    if not _FIRST_YEAR < event.published.year < _LAST_YEAR:
        try:
            event.published.astimezone(UTC) + timedelta(seconds=1)
        except OverflowError:
            raise UnfitEventError(
                f"published is {event.published.isoformat()}, which is no time in UTC"
            ) from None
    return event, text


_CONTEXT_FAULT = lazy_pattern(
    r"at `\$\.(?:client|securityContext|authentication|device|transaction)"
)
"""Begins the path of what an event is not refused for."""

_CONTEXT: dict[str, Any] = {
    "client": {
        "zone": str,
        "device": str,
        "userAgent": {"os": str, "browser": str},
        "geographicalContext": {"state": str},
    },
    "securityContext": {"asNumber": int, "asOrg": str, "isProxy": bool},
    "authenticationContext": {"externalSessionId": str, "credentialType": str},
    "device": {"id": str, "name": str},
    "transaction": {"detail": {"requestApiTokenId": str}},
}
"""What says where from, from what and by what: of another type than Okta's it counts as missing."""

_OF_ALL = {"client", "userAgent", "geographicalContext", "transaction"}
"""Parts that hold more than that: what is no object there is no event."""


def _decode(raw: bytes) -> LogEvent:
    """Read an event, also one whose context has values of types that are not Okta's."""
    try:
        return _decoder.decode(raw)
    except msgspec.ValidationError as fault:
        if not _CONTEXT_FAULT.search(str(fault)):
            raise
    document = msgspec.json.decode(raw)
    _remove_misfits(document, _CONTEXT)
    return msgspec.convert(document, LogEvent)


def _remove_misfits(part: dict[str, Any], types: dict[str, Any]) -> None:
    for name, type_ in types.items():
        value = part.get(name)
        if not isinstance(type_, dict):
            part[name] = _fitting(value, type_)
        elif isinstance(value, dict):
            _remove_misfits(value, type_)
        elif name not in _OF_ALL:
            part[name] = None


def _fitting(value: object, type_: type) -> object:
    """A value as its type; numbers and truth may be written as text. None where it is neither."""
    if type_ is int:
        number = str(value).removesuffix(".0")
        return int(number) if re.fullmatch(r"\d{1,9}|[123]\d{9}", number, re.ASCII) else None
    if type_ is bool:
        return {"true": True, "false": False}.get(str(value).casefold())
    return value if isinstance(value, type_) else None


_FIRST_YEAR, _LAST_YEAR = 1, 9999
"""In those between them any offset leads to a time that there is, and a second more, too."""
