"""Logs opened from events made by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kit.engine import Log, open_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Log]:
    """Write events to an NDJSON file and open it."""

    def _opened(*events: dict[str, Any], name: str = "log.ndjson") -> Log:
        path = tmp_path / name
        path.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
        return open_log(path)

    return _opened
