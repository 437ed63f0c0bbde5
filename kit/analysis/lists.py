"""What a log holds as DataFrames: its failures, its events, its incidents, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.analysis.failures import ROW, failures, only_rows
from kit.analysis.incidents import incidents
from kit.analysis.kinds import kinds_of
from kit.analysis.names import find_apps, find_code, find_user
from kit.analysis.recovery import recovery, with_state
from kit.base.errors import UsageError, nearest
from kit.base.frame import Frame
from kit.log.log import literal, org_of, to_pandas, window_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import ibis.expr.types as ir

    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = ["FAILURE_COLUMNS", "event_list", "failure_list", "incident_list", "with_kind_and_state"]

FAILURE_COLUMNS = (*ROW, "state", "kind", "hit_type", "hit")
"""The columns of ``okta-kit failures``, in their order."""

_KEYS = ("user_name", "app_key", "user_key", "hit_key", "credential")
"""What other answers of the kit are joined by."""


def failure_list(
    log: Log,
    window: Window | str | None = None,
    *,
    since: str | date | None = None,
    until: str | date | None = None,
    app: str = "",
    code: str = "",
    user: str = "",
    kind: str = "",
    still_failing: bool = False,
    **only: str,
) -> pd.DataFrame:
    """List the failures of a window, one row each, oldest first.

    Args:
        log: the opened log.
        window: the window, or its start: ``7d`` before the end, a date or an ISO time; or both
            ends as ``2026-10-20..2026-10-27``.
        since: the window's start, in the place of *window*; the log's first event if left out.
        until: the window's end, not included; the log's end if left out.
        app: only this app, by name or id, without case.
        code: only this code, without case.
        user: only this user, by login without case, or by id.
        kind: only this kind of failure, as ``kinds.csv`` names it.
        still_failing: only what nothing of the same kind has followed that worked.
        only: the one value of further columns of a failure, such as ``operation`` or ``hit_type``;
            of many orgs also ``org``.

    Returns:
        The columns of ``okta-kit failures`` in their order: ``published`` datetime64[us, UTC];
        ``app app_id user user_id operation code family`` text; ``http_status`` Int64, missing
        where none was said; ``vendor_message reason event_type result`` text; ``events`` int64;
        ``transaction_id trace_id correlation_id request_id uuid``; ``state`` at the window's end
        (``still_failing``, ``recovered`` or empty), ``kind``, ``hit_type``, ``hit``. Of many orgs,
        ``org``, the host name, which also stands in ids and names, since two orgs may use the same.
        Then ``user_name`` and the keys that other answers are joined by: ``app_key``, ``user_key``,
        ``hit_key``, ``credential``.

    Raises:
        UsageError: there is no such window, app, code, user, kind or column; says the nearest.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> rows = kit.failures(log, "7d", app="Microsoft Office 365")
        >>> rows[rows["state"] == "still_failing"]["user"].nunique()
        8
    """
    window = window_of(log, window, since, until)
    org = _find_org(log, only.pop("org")) if log.orgs and "org" in only else ""
    if code:
        only["code"] = find_code(log, code)
    if user:
        only["user_key"] = find_user(log, user)
    if kind:
        only["kind"] = kind
    rows = failures(log, window, **only)
    if log.orgs:
        rows = rows.assign(org=org_of(rows["uuid"]))
        rows = rows[rows["org"] == org] if org else rows
    if app:
        rows = rows[rows["app_key"].isin(find_apps(log, app))]
    rows = with_kind_and_state(log, window, rows)
    if still_failing:
        rows = rows[rows["state"] == "still_failing"]
    columns = [*FAILURE_COLUMNS, *(["org"] if log.orgs else []), *_KEYS]
    return rows[columns].reset_index(drop=True)


def _find_org(log: Log, org: str) -> str:
    """An org of many by its host name, without case."""
    names = {name.casefold(): name for name in log.orgs}
    if org.strip().casefold() not in names:
        raise UsageError(f"org: the log holds no {org!r}.{nearest(org, log.orgs)}")
    return names[org.strip().casefold()]


def with_kind_and_state(log: Log, window: Window, rows: pd.DataFrame) -> pd.DataFrame:
    """Add to failures what became of them, and what went wrong.

    Args:
        log: the opened log.
        window: the window at whose end the state is told.
        rows: as ``kit.analysis.failures.failures`` lists them.

    Returns:
        The rows with ``state`` and ``kind`` text, and ``http_status`` Int64.
    """
    rows = with_state(rows, recovery(log, window, everyone=True))
    statuses = rows["http_status"].astype("Int64")
    return rows.assign(kind=pd.Series(kinds_of(rows), rows.index, "str"), http_status=statuses)


def event_list(
    log: Log,
    window: Window | str | None = None,
    *,
    since: str | date | None = None,
    until: str | date | None = None,
    columns: Sequence[str] | None = None,
    **only: str,
) -> pd.DataFrame:
    """List the events of a window, one row each, oldest first.

    All that is asked for is held in memory: of a large log, take a short window or few columns, or
    ask ``log.events``, an Ibis table.

    Args:
        log: the opened log.
        window: the window, or its start: ``7d`` before the end, a date or an ISO time; or both
            ends as ``2026-10-20..2026-10-27``.
        since: the window's start, in the place of *window*; the log's first event if left out.
        until: the window's end, not included; the log's end if left out.
        columns: the columns, a list or a text with blanks or commas; all but ``raw``, the event's
            JSON, if left out.
        only: the one value of some columns, such as ``event_type``.

    Returns:
        The columns that were asked for: ``published`` datetime64[us, UTC], whole numbers Int64,
        booleans boolean, the rest text.

    Raises:
        UsageError: there is no such window or column; says the nearest.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> rows = kit.events(log, "24h", columns="published event_type result")
        >>> rows["result"].value_counts().to_dict()
        {'SUCCESS': 102, 'FAILURE': 2}
    """
    window = window_of(log, window, since, until)
    events = _within(log, window)
    names = [name for name in events.columns if name != "raw"]
    if columns is not None:
        names = columns.replace(",", " ").split() if isinstance(columns, str) else list(columns)
    for name in names:
        if name not in events.columns:
            raise UsageError(
                f"columns: events have no {name!r}.{nearest(str(name), events.columns)} "
                "log.events.columns names them all."
            )
    rows = only_rows(events, only)
    order = ["published", *(["org"] if "org" in events.columns else []), "uuid"]
    question = rows.select(*dict.fromkeys([*names, *order]))
    table = to_pandas(question, by=order)[names]
    kinds = question.schema()
    dtypes = {
        name: "boolean" if kinds[name].is_boolean() else "Int64"
        for name in names
        if kinds[name].is_integer() or kinds[name].is_boolean()
    }
    return table.astype(dtypes)


def incident_list(
    log: Log,
    window: Window | str | None = None,
    *,
    since: str | date | None = None,
    until: str | date | None = None,
    all: bool = False,
) -> pd.DataFrame:
    """List the incidents of a log as they stand at a window's end, open ones first.

    They are worked out of all that the log holds before that end: where the window begins changes
    nothing.

    Args:
        log: the opened log.
        window: the window, or its start: ``7d`` before the end, a date or an ISO time.
        since: the window's start, in the place of *window*.
        until: the moment at which they are listed, UTC; the log's end if left out.
        all: also those that were over for more than seven days.

    Returns:
        One row an incident, the keys of ``okta-kit incidents --format json``: ``id app app_id code
        family state`` text; ``since``, ``again_since``, ``last_failure``, ``fixed_at``
        datetime64[us, UTC], missing where they do not apply; ``day``, ``failures``, ``users``
        int64; ``left``, ``leavers`` lists of logins; ``width``, ``mark``, ``note`` text;
        ``related``, a list of ids.

    Raises:
        UsageError: there is no such window.
        SourceError: what people said of the incidents cannot be read.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> kit.incidents(log)[["code", "state", "users"]].head(1).to_dict("records")
        [{'code': 'NO_REASON', 'state': 'open', 'users': 5}]
    """
    end = window_of(log, window, since, until).until if window or since or until else None
    rows = [one.as_dict() for one in incidents(log, end, all=all)]
    columns: dict[str, Any] = {name: [one[name] for one in rows] for name in _INCIDENT}
    for name in _INCIDENT_TIMES:
        times = pd.Series(columns[name], dtype=object)
        columns[name] = pd.to_datetime(times, utc=True, format="ISO8601").astype(
            "datetime64[us, UTC]"
        )
    dtypes = dict.fromkeys(_INCIDENT_NUMBERS, "int64") | dict.fromkeys(_INCIDENT_LISTS, "object")
    others = [name for name in _INCIDENT if name not in {*dtypes, *_INCIDENT_TIMES}]
    return Frame(columns).astype(dtypes | dict.fromkeys(others, "str"))


_INCIDENT = (
    "id app app_id code family state since again_since last_failure fixed_at day failures users "
    "left leavers width mark note related"
).split()
_INCIDENT_TIMES = ("since", "again_since", "last_failure", "fixed_at")
_INCIDENT_NUMBERS = ("day", "failures", "users")
_INCIDENT_LISTS = ("left", "leavers", "related")


def _within(log: Log, window: Window) -> ir.Table:
    """The events of a window as their orgs wrote them."""
    if not log.orgs:
        return log.within(window)
    events = log.events
    since, until = literal(window.since), literal(window.until)
    return events.filter(events.published >= since, events.published < until)
