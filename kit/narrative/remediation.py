"""The sections of ``remediation``: one code on one app, the steps, the proof."""

from __future__ import annotations

import pandas as pd

from kit import charts, show, words
from kit.narrative.report import NotebookReport
from kit.remediation import NOT_SHOWN, Case, case

__all__ = ["RemediationReport", "remediation_report"]

_RETRY = {
    "after_fix": "Retry after the fix, one user first.",
    "wait": "Wait, then retry.",
    "reassign": "A plain retry is useless: unassign and assign again.",
    "automatic": "Okta retries by itself; leave it alone.",
}
_OWNER = {
    "okta_admin": "the Okta admin",
    "microsoft_admin": "the Microsoft 365 admin",
    "app_owner": "the app's owner",
    "data_owner": "who owns the user's data",
    "directory_admin": "the directory's admin",
    "wait": "nobody: wait",
}
_STEP = {"done": "done", "to_do": "to do", "unknown": "not shown by the log"}


class RemediationReport(NotebookReport):
    """One code on one app: what it means, who is hit, the steps, the proof."""

    def __init__(self, source: str, *, since: str, until: str, code: str, app: str) -> None:
        super().__init__(source, since, until)
        self.asked = " ".join(part for part in (code, f"on {app}" if app else "") if part)
        self.case: Case | None = case(self.log, self.window, code=code, app=app)

    @property
    def headline_text(self) -> str:
        """The answer in one or two sentences."""
        found = self.case
        if found is None:
            return self._no_failures(f"failures with {self.asked}" if self.asked else "failures")
        hit = words.count(found.people["user_key"].nunique(), "user")
        radius = {
            "connection": f"One broken connection: {found.app}",
            "group": f"Several users fail on {found.app}, others work",
            "user": f"One user fails on {found.app}",
        }[found.blast_radius]
        since = f", since {words.moment(found.onset)}" if found.onset is not None else ""
        still = len(found.still_failing)
        fix = {
            "holds": f"The fix of {words.moment(found.fix.at)} holds" if found.fix.at else "",
            "not_fixed": "It is not fixed",
            "unproven": "A fix is not proven yet",
        }[found.fix.verdict]
        return f"{radius}, {found.code}{since}. {hit} hit, {still:,} still failing. {fix}."

    def headline(self) -> None:
        """Show the answer, the window and how much of it is held."""
        show.headline(self.headline_text)
        self._facts()

    def meaning(self) -> None:
        """Show what the code means, whose job it is and whether a retry helps."""
        if self.case is None:
            return
        remedy = self.case.remedy
        told: dict[str, object] = {"Code": self.case.code, "Meaning": self.case.meaning}
        if remedy is None:
            show.facts({**told, "Remedy": "The catalogue has none for this code."})
            return
        show.facts(
            {
                **told,
                "Cause": remedy.cause,
                "Whose job": _OWNER[remedy.owner],
                "Retry": f"{_RETRY[remedy.retry]} {remedy.retry_note}".strip(),
            }
        )

    def cause(self) -> None:
        """Show since when it fails, how wide, and what changed just before."""
        if self.case is None:
            return
        onset = self.case.onset
        show.facts(
            {
                "Since": words.moment(onset) if onset is not None else "",
                "How wide": f"{self.case.blast_radius}: {self.case.radius_why}",
            }
        )
        show.table(
            self.case.changes[["published", "event_type", "actor", "uuid"]],
            caption="Changes to the app in the day before, nearest first; candidates, no verdict",
            most=10,
            empty="the log shows none. That does not mean there was none outside Okta.",
        )

    def people(self) -> None:
        """Show who is hit, who still fails and who recovered."""
        if self.case is None:
            return
        people = self.case.people
        if left := self.case.failed_deactivations:
            show.note(
                f"First: access was left behind. The deactivation of {words.join(left)} failed "
                "and has not worked since."
            )
        still = people[people["state"] == "still_failing"]
        columns = ["user", "user_name", "operation", "failures", "first_failure", "last_failure"]
        show.table(
            still[columns].sort_values(["last_failure", "user"]),
            caption="Still failing",
            most=100,
            empty="nobody.",
        )
        back = people[people["state"] == "recovered"].sort_values(["recovered_at", "user"])
        show.table(
            back[["user", "user_name", "operation", "failures", "last_failure", "recovered_at"]],
            caption=f"Recovered, {len(back):,}: the same operation worked after the last failure",
            most=200,
            empty="nobody yet.",
            folded=True,
        )
        if len(people):
            change = self.case.changes["published"].iloc[0] if len(self.case.changes) else None
            marks = {"change": change, "onset": self.case.onset, "fix": self.case.fix.at}
            show.figure(*charts.people_over_time(people, self.window, marks))

    def steps(self) -> None:
        """Show the steps, each with the evidence that the log gives for it."""
        if self.case is None:
            return
        if not self.case.steps:
            show.note("The catalogue has no steps for this code. Start from the vendor's words.")
            self._messages()
            return
        show.ordered(
            [
                {
                    "title": step.title,
                    "state": _STEP[step.state],
                    "": step.do,
                    "You should see": step.see,
                    "Evidence": "" if step.evidence == NOT_SHOWN else step.evidence,
                }
                for step in self.case.steps
            ]
        )
        remedy = self.case.remedy
        if remedy is not None and remedy.avoid:
            show.note(" ".join(remedy.avoid))

    def app(self) -> None:
        """Show what the app itself says, where the source is the live org."""
        if self.case is None:
            return
        if self.log.source != "okta":
            show.note("Not checked: this needs the live org. Set source to okta.")
            return
        from kit.sources.okta import app_evidence

        found = app_evidence(self.case.app_key)
        lacking = {part: f"not checked: {why}" for part, why in found.not_checked.items()}
        users = words.count(len(found.users or []), "user")
        features = ", ".join(f"{name} {state}" for name, state in (found.features or {}).items())
        show.facts(
            {
                "Provisioning connection": lacking.get("connection", found.connection or "unknown"),
                "Features": lacking.get("features", features or "none"),
                "Users of the app": lacking.get("users", users),
                **({"Asked": words.moment(pd.Timestamp(found.asked))} if found.asked else {}),
            }
        )
        if found.users is not None:
            hit = set(self.case.people["user_key"])
            rows = pd.DataFrame(found.users, columns=["login", "status", "sync_state", "last_sync"])
            off = rows["sync_state"].isin(["ERROR", "OUT_OF_SYNC"]) | (rows["status"] == "STAGED")
            mine = rows[rows["login"].str.lower().isin(hit) | off]
            show.table(
                mine.sort_values(["sync_state", "login"]),
                caption="Users who were hit, and all whose sync is in error",
                most=100,
                empty="nobody.",
            )

    def proof(self) -> None:
        """Show what proves the fix, and whether the log shows it."""
        if self.case is None:
            return
        fix, remedy = self.case.fix, self.case.remedy
        verdict = {"holds": "holds", "not_fixed": "not fixed", "unproven": "unproven"}
        show.facts(
            {
                "Verdict": verdict[fix.verdict],
                "Fixed at": words.moment(fix.at) if fix.at is not None else "not seen",
                "Why": fix.why,
                **({"To verify": " ".join(f"{v}." for v in remedy.verify)} if remedy else {}),
            }
        )

    def retry(self) -> None:
        """List what to retry, the failed deactivations first, with ids for a ticket."""
        if self.case is None:
            return
        rows = self.case.failures
        last = rows[rows["state"] == "still_failing"].drop_duplicates(
            ["user_key", "operation"], keep="last"
        )
        last = last.assign(urgent=~last["operation"].str.startswith(("deact", "deprov", "delet")))
        columns = ["user", "operation", "published", "trace_id", "correlation_id", "uuid"]
        show.table(
            last.sort_values(["urgent", "user"])[columns],
            caption="To retry under Dashboard > Tasks, with the last failure's ids",
            most=100,
            empty="nothing.",
        )

    def summary(self) -> None:
        """Leave the result for machines."""
        self._publish(self.headline_text, self.case.results() if self.case else {})

    def _messages(self) -> None:
        if self.case is None:
            return
        said = self.case.failures.groupby("reason", as_index=False).agg(failures=("uuid", "count"))
        show.table(said.sort_values("failures", ascending=False), caption="What was said", most=5)


def remediation_report(
    source: str = "sample", *, since: str = "", until: str = "", code: str = "", app: str = ""
) -> RemediationReport:
    """Open a source and investigate one code on one app.

    Args:
        source: as for ``trends_report``.
        since: as for ``trends_report``.
        until: as for ``trends_report``.
        code: the code; the one with the most users hit if empty.
        app: the app's name or id; the one with the most users hit if empty.

    Returns:
        The report, whose methods show its sections.

    Raises:
        SourceError: the source cannot be read, or holds nothing.
        UsageError: a time cannot be read, or a name is unknown (with the nearest).
    """
    return RemediationReport(source, since=since, until=until, code=code, app=app)
