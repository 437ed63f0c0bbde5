"""An answer of many parts shown as a few lines: what is in it and how much, and nobody by name."""

from __future__ import annotations

from dataclasses import fields
from html import escape
from typing import Any

import pandas as pd

from kit.base.text import clean
from kit.base.windows import Coverage, Window
from kit.display import phrases

__all__ = ["InLines"]

_MAX_CHARS = 120
"""Letters of a value that are shown."""


class InLines:
    """A dataclass that shows a line for each of its fields."""

    def __repr__(self) -> str:
        lines = [f"  {name}: {text}" for name, text in self._lines()]
        return "\n".join([type(self).__name__, *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for name, text in self._lines()
        )
        return f'<div class="mathjax_ignore"><table><tbody>{rows}</tbody></table></div>'

    def _lines(self) -> list[tuple[str, str]]:
        values = [(one.name, getattr(self, one.name)) for one in fields(self)]  # type: ignore[arg-type]  # of dataclasses only
        return [(name, _in_a_line(value)) for name, value in values]


def _in_a_line(value: Any) -> str:
    if isinstance(value, pd.DataFrame):
        columns = ", ".join(map(str, value.columns))
        text = f"{len(value):,} rows; {columns}"
    elif isinstance(value, Window):
        text = " to ".join(value.as_text().values())
    elif isinstance(value, Coverage):
        text = phrases.coverage_in_words(value)
    elif isinstance(value, str | int | float | pd.Timestamp | None):
        text = str(value)
    elif isinstance(value, dict):
        text = ", ".join(f"{name} {number}" for name, number in value.items())
    elif isinstance(value, tuple | frozenset | list):
        text = f"{len(value):,}"
    else:
        text = f"a {type(value).__name__}"
    text = clean(text)
    return text if len(text) <= _MAX_CHARS else f"{text[: _MAX_CHARS - 1]}…"
