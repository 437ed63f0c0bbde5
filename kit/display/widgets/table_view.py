"""A table with its controls: sort by a column, filter by words, turn the pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kit.base.text import clean
from kit.display.table import Table, View, grid, title
from kit.display.widgets.chooser import Chooser, laid_out
from kit.display.zone import reading_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        self._table: Table | None = None
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

    def take(self, table: Table, *, out_of: int = 0) -> None:
        """Show other rows.

        Args:
            table: the rows.
            out_of: how many there are in all, where these are some of them.
        """
        self._table, self._out_of = table, max(out_of, len(table.rows))
        if not self._turnable:
            return
        if self._bar is None:
            self._bar = _Bar(self._turn)
        if table.collapsed:
            if self._unfolded is None:
                self._unfolded = _unfolder(self._on_change)
            self._unfolded.description = clean(f"{table.caption}: {len(table.rows):,} rows")
        else:
            self._unfolded = None
        with reading_in(table.zone):
            self._bar.offer(list(table.rows.columns))
        self._view = replace(self._view, page=0)

    def html(self) -> str:
        """The page of the table that is to be seen now."""
        table = self._table
        assert table is not None
        if not self._turnable or self._bar is None:
            self.rows = table.rows
            return table.html()
        if self._unfolded is not None and not self._unfolded.value:
            self.rows = table.rows.head(0)
            return ""
        rows = table.rows_for(self._view)
        last = max(0, (len(rows) - 1) // self._view.size)
        self._view = replace(self._view, page=min(max(self._view.page, 0), last))
        first = self._view.page * self._view.size
        self.rows = rows.iloc[first : first + self._view.size]
        self._bar.tell(self._view.page, last)
        caption = "" if self._unfolded is not None else clean(table.caption)
        named_rows = table.names.frame(self.rows)
        where = _escaped(caption, _where(first, len(self.rows), len(rows), table))
        with reading_in(table.zone):
            return grid(named_rows, where)

    def text(self) -> str:
        """All of the table as text."""
        assert self._table is not None
        return self._table.text()

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
        self.down.observe(lambda change: turn(descending=change["new"]), "value")
        self.holding.observe(lambda change: turn(holding=change["new"]), "value")
        self.back.on_click(lambda _: turn(step=-1))
        self.on.on_click(lambda _: turn(step=1))
        parts = [self.by.widget, self.down, self.holding, self.back, self.page, self.on]
        self.box = widgets.HBox(
            parts, layout=widgets.Layout(flex_flow="row wrap", align_items="center", width="100%")
        )

    def offer(self, columns: Sequence[Any]) -> None:
        """Offer columns to sort by; the one that is chosen stays if it is there."""
        self.by.offer([("as it is", ""), *((title(name), name) for name in columns)])

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
    from html import escape

    return escape(f"{caption} ({where})" if caption else where)
