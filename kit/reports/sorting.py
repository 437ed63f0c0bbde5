"""Long tables of a page are sorted by the reader, by style alone.

A script would need an exception in the page's policy. So each row carries its rank by every
column, each heading two radio buttons, and the style orders the rows by the chosen one. Where a
browser does not know such styles, and in print, the table is as the notebook made it.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Sorter", "sorting_style"]

_LONG = 6
"""Rows from which a table can be sorted."""
_COLUMNS = 16
"""Columns that can be sorted by."""

_TABLE = re.compile(r"<table([^>]*)>((?:(?!<table).)*?)</table>", re.S)
_PARTS = re.compile(r"(.*?<thead[^>]*>)(.*?)(</thead>.*?<tbody[^>]*>)(.*)(</tbody>.*)", re.S)
_ROW = re.compile(r"<tr([^>]*)>(.*?)</tr>", re.S)
_CELL = re.compile(r"(<t[hd][^>]*>)(.*?)(</t[hd]>)", re.S)
_NUMBER = re.compile(r"[<>]?\s*(-?[\d,]*\.?\d+)\s*%?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d")


class Sorter:
    """Makes the tables of one page sortable."""

    def __init__(self) -> None:
        self._made = 0

    def sortable(self, html: str) -> str:
        """Add what sorting needs to each long table of cleaned HTML."""
        return _TABLE.sub(self._table, html)

    def _table(self, found: re.Match[str]) -> str:
        parts = _PARTS.fullmatch(found[2])
        if parts is None or "span=" in found[2]:
            return found[0]
        heads, rows = _ROW.findall(parts[2]), _ROW.findall(parts[4])
        cells = [[_text(cell[1]) for cell in _CELL.findall(row)] for _, row in rows]
        columns = list(zip(*cells, strict=True)) if len(set(map(len, cells))) == 1 else []
        if len(heads) != 1 or len(rows) < _LONG or len(_CELL.findall(heads[0][1])) != len(columns):
            return found[0]
        columns = columns[:_COLUMNS]
        self._made += 1
        head = self._head(heads[0][1], columns)
        ranks = list(zip(*map(_ranks, columns), strict=True))
        places = [";".join(f"--c{n}:{r}" for n, r in enumerate(rank, 1)) for rank in ranks]
        body = "".join(
            f'<tr{marks} style="{place}">{row}</tr>'
            for (marks, row), place in zip(rows, places, strict=True)
        )
        table = f'<table class="sortable" style="--n:{len(cells[0])}"'
        return f"{table}>{parts[1]}<tr>{head}</tr>{parts[3]}{body}{parts[5]}</table>"

    def _head(self, row: str, columns: list[tuple[str, ...]]) -> str:
        made = []
        for number, (opened, title, closed) in enumerate(_CELL.findall(row)):
            shown = title
            if number < len(columns):
                down = bool(_numbers(columns[number])) or bool(_TIME.match(columns[number][0]))
                ways = ["down", "up"] if down else ["up", "down"]
                shown = "".join(
                    f'<label class="{order}"><input type="radio" name="sort{self._made}" '
                    f'class="{way}" aria-label="sort by {_text(title)}, {way}" '
                    f'autocomplete="off">{title}</label>'
                    for order, way in zip(("one", "two"), ways, strict=True)
                )
            made.append(f"{opened}{shown}{closed}")
        return "".join(made)


def sorting_style() -> str:
    """The style that orders the rows; ``--at`` is a row's place."""
    rules = "".join(
        f".sortable:has(th:nth-child({n}) .up:checked) tbody tr {{ order: var(--c{n}); }}\n"
        f".sortable:has(th:nth-child({n}) .down:checked) tbody tr "
        f"{{ order: calc(-1 * var(--c{n})); }}\n"
        for n in range(1, _COLUMNS + 1)
    )
    return f"@supports selector(:has(a)) {{ @media screen {{\n{rules}}} }}\n"


def _text(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html).strip()


def _numbers(column: tuple[str, ...]) -> list[float] | None:
    """A column's values where all that are there are numbers; nothing counts as the least."""
    found = [_NUMBER.fullmatch(cell.replace("&lt;", "<").replace("&gt;", ">")) for cell in column]
    if not any(found) or any(cell and not match for cell, match in zip(column, found, strict=True)):
        return None
    return [float(m[1].replace(",", "")) if m else float("-inf") for m in found]


def _ranks(column: tuple[str, ...]) -> list[int]:
    values: list[Any] = [*(_numbers(column) or map(str.casefold, column))]
    place = {value: rank for rank, value in enumerate(sorted(set(values)), start=1)}
    return [place[value] for value in values]
