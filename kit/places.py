"""Where the files are that come with the kit: beside it in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

__all__ = ["NOTEBOOKS", "SAMPLE"]

_PACKAGE = Path(__file__).resolve().parent
_HOME = _PACKAGE.parent if (_PACKAGE.parent / "pyproject.toml").is_file() else _PACKAGE

NOTEBOOKS = _HOME / "notebooks"
"""The kit's own notebooks."""

SAMPLE = _HOME / "data" / "sample" / "system_log.ndjson.gz"
"""The synthetic org's log that comes with the kit."""
