"""Pictures that were drawn are kept, so that only those are drawn again whose data changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.display.areas import areas_html

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.display.areas import Area
    from kit.display.parts import Chart

__all__ = ["Pictures"]

_MAX_PICTURES = 60
"""Pictures that are kept, some 50 KB each."""


class Pictures:
    """The pictures of one notebook."""

    def __init__(self) -> None:
        self._pictures: dict[str, tuple[str, tuple[Area, ...]]] = {}

    def html(self, chart: Chart, picked: Mapping[str, Any]) -> str:
        """A chart as HTML, drawn if none of the same data was.

        Args:
            chart: the chart.
            picked: what the tables are narrowed to.
        """
        picture, areas = self._drawn(chart)
        return (
            '<figure data-areas style="margin:.6em 0;position:relative;width:fit-content">'
            f'{picture}<svg style="position:absolute;inset:0;width:100%;height:100%">'
            f"{areas_html(areas, picked)}</svg></figure>"
        )

    def areas(self, chart: Chart) -> tuple[Area, ...]:
        """What the parts of a chart stand for."""
        return self._drawn(chart)[1]

    def _drawn(self, chart: Chart) -> tuple[str, tuple[Area, ...]]:
        key = _key(chart)
        # Put in again, so that those that were not looked at for longest go first.
        picture = self._pictures.pop(key) if key in self._pictures else chart.with_areas
        self._pictures[key] = picture
        while len(self._pictures) > _MAX_PICTURES:
            del self._pictures[next(iter(self._pictures))]
        return self._pictures[key]


def _key(chart: Chart) -> str:
    """The same for the same chart of the same data."""
    digest = hashlib.sha256(f"{chart.draw.__module__}.{chart.draw.__qualname__}".encode())
    digest.update(repr((chart.names, chart.zone)).encode())
    for name, value in (*enumerate(chart.arguments), *chart.options.items()):
        digest.update(str(name).encode())
        if isinstance(value, pd.DataFrame):
            digest.update(repr(list(value.columns)).encode())
            digest.update(pd.util.hash_pandas_object(value).to_numpy().tobytes())
        else:
            digest.update(repr(value).encode())
    return digest.hexdigest()
