"""The first screen of ``user_history``: what still fails for a user, beside what works."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.one_user import SIGN_IN
from kit.analysis.recovery import access_left_behind
from kit.display import phrases
from kit.display.days import begin_of
from kit.display.first_screen import Tile
from kit.views.tiles import rate_tile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.analysis.incidents import Incident
    from kit.analysis.one_user import SignIns
    from kit.views.user_history import UserHistoryReport

__all__ = ["incidents_of_user", "line_of_time", "user_sentence", "user_tiles"]

_NAMED = 2
"""Operations that the sentence names."""


def incidents_of_user(incidents: Iterable[Incident], user: str) -> list[Incident]:
    """The incidents that a user is left of, as if they were of this user alone.

    Args:
        incidents: the incidents.
        user: the login.
    """

    def mine(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name.casefold() == user.casefold())

    return [
        replace(one, left=mine(one.left), leavers=mine(one.leavers))
        for one in incidents
        if mine(one.left)
    ]


def user_sentence(report: UserHistoryReport) -> str:
    """What still fails for the user and what works, in one short sentence."""
    if report.user_key is None:
        return report.headline_text
    still = report.recovery[report.recovery["state"] == "still_failing"]
    works = _signing_in(report.sign_ins)
    if still.empty:
        failed = int((report.events["what"] == "failed").sum())
        before = f"{phrases.count(failed, 'failure')}, and nothing" if failed else "nothing"
        return f"{report.user}: {before} still fails. {works}"
    rows = still.sort_values("failing_since", kind="stable").to_dict("records")
    lanes = [
        f"{row['operation']} on {row['app'] if isinstance(row['app'], str) else phrases.SIGN_IN} "
        f"fails since {phrases.moment(row['failing_since'])}"
        for row in rows[:_NAMED]
    ]
    more = len(rows) - len(lanes)
    lanes += [f"{more:,} more"] if more else []
    return f"{report.user}: {phrases.join(lanes)}. {works}"


def user_tiles(report: UserHistoryReport) -> list[Tile]:
    """What still fails, whether access was left, the failed attempts, and the sign-ins."""
    rows = report.recovery
    still = int((rows["state"] == "still_failing").sum())
    stay = len(access_left_behind(rows))
    failures = report.events[report.events["what"] == "failed"]
    failed, attempts = len(failures), len(failures) + _worked_too(failures, report.works)
    signs = report.works[report.works["operation"] == SIGN_IN]
    days = begin_of("day", signs["published"]).nunique()
    refused = report.sign_ins.refused
    notes = [f"on {phrases.count(days, 'day')}"] if days else []
    notes += [f"{refused:,} refused"] if refused else []
    name = "operation still fails" if still == 1 else "operations still fail"
    rate = rate_tile(failed, attempts, None, "#stands")
    return [
        Tile(f"{still:,}", name, "#stands", "", "wait" if still else "good"),
        Tile(f"{stay:,}", "left behind after leaving", "#stands", "", "bad" if stay else "good"),
        replace(
            rate,
            number=f"{failed:,} of {attempts:,}",
            name="attempts failed",
            note="of the operations that failed",
        ),
        Tile(
            f"{int(signs['successes'].sum()):,}",
            "sign-ins that worked",
            "#works",
            ", ".join(notes),
            "bad" if report.sign_ins.refused_at is not None else "",
        ),
    ]


def line_of_time(events: pd.DataFrame, works: pd.DataFrame) -> pd.DataFrame:
    """What happened to the user, and what worked, once a day, in one order of time.

    Args:
        events: as ``user_events`` lists them.
        works: as ``daily_successes`` lists it; what the events have already is left out.

    Returns:
        ``published``, ``lane`` and ``what``, as ``charts.timeline`` draws them.
    """
    app = works["app"].fillna("Okta")
    daily = works.assign(lane=app + " · " + works["operation"], what="worked")
    daily = daily[~daily["lane"].isin(set(events.loc[events["what"] == "worked", "lane"]))]
    columns = ["published", "lane", "what"]
    rows = pd.concat([events[columns], daily[columns]]) if len(daily) else events[columns]
    return rows.sort_values("published", kind="stable", ignore_index=True)


def _worked_too(failures: pd.DataFrame, works: pd.DataFrame) -> int:
    """How many successes there were of the operations that failed, each on its app."""
    place = ["app", "operation"]
    failed = set(failures[place].fillna("").itertuples(index=False, name=None))
    places = works[place].fillna("").itertuples(index=False, name=None)
    return int(works.loc[[one in failed for one in places], "successes"].sum())


def _signing_in(attempts: SignIns) -> str:
    """Whether the user can sign in, by the latest attempt."""
    if attempts.refused_at is not None:
        text = f"Signing in was refused, last {phrases.moment(attempts.refused_at)}"
        if attempts.worked_at is None:
            return f"{text}; none worked in the window."
        return f"{text}; it worked before, last {phrases.moment(attempts.worked_at)}."
    if attempts.worked_at is None:
        return "No sign-in in the window."
    return f"Signing in works, last {phrases.moment(attempts.worked_at)}."
