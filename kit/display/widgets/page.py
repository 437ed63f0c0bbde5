"""An open notebook's sections, and what happens when one of its parameters is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kit.base.errors import KitError
from kit.base.progress import told_to
from kit.base.text import clean
from kit.display.widgets.controls import Controls
from kit.display.widgets.frontend import when_loaded_again
from kit.display.widgets.pictures import Pictures
from kit.display.widgets.section import Section
from kit.display.widgets.slots import display

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.display.choices import Choices

__all__ = ["Page", "Report"]


class Report(Protocol):
    """What a page needs of a report."""

    parameters: dict[str, str]

    def ask(self, **changed: str) -> None:
        """Ask again with other parameters; if that fails, all stays as it was."""

    def choices(self) -> Choices:
        """What the parameters can be."""


class Page:
    """The cells of one open notebook that show sections of one report."""

    def __init__(self, report: Report) -> None:
        """Nothing is shown yet.

        Args:
            report: the report.
        """
        self._report = report
        self._sections: dict[tuple[str, str], Section] = {}
        self._pictures = Pictures()
        self._controls: Controls | None = None

    def show(self, cell: str, name: str, draw: Callable[[], None]) -> None:
        """Show a section in the cell that runs.

        Args:
            cell: the cell's id; what it showed before is forgotten.
            name: the section's name.
            draw: shows its parts.
        """
        self._sections[cell, name] = Section(draw, self._pictures)

    def control(self) -> None:
        """Show the parameters as controls in the cell that runs."""
        report = self._report
        self._controls = Controls(report.parameters, report.choices(), self.change)
        when_loaded_again(self._controls.cut_off)
        display(self._controls.box)

    def change(self, name: str, value: str) -> None:
        """Take another value for a parameter and draw again what depends on it.

        A value that is wrong, and a question that fails or is stopped, is told in one line; what
        was shown before stays.

        Args:
            name: the parameter.
            value: its value.
        """
        controls = self._controls
        assert controls is not None
        with controls.busy("Asking; what is shown is still the answer from before"):
            try:
                with told_to(controls.say):
                    self._report.ask(**{name: value})
            except KitError as fault:
                controls.failed(name, clean(fault))
                return
            except KeyboardInterrupt:
                controls.failed(name, "Stopped.")
                return
            controls.take(self._report.parameters)
            controls.say("Drawing")
            try:
                # In the notebook's order: what stands beside the controls comes first.
                for section in self._sections.values():
                    section.redraw()
                controls.offer(self._report.choices())
            except (KitError, KeyboardInterrupt) as fault:
                said = clean(fault) or "Stopped."
                controls.failed(name, f"{said} Some sections are still those from before.")
