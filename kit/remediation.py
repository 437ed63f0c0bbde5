"""One code on one app: what it is, since when, what changed, who is hit, what proves a fix.

A remedy's steps come from the catalogue; the evidence for each comes from the log. What
the log cannot show is ``unknown``, never ``done``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from kit import words
from kit.analysis.episodes import (
    Fix,
    blast_radius,
    changes_before,
    configuration,
    find_fix,
    find_onset,
    worked_on,
)
from kit.analysis.failures import KEYS, failures, keyed
from kit.analysis.recovery import recovery, with_state
from kit.catalogue import load
from kit.engine import frame
from kit.errors import UsageError, nearest
from kit.lake.coverage import iso

if TYPE_CHECKING:
    from kit.catalogue import Evidence, Remedy
    from kit.engine import Log
    from kit.lake.coverage import Window

__all__ = ["NOT_SHOWN", "Case", "StepState", "case"]

_DEACTIVATIONS = ("deactivation", "deprovisioning", "deletion")

NOT_SHOWN = "The log does not show this step; tick it yourself."
"""The evidence of a step that leaves no trace in Okta."""

State = Literal["done", "to_do", "unknown"]


@dataclass(frozen=True)
class StepState:
    """A step of the remedy, and what the log says of it."""

    number: int
    title: str
    do: str
    see: str
    state: State
    evidence: str


@dataclass(frozen=True)
class Case:
    """All that the log and the catalogue say of one code on one app."""

    app: str
    app_key: str
    code: str
    meaning: str
    remedy: Remedy | None
    failures: pd.DataFrame
    """One row a failure with ``state``, oldest first."""
    people: pd.DataFrame
    """One row a user and operation, as ``recovery`` lists them."""
    onset: pd.Timestamp | None
    changes: pd.DataFrame
    """Candidates for what changed, nearest to the onset first."""
    blast_radius: str
    radius_why: str
    attempts: int
    fix: Fix
    steps: tuple[StepState, ...]

    @property
    def still_failing(self) -> list[str]:
        """Logins with a failed attempt and no success of that operation since."""
        return sorted(set(self.people.loc[self.people["state"] == "still_failing", "user"]))

    @property
    def recovered(self) -> list[str]:
        """Logins whose every failed operation worked since."""
        return sorted(set(self.people["user"]) - set(self.still_failing))

    @property
    def failed_deactivations(self) -> list[str]:
        """Logins whose deactivation still fails: access that was left behind."""
        left = self.people["operation"].isin(_DEACTIVATIONS)
        failing = self.people["state"] == "still_failing"
        return sorted(set(self.people.loc[left & failing, "user"]))

    def results(self) -> dict[str, Any]:
        """The case as a report's machine-readable results."""
        change = self.changes.iloc[0] if len(self.changes) else None
        return {
            "app": self.app,
            "code": self.code,
            "onset": iso(self.onset) if self.onset is not None else None,
            "change": None
            if change is None
            else {
                "uuid": change["uuid"],
                "event_type": change["event_type"],
                "actor": change["actor"],
                "published": iso(change["published"]),
            },
            "blast_radius": self.blast_radius,
            "affected": int(self.people["user"].nunique()),
            "still_failing": self.still_failing,
            "recovered": self.recovered,
            "failed_deactivations": self.failed_deactivations,
            "fix": {
                "at": iso(self.fix.at) if self.fix.at is not None else None,
                "verdict": self.fix.verdict,
            },
            "steps": [
                {"number": s.number, "title": s.title, "state": s.state, "evidence": s.evidence}
                for s in self.steps
            ],
        }


def case(log: Log, window: Window, *, code: str = "", app: str = "") -> Case | None:
    """Investigate one code on one app.

    Args:
        log: the opened log.
        window: the window whose failures count.
        code: the code; the one with the most users hit if left out.
        app: the app's name or id; the one with the most users hit if left out.

    Returns:
        The case; None where nothing failed, or not with that code and app although
        the catalogue or the log knows the code.

    Raises:
        UsageError: neither the catalogue nor the log knows the code, or the log does not
            know the app.
    """
    found = failures(log, window)
    chosen = _choose(found, code, app, log)
    if chosen.empty:
        return None
    app_key, code = _most_hit(chosen)
    mine = chosen[(chosen["app_key"] == app_key) & (chosen["code"] == code)]
    states = recovery(log, window)
    keys = pd.MultiIndex.from_frame(mine[list(KEYS)])
    people_hit = states[pd.MultiIndex.from_frame(states[list(KEYS)]).isin(keys)]
    worked = worked_on(log, window, app_key, mine["operation"].unique())
    onset = find_onset(mine, worked)
    config = configuration(log, app_key, window)
    fix = find_fix(mine, worked, config, onset)
    radius, why = blast_radius(mine, worked, onset, fix)
    remedy = load().remedy(code)
    return Case(
        app=str(mine["app"].dropna().iloc[0]) if mine["app"].notna().any() else "(no app)",
        app_key=str(app_key),
        code=str(code),
        meaning=load().meaning(str(code)) or "The catalogue does not know this code.",
        remedy=remedy,
        failures=with_state(mine, states).reset_index(drop=True),
        people=people_hit.reset_index(drop=True),
        onset=onset,
        changes=changes_before(config, onset),
        blast_radius=radius,
        radius_why=why,
        attempts=len(mine) + len(worked),
        fix=fix,
        steps=_steps(remedy, config, worked, mine, people_hit, onset, fix),
    )


def _most_hit(chosen: pd.DataFrame) -> tuple[str, str]:
    """The app and code that hit most users; a sign-in, that concerns no app, comes last."""
    people = chosen.groupby(["app_key", "code"])["user_key"].nunique().reset_index()
    people["no_app"] = people["app_key"] == ""
    order = ["no_app", "user_key", "app_key", "code"]
    first = people.sort_values(order, ascending=[True, False, True, True]).iloc[0]
    return str(first["app_key"]), str(first["code"])


def _choose(found: pd.DataFrame, code: str, app: str, log: Log) -> pd.DataFrame:
    """The failures with the code and app asked for, by name, without case."""
    if code:
        seen, known = set(found["code"]), {c for r in load().remedies for c in r.codes}
        folded = {c.casefold() for c in seen | known}
        if code.casefold() not in folded and not load().meaning(code):
            raise UsageError(
                f"code: {code!r} is unknown to the log and the catalogue."
                + (nearest(code, seen) or nearest(code, known))
            )
        found = found[found["code"].str.casefold() == code.casefold()]
    if app:
        named = keyed(log.events).select("app", "app_key").distinct()
        apps = frame(named.filter(named.app_key != ""))
        names = {*apps["app"].dropna(), *apps["app_key"]}
        if app.casefold() not in {n.casefold() for n in names}:
            raise UsageError(f"app: the log knows no {app!r}." + nearest(app, names))
        wanted = found["app"].fillna("").str.casefold() == app.casefold()
        found = found[wanted | (found["app_key"] == app)]
    return found


def _steps(
    remedy: Remedy | None,
    config: pd.DataFrame,
    worked: pd.DataFrame,
    mine: pd.DataFrame,
    people: pd.DataFrame,
    onset: pd.Timestamp | None,
    fix: Fix,
) -> tuple[StepState, ...]:
    if remedy is None:
        return ()
    states = []
    for number, step in enumerate(remedy.steps, start=1):
        state, evidence = _evidence(step.evidence, config, worked, mine, people, onset, fix)
        states.append(StepState(number, step.title, step.do, step.see, state, evidence))
    return tuple(states)


def _evidence(
    asked: Evidence | None,
    config: pd.DataFrame,
    worked: pd.DataFrame,
    mine: pd.DataFrame,
    people: pd.DataFrame,
    onset: pd.Timestamp | None,
    fix: Fix,
) -> tuple[State, str]:
    """What the log says of one step."""
    last = mine["published"].max()
    after = worked[worked["published"] > last]
    if asked is None:
        return "unknown", NOT_SHOWN
    if asked.kind == "event":
        seen = config[config["event_type"].isin(asked.events) & (config["published"] > onset)]
        if seen.empty:
            return "to_do", "No such event on the app since the onset: " + ", ".join(asked.events)
        event = seen.iloc[-1]
        when = words.moment(event["published"])
        return "done", f"{event['event_type']} by {event['actor']}, {when} (event {event['uuid']})"
    if asked.kind == "first_success":
        if after.empty:
            return "to_do", "Nothing has worked on the app since the last failure."
        first = after.iloc[0]
        return "done", f"First success {words.moment(first['published'])} (event {first['uuid']})"
    if asked.kind == "all_recovered":
        return _all_recovered(people, fix)
    if asked.kind == "no_recurrence":
        return ("done" if fix.verdict == "holds" else "to_do"), fix.why[0].upper() + fix.why[1:]
    return "unknown", "Not checked: this needs the live org."


def _all_recovered(people: pd.DataFrame, fix: Fix) -> tuple[State, str]:
    """Whether everybody who was hit works again."""
    still = people.loc[people["state"] == "still_failing", "user_key"].nunique()
    hit = people["user_key"].nunique()
    if not hit:
        return "unknown", "The failures name no user."
    if still or fix.verdict != "holds":
        return "to_do", f"{still:,} of {words.count(hit, 'user')} still to retry."
    return "done", f"All {words.count(hit, 'user')} worked after their last failure."
