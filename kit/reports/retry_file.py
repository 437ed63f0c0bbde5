"""The list of those left to retry, beside a remediation's page: for the tool that retries."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from kit.base.text import in_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["retry_csv"]


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
