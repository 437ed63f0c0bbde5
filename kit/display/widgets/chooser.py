"""A drop-down list whose entries may change under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kit.base.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Chooser", "laid_out"]

_MAX_LABEL_CHARS = 90
"""Letters of an entry that are shown."""


class Chooser:
    """A drop-down list; who listens hears of what a person chose, and of nothing else."""

    def __init__(
        self, name: str, on_choose: Callable[[Any], None], *, width: str, tooltip: str = ""
    ) -> None:
        """Make it, with nothing to choose yet.

        Args:
            name: stands before it.
            on_choose: is called with the value that was chosen.
            width: as CSS has it.
            tooltip: what it is for.
        """
        self.widget = widgets.Dropdown(
            description=name, options=[("", "")], tooltip=tooltip, **laid_out(width)
        )
        self._on_choose = on_choose
        self._offering = False
        self.widget.observe(self._on_value, "value")

    @property
    def value(self) -> Any:
        """What is chosen."""
        return self.widget.value

    def offer(self, entries: Sequence[tuple[str, Any]], value: Any = None) -> None:
        """Offer other entries; what is chosen stays so if it is among them.

        Args:
            entries: a text, which is cleaned, and a value each; not empty. The first one is
                chosen where nothing else is.
            value: what to choose; what is chosen now if left out.
        """
        options = tuple((_short(text), one) for text, one in entries)
        choice = self.widget.value if value is None else value
        if not any(one == choice for _, one in options):
            choice = options[0][1]
        self._offering = True
        try:
            with self.widget.hold_sync():
                if self.widget.options != options:
                    self.widget.options = options
                self.widget.value = choice
        finally:
            self._offering = False

    def _on_value(self, change: Any) -> None:
        if not self._offering:
            self._on_choose(change["new"])


def laid_out(width: str) -> dict[str, Any]:
    """A control with a name before it that takes no more room than it needs."""
    return {
        "style": {"description_width": "initial"},
        "layout": widgets.Layout(width=width, margin="2px .6rem 2px 0"),
    }


def _short(text: str) -> str:
    label = clean(text)
    return label if len(label) <= _MAX_LABEL_CHARS else label[: _MAX_LABEL_CHARS - 1] + "…"
