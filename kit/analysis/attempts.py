"""Attempts and rates, by anything: what failed, held against what worked at the same operations.

An attempt is a failure, or a success of an operation that failed under the same key. Every rate of
the package comes from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kit.analysis.successes import count_successes
from kit.log.log import to_pandas

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir
    import pandas as pd

    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = ["attempts", "with_attempts"]

_OPERATION = ("app_key", "operation")


def attempts(
    log: Log, window: Window, rows: ir.Table, by: Sequence[str], **figures: ir.Value
) -> pd.DataFrame:
    """Count the failures of a window and the attempts at the operations that failed, by some keys.

    Args:
        log: the opened log.
        window: the window that successes are counted in.
        rows: failures of that window, rows of ``counted``.
        by: the columns that tell the counts apart.
        figures: what else is worked out of the failures of each key, by name.

    Returns:
        One row a key with a failure, in the order of the keys: the keys, ``failures`` int64, the
        figures, and the columns that ``with_attempts`` adds.
    """
    keys = list(by)
    failed = to_pandas(rows.group_by(keys).aggregate(failures=rows.count(), **figures), by=keys)
    operations = to_pandas(rows.select(*dict.fromkeys([*keys, *_OPERATION])).distinct())
    return with_attempts(failed, count_successes(log, window), keys, operations=operations)


def with_attempts(
    failed: pd.DataFrame,
    successes: pd.DataFrame,
    by: Sequence[str],
    *,
    operations: pd.DataFrame | None = None,
    how: Literal["left", "outer"] = "left",
) -> pd.DataFrame:
    """Add to counts of failures the successes of the same keys, the attempts and the rate.

    Args:
        failed: one row a key, with ``failures``.
        successes: ``successes``, in any number of rows a key; with ``operations``, by
            ``app_key`` and ``operation``, else by the keys.
        by: the columns that tell the counts apart.
        operations: which operations on which apps each key is about: the keys, ``app_key`` and
            ``operation``.
        how: ``left`` keeps the rows that are there, in their order; ``outer`` adds the keys with
            successes alone, sorted by the keys.

    Returns:
        The rows with ``failures``, ``successes`` and ``attempts`` int64, and ``rate`` float64,
        missing where there was no attempt.
    """
    keys = list(by)
    if operations is not None:
        good = successes.groupby(list(_OPERATION), as_index=False)[["successes"]].sum()
        pairs = operations[list(dict.fromkeys([*keys, *_OPERATION]))].drop_duplicates()
        successes = pairs.merge(good, on=list(_OPERATION))
    good = successes.groupby(keys, as_index=False)[["successes"]].sum()
    # pandas cannot merge two tables without a row on several keys of text.
    rows = failed.merge(good, how, on=keys) if len(good) else failed.assign(successes=0)
    for name in ("failures", "successes"):
        rows[name] = rows[name].fillna(0).astype("int64")
    rows["attempts"] = rows["failures"] + rows["successes"]
    rows["rate"] = rows["failures"] / rows["attempts"]
    return rows
