"""Pictures that were drawn are kept, so that only those are drawn again whose data changed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from kit.display.parts import Chart

__all__ = ["Pictures"]

_MAX_PICTURES = 60
"""Pictures that are kept, some 50 KB each."""


class Pictures:
    """The pictures of one notebook."""

    def __init__(self) -> None:
        self._pictures: dict[str, str] = {}

    def html(self, chart: Chart) -> str:
        """A chart as HTML, drawn if none of the same data was."""
        key = _key(chart)
        # Put in again, so that those that were not looked at for longest go first.
        self._pictures[key] = self._pictures.pop(key, "") or chart.html()
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
