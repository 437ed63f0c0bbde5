"""The widget that hears clicks in a page; by anywidget, which brings it to the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Bridge"]


class Bridge(anywidget.AnyWidget):
    """It has no face of its own: the page's model hears, wherever its outputs stand."""

    _esm = Path(__file__).with_name("clicks.js").read_text(encoding="utf-8")
    page = traitlets.Unicode().tag(sync=True)
    """What the places of this page begin with."""

    def __init__(self, page: str, on_message: Callable[[dict[str, Any]], None]) -> None:
        """Send it to the browser.

        Args:
            page: what the places of this page begin with.
            on_message: is called with each message.
        """
        super().__init__(page=page)
        self.on_msg(lambda _, content, __: on_message(content))
