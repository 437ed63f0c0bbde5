"""Failures one by one: narrowed by what a chart shows, listed, and one of them opened."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import pandas as pd

from kit.base.errors import KitError
from kit.base.text import clean
from kit.display.areas import rows_of
from kit.display.parts import Links
from kit.display.table import Table, cell
from kit.display.widgets.chooser import Chooser
from kit.display.widgets.table_view import TableView
from kit.display.zone import reading_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kit.display.parts import Listing
    from kit.display.section import Section

__all__ = ["ListingView", "OpenedView"]

_MAX_ENTRIES = 200
"""Entries that a list to choose from can hold and still be of use."""
_ALWAYS_OFFERED = 40
"""Entries that are all offered, whatever else is chosen."""


class ListingView:
    """A table of rows that are narrowed by choosing, and opened one at a time."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Make no controls yet; what can be chosen is known with the rows.

        Args:
            on_change: is called when something else is to be shown.
        """
        self._on_change = on_change
        self._listing: Listing | None = None
        self._picked: Mapping[str, Any] = {}
        self._table = TableView(on_change)
        self._choosers: dict[str, Chooser] = {}
        self._line = widgets.HBox(
            layout=widgets.Layout(flex_flow="row wrap", align_items="center", width="100%")
        )

    @property
    def controls(self) -> Sequence[widgets.Widget]:
        """What stands above the table: what narrows it, and its own controls."""
        return (self._line, *self._table.controls) if self._choosers else self._table.controls

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of the page that is shown, all their columns."""
        assert self._listing is not None
        page_rows = self._table.rows
        return (
            self._listing.all.head(0)
            if page_rows is None
            else self._listing.all.loc[page_rows.index]
        )

    @property
    def listing(self) -> Listing:
        """What is listed."""
        assert self._listing is not None
        return self._listing

    def take(self, listing: Listing) -> None:
        """Show other rows; what was chosen stays chosen where there still is such a row."""
        self._listing = listing
        names = [name for name, counts in listing.narrow.items() if counts.nunique() > 1]
        for name in names:
            if name not in self._choosers:
                on_choose = partial(self._narrowed, name)
                self._choosers[name] = Chooser(name, on_choose, width="auto")
        self._choosers = {name: self._choosers[name] for name in names}
        self._line.children = tuple(one.widget for one in self._choosers.values())
        self._narrow()

    @property
    def is_narrowed(self) -> bool:
        """Whether only what was picked is shown."""
        return self._table.is_narrowed

    def narrow(self, picked: Mapping[str, Any]) -> None:
        """Show only the rows that are of what was picked.

        Args:
            picked: as ``Area.of``; all rows if empty.
        """
        if picked != self._picked:
            self._picked = picked
            self._narrow()

    def sort_by(self, column: object) -> None:
        """Sort by a column, as a click on its heading does.

        Args:
            column: its place.
        """
        self._table.sort_by(column)

    def html(self) -> str:
        """The page of the table that is to be seen now."""
        return self._table.html()

    def text(self) -> str:
        """The table as text, as a report has it."""
        assert self._listing is not None
        return self._listing.text()

    def _narrowed(self, name: str, _: Any) -> None:
        self._narrow(name)
        self._on_change()

    def _narrow(self, newest: str = "") -> None:
        """Keep the rows that all choices leave, and offer in each chooser what the others leave.

        A choice that leaves nothing beside the newest one is taken back.
        """
        listing = self.listing
        order = sorted(self._choosers, key=lambda name: name != newest)
        with reading_in(listing.zone):
            mask, only = rows_of(listing.all, self._picked)
        start = mask
        fits: dict[str, pd.Series[bool]] = {}
        for name in order:
            if choice := self._choosers[name].value:
                fit = listing.narrow[name].astype(object) == choice
                if (mask & fit).any():
                    fits[name], mask = fit, mask & fit
        for name, chooser in self._choosers.items():
            others = start
            for other, fit in fits.items():
                others = others & fit if other != name else others
            with reading_in(listing.zone):
                _offer(chooser, listing.narrow[name], others, chooser.value if name in fits else "")
        rows = listing.rows[mask]
        table = Table(
            rows,
            listing.caption,
            listing.most,
            listing.empty,
            names=listing.names,
            zone=listing.zone,
        )
        self._table.take(table, out_of=len(listing.rows), only=only)


class OpenedView:
    """One row of a listing, with all that is known of it."""

    def __init__(
        self,
        listing_view: ListingView,
        on_change: Callable[[], None],
        on_link: Callable[[Links], None],
    ) -> None:
        """Have nothing opened yet.

        Args:
            listing_view: the table whose rows can be opened.
            on_change: is called when something else is to be shown.
            on_link: is called with a link to a notebook that is to be opened and run, when it is
                shown.
        """
        self._on_link = on_link
        self._listing_view, self._on_change = listing_view, on_change
        self._chooser = Chooser("Open", self._open, width="auto")
        self._button = widgets.Button(layout=widgets.Layout(width="auto"))
        self._button.on_click(self._act)
        self._html = ""

    @property
    def controls(self) -> Sequence[widgets.Widget]:
        """The rows that can be opened, and what can be done with the one that is."""
        if self._listing_view.rows.empty:
            return ()
        act = self._listing_view.listing.act
        if act is None or not self._chooser.value:
            return (self._chooser.widget,)
        self._button.description = act[0]
        return (self._chooser.widget, self._button)

    def follow(self) -> None:
        """Offer the rows that the table shows now; what is opened stays if it is among them."""
        listing, rows = self._listing_view.listing, self._listing_view.rows
        entries = [("a row of this page …", "")]
        with reading_in(listing.zone):
            for key, (_, row) in zip(rows.index, rows.iterrows(), strict=True):
                parts = [cell(name, listing.names.cell(row[name])) for name in listing.labels]
                entries.append((" · ".join(part for part in parts if part), f"row {key}"))
        before = self._chooser.value
        self._chooser.offer(entries)
        if self._chooser.value != before:
            self._html = ""

    def forget(self) -> None:
        """Close what is opened."""
        self._chooser.offer([("a row of this page …", "")])
        self._html = ""

    def html(self) -> str:
        """What is known of the row that is opened."""
        return self._html

    def text(self) -> str:
        """Nothing: it is what a reader looked at last, and no part of the report."""
        return ""

    def _open(self, choice: str) -> None:
        self._html = "<p><em>Looking it up …</em></p>" if choice else ""
        self._on_change()
        if choice:
            with reading_in(self._listing_view.listing.zone):
                self._html = _framed(self._listing_view.listing.open, self._row())
            self._on_change()

    def _act(self, _: Any) -> None:
        act = self._listing_view.listing.act
        assert act is not None
        links: list[Links] = []

        def act_on(row: pd.Series[Any]) -> Section:
            section = act[1](row)
            links.extend(part for part in section.parts if isinstance(part, Links) and part.run)
            return section

        with reading_in(self._listing_view.listing.zone):
            self._html = _framed(act_on, self._row())
        self._on_change()
        for one in links:
            self._on_link(one)

    def _row(self) -> pd.Series[Any]:
        rows = self._listing_view.rows
        return next(row for key, row in rows.iterrows() if f"row {key}" == self._chooser.value)


def _framed(view: Callable[[pd.Series[Any]], Section], row: pd.Series[Any]) -> str:
    """What is shown of a row, set apart; a fault is one line."""
    try:
        html = view(row).html()
    except (KitError, KeyboardInterrupt) as fault:
        html = f"<p><strong>{escape(clean(fault) or 'Stopped.')}</strong></p>"
    return f'<div style="border-left:3px solid #5A6068;padding-left:1em">{html}</div>'


def _offer(chooser: Chooser, values: pd.Series[Any], mask: pd.Series[bool], choice: Any) -> None:
    """Offer the values that occur, each with how often beside the other choices.

    Where they are few, also those that the other choices leave none of: a newer choice goes
    before an older one. Times stand in their order.
    """
    every = values.dropna().value_counts()
    counts = values[mask].dropna().value_counts()
    if len(every) <= _ALWAYS_OFFERED:
        counts = counts.reindex(every.index, fill_value=0)
    if pd.api.types.is_datetime64_any_dtype(values):
        counts = counts.sort_index()
        if len(counts) > _MAX_ENTRIES:
            chooser.offer([(f"any of {len(counts):,}; choose a day first", "")], "")
            return
    else:
        counts = counts.sort_values(ascending=False, kind="stable")
    kind = chooser.widget.description.casefold()
    entries: list[tuple[str, Any]] = [(f"any of {len(counts):,}", "")]
    entries += [
        (f"{cell(kind, v)} ({count:,})", v) for v, count in counts.head(_MAX_ENTRIES).items()
    ]
    chooser.offer(entries, choice)
