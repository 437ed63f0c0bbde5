"""Many orgs side by side: which have a broken connection now.

Each org is asked by itself, from its own lake, so that it answers here as it does in its own
reports, and one that cannot be read hides none of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.episodes import history, outage
from kit.analysis.failures import COUNTED, folded_failures
from kit.analysis.kinds import of_kind
from kit.analysis.radius import blast_radius, hit, who
from kit.analysis.stops import coverage_of
from kit.analysis.successes import every_hour
from kit.analysis.trends import trends
from kit.base.errors import KitError
from kit.base.paths import place
from kit.log.log import literal, moments, open_log, to_pandas

if TYPE_CHECKING:
    from kit.base.windows import Coverage, Window
    from kit.log.log import Log

__all__ = ["OrgState", "broken_connections", "orgs_of", "states_of_orgs"]


@dataclass(frozen=True)
class OrgState:
    """How one org stands in a window."""

    org: str
    coverage: Coverage | None = None
    """What its lake lacks of the window; None if the lake could not be read."""
    failures: int = 0
    attempts: int = 0
    users: int = 0
    """Users hit."""
    still_failing: int = 0
    """Users for whom anything still fails."""
    broken: pd.DataFrame | None = None
    """As ``broken_connections`` lists them."""
    error: str = ""
    """Why its lake could not be read."""


def orgs_of(log: Log) -> dict[str, Log | KitError]:
    """Open the lake of each org of a log.

    Args:
        log: the opened log of many orgs, or of one.

    Returns:
        Each org's log by its host name, or what kept its lake from being read; a log of one org
        goes by its source's name.
    """
    if not log.orgs:
        return {log.source: log}
    root = place(log.source)
    logs = {org: open_log(f"{root}/{org}", engine=log.engine) for org in log.orgs}
    return logs | dict(log.unread)


def states_of_orgs(
    orgs: dict[str, Log | KitError], window: Window, kind: str = ""
) -> list[OrgState]:
    """Say how each org stands.

    Args:
        orgs: as ``orgs_of`` gives them.
        window: the same window for all.
        kind: one kind of failure; all without it.

    Returns:
        One a org: those with a broken connection first, most users hit first; then those that
        could not be read; then by name.
    """
    states = [_state(org, log, window, kind) for org, log in orgs.items()]
    return sorted(states, key=_worst_first)


def broken_connections(log: Log, window: Window) -> pd.DataFrame:
    """List the connections of an org that are broken at a window's end.

    The rule: in the outage that the window is about, or the last one before it, every attempt
    on the app failed, over several users or over none (``blast_radius`` says ``connection``), and
    nothing has worked on the app at these operations since. What nobody tried since it broke is
    still broken, however long ago that was.

    Args:
        log: the opened log of one org.
        window: the window; only its end matters.

    Returns:
        One row an app and code, most users first: ``app``, ``app_key``, ``code``, ``family`` text;
        ``users``, ``failures`` int64, of the outage; ``since``, ``last`` datetime64[us, UTC].
    """
    rows = []
    for row in _silent_since(log, window).to_dict("records"):
        case_history = history(log, window, row["app_key"], row["code"])
        now = outage(case_history)
        if now is None or case_history.successes.any(now.last, window.until):
            continue
        if blast_radius(case_history, now).width != "connection":
            continue
        failed = hit(case_history, now)
        users = int(who(failed).nunique())
        if users == 1:
            continue
        names = [row[name] for name in ("app", "app_key", "code", "family")]
        rows.append((*names, users, len(failed), now.start, now.last))
    table = pd.DataFrame(rows, columns=_BROKEN)
    return table.sort_values(
        ["users", "since", "app", "code"], ascending=[False, True, True, True], ignore_index=True
    )


def _silent_since(log: Log, window: Window) -> pd.DataFrame:
    """The apps and codes with no whole hour of successes after their last failure.

    So few are left that each can be looked at by itself.
    """
    rows = folded_failures(log)
    rows = rows.filter(rows.published < literal(window.until), rows.app_key != "")
    pairs = to_pandas(
        rows.group_by(["app_key", "code"]).aggregate(
            app=rows.app.argmax(rows.published, where=rows.app.notnull()),
            family=rows.family.max(),
            users=rows.hit_key.nunique(where=rows.hit_type.isin(COUNTED)),
            last=rows.published.max(),
        ),
        by=["app_key", "code"],
    )
    hours = every_hour(log)
    hours = hours.filter(hours.hour + _HOUR_S <= int(window.until.timestamp()))
    operations = rows.select("app_key", "code", "operation").distinct()
    success_hours = operations.join(hours, ["app_key", "operation"])
    success_hours = to_pandas(
        success_hours.group_by(["app_key", "code"]).aggregate(hour=success_hours.hour.max())
    )
    success_hours["hour"] = moments(success_hours["hour"])
    pairs = pairs.merge(success_hours, "left", on=["app_key", "code"])
    return pairs[~(pairs["hour"] > pairs["last"]) & (pairs["users"] != 1)]


_HOUR_S = 3600
_BROKEN = ["app", "app_key", "code", "family", "users", "failures", "since", "last"]


def _state(org: str, log: Log | KitError, window: Window, kind: str) -> OrgState:
    if isinstance(log, KitError):
        return OrgState(org, error=str(log))
    org_trends = trends(log, window, kind=kind)
    broken = broken_connections(log, window)
    if kind:
        broken = of_kind(log, window, broken, kind, ["app_key", "code"])
    still = org_trends.recovery[org_trends.recovery["state"] == "still_failing"]
    return OrgState(
        org,
        coverage_of(log, window),
        int(org_trends.totals["failures"]),
        int(org_trends.totals["attempts"]),
        int(org_trends.totals["users"]),
        int(still["hit_key"].nunique()),
        broken,
    )


def _worst_first(state: OrgState) -> tuple[bool, int, bool, str]:
    broken = state.broken
    hit_users = 0 if broken is None else int(broken["users"].sum())
    return (broken is None or broken.empty, -hit_users, not state.error, state.org)
