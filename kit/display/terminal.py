"""Rows as a table on a terminal, or as plain text where the output is piped.

An explanation is no table of rows but a page of sentences in two columns, with indents and rules;
``display/explanation.py`` lays it out.
"""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, TextIO

from kit.base.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["print_table"]


def print_table(
    rows: Iterable[Sequence[object]], columns: Sequence[str], *, width: int, out: TextIO
) -> None:
    """Print rows in columns; a cell that is too long goes on below itself.

    Args:
        rows: one cell a column each, cleaned here: no text in it can act on a terminal. None is
            empty; columns of whole numbers are set to the right.
        columns: what they are called.
        width: the width in characters where the output is no terminal, which has its own.
        out: where it is printed.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [list(row) for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, column in zip(columns, zip(*cells, strict=True) if cells else columns, strict=True):
        number = bool(cells) and all(isinstance(cell, Integral) for cell in column)
        table.add_column(
            name.replace("_", " "), justify="right" if number else "left", overflow="fold"
        )
    for row in cells:
        table.add_row(*(Text(_text(cell)) for cell in row))
    console = Console(
        file=out, highlight=False, markup=False, width=None if out.isatty() else width
    )
    console.print(table)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, Integral) else clean(cell)
