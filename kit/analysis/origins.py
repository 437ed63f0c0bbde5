"""Where attempts came from, and from what: of those that failed, and of those that worked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kit.analysis.failures import folded_failures, succeeding
from kit.analysis.one_user import events_of_user
from kit.analysis.traits import traits_in_columns
from kit.log.log import to_pandas

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.analysis.episodes import History
    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = ["ORIGINS", "origins_of_code", "origins_of_user"]

ORIGINS = ("country", "network", "device", "client")
"""What is looked at, the farthest first; as ``TRAITS`` name it."""

_MOST = 5
"""Values of each that are listed; the others stand in one row."""


def origins_of_user(log: Log, window: Window, user_key: str) -> pd.DataFrame:
    """Count where one user's attempts came from, and from what.

    Args:
        log: the opened log.
        window: the window.
        user_key: the user, as ``folded_failures`` keys it.

    Returns:
        One row a value, of each of ``ORIGINS`` that an event of a failure says: ``origin``;
        ``value``, missing for attempts of which the log says nothing; ``others``, how many
        values the row stands for where it is more than one, else 0; ``failures`` and
        ``successes``. Most failures first.
    """
    events = events_of_user(log, window, user_key)
    failed = folded_failures(log, window)
    mine = failed.filter(failed.user_key == user_key).select("uuid")
    return _counts(events.semi_join(mine, "uuid"), succeeding(events))


def origins_of_code(history: History) -> pd.DataFrame:
    """Count where the attempts on an app came from that failed with a code, and those that worked.

    Args:
        history: one code on one app; what fell in its window counts, and of what worked the
            operations that failed.

    Returns:
        As ``origins_of_user``.
    """
    log, window = history.log, history.window
    events = log.within(window)
    failed = folded_failures(log, window)
    mine = failed.filter(failed.app_key == history.app_key, failed.code == history.code)
    good = succeeding(events)
    good = good.filter(
        good.app_key == history.app_key, good.operation.isin(history.successes.operations)
    )
    failing = events.filter(events.code.notnull()).semi_join(mine.select("uuid"), "uuid")
    return _counts(failing, good)


def _counts(bad: ir.Table, good: ir.Table) -> pd.DataFrame:
    sides = [
        rows.select(**traits_in_columns(rows, ORIGINS), failed=is_failed)
        for rows, is_failed in ((bad, True), (good, False))
    ]
    both = sides[0].union(sides[1])
    keys = [*ORIGINS, "failed"]
    table = to_pandas(both.group_by(keys).aggregate(attempts=both.count()))
    table["failures"] = table["attempts"].where(table["failed"], 0)
    table["successes"] = table["attempts"].where(~table["failed"], 0)
    parts = [_of_one(table, name) for name in ORIGINS]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _of_one(table: pd.DataFrame, origin: str) -> pd.DataFrame:
    """The rows of one origin; none where no failure says it."""
    sides = ["failures", "successes"]
    counts = table.groupby(table[origin].rename("value"), dropna=False)[sides].sum().reset_index()
    counts = counts.assign(origin=origin, others=0)[["origin", "value", "others", *sides]]
    lacks = counts["value"].isna()
    if not counts.loc[~lacks, "failures"].sum():
        return counts.head(0)
    in_order = counts[~lacks].sort_values([*sides, "value"], ascending=[False, False, True])
    rest = in_order.iloc[_MOST:]
    parts = [in_order.head(_MOST) if len(rest) > 1 else in_order]
    if len(rest) > 1:
        sums = {name: int(rest[name].sum()) for name in sides}
        more = {"origin": origin, "value": "others", "others": len(rest), **sums}
        parts.append(pd.DataFrame([more]))
    return pd.concat([*parts, counts[lacks]], ignore_index=True)
