"""The failures of a window by kind, or by whatever else they are grouped by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.analysis.failures import COUNTED, KEYS, folded_failures, with_details
from kit.analysis.groups import with_group
from kit.analysis.kinds import guesses_in
from kit.analysis.trends import OUTCOMES, Trends, failures_over_time, users_by_outcome
from kit.catalogue import load
from kit.log.log import literal, to_pandas

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

__all__ = ["by_group", "by_kind", "counts_of_groups", "counts_of_kinds", "guesses_by_kind"]


def by_kind(trends: Trends) -> pd.DataFrame:
    """Count who is hit by each kind of failure, as ``trends`` counts by code.

    Args:
        trends: what was counted; its window, apps and kind count.

    Returns:
        One row a kind, most users first: ``kind`` (empty where nothing tells); ``failures``,
        ``users``, ``codes`` and ``apps``, of the window; ``still_failing``, ``abandoned`` and
        ``recovered``, numbers of users. A user who failed of two kinds counts with each.
    """
    return by_group(trends, "kind")


def by_group(trends: Trends, group: str) -> pd.DataFrame:
    """Count who is hit by failures of one group, as ``trends`` counts by code.

    Args:
        trends: what was counted; its window, apps and kind count.
        group: one of ``kit.analysis.groups.GROUPS``.

    Returns:
        One row a group, most users first: its column (empty where nothing tells), and the
        counts of ``by_kind``.
    """
    rows = _with_group(trends, group)
    keys = ["code", *KEYS]
    inside = rows.published >= literal(trends.window.since)
    hit = to_pandas(
        rows.group_by(list(dict.fromkeys([group, *keys]))).aggregate(
            hit_type=rows.hit_type.max(),
            user_key=rows.user_key.max(),
            failures=rows.uuid.count(where=inside),
        ),
        by=list(dict.fromkeys([group, *keys])),
    )
    hit = hit.merge(trends.still_open[[*keys, "state"]], "left", on=keys)
    fell = hit["failures"] > 0
    people = hit[hit["hit_type"].isin(COUNTED) & (hit["hit_key"] != "")]
    people = people[(people["failures"] > 0) | (people["state"] == "still_failing")]
    people = people.assign(state=people["state"].fillna("recovered"))
    in_window = {
        name: hit[name].where(fell & (hit[name] != "")) for name in ("user_key", "code", "app_key")
    }
    counts = (
        hit.assign(**in_window)[fell | hit.index.isin(people.index)]
        .groupby(group, as_index=False)
        .agg(
            failures=("failures", "sum"),
            users=("user_key", "nunique"),
            codes=("code", "nunique"),
            apps=("app_key", "nunique"),
        )
    )
    counts = counts.merge(users_by_outcome(people, [group]), "left", on=group)
    for name in OUTCOMES:
        counts[name] = counts[name].fillna(0).astype("int64")
    return counts.sort_values(
        ["users", "failures", group], ascending=[False, False, True], ignore_index=True
    )


def guesses_by_kind(trends: Trends) -> dict[str, int]:
    """Count the failures whose kind is a guess from messages that are worded alike.

    Args:
        trends: as for ``by_kind``.

    Returns:
        How many of a kind's failures in the window, for each kind that has any.
    """
    rows = _selected(trends)
    rows = rows.filter(
        rows.published >= literal(trends.window.since), rows.code.isin(sorted(load().kinds))
    )
    rows = with_details(trends.log, rows)
    texts = rows.group_by("code", "vendor_message", "reason")
    counts = to_pandas(texts.aggregate(failures=rows.uuid.count()))
    counts["failures"] *= guesses_in(counts)
    by_code = counts.groupby("code")["failures"].sum()
    return {str(kind): int(number) for kind, number in by_code.items() if number}


def counts_of_kinds(trends: Trends) -> pd.DataFrame:
    """Count failures by bucket and kind.

    Args:
        trends: as for ``by_kind``.

    Returns:
        One row a bucket and kind: ``bucket`` datetime64[us, UTC], ``kind``, ``failures``.
    """
    return counts_of_groups(trends, "kind")


def counts_of_groups(trends: Trends, group: str) -> pd.DataFrame:
    """Count failures by bucket and group.

    Args:
        trends: as for ``by_kind``.
        group: one of ``kit.analysis.groups.GROUPS``.

    Returns:
        One row a bucket and group: ``bucket`` datetime64[us, UTC], its column, ``failures``.
    """
    rows = _with_group(trends, group)
    fell = rows.filter(rows.published >= literal(trends.window.since))
    return failures_over_time(fell, trends.bucket, [group])


def _with_group(trends: Trends, group: str) -> ir.Table:
    """The failures before the window's end that were asked for, with what they are grouped by."""
    return with_group(trends.log, _selected(trends), group)


def _selected(trends: Trends) -> ir.Table:
    """The failures before the window's end that were asked for."""
    rows = folded_failures(trends.log)
    return trends.selected_rows(rows.filter(rows.published < literal(trends.window.until)))
