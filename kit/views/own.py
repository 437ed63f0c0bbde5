"""A notebook of one's own: the frame that each report has, around questions that no other asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kit.analysis.lists import incident_list
from kit.analysis.unknown_texts import code_names
from kit.display.chart import chart
from kit.display.parts import Note, with_names
from kit.display.section import Section
from kit.display.table import Table
from kit.display.zone import reading_in
from kit.views.base import NotebookReport
from kit.views.open_words import deeds_of
from kit.views.tiles import broken_tile, leavers_tile, left_tile

if TYPE_CHECKING:
    import pandas as pd

    from kit.reports.summary import Result

__all__ = ["OwnReport", "own_report"]

_ROWS = "open"
"""The id of the table of incidents."""
_SCOPE = "The whole source"
_COLUMNS = ["state", "code", "app", "since", "users", "left", "leavers"]


class OwnReport(NotebookReport):
    """A source opened on a window, and what a page of one's own says of it."""

    def _look(self) -> None:
        """Ask nothing: what the page is about, its own cells ask."""

    def headline(self, sentence: str) -> Section:
        """Begin the page: how things stand, the answer, what to do next, and what is open.

        Args:
            sentence: the answer to the page's question, in one short sentence.

        Returns:
            The section, which shows itself as a cell's last line.
        """
        tiles = [
            tile(self.incidents, f"#{_ROWS}") for tile in (broken_tile, left_tile, leavers_tile)
        ]
        deeds = deeds_of(self.incidents, self._command, _ROWS)
        rows = incident_list(self.log, self.window)[_COLUMNS]
        people = {name: rows[name].map(", ".join) for name in ("left", "leavers")}
        table = Table(rows.assign(**people), "What is open", empty="Nothing.", anchor=_ROWS)
        names = code_names(self.log)
        with reading_in(self.zone):
            screen = self._first_screen(sentence, tiles, deeds, scope=_SCOPE)
            parts = (screen, replace(table, zone=self.zone), self._facts())
            return Section(tuple(with_names(part, names) for part in parts), "headline")

    def table(self, frame: pd.DataFrame, caption: str, *, most: int = 50) -> Section:
        """Show rows, safe whatever their texts hold.

        Args:
            frame: the rows; times are UTC.
            caption: what they are.
            most: the most rows that a report shows; the caption says how many there are.

        Returns:
            The section, which shows itself as a cell's last line.
        """
        with reading_in(self.zone):
            table = with_names(Table(frame, caption, most=most), code_names(self.log))
        return Section((table,), "table")

    def chart(self, frame: pd.DataFrame, draw: str = "") -> Section:
        """Draw rows over the report's window, or say that there is none.

        Args:
            frame: the rows, as ``kit.chart`` takes them.
            draw: what is drawn, as for ``kit.chart``.

        Returns:
            The section, which shows itself as a cell's last line.

        Raises:
            UsageError: there is no such drawing, or the rows lack columns that it needs.
        """
        with reading_in(self.zone):
            if frame.empty:
                return Section((Note("Nothing to draw: there is no such row."),), "chart")
            return Section((chart(frame, draw, window=self.window),), "chart")

    def summary(self, headline: str, **results: Any) -> Result:
        """What machines read of the page: the last cell's last line.

        Args:
            headline: the answer in a sentence, for the index and notices.
            results: by name what the page found, fit for JSON.
        """
        return self._result(headline, results)


def own_report(
    source: str = "sample", *, since: str = "", until: str = "", timezone: str = ""
) -> OwnReport:
    """Open a source for a notebook of one's own.

    Args:
        source: as ``kit.open_log`` takes it, several with commas.
        since: the window's start, UTC: ``7d``, a date or an ISO time; all if empty.
        until: the window's end; the end of what the source holds if empty.
        timezone: the reader's time zone, as the IANA database names it; UTC if empty.

    Returns:
        The report; its ``log`` and ``window`` are what the cells ask about.

    Raises:
        SourceError: the source cannot be read, or holds nothing.
        OktaError: the live org refused, or could not be reached.
        UsageError: a time cannot be read, since is not before until, or there is no such zone.

    Example:
        >>> import kit
        >>> report = kit.own_report("sample", since="7d")
        >>> failures = kit.failures(report.log, report.window)
        >>> first = failures[failures["code"] == "AADSTS50126"].head(1)
        >>> report.table(first[["code", "app"]], "The first of them").frame["app"].tolist()
        ['Microsoft Office 365']
    """
    return OwnReport(source=source, since=since, until=until, timezone=timezone)
