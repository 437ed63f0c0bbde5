"""Many orgs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kit import words
from kit.charts.base import FAILED, INK, WORKED, figure_of, legend, short, style, whole_numbers

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["by_org"]

_MOST = 20


def by_org(table: pd.DataFrame) -> tuple[Figure, str]:
    """Draw how many users are hit in each org, and for how many something still fails.

    Args:
        table: ``org``; ``users`` and ``still_failing`` int64. The first twenty are drawn.

    Returns:
        The figure and its alt text.
    """
    rows = table.head(_MOST).iloc[::-1]
    figure, axes = figure_of("Users hit, by org", height=1.3 + 0.36 * max(len(rows), 2))
    places = np.arange(len(rows))
    over = (rows["users"] - rows["still_failing"]).to_numpy()
    parts = (
        (rows["still_failing"].to_numpy(), np.zeros(len(rows)), "still failing", FAILED, "//"),
        (over, rows["still_failing"].to_numpy(), "not any more", WORKED, ""),
    )
    for width, left, label, colour, hatch in parts:
        axes.barh(
            places,
            width,
            left=left,
            color=colour,
            label=label,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.3,
        )
    for place, users in enumerate(rows["users"].astype(int)):
        axes.text(users, place, f" {users:,}", va="center", fontsize=10.5, color=INK)
    axes.set_yticks(places, [short(org, 30) for org in rows["org"]])
    axes.set_xlabel("users", fontsize=10.5)
    whole_numbers(axes, on="x")
    axes.margins(x=0.1)
    style(axes, grid="x")
    axes.tick_params(axis="y", labelsize=9.5)
    legend(axes, columns=2)
    top = [
        f"{r['org']}: {words.count(r['users'], 'user')}, {r['still_failing']:,} still failing"
        for r in rows.iloc[::-1].head(3).to_dict("records")
    ]
    return figure, "Users hit by org. " + "; ".join(top) + "."
