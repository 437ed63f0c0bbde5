"""Where the files are that come with the kit: beside it in a checkout, inside it when installed."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = [
    "APPS",
    "COPY",
    "INVESTIGATIONS",
    "LAKE",
    "NOTEBOOKS",
    "ONLY_APPS",
    "PLAIN",
    "PULLED",
    "REPORTS",
    "SAMPLE",
    "SAMPLE_FILES",
    "place",
]

_PACKAGE = Path(__file__).resolve().parents[1]
_HOME = _PACKAGE.parent if (_PACKAGE.parent / "pyproject.toml").is_file() else _PACKAGE

NOTEBOOKS = _HOME / "notebooks"
"""The kit's own notebooks."""

SAMPLE = _HOME / "data" / "sample" / "system_log.ndjson.gz"
"""The synthetic org's log that comes with the kit."""

SAMPLE_FILES = (
    SAMPLE,
    SAMPLE.with_name("InteractiveSignIns_2026-10-26_2026-11-01.json.gz"),
    SAMPLE.with_name("AuditLogs_2026-10-26_2026-11-01.json.gz"),
)
"""What the source ``sample`` is read from: that log, and the logs of the org's Microsoft Entra."""

LAKE = os.environ.get("OKTA_KIT_LAKE") or str(
    (_HOME if _HOME != _PACKAGE else Path.cwd()) / "data" / "lake"
)
"""The default lake, a folder or an address in an object store: ``$OKTA_KIT_LAKE``, else
``data/lake``."""

INVESTIGATIONS = (
    _HOME if _HOME != _PACKAGE else Path(os.environ.get("PWD") or Path.cwd())
) / "investigations"
"""Where JupyterLab begins notebooks of a case: in a checkout, else where it was started from; its
kernels run in the folders of their notebooks."""

REPORTS = INVESTIGATIONS.with_name("reports")
"""Where a notebook in JupyterLab keeps marks of a source of files: with the reports."""

APPS = "_apps.json"
"""In a lake: what the live org said of the apps that a report asked about."""

ONLY_APPS = "OKTA_KIT_ONLY_APPS"
"""Set for the kernel of an owner's report: the file that names the apps that it is about."""

PLAIN = "OKTA_KIT_PLAIN"
"""Set where a notebook's cells show no controls for any viewer: for a report's kernel, or by a
user."""

PULLED = "OKTA_KIT_PULLED"
"""Set for a report's kernel, which holds no token: the org was pulled before, by who has it. Names
the file with what the org said of its apps."""

COPY = "OKTA_KIT_COPY"
"""Set for a report's kernel: the copies that it reads in the places of sources, written as PATH is:
of export files, so that they are read once, or one without names."""


def place(source: str | Path) -> str:
    """Where a source's name leads: the default lake, an address in a store, or a path."""
    if source == "lake":
        return LAKE
    return str(source) if "://" in str(source) else str(Path(source).expanduser())
