"""One code on one app: what it is, since when, what changed, who is hit, what proves a fix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.analysis.changes import CandidateChanges, changes
from kit.analysis.common import InCommon, in_common
from kit.analysis.episodes import QUIET_GAP, History, Outage, history, outage
from kit.analysis.failures import KEYS, failures, folded_failures
from kit.analysis.incidents import Incident, incidents
from kit.analysis.names import find_apps, find_code, most_hit
from kit.analysis.orgs import broken_connections
from kit.analysis.radius import hit_counts, who
from kit.analysis.recovery import access_left_behind, people, recovery, with_state
from kit.analysis.unresolved import unresolved
from kit.analysis.verification import Fix, Verification, verification
from kit.base.times import iso, parse_time
from kit.base.windows import TICK, Window
from kit.cases.steps import StepFacts, StepState, steps
from kit.catalogue import load
from kit.display import phrases
from kit.display.in_lines import InLines
from kit.evidence.exports import VendorSide, vendor_side
from kit.evidence.story import VendorStory, vendor_story
from kit.log.log import to_pandas, window_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import ibis.expr.types as ir

    from kit.catalogue import Remedy
    from kit.log.log import Log
    from kit.sources.okta import AppEvidence

__all__ = ["Case", "case", "choose"]


@dataclass(frozen=True, repr=False)
class Case(InLines):
    """All that the log and the catalogue say of one code on one app, up to a window's end.

    The outage is whole, wherever the window begins: windows that end together agree on it.
    What failed in the window stands apart.
    """

    app: str
    app_key: str
    code: str
    meaning: str
    remedy: Remedy | None
    window: Window
    """The window that was asked for."""
    failures: pd.DataFrame
    """One row a failure of the outage or in the window, with ``state``, oldest first."""
    people: pd.DataFrame
    """One row a user and operation that failed with this code since the onset, or still fails
    with it, as ``recovery`` lists them; ``failures`` are those with this code."""
    history: History
    """Its window begins with the onset, where the one that was asked for begins later."""
    outage: Outage
    changed: CandidateChanges
    proof: Verification
    steps: tuple[StepState, ...]
    vendor_side: VendorSide
    """What the source holds of the vendor's own logs, and which export would say more."""
    live: AppEvidence | None = None
    """What the live org says of the app, if it was asked."""
    vendor: VendorStory | None = None
    """What the vendor's own records say, where the source holds some that match."""

    @property
    def onset(self) -> pd.Timestamp:
        """Since when it fails."""
        return self.outage.start

    @property
    def may_be_older(self) -> bool:
        """Whether it may have failed before the onset, where the source does not reach."""
        ends = [pd.Timestamp(gap.until) for gap in self.changed.not_held]
        near = [end for end in ends if end >= self.onset - QUIET_GAP]
        return bool(near) and not self.history.successes.any(max(near) - TICK, self.onset)

    @cached_property
    def incident(self) -> Incident | None:
        """Its incident as it stands at the window's end, over or not; None if there is none."""
        every = incidents(self.history.log, self.window.until, all=True)
        own = [one for one in every if (one.app_key, one.code) == (self.app_key, self.code)]
        return own[0] if own else None

    @property
    def earlier_since(self) -> pd.Timestamp | None:
        """Since when it failed for somebody before the onset; None if that is the onset.

        An incident goes on until it is fixed, over outages of people who have nothing in common.
        """
        one = self.incident
        began = None if one is None else pd.Timestamp(one.again_since or one.since)
        return began if began is not None and began < self.onset else None

    @property
    def again_since(self) -> pd.Timestamp | None:
        """Since when it fails again, where it was fixed for a while within the outage."""
        one = self.incident
        again = None if one is None or one.again_since is None else pd.Timestamp(one.again_since)
        return again if again is not None and self.onset < again <= self.outage.last else None

    @property
    def since(self) -> str:
        """Since when it fails, in words, as far as the source can tell."""
        began = phrases.moment(self.onset) + (" or earlier" if self.may_be_older else "")
        if self.again_since is not None:
            again = phrases.moment(self.again_since)
            return f"{began} (it worked in between, and failed again from {again})"
        if self.earlier_since is None:
            return began
        return f"{phrases.moment(self.earlier_since)} (the latest outage since {began})"

    @property
    def hit(self) -> str:
        """How many users the outage hit, and who was hit before it and still fails, in words."""
        users = self.people["hit_key"].nunique()
        since = who(self.since_onset).nunique()
        text = f"{phrases.hit_in_words(hit_counts(self.since_onset))} hit"
        more = f"{users - since:,} before it"
        return text if since == users else f"{text} in the latest outage and {more}"

    @property
    def since_onset(self) -> pd.DataFrame:
        """The rows of ``failures`` since the onset."""
        return self.failures[self.failures["published"] >= self.onset]

    @property
    def in_window(self) -> pd.DataFrame:
        """The rows of ``failures`` that fell in the window."""
        return self.failures[self.failures["published"] >= pd.Timestamp(self.window.since)]

    @property
    def apart(self) -> str:
        """What failed in the window, in a sentence; empty where that is the whole outage."""
        rows = self.in_window
        if len(rows) == len(self.failures) and rows["published"].min() >= self.onset:
            return ""
        if not len(rows):
            return "In the window, nothing failed with this code."
        of = f" of {phrases.hit_in_words(hit_counts(rows))}" if who(rows).notna().any() else ""
        return f"In the window, {phrases.count(len(rows), 'failure')}{of}."

    @cached_property
    def attempts(self) -> int:
        """The failures in the window, and what worked on the app at the same operations."""
        successes = self.history.successes.count(self.window.since - _TICK, self.window.until)
        return len(self.in_window) + successes

    @cached_property
    def common(self) -> InCommon:
        """What those hit have in common that those who worked in the same time do not."""
        return in_common(self.history, self.outage, self.proof.radius.until)

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
        """Failures over attempts in the window; not a number where nobody tried."""
        return len(self.in_window) / self.attempts if self.attempts else float("nan")

    @property
    def rate_in_words(self) -> str:
        """How many attempts of the window failed, in words."""
        if not self.attempts:
            return "no attempt"
        text = f"{len(self.in_window):,} of {phrases.count(self.attempts, 'attempt')}"
        return f"{text} ({phrases.percent(self.rate)})"

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
        return people(access_left_behind(self.people))["still_failing"]

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
            "affected": int(self.people["hit_key"].nunique()),
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
            "vendor": self.vendor.results() if self.vendor else None,
            "common": self.common.as_dict(),
        }


def case(
    log: Log,
    window: Window | str | None = None,
    *,
    since: str | date | None = None,
    until: str | date | None = None,
    code: str = "",
    app: str = "",
    fixed: str | date | None = None,
    ask: Callable[[str], AppEvidence] | None = None,
) -> Case | None:
    """Investigate one code on one app.

    Args:
        log: the opened log.
        window: the window, or its start: ``7d`` before the end, a date or an ISO time; the outage
            may have begun before it, or lie before it wholly.
        since: the window's start, in the place of *window*; the log's first event if left out.
        until: the window's end, not included; the log's end if left out.
        code: the code; the one with most users hit in the window or still failing if left out.
        app: the app's name or id; chosen likewise if left out.
        fixed: when it was fixed, UTC, as *until*; found in the log if left out.
        ask: asks the live org about an app, by its id.

    Returns:
        The case; None where nothing failed so in the window and nothing is open from before,
        although the catalogue or the log knows the code.

    Raises:
        UsageError: neither the catalogue nor the log knows the code, or the log does not
            know the app.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> one = kit.case(log, "7d", code="AADSTS50126")
        >>> one.blast_radius, len(one.still_failing), one.fix.verdict
        ('connection', 8, 'holds')
    """
    window = window_of(log, window, since, until)
    pair = choose(log, window, code=code, app=app)
    if pair is None:
        return None
    app_key, code = pair
    case_history = history(log, window, app_key, code)
    now = outage(case_history)
    assert now is not None  # what was chosen failed before the window's end
    hit, became = _hit(case_history, now), case_history.people
    whole = Window(min(window.since, now.start.to_pydatetime()), window.until)
    case_history = replace(case_history, window=whole)
    mine = failures(log, case_history.window, app_key=app_key, code=code)
    proof = verification(case_history, now, fixed_at=_fixed_at(fixed, window))
    catalogue = load()
    app_name = str(mine["app"].dropna().iloc[-1]) if mine["app"].notna().any() else None
    # The same code may need another remedy on another app, or by what the vendor said last.
    reason = str(mine["reason"].iloc[-1] or "")
    live = ask(app_key) if ask else None
    story = vendor_story(log, app_key, code, window.until)
    kind = catalogue.kind(code, text=reason)
    return Case(
        app=app_name or phrases.SIGN_IN,
        app_key=app_key,
        code=code,
        meaning=catalogue.meaning(code, app=app_name, text=reason)
        or "The catalogue does not know this code.",
        remedy=catalogue.remedy(code, app=app_name, text=reason),
        window=window,
        failures=with_state(mine, became).reset_index(drop=True),
        people=hit,
        history=case_history,
        outage=now,
        changed=changes(case_history, now.start),
        proof=proof,
        steps=steps(
            catalogue.steps(code, app=app_name, text=reason),
            StepFacts(case_history, now, proof, hit, live, story),
        ),
        vendor_side=vendor_side(log, mine, story, kind),
        live=live,
        vendor=story,
    )


def _hit(history: History, now: Outage) -> pd.DataFrame:
    """Who failed with a code since an onset, or still fails with it, as ``recovery`` lists them.

    Whoever worked after his last failure with this code recovered from it, whatever failed later.
    """
    keys = list(KEYS)
    rows = history.failures[who(history.failures).notna()]
    since = rows["published"] >= now.start
    rows = rows[since | rows["uuid"].isin(history.still_failing["uuid"])]
    if rows.empty:
        return history.people.head(0)
    counts = rows.groupby(keys, as_index=False).agg(
        failures=("uuid", "count"), first_failure=("published", "min")
    )
    last = rows.drop_duplicates(keys, keep="last")
    last = last[[*keys, "published", "worked_again", "failing_since"]]
    last = last.rename(columns={"published": "last", "failing_since": "since"})
    mine = counts.merge(last, on=keys)
    became = history.people.drop(columns=["failures", "first_failure"])
    table = became.merge(mine, on=keys)  # in the order of ``recovery``
    has_recovered = table["worked_again"].notna()
    table.loc[has_recovered, "state"] = "recovered"
    table.loc[has_recovered, "abandoned_at"] = pd.NaT
    for name, of_code in (
        ("recovered_at", "worked_again"),
        ("failing_since", "since"),
        ("last_failure", "last"),
    ):
        table[name] = table[of_code].where(has_recovered, table[name])
    table["time_to_recover"] = table["recovered_at"] - table["failing_since"]
    return table[list(history.people.columns)].reset_index(drop=True)


_TICK = pd.Timedelta(milliseconds=1)


def _fixed_at(fixed: str | date | None, window: Window) -> pd.Timestamp | None:
    return pd.Timestamp(parse_time("fixed", fixed, window.until)) if fixed else None


def choose(log: Log, window: Window, *, code: str = "", app: str = "") -> tuple[str, str] | None:
    """Choose the app and code to look into, of those asked for.

    The rule: the one with most users, hit in the window or still failing at its end; where there
    is none, the connection that broke before the window, and on which nothing has worked since;
    then the incident that is not over.

    Args:
        log: the opened log.
        window: the window.
        code: a code, without case.
        app: an app's name or id.

    Returns:
        The app's key and the code as the log spells it; None where nothing failed so in the
        window, and nothing is open from before.

    Raises:
        UsageError: neither the catalogue nor the log knows the code, or the log does not
            know the app.
    """
    filters: list[tuple[str, set[str]]] = []
    if code:
        filters.append(("code", {find_code(log, code.strip())}))
    if app:
        filters.append(("app_key", find_apps(log, app)))
    rows = folded_failures(log, window)
    fell = to_pandas(
        _filtered(rows, filters).select("app_key", "code", "hit_key", "hit_type").distinct()
    )
    still = unresolved(log, window, recovery(log, window, everyone=True))
    still = still[(still["state"] == "still_failing") & who(still).notna()]
    for name, values in filters:
        still = still[still[name].isin(values)]
    both = pd.concat([fell, still[list(fell.columns)]])
    if both.empty:
        both = broken_connections(log, window)
        for name, values in filters:
            both = both[both[name].isin(values)]
        if both.empty:
            both = _unfinished(log, window)
            for name, values in filters:
                both = both[both[name].isin(values)]
        return None if both.empty else most_hit(both)
    by_pair = both.assign(who=who(both)).groupby(["app_key", "code"], as_index=False)
    return most_hit(by_pair.agg(users=("who", "nunique")))


def _unfinished(log: Log, window: Window) -> pd.DataFrame:
    """The incidents that are not over at a window's end: ``app_key``, ``code``, ``users``."""
    rows = [
        (one.app_key, one.code, one.users)
        for one in incidents(log, window.until)
        if one.state != "over"
    ]
    return pd.DataFrame(rows, columns=["app_key", "code", "users"])


def _filtered(rows: ir.Table, filters: list[tuple[str, set[str]]]) -> ir.Table:
    for name, values in filters:
        rows = rows.filter(rows[name].isin(sorted(values)))
    return rows
