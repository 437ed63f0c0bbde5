"""The failures of a log: what a person counts, one row each.

The counting rule:

1. Failing events of one transaction with the same app and user are one failure; without a
   user those about the same group, client, agent or hook. The best-coded event speaks for
   it: a vendor's or the catalogue's code, then a kind told from the words, then an HTTP
   status, then an unknown text, then a wrapper's general sentence, then no reason; of equals
   the earliest.
2. A failing event of an app, with no user in it, explains the users' failing events of the
   same app and transaction. It lends its code to those without a reason of their own, with a
   wrapper's general sentence, or with one that Okta cut off before a code, and is no failure
   by itself; its events are counted with the first of them. Alone in its transaction, it is a
   failure without a user.
3. Without a transaction id an event is its own failure.

So the ``events`` of all failures add up to the failing events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import ibis
import pandas as pd

from kit.analysis.renames import under_latest_login
from kit.base.errors import UsageError, nearest
from kit.catalogue import load
from kit.catalogue.coding import NO_REASON
from kit.catalogue.model import Kind
from kit.events import SUCCEEDED_RESULTS
from kit.log.log import literal, moments, to_pandas, whole
from kit.log.spark.engines import DUCKDB
from kit.messages import CUT, FINGERPRINT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = [
    "COUNTED",
    "DEACTIVATIONS",
    "ROW",
    "app_key_of",
    "failure_rows",
    "failures",
    "folded_failures",
    "only_rows",
    "pick_successes",
    "successes",
    "user_key_of",
    "with_details",
    "with_keys",
]

KEYS = ("app_key", "hit_key", "operation", "credential")
"""What an attempt is known by: app, who or what is hit, operation, and what tells attempts at one
operation apart: the factor, or the event types that show its success."""

ROW = (
    "published",
    "app",
    "app_id",
    "user",
    "user_id",
    "operation",
    "code",
    "family",
    "http_status",
    "vendor_message",
    "reason",
    "event_type",
    "result",
    "events",
    "transaction_id",
    "trace_id",
    "correlation_id",
    "request_id",
    "uuid",
)
"""The columns of a failure, as ``okta-kit failures`` prints them before ``state``."""

_DAY_S = 86400
_MAX_HELD_EVENTS = 100_000
"""Of a log with so many events at most, what worked and what failed is held in memory, a quarter of
a KB each: opening its files takes longer than all that is asked of them."""
_MAX_CODE_FILTERS = 3
"""So many codes are looked for one by one: engines then pass over what is beside them."""

DEACTIVATIONS = ("deactivation", "deprovisioning", "deletion", "deletion schedule")
"""Operations whose failure leaves access behind."""
_STEP_OPERATIONS = frozenset({"sync", "verification"})
"""Operations that are steps on the way to what was wanted."""

BY = "by "
"""Begins a ``credential`` that names the event types which show an operation's success."""

_UNBOUND = ("client", "agent", "hook", "address")
"""What is hit whatever app an event of it names."""

APART = ("group", "client", "agent", "hook")
"""What is hit and counted one by one, as users are."""

COUNTED = ("user", *APART)
"""Who or what is listed by name where it fails; an app's own failures are nobody's."""

_LENT_COLUMNS = ("http_status", "vendor_message", "trace_id", "correlation_id", "vendor_request_id")
"""What a lent code brings along."""


def with_keys(events: ir.Table) -> ir.Table:
    """Add the keys that tell apps, users and all else that is hit apart, never null.

    Logins are compared without case, as Okta does; an id serves where there is no login.

    Args:
        events: rows of the events table.

    Returns:
        The rows with ``app``, ``app_key``, ``user_key``, ``hit_type`` (null: nobody), ``hit``
        (its name), ``hit_key`` (empty: nobody, or nothing that can be followed), ``operation``,
        ``credential`` (the factor, else empty) and ``scope``, the app as far as an attempt is
        bound to it: a password is the user's, whatever app it was asked for.
    """
    user_key = user_key_of(events)
    app, app_key = (
        ibis.coalesce(events.app_name, events.app_id),
        app_key_of(events),
    )
    of_user = user_key != ""
    # In a lake that is older than the column, everyone hit is a user.
    hit_type = ibis.ifelse(of_user, "user", events.hit_type)
    elsewhere = {
        "user": (events.user_id, ibis.coalesce(events.user_login, events.user_id)),
        "group": (ibis.coalesce(events.group_id, events.group_name), events.group_name),
        "app": (app_key, app),
        "address": (events.client_ip, events.client_ip),
        "client": (
            ibis.coalesce(events.actor_id, events.actor_login),
            ibis.coalesce(events.actor_login, events.actor_name, events.actor_id),
        ),
    }
    own = {kind: ibis.coalesce(events.hit_id, number) for kind, (number, _) in elsewhere.items()}
    name = {kind: ibis.coalesce(events.hit_name, title) for kind, (_, title) in elsewhere.items()}
    number = ibis.cases(*((hit_type == kind, own[kind]) for kind in own), else_=events.hit_id)
    hit = ibis.cases(*((hit_type == kind, name[kind]) for kind in name), else_=events.hit_name)
    personal = events.event_type.isin(sorted(load().personal_types))
    bound = ~(personal | ibis.coalesce(hit_type.isin(_UNBOUND), ibis.literal(value=False)))
    return events.mutate(
        app=app,
        app_key=app_key,
        user_key=user_key,
        hit_type=hit_type,
        hit=hit,
        hit_key=ibis.cases(
            (of_user, user_key),
            (ibis.coalesce(number, "") != "", hit_type + ":" + number),
            else_="",
        ),
        operation=ibis.coalesce(events.operation, events.event_type),
        credential=ibis.coalesce(events.factor, ""),
        scope=ibis.ifelse(bound, app_key, ""),
    )


def user_key_of(events: ir.Table) -> ir.StringValue:
    """What tells users apart: the login without case, else the id; empty where there is none.

    It is the login that the event tells; ``under_latest_login`` follows users who were renamed.
    """
    return ibis.coalesce(events.user_login.lower(), events.user_id, "")


def app_key_of(events: ir.Table) -> ir.StringValue:
    """What tells apps apart: the id, else the name; empty where there is none."""
    return ibis.coalesce(events.app_id, events.app_name, "")


def folded_failures(log: Log, window: Window | None = None) -> ir.Table:
    """Fold the failing events of a log into failures, with what counting needs.

    Args:
        log: the opened log.
        window: failures dated in it are returned; all without it. A failure is dated by
            the event that speaks for it, so adjacent windows never share one.

    Returns:
        One row a failure: ``uuid`` of the event that speaks for it, ``lender`` of the one
        that lends it its code and ``lent_at`` when, ``own_code``, ``published``, ``app``,
        ``app_id``, ``user``, ``user_id``, ``user_name``, ``hit_type``, ``hit``, ``operation``,
        ``code``, ``family``, ``events``, ``app_key``, ``user_key``, ``hit_key``,
        ``credential``, ``scope`` and ``followed``, whether it can be said to fail still: not
        where the type exists only for failures.
    """
    # The whole log is folded: a transaction may cross the borders of any window.
    result = log.answers.once(
        "failures",
        lambda: under_latest_login(log, _with_lent_codes(_all_representatives(log))),
    )
    return result if window is None else result.filter(_in_window(result, window))


def failure_rows(log: Log, window: Window | None = None, **only: str) -> ir.Table:
    """Fold the failing events of a log into failures, with all that is known of each.

    Args:
        log: the opened log.
        window: as in ``folded_failures``.
        only: columns of ``folded_failures``, or ``kind``, and the one value
            of each that is asked for.

    Returns:
        One row a failure: the columns ``ROW``, and ``hit_type``, ``hit``, ``user_name``,
        ``app_key``, ``user_key``, ``hit_key`` and ``credential``.

    Raises:
        UsageError: there is no such column or kind; says the nearest.
    """
    result = folded_failures(log, window)
    if "kind" in only:
        from kit.analysis.kinds import find_kind, with_kind  # they build on this module

        result = with_kind(log, result)
        only["kind"] = find_kind(only["kind"])
    return with_details(log, only_rows(result, only))


def only_rows(rows: ir.Table, only: Mapping[str, str]) -> ir.Table:
    """Keep the failures that have one value in each of some columns.

    Args:
        rows: rows of ``folded_failures``.
        only: the value by the column's name.

    Raises:
        UsageError: there is no such column; says the nearest.
    """
    for name, value in only.items():
        if name not in rows.columns:
            raise UsageError(
                f"{name}: there is no such column to pick rows by."
                f"{nearest(name, rows.columns)} Narrow the rows with pandas: "
                'rows[rows["http_status"] == 409].'
            )
        rows = rows.filter(rows[name] == value)
    return rows


def with_details(log: Log, rows: ir.Table) -> ir.Table:
    """Add to failures what the events say that speak for them and lend them their codes.

    Args:
        log: the opened log.
        rows: some rows of ``folded_failures``; of the events only their days are read.

    Returns:
        As ``failure_rows``.
    """
    borrows = rows.lender.notnull()
    own = rows.select(at="published", code="own_code")
    lenders = rows.filter(borrows).select("lender", at="lent_at", code="code")
    read = own.union(lenders.drop("lender"))
    second = read.at.epoch_seconds().floor().cast("int64")
    read = to_pandas(read.select("code", day=whole(second, _DAY_S)).distinct())
    failing = log.on_days(moments(read["day"].drop_duplicates()), _failing_events(log))
    codes = sorted(set(read["code"]))
    if 0 < len(codes) <= _MAX_CODE_FILTERS:
        failing = ibis.union(*(failing.filter(failing.code == code) for code in codes))
    speaker = failing.drop("code")
    lent = failing.select(lender="uuid", **{f"lent_{name}": name for name in _LENT_COLUMNS})
    # Joined inwards first: so an engine passes over the many events that lend nothing.
    lent = lent.join(lenders.select("lender").distinct(), "lender")
    rows = rows.join(speaker, "uuid").left_join(lent, "lender")
    borrows = rows.lender.notnull()
    details = {
        name: ibis.ifelse(borrows, rows[f"lent_{name}"], rows[name]) for name in _LENT_COLUMNS
    }
    rows = rows.mutate(**details).rename(request_id="vendor_request_id")
    keys = ("app_key", "user_key", "hit_key", "credential")
    return rows.select(*ROW, "hit_type", "hit", "user_name", *keys)


def _failing_events(log: Log) -> ir.Table:
    """What the failing events of a log say, with their ``date`` and ``code``."""

    def pick() -> ir.Table:
        events = log.events_by_day
        columns = ("uuid", "code", "reason", "event_type", "result", "transaction_id")
        return events.filter(events.code.notnull()).select("date", *columns, *_LENT_COLUMNS)

    return log.answers.view("coded", pick, hold=_is_small(log))


def failures(log: Log, window: Window | None = None, **only: str) -> pd.DataFrame:
    """List what failed, one row a failure, oldest first, with the keys that answers are joined by.

    Args:
        log: the opened log.
        window: the window; the whole log without it.
        only: as in ``failure_rows``.

    Returns:
        The columns of ``failure_rows``; ``published`` is datetime64[us, UTC], ``events``
        int64, the rest text.

    Example:
        >>> from kit.log.log import open_log
        >>> log = open_log("sample")
        >>> rows = failures(log, log.window("7d"))
        >>> rows[["code", "user"]].tail(1).to_dict("records")
        [{'code': 'INVALID_CREDENTIALS', 'user': 'esmond.zennorfield@example.com'}]
    """
    return to_pandas(failure_rows(log, window, **only), by=["published", "uuid"])


def successes(log: Log, window: Window | None = None) -> ir.Table:
    """List the events that succeeded at what could have failed.

    Args:
        log: the opened log.
        window: the window that they fall in; the whole log without it.

    Returns:
        One row an event: ``published``, ``app``, ``app_key``, ``user_key``, ``hit_key``,
        ``operation``, ``credential``, ``scope``, ``uuid``, ``event_type``.
    """
    rows = log.answers.view(
        "successes",
        lambda: under_latest_login(log, pick_successes(log.events_by_day)),
        hold=_is_small(log),
    )
    return (rows if window is None else rows.filter(log.filters(rows, window))).drop("date")


def pick_successes(events: ir.Table) -> ir.Table:
    """Pick the events that succeeded at what could have failed, as ``successes`` lists them.

    With their ``date`` where the events have it.
    """
    rows = succeeding(events)
    columns = ("published", "app", *KEYS, "user_key", "scope", "uuid", "event_type", "date")
    return rows.select(*(name for name in columns if name in events.columns or name != "date"))


def succeeding(events: ir.Table) -> ir.Table:
    """The events that succeeded at what could have failed, whole, with their keys."""
    # A type that exists only for failures has a code in every event.
    never = sorted(load().report_types)
    is_success = events.result.isin(SUCCEEDED_RESULTS) & ~events.event_type.isin(never)
    return with_keys(events.filter(is_success, events.code.isnull()))


def _is_small(log: Log) -> bool:
    """Whether what is picked from a log's events is held in memory; of a cluster's never."""
    return log.engine == DUCKDB and log.count <= _MAX_HELD_EVENTS


def _in_window(rows: ir.Table, window: Window) -> ir.BooleanValue:
    since, until = literal(window.since), literal(window.until)
    return (rows.published >= since) & (rows.published < until)


def _all_representatives(log: Log) -> ir.Table:
    def of(events: ir.Table) -> ir.Table:
        return _representatives(_failing(events))

    return log.answers.once(
        "spoken",
        lambda: of(log.events_all_days),
        lambda answer, fresh: _representatives(answer.union(of(fresh).cast(answer.schema()))),
    )


def _failing(events: ir.Table) -> ir.Table:
    """Failing events, those that ingest gave a code, each as a failure of its own."""
    failing = with_keys(events.filter(events.code.notnull()))
    catalogue = load()
    event_type = failing.event_type
    only_fails = event_type.isin(sorted(catalogue.failure_types)).cast("int8")
    goal_operations = sorted(catalogue.operations_that_succeed - _STEP_OPERATIONS)
    vague = ibis.cases(
        (failing.operation.isin(DEACTIVATIONS), -1),
        (failing.operation.isin(goal_operations), only_fails),
        else_=2,
    )
    rank = ibis.cases(
        (failing.code == NO_REASON, _UNKNOWN_RANK + 2),
        (failing.code.isin(sorted(catalogue.wrapper_codes)), _UNKNOWN_RANK + 1),
        (failing.code.re_search(FINGERPRINT), _UNKNOWN_RANK),
        (failing.code.startswith("HTTP_"), 2),
        (failing.code.isin(get_args(Kind)), 1),  # told from words, not named by anybody
        else_=0,
    )
    has_code = (rank == 0) | (failing.code == NO_REASON)
    unbound = event_type.endswith(".violation") & ~event_type.isin(sorted(catalogue.shown_types))
    return failing.select(
        *("app_key", "user_key"),
        *("uuid", "published", "app", "app_id", "user_id", "user_name", "code", "family"),
        batch=ibis.coalesce("t:" + failing.transaction_id, "u:" + failing.uuid),
        who=ibis.ifelse(
            ibis.coalesce(failing.hit_type.isin(APART), ibis.literal(value=False)),
            failing.hit_key,
            failing.user_key,
        ),
        user=failing.user_login,
        rank=rank,
        # A code may have stood behind what is left.
        cut=~has_code & ibis.coalesce(failing.reason.length() == CUT, ibis.literal(value=False)),
        # Who names the operation may be another event than who speaks.
        namer=ibis.struct(
            {
                "vague": vague.cast("int8"),
                "rank": rank,
                "published": failing.published,
                "uuid": failing.uuid,
            }
        ),
        operation=failing.operation,
        credential=_credential(failing),
        scope=failing.scope,
        hit_type=failing.hit_type,
        hit=failing.hit,
        hit_key=failing.hit_key,
        followed=~(event_type.isin(sorted(catalogue.unfollowed_types)) | unbound),
        events=ibis.literal(1, type="int64"),
    )


_UNKNOWN_RANK = 3
"""The rank of an unknown text. Codes and HTTP statuses go before it; a wrapper's general sentence
comes behind it, and no reason at all."""

_OPERATION_COLUMNS = ("operation", "credential", "scope", "hit_type", "hit", "hit_key", "followed")
"""What the event says that names the operation."""


def _credential(failing: ir.Table) -> ir.StringValue:
    """The factor, or the types that show that what an event's type attempts works again."""
    names_by_types = {types: BY + " ".join(types) for types in load().tracks}
    if not names_by_types:
        return failing.credential
    by_type = ibis.cases(
        *(
            (failing.event_type.isin(load().tracks[types]), name)
            for types, name in names_by_types.items()
        ),
        else_="",
    )
    return ibis.ifelse(failing.credential != "", failing.credential, by_type)


def _representatives(failing: ir.Table) -> ir.Table:
    """One row for each transaction, app and who is hit: the best-coded event's.

    The operation is one that leaves access behind, if one is there; else one that can also
    succeed, since only such an operation can be seen to recover; and rather what was wanted than
    a step on the way to it. What it gives can be folded with more of its kind.
    """
    group, best = ["batch", "app_key", "user_key", "who"], ["rank", "published", "uuid"]
    apart = {*group, *best, *_OPERATION_COLUMNS, "namer", "events"}
    speaker_columns = [*best, *(name for name in failing.columns if name not in apart)]
    # The least of the structs, which begin with what they are compared by: a group holds one
    # of them, where an argmin holds all its rows.
    groups = failing.group_by(group).aggregate(
        speaker=ibis.struct({name: failing[name] for name in speaker_columns}).min(),
        named=ibis.struct(
            {"namer": failing.namer, **{name: failing[name] for name in _OPERATION_COLUMNS}}
        ).min(),
        events=failing.events.sum(),
    )
    return groups.select(
        *group,
        **{name: groups.speaker[name] for name in speaker_columns},
        **{name: groups.named[name] for name in _OPERATION_COLUMNS},
        namer=groups.named["namer"],
        events=groups.events,
    )


def _with_lent_codes(representatives: ir.Table) -> ir.Table:
    """Let events that name no user explain the users' failures of their app and transaction.

    An app's events in the same way explain those of its groups, clients and agents, where no
    user failed.
    """
    beside = ["batch", "app_key"]
    representatives = representatives.mutate(
        level=ibis.cases(
            (representatives.user_key != "", 0), (representatives.who != "", 1), else_=2
        )
    )
    of_app = representatives.filter(representatives.app_key != "")
    finest = of_app.group_by(beside).aggregate(finest=of_app.level.min())
    representatives = representatives.left_join(finest, beside).select(
        *(representatives[name] for name in representatives.columns),
        explains=ibis.coalesce(representatives.level > finest.finest, ibis.literal(value=False)),
    )
    lending = representatives.filter(representatives.explains)
    names = {"rank": "lent_rank", "published": "lent_at", "uuid": "lender"}
    names |= {"code": "lent_code", "family": "lent_family"}
    best = lending.group_by(beside).aggregate(
        best=ibis.struct({new: lending[old] for old, new in names.items()}).min(),
        lent_events=lending.events.sum(),
    )
    lenders = best.select(*beside, "lent_events", **{n: best.best[n] for n in names.values()})
    others = representatives.filter(~representatives.explains)
    order = ibis.window(group_by=beside, order_by=[others.published, others.uuid])
    others = others.mutate(first=ibis.row_number().over(order) == 0)
    rows = others.left_join(lenders, beside)
    # A wrapper's sentence is no reason beside one; a cut may have taken the code that is lent.
    vaguer = (rows["rank"] > _UNKNOWN_RANK) & (rows["rank"] > rows.lent_rank)
    lacks = (rows.code == NO_REASON) | vaguer | (rows.cut & (rows.lent_rank == 0))
    borrows = ibis.coalesce(lacks & rows.lender.notnull(), ibis.literal(value=False))
    coded_rows = rows.mutate(
        lender=ibis.ifelse(borrows, rows.lender, ibis.null("string")),
        lent_at=ibis.ifelse(borrows, rows.lent_at, ibis.null(representatives.published.type())),
        own_code=rows.code,
        code=ibis.ifelse(borrows, rows.lent_code, rows.code),
        family=ibis.ifelse(borrows, rows.lent_family, rows.family),
        events=rows.events + ibis.ifelse(rows.first, rows.lent_events.fill_null(0), 0),
    )
    folding = {"batch", "who", "rank", "cut", "namer", "level", "explains"}
    columns = [name for name in representatives.columns if name not in folding]
    return coded_rows.select(*columns, "own_code", "lender", "lent_at")
