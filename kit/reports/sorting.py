"""Long tables of a page are sorted by the reader, by style alone.

A script would need an exception in the page's policy. So each row carries its rank by every
column, each heading two radio buttons, and the style orders the rows by the chosen one. Where a
browser does not know such styles, and in print, the table is as the notebook made it.
"""

from __future__ import annotations

import re
from copy import copy
from typing import Any

from bs4 import BeautifulSoup, Tag

__all__ = ["Sorter", "sorting_style"]

_MIN_ROWS = 6
"""Rows from which a table can be sorted."""
_MAX_COLUMNS = 16
"""Columns that can be sorted by."""

_CELL = ["td", "th"]
_NUMBER = re.compile(r"[<>]?\s*(-?[\d,]*\.?\d+)\s*%?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d")


class Sorter:
    """Makes the tables of one page sortable."""

    def __init__(self) -> None:
        self._tables = 0

    def sortable(self, html: str) -> str:
        """Add what sorting needs to each long table of cleaned HTML."""
        if "<table" not in html:
            return html
        soup = BeautifulSoup(html, "html.parser")
        tables = [table for table in soup.find_all("table") if self._make_sortable(soup, table)]
        return str(soup) if tables else html

    def _make_sortable(self, soup: BeautifulSoup, table: Tag) -> bool:
        """Give rows their ranks and headings their buttons, if all rows have the same cells."""
        if table.thead is None or table.tbody is None or table.select_one("[rowspan], [colspan]"):
            return False
        head, rows = table.thead.find_all("tr"), table.tbody.find_all("tr")
        if len(head) != 1 or len(rows) < _MIN_ROWS or table.find("table"):
            return False
        headings = head[0].find_all(_CELL)
        cells = [[cell.get_text().strip() for cell in row.find_all(_CELL)] for row in rows]
        if {len(row) for row in cells} != {len(headings)}:
            return False
        columns = list(zip(*cells, strict=True))[:_MAX_COLUMNS]
        self._tables += 1
        for heading, column in zip(headings, columns, strict=False):
            self._add_buttons(soup, heading, column)
        for row, ranks in zip(rows, zip(*map(_ranks, columns), strict=True), strict=True):
            row["style"] = ";".join(f"--c{n}:{rank}" for n, rank in enumerate(ranks, 1))
        table["class"], table["style"] = "sortable", f"--n:{len(headings)}"
        return True

    def _add_buttons(self, soup: BeautifulSoup, heading: Tag, column: tuple[str, ...]) -> None:
        title = heading.get_text().strip()
        down_first = bool(_numbers(column)) or bool(_TIME.match(column[0]))
        content = list(heading.contents)
        for order, way in zip(
            ("one", "two"), ("down", "up") if down_first else ("up", "down"), strict=True
        ):
            label = soup.new_tag("label", attrs={"class": order})
            button = {
                "type": "radio",
                "name": f"sort{self._tables}",
                "class": way,
                "aria-label": f"sort by {title}, {way}",
                "autocomplete": "off",
            }
            label.append(soup.new_tag("input", attrs=button))
            label.extend([copy(part) for part in content])
            heading.append(label)
        for part in content:
            part.extract()


def sorting_style() -> str:
    """The style that orders the rows; ``--at`` is a row's place."""
    rules = "".join(
        f".sortable:has(th:nth-child({n}) .up:checked) tbody tr {{ order: var(--c{n}); }}\n"
        f".sortable:has(th:nth-child({n}) .down:checked) tbody tr "
        f"{{ order: calc(-1 * var(--c{n})); }}\n"
        for n in range(1, _MAX_COLUMNS + 1)
    )
    return f"@supports selector(:has(a)) {{ @media screen {{\n{rules}}} }}\n"


def _numbers(column: tuple[str, ...]) -> list[float] | None:
    """A column's values where all that are there are numbers; nothing counts as the least."""
    numbers = [_NUMBER.fullmatch(cell) for cell in column]
    if not any(numbers):
        return None
    if any(cell and not number for cell, number in zip(column, numbers, strict=True)):
        return None
    return [float(n[1].replace(",", "")) if n else float("-inf") for n in numbers]


def _ranks(column: tuple[str, ...]) -> list[int]:
    values: list[Any] = [*(_numbers(column) or map(str.casefold, column))]
    place = {value: rank for rank, value in enumerate(sorted(set(values)), start=1)}
    return [place[value] for value in values]
