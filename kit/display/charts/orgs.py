"""Many orgs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.display import phrases
from kit.display.charts.base import FAILED, WORKED, figure_of, legend, short, stacked

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["by_org"]

_MAX_ORGS = 20


def by_org(table: pd.DataFrame) -> tuple[Figure, str]:
    """Draw how many users are hit in each org, and for how many something still fails.

    Args:
        table: ``org``; ``users`` and ``still_failing`` int64. The first twenty are drawn.

    Returns:
        The figure and its alt text.
    """
    rows = table.head(_MAX_ORGS).iloc[::-1]
    figure, axes = figure_of("Users hit, by org", height=1.3 + 0.36 * max(len(rows), 2))
    over = rows["users"] - rows["still_failing"]
    parts = (
        (rows["still_failing"], "still failing", FAILED, "//"),
        (over, "not any more", WORKED, ""),
    )
    of = [{"org": org} for org in rows["org"]]
    stacked(axes, [short(org, 30) for org in rows["org"]], parts, of)
    axes.set_xlabel("users", fontsize=10.5)
    legend(axes, columns=2)
    top = [
        f"{r['org']}: {phrases.count(r['users'], 'user')}, {r['still_failing']:,} still failing"
        for r in rows.iloc[::-1].head(3).to_dict("records")
    ]
    return figure, "Users hit by org. " + "; ".join(top) + "."
