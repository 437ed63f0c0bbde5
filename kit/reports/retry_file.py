"""The list of those left to retry, beside a remediation's page: for the tool that retries."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from kit.base.text import in_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["keep_retry_file", "retry_csv"]

_FILE = "retry.csv"
_LINK = re.compile(r'\s+href="retry\.csv"')


def keep_retry_file(folder: Path, rows: object) -> None:
    """Write ``retry.csv`` beside a page, or see to it that nothing speaks of it.

    A list of a run that failed is not to be acted on, and a link to it would lead nowhere.

    Args:
        folder: the report's, with its page.
        rows: what the notebook published for it; no list where there is none to write.

    Raises:
        OSError: it cannot be written.
    """
    if isinstance(rows, list):
        (folder / _FILE).write_text(retry_csv(rows), encoding="utf-8")
        return
    (folder / _FILE).unlink(missing_ok=True)
    page = folder / "report.html"
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    if (without := _LINK.sub("", text)) != text:
        page.write_text(without, encoding="utf-8")


def retry_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows as CSV that no spreadsheet takes for formulas.

    Args:
        rows: as ``kit.analysis.retry.retry_rows`` lists them, times as ISO texts.

    Returns:
        The file's text, with a heading also where nobody is left.
    """
    from kit.analysis.retry import RETRY

    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n").writerow
    write(RETRY)
    for row in rows:
        write([in_sheet(row.get(name)) for name in RETRY])
    return text.getvalue()
