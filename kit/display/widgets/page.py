"""An open notebook's sections, and what happens when one of its parameters is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from kit.base.errors import KitError
from kit.base.progress import told_to
from kit.base.text import clean
from kit.display.parts import Parameters
from kit.display.widgets.clicks import Clicks
from kit.display.widgets.controls import Controls
from kit.display.widgets.frontend import when_loaded_again
from kit.display.widgets.live_section import LiveSection
from kit.display.widgets.pictures import Pictures
from kit.display.widgets.slots import display

if TYPE_CHECKING:
    from kit.display.section import LiveReport, Section

__all__ = ["LivePage", "page_of"]


class LivePage:
    """The cells of one open notebook that show sections of one report."""

    def __init__(self, report: LiveReport) -> None:
        """Nothing is shown yet.

        Args:
            report: the report.
        """
        self._report = report
        self._sections: dict[tuple[str, str], LiveSection] = {}
        self._pictures = Pictures()
        self._clicks = Clicks(self._narrow)
        self._controls: Controls | None = None

    def show(self, cell: str, section: Section) -> None:
        """Show a section in the cell that runs; the parameters as controls.

        Args:
            cell: the cell's id; what it showed before is forgotten.
            section: the section.
        """
        if any(isinstance(part, Parameters) for part in section.parts):
            self._control()
        else:
            live = LiveSection(section, self._pictures, self._clicks)
            self._sections[cell, section.name] = live
            self._clicks.start()

    def change(self, name: str, value: str) -> None:
        """Take another value for a parameter and draw again what depends on it.

        A value that is wrong, and a question that fails or is stopped, gives one line; what
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
            self._clicks.forget()
            controls.say("Drawing")
            try:
                # In the notebook's order: what stands beside the controls comes first.
                for section in self._sections.values():
                    section.redraw()
                controls.offer(self._report.choices())
            except (KitError, KeyboardInterrupt) as fault:
                message = clean(fault) or "Stopped."
                controls.failed(name, f"{message} Some sections are still those from before.")

    def _narrow(self) -> None:
        """Have all sections show what was picked."""
        for section in self._sections.values():
            section.narrow()

    def _control(self) -> None:
        """Show the parameters as controls in the cell that runs."""
        report = self._report
        self._controls = Controls(report.parameters, report.choices(), self.change)
        when_loaded_again(self._controls.cut_off)
        display(self._controls.box)


_pages: WeakKeyDictionary[LiveReport, LivePage] = WeakKeyDictionary()


def page_of(report: LiveReport) -> LivePage:
    """The cells of the open notebook that show a report.

    Args:
        report: the report.
    """
    if report not in _pages:
        _pages[report] = LivePage(report)
    return _pages[report]
