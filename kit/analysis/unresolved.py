"""What is still open at a window's end, code by code, of all that the source holds before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.episodes import spans
from kit.analysis.failures import KEYS, counted
from kit.analysis.recovery import first_after
from kit.engine import frame

if TYPE_CHECKING:
    from kit.engine import Log
    from kit.lake.coverage import Window

__all__ = ["since_when", "unresolved"]

_PAIR = ["app_key", "code"]


def unresolved(log: Log, window: Window, recovered: pd.DataFrame) -> pd.DataFrame:
    """List who failed with which code and had no success since.

    Whoever failed with a code, worked, and fails with another one since, is no longer open under
    the first; whoever failed with two and never worked since is open under both.

    Args:
        log: the opened log.
        window: the window; only its end matters.
        recovered: as ``recovery`` lists them, of the same window.

    Returns:
        One row an app, code, user and operation: ``code``, the keys of ``recovery``, ``user``;
        ``failures`` int64, ``first`` and ``last`` datetime64[us, UTC], of the failures with this
        code that no success followed; ``state``, as in ``recovery``.
    """
    again = first_after(log, window)
    stuck = again.filter(again.worked_again.isnull()).select("uuid")
    rows = counted(log).semi_join(stuck, "uuid")
    keys = ["code", *KEYS]
    found = frame(
        rows.group_by(keys).aggregate(
            failures=rows.count(), first=rows.published.min(), last=rows.published.max()
        ),
        by=keys,
    )
    return found.merge(recovered[[*KEYS, "user", "state"]], on=list(KEYS))


def since_when(log: Log, window: Window, still: pd.DataFrame) -> pd.DataFrame:
    """Say of each code since when it fails what still fails.

    Args:
        log: the opened log.
        window: the window; only its end matters.
        still: rows of ``unresolved``.

    Returns:
        One row an app and code: ``app_key``, ``code``, and ``since`` datetime64[us, UTC], the
        start of the oldest episode that someone still fails of.
    """
    oldest = still.groupby(_PAIR, as_index=False)[["first"]].min()
    runs = oldest.merge(spans(log, window), on=_PAIR)
    inside = runs["first"].between(runs["start"], runs["last"])
    return runs.loc[inside, [*_PAIR, "start"]].rename(columns={"start": "since"})
