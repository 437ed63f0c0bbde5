"""A remedy's steps, each with what the log or the live org shows of it.

What cannot be seen is ``unknown``, never ``done``; a fix that holds settles it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from kit.analysis.failures import with_keys
from kit.analysis.radius import hit_counts
from kit.analysis.recovery import people
from kit.analysis.verification import GRACE
from kit.base.windows import Window
from kit.cases.vendor_steps import Observation, State, vendor_observation
from kit.display import phrases
from kit.display.reasons import in_words
from kit.log.log import literal, to_pandas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.analysis.episodes import History, Outage
    from kit.analysis.verification import Verification
    from kit.catalogue import Evidence, Step
    from kit.evidence.story import VendorStory
    from kit.sources.okta import AppEvidence

__all__ = ["NOT_SHOWN", "OUT_OF_STEP", "StepFacts", "StepState", "steps"]

NOT_SHOWN = "The log does not show this step; tick it yourself."
"""The evidence of a step that leaves no trace in Okta."""

OUT_OF_STEP = ("ERROR", "OUT_OF_SYNC")
"""What ``syncState`` says of an app user whose last push did not arrive."""


@dataclass(frozen=True)
class StepFacts:
    """What evidence is taken from."""

    history: History
    outage: Outage
    proof: Verification
    people: pd.DataFrame
    """Who is hit, as ``recovery`` lists them."""
    live: AppEvidence | None = None
    vendor: VendorStory | None = None
    """What the vendor's own records say."""


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
    settled: bool = False
    """Whether a fix that holds leaves nothing to do here, though no event shows the step."""


_WATCHING = {"first_success", "all_recovered", "no_recurrence", "sync_state"}
"""Evidence that is looked for once the fault is fixed: what comes before it, the fix settles."""


_OF_VENDOR = {"sign_in", "refusal", "audit"}


def steps(remedy_steps: Iterable[Step], facts: StepFacts) -> tuple[StepState, ...]:
    """Join a remedy's steps with the evidence for each.

    Args:
        remedy_steps: the steps.
        facts: what the evidence is taken from.

    Returns:
        The steps in their order.
    """
    step_states = []
    settling = facts.proof.fix.verdict == "holds"
    for number, step in enumerate(remedy_steps, start=1):
        by_vendor = step.evidence is None and step.vendor is not None and facts.vendor is not None
        evidence = step.vendor if by_vendor else step.evidence
        observation = _observe(evidence, facts)
        settling = settling and (step.evidence is None or step.evidence.kind not in _WATCHING)
        step_states.append(
            StepState(
                number,
                step.title,
                step.do,
                step.see,
                _shown_by(evidence),
                observation.state,
                observation.evidence,
                observation.at,
                observation.actor,
                observation.event,
                settling and observation.state != "done",
            )
        )
    return tuple(step_states)


def _shown_by(evidence: Evidence | None) -> str:
    if evidence is None:
        return "nothing in the log"
    return {
        "event": "an event on the app since the onset: " + " or ".join(evidence.events),
        "first_success": "the first success after the last failure",
        "all_recovered": "a success of everybody who was hit",
        "no_recurrence": "attempts that work, and no failure with this code",
        "sync_state": "syncState of the app's users, from the live org",
        "sign_in": "the first sign-in that works, in the vendor's log",
        "refusal": "the refused sign-ins, in the vendor's log",
        "audit": "an audit record of the vendor's since the first refusal: "
        + " or ".join(evidence.events),
    }[evidence.kind]


def _observe(evidence: Evidence | None, facts: StepFacts) -> Observation:
    if evidence is None:
        return Observation("unknown", NOT_SHOWN)
    if evidence.kind == "event":
        return _event(evidence.events, facts)
    if facts.vendor is not None and evidence.kind in _OF_VENDOR:
        return vendor_observation(facts.vendor, evidence)
    return {
        "first_success": _first_success,
        "all_recovered": _all_recovered,
        "no_recurrence": _no_recurrence,
        "sync_state": _sync_state,
    }[evidence.kind](facts)


def _event(types: tuple[str, ...], facts: StepFacts) -> Observation:
    """An event of one of the types; to be done again if the code came after it."""
    history = facts.history
    events = history.log.within(Window(facts.outage.start.to_pydatetime(), history.window.until))
    rows = events.filter(
        events.event_type.isin(types), events.published > literal(facts.outage.start)
    )
    rows = with_keys(rows)
    rows = rows.filter(rows.app_key.isin(["", history.app_key]))
    actor = ibis.coalesce(rows.actor_login, rows.actor_name, rows.actor_id, "")
    matches = to_pandas(
        rows.select("published", "event_type", "uuid", "code", actor=actor),
        by=["published", "uuid"],
    )
    if matches.empty:
        return Observation("to_do", "No such event on the app since the onset: " + ", ".join(types))
    successful = matches[matches["code"].isna()]
    last = (matches if successful.empty else successful).iloc[-1]
    at = pd.Timestamp(last["published"])
    event_text = (
        f"{last['event_type']} by {last['actor']}, {phrases.moment(at)} (event {last['uuid']})"
    )
    trace = (at, str(last["actor"]), str(last["uuid"]))
    if successful.empty:
        return Observation("to_do", f"Tried, and it failed: {event_text}", *trace)
    failed = history.failures["published"]
    later = int((failed > at + GRACE).sum())
    if later:
        came = phrases.count(later, "failure")
        return Observation(
            "to_do", f"{event_text}; but {came} with this code came after it", *trace
        )
    return Observation("done", event_text, *trace)


def _first_success(facts: StepFacts) -> Observation:
    first = facts.proof.fix.first_success
    if first is None:
        who = "on the app" if facts.proof.radius.width == "connection" else "for those hit"
        return Observation("to_do", f"Nothing {who} has worked since the last failure.")
    uuid = facts.history.successes.event(first)
    text = f"First success {phrases.moment(first)} (event {uuid})"
    return Observation("done", text, first, "", uuid)


def _all_recovered(facts: StepFacts) -> Observation:
    logins_by_state = people(facts.people)
    still, given_up = len(logins_by_state["still_failing"]), len(logins_by_state["abandoned"])
    hit = still + given_up + len(logins_by_state["recovered"])
    if not hit:
        return Observation("unknown", "The failures name no user.")
    who = phrases.hit_in_words(hit_counts(facts.people))
    rest = f"; {phrases.count(given_up, 'user')} unassigned since" if given_up else ""
    if still or facts.proof.fix.verdict == "not_fixed":
        return Observation("to_do", f"{still:,} of {who} still to retry{rest}.")
    last = facts.people["recovered_at"].max()
    when = None if pd.isna(last) else pd.Timestamp(last)
    subject = phrases.count(hit - given_up, "user") if given_up else who
    return Observation("done", f"{subject} worked after their last failure{rest}.", when)


def _no_recurrence(facts: StepFacts) -> Observation:
    fix = facts.proof.fix
    states: dict[str, State] = {"holds": "done", "unproven": "unknown", "not_fixed": "to_do"}
    state = states[fix.verdict]
    why = in_words(fix.reason)
    return Observation(state, why[0].upper() + why[1:], fix.at)


def _sync_state(facts: StepFacts) -> Observation:
    live = facts.live
    if live is None:
        return Observation("unknown", "Not checked: this needs the live org.")
    if live.users is None:
        return Observation("unknown", f"Not checked: {live.not_checked.get('users', 'no answer')}")
    at = pd.Timestamp(live.asked) if live.asked else None
    hit = set(facts.people["user_key"])
    mine = [one for one in live.users if one["login"].lower() in hit]
    off = sorted(one["login"] for one in mine if one["sync_state"] in OUT_OF_STEP)
    if off:
        logins = ", ".join(off[:5]) + (" …" if len(off) > 5 else "")
        return Observation("to_do", f"{len(off):,} of {len(mine):,} are not in step: {logins}", at)
    if not mine:
        return Observation("unknown", "The app has none of those who were hit among its users.", at)
    return Observation("done", f"None of the {len(mine):,} who were hit is out of step.", at)
