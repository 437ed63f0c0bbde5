"""How often a failure is usual: the share of attempts that failed before a stretch of time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.failures import folded_failures
from kit.analysis.successes import count_successes
from kit.base.times import moment_before
from kit.base.windows import Window
from kit.log.log import to_pandas

if TYPE_CHECKING:
    from datetime import datetime

    from kit.analysis.episodes import History
    from kit.analysis.trends import Trends
    from kit.log.log import Log

__all__ = ["usual_rate", "usual_rate_of_code"]

_BEFORE = timedelta(days=28)
_ENOUGH = timedelta(days=1)
"""What of the time before must be held, so that it says anything."""


def usual_rate(trends: Trends) -> float | None:
    """The share of attempts that failed in the four weeks before a window.

    Counted at the operations that failed in the window, so that the two can be compared.

    Args:
        trends: what failed in the window.

    Returns:
        0 to 1; None where less than a day before the window is held, or nothing was tried.
    """
    log, before = trends.log, _before(trends.log, trends.window.since)
    fell = trends.hit[trends.hit["failures"] > 0]
    if before is None or fell.empty:
        return None
    operations = sorted(set(fell["operation"]))
    rows = trends.selected_rows(folded_failures(log, before))
    rows = rows.filter(rows.operation.isin(operations))
    failed = int(to_pandas(rows.aggregate(failures=rows.count()))["failures"].iloc[0])
    successes = count_successes(log, before)
    successes = successes[successes["operation"].isin(operations)]
    if trends.apps:
        successes = successes[successes["app_key"].isin(trends.apps)]
    return _share(failed, int(successes["successes"].sum()))


def usual_rate_of_code(history: History, since: datetime) -> float | None:
    """The share of attempts that failed with a code on its app in the four weeks before a moment.

    Args:
        history: the code's.
        since: the moment, UTC.

    Returns:
        As ``usual_rate``.
    """
    before = _before(history.log, since)
    if before is None:
        return None
    at = history.failures["published"]
    inside = (at >= pd.Timestamp(before.since)) & (at < pd.Timestamp(before.until))
    return _share(int(inside.sum()), history.successes.count(before.since, before.until))


def _before(log: Log, since: datetime) -> Window | None:
    """The weeks before a moment, if enough of them is held."""
    start = moment_before(pd.Timestamp(since), pd.Timedelta(_BEFORE)).to_pydatetime()
    if start >= since:
        return None
    window = Window(start, since)
    missing = sum((gap.until - gap.since for gap in log.coverage(window).missing), timedelta())
    return window if window.until - window.since - missing >= _ENOUGH else None


def _share(failed: int, successes: int) -> float | None:
    return failed / (failed + successes) if failed + successes else None
