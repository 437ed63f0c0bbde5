"""Days are the reader's: from midnight to midnight there, 23 or 25 hours where clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from incident_histories import failed, on
from test_front_page import OPEN, case

import kit
from factories import REFUSED, event, write_export
from kit.analysis.one_user import daily_successes
from kit.analysis.successes import count_successes
from kit.analysis.trends import trends
from kit.base.windows import Window
from kit.display.days import begin_of, days_of
from kit.display.zone import find_zone, keeps_whole_hours, reading_in
from kit.reports.front_page import front_page
from kit.reports.index import write_index
from kit.reports.notify import notice_of
from kit.reports.run import Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AUTUMN = Window(datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC))


def hours(first: str, last: str) -> pd.Series:
    """Every hour of some days, UTC, half past."""
    every = pd.date_range(f"{first}T00:30", f"{last}T23:30", freq="h", tz="UTC", unit="us")
    return pd.Series(every)


@pytest.mark.parametrize(
    ("zone", "day", "began", "length"),
    [
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00Z", 25),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", 23),
        ("Asia/Kolkata", "2026-10-25", "2026-10-24T18:30Z", 24),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00Z", 25),  # midnight comes twice
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00Z", 23),  # and here it is skipped
        ("", "2026-10-25", "2026-10-25T00:00Z", 24),
    ],
)
def test_a_day_is_as_long_as_the_readers_clocks_have_it(
    zone: str, day: str, began: str, length: int
) -> None:
    around = hours(str((pd.Timestamp(day) - pd.Timedelta(days=2)).date()), day[:8] + "30")
    with reading_in(find_zone(zone)):
        starts = begin_of("day", around)

    at = pd.Timestamp(began)
    assert (starts == at).sum() == length
    assert (begin_of("hour", around) == around - pd.Timedelta(minutes=30)).all()


def test_a_window_has_each_day_once_that_it_touches() -> None:
    with reading_in(find_zone("Europe/Berlin")):
        every = days_of(AUTUMN)

    assert list(every) == [
        *pd.to_datetime(["2026-10-23T22:00Z", "2026-10-24T22:00Z"]),
        *pd.to_datetime(["2026-10-25T23:00Z", "2026-10-26T23:00Z"]),
    ]
    assert list(days_of(AUTUMN)) == list(pd.date_range("2026-10-24", periods=3, tz="UTC"))


def test_the_calendars_ends_have_days_of_utc() -> None:
    texts = ["0001-01-01T00:30", "9999-12-31T23:30"]
    ends = pd.Series(pd.array(texts, dtype="datetime64[us]")).dt.tz_localize("UTC")
    with reading_in(find_zone("Asia/Tokyo")):
        assert begin_of("day", ends).astype(str).tolist() == [
            "0001-01-01 00:00:00+00:00",
            "9999-12-31 15:00:00+00:00",
        ]


@pytest.fixture
def log(log_of: Callable[..., Any]) -> Any:
    """One failure and one success in each half hour of four days, of one user."""
    every = pd.date_range("2026-10-24", "2026-10-27", freq="30min", tz="UTC", inclusive="left")
    texts = [at.strftime("%Y-%m-%dT%H:%M:00Z") for at in every]
    bad = [event(at, reason=REFUSED) for at in texts]
    return log_of(*bad, *(event(at, result="SUCCESS") for at in texts))


@pytest.mark.parametrize(
    ("zone", "halves"),
    [
        ("Europe/Berlin", [44, 50, 48, 2]),
        ("Asia/Kolkata", [37, 48, 48, 11]),
        ("America/New_York", [8, 48, 48, 40]),
        ("", [48, 48, 48]),
    ],
)
def test_failures_and_what_worked_are_counted_by_the_readers_days(
    log: Any, zone: str, halves: list[int]
) -> None:
    """Also where clocks are half an hour apart from UTC, and on the day of 25 hours."""
    with reading_in(find_zone(zone)):
        counts = trends(log, AUTUMN, bucket="day")
        successes = count_successes(log, AUTUMN, "day")
        mine = daily_successes(log, AUTUMN, "ada@example.com")
        starts = days_of(AUTUMN)

    assert counts.over_time["failures"].tolist() == halves
    assert list(counts.over_time["bucket"]) == list(starts)
    assert successes["successes"].tolist() == halves
    assert counts.attempts_over_time["attempts"].tolist() == [2 * n for n in halves]
    assert mine["successes"].tolist() == halves


def test_hours_apart_from_utc_by_parts_of_one_are_told() -> None:
    parts = ("Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu")
    assert [keeps_whole_hours(find_zone(name)) for name in parts] == [False] * 4
    assert keeps_whole_hours(find_zone("Europe/Berlin"))


def test_tables_and_pictures_name_the_readers_days(tmp_path: Path) -> None:
    history = [on(0, "z"), *(failed(day + 0.98, "a") for day in range(6)), on(9, "z")]
    path = write_export(tmp_path / "log.ndjson", [one.event() for one in history])

    report = kit.error_code_report(str(path), code="AADSTS50126", timezone="Europe/Berlin")

    text = report.over_time().text()
    assert "day from (Europe/Berlin)" in text
    assert "2026-03-03\n" in text.replace(" ", "\n")
    assert "Failures by hour of the day, Europe/Berlin" in report.hours().text()
    assert "most in the hour from 00:00 Europe/Berlin" in report.hours().text()
    assert "Failures by hour of the day, UTC" in (
        kit.error_code_report(str(path), code="AADSTS50126").hours().text()
    )


IN_BERLIN: dict[str, Any] = {"parameters": {"timezone": "Europe/Berlin"}}
LATE = {**OPEN, "since": "2026-10-20T22:30:00Z", "day": 8}


def test_the_index_tells_times_and_days_in_the_zone_of_the_report_it_begins_with(
    tmp_path: Path,
) -> None:
    page = front_page([case(incidents=[LATE], until="2026-10-27T22:30:00Z", **IN_BERLIN)])
    assert page
    assert page.begin == "21 Oct 2026, 00:30 CEST (20 Oct, 22:30 UTC)"
    assert page.incidents[0]["day"] == 7
    plain = front_page([case(incidents=[LATE], until="2026-10-27T22:30:00Z")])
    assert plain
    assert (plain.begin, plain.incidents[0]["day"]) == ("20 Oct 2026, 22:30 UTC", 8)
    text = write_index(tmp_path).read_text("utf-8")
    assert "All times are UTC." in text


def test_what_came_back_is_drawn_apart_from_how_it_failed_before() -> None:
    again = {**OPEN, "state": "regressed", "again_since": "2026-10-26T00:00:00Z"}
    page = front_page([case(incidents=[again], until="2026-10-27T00:00:00Z")])
    assert page
    assert [kind for kind, _, _ in page.lanes[0].spans] == ["earlier", "failing"]
    assert page.came_back
    assert "again since 26 Oct 2026, 00:00 UTC" in page.lanes[0].words


def test_a_notice_tells_its_window_in_the_zone_that_was_asked_for(tmp_path: Path) -> None:
    window = {"since": "2026-10-24T22:00:00Z", "until": "2026-10-25T23:00:00Z"}
    facts = {
        "headline": "x",
        "notebook": "failure_trends",
        "status": "ok",
        "window": window,
        "condition": "over",
    }

    def lines(**more: Any) -> str:
        report = Report(tmp_path, tmp_path / "report.html", {**facts, **more})
        notice = notice_of(report, "page", "always")
        assert notice
        return notice.text()

    there = "25 Oct 2026, 00:00 CEST (24 Oct, 22:00 UTC) to 26 Oct 2026, 00:00 CET (25 Oct, 23:00"
    assert f"Window: {there}" in lines(**IN_BERLIN)
    assert "Window: 2026-10-24T22:00:00Z to 2026-10-25T23:00:00Z" in lines()
