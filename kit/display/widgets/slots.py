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
from kit.display.widgets.frontend import in_voila

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
        # Voilà changes no output of a cell that ran, but the widgets in it.
        self._page = widgets.HTML(layout=widgets.Layout(width="100%")) if in_voila() else None
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
        # What stands in a widget looks as an output does by these names alone.
        look = ' class="jp-OutputArea-output jp-RenderedHTMLCommon"' if self._page else ""
        html = html and f'<div{look} data-place="{self._place}">{html}</div>'
        if self._page is not None:
            self._page.value = output.set_apart(html)
            if not update:
                display(self._page)
            return
        output.publish_html(html, plain, transient={"display_id": self._id}, update=update)


def display(widget: widgets.Widget, html: str = "", plain: str = "") -> None:
    """Show a widget.

    Args:
        widget: the widget.
        html: what is shown where it cannot live, as in a saved page; nothing if empty.
        plain: the same as text.
    """
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    data = {"application/vnd.jupyter.widget-view+json": view, "text/plain": plain}
    publish_display_data(data | ({"text/html": output.set_apart(html)} if html else {}))


def _box() -> widgets.VBox:
    layout = widgets.Layout(display="none", margin="0", padding="0", align_items="flex-start")
    return widgets.VBox(layout=layout)
