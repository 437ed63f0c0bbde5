"""The failures of a log: what a person counts, one row each.

The counting rule:

1. Failing events of one transaction with the same app and user are one failure. The
   best-coded event speaks for it: a vendor's or the catalogue's code before an HTTP
   status, that before an unknown text, that before no reason; then the earliest.
2. An app's failing event, with no user in it, explains the users' failing events of the
   same app and transaction. It lends its code to those without a reason of their own, or
   with one that Okta cut off before a code, and is no failure by itself; its events are
   counted with the first of them. Alone in its transaction, it is a failure without a user.
3. Without a transaction id an event is its own failure.

So the ``events`` of all failures add up to the failing events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import ibis
import pandas as pd

from kit.catalogue import load
from kit.catalogue.coding import NO_REASON
from kit.catalogue.model import Kind
from kit.engine import frame, literal
from kit.messages import CUT, FINGERPRINT

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.engine import Log
    from kit.lake.coverage import Window

__all__ = [
    "DEACTIVATIONS",
    "ROW",
    "counted",
    "failure_rows",
    "failures",
    "keyed",
    "succeeded",
    "successes",
    "told",
]

KEYS = ("app_key", "user_key", "operation")
"""What an attempt is told by: app, user and operation."""

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

_DAY = 86400
_FEW = 3
"""So many codes are looked for one by one: engines then pass over what is beside them."""

DEACTIVATIONS = ("deactivation", "deprovisioning", "deletion")
"""Operations whose failure leaves access behind."""
_MEANS = frozenset({"sync", "verification"})
"""Operations that are steps on the way to what was wanted."""

_SAID = ("http_status", "vendor_message", "trace_id", "correlation_id", "vendor_request_id")
"""What a lent code brings along."""


def keyed(events: ir.Table) -> ir.Table:
    """Add the keys that tell apps and users apart, never null.

    Logins are compared without case, as Okta does; an id serves where there is no login.
    """
    return events.mutate(
        app=ibis.coalesce(events.app_name, events.app_id),
        app_key=ibis.coalesce(events.app_id, events.app_name, ""),
        user_key=ibis.coalesce(events.user_login.lower(), events.user_id, ""),
        operation=ibis.coalesce(events.operation, events.event_type),
    )


def counted(log: Log, window: Window | None = None) -> ir.Table:
    """Fold the failing events of a log into failures, with what counting needs.

    Args:
        log: the opened log.
        window: failures dated in it are returned; all without it. A failure is dated by
            the event that speaks for it, so adjacent windows never share one.

    Returns:
        One row a failure: ``uuid`` of the event that speaks for it, ``lender`` of the one
        that lends it its code and ``lent_at`` when, ``own_code``, ``published``, ``app``,
        ``app_id``, ``user``, ``user_id``, ``user_name``, ``operation``, ``code``, ``family``,
        ``events``, ``app_key`` and ``user_key``.
    """
    # The whole log is folded: a transaction may cross the borders of any window.
    result = log.answers.once("failures", lambda: _explained(_every_spoken(log)))
    return result if window is None else result.filter(_dated(result, window))


def failure_rows(log: Log, window: Window | None = None, **only: str) -> ir.Table:
    """Fold the failing events of a log into failures, with all that is known of each.

    Args:
        log: the opened log.
        window: as in ``counted``.
        only: columns of ``counted`` and the one value of each that is asked for.

    Returns:
        One row a failure: the columns ``ROW``, and ``user_name``, ``app_key`` and
        ``user_key``.
    """
    result = counted(log, window)
    for name, value in only.items():
        result = result.filter(result[name] == value)
    return told(log, result)


def told(log: Log, rows: ir.Table) -> ir.Table:
    """Add to failures what the events say that speak for them and lend them their codes.

    Args:
        log: the opened log.
        rows: some rows of ``counted``; of the events only their days are read.

    Returns:
        As ``failure_rows``.
    """
    borrows = rows.lender.notnull()
    own = rows.select(at="published", code="own_code")
    lenders = rows.filter(borrows).select("lender", at="lent_at", code="code")
    read = own.union(lenders.drop("lender"))
    second = read.at.epoch_seconds().floor().cast("int64")
    read = frame(read.select("code", day=second - second % _DAY).distinct())
    events = log.on_days(pd.to_datetime(read["day"].unique(), unit="s", utc=True))
    codes = sorted(set(read["code"]))
    if 0 < len(codes) <= _FEW:
        failing = ibis.union(*(events.filter(events.code == code) for code in codes))
    else:
        failing = events.filter(events.code.notnull())
    speaker = failing.select("uuid", "reason", "event_type", "result", "transaction_id", *_SAID)
    lent = failing.select(lender="uuid", **{f"lent_{name}": name for name in _SAID})
    # Joined inwards first: so an engine passes over the many events that lend nothing.
    lent = lent.join(lenders.select("lender").distinct(), "lender")
    rows = rows.join(speaker, "uuid").left_join(lent, "lender")
    borrows = rows.lender.notnull()
    said = {name: ibis.ifelse(borrows, rows[f"lent_{name}"], rows[name]) for name in _SAID}
    rows = rows.mutate(**said).rename(request_id="vendor_request_id")
    return rows.select(*ROW, "user_name", "app_key", "user_key")


def failures(log: Log, window: Window | None = None, **only: str) -> pd.DataFrame:
    """List the failures of a window, one row each, oldest first.

    Args:
        log: the opened log.
        window: the window; the whole log without it.
        only: as in ``failure_rows``.

    Returns:
        The columns of ``failure_rows``; ``published`` is datetime64[us, UTC], ``events``
        int64, the rest text.

    Example:
        >>> from kit.engine import open_log
        >>> log = open_log("sample")
        >>> found = failures(log, log.window("7d"))
        >>> found[["code", "user"]].tail(1).to_dict("records")
        [{'code': 'INVALID_CREDENTIALS', 'user': 'esmond.zennorfield@example.com'}]
    """
    return frame(failure_rows(log, window, **only), by=["published", "uuid"])


def successes(log: Log, window: Window | None = None) -> ir.Table:
    """List the events that succeeded at what could have failed.

    Args:
        log: the opened log.
        window: the window that they fall in; the whole log without it.

    Returns:
        One row an event: ``published``, ``app``, ``app_key``, ``user_key``, ``operation``,
        ``uuid``, ``event_type``.
    """
    return succeeded(log.apart if window is None else log.within(window))


def succeeded(events: ir.Table) -> ir.Table:
    """Pick the events that succeeded at what could have failed, as ``successes`` lists them."""
    done = keyed(events.filter(events.result == "SUCCESS", events.code.isnull()))
    return done.select("published", "app", *KEYS, "uuid", "event_type")


def _dated(rows: ir.Table, window: Window) -> ir.BooleanValue:
    since, until = literal(window.since), literal(window.until)
    return (rows.published >= since) & (rows.published < until)


def _every_spoken(log: Log) -> ir.Table:
    def of(events: ir.Table) -> ir.Table:
        return _spoken(_failing(events))

    return log.answers.once(
        "spoken",
        lambda: of(log.apart),
        lambda known, fresh: _spoken(known.union(of(fresh).cast(known.schema()))),
    )


def _failing(events: ir.Table) -> ir.Table:
    """Failing events, those that ingest gave a code, each as a failure of its own."""
    failing = keyed(events.filter(events.code.notnull()))
    known = load()
    only_fails = failing.event_type.isin(sorted(known.failure_types)).cast("int8")
    wanted = sorted(known.operations_that_succeed - _MEANS)
    vague = ibis.cases(
        (failing.operation.isin(DEACTIVATIONS), -1),
        (failing.operation.isin(wanted), only_fails),
        else_=2,
    )
    rank = ibis.cases(
        (failing.code == NO_REASON, 4),
        (failing.code.re_search(FINGERPRINT), 3),
        (failing.code.startswith("HTTP_"), 2),
        (failing.code.isin(get_args(Kind)), 1),  # told from words, not named by anybody
        else_=0,
    )
    coded = (rank == 0) | (failing.code == NO_REASON)
    return failing.select(
        *("app_key", "user_key"),
        *("uuid", "published", "app", "app_id", "user_id", "user_name", "code", "family"),
        batch=ibis.coalesce("t:" + failing.transaction_id, "u:" + failing.uuid),
        user=failing.user_login,
        rank=rank,
        # A code may have stood behind what is left.
        cut=~coded & ibis.coalesce(failing.reason.length() == CUT, ibis.literal(value=False)),
        operation=failing.operation,
        # Who names the operation may be another event than who speaks.
        namer=ibis.struct(
            {
                "vague": vague.cast("int8"),
                "rank": rank,
                "published": failing.published,
                "uuid": failing.uuid,
            }
        ),
        events=ibis.literal(1, type="int64"),
    )


def _spoken(failing: ir.Table) -> ir.Table:
    """One row for each transaction, app and user: the best-coded event's.

    The operation is one that leaves access behind, if one is there; else one that can also
    succeed, since only such an operation can be seen to recover; and rather what was wanted than
    a step on the way to it. What it gives can be folded with more of its kind.
    """
    group, best = ["batch", "app_key", "user_key"], ["rank", "published", "uuid"]
    apart = {*group, *best, "operation", "namer", "events"}
    said = [*best, *(name for name in failing.columns if name not in apart)]
    # The least of the structs, which begin with what they are compared by: a group holds one
    # of them, where an argmin holds all its rows.
    spoken = failing.group_by(group).aggregate(
        speaker=ibis.struct({name: failing[name] for name in said}).min(),
        named=ibis.struct({"namer": failing.namer, "operation": failing.operation}).min(),
        events=failing.events.sum(),
    )
    return spoken.select(
        *group,
        **{name: spoken.speaker[name] for name in said},
        operation=spoken.named["operation"],
        namer=spoken.named["namer"],
        events=spoken.events,
    )


def _explained(spoken: ir.Table) -> ir.Table:
    """Let an app's event explain the users' failures of its app and transaction."""
    of_app = (spoken.user_key == "") & (spoken.app_key != "")
    beside = ["batch", "app_key"]
    lenders = spoken.filter(of_app).select(
        *beside,
        lender="uuid",
        lent_at="published",
        lent_rank="rank",
        lent_code="code",
        lent_family="family",
        lent_events="events",
    )
    others = spoken.filter(~of_app)
    alone = spoken.filter(of_app).anti_join(others, beside)
    order = ibis.window(group_by=beside, order_by=[others.published, others.uuid])
    others = others.mutate(first=ibis.row_number().over(order) == 0)
    known = others.left_join(lenders, beside)
    lacks = (known.code == NO_REASON) | (known.cut & (known.lent_rank == 0))
    borrows = lacks & known.lender.notnull()
    explained = known.mutate(
        lender=ibis.ifelse(borrows, known.lender, ibis.null("string")),
        lent_at=ibis.ifelse(borrows, known.lent_at, ibis.null(spoken.published.type())),
        own_code=known.code,
        code=ibis.ifelse(borrows, known.lent_code, known.code),
        family=ibis.ifelse(borrows, known.lent_family, known.family),
        events=known.events + ibis.ifelse(known.first, known.lent_events.fill_null(0), 0),
    )
    columns = [name for name in spoken.columns if name not in {"batch", "rank", "cut", "namer"}]
    nobody = {
        "own_code": alone.code,
        "lender": ibis.null("string"),
        "lent_at": ibis.null(spoken.published.type()),
    }
    return explained.select(*columns, *nobody).union(alone.select(*columns, **nobody))
