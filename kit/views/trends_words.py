"""What ``failure_trends`` says in its headline: the worst, all of it, and what nobody tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.episodes import onset
from kit.analysis.failures import KEYS
from kit.analysis.orgs import broken_connections
from kit.analysis.radius import hit_counts
from kit.analysis.recovery import people
from kit.display import phrases

if TYPE_CHECKING:
    from kit.analysis.trends import Trends
    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = ["never_tried_in_words", "totals_in_words", "worst_in_words"]


def worst_in_words(trends: Trends) -> str:
    """What hits most users, since when really, and what of it fell in the window."""
    window, top = trends.window, trends.by_code.iloc[0]
    began = onset(trends.history_of(top["app_key"], top["code"]))
    assert began is not None  # it failed
    where = f" on {top['app']}" if isinstance(top["app"], str) else ""
    mine = _hit_by(trends, top["app_key"], top["code"])
    stuck = phrases.hit_in_words(hit_counts(mine[mine["state"] == "still_failing"]))
    hit = phrases.hit_in_words(hit_counts(mine[mine["failures"] > 0]))
    still = int(top["still_failing"])
    since = f"since {phrases.moment(began)}"
    if pd.notna(top["since"]) and top["since"] < began:
        since += f" (the first of them since {phrases.moment(top['since'])})"
    if not top["failures"]:
        who = f"{stuck} still failing, {since}"
        over = f", last {phrases.moment(top['last_failure'])}"
    elif began >= pd.Timestamp(window.since):
        who = f"{hit} hit, {still:,} still failing, {since}"
        over = f", last {phrases.moment(top['last_seen'])}" if top["state"] == "quiet" else ""
    else:
        who = f"{stuck if still else 'nobody'} still failing, {since}"
        over = f"; in the window, {phrases.count(int(top['failures']), 'failure')}"
        over += f" hit {hit}" if (mine["failures"] > 0).any() else ""
        over += f", last {phrases.moment(top['last_seen'])}" if top["state"] == "quiet" else ""
    return f"{top['code']}{where} ({top['family']}): {who}{over}."


def totals_in_words(trends: Trends, *, complete: bool) -> str:
    """All that failed in the window, and apart from it what is open from before."""
    totals, rows = trends.totals, trends.recovery
    stuck = rows[rows["state"] == "still_failing"]
    still = len(people(rows)["still_failing"])
    of_window = len(people(rows[rows["failures"] > 0])["still_failing"])
    before = still - of_window
    if not totals["failures"]:
        part = "it" if complete else "the part of it that the source holds"
        verb = "fails" if still == 1 else "fail"
        still_hit = phrases.hit_in_words(hit_counts(stuck))
        return f"In all, {still_hit} still {verb} from before the window; nothing failed in {part}."
    text = (
        f"In all, {phrases.count(int(totals['failures']), 'failure')} hit "
        f"{phrases.count(int(totals['users']), 'user')}; "
    )
    still_fail = f"{of_window:,} still {'fails' if of_window == 1 else 'fail'}"
    if not before:
        return f"{text}{still_fail}."
    do = "does" if before == 1 else "do"
    if not of_window:
        return f"{text}none of them still fails, but {before:,} from before the window {do}."
    return f"{text}{still_fail}, as {do} {before:,} from before the window."


def never_tried_in_words(log: Log, window: Window, trends: Trends) -> str:
    """The connections that broke before the window and that nobody tried since."""
    rows = broken_connections(log, window)
    rows = rows[rows["app_key"].isin(trends.apps)] if trends.apps else rows
    if rows.empty:
        return ""
    top = rows.iloc[0]
    return (
        f" But nothing has worked on {top['app']} since {phrases.moment(top['since'])} "
        f"({top['code']}), and nobody tried again."
    )


def _hit_by(trends: Trends, app_key: str, code: str) -> pd.DataFrame:
    """Who is hit by a code: in the window, or still failing."""
    rows = trends.hit
    rows = rows[(rows["app_key"] == app_key) & (rows["code"] == code)]
    return rows.merge(trends.recovery[[*KEYS, "hit_type"]], on=list(KEYS))
