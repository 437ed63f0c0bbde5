"""A remedy's steps, each with what the log or the live org shows of it.

What cannot be seen is ``unknown``, never ``done``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import ibis
import pandas as pd

from kit.analysis.failures import keyed
from kit.analysis.radius import hit_counts
from kit.analysis.recovery import people
from kit.analysis.verification import GRACE
from kit.base.windows import Window
from kit.display import phrases
from kit.display.reasons import in_words
from kit.log.log import frame, literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.analysis.episodes import History, Incident
    from kit.analysis.verification import Verification
    from kit.catalogue import Evidence, Step
    from kit.sources.okta import AppEvidence

__all__ = ["NOT_SHOWN", "OUT_OF_STEP", "Facts", "StepState", "steps"]

NOT_SHOWN = "The log does not show this step; tick it yourself."
"""The evidence of a step that leaves no trace in Okta."""

OUT_OF_STEP = ("ERROR", "OUT_OF_SYNC")
"""What ``syncState`` says of an app user whose last push did not arrive."""

State = Literal["done", "to_do", "unknown"]


@dataclass(frozen=True)
class Facts:
    """What evidence is taken from."""

    history: History
    incident: Incident
    proof: Verification
    people: pd.DataFrame
    """Who is hit, as ``recovery`` lists them."""
    live: AppEvidence | None = None


@dataclass(frozen=True)
class Shown:
    """What is seen of one step."""

    state: State
    evidence: str
    at: pd.Timestamp | None = None
    actor: str = ""
    event: str = ""


@dataclass(frozen=True)
class StepState:
    """A step of the remedy, and what is seen of it."""

    number: int
    title: str
    do: str
    see: str
    shown_by: str
    """What would show that it was done."""
    state: State
    evidence: str
    at: pd.Timestamp | None
    actor: str
    event: str
    """The uuid of the event that shows it."""


def steps(asked: Iterable[Step], facts: Facts) -> tuple[StepState, ...]:
    """Join a remedy's steps with the evidence for each.

    Args:
        asked: the steps.
        facts: what the evidence is taken from.

    Returns:
        The steps in their order.
    """
    found = []
    for number, step in enumerate(asked, start=1):
        shown = _shown(step.evidence, facts)
        found.append(
            StepState(
                number,
                step.title,
                step.do,
                step.see,
                _shown_by(step.evidence),
                shown.state,
                shown.evidence,
                shown.at,
                shown.actor,
                shown.event,
            )
        )
    return tuple(found)


def _shown_by(asked: Evidence | None) -> str:
    if asked is None:
        return "nothing in the log"
    return {
        "event": "an event on the app since the onset: " + " or ".join(asked.events),
        "first_success": "the first success after the last failure",
        "all_recovered": "a success of everybody who was hit",
        "no_recurrence": "attempts that work, and no failure with this code",
        "sync_state": "syncState of the app's users, from the live org",
    }[asked.kind]


def _shown(asked: Evidence | None, facts: Facts) -> Shown:
    if asked is None:
        return Shown("unknown", NOT_SHOWN)
    if asked.kind == "event":
        return _event(asked.events, facts)
    return {
        "first_success": _first_success,
        "all_recovered": _all_recovered,
        "no_recurrence": _no_recurrence,
        "sync_state": _sync_state,
    }[asked.kind](facts)


def _event(types: tuple[str, ...], facts: Facts) -> Shown:
    """An event of one of the types; to be done again if the code came after it."""
    known = facts.history
    events = known.log.within(Window(facts.incident.start.to_pydatetime(), known.window.until))
    rows = events.filter(
        events.event_type.isin(types), events.published > literal(facts.incident.start)
    )
    rows = keyed(rows)
    rows = rows.filter(rows.app_key.isin(["", known.app_key]))
    actor = ibis.coalesce(rows.actor_login, rows.actor_name, rows.actor_id, "")
    found = frame(
        rows.select("published", "event_type", "uuid", "code", actor=actor),
        by=["published", "uuid"],
    )
    if found.empty:
        return Shown("to_do", "No such event on the app since the onset: " + ", ".join(types))
    done = found[found["code"].isna()]
    last = (found if done.empty else done).iloc[-1]
    at = pd.Timestamp(last["published"])
    said = f"{last['event_type']} by {last['actor']}, {phrases.moment(at)} (event {last['uuid']})"
    trace = (at, str(last["actor"]), str(last["uuid"]))
    if done.empty:
        return Shown("to_do", f"Tried, and it failed: {said}", *trace)
    failed = known.failures["published"]
    later = int((failed > at + GRACE).sum())
    if later:
        came = phrases.count(later, "failure")
        return Shown("to_do", f"{said}; but {came} with this code came after it", *trace)
    return Shown("done", said, *trace)


def _first_success(facts: Facts) -> Shown:
    first = facts.proof.fix.first_success
    if first is None:
        who = "on the app" if facts.proof.radius.width == "connection" else "of who was hit"
        return Shown("to_do", f"Nothing {who} has worked since the last failure.")
    uuid = facts.history.successes.event(first)
    said = f"First success {phrases.moment(first)} (event {uuid})"
    return Shown("done", said, first, "", uuid)


def _all_recovered(facts: Facts) -> Shown:
    found = people(facts.people)
    still, given_up = len(found["still_failing"]), len(found["abandoned"])
    hit = still + given_up + len(found["recovered"])
    if not hit:
        return Shown("unknown", "The failures name no user.")
    who = phrases.who(hit_counts(facts.people))
    rest = f"; {phrases.count(given_up, 'user')} unassigned since" if given_up else ""
    if still or facts.proof.fix.verdict == "not_fixed":
        return Shown("to_do", f"{still:,} of {who} still to retry{rest}.")
    last = facts.people["recovered_at"].max()
    when = None if pd.isna(last) else pd.Timestamp(last)
    worked = phrases.count(hit - given_up, "user") if given_up else who
    return Shown("done", f"{worked} worked after their last failure{rest}.", when)


def _no_recurrence(facts: Facts) -> Shown:
    fix = facts.proof.fix
    states: dict[str, State] = {"holds": "done", "unproven": "unknown", "not_fixed": "to_do"}
    state = states[fix.verdict]
    why = in_words(fix.reason)
    return Shown(state, why[0].upper() + why[1:], fix.at)


def _sync_state(facts: Facts) -> Shown:
    live = facts.live
    if live is None:
        return Shown("unknown", "Not checked: this needs the live org.")
    if live.users is None:
        return Shown("unknown", f"Not checked: {live.not_checked.get('users', 'no answer')}")
    at = pd.Timestamp(live.asked) if live.asked else None
    hit = set(facts.people["user_key"])
    mine = [one for one in live.users if one["login"].lower() in hit]
    off = sorted(one["login"] for one in mine if one["sync_state"] in OUT_OF_STEP)
    if off:
        named = ", ".join(off[:5]) + (" …" if len(off) > 5 else "")
        return Shown("to_do", f"{len(off):,} of {len(mine):,} are not in step: {named}", at)
    if not mine:
        return Shown("unknown", "The app has none of those who were hit among its users.", at)
    return Shown("done", f"None of the {len(mine):,} who were hit is out of step.", at)
