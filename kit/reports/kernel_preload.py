"""Loaded by a report's kernel as it starts: what its first cell needs, while the source is read."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

from kit.catalogue import load

__all__ = ["load_ipython_extension"]

_MODULES = (
    "ibis.backends.duckdb",
    "matplotlib.backends.backend_agg",
    "kit.display.charts",
    "kit.views",
)


def load_ipython_extension(_shell: Any) -> None:
    """Import what the kit's notebooks import; IPython calls it."""
    gc.disable()  # imports make no garbage, and looking for some takes a sixth of their time
    for name in _MODULES:
        import_module(name)
    load()
    gc.freeze()
    gc.enable()
