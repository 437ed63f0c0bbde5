"""The sections of ``remediation``: one code on one app, the steps, the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.base.times import parse_time
from kit.case.case import Case, case
from kit.case.steps import NOT_SHOWN, OUT_OF_STEP
from kit.case.ticket import HELPS, retry_list, ticket, warnings
from kit.catalogue.model import OWNERS
from kit.display import charts, phrases
from kit.display.parts import Block, Chart, Facts, Headline, Note, Steps
from kit.display.table import Table
from kit.views.base import NotebookReport, view
from kit.views.failure_list import one_by_one
from kit.views.sections import (
    left_behind,
    left_behind_in_words,
    marks_of,
    named,
    over_time,
    radius_in_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.display.parts import Part
    from kit.reports.summary import Result
    from kit.sources.okta import AppEvidence

__all__ = ["RemediationReport", "remediation_report"]

_RETRY = {
    "after_fix": "Retry after the fix.",
    "wait": "Wait, then retry.",
    "reassign": "A plain retry is useless: unassign and assign again.",
    "automatic": "Okta retries by itself; leave it alone.",
}
_STEP = {"done": "done", "to_do": "to do", "unknown": "not shown by the log"}
_VERDICT = {"holds": "holds", "not_fixed": "not fixed", "unproven": "unproven"}


class RemediationReport(NotebookReport):
    """One code on one app: what it means, who is hit, the steps, the proof."""

    case: Case | None

    def _look(self) -> None:
        code, app, fixed = (self.parameters[name] for name in ("code", "app", "fixed"))
        self.case = case(
            self.log,
            self.window,
            code=code,
            app=app,
            fixed=parse_time("fixed", fixed, self.window.until) if fixed else None,
            ask=_ask if self.log.source == "okta" else None,
        )

    @property
    def headline_text(self) -> str:
        """The answer in one or two sentences."""
        found = self.case
        if found is None:
            return self._no_failures()
        fix = {
            "holds": f"The fix of {phrases.moment(found.fix.at)} holds" if found.fix.at else "",
            "not_fixed": "It is not fixed",
            "unproven": "A fix is not proven yet",
        }[found.fix.verdict]
        if not found.app_key:  # people's own mistakes at signing in, which nobody mends
            return (
                f"{found.code} concerns no app, since {found.since}: {found.hit}, "
                f"{len(found.still_failing):,} still failing.{_behind(found.apart)}"
            )
        given_up = f", {len(found.abandoned):,} unassigned since" if found.abandoned else ""
        return (
            f"{radius_in_words(found)}, {found.code}, since {found.since}. "
            f"{found.hit}, {len(found.still_failing):,} still failing{given_up}. {fix}."
            f"{_behind(found.apart)}{left_behind_in_words(found.failed_deactivations)}"
        )

    @view
    def headline(self) -> Iterator[Part]:
        """Show the answer, the window and how much of it is held."""
        yield Headline(self.headline_text)
        found = self.case
        if found is None:
            yield self._facts()
            return
        yield self._facts(Rate=f"In the window, {found.rate_in_words} failed with this code")

    @view
    def meaning(self) -> Iterator[Part]:
        """Show what the code means, whose job it is and whether a retry helps."""
        if self.case is None:
            return
        remedy = self.case.remedy
        told: dict[str, object] = {"Code": self.case.code, "Meaning": self.case.meaning}
        if remedy is None:
            yield Facts({**told, "Remedy": "The catalogue has none for this code."})
            return
        yield Facts(
            {
                **told,
                "Cause": remedy.cause,
                "Whose job": OWNERS[remedy.owner],
                "Retry": f"{_RETRY[remedy.retry]} {remedy.retry_note}".strip(),
            }
        )

    @view
    def cause(self) -> Iterator[Part]:
        """Show since when it fails, how wide, and what changed just before."""
        found = self.case
        if found is None:
            return
        came = found.proof.incidents
        yield Facts(
            {
                "Since": found.since,
                "How wide": f"{found.blast_radius}: {found.proof.radius.why}",
                "How often": _how_often(came),
                "Looked for changes": self._looked(),
            }
        )
        yield Table(
            found.changes[["published", "before", "event_type", "touches", "actor", "on", "uuid"]],
            caption="What changed before, the likeliest first; candidates, no verdict",
            most=10,
            empty="the log shows nothing. That does not mean that nothing changed outside Okta.",
        )
        yield from over_time(found)
        if len(came) > 1:
            yield Table(
                came.iloc[::-1],
                caption="Each time that this code came on this app, the latest first",
                most=10,
                folded=True,
            )

    @view
    def failures(self) -> Iterator[Part]:
        """List the failures one by one; in JupyterLab to be narrowed and opened."""
        if self.case is not None:
            yield one_by_one(self.log, self.case.failures, self.case.history.episodes)

    @view
    def people(self) -> Iterator[Part]:
        """Show who is hit, who still fails, who recovered and who was unassigned."""
        found = self.case
        if found is None:
            return
        rows, who = found.people, [*named(found.people), "failures"]
        yield from left_behind(found.failed_deactivations, [found.app] if found.app else [])
        still = rows[rows["state"] == "still_failing"]
        yield Table(
            still[[*who, "failing_since", "last_failure"]],
            caption=f"Still failing, {len(still):,}",
            most=100,
            empty="nobody.",
        )
        back = rows[rows["state"] == "recovered"].sort_values(["recovered_at", "hit"])
        yield Table(
            back[[*who, "last_failure", "recovered_at", "time_to_recover"]],
            caption=f"Recovered, {len(back):,}: the same operation worked after the last failure",
            most=200,
            empty="nobody yet.",
            folded=True,
        )
        gone = rows[rows["state"] == "abandoned"].sort_values(["abandoned_at", "hit"])
        if len(gone):
            yield Table(
                gone[[*who, "last_failure", "abandoned_at"]],
                caption=f"Unassigned since, {len(gone):,}: nothing is left to retry",
                most=100,
                folded=True,
            )
        by_hit = rows.assign(user_key=rows["hit_key"])
        if len(rows):
            yield Chart(charts.people_over_time, by_hit, found.history.window, marks_of(found))
        if rows["time_to_recover"].notna().any():
            yield Chart(charts.time_to_recover, rows)

    @view
    def steps(self) -> Iterator[Part]:
        """Show the steps, each with the evidence that is seen for it."""
        found = self.case
        if found is None:
            return
        if not found.steps:
            yield Note("The catalogue has no steps for this code. Start from the vendor's words.")
            yield self._messages(found.failures)
            return
        yield Steps(
            [
                {
                    "title": step.title,
                    "state": _STEP[step.state],
                    "": step.do,
                    "You should see": step.see,
                    "Shown by": "" if step.evidence == NOT_SHOWN else step.shown_by,
                    "Evidence": "" if step.evidence == NOT_SHOWN else step.evidence,
                }
                for step in found.steps
            ]
        )

    @view
    def app(self) -> Iterator[Part]:
        """Show what the app itself says, where the source is the live org."""
        if self.case is None:
            return
        found = self.case.live
        if found is None:
            yield Note("Not checked: this needs the live org. Set source to okta.")
            return
        lacking = {part: f"not checked: {why}" for part, why in found.not_checked.items()}
        users = phrases.count(len(found.users or []), "user")
        features = ", ".join(f"{name} {state}" for name, state in (found.features or {}).items())
        yield Facts(
            {
                "Provisioning connection": lacking.get("connection", found.connection or "unknown"),
                "Features": lacking.get("features", features or "none"),
                "Users of the app": lacking.get("users", users),
                **({"Asked": phrases.moment(pd.Timestamp(found.asked))} if found.asked else {}),
            }
        )
        if found.users is not None:
            hit = set(self.case.people["user_key"])
            rows = pd.DataFrame(found.users, columns=["login", "status", "sync_state", "last_sync"])
            off = rows["sync_state"].isin(OUT_OF_STEP) | (rows["status"] == "STAGED")
            mine = rows[rows["login"].str.lower().isin(hit) | off]
            yield Table(
                mine.sort_values(["sync_state", "login"]),
                caption="Users who were hit, and all whose sync is in error",
                most=100,
                empty="nobody.",
            )

    @view
    def proof(self) -> Iterator[Part]:
        """Show what proves the fix, and whether the log shows it."""
        found = self.case
        if found is None:
            return
        fix, remedy = found.fix, found.remedy
        yield Facts(
            {
                "Verdict": _VERDICT[fix.verdict],
                "Fixed at": phrases.moment(fix.at) if fix.at is not None else "not seen",
                "Known from": self._how(),
                "Why": fix.why,
                **({"To verify": " ".join(f"{v}." for v in remedy.verify)} if remedy else {}),
            }
        )
        yield Table(
            found.proof.sides, caption="Before the fix and after it, with this code", most=2
        )

    @view
    def ticket(self) -> Iterator[Part]:
        """Show a ticket's text, ready to be sent to whose job it is."""
        if self.case is not None:
            yield Block(ticket(self.case), caption="A ticket, ready to send")

    @view
    def retry(self) -> Iterator[Part]:
        """List what to retry, split by what helps, the failed deactivations first."""
        if self.case is None:
            return
        for said in warnings(self.case):
            yield Note(f"Careful: {said}")
        rows = retry_list(self.case)
        if rows.empty:
            yield Note("Nothing is left to retry.")
        for helps, mine in rows.groupby("helps", sort=False):
            yield Table(
                mine.drop(columns="helps").dropna(axis="columns", how="all"),
                caption=f"{str(helps).capitalize()}, {len(mine):,}: {HELPS[str(helps)]}",
                most=100,
            )

    @view
    def next(self) -> Iterator[Part]:
        """Say which notebook to open next."""
        found = self.case
        if found is None:
            yield self._next([("failure_trends", {}, "all that fails in this window")])
            return
        asked = {"code": found.code, **({"app": found.app} if found.app_key else {})}
        steps = [
            ("error_code", asked, f"{found.code} in depth"),
            ("failure_trends", {"app": found.app} if found.app_key else {}, "all its codes"),
        ]
        users = set(found.people["user"].dropna())
        hit = [one for one in found.still_failing if one in users][:2]
        yield self._next(
            [*steps, *(("user_history", {"user": u}, f"what happened to {u}") for u in hit)]
        )

    def summary(self) -> Result:
        """The result for machines, published where it is a cell's last line."""
        return self._result(self.headline_text, self.case.results() if self.case else {})

    def _looked(self) -> str:
        assert self.case
        changed = self.case.changed
        if changed.since is None:
            return ""
        said = f"from {phrases.moment(changed.since)} to the onset"
        if changed.not_held:
            gaps = phrases.join([phrases.span(gap) for gap in changed.not_held])
            said += f". The source does not reach back: {gaps} is not held, so a change may be lost"
        return said

    def _how(self) -> str:
        assert self.case
        fix = self.case.fix
        if fix.event is not None:
            event = fix.event
            return f"{event['event_type']} by {event['actor']} (event {event['uuid']})"
        return {"given": "given", "first success": "the first success after the last failure"}.get(
            fix.how, "nothing in the log"
        )

    def _messages(self, failures: pd.DataFrame) -> Table:
        said = failures.groupby("reason", as_index=False).agg(failures=("uuid", "count"))
        return Table(said.sort_values("failures", ascending=False), caption="What was said", most=5)


def remediation_report(
    source: str = "sample",
    *,
    since: str = "",
    until: str = "",
    code: str = "",
    app: str = "",
    fixed: str = "",
) -> RemediationReport:
    """Open a source and investigate one code on one app.

    Args:
        source: as for ``trends_report``.
        since: as for ``trends_report``.
        until: as for ``trends_report``.
        code: the code; the one with most users hit in the window or still failing if empty.
        app: the app's name or id; chosen likewise if empty.
        fixed: when it was fixed, UTC; found in the log if empty.

    Returns:
        The report, whose methods show its sections.

    Raises:
        SourceError: the source cannot be read, or holds nothing.
        UsageError: a time cannot be read, or a name is unknown (with the nearest).
    """
    return RemediationReport(
        source=source, since=since, until=until, code=code, app=app, fixed=fixed
    )


def _ask(app_key: str) -> AppEvidence:
    from kit.sources.okta import app_evidence

    return app_evidence(app_key)


def _behind(said: str) -> str:
    """A sentence behind others."""
    return f" {said}" if said else ""


def _how_often(came: pd.DataFrame) -> str:
    """How often a code came, and at what interval."""
    if len(came) < 2:
        return "the first time in what the source holds"
    between = came["interval"].dropna().dt.total_seconds()
    middle = phrases.hours(float(between.median()))
    return (
        f"{len(came):,} times in what the source holds, half of them within {middle} of the one "
        "before"
    )
