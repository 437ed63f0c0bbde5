"""Failures by hour of the day and day of the week."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kit.display import phrases
from kit.display.areas import note_areas
from kit.display.charts.base import INK, figure_of
from kit.display.days import clock, zone_name

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["times_of_day"]

_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def times_of_day(counts: pd.DataFrame) -> tuple[Figure, str]:
    """Draw when failures come: a heat map of weekday and hour, with its numbers.

    Args:
        counts: ``weekday`` int64 (0 is Monday), ``hour`` int64 (0 to 23), ``failures`` int64.

    Returns:
        The figure and its alt text.
    """
    wide = counts.pivot_table(index="weekday", columns="hour", values="failures", aggfunc="sum")
    wide = wide.reindex(index=range(7), columns=range(24)).fillna(0).astype("int64")
    figure, axes = figure_of("Failures by weekday and hour of the day", height=2.9)
    axes.grid(visible=False)
    numbers = wide.to_numpy(dtype="int64")
    scale = (numbers / max(int(numbers.max()), 1)) ** 0.5
    axes.imshow(np.ma.masked_equal(scale, 0), aspect="auto", cmap="Oranges", vmin=0, vmax=1.15)
    for y in range(7):
        for x in range(24):
            if count := int(numbers[y, x]):
                ink = "white" if scale[y, x] > 0.72 else INK
                text = f"{count}" if count < 1000 else f"{count // 1000}k"
                axes.text(x, y, text, ha="center", va="center", fontsize=7, color=ink)
    days, hours = np.nonzero(numbers)
    note_areas(
        axes,
        (hours - 0.5, hours + 0.5, days - 0.5, days + 0.5),
        lambda n: (
            f"{_DAYS[days[n]]} {hours[n]:02d}:00 to {hours[n] + 1:02d}:00 UTC: "
            f"{phrases.count(int(numbers[days[n], hours[n]]), 'failure')}"
        ),
    )
    axes.set_yticks(range(7), _DAYS)
    axes.set_xticks(range(0, 24, 3), [f"{hour:02d}" for hour in range(0, 24, 3)])
    axes.set_xlabel(f"hour, {zone_name()}", fontsize=10.5)
    total, by_hour, by_day = int(numbers.sum()), numbers.sum(axis=0), numbers.sum(axis=1)
    return figure, (
        f"{phrases.count(total, 'failure')} by weekday and hour: most in the hour from "
        f"{clock(int(by_hour.argmax()))} ({int(by_hour.max()):,}), most on "
        f"{_DAYS[int(by_day.argmax())]}."
    )
