"""A table with its controls: sort by a column, filter by words, turn the pages."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kit.base.text import clean
from kit.display.areas import rows_of
from kit.display.table import Table, View, grid, title
from kit.display.widgets.chooser import Chooser, laid_out
from kit.display.zone import reading_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

__all__ = ["TableView"]

_MAX_PLAIN_ROWS = 5
"""Rows that need no controls."""


class TableView:
    """One table as its reader has set it; what was set stays when other rows come."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Make no controls yet: a short table has none.

        Args:
            on_change: is called when something else is to be shown.
        """
        self._on_change = on_change
        self._whole: Table | None = None
        self._table: Table | None = None
        self._only = ""
        self._out_of = 0
        self._view = View()
        self._bar: _Bar | None = None
        self._unfolded: widgets.ToggleButton | None = None
        self.rows: pd.DataFrame | None = None
        """The rows of the page that is shown."""

    @property
    def controls(self) -> Sequence[widgets.Widget]:
        """What stands above the table."""
        bar = self._bar
        if not self._turnable or bar is None:
            return ()
        if self._unfolded is None:
            return (bar.box,)
        return (self._unfolded, bar.box) if self._unfolded.value else (self._unfolded,)

    @property
    def _turnable(self) -> bool:
        return self._out_of > _MAX_PLAIN_ROWS

    @property
    def is_narrowed(self) -> bool:
        """Whether only what was picked is shown."""
        return bool(self._only)

    def narrow(self, picked: Mapping[str, Any]) -> None:
        """Show only the rows that are of what was picked.

        Args:
            picked: as ``Area.of``; all rows if empty.
        """
        whole = self._whole
        assert whole is not None
        with reading_in(whole.zone):
            mask, self._only = rows_of(whole.rows, picked)
        self._table = replace(whole, rows=whole.rows[mask]) if self._only else whole
        self._view = replace(self._view, page=0)

    def sort_by(self, column: object) -> None:
        """Sort by a column: up, then down, then as it is.

        Args:
            column: its place; what is none is left alone.
        """
        names = [] if self._table is None else [str(name) for name in self._table.rows.columns]
        if not isinstance(column, int) or not 0 <= column < len(names):
            return
        view, name = self._view, names[column]
        is_same = view.by == name
        by = "" if is_same and view.descending else name
        self._view = replace(view, by=by, descending=is_same and bool(by), page=0)
        if self._bar is not None:
            self._bar.follow(self._view)
        self._on_change()

    def take(self, table: Table, *, out_of: int = 0, only: str = "") -> None:
        """Show other rows.

        Args:
            table: the rows.
            out_of: how many there are in all, where these are some of them.
            only: what they were narrowed to, in words.
        """
        self._whole = self._table = table
        self._only, self._out_of = only, max(out_of, len(table.rows))
        if not self._turnable:
            return
        if self._bar is None:
            self._bar = _Bar(self._turn)
        if table.collapsed:
            if self._unfolded is None:
                self._unfolded = _unfolder(self._on_change)
        else:
            self._unfolded = None
        with reading_in(table.zone):
            self._bar.offer(list(table.rows.columns))
        self._view = replace(self._view, page=0)

    def html(self) -> str:
        """The page of the table that is to be seen now."""
        table = self._table
        assert table is not None
        if self._unfolded is not None:
            only = f" ({self._only})" if self._only else ""
            caption = f"{table.caption}{only}: {len(table.rows):,} rows"
            self._unfolded.description = clean(caption)
            if not self._unfolded.value:
                self.rows = table.rows.head(0)
                return ""
        if self._only and table.rows.empty:
            self.rows = table.rows
            return f"<p>{escape(clean(f'{table.caption}: none is of {self._only}.'))}</p>"
        if not self._turnable and not self._only and not self._view.by:
            self.rows = table.rows
            return f"<div data-sortable>{table.html()}</div>"
        html = self._page_html(table)
        place = f' id="{escape(table.anchor)}"' if table.anchor else ""
        return f"<div data-sortable{place}>{html}</div>"

    def _page_html(self, table: Table) -> str:
        """A page of the rows, in the order that was asked for."""
        rows = table.rows_for(self._view)
        last = max(0, (len(rows) - 1) // self._view.size)
        self._view = replace(self._view, page=min(max(self._view.page, 0), last))
        first = self._view.page * self._view.size
        self.rows = rows.iloc[first : first + self._view.size]
        if self._bar is not None:
            self._bar.tell(self._view.page, last)
        caption = "" if self._unfolded is not None else clean(table.caption)
        named_rows = table.names.frame(self.rows)
        where = _where(first, len(self.rows), len(rows), table)
        where = f"{where}; only {self._only}" if self._only else where
        caption, ways = _escaped(caption, where), table.ways_from(self.rows)
        with reading_in(table.zone):
            if table.collapsed and self._unfolded is None:
                opened = " open" if self._view.by else ""
                rows_html = grid(named_rows, "", ways, self._view)
                return f"<details{opened}><summary>{caption}</summary>{rows_html}</details>"
            return grid(named_rows, caption, ways, self._view)

    def text(self) -> str:
        """All of the table as text."""
        assert self._whole is not None
        return self._whole.text()

    def _turn(self, **what: Any) -> None:
        step = what.pop("step", None)
        page = self._view.page + step if step else 0
        self._view = replace(self._view, **what, page=page)
        self._on_change()


class _Bar:
    """Order, filter and pages in one line."""

    def __init__(self, turn: Callable[..., None]) -> None:
        self.by = Chooser("Sort by", lambda name: turn(by=name), width="14rem")
        self.down = widgets.Dropdown(
            options=[("up", False), ("down", True)],
            **laid_out("5rem"),
            tooltip="Up: the smallest, the oldest or A first",
        )
        self.holding = widgets.Text(
            placeholder="only rows with these words",
            continuous_update=False,
            **laid_out("14rem"),
            tooltip="Press Enter to filter",
        )
        self.back, self.on = _button("‹", "The page before"), _button("›", "The next page")
        self.page = widgets.Label(layout=widgets.Layout(margin="0 .2rem"))
        self._columns: list[tuple[str, Any]] = []
        self.down.observe(
            lambda change: None if self._following else turn(descending=change["new"]), "value"
        )
        self.holding.observe(lambda change: turn(holding=change["new"]), "value")
        self.back.on_click(lambda _: turn(step=-1))
        self.on.on_click(lambda _: turn(step=1))
        parts = [self.by.widget, self.down, self.holding, self.back, self.page, self.on]
        self.box = widgets.HBox(
            parts, layout=widgets.Layout(flex_flow="row wrap", align_items="center", width="100%")
        )

    def offer(self, columns: Sequence[Any]) -> None:
        """Offer columns to sort by; the one that is chosen stays if it is there."""
        self._columns = [("as it is", ""), *((title(name), name) for name in columns)]
        self.by.offer(self._columns)

    def follow(self, view: View) -> None:
        """Say how the table is sorted now; nobody is asked to sort it again."""
        self._following = True
        try:
            self.by.offer(self._columns, view.by)
            self.down.value = view.descending
        finally:
            self._following = False

    _following = False

    def tell(self, page: int, last: int) -> None:
        """Say which page is shown."""
        self.page.value = f"page {page + 1:,} of {last + 1:,}"
        for part in (self.back, self.page, self.on):
            part.layout.display = "" if last else "none"
        self.back.disabled, self.on.disabled = page == 0, page == last


def _unfolder(on_change: Callable[[], None]) -> widgets.ToggleButton:
    button = widgets.ToggleButton(icon="caret-right", layout=widgets.Layout(width="auto"))

    def on_toggle(change: Any) -> None:
        button.icon = "caret-down" if change["new"] else "caret-right"
        on_change()

    button.observe(on_toggle, "value")
    return button


def _button(sign: str, what: str) -> widgets.Button:
    return widgets.Button(description=sign, tooltip=what, layout=widgets.Layout(width="2.2rem"))


def _where(first: int, shown_count: int, match_count: int, table: Table) -> str:
    whole = len(table.rows)
    if not match_count:
        return f"none of {whole:,} holds these words"
    text = (
        f"{first + 1:,} to {first + shown_count:,} of {match_count:,}"
        if shown_count < match_count
        else f"{match_count:,}"
    )
    return text if match_count == whole else f"{text}, out of {whole:,}"


def _escaped(caption: str, where: str) -> str:
    return escape(f"{caption} ({where})" if caption else where)
