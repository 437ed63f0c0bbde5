"""What reports there are, and which of them are old enough to go."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kit.base.times import parse_iso
from kit.reports.index import reports, write_index
from kit.reports.staging import locked

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["old_reports", "prune"]

_FOLDER = re.compile(r"(no-window|\d[0-9TZ-]*)-[0-9a-f]{8}")
_FILES = {"notebook.ipynb", "report.html", "report.pdf", "retry.csv", "summary.json"}


def old_reports(out: Path, before: datetime) -> list[dict[str, Any]]:
    """List the reports that were run before a moment, the newest first.

    Args:
        out: the folder of all reports.
        before: UTC.

    Returns:
        As ``reports``; only folders that hold nothing but what a report is made of.
    """
    old_runs = []
    for run in reports(out):
        try:
            ran = parse_iso(str(run.get("started")))
        except ValueError:
            continue
        if ran < before and _is_ours(out / run["folder"]) and "kit_version" in run:
            old_runs.append(run)
    return old_runs


def prune(out: Path, before: datetime) -> list[dict[str, Any]]:
    """Remove the reports that were run before a moment; return them.

    Args:
        out: the folder of all reports.
        before: UTC.
    """
    with locked(out):
        gone = old_reports(out, before)
        for run in gone:
            folder = out / run["folder"]
            # Out of sight in one step: no reader meets half a report.
            doomed = folder.with_name(f".old-{folder.name}")
            folder.rename(doomed)
            shutil.rmtree(doomed)
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()
    if gone:
        write_index(out, gone)
    return gone


def _is_ours(folder: Path) -> bool:
    if folder.is_symlink() or folder.parent.is_symlink() or not _FOLDER.fullmatch(folder.name):
        return False
    return {path.name for path in folder.iterdir()} <= _FILES
