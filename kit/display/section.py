"""A section of a report: a value that shows itself where it is a cell's last line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from kit.base.errors import UsageError
from kit.base.frame import Frame, write_sheets
from kit.display.output import show
from kit.display.parts import Chart
from kit.display.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.display.choices import Choices
    from kit.display.parts import Links, Part

__all__ = ["Live", "LiveReport", "Section"]


class LiveReport(Protocol):
    """What an open notebook needs of a report to ask it again."""

    parameters: dict[str, str]

    def ask(self, **changed: str) -> None:
        """Ask again with other parameters; if that fails, all stays as it was."""

    def choices(self) -> Choices:
        """What the parameters can be."""

    def begin_notebook(self, way: str) -> Links:
        """Begin the notebook that a way leads to, with its parameters set; give a link to it."""


@dataclass(frozen=True)
class Live:
    """Where a section comes from, so that an open notebook can draw it again."""

    report: LiveReport
    view: Callable[[], Section]
    """Gives the section as the report answers now."""


@dataclass(frozen=True, eq=False, repr=False)
class Section:
    """Parts in their order: values, which are drawn when the section is shown."""

    parts: tuple[Part, ...]
    name: str = ""
    """The view that gave it, as a notebook calls it."""
    live: Live | None = None
    """What draws it again in an open JupyterLab; it is shown once if missing."""

    @property
    def frames(self) -> tuple[pd.DataFrame, ...]:
        """The full DataFrame of each table and chart, in their order: all rows, times in UTC."""
        return tuple(Frame(p.frame.copy()) for p in self.parts if isinstance(p, Table | Chart))

    @property
    def frame(self) -> pd.DataFrame:
        """The full DataFrame of the first table or chart; empty where the section has none."""
        return next(iter(self.frames), Frame())

    def to_excel(self, path: Any) -> None:
        """Write a workbook with a sheet for each table and chart, as ``frame.to_excel`` does.

        Args:
            path: the workbook.
        """
        titles = [
            p.caption if isinstance(p, Table) else p.draw.__name__
            for p in self.parts
            if isinstance(p, Table | Chart)
        ]
        if not titles:
            raise UsageError("to_excel: the section has no table and no chart.")
        write_sheets(path, list(zip(titles, self.frames, strict=True)))

    def html(self) -> str:
        """All parts as HTML, charts as pictures; texts of events are escaped."""
        return "".join(part.html() for part in self.parts)

    def text(self) -> str:
        """All parts as text, charts as their findings in words."""
        return "\n\n".join(part.text() for part in self.parts)

    def __repr__(self) -> str:
        kinds = ", ".join(type(part).__name__ for part in self.parts)
        return f"<Section {self.name}: {kinds or 'nothing to show'}>".replace(" :", ":")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """The section as one HTML and one text, for frontends that are not IPython's."""
        return {"text/html": self.html(), "text/plain": self.text()}

    def _ipython_display_(self) -> None:
        """Show each part as an output of the cell; in an open JupyterLab one to work with."""
        show(self)
