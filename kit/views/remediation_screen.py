"""The first screen of ``remediation``: is it broken or fixed, who is left, what to do next."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from kit.analysis.names import app_to_ask_for
from kit.analysis.runs import NOISE
from kit.analysis.usual import usual_rate_of_code
from kit.base.paths import PLAIN
from kit.base.text import clean
from kit.cases.ticket import HELPS, retry_list
from kit.catalogue.model import OWNERS
from kit.display import phrases
from kit.display.first_screen import Deed, Tile
from kit.views.open_words import (
    FAILING,
    incident_in_words,
    leavers_deed,
    logins,
    one_first,
    persons,
    relevant,
)
from kit.views.tiles import leavers_tile, left_tile, rate_tile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.analysis.incidents import Incident
    from kit.cases.case import Case

__all__ = ["case_deeds", "case_sentence", "case_tiles", "code_rate_tile", "code_tiles"]

_ALL_NAMED = 5
"""Logins that are named one by one; more of them are in ``retry.csv``."""
_ALL_LETTERS = 300
"""Letters that their names may have together, to stand on a phone's first screen."""

_RETRIES = {
    "after_fix": "Retry {who}{in_order} under Dashboard > Tasks",
    "wait": "Wait, then retry {who}",
    "reassign": "Unassign and assign again, a retry is useless: {who}",
    "automatic": "Leave {who} alone: Okta retries by itself",
}
_THEN = {
    "after_fix": "After the fix, retry {who}{in_order}",
    "wait": "Wait, then retry {who}",
    "reassign": "After the fix, unassign and assign again {who}",
    "automatic": "Leave {who} alone: Okta retries by itself",
}


def case_sentence(case: Case, own: Sequence[Incident]) -> str:
    """How the code stands on its app, in one short sentence.

    Args:
        case: the code on its app.
        own: its incidents.
    """
    if own:
        muted = " It is muted." if own[0].mark == "muted" else ""
        latest = ""
        if case.earlier_since is not None and own[0].state in FAILING:
            latest = f" The latest outage began {phrases.moment(case.onset)}."
        return incident_in_words(own[0]) + latest + muted
    if set(case.people["operation"]) <= {*NOISE} or not case.app_key:
        return f"{case.code} on {case.app}: {case.hit}, no more than people's usual mistakes."
    return f"{case.code} on {case.app} has been over for more than seven days: nobody is left."


def case_tiles(case: Case | None, own: Sequence[Incident]) -> list[Tile]:
    """Users still failing, leavers with access, the rate, and whether a fix holds."""
    if case is None:
        return [
            left_tile(own, "#about"),
            leavers_tile(own, "#about"),
            rate_tile(0, 0, None, "#about"),
        ]
    return [
        _left_of(case, own, "#left"),
        leavers_tile(own, "#left"),
        code_rate_tile(case),
        _fix_tile(case, own),
    ]


def _left_of(case: Case, own: Sequence[Incident], link: str) -> Tile:
    """How many of those hit are left."""
    still = left_tile(own, link)
    hit = max([case.people["hit_key"].nunique(), *(one.users for one in own)])
    return replace(still, note=still.note or f"of {hit:,} hit")


def _fix_tile(case: Case, own: Sequence[Incident]) -> Tile:
    """Whether a fix holds, or none is there to hold."""
    fix, link = case.fix, "#proof-facts"
    if fix.at is None:
        if own and own[0].state == "fixed":
            return Tile("in part", "fixed", link, "it works for some of those hit", "wait")
        return Tile("none", "fix in the log", link, "", "bad")
    number, tone = {
        "holds": ("yes", "good"),
        "not_fixed": ("no", "bad"),
        "unproven": ("not proven", "wait"),
    }[fix.verdict]
    return Tile(number, "the fix holds", link, phrases.moment(fix.at), tone)


def code_tiles(case: Case, own: Sequence[Incident], apps: int) -> list[Tile]:
    """Apps with the code, users still failing, leavers with access, and the rate.

    Args:
        case: the code on its app.
        own: its incidents.
        apps: how many apps have the code.
    """
    return [
        Tile(f"{apps:,}", "app with this code" if apps == 1 else "apps with this code", "#apps"),
        _left_of(case, own, "#people"),
        leavers_tile(own, "#people"),
        code_rate_tile(case),
    ]


def code_rate_tile(case: Case) -> Tile:
    """How many of the app's attempts in the window failed with the code."""
    since = min(case.window.since, case.onset.to_pydatetime())
    usual = usual_rate_of_code(case.history, since)
    return rate_tile(
        len(case.in_window), case.attempts, usual, "#about-rate", "failed with this code"
    )


def case_deeds(case: Case, own: Sequence[Incident], source: str) -> list[Deed]:
    """Access to take away, the step that is next, whom to retry, whom to tell.

    Args:
        case: the code on its app.
        own: its incidents.
        source: the source, as a command takes it.

    Returns:
        One to three; none where nobody is left and nothing fails.
    """
    mine = [one for one in relevant(own) if one.state != "over"]
    if not mine:
        return []
    names, leavers = logins(mine), logins(mine, leavers=True)
    fails = any(one.state in FAILING for one in mine)
    fit = len(names) <= _ALL_NAMED and sum(len(clean(one)) for one in names) <= _ALL_LETTERS
    deeds, retrying = [], _retrying(case, mine[0], source)
    if leavers:
        link = ("what failed", "#left") if fit else _whole_list("all of them")
        deeds.append(_with(leavers_deed(mine, retrying, "left"), link))
    if fails:
        deeds.append(_next_step(case))
    rest = tuple(name for name in names if name not in leavers)
    others = {} if fails else _with_another_code(case, rest)
    rest = tuple(name for name in rest if name not in others)
    link = ("their last failures", "#left") if fit else _whole_list("the list")
    most = _ALL_NAMED if fit else 3
    if rest:
        words = _THEN if fails else _RETRIES
        retry = case.remedy.retry if case.remedy else "after_fix"
        sentence = words.get(retry, words["after_fix"]).format(
            who=persons(len(rest)), in_order=one_first(len(rest))
        )
        deeds.append(Deed(f"{sentence}:", rest, link, retrying, incident=mine[0].id, most=most))
    if others:
        deeds.append(Deed(f"{_before_their_retry(others)}:", tuple(others), link, most=most))
    if len(deeds) < 2 and fails and case.remedy:
        owner = OWNERS[case.remedy.owner]
        deeds.append(Deed(f"Tell the owner of the fix: {owner}.", link=("a ticket", "#ticket")))
    return deeds


def _with_another_code(case: Case, names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Of those left the ones who fail with other codes alone by now: one, and what helps."""
    if not names:
        return {}
    rows = retry_list(case)
    rows = rows[rows["user"].notna()]
    here = set(rows.loc[rows["code"] == case.code, "user"].str.casefold())
    reasons = {
        row["user"].casefold(): (row["code"], HELPS[row["helps"]])
        for row in rows.to_dict("records")
        if row["user"].casefold() not in here
    }
    return {name: reasons[name.casefold()] for name in names if name.casefold() in reasons}


def _before_their_retry(others: Mapping[str, tuple[str, str]]) -> str:
    """What those need first whose retry failed with another code."""
    who, fail = persons(len(others)), "fails" if len(others) == 1 else "fail"
    reasons = set(others.values())
    if len(reasons) > 1:
        return f"{who} {fail} with other codes now; their list says what helps each"
    ((code, helps),) = reasons
    return f"{who} {fail} with {code} now; {helps}"


def _whole_list(words: str) -> tuple[str, str]:
    """A link to all of many people: to the file beside a report, else to their table."""
    return (f"{words}: retry.csv", "retry.csv") if os.environ.get(PLAIN) else (words, "#left")


def _with(deed: Deed, link: tuple[str, str]) -> Deed:
    return replace(deed, link=link, most=_ALL_NAMED)


def _next_step(case: Case) -> Deed:
    """The first step that is still to be done."""
    ahead = [one for one in case.steps if one.state != "done" and not one.settled]
    if not ahead:
        return Deed(
            f"Read the vendor's words: the catalogue has no steps for {case.code}.",
            link=("what was said", "#steps"),
            command=_explain(case.code),
        )
    step = ahead[0]
    return Deed(
        f"Step {step.number} of {len(case.steps)}: {step.title}.",
        link=("all steps", "#steps"),
        command=_explain(case.code),
    )


def _retrying(case: Case, one: Incident, source: str) -> str:
    """The command that lists who is to be retried, for a tool."""
    command = ["okta-kit", "failures", "--still-failing", "--code", one.code]
    app = app_to_ask_for(case.history.log, one.app, one.app_key)
    command += [*(["--app", app] if app else []), "--source", source, "--format", "csv"]
    return shlex.join(command) if all(map(str.isprintable, command)) else ""


def _explain(code: str) -> str:
    return shlex.join(["okta-kit", "explain", code]) if code.isprintable() else ""
