"""An unknown text's code is shown as its words, with the code small beside them.

The code stays what values hold: a section's frames, a CSV, a parameter. The words come in where a
part is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.base.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PLAIN", "CodeNames", "smaller_codes", "split_code"]

_CODE = re.compile(r"\bUNKNOWN_[0-9a-f]{8}\b")
_BEHIND = re.compile(r" \((UNKNOWN_[0-9a-f]{8})\)$")
_SMALL = re.compile(r" (\(UNKNOWN_[0-9a-f]{8}\))")
_LONGEST = 90
"""Letters of a template that are shown as a name; its table shows all of it."""
_COPIED = {"parameters", "uuid"}
"""Columns that a reader copies as they are."""


@dataclass(frozen=True)
class CodeNames:
    """What the unknown texts of a log say, by their codes."""

    words: Mapping[str, str] = field(default_factory=dict)
    """For each code the words of its text's template."""

    def name(self, code: str) -> str:
        """A code as a cell or a label shows it: ``words (UNKNOWN_…)``; another code as it is."""
        words = self._short(code)
        return f"{words} ({code})" if words else code

    def sentence(self, text: str) -> str:
        """A sentence with the words before each code of an unknown text in it."""
        if not self.words or "UNKNOWN_" not in text:
            return text

        def words_and_code(match: re.Match[str]) -> str:
            words = self._short(match[0])
            return f"“{words}” ({match[0]})" if words else match[0]

        return _CODE.sub(words_and_code, text)

    def cell(self, value: Any) -> Any:
        """A value of a table: a code as ``name`` has it, a text as ``sentence``."""
        if not isinstance(value, str):
            return value
        return self.name(value) if value in self.words else self.sentence(value)

    def frame(self, rows: pd.DataFrame) -> pd.DataFrame:
        """A table's rows as they are text_columns."""
        if not self.words:
            return rows
        text_columns = [
            name
            for name in rows.columns
            if name not in _COPIED
            and (rows[name].dtype == object or isinstance(rows[name].dtype, pd.StringDtype))
        ]
        return rows.assign(
            **{name: rows[name].map(self.cell).astype(object) for name in text_columns}
        )

    def _short(self, code: str) -> str:
        words = clean(self.words.get(code, "")).strip()
        if len(words) <= _LONGEST:
            return words
        return words[: _LONGEST - 1].rpartition(" ")[0].rstrip(" …") + " …"


PLAIN = CodeNames()
"""No words for any code."""


def split_code(name: str) -> tuple[str, str]:
    """Part ``words (UNKNOWN_…)`` into the words and the code; nothing behind any other name."""
    code = _BEHIND.search(name)
    return (name[: code.start()], code[1]) if code else (name, "")


def smaller_codes(html: str) -> str:
    """Set the codes that stand behind their words small.

    Args:
        html: text that is escaped already.
    """
    return _SMALL.sub(r" <small>\1</small>", html)
