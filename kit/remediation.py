"""One code on one app: what it is, since when, what changed, who is hit, what proves a fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import words
from kit.analysis.changes import Changes, changes
from kit.analysis.episodes import QUIET_GAP, History, Incident, history, incident
from kit.analysis.failures import DEACTIVATIONS, KEYS, counted, failures
from kit.analysis.names import find_apps, find_code, most_hit
from kit.analysis.recovery import people, recovery, with_state
from kit.analysis.verification import Fix, Verification, verification
from kit.catalogue import load
from kit.engine import frame
from kit.evidence import Facts, StepState, steps
from kit.lake.coverage import TICK, iso

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from kit.catalogue import Remedy
    from kit.engine import Log
    from kit.lake.coverage import Window
    from kit.sources.okta import AppEvidence

__all__ = ["Case", "case", "choose"]


@dataclass(frozen=True)
class Case:
    """All that the log and the catalogue say of one code on one app."""

    app: str
    app_key: str
    code: str
    meaning: str
    remedy: Remedy | None
    failures: pd.DataFrame
    """One row a failure in the window with ``state``, oldest first."""
    people: pd.DataFrame
    """One row a user and operation, as ``recovery`` lists them."""
    attempts: int
    """The failures in the window, and what worked on the app at the same operations."""
    history: History
    incident: Incident
    changed: Changes
    proof: Verification
    steps: tuple[StepState, ...]
    live: AppEvidence | None = None
    """What the live org says of the app, if it was asked."""

    @property
    def onset(self) -> pd.Timestamp:
        """Since when it fails."""
        return self.incident.start

    @property
    def may_be_older(self) -> bool:
        """Whether it may have failed before the onset, where the source does not reach."""
        ends = [pd.Timestamp(gap.until) for gap in self.changed.not_held]
        near = [end for end in ends if end >= self.onset - QUIET_GAP]
        return bool(near) and not self.history.successes.any(max(near) - TICK, self.onset)

    @property
    def since(self) -> str:
        """Since when it fails, in words, as far as the source can tell."""
        return words.moment(self.onset) + (" or earlier" if self.may_be_older else "")

    @property
    def hit(self) -> str:
        """How many users are hit since the onset, in words; and in the window if they are more."""
        users = self.people["user_key"].nunique()
        since = self.failures.loc[self.failures["published"] >= self.onset, "user_key"]
        hit = since.replace("", None).nunique()
        said = f"{words.count(hit, 'user')} hit"
        return said if hit == users else f"{said} since the onset, {users:,} in the whole window"

    @property
    def changes(self) -> pd.DataFrame:
        """Candidates for what changed, the best first."""
        return self.changed.rows

    @property
    def fix(self) -> Fix:
        """When it was fixed, and whether that holds."""
        return self.proof.fix

    @property
    def blast_radius(self) -> str:
        """``connection``, ``group`` or ``user``."""
        return self.proof.radius.width

    @property
    def rate(self) -> float:
        """Failures over attempts in the window."""
        return len(self.failures) / self.attempts

    @property
    def still_failing(self) -> list[str]:
        """Logins with an operation that has not worked since."""
        return people(self.people)["still_failing"]

    @property
    def abandoned(self) -> list[str]:
        """Else: logins that were unassigned from the app since."""
        return people(self.people)["abandoned"]

    @property
    def recovered(self) -> list[str]:
        """Logins whose every failed operation worked since."""
        return people(self.people)["recovered"]

    @property
    def failed_deactivations(self) -> list[str]:
        """Logins whose deactivation still fails: access that was left behind."""
        left = self.people["operation"].isin(DEACTIVATIONS)
        return people(self.people[left])["still_failing"]

    def results(self) -> dict[str, Any]:
        """The case as a report's machine-readable results."""
        change = self.changes.iloc[0] if len(self.changes) else None
        return {
            "app": self.app,
            "code": self.code,
            "onset": iso(self.onset),
            "change": None
            if change is None
            else {
                "uuid": change["uuid"],
                "event_type": change["event_type"],
                "actor": change["actor"],
                "published": iso(change["published"]),
            },
            "blast_radius": self.blast_radius,
            "affected": int(self.people["user_key"].nunique()),
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
            "abandoned": self.abandoned,
        }


def case(
    log: Log,
    window: Window,
    *,
    code: str = "",
    app: str = "",
    fixed: datetime | None = None,
    ask: Callable[[str], AppEvidence] | None = None,
) -> Case | None:
    """Investigate one code on one app.

    Args:
        log: the opened log.
        window: the window whose failures count; the incident may have begun before it.
        code: the code; the one with the most users hit if left out.
        app: the app's name or id; the one with the most users hit if left out.
        fixed: when it was fixed, UTC; found in the log if left out.
        ask: asks the live org about an app, by its id.

    Returns:
        The case; None where nothing failed, or not with that code and app although
        the catalogue or the log knows the code.

    Raises:
        UsageError: neither the catalogue nor the log knows the code, or the log does not
            know the app.

    Example:
        >>> from kit.engine import open_log
        >>> log = open_log("sample")
        >>> found = case(log, log.window("7d"), code="AADSTS50126")
        >>> found.blast_radius, len(found.still_failing), found.fix.verdict
        ('connection', 8, 'holds')
    """
    chosen = choose(log, window, code=code, app=app)
    if chosen is None:
        return None
    app_key, code = chosen
    known = history(log, window, app_key, code)
    now = incident(known)
    assert now is not None  # what was chosen failed in the window
    mine = failures(log, window, app_key=app_key, code=code)
    states = recovery(log, window)
    keys = pd.MultiIndex.from_frame(mine[list(KEYS)].drop_duplicates())
    hit = states[pd.MultiIndex.from_frame(states[list(KEYS)]).isin(keys)].reset_index(drop=True)
    proof = verification(known, now, given=pd.Timestamp(fixed) if fixed else None)
    catalogue = load()
    named = str(mine["app"].dropna().iloc[0]) if mine["app"].notna().any() else None
    # The same code may need another remedy on another app, or by what the vendor said last.
    said = str(mine["reason"].iloc[-1] or "")
    live = ask(app_key) if ask else None
    return Case(
        app=named or "(no app)",
        app_key=app_key,
        code=code,
        meaning=catalogue.meaning(code, app=named, text=said)
        or "The catalogue does not know this code.",
        remedy=catalogue.remedy(code, app=named, text=said),
        failures=with_state(mine, states).reset_index(drop=True),
        people=hit,
        attempts=len(mine) + known.successes.count(window.since - _INSTANT, window.until),
        history=known,
        incident=now,
        changed=changes(known, now.start),
        proof=proof,
        steps=steps(
            catalogue.steps(code, app=named, text=said), Facts(known, now, proof, hit, live)
        ),
        live=live,
    )


_INSTANT = pd.Timedelta(milliseconds=1)


def choose(log: Log, window: Window, *, code: str = "", app: str = "") -> tuple[str, str] | None:
    """Choose the app and code to look into: those asked for, else those that hit most users.

    Args:
        log: the opened log.
        window: the window whose failures count.
        code: a code, without case.
        app: an app's name or id.

    Returns:
        The app's key and the code as the log spells it; None where nothing failed so.

    Raises:
        UsageError: neither the catalogue nor the log knows the code, or the log does not
            know the app.
    """
    rows = counted(log, window)
    if code:
        rows = rows.filter(rows.code == find_code(log, code.strip()))
    if app:
        rows = rows.filter(rows.app_key.isin(sorted(find_apps(log, app))))
    pairs = frame(
        rows.group_by(["app_key", "code"]).aggregate(users=rows.user_key.nullif("").nunique())
    )
    return None if pairs.empty else most_hit(pairs)
