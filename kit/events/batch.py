"""Events that were read by columns, laid out as the events table: what ``row`` says of one event.

Targets are found by their ``type``, never by position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kit.events.hit import hit_beside_users
from kit.events.schema import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kit.events.columns import Events
    from kit.events.event import LogEvent

__all__ = ["Codings", "batch_of"]

_PLAIN = {
    "uuid": "uuid",
    "event_type": "eventType",
    "display_message": "displayMessage",
    "severity": "severity",
    "result": "outcome.result",
    "reason": "outcome.reason",
    "actor_id": "actor.id",
    "actor_type": "actor.type",
    "actor_login": "actor.alternateId",
    "actor_name": "actor.displayName",
    "client_ip": "client.ipAddress",
    "user_agent": "client.userAgent.rawUserAgent",
    "country": "client.geographicalContext.country",
    "city": "client.geographicalContext.city",
    "transaction_type": "transaction.type",
    "geo_state": "client.geographicalContext.state",
    "client_device": "client.device",
    "client_os": "client.userAgent.os",
    "client_browser": "client.userAgent.browser",
    "as_number": "securityContext.asNumber",
    "as_org": "securityContext.asOrg",
    "is_proxy": "securityContext.isProxy",
    "credential_type": "authenticationContext.credentialType",
    "device_id": "device.id",
    "device_name": "device.name",
    "api_token_id": "transaction.detail.requestApiTokenId",
}
"""Columns that are as they stand in the event."""

_CLIENT = "PublicClientApp"
_NONE = -1
"""The place of a target that an event does not have."""


class Codings(NamedTuple):
    """What ingest adds to the events of a block, by columns."""

    failing: np.ndarray
    """Whether each is a failing one."""
    columns: Mapping[str, pa.Array]
    """Those of the events table, by name."""
    hits: Sequence[tuple[str, ...]]
    """What some types can hit where no user is a target."""
    hits_of: np.ndarray
    """The place in these of what each event's type can hit."""


def batch_of(
    events: Events, codings: Codings, event_at: Callable[[int], LogEvent], wrapper: str = ""
) -> pa.RecordBatch:
    """Lay events out as rows of the events table.

    Args:
        events: the events.
        codings: what the step that knows codes adds.
        event_at: gives one of the events by itself; called for those that hit no user.
        wrapper: the product whose envelope or table they lay in.

    Returns:
        The rows, in the events' order.
    """
    count = len(events.raw)
    targets = _Targets(events)
    columns = {name: events.column(*path.split(".")) for name, path in _PLAIN.items()}
    columns |= codings.columns
    columns |= {
        "published": pa.array(events.times).view(pa.timestamp("us", "UTC")),
        "raw": events.raw,
        "wrapper": pa.array([wrapper or None], pa.string()).take(pa.array(np.zeros(count, int))),
        "transaction_id": _some(events.column("transaction", "id")),
        "request_id": _some(events.column("debugContext", "debugData", "requestId")),
        "zone": _unless(events.column("client", "zone"), "null"),
        "session_id": _unless(
            events.column("authenticationContext", "externalSessionId"), "unknown"
        ),
    }
    columns["app_id"], columns["app_name"] = _app(events, targets, columns)
    group = targets.first("UserGroup", "AppGroup")
    columns["group_id"] = targets.values("id", group)
    columns["group_name"] = targets.values("displayName", group)
    columns["policy_rule"] = targets.name(targets.first("PolicyRule", "Rule"))
    columns["agent_name"] = _agent(targets, columns)
    can_be_actor = np.array(["actor" in hits for hits in codings.hits])[codings.hits_of]
    columns |= _user(targets, columns, can_be_actor)
    columns |= _hit(columns, codings, event_at)
    return pa.record_batch([columns[column.name] for column in schema()], schema=schema())


class _Targets:
    """The targets of all events, and which of them is the first of a type."""

    def __init__(self, events: Events) -> None:
        lists = events.column("target")
        self._count = len(lists)
        self._fields = lists.flatten()
        self._event = np.asarray(pc.list_parent_indices(lists))
        types = pc.struct_field(self._fields, ["type"]).dictionary_encode()
        self.types: list[str] = types.dictionary.to_pylist()
        self._type = np.asarray(types.indices.fill_null(_NONE))

    def first(self, *types: str) -> np.ndarray:
        """The place of each event's first target of the first of some types that it has."""
        place = np.full(self._count, _NONE)
        for name in reversed(types):
            if name in self.types:
                at = np.flatnonzero(self._type == self.types.index(name))[::-1]
                place[self._event[at]] = at
        return place

    def first_among(self, types: Sequence[str]) -> np.ndarray:
        """The place of each event's first target whose type is one of some."""
        numbers = [self.types.index(name) for name in types]
        at = np.flatnonzero(np.isin(self._type, numbers))[::-1]
        place = np.full(self._count, _NONE)
        place[self._event[at]] = at
        return place

    def values(self, field: str, place: np.ndarray) -> pa.Array:
        """A field of the targets at some places."""
        values = pc.struct_field(self._fields, [field])
        return values.take(pa.array(place, mask=place == _NONE))

    def name(self, place: np.ndarray) -> pa.Array:
        """What the targets at some places are called."""
        return pc.coalesce(
            _known_texts(self.values("displayName", place)), _known_texts(self.values("id", place))
        )


def _app(events: Events, targets: _Targets, columns: Mapping[str, pa.Array]) -> list[pa.Array]:
    """The app's id and name; an OAuth client is one, and the name alone may stand in debugData."""
    app = targets.first("AppInstance", "App")
    has_app = pa.array(app != _NONE)
    numbers = targets.values("id", app)
    names = _either(targets.values("displayName", app), targets.values("alternateId", app))
    debug_name = _some(events.column("debugContext", "debugData", "appname"))
    names = pc.if_else(has_app, names, debug_name)
    is_oauth = pc.and_not(pc.starts_with(columns["event_type"], "app.oauth2."), has_app)
    if not pc.any(is_oauth).as_py():
        return [numbers, names]
    target = targets.first(_CLIENT)
    is_actor = _is(columns["actor_type"], _CLIENT)
    is_target = pa.array(target != _NONE)

    def of_client(column: str, field: str) -> pa.Array:
        return pc.if_else(is_actor, columns[column], targets.values(field, target))

    client_number = pc.if_else(
        pc.or_(is_actor, is_target),
        of_client("actor_id", "id"),
        _some(events.column("debugContext", "debugData", "clientId")),
    )
    client_name = pc.coalesce(
        _known_texts(of_client("actor_name", "displayName")),
        _known_texts(of_client("actor_login", "alternateId")),
    )
    return [
        pc.if_else(is_oauth, client_number, numbers),
        pc.if_else(is_oauth, client_name, names),
    ]


def _agent(targets: _Targets, columns: Mapping[str, pa.Array]) -> pa.Array:
    """The directory's agent that took part, as a target or as the actor."""
    place = targets.first_among([name for name in targets.types if "agent" in name.casefold()])
    actor_types = columns["actor_type"].dictionary_encode()
    agents = [name for name in actor_types.dictionary.to_pylist() if "agent" in name.casefold()]
    name = targets.name(place)
    if not agents:
        return name
    is_agent = pc.is_in(columns["actor_type"], value_set=pa.array(agents, pa.string()))
    actor_name = pc.coalesce(_known_texts(columns["actor_name"]), _known_texts(columns["actor_id"]))
    of_actor = pc.if_else(is_agent, actor_name, None)
    return pc.if_else(pa.array(place != _NONE), name, of_actor)


def _user(
    targets: _Targets, columns: Mapping[str, pa.Array], can_be_actor: np.ndarray
) -> dict[str, pa.Array]:
    """The id, login and name of the user whom each event concerns."""
    user, second = targets.first("User"), targets.first("AppUser")
    first = np.where(user != _NONE, user, second)
    is_user = np.asarray(_is(columns["actor_type"], "User"))
    is_actor = can_be_actor & is_user & (first == _NONE)

    def of_first(field: str, column: str) -> pa.Array:
        value = targets.values(field, first)
        return pc.if_else(pa.array(is_actor), columns[column], value) if is_actor.any() else value

    number = pc.coalesce(
        _known_texts(of_first("id", "actor_id")), _known_texts(targets.values("id", second))
    )
    login = pc.coalesce(
        _known_texts(of_first("alternateId", "actor_login")),
        _known_texts(targets.values("alternateId", second)),
    )
    name = _either(of_first("displayName", "actor_name"), targets.values("displayName", second))
    is_somebody = pc.or_(number.is_valid(), login.is_valid())
    return {
        "user_id": number,
        "user_login": login,
        "user_name": pc.if_else(is_somebody, name, None),
    }


def _hit(
    columns: Mapping[str, pa.Array], codings: Codings, event_at: Callable[[int], LogEvent]
) -> dict[str, pa.Array]:
    """Who or what each event hits: its user, else what else its type can hit."""
    is_user = np.asarray(pc.or_(columns["user_id"].is_valid(), columns["user_login"].is_valid()))
    texts = pa.array(["user", None], pa.string())
    empty = texts.take(pa.array(np.ones(len(is_user), int)))
    hit = [texts.take(pa.array(~is_user, pa.int8())), empty, empty]
    others = np.flatnonzero(~is_user)
    if len(others):
        mask, rows = pa.array(~is_user), []
        apps = zip(
            *(columns[n].take(others).to_pylist() for n in ("app_id", "app_name")), strict=True
        )
        for place, app in zip(others.tolist(), apps, strict=True):
            event, kinds = event_at(place), codings.hits[codings.hits_of[place]]
            rows.append(hit_beside_users(event, event.parties(), kinds, app))
        hit = [
            pc.replace_with_mask(column, mask, pa.array(values, pa.string()))
            for column, values in zip(hit, zip(*rows, strict=True), strict=True)
        ]
    return dict(zip(("hit_type", "hit_id", "hit_name"), hit, strict=True))


def _is(texts: pa.Array, value: str) -> pa.Array:
    """Which of some texts are this one."""
    return pc.fill_null(pc.equal(texts, value), fill_value=False)


def _some(texts: pa.Array) -> pa.Array:
    """Texts, of which an empty one is none."""
    return _unless(texts, "")


def _unless(texts: pa.Array, nothing: str) -> pa.Array:
    """Texts, of which one stands for nothing."""
    return pc.if_else(pc.not_equal(texts, nothing), texts, None)


def _known_texts(texts: pa.Array) -> pa.Array:
    """Names or ids; Okta writes ``unknown`` where it has none."""
    return _unless(_unless(texts, "unknown"), "")


def _either(texts: pa.Array, others: pa.Array) -> pa.Array:
    """Texts, and where there is none, or an empty one, others."""
    return pc.coalesce(_some(texts), others)
