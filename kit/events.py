"""A LogEvent becomes a row: the events table's schema, declared once.

Okta's log is open-ended: unknown fields, event types and enum values are normal,
so only what the table reads is typed, and only for that is an event refused.
Targets are found by their ``type``, never by position.

Source: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from kit.hit import Hit, hit_beside_users, known

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "COLUMNS",
    "FAILING_RESULTS",
    "SUCCEEDED_RESULTS",
    "Column",
    "LogEvent",
    "UnfitEventError",
    "decode",
    "row",
    "schema",
]

FAILING_RESULTS = ("FAILURE", "DENY", "RATE_LIMIT", "UNANSWERED", "ABANDONED")
"""Outcomes that make an event a failing one, unless its type only reports."""

SUCCEEDED_RESULTS = ("SUCCESS", "ALLOW")
"""Outcomes of what worked. All others (CHALLENGE, SCHEDULED, DEFERRED, SKIPPED, UNKNOWN, one that
is new) neither failed nor worked."""

_TIME, _TEXT, _LONG_TEXT, _SMALL = "timestamp[us, UTC]", "string", "large_string", "int16"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the events table."""

    name: str
    type: str
    """Its Arrow type."""
    path: str
    """Where in the LogEvent the value stands, or which step of ingest makes it."""
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("uuid", _TEXT, "uuid", "the event's own id; unique in a log"),
    Column("published", _TIME, "published", "when it happened, UTC"),
    Column("event_type", _TEXT, "eventType", "what happened"),
    Column("display_message", _TEXT, "displayMessage", "Okta's words for the event type"),
    Column("severity", _TEXT, "severity", "DEBUG, INFO, WARN or ERROR"),
    Column("result", _TEXT, "outcome.result", "SUCCESS, FAILURE, DENY, SKIPPED, …"),
    Column("reason", _TEXT, "outcome.reason", "why, as Okta words it; often null"),
    Column("actor_id", _TEXT, "actor.id", "who did it"),
    Column("actor_type", _TEXT, "actor.type", "User, SystemPrincipal, PublicClientApp, …"),
    Column("actor_login", _TEXT, "actor.alternateId", "the actor's login"),
    Column("actor_name", _TEXT, "actor.displayName", "the actor's name"),
    Column("client_ip", _TEXT, "client.ipAddress", "where the request came from"),
    Column("user_agent", _TEXT, "client.userAgent.rawUserAgent", "the client, in its own words"),
    Column("country", _TEXT, "client.geographicalContext.country", "by Okta's IP data"),
    Column("city", _TEXT, "client.geographicalContext.city", "by Okta's IP data"),
    Column("app_id", _TEXT, "target[AppInstance].id", "the app instance"),
    Column("app_name", _TEXT, "target[AppInstance].displayName", "the app's name"),
    Column("user_id", _TEXT, "target[User|AppUser].id", "the user it was done to"),
    Column("user_login", _TEXT, "target[User|AppUser].alternateId", "that user's login"),
    Column("user_name", _TEXT, "target[User|AppUser].displayName", "that user's name"),
    Column("group_id", _TEXT, "target[UserGroup|AppGroup].id", "the group concerned"),
    Column("group_name", _TEXT, "target[UserGroup|AppGroup].displayName", "the group's name"),
    Column("transaction_id", _TEXT, "transaction.id", "what belongs together"),
    Column("transaction_type", _TEXT, "transaction.type", "WEB or JOB"),
    Column("request_id", _TEXT, "debugContext.debugData.requestId", "Okta's request"),
    Column("operation", _TEXT, "ingest", "what was attempted, in Okta's task words"),
    Column("code", _TEXT, "ingest", "the stable name of what went wrong; failing events only"),
    Column("family", _TEXT, "ingest", "the subject the code belongs to"),
    Column("http_status", _SMALL, "ingest", "the HTTP status in the reason"),
    Column("vendor_message", _TEXT, "ingest", "what the app's vendor said"),
    Column("trace_id", _TEXT, "ingest", "the vendor's Trace ID"),
    Column("correlation_id", _TEXT, "ingest", "the vendor's Correlation ID"),
    Column("vendor_request_id", _TEXT, "ingest", "the vendor's request id"),
    Column("hit_type", _TEXT, "ingest", "who is hit: user, client, group, agent, hook, address, …"),
    Column("hit_id", _TEXT, "ingest", "its id, where no other column has it"),
    Column("hit_name", _TEXT, "ingest", "its name, where no other column has it"),
    Column("factor", _TEXT, "debugContext.debugData.factor", "the factor, where the type has one"),
    Column("raw", _LONG_TEXT, "(the whole event)", "the event's JSON as received"),
    Column("wrapper", _TEXT, "ingest", "the product whose envelope or table it lay in, else null"),
)


@cache
def schema() -> pa.Schema:
    """Return the events table's Arrow schema; only ``uuid`` and ``published`` are never null."""
    import pyarrow as pa

    def arrow(name: str) -> pa.DataType:
        return pa.timestamp("us", tz="UTC") if name == _TIME else pa.type_for_alias(name)

    required = {"uuid", "published"}
    return pa.schema(
        [pa.field(c.name, arrow(c.type), nullable=c.name not in required) for c in COLUMNS]
    )


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


class _UserAgent(_Camel):
    raw_user_agent: str | None = None


class _Place(_Camel):
    country: str | None = None
    city: str | None = None


class _Client(_Camel):
    ip_address: str | None = None
    user_agent: _UserAgent | None = None
    geographical_context: _Place | None = None


class _Transaction(_Camel):
    id: str | None = None
    type: str | None = None


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
    client: _Client | None = None
    target: list[Party | None] | None = None
    transaction: _Transaction | None = None
    debug_context: _DebugContext | None = None

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
        found: dict[str | None, Party] = {}
        for target in self.target or ():
            if target is not None and target.type not in found:
                found[target.type] = target
        return found


class UnfitEventError(ValueError):
    """A line that is no System Log event; its text says why, in one line."""


_decoder = msgspec.json.Decoder(LogEvent)


_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
"""A NUL in a JSON text; databases end a text there, and refuse the rest."""

_HALF = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""A sign beyond 16 bits, or half of one, which stands for nothing and which no database takes."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def _without_nul(raw: bytes) -> bytes:
    return _NUL.sub(rb"\1\\ufffd", raw) if b"\\u0000" in raw else raw


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
    try:
        try:
            event = _decoder.decode(_without_nul(raw))
        except msgspec.DecodeError:
            if not _SURROGATE.search(raw):
                raise
            event = _decoder.decode(_without_halves(_without_nul(raw)))
        text = raw.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise UnfitEventError(str(fault) or type(fault).__name__) from None
    if not _EARLIEST < event.published.replace(tzinfo=None) < _LATEST:
        try:
            event.published.astimezone(UTC) + timedelta(seconds=1)
        except OverflowError:
            raise UnfitEventError(
                f"published is {event.published.isoformat()}, which is no time in UTC"
            ) from None
    return event, text


_EARLIEST, _LATEST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001  # local times
"""Between them any offset leads to a time that there is, and a second more, too."""


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
    transaction = event.transaction or _NO_TRANSACTION
    parties = event.parties()
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
        client.user_agent.raw_user_agent if client.user_agent else None,
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
    )


_NOBODY = Party()
_NO_CLIENT = _Client()
_NO_PLACE = _Place()
_NO_TRANSACTION = _Transaction()


_NO_USER = (None, None, None)
_USER: Hit = ("user", None, None)

_Parties = dict[str | None, Party]


def _app(event: LogEvent, parties: _Parties) -> tuple[str | None, str | None]:
    """The app's id and name; an OAuth client is one, and the name alone may stand in debugData."""
    app = parties.get("AppInstance") or parties.get("App")
    if app is not None:
        return app.id, app.display_name or app.alternate_id
    if event.event_type.startswith("app.oauth2."):
        actor = event.actor if event.actor and event.actor.type == _CLIENT else None
        client = actor or parties.get(_CLIENT)
        if client is not None:
            return client.id, known(client.display_name) or known(client.alternate_id)
        return _text(event.debug_data.get("clientId")), None
    return None, _text(event.debug_data.get("appname"))


_CLIENT = "PublicClientApp"


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
        login = known(second.alternate_id)
    if not number or number == "unknown":
        number = known(second.id)
    if login is None and number is None:
        return _NO_USER
    return number, login, first.display_name or second.display_name


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
