"""What is still open at a window's end, code by code, of all that the source holds before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.episodes import spans
from kit.analysis.failures import KEYS, failures, folded_failures
from kit.analysis.recovery import first_after
from kit.base.windows import Window
from kit.log.log import to_pandas

if TYPE_CHECKING:
    from kit.log.log import Log

__all__ = ["open_before", "since_when", "unresolved"]

_PAIR = ["app_key", "code"]


def unresolved(log: Log, window: Window, recovered: pd.DataFrame) -> pd.DataFrame:
    """List who failed with which code and had no success since.

    Whoever failed with a code, worked, and fails with another one since, is no longer open under
    the first; a user who failed with two and never worked since is open under both.

    Args:
        log: the opened log.
        window: the window; only its end matters.
        recovered: as ``recovery`` lists them, of the same window.

    Returns:
        One row an app, code, user and operation: ``code``, the keys of ``recovery``, ``hit_type``;
        ``failures`` int64, ``first`` and ``last`` datetime64[us, UTC], of the failures with this
        code that no success followed; ``state``, as in ``recovery``.
    """
    again = first_after(log, window)
    stuck = again.filter(again.worked_again.isnull()).select("uuid")
    rows = folded_failures(log).semi_join(stuck, "uuid")
    keys = ["code", *KEYS]
    table = to_pandas(
        rows.group_by(keys).aggregate(
            failures=rows.count(), first=rows.published.min(), last=rows.published.max()
        ),
        by=keys,
    )
    return table.merge(recovered[[*KEYS, "hit_type", "state"]], on=list(KEYS))


def since_when(log: Log, window: Window, still: pd.DataFrame) -> pd.DataFrame:
    """Say of each code since when it fails what still fails.

    Args:
        log: the opened log.
        window: the window; only its end matters.
        still: rows of ``unresolved``.

    Returns:
        One row an app and code: ``app_key``, ``code``; ``since``, the start of the oldest episode
        that someone still fails of, and ``last_failure``, the last one of those who still fail,
        datetime64[us, UTC].
    """
    ends = still.groupby(_PAIR, as_index=False).agg(
        first=("first", "min"), last_failure=("last", "max")
    )
    runs = ends.merge(spans(log, window), on=_PAIR)
    inside = runs["first"].between(runs["start"], runs["last"])
    runs = runs[inside].rename(columns={"start": "since"})
    return runs[[*_PAIR, "since", "last_failure"]]


def open_before(log: Log, window: Window, user_key: str, recovered: pd.DataFrame) -> pd.DataFrame:
    """List what still fails for a user and did not fail in a window.

    Args:
        log: the opened log.
        window: the window.
        user_key: the user.
        recovered: the user's rows of ``recovery``, of the same window.

    Returns:
        One row an app and operation, the last to fail first: the columns of ``failures`` for its
        last failure, whatever its code, and ``failing_since``.
    """
    stuck = recovered[(recovered["failures"] == 0) & (recovered["state"] == "still_failing")]
    keys = list(KEYS)
    since = stuck["last_failure"].min()
    if pd.isna(since):
        nothing = failures(log, Window(window.since, window.until), user_key=user_key).head(0)
        return nothing.assign(failing_since=nothing["published"])
    rows = failures(log, Window(since.to_pydatetime(), window.since), user_key=user_key)
    rows = rows.drop_duplicates(keys, keep="last").merge(stuck[[*keys, "failing_since"]], on=keys)
    return rows.sort_values("published", ascending=False, kind="stable", ignore_index=True)
