"""What is known of attempts and of who made them: where from, from what, by what, since when.

An attempt's own event may not say it all: a policy's rule, or the directory's agent, stands in
another event of the same transaction about the same user, so these are read as well.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import ibis

from kit.analysis.failures import app_key_of, user_key_of
from kit.analysis.renames import under_latest_login
from kit.log.field import field
from kit.log.log import literal, to_pandas

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = [
    "OF_PEOPLE",
    "TRAITS",
    "told_of_people",
    "traits_in_columns",
    "traits_of_attempts",
    "traits_of_people",
]

TRAITS = (
    "IP address",
    "country",
    "state",
    "network zone",
    "network",
    "proxy",
    "device",
    "device type",
    "client",
    "user agent",
    "app version",
    "session",
    "credential",
    "factor",
    "policy rule",
    "agent",
    "API token",
    "risk level",
    "department",
)
"""What attempts are compared by."""

OF_PEOPLE = ("group", "assignment day", "profile source")
"""What people are compared by; one may be in several groups."""

_NO_VALUE = ("", "unknown", "null")


def traits_of_attempts(log: Log, window: Window, attempts: ir.Table) -> list[dict[str, Any]]:
    """List the values that some attempts have, by who made them.

    Args:
        log: the opened log.
        window: the window that the attempts fall in.
        attempts: one row an attempt: ``uuid`` of its event, ``who`` and ``failed``.

    Returns:
        One row for each of ``who`` and ``failed``, in their order: these; for each of ``TRAITS``
        the distinct values, none where no event has any; and ``outdated``, whether the lake lacks
        columns for what the events' JSON holds.
    """
    events = log.within(window)
    batch = ibis.coalesce("t:" + events.transaction_id, "u:" + events.uuid)
    keys = ["batch", "user_key"]
    events = events.select("uuid", *_COLUMNS, batch=batch, user_key=user_key_of(events))
    # Which transactions first, by a few narrow columns: an event's JSON is then read once.
    mine = events.select("uuid", *keys).join(attempts, "uuid")
    mine = log.answers.store(
        f"batches_{uuid.uuid4().hex}", mine.select(*keys, "who", "failed").distinct()
    )
    rows = events.join(mine, keys)
    rows = rows.select("who", "failed", **_values(rows), outdated=_outdated(rows))
    lists = {name: rows[name].collect(distinct=True) for name in TRAITS}
    answer = rows.group_by(["who", "failed"]).aggregate(**lists, outdated=rows.outdated.any())
    values: list[dict[str, Any]] = answer.to_pyarrow().to_pylist()
    for one in values:
        one.update({name: sorted(one[name] or ()) for name in TRAITS})
    return sorted(values, key=lambda one: (one["who"], one["failed"]))


_COLUMNS = (
    *("client_ip", "country", "geo_state", "zone", "as_number", "as_org", "is_proxy"),
    *("device_id", "device_name", "client_device", "client_os", "client_browser", "user_agent"),
    *("session_id", "credential_type", "factor", "policy_rule", "agent_name", "api_token_id"),
    "raw",
)


def traits_in_columns(rows: ir.Table, names: Sequence[str]) -> dict[str, ir.StringValue]:
    """An event's value of some of ``TRAITS`` that the columns of events hold, by name."""
    values = _in_columns(rows)
    return {name: _sound(values[name]) for name in names}


def _values(rows: ir.Table) -> dict[str, ir.StringValue]:
    """An event's value of each of ``TRAITS``."""

    def debug(key: str) -> ir.StringValue:
        return field(rows, ("debugContext", "debugData", key), type="string")

    values = {
        **_in_columns(rows),
        "app version": ibis.coalesce(debug("appVersion"), debug("oktaUserAgentExtended")),
        "risk level": debug("risk").re_extract(r"level=(\w+)", 1),
        "department": _department(rows),
    }
    return {name: _sound(values[name]) for name in TRAITS}


def _in_columns(rows: ir.Table) -> dict[str, ir.StringValue]:
    """What the columns of events hold; an empty text, and what says nothing, is still there."""
    number = "AS" + rows.as_number.cast("string")
    device = rows.device_name + ibis.coalesce(" (" + rows.device_id + ")", "")
    own_os, browser = _sound(rows.client_os), _sound(rows.client_browser)
    return {
        "IP address": rows.client_ip,
        "country": rows.country,
        "state": rows.geo_state,
        "network zone": rows.zone,
        "network": ibis.coalesce(number + ibis.coalesce(" " + rows.as_org, ""), rows.as_org),
        "proxy": ibis.cases((rows.is_proxy, "yes"), (~rows.is_proxy, "no")),
        "device": ibis.coalesce(device, rows.device_id),
        "device type": rows.client_device,
        "client": ibis.coalesce(own_os + ibis.coalesce(", " + browser, ""), browser),
        "user agent": rows.user_agent,
        "session": rows.session_id,
        "credential": rows.credential_type,
        "factor": rows.factor,
        "policy rule": rows.policy_rule,
        "agent": rows.agent_name,
        "API token": rows.api_token_id,
    }


def _department(rows: ir.Table) -> ir.StringValue:
    paths = ("changeDetails.to.department", "detailEntry.department")
    of_target = [field(rows, f"target[User].{path}", type="string") for path in paths]
    of_debug = field(rows, "debugContext.debugData.department", type="string")
    return ibis.coalesce(*of_target, of_debug)


def _outdated(rows: ir.Table) -> ir.BooleanValue:
    """Whether an older okta-kit wrote an event, whose columns lack what its JSON holds."""
    number = field(rows, "securityContext.asNumber", type="string")
    session = _sound(field(rows, "authenticationContext.externalSessionId", type="string"))
    return ibis.coalesce(
        (rows.as_number.isnull() & number.notnull())
        | (rows.session_id.isnull() & session.notnull()),
        ibis.literal(value=False),
    )


def _sound(value: ir.StringValue) -> ir.StringValue:
    return ibis.ifelse(value.lower().isin(_NO_VALUE), ibis.null("string"), value)


def traits_of_people(log: Log, window: Window, app_key: str) -> dict[str, dict[str, set[str]]]:
    """List what the log says of people up to a window's end.

    Groups are those that they were added to and not removed from. An assignment is the last one to
    the app. The source of a profile is the app that it was imported from last. A department is what
    the last event about their profile says, where one does.

    Args:
        log: the opened log.
        window: the window at whose end it is told.
        app_key: the app, as ``folded_failures`` keys it.

    Returns:
        For each of ``OF_PEOPLE``, and ``department``, the values by ``user_key``; none where the
        log has no such event.
    """
    rows = under_latest_login(log, told_of_people(log))
    rows = rows.filter(
        rows.published < literal(window.until),
        (rows.kind != "assignment day") | (rows.app_key == app_key),
    )
    latest = ibis.struct({"published": rows.published, "uuid": rows.uuid})
    answer = rows.group_by(["kind", "user_key", "which"]).aggregate(
        value=rows.value.argmax(latest), event_type=rows.event_type.argmax(latest)
    )
    people: dict[str, dict[str, set[str]]] = {name: {} for name in (*OF_PEOPLE, "department")}
    for one in to_pandas(answer, by=["kind", "user_key", "which"]).to_dict("records"):
        if isinstance(one["value"], str) and one["event_type"] != _OF_GROUP[1]:
            people[one["kind"]].setdefault(one["user_key"], set()).add(one["value"])
    return people


def told_of_people(log: Log) -> ir.Table:
    """What each event says of somebody: which group, app, source or department; kept with a lake.

    A department stands in the event's JSON, which is most of a lake.

    Args:
        log: the opened log.

    Returns:
        One row an event that says so: ``kind``, one of ``OF_PEOPLE`` or ``department``;
        ``user_key``, ``which`` (the group, else empty), ``app_key``, ``value``, ``event_type``,
        ``uuid`` string; ``published`` timestamp.
    """

    def of(events: ir.Table) -> ir.Table:
        of_interest = events.event_type.isin([*_OF_GROUP, _ASSIGNED, *_IMPORTED, *_OF_PROFILE])
        rows = events.filter(of_interest, events.result == "SUCCESS", user_key_of(events) != "")
        kind = ibis.cases(
            (rows.event_type.isin(_OF_GROUP), "group"),
            (rows.event_type == _ASSIGNED, "assignment day"),
            (rows.event_type.isin(_OF_PROFILE), "department"),
            else_="profile source",
        )
        rows = rows.mutate(kind=kind, user_key=user_key_of(rows), app_key=app_key_of(rows))
        group = ibis.coalesce(rows.group_name, rows.group_id)
        value = ibis.cases(
            (rows.kind == "group", group),
            (rows.kind == "assignment day", rows.published.strftime("%Y-%m-%d")),
            (rows.kind == "department", _department(rows)),
            else_=ibis.coalesce(rows.app_name, rows.app_id),
        )
        rows = rows.mutate(value=value, which=ibis.ifelse(rows.kind == "group", group, ""))
        return rows.filter(rows.value.notnull()).select(
            "kind", "user_key", "which", "app_key", "value", "event_type", "published", "uuid"
        )

    return log.answers.once(
        "people",
        lambda: of(log.events_all_days),
        lambda answer, fresh: answer.union(of(fresh).cast(answer.schema())),
    )


_OF_GROUP = ("group.user_membership.add", "group.user_membership.remove")
_ASSIGNED = "application.user_membership.add"
_IMPORTED = (
    "application.provision.user.import",
    "application.provision.user.import_profile",
    "system.import.import_profile",
    "system.import.user.create",
    "system.import.user.update",
)
_OF_PROFILE = ("user.account.update_profile", "user.lifecycle.create")
