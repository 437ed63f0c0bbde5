"""What a picture's bars and points stand for, and what of a table is of one of them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

from hostile_events import MIXED
from kit.base.windows import Window
from kit.display import charts
from kit.display.areas import areas_html, rows_about, words_of
from kit.display.parts import Chart
from kit.display.zone import find_zone, reading_in

DAY = pd.Timestamp("2026-10-27", tz="UTC")
WINDOW = Window(DAY.to_pydatetime(), (DAY + pd.Timedelta(days=2)).to_pydatetime())
COUNTS = pd.DataFrame(
    {
        "bucket": [DAY, DAY, DAY + pd.Timedelta(days=1)],
        "app": ["Slack", "Box", "Slack"],
        "code": ["E1", "E2", "E1"],
        "failures": [30, 1, 6],
    }
)


def test_a_bar_is_where_it_is_drawn_and_as_high_as_its_value() -> None:
    _, areas = Chart(charts.over_time, COUNTS, WINDOW, "day").with_areas
    first, second, small = areas

    assert [one.label for one in areas] == [
        "27 Oct 2026 (UTC): 30 failures, E1 · Slack",
        "28 Oct 2026 (UTC): 6 failures, E1 · Slack",
        "27 Oct 2026 (UTC): 1 failure, E2 · Box",
    ]
    assert first.of == {
        "code": "E1",
        "app": "Slack",
        "since": DAY,
        "until": DAY + pd.Timedelta(days=1),
    }
    assert first.height == pytest.approx(5 * second.height, rel=0.01)
    assert small.left == first.left < second.left
    assert small.top + small.height == pytest.approx(first.top, abs=0.001)
    assert all(one.left >= 0 and one.left + one.width <= 1 for one in areas)


@pytest.mark.parametrize(
    ("draw", "arguments", "label"),
    [
        (
            charts.users_by_code,
            [pd.DataFrame({"user": ["a"], "code": ["E1"], "failures": [3], "still": [True]})],
            "a, E1: 3 failures, still failing",
        ),
        (
            charts.by_code,
            [
                pd.DataFrame(
                    [["Slack", "E1", 3, 2, 0, 1]],
                    columns="app code users still_failing abandoned recovered".split(),
                )
            ],
            "E1 on Slack: 2 users still failing",
        ),
        (
            charts.times_of_day,
            [pd.DataFrame({"weekday": [1], "hour": [9], "failures": [4]})],
            "Tue 09:00 to 10:00 UTC: 4 failures",
        ),
        (charts.code_by_day, [COUNTS, WINDOW], "27 Oct 2026 (UTC): 30 failures, E1 · Slack"),
        (
            charts.failing_against_working,
            [COUNTS.assign(successes=[10, 0, 0]), WINDOW, "day"],
            "27 Oct 2026 (UTC): 30 of 40 attempts failed (75 %), Slack",
        ),
        (
            charts.timeline,
            [
                pd.DataFrame({"published": [DAY], "lane": ["Slack push"], "what": ["failed"]}),
                WINDOW,
            ],
            "27 Oct 2026, 00:00 UTC: Slack push failed",
        ),
        (
            charts.time_to_recover,
            [pd.DataFrame({"time_to_recover": pd.to_timedelta(["50s", "55s"])})],
            "up to 1 minute: 2 users and operations",
        ),
        (
            charts.by_org,
            [pd.DataFrame({"org": ["acme"], "users": [3], "still_failing": [3]})],
            "acme: 3 users still failing",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_drawing_tells_values_with_their_unit(draw: Any, arguments: Any, label: str) -> None:
    labels = [one.label for one in Chart(draw, *arguments).with_areas[1]]

    assert label in labels


def test_an_hour_is_told_in_the_readers_zone() -> None:
    with reading_in(find_zone("Europe/Berlin")):
        chart = Chart(charts.over_time, COUNTS.head(1), WINDOW, "hour")

    assert chart.with_areas[1][0].label.startswith("27 Oct 2026, 01:00 CET (")


def test_a_table_is_narrowed_by_what_it_has_columns_for() -> None:
    """And says by what; one of another subject stays whole. Sign-ins have no app."""
    table = pd.DataFrame(
        {
            "code": ["E1", "words … (UNKNOWN_0a0a0a0a)", "E1"],
            "app": ["Slack", None, "Box"],
            "published": [DAY, DAY, DAY],
        }
    )
    until = DAY + pd.Timedelta(days=1)
    picked = {"code": "UNKNOWN_0a0a0a0a", "app": "Okta sign-in", "since": DAY, "until": until}

    mask, words = rows_about(table, picked)
    by_app, app_words = rows_about(table[["app"]], {"code": "E1", "app": "Slack"})
    whole, nothing = rows_about(table[["published"]].rename(columns={"published": "last"}), picked)

    assert list(mask) == [False, True, False]
    assert words == words_of(picked)
    assert words.startswith("UNKNOWN_0a0a0a0a on Okta sign-in, 27 Oct 2026, 00:00 UTC to ")
    assert (list(by_app), app_words) == ([True, False, False], "Slack")
    assert (whole.all(), nothing) == (True, "")


def test_the_end_of_a_bar_belongs_to_the_next_one() -> None:
    until = DAY + pd.Timedelta(days=1)
    mask, _ = rows_about(pd.DataFrame({"published": [DAY, until]}), {"since": DAY, "until": until})

    assert list(mask) == [True, False]


def test_hostile_names_stay_text_in_the_picture() -> None:
    """In what a bar says there is no tag, attribute or control sign of an event's."""
    counts = COUNTS.assign(app=MIXED, code=MIXED)
    picture, areas = Chart(charts.over_time, counts, WINDOW, "day").with_areas

    class Tags(HTMLParser):
        seen: set[str] = set()
        names: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen.add(tag)
            self.names.update(name for name, _ in attrs)

    html = areas_html(picture, areas, {})
    Tags().feed(html)

    assert Tags.seen == {"figure", "img", "svg", "rect", "title"}
    assert not any(name.startswith("on") for name in Tags.names)
    assert "\x1b" not in html
    assert "\u202e" not in html
