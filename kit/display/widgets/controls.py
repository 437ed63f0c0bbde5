"""A notebook's parameters as controls, seeded from its parameters cell.

The kind of each control follows from the parameter: a closed choice (``Literal``) is a list, a name
that stands in the data is a list of those that occur, the rest is text with suggestions.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Literal, get_args, get_origin

import ipywidgets as widgets

from kit.base.text import clean
from kit.display.widgets.chooser import Chooser, laid_out
from kit.display.widgets.frontend import declaration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kit.base.parameters import Parameter
    from kit.display.choices import Choices

__all__ = ["Controls"]

_SUGGESTED = {
    "source": ["sample", "lake", "okta"],
    "since": ["24h", "3d", "7d", "14d", "30d", "90d"],
}
_WIDTH = {"source": "16rem", "since": "10rem", "until": "14rem", "fixed": "14rem", "user": "22rem"}


class Controls:
    """The controls of one notebook."""

    def __init__(
        self,
        values: Mapping[str, str],
        choices: Choices,
        on_change: Callable[[str, str], None],
    ) -> None:
        """Make a control for each parameter.

        Args:
            values: the parameters by name, as they are.
            choices: what occurs in the data.
            on_change: is called with the name and the value of a parameter that a person changed.
        """
        self._declared = declaration(values)
        self._values = dict(values)
        self._on_change = on_change
        self._taking = False
        self._choosers: dict[str, Chooser] = {}
        self._texts: dict[str, widgets.Combobox] = {}
        for name in values:
            self._make(name, choices)
        self._status = widgets.HTML(layout=widgets.Layout(margin="0"))
        line = [
            self._choosers[name].widget if name in self._choosers else self._texts[name]
            for name in values
        ]
        self.box = widgets.VBox(
            [
                widgets.HBox(line, layout=widgets.Layout(flex_flow="row wrap")),
                self._status,
            ],
            layout=widgets.Layout(border="1px solid #B8C0C8", padding=".4rem .6rem"),
        )
        self.offer(choices)
        self._tell()

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Say what is being done, and afterwards what is shown."""
        self.say(what)
        self._fault = ""
        try:
            yield
        finally:
            self._tell()

    def say(self, what: str) -> None:
        """Say what is being done."""
        self._status.value = f'<em aria-live="polite">{escape(what)} …</em>'

    def failed(self, name: str, fault: str) -> None:
        """Say that a value was not taken; the control shows it until it is changed.

        Args:
            name: the parameter.
            fault: what is wrong, in one line.
        """
        self._fault = fault if fault.startswith(f"{name}:") else f"{name}: {fault}"

    def cut_off(self) -> None:
        """Say that this page does not hear of changes, because it was loaded again."""
        self._status.value = (
            '<strong role="alert" style="color:#A3341F">This page was loaded again. Choose Run, '
            "Run All Cells: what its cells show does not follow the controls until then.</strong>"
        )

    def take(self, values: Mapping[str, str]) -> None:
        """Show the values that hold now."""
        self._values = dict(values)
        self._taking = True
        try:
            for name, text in self._texts.items():
                text.value = self._values[name]
        finally:
            self._taking = False

    def offer(self, choices: Choices) -> None:
        """Offer what occurs in the data now."""
        for name, chooser in self._choosers.items():
            chooser.offer(self._entries(name, choices), self._values[name])
        if "user" in self._texts:
            self._texts["user"].options = tuple(clean(one) for one in choices.users)

    _fault = ""

    def _make(self, name: str, choices: Choices) -> None:
        parameter = self._declared.get(name)
        tip = parameter.help if parameter else ""
        if _literals(parameter) or name in ("app", "code"):
            on_choose = lambda value, name=name: self._on_input(name, value)  # noqa: E731  # one line
            self._choosers[name] = Chooser(name, on_choose, width="auto", tooltip=tip)
            return
        text = widgets.Combobox(
            value=self._values[name],
            options=_SUGGESTED.get(name, []),
            description=name,
            placeholder=_empty(parameter),
            ensure_option=False,
            continuous_update=False,
            tooltip=tip,
            **laid_out(_WIDTH.get(name, "14rem")),
        )
        text.observe(lambda change: self._on_input(name, change["new"]), "value")
        self._texts[name] = text

    def _entries(self, name: str, choices: Choices) -> Sequence[tuple[str, str]]:
        parameter = self._declared.get(name)
        if literals := _literals(parameter):
            return [(one, one) for one in literals]
        pairs = choices.apps if name == "app" else choices.codes
        labels = {value: label for value, label in pairs if value}
        entries = [
            (_empty(parameter) or "any", ""),
            *((label, value) for value, label in labels.items()),
        ]
        mine = self._values[name]
        if mine and mine not in labels:
            entries.append((mine, mine))
        return entries

    def _on_input(self, name: str, value: str) -> None:
        if self._taking:
            return
        if value.strip() != self._values[name]:
            self._on_change(name, value.strip())
        else:  # a wrong value was taken back
            self._fault = ""
            self._tell()

    def _tell(self) -> None:
        """Say what is shown, and the fault where there is one."""
        values = ", ".join(
            f"{k} = {v or _empty(self._declared.get(k)) or '(empty)'}"
            for k, v in self._values.items()
        )
        status = f"Shown: {escape(clean(values))}"
        if self._fault:
            fault = f'<strong role="alert" style="color:#A3341F">{escape(self._fault)}</strong>'
            status = f"{fault}<br>Still {status[0].lower()}{status[1:]}"
        self._status.value = status


def _literals(parameter: Parameter | None) -> tuple[str, ...]:
    is_literal = parameter and get_origin(parameter.type) is Literal
    return get_args(parameter.type) if parameter and is_literal else ()


def _empty(parameter: Parameter | None) -> str:
    """What a parameter's help says that an empty value means."""
    match = re.search(r"empty: ([^;]+)", parameter.help if parameter else "")
    return match[1].strip() if match else ""
