"""The sections of ``orgs``: a provider's summary of many orgs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.orgs import OrgState, orgs_of, states_of_orgs
from kit.base.times import iso
from kit.display import charts, phrases
from kit.display.parts import Chart, Headline, Note
from kit.display.table import Table
from kit.views.base import NotebookReport, in_readers_zone, view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.display.parts import Part
    from kit.reports.summary import Result

__all__ = ["OrgsReport", "orgs_report"]


class OrgsReport(NotebookReport):
    """Which orgs have a broken connection now, and how each of them stands."""

    states: list[OrgState]

    def _look(self) -> None:
        self.states = states_of_orgs(orgs_of(self.log), self.window, self.parameters["kind"])

    @property
    def broken(self) -> pd.DataFrame:
        """One row a broken connection, most users first, with its ``org``."""
        rows = [
            one.broken.assign(org=one.org)
            for one in self.states
            if one.broken is not None and len(one.broken)
        ]
        table = pd.concat(rows) if rows else pd.DataFrame(columns=[*_BROKEN, "app_key"])
        order = ["users", "since", "org", "app", "code"]
        return table.sort_values(order, ascending=[False, True, True, True, True])

    @property
    def headline_text(self) -> str:
        """The answer in one or two sentences."""
        readable = [one for one in self.states if not one.error]
        unreadable = [one.org for one in self.states if one.error]
        unseen = f" Could not look at {phrases.join(unreadable[:5])}." if unreadable else ""
        broken = self.broken
        if broken.empty:
            lacking = sum(1 for one in readable if one.coverage and not one.coverage.complete)
            if lacking:
                unseen = f" The window is not held in full for {lacking:,} of them.{unseen}"
            return f"No broken connection seen in {phrases.count(len(readable), 'org')}.{unseen}"
        top = broken.iloc[0]
        hit = phrases.count(int(top["users"]), "user") + " hit" if top["users"] else "no user named"
        orgs = broken["org"].nunique()
        return (
            f"{orgs:,} of {phrases.count(len(readable), 'org')} "
            f"{'has' if orgs == 1 else 'have'} a broken connection: first {top['org']}, "
            f"{top['code']} on {top['app']}, {hit}, since {phrases.moment(top['since'])}.{unseen}"
        )

    @view
    def headline(self) -> Iterator[Part]:
        """The answer, the window and how much of it is held."""
        yield Headline(self.headline_text)
        yield self._facts()

    @view
    def connections(self) -> Iterator[Part]:
        """Each connection that is broken, most users first."""
        yield Table(
            self.broken[_BROKEN].rename(columns={"since": "start", "last": "last_seen"}),
            caption="Broken connections: every attempt failed, and nothing has worked since",
            most=100,
            empty="none seen.",
        )

    @view
    def orgs(self) -> Iterator[Part]:
        """How each org stands."""
        rows = [
            {
                "org": one.org,
                "broken": 0 if one.broken is None else len(one.broken),
                "failures": one.failures,
                "attempts": one.attempts,
                "rate": one.failures / one.attempts if one.attempts else 0.0,
                "users": one.users,
                "still_failing": one.still_failing,
                "coverage": phrases.coverage_in_words(one.coverage)
                if one.coverage
                else "could not be read",
            }
            for one in self.states
            if not one.error
        ]
        if rows:
            table = pd.DataFrame(rows)
            yield Chart(charts.by_org, table)
            yield Table(table, caption="How each org stands", most=500)
        for one in self.states:
            if one.error:
                yield Note(f"Could not look at {one.org}: {one.error}")

    @view
    def next(self) -> Iterator[Part]:
        """Which notebook to open next for each broken connection."""
        steps = []
        for row in self.broken.head(5).to_dict("records"):
            source = f"{self.log.source}/{row['org']}" if self.log.orgs else self.log.source
            parameters = {"source": source, "code": str(row["code"]), "app": str(row["app"])}
            steps.append(("remediation", parameters, f"what to do about {row['org']}"))
        yield self._next(steps)

    @in_readers_zone
    def summary(self) -> Result:
        """The result for machines, published where it is a cell's last line."""
        broken = [
            {**row, "since": iso(row["since"]), "last": iso(row["last"])}
            for row in self.broken[_BROKEN].astype(object).to_dict("records")
        ]
        orgs = [
            {
                "org": one.org,
                "error": one.error or None,
                "coverage": one.coverage.as_dict() if one.coverage else None,
                "failures": one.failures,
                "attempts": one.attempts,
                "users": one.users,
                "still_failing": one.still_failing,
                "broken": 0 if one.broken is None else len(one.broken),
            }
            for one in self.states
        ]
        return self._result(self.headline_text, {"broken": broken, "orgs": orgs})


_BROKEN = ["org", "app", "code", "family", "users", "failures", "since", "last"]


def orgs_report(
    source: str = "lake",
    *,
    since: str = "",
    until: str = "",
    kind: str = "",
    timezone: str = "",
) -> OrgsReport:
    """Open the lakes of many orgs and say which have a broken connection now.

    Args:
        source: the folder with one lake an org, each named by its host; any other source is
            one org.
        since: the window's start, UTC: ``7d``, a date or an ISO time; all if empty.
        until: the window's end; the end of what the newest lake holds if empty.
        kind: one kind of failure, as ``kinds.csv`` names it; all if empty.
        timezone: the reader's time zone, as the IANA database names it; UTC if empty.

    Returns:
        The report, whose methods give its sections.

    Raises:
        SourceError: no lake can be read, or none holds anything.
        UsageError: a time cannot be read, since is not before until, or there is no such kind or
            time zone.

    Example:
        >>> import kit
        >>> kit.orgs_report("sample", since="7d").headline_text
        'No broken connection seen in 1 org.'
    """
    return OrgsReport(source=source, since=since, until=until, kind=kind, timezone=timezone)
