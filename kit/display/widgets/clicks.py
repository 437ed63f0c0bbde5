"""What a reader clicks in the outputs of one notebook, and what of it is picked."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kit.display.areas import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kit.display.parts import Links
    from kit.display.widgets.bridge import Bridge

__all__ = ["Clicks"]


class Clicks:
    """The clicks of one notebook."""

    def __init__(self, on_pick: Callable[[], None]) -> None:
        """Hear nothing yet.

        Args:
            on_pick: is called when something else is picked.
        """
        self.picked: Mapping[str, Any] = {}
        """What the tables are narrowed to, as ``Area.of`` has it; all rows if empty."""
        self._on_pick = on_pick
        self._page = uuid.uuid4().hex
        self._hearers: dict[str, Callable[[Mapping[str, Any]], None]] = {}
        self._bridge: Bridge | None = None
        self._undo: widgets.Button | None = None

    def place(self, hear: Callable[[Mapping[str, Any]], None]) -> str:
        """A name for an output, and who hears of clicks in it.

        Args:
            hear: is called with ``column`` (the place of a heading), with ``chart`` and ``area``
                (their places), or with ``way``.
        """
        name = f"{self._page}-{len(self._hearers)}"
        self._hearers[name] = hear
        return name

    def start(self) -> None:
        """Begin to hear; after the first output, which need not wait for it."""
        if self._bridge is None:
            from kit.display.widgets.bridge import Bridge

            self._bridge = Bridge(self._page, self._hear)

    def run(self, place: str, links: Links) -> None:
        """Have the browser open a notebook that an output links to, and run it.

        Args:
            place: the output's name.
            links: what it links to.
        """
        if self._bridge is not None:
            self._bridge.send({"open": place, "name": links.items[0][0]})

    def pick(self, of: Mapping[str, Any]) -> None:
        """Narrow the tables, or take that back if they are narrowed so already."""
        self.picked = {} if of == self.picked else of
        self._on_pick()

    def forget(self) -> None:
        """Narrow nothing from now on; who asks draws."""
        self.picked = {}

    @property
    def undo(self) -> tuple[widgets.Widget, ...]:
        """The button that takes it back, and says what it is; none where all is shown."""
        if not self.picked:
            return ()
        if self._undo is None:
            self._undo = widgets.Button(
                icon="times", tooltip="Show all rows again", layout=widgets.Layout(width="auto")
            )
            self._undo.on_click(lambda _: self.pick({}))
        self._undo.description = f"Only {words_of(self.picked)}: show all"
        return (self._undo,)

    def _hear(self, content: Any) -> None:
        place = content.get("place") if isinstance(content, dict) else None
        if hear := self._hearers.get(str(place)):
            hear(content)
