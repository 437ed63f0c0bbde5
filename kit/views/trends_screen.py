"""The first screen of ``failure_trends``: its sentence, tiles, deeds and picture."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.analysis.changes import changes
from kit.analysis.episodes import outage
from kit.analysis.usual import usual_rate
from kit.analysis.verification import verification
from kit.display import charts, phrases
from kit.display.parts import Chart
from kit.views.sections import onset_marks
from kit.views.tiles import broken_tile, leavers_tile, left_tile, rate_tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.analysis.incidents import Incident
    from kit.analysis.trends import Trends
    from kit.base.windows import Window
    from kit.display.first_screen import Tile

__all__ = ["failures_in_words", "trends_picture", "trends_tiles"]


def trends_tiles(trends: Trends, incidents: Sequence[Incident]) -> list[Tile]:
    """Broken connections, users still failing, leavers with access, and the rate."""
    totals = trends.totals
    return [
        broken_tile(incidents, "#open"),
        left_tile(incidents, "#open"),
        leavers_tile(incidents, "#open"),
        rate_tile(
            int(totals["failures"]), int(totals["attempts"]), usual_rate(trends), "#about-rate"
        ),
    ]


def failures_in_words(trends: Trends) -> str:
    """How many of the window's attempts failed."""
    totals = trends.totals
    if not totals["failures"]:
        return "nothing failed in the window"
    return (
        f"{int(totals['failures']):,} of {int(totals['attempts']):,} attempts failed "
        f"({phrases.percent(float(totals['rate']))}), sign-ins among them; an attempt is of an "
        "operation that failed in the window"
    )


def trends_picture(
    trends: Trends, incidents: Sequence[Incident], gaps: Sequence[Window]
) -> Chart | None:
    """Failures over time by code and app, with onset, change and fix of what hit most users.

    Where nothing failed in the window, who still fails by code; None where nobody does.

    Args:
        trends: the window's failures.
        incidents: what the page speaks of, so that the picture says the same times.
        gaps: what the source does not hold of the window.
    """
    if not len(trends.over_time):
        return Chart(charts.by_code, trends.by_code) if len(trends.by_code) else None
    return Chart(
        charts.over_time,
        trends.over_time,
        trends.window,
        trends.bucket,
        later=partial(_marks_of_the_worst, trends, incidents),
        gaps=gaps,
    )


def _marks_of_the_worst(trends: Trends, incidents: Sequence[Incident]) -> dict[str, Any]:
    """The app that is told of, and the moments of its outage; nothing where no app failed."""
    rows = trends.by_code
    rows = rows[(rows["failures"] > 0) & (rows["app_key"] != "")]
    if rows.empty:
        return {}
    worst = rows.iloc[0]
    past = trends.history_of(worst["app_key"], worst["code"])
    now = outage(past)
    if now is None:
        return {}
    before = changes(past, now.start).rows
    change = before["published"].iloc[0] if len(before) else None
    fix = verification(past, now, fixed_at=None).fix
    app = worst["app"] if isinstance(worst["app"], str) else phrases.SIGN_IN
    at = None if fix.at is None else pd.Timestamp(fix.at)
    key = worst["app_key"], worst["code"]
    own = next((one for one in incidents if (one.app_key, one.code) == key), None)
    moments = {"change": change, **onset_marks(now.start, own), "fix": at}
    return {"about": str(app), "moments": moments}
