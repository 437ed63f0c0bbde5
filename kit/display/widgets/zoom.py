"""Charts that can be panned and zoomed, where ipympl is installed (``okta-kit[lab]``)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kit.base.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kit.display.parts import Chart

__all__ = ["Zoom"]


class Zoom:
    """The charts of one block: pictures, until somebody wants to look closer."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Make nothing yet.

        Args:
            on_change: is called when the charts are to be shown the other way.
        """
        self._on_change = on_change
        self._charts: list[Chart] = []
        self._canvases: list[Any] = []
        self._gone: list[Any] = []
        self._button: widgets.ToggleButton | None = None

    @property
    def on(self) -> bool:
        """Whether the charts are to be panned and zoomed now."""
        return self._button is not None and bool(self._button.value)

    def holds(self, chart: Chart) -> bool:
        """Whether a chart is shown so, and not as a picture."""
        return self.on and chart in self._charts

    @property
    def controls(self) -> Sequence[widgets.Widget]:
        """What stands above the block: the switch, and the charts where it is on."""
        is_available = self._button is not None and self._charts
        return (self._button, *self._canvases) if is_available else ()

    def take(self, charts: list[Chart]) -> None:
        """Take other charts; what is on stays on. Only on a time axis there is more to see."""
        self._charts = [one for one in charts if any(map(_is_window, one.arguments))]
        if self._charts and self._button is None and find_spec("ipympl"):
            self._button = widgets.ToggleButton(
                description="Pan and zoom", icon="search-plus", layout=widgets.Layout(width="auto")
            )
            self._button.observe(self._on_toggle, "value")
        self._draw()

    def _on_toggle(self, _: Any) -> None:
        self._draw()
        self._on_change()

    def _draw(self) -> None:
        for canvas in self._gone:
            canvas.close()
        # Those that still stand in the page go when they have left it.
        self._gone = self._canvases
        self._canvases = [_canvas(one) for one in self._charts] if self.on else []


def _is_window(value: object) -> bool:
    return isinstance(value, Window)


def _canvas(chart: Chart) -> Any:
    from ipympl.backend_nbagg import Canvas, FigureManager

    figure, _ = chart.figure()
    canvas = Canvas(figure)
    FigureManager(canvas, 0)
    canvas.header_visible = canvas.footer_visible = False
    return canvas
