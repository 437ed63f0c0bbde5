"""Every chart has a title, and says in words what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from factories import REFUSED, event
from kit.analysis.recovery import recovery
from kit.analysis.trends import trends
from kit.display import charts

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from kit.log.log import Log

ODD = {"id": "0oaodd", "name": "A $x^2$ app with a name that is far too long for any legend \u202e"}


@pytest.fixture
def drawn(log_of: Callable[..., Log]) -> dict[str, tuple[Figure, str]]:
    """Every chart of a small log with an app whose name is hostile."""
    log = log_of(
        event("2026-10-27T08:00:00Z", result="SUCCESS", user="cy@example.com"),
        event(reason=REFUSED),
        event("2026-10-27T10:05:00Z", result="SUCCESS"),
        event("2026-10-27T11:05:00Z", reason=REFUSED, user="bo@example.com", app=ODD),
        event("2026-10-27T12:00:00Z", reason="INVALID_CREDENTIALS", app=None),
    )
    window = log.window()
    found = trends(log, window, bucket="hour")
    people = recovery(log, window)
    return {
        "over_time": charts.over_time(found.over_time, window, "hour"),
        "failing_against_working": charts.failing_against_working(
            found.attempts_over_time, window, "hour"
        ),
        "by_code": charts.by_code(found.by_code),
        "people_over_time": charts.people_over_time(people, window, {"onset": window.since}),
    }


def test_every_chart_has_a_title_units_and_an_alt_text_with_numbers(
    drawn: dict[str, tuple[Figure, str]],
) -> None:
    """A reader knows what the picture shows, with or without seeing it."""
    for name, (figure, alt) in drawn.items():
        title = figure.get_suptitle()
        labels = [text for axes in figure.axes for text in (axes.get_xlabel(), axes.get_ylabel())]
        assert title, name
        assert any(labels), name
        assert any(c.isdigit() for c in alt), name
        assert "nan" not in alt.casefold().split(), name


def test_a_hostile_name_can_be_drawn(drawn: dict[str, tuple[Figure, str]]) -> None:
    """Mathematics, direction marks and endless names neither fail nor break the layout."""
    for figure, _ in drawn.values():
        figure.draw_without_rendering()
        legend = figure.legends[0].get_texts() if figure.legends else []
        assert all(len(text.get_text()) < 60 for text in legend)


def test_peoples_alt_text_tells_the_peak_and_the_end(
    drawn: dict[str, tuple[Figure, str]],
) -> None:
    """Ada failed and came back before bo failed; bo and the sign-in stay."""
    _, alt = drawn["people_over_time"]

    assert "at most" in alt
    assert "at the end" in alt
