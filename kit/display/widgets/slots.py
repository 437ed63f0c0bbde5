"""An output of a cell that can be drawn again: controls above, HTML below.

The HTML is published under a display id and updated by it, so it is a plain output, which the
notebook keeps. The controls are one box of widgets whose children may change.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import ipywidgets as widgets
from IPython.display import publish_display_data

from kit.display import output

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Slot", "display"]


class Slot:
    """One place in a cell's output."""

    def __init__(self, place: str, *, controlled: bool) -> None:
        """Publish it, empty, into the cell that runs.

        Args:
            place: the name by which clicks in it are known.
            controlled: whether there may be controls above the HTML.
        """
        self._place = place
        self._box = _box() if controlled else None
        self._id = uuid.uuid4().hex
        self._html = ""
        if self._box is not None:
            display(self._box)
        self._publish("", "", update=False)

    def put(self, html: str, plain: str, controls: Sequence[widgets.Widget] = ()) -> None:
        """Show something else; what is the same is not sent again."""
        if self._box is not None and tuple(controls) != self._box.children:
            self._box.children = tuple(controls)
            self._box.layout.display = "" if controls else "none"
        if html != self._html:
            self._html = html
            self._publish(html, plain, update=True)

    def _publish(self, html: str, plain: str, *, update: bool) -> None:
        html = html and f'<div data-place="{self._place}">{html}</div>'
        output.publish_html(html, plain, transient={"display_id": self._id}, update=update)


def display(widget: widgets.Widget) -> None:
    """Show a widget; where it cannot live, as in a saved page, nothing is left of it."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    publish_display_data({"application/vnd.jupyter.widget-view+json": view, "text/plain": ""})


def _box() -> widgets.VBox:
    layout = widgets.Layout(display="none", margin="0", padding="0", align_items="flex-start")
    return widgets.VBox(layout=layout)
