"""The sections of ``failure_trends``: what fails, for whom, and how it moves."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kit import charts, show, words
from kit.analysis.trends import Trends, trends
from kit.lake.coverage import iso
from kit.narrative.report import NotebookReport

__all__ = ["TrendsReport", "trends_report"]


class TrendsReport(NotebookReport):
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


def _plain(value: Any) -> Any:
    """A value as JSON has it: no numpy number, no NaN."""
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return None
    return value.item() if hasattr(value, "item") else value
