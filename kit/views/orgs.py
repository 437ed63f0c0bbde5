"""The sections of ``orgs``: a provider's summary of many orgs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.analysis.orgs import OrgState, orgs_of, states_of_orgs
from kit.base.times import iso
from kit.catalogue import load
from kit.display import charts, phrases
from kit.display.first_screen import Deed, Tile
from kit.display.parts import Chart, Note
from kit.display.table import Table
from kit.views.base import NotebookReport, in_readers_zone, view
from kit.views.open_words import deeds_of, leavers_deed, open_in_words, relevant
from kit.views.tiles import broken_tile, leavers_tile

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

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
        """How the orgs stand, what to do next, and how many are hit in each."""
        yield self._first_screen(self._sentence, self._tiles, self._deeds)
        readable = self._readable()
        if len(readable):
            yield Chart(charts.by_org, readable)
        yield self._facts()

    @property
    def _sentence(self) -> str:
        """The answer in one short sentence; what groups of people fail with, where nothing else."""
        if len(self.broken) or self.condition not in {"broken", "some_failing"}:
            return self.headline_text
        mine = self.own_incidents
        return open_in_words(self.condition, mine, self.window, self.coverage)

    @property
    def _tiles(self) -> list[Tile]:
        unread = sum(1 for one in self.states if one.error)
        broken = self.broken
        number = len(broken[["org", "app"]].drop_duplicates())
        still = sum(one.still_failing for one in self.states)
        orgs = f"in {phrases.count(broken['org'].nunique(), 'org')}" if number else ""
        for_some = broken_tile(self.incidents, "#broken")
        name = "broken connection" if number == 1 else "broken connections"
        return [
            Tile(
                f"{number:,}",
                name,
                "#broken",
                orgs or for_some.note,
                "bad" if number else for_some.tone,
            ),
            Tile(f"{still:,}", "users still failing", "#orgs", "sign-ins among them"),
            leavers_tile(self.incidents, "#orgs"),
            Tile(
                f"{len(self.states):,}",
                "org" if len(self.states) == 1 else "orgs",
                "#orgs",
                f"{unread:,} could not be read" if unread else "",
                "bad" if unread else "",
            ),
        ]

    @property
    def _deeds(self) -> list[Deed]:
        """The worst broken connections, each with its org; else what is open in all of them."""
        deeds = []
        for row in self.broken.head(3).to_dict("records"):
            remedy = load().remedy(str(row["code"]), app=str(row["app"]))
            why = remedy.title if remedy else f"no known fault ({row['code']})"
            deeds.append(
                Deed(
                    f"{row['org']}, {row['app']}: {why}.",
                    link=("all that are broken", "#broken"),
                    command=self._command_for(row),
                )
            )
        if not deeds:
            return list(deeds_of(self.incidents, self._command, "orgs"))
        stay = [one for one in relevant(self.incidents) if one.leavers and one.state != "over"]
        if stay:
            deeds.insert(0, leavers_deed(stay, self._command(stay[0]), "orgs"))
        return deeds[:3]

    def _command_for(self, row: Mapping[Hashable, Any]) -> str:
        """The command that makes the ``remediation`` of a broken connection."""
        command = ["okta-kit", "report", "remediation", "-p", f"code={row['code']}"]
        command += ["-p", f"app={row['app']}", "--source", self._source_of(row)]
        command += ["--until", self.window.as_text()["until"]]
        return shlex.join(command) if all(map(str.isprintable, command)) else ""

    def _source_of(self, row: Mapping[Hashable, Any]) -> str:
        """What to give as the source to look at an org alone."""
        return f"{self.log.source}/{row['org']}" if self.log.orgs else self.log.source

    @view
    def connections(self) -> Iterator[Part]:
        """Each connection that is broken, most users first."""
        yield Table(
            self.broken[_BROKEN].rename(columns={"since": "start", "last": "last_seen"}),
            caption="Broken connections: every attempt failed, and nothing has worked since",
            most=100,
            empty="none seen.",
            anchor="broken",
        )

    @view
    def orgs(self) -> Iterator[Part]:
        """How each org stands."""
        table = self._readable()
        if len(table):
            yield Table(table, caption="How each org stands", most=500, anchor="orgs")
        for one in self.states:
            if one.error:
                yield Note(f"Could not look at {one.org}: {one.error}")

    def _readable(self) -> pd.DataFrame:
        """One row an org whose lake could be read, the worst first."""
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
        return pd.DataFrame(rows)

    @view
    def next(self) -> Iterator[Part]:
        """Which notebook to open next for each broken connection."""
        steps = []
        for row in self.broken.head(5).to_dict("records"):
            parameters = {
                "source": self._source_of(row),
                "code": str(row["code"]),
                "app": str(row["app"]),
            }
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
