"""A DataFrame as a table that a person reads: one page of it, safe with hostile text.

Cells are put into words and cleaned, then escaped: whatever stood in an event is text. A view
says which rows are shown and in what order; a report shows the table as it was made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.base.text import clean
from kit.display import phrases
from kit.display.code_names import PLAIN, CodeNames, smaller_codes
from kit.display.ways import way_in_html, way_to
from kit.display.zone import current_zone, in_zone, local, reading_in, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from kit.display.ways import Way

__all__ = ["SET", "Table", "View", "cell", "grid", "title"]

SET = {
    "num": "text-align:right;white-space:nowrap",
    "text": "text-align:left",
    "when": "text-align:left;white-space:nowrap",
}
"""How cells are set, in the cell itself: JupyterLab sets all to the right otherwise."""

_UTC_BESIDE = re.compile(r" \(([^()]* UTC)\)$")
"""The UTC time behind a reader's; it stands below it, so that columns stay narrow."""
_LONG_TEXT_CHARS = 60
"""Letters from which a cell's text is long."""
_LONG_TEXT_ROOM = 32
"""Letters of a long text that stand in one line on paper, where there is room."""

_RATES = ("rate", "rate_before")
"""Columns of rates, 0 to 1."""
_PAPER_COLUMNS = 10
"""Columns that paper is wide enough for."""

_TITLES = {
    "first_seen": "first seen (UTC)",
    "last_seen": "last seen (UTC)",
    "since": "since (UTC)",
    "published": "when (UTC)",
    "still_failing": "still failing",
    "first_failure": "first failure (UTC)",
    "last_failure": "last failure (UTC)",
    "recovered_at": "worked again (UTC)",
    "event_type": "event type",
    "user_name": "name",
    "http_status": "HTTP",
    "vendor_message": "the vendor's words",
    "start": "first failure (UTC)",
    "last": "last failure (UTC)",
    "peak": "most in an hour",
    "peak_at": "in the hour from (UTC)",
    "time_to_recover": "took",
    "abandoned_at": "unassigned (UTC)",
    "failing_since": "failing since (UTC)",
    "correlation_id": "correlation id",
    "trace_id": "trace id",
    "request_id": "request id",
    "operation": "operation",
    "uuid": "event",
    "first": "first thing to do",
}


@dataclass(frozen=True, slots=True)
class View:
    """Which rows of a table are seen, and in what order."""

    by: str = ""
    """The column to sort by; as the table was made if empty or unknown."""
    descending: bool = False
    holding: str = ""
    """Only rows whose cells hold each of these words, without case."""
    page: int = 0
    size: int = 10
    """Rows on a page."""


@dataclass(frozen=True, eq=False)
class Table:
    """Rows with what they are called, to be shown as a table."""

    rows: pd.DataFrame
    """Times are UTC, ``rate`` is 0 to 1."""
    caption: str
    most: int = 50
    """The most rows that a report shows; the caption says how many there are."""
    empty: str = "None."
    """What is said when there is none."""
    collapsed: bool = False
    """Whether the caption is shown alone until a reader opens it."""
    names: CodeNames = PLAIN
    """What its codes of unknown texts are shown as."""
    ways: Mapping[str, Way] = field(default_factory=dict)
    """By column, to which report its cells lead, where there is one."""
    anchor: str = ""
    """The id by which a link finds it."""
    zone: ZoneInfo | None = field(default_factory=current_zone)
    """The reader's zone, in which its times are shown; None for UTC."""

    @property
    def frame(self) -> pd.DataFrame:
        """All rows."""
        return self.rows

    def rows_for(self, view: View) -> pd.DataFrame:
        """All rows that a view lets through, in its order.

        Args:
            view: the view; its page is not looked at.

        Returns:
            The rows with their index. What is missing comes last in either order.
        """
        rows = self.rows
        if words := clean(view.holding).casefold().split():
            texts = self._texts()
            rows = rows[[all(word in text for word in words) for text in texts]]
        if view.by in rows.columns:
            key = _sortable if rows[view.by].dtype == object or _is_text(rows[view.by]) else None
            rows = rows.sort_values(
                view.by, ascending=not view.descending, kind="stable", na_position="last", key=key
            )
        return rows

    def _texts(self) -> list[str]:
        """Each row as the text that a reader finds words in."""
        rows = self.names.frame(self.rows)
        with reading_in(self.zone):
            columns = [[cell(str(name), value) for value in rows[name]] for name in rows.columns]
        return [" ".join(one).casefold() for one in zip(*columns, strict=True)]

    def html(self) -> str:
        """The table as a report has it: its first rows, or the sentence that there is none."""
        place = f' id="{escape(self.anchor)}"' if self.anchor else ""
        if self.rows.empty:
            return f"<p{place}>{escape(clean(self._nothing()))}</p>"
        caption, ways = (
            escape(clean(self._full_caption())),
            self.ways_from(self.rows.head(self.most)),
        )
        with reading_in(self.zone):
            if self.collapsed:
                rows = grid(self._first_rows(), ways=ways)
                return f"<details{place}><summary>{caption}</summary>{rows}</details>"
            table = grid(self._first_rows(), caption, ways)
        return f"<div{place}>{table}</div>" if place else table

    def text(self) -> str:
        """The same as text."""
        if self.rows.empty:
            return self._nothing()
        rows = self._first_rows()
        with reading_in(self.zone):
            cells = [[cell(str(name), v) for name, v in row.items()] for _, row in rows.iterrows()]
            text = pd.DataFrame(cells, columns=[title(c) for c in rows.columns])
        return f"{self._full_caption()}\n{text.to_string(index=False)}"

    def _first_rows(self) -> pd.DataFrame:
        return self.names.frame(self.rows.head(self.most))

    def ways_from(self, some: pd.DataFrame) -> dict[str, list[str]]:
        """By column, where each cell of some rows leads; empty where its row does not say.

        Args:
            some: some of the table's rows.
        """
        rows = some.to_dict("records") if self.ways else []
        return {
            name: [_way(row, name, way) for row in rows]
            for name, way in self.ways.items()
            if name in self.rows.columns
        }

    def _nothing(self) -> str:
        return f"{self.caption}: {self.empty}"

    def _full_caption(self) -> str:
        count = len(self.rows)
        first = f" (the first {self.most:,} of {count:,})" if count > self.most else ""
        return self.names.sentence(self.caption) + first


def grid(
    rows: pd.DataFrame,
    caption: str = "",
    ways: Mapping[str, Sequence[str]] | None = None,
    view: View | None = None,
) -> str:
    """Rows as an HTML table.

    Args:
        rows: what is shown, all of it.
        caption: what it is called, as HTML.
        ways: by column, where each row's cell leads; empty where it leads nowhere.
        view: how they are sorted, if the headings are to say it.
    """
    ways = ways or {}
    kinds = [_kind(rows[name]) for name in rows.columns]
    cells = [[cell(str(name), value) for name, value in row.items()] for _, row in rows.iterrows()]
    columns = list(zip(rows.columns, kinds, strict=True))
    letters = _letters_on_paper(
        [[title(name), *(line[n] for line in cells)] for n, name in enumerate(rows.columns)], kinds
    )
    head = "".join(
        f'<th scope="col" class="{kind} letters-{width}" style="{SET[kind].partition(";")[0]}"'
        f"{_sorted(name, view)}</th>"
        for (name, kind), width in zip(columns, letters, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            _td(kind, text, title(name), way=_at(ways, name, n))
            for (name, kind), text in zip(columns, line, strict=True)
        )
        + "</tr>"
        for n, line in enumerate(cells)
    )
    name = f'<caption style="text-align:left">{caption}</caption>' if caption else ""
    wide = " wide" if len(kinds) > _PAPER_COLUMNS else ""
    return (
        f'<div class="scroll cards{wide}"><table>{name}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


_PAPER_LETTERS = 111
"""Letters of a table's size beside each other on a page of A4."""
_MOST_LETTERS = 40


def _letters_on_paper(columns: Sequence[Sequence[str]], kinds: Sequence[str]) -> list[int]:
    """How many letters of each column paper keeps in one line: its longest word, if all fit.

    An even number up to ``_MOST_LETTERS``, for which a page has a style each. A time and a number
    are one word. Where not all fit, the longest words are parted.

    Args:
        columns: of each column its title and its cells.
        kinds: how each is set.
    """
    words = [
        max([*map(len, title.split()), *(_longest_word(text, kind) for text in texts)], default=0)
        for (title, *texts), kind in zip(columns, kinds, strict=True)
    ]
    room = _PAPER_LETTERS - 2 * len(words)  # each has its margins
    most = max(words, default=0)
    while most > 2 and sum(_even(min(one, most)) for one in words) > room:
        most -= 1
    return [_even(min(one, most)) for one in words]


def _even(letters: int) -> int:
    """Letters as the page has a style for them."""
    return min(letters + 1, _MOST_LETTERS) // 2 * 2


def _longest_word(text: str, kind: str) -> int:
    whole = _UTC_BESIDE.sub("", text) if kind == "when" else text
    if kind != "text":
        return len(whole)
    return max(_LONG_TEXT_ROOM * (len(text) > _LONG_TEXT_CHARS), *map(len, whole.split()), 0)


def _sorted(name: object, view: View | None) -> str:
    """The end of a heading's tag, and its words."""
    words = escape(title(name))
    if view is None or str(name) != view.by:
        return f">{words}"
    order, sign = ("descending", "▼") if view.descending else ("ascending", "▲")
    return f' aria-sort="{order}">{words} <span aria-hidden="true">{sign}</span>'


def _td(kind: str, text: str, heading: str, *, way: str) -> str:
    """A cell; long texts get room where a page leaves it to them, as JupyterLab does.

    It says what stands above it, for a page so narrow that a row is set as a card.
    """
    room = ";min-width:18em" if len(text) > _LONG_TEXT_CHARS else ""
    html = smaller_codes(escape(text))
    if kind == "when":
        html = _UTC_BESIDE.sub(r"<br><small>\1</small>", html)
    html = way_in_html(way, html) if way else html
    return (
        f'<td class="{kind}" style="{SET[kind]}{room}" data-title="{escape(heading)}">{html}</td>'
    )


def _at(ways: Mapping[str, Sequence[str]], column: object, row: int) -> str:
    return ways[str(column)][row] if column in ways else ""


def _way(row: Mapping[Any, Any], column: str, way: Way) -> str:
    notebook, names = way
    values = {name: row[name] for name in names if isinstance(row.get(name), str)}
    return way_to(notebook, values) if values.get(column) else ""


def title(name: object) -> str:
    """A column's name as a reader sees it."""
    text = _TITLES.get(str(name), clean(name).replace("_", " "))
    return in_zone(text)


def _is_day(name: str) -> bool:
    """Whether a column holds days, told without a time of the day."""
    return name.casefold() == "day" or name.startswith("day ")


def cell(name: str, value: object) -> str:
    """A value in words, cleaned and not yet escaped.

    Args:
        name: the column that it stands in.
        value: the value; missing is empty.
    """
    if (
        value is None
        or value is pd.NaT
        or value is pd.NA
        or (isinstance(value, float) and pd.isna(value))
    ):
        return ""
    if isinstance(value, pd.Timedelta):
        return _length(value)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return f"{local(value):%Y-%m-%d}" if _is_day(name) else stamp(value)
    if name in _RATES and isinstance(value, float):
        return phrases.percent(value, fixed=True)
    if name == "http_status" and isinstance(value, float | int):
        return str(int(value))
    if isinstance(value, int):
        return f"{value:,}"
    text = clean(value)
    return text.replace("_", " ") if name == "state" else text


def _kind(values: pd.Series[Any]) -> str:
    """How a column is set: numbers to the right, times in one line."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return "when"
    if pd.api.types.is_timedelta64_dtype(values):
        return "num"
    number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return "num" if number else "text"


def _is_text(values: pd.Series[Any]) -> bool:
    return isinstance(values.dtype, pd.StringDtype)


def _sortable(values: pd.Series[Any]) -> pd.Series[Any]:
    """Text without case, and whatever else there is as text."""

    def casefold_all(column: Iterable[Any]) -> list[str | None]:
        return [None if pd.isna(one) else str(one).casefold() for one in column]

    return pd.Series(casefold_all(values), index=values.index, dtype=object)


def _length(value: pd.Timedelta) -> str:
    seconds = value.total_seconds()
    if abs(seconds) < 90:
        return phrases.count(round(seconds), "second")
    return ("−" if seconds < 0 else "") + phrases.duration(abs(seconds))
