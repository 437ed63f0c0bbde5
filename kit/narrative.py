"""A notebook's report, section by section: the answer first, then what it rests on.

A notebook holds words and calls; the sentences that carry numbers are made here, from
the analysis, so that none of them can differ from the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import charts, show, words
from kit.analysis.trends import Trends, trends
from kit.catalogue import load
from kit.engine import Log, Window, iso, open_log
from kit.remediation import NOT_SHOWN, Case, case
from kit.reports.summary import publish

if TYPE_CHECKING:
    from kit.engine import Coverage

__all__ = ["RemediationReport", "TrendsReport", "remediation_report", "trends_report"]

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


class _Report:
    """What every report shows: its window, its coverage, its summary."""

    def __init__(self, source: str, since: str, until: str) -> None:
        self.log: Log = open_log([part.strip() for part in source.split(",")])
        self.window: Window = self.log.window(since or None, until or None)
        self.coverage: Coverage = self.log.coverage(self.window)

    def _facts(self, **more: object) -> None:
        put_aside = len(self.log.put_aside)
        show.facts(
            {
                "Window": words.span(self.window),
                "Source": f"{self.log.source}: {words.count(self.log.count, 'event')}",
                "Coverage": words.covered(self.coverage, put_aside),
                **more,
            }
        )

    def _no_failures(self, what: str) -> str:
        """Say that nothing failed, and only as far as the source reaches."""
        if self.coverage.complete:
            return f"No {what} between {words.span(self.window).replace(' to ', ' and ')}."
        return (
            f"No {what} in the part of the window that the source holds. The rest is missing, "
            "so this is not an all-clear."
        )

    def _publish(self, headline: str, results: dict[str, Any]) -> None:
        publish(
            {
                "window": self.window.as_text(),
                "source": self.log.source,
                "coverage": self.coverage.as_dict(),
                "catalogue_version": load().version,
                "headline": headline,
                "results": results,
            }
        )


class TrendsReport(_Report):
    """What is failing in a window, by code, over time and against what works."""

    def __init__(self, source: str, *, since: str, until: str, app: str, bucket: str) -> None:
        super().__init__(source, since, until)
        self.app = app
        self.found: Trends = trends(self.log, self.window, app=app, bucket=bucket)

    @property
    def headline_text(self) -> str:
        """The answer in one sentence."""
        totals, table = self.found.totals, self.found.by_code
        if table.empty:
            return self._no_failures("failures")
        top = table.iloc[0]
        still = int(self.found.recovery.query("state == 'still_failing'")["user_key"].nunique())
        said = (
            f"In all, {words.count(int(totals['failures']), 'failure')} hit "
            f"{words.count(int(totals['users']), 'user')}; {still:,} still "
            f"{'fails' if still == 1 else 'fail'}."
        )
        who = (
            f"{words.count(int(top['users']), 'user')} hit, "
            f"{int(top['still_failing']):,} still failing"
        )
        where = f" on {top['app']}" if isinstance(top["app"], str) else ""
        return (
            f"{top['code']}{where} ({top['family']}): {who}, since "
            f"{words.moment(top['first_seen'])}. {said}"
        )

    def headline(self) -> None:
        """Show the answer, the window and how much of it is held."""
        totals = self.found.totals
        show.headline(self.headline_text)
        self._facts(
            Rate=f"{int(totals['failures']):,} of {int(totals['attempts']):,} attempts failed "
            f"({words.percent(float(totals['rate']))})"
        )

    def by_code(self) -> None:
        """Show who is hit by what, most users first."""
        columns = [
            "code",
            "app",
            "users",
            "still_failing",
            "recovered",
            "failures",
            "rate",
            "state",
            "first_seen",
            "last_seen",
            "family",
        ]
        table = self.found.by_code
        show.table(table[columns], caption="What is failing, by app and code", most=25)
        if (table["users"] > 0).any():
            show.figure(*charts.by_code(table))

    def over_time(self) -> None:
        """Show failures over time."""
        if len(self.found.over_time):
            show.figure(*charts.over_time(self.found.over_time, self.window, self.found.bucket))
        self._by_bucket()

    def failing_against_working(self) -> None:
        """Show the share of attempts that failed, by app."""
        attempts = self.found.attempts_over_time
        if len(self.found.failures):
            show.figure(*charts.failing_against_working(attempts, self.window, self.found.bucket))
        total = attempts.groupby("app", as_index=False)[["failures", "successes"]].sum()
        total["rate"] = total["failures"] / (total["failures"] + total["successes"])
        total = total.sort_values(["failures", "app"], ascending=[False, True])
        show.table(total, caption="Failing against working, by app", most=15)

    def unknown(self) -> None:
        """Show failures whose text the catalogue does not know, and those without one."""
        rows = self.found.failures
        unknown = rows[rows["code"].str.startswith("UNKNOWN_") | (rows["code"] == "NO_REASON")]
        table = unknown.groupby(["code", "app"], as_index=False, dropna=False).agg(
            failures=("uuid", "count"),
            example=("reason", "first"),
            event_type=("event_type", "first"),
        )
        table = table.sort_values(["failures", "code"], ascending=[False, True])
        show.table(
            table,
            caption="Failures without a known code",
            most=15,
            empty="every failure in the window has a known code.",
        )

    def next(self) -> None:
        """Say which code to look into, and with which parameters."""
        table = self.found.by_code
        show.table(
            table[table["users"] > 0][["code", "app", "users", "still_failing"]].head(5),
            caption="Open remediation.ipynb with one of these as code and app",
            empty="no user was hit.",
        )

    def summary(self) -> None:
        """Leave the result for machines."""
        keep = [
            "app",
            "code",
            "family",
            "failures",
            "events",
            "users",
            "first_seen",
            "last_seen",
            "state",
            "still_failing",
            "recovered",
        ]
        rows = self.found.by_code[keep].astype(object).to_dict("records")
        for row in rows:
            row.update(first_seen=iso(row["first_seen"]), last_seen=iso(row["last_seen"]))
        by_code = [{k: _plain(v) for k, v in row.items()} for row in rows]
        self._publish(self.headline_text, {"totals": self.found.totals, "by_code": by_code})

    def _by_bucket(self) -> None:
        busiest = self.found.over_time.sort_values(
            ["failures", "bucket", "app", "code"], ascending=[False, True, True, True]
        )
        columns = ["bucket", "app", "code", "failures"]
        show.table(
            busiest[columns].rename(columns={"bucket": f"{self.found.bucket} from (UTC)"}),
            caption=f"The worst {self.found.bucket}s",
            most=10,
        )


class RemediationReport(_Report):
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


def trends_report(
    source: str = "sample", *, since: str = "", until: str = "", app: str = "", bucket: str = "auto"
) -> TrendsReport:
    """Open a source and count what fails in a window.

    Args:
        source: ``sample``, or export files, globs or folders, several with commas.
        since: the window's start, UTC: ``7d``, a date or an ISO time; all if empty.
        until: the window's end; the end of what the source holds if empty.
        app: one app's name or id; all if empty.
        bucket: ``hour``, ``day`` or ``auto``.

    Returns:
        The report, whose methods show its sections.

    Raises:
        SourceError: the source cannot be read, or holds nothing.
        UsageError: a time cannot be read, or since is not before until.
    """
    return TrendsReport(source, since=since, until=until, app=app, bucket=bucket)


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


def _plain(value: Any) -> Any:
    """A value as JSON has it: no numpy number, no NaN."""
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return None
    return value.item() if hasattr(value, "item") else value
