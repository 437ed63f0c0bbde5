"""Of failures that compete for a record, the nearest in time.

A batch may give thousands of failures and records one id, so their pairs are never all made: the
nearest of a record are looked up among the failures in the order of their times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["nearest_pairs", "pairs_in_reach"]

_PAIR = ("failure", "at", "record", "second", "attempts")


def nearest_pairs(both: pd.DataFrame) -> pd.DataFrame:
    """Of failures that compete for a record, the nearest; a collapsed row takes several.

    Args:
        both: the pairs: ``failure`` and its time ``at``, ``record``, its time ``second`` and how
            many ``attempts`` it counts; times in seconds.

    Returns:
        ``failure`` and ``record``; of failures equally near, the earlier comes first.
    """
    both = both.assign(apart=(both["second"] - both["at"]).abs())
    ordered = both.sort_values(["record", "apart", "at", "failure"], kind="stable")
    place = ordered.groupby("record").cumcount()
    return ordered.loc[place < ordered["attempts"], ["failure", "record"]].reset_index(drop=True)


def pairs_in_reach(
    failures: pd.DataFrame, records: pd.DataFrame, keys: Sequence[str]
) -> pd.DataFrame:
    """Pair each record with the failures that have its keys and may be its nearest.

    Those are as many before it, and behind it, as it counts attempts: at most twice the pairs that
    ``nearest_pairs`` keeps of them, however many failures have the keys.

    Args:
        failures: ``failure``, ``at`` and the keys.
        records: ``record``, ``second``, ``attempts`` and the keys.
        keys: columns of both; a null is no key.

    Returns:
        ``failure``, ``at``, ``record``, ``second`` and ``attempts``.
    """
    names = list(keys)
    theirs = records[["record", "second", "attempts", *names]].dropna(subset=names)
    if theirs.empty:
        return pd.DataFrame(dict.fromkeys(_PAIR, np.empty(0, np.int64)))
    groups = failures[names].dropna().drop_duplicates().reset_index(drop=True)
    groups = groups.reset_index(names="group")
    mine = failures[["failure", "at", *names]].merge(groups, on=names)
    theirs = theirs.merge(groups, on=names)
    failure, at, group = (mine[name].to_numpy(np.int64) for name in ("failure", "at", "group"))
    record, second, attempts, own = (
        theirs[name].to_numpy(np.int64) for name in ("record", "second", "attempts", "group")
    )
    # From a record's time outwards, of failures at one time the first comes first on either side.
    before, behind = (np.lexsort((tie, at, group)) for tie in (-failure, failure))
    times = np.unique(np.concatenate([at, second]))
    in_order = group[behind] * len(times) + np.searchsorted(times, at[behind])
    own = own * len(times)
    place = np.searchsorted(in_order, own + np.searchsorted(times, second), side="right")
    low = np.maximum(place - attempts, np.searchsorted(in_order, own))
    high = np.minimum(place + attempts, np.searchsorted(in_order, own + len(times)))
    parts = []
    for order, first, end in ((before, low, place), (behind, place, high)):
        rows, places = _spread(first, end)
        mine_there = order[places]
        parts.append(
            pd.DataFrame(
                {
                    "failure": failure[mine_there],
                    "at": at[mine_there],
                    "record": record[rows],
                    "second": second[rows],
                    "attempts": attempts[rows],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _spread(first: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The places of ranges one after the other, and beside each the number of its range."""
    counts = end - first
    rows = np.repeat(np.arange(len(counts)), counts)
    begins = np.cumsum(counts) - counts
    return rows, np.arange(len(rows)) + (first - begins)[rows]
