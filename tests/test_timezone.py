"""Times in the reader's zone with UTC beside them, on pages alone; daylight saving as it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import matplotlib.dates as mdates
import pandas as pd
import pytest

import kit
from commands import command
from factories import REFUSED, event, write_export
from kit.base.errors import UsageError
from kit.base.windows import Window
from kit.display import charts, phrases
from kit.display.parts import Chart
from kit.display.table import Table
from kit.display.zone import axis_label, current_zone, find_zone, reading_in, stamp, zone_of

BERLIN = find_zone("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "moment", "words"),
    [
        ("Europe/Berlin", "2026-10-25T00:30", "25 Oct 2026, 02:30 CEST (00:30 UTC)"),
        ("Europe/Berlin", "2026-10-25T01:30", "25 Oct 2026, 02:30 CET (01:30 UTC)"),
        ("Europe/Berlin", "2026-03-29T01:00", "29 Mar 2026, 03:00 CEST (01:00 UTC)"),
        ("Europe/Berlin", "2026-10-27T23:30", "28 Oct 2026, 00:30 CET (27 Oct, 23:30 UTC)"),
        ("America/New_York", "2026-11-01T02:00", "31 Oct 2026, 22:00 EDT (1 Nov, 02:00 UTC)"),
        ("Asia/Kolkata", "2026-10-27T09:05", "27 Oct 2026, 14:35 IST (09:05 UTC)"),
        ("America/Sao_Paulo", "2026-10-27T09:05", "27 Oct 2026, 06:05 -03 (09:05 UTC)"),
        ("", "2026-10-27T09:05", "27 Oct 2026, 09:05 UTC"),
        ("utc", "2026-10-27T09:05", "27 Oct 2026, 09:05 UTC"),
    ],
)
def test_a_moment_is_told_in_the_readers_zone(zone: str, moment: str, words: str) -> None:
    """The hour that comes twice is told apart."""
    for when in (at(moment), pd.Timestamp(at(moment))):
        with reading_in(find_zone(zone)):
            assert phrases.moment(when) == words
    assert current_zone() is None


def test_the_ends_of_the_calendar_are_told_in_utc() -> None:
    with reading_in(find_zone("Asia/Tokyo")):
        assert "9999" in phrases.moment(datetime.max.replace(tzinfo=UTC))


def test_a_zone_is_found_without_case_and_a_wrong_one_is_answered_with_the_nearest() -> None:
    assert str(find_zone(" europe/berlin ")) == "Europe/Berlin"
    assert str(find_zone("america/new york")) == "America/New_York"
    for wrong in ("Europe/Berln", "Europe", "../etc/passwd", "\x00", "CETT", "+01:00"):
        with pytest.raises(UsageError, match="no time zone") as fault:
            find_zone(wrong)
        assert "\n" not in str(fault.value)
    assert zone_of({"parameters": {"timezone": "Europe/Berln"}}) is None
    assert zone_of({"parameters": {"timezone": 5}}) is zone_of({"parameters": None}) is None


def test_a_table_keeps_the_zone_that_it_was_made_in() -> None:
    """Its rows stay UTC; a day is told without a time."""
    rows = pd.DataFrame(
        {
            "last_failure": pd.to_datetime(["2026-10-25T00:30Z", "2026-10-25T01:30Z", None]),
            "day": pd.to_datetime(["2026-10-25T04:00Z", "2026-10-25T04:00Z", None]),
        }
    )
    with reading_in(find_zone("America/New_York")):
        table = Table(rows, "Rows")

    for text in (table.text(), table.html()):
        assert "last failure (America/New_York)" in text
        assert "2026-10-24 20:30 EDT" in text
        assert "2026-10-25 00:30 UTC" in text
    assert "<small>2026-10-25 00:30 UTC</small>" in table.html()
    assert table.text().count("2026-10-25\n") == 2
    assert table.frame["last_failure"].dt.tz is rows["last_failure"].dt.tz
    assert "(UTC)" in Table(rows, "Rows").text()
    assert "EDT" not in Table(rows, "Rows").text()


def test_a_chart_keeps_the_zone_that_it_was_made_in() -> None:
    """Its axis begins a day at the reader's midnight, and says how far that is from UTC."""
    window = Window(at("2026-10-24T00:00"), at("2026-10-27T00:00"))
    counts = pd.DataFrame(
        {
            "bucket": pd.to_datetime(["2026-10-24T10:00Z"]).astype("datetime64[us, UTC]"),
            "app": ["App"],
            "code": ["X1"],
            "failures": [3],
        }
    )
    with reading_in(BERLIN):
        chart = Chart(charts.over_time, counts, window, "hour")
    figure, alt = chart.figure()
    (axes,) = figure.axes

    assert axes.get_xlabel() == "Europe/Berlin (UTC+2, then UTC+1)"
    assert "12:00 CEST (10:00 UTC)" in alt
    figure.canvas.draw()
    labels = [label.get_text() for label in axes.xaxis.get_ticklabels()]
    ticks = zip(axes.get_xticks(), labels, strict=True)
    days = [mdates.num2date(tick, BERLIN) for tick, label in ticks if "Oct" in label]
    assert {(day.hour, day.minute) for day in days} == {(0, 0)}


@pytest.mark.parametrize(
    ("zone", "label"),
    [("", "UTC"), ("Asia/Kolkata", "Asia/Kolkata (UTC+5:30)"),
     ("America/St_Johns", "America/St_Johns (UTC-2:30)")],
)  # fmt: skip
def test_an_axis_says_how_far_it_is_from_utc(zone: str, label: str) -> None:
    with reading_in(find_zone(zone)):
        assert axis_label(Window(at("2026-07-01T00:00"), at("2026-07-02T00:00"))) == label


def test_a_stamp_has_its_seconds_where_they_are_asked_for() -> None:
    assert (
        stamp(at("2026-10-27T09:05:07"), seconds=True, with_utc=True) == "2026-10-27 09:05:07 UTC"
    )
    with reading_in(BERLIN):
        assert stamp(at("2026-10-27T09:05:07"), seconds=True) == (
            "2026-10-27 10:05:07 CET (09:05:07 UTC)"
        )


@pytest.fixture
def source(tmp_path) -> str:
    """A connection that breaks in the night in which the clocks go back."""
    events = [
        event("2026-10-25T00:10:00Z", result="SUCCESS", user="z@example.com"),
        *(
            event(f"2026-10-25T0{hour}:30:00Z", reason=REFUSED, user=f"{name}@example.com")
            for hour, name in enumerate("abc")
            if hour
        ),
        event("2026-10-25T09:00:00Z", result="SUCCESS", user="z@example.com"),
    ]
    return str(write_export(tmp_path / "night.ndjson", events))


@pytest.mark.parametrize("ask", [kit.trends_report, kit.remediation_report, kit.error_code_report])
def test_a_report_tells_times_in_the_readers_zone_and_keeps_them_in_utc(ask, source) -> None:
    report = ask(source, timezone="Europe/Berlin")
    told = report.headline().text() + report.headline().html()

    assert "02:30 CET (01:30 UTC)" in told
    assert "09:05 UTC" not in told
    result = report.summary().value
    assert "02:30 CET (01:30 UTC)" in result["headline"]
    assert result["window"]["since"] == "2026-10-25T00:10:00Z"
    assert result["incidents"][0]["since"] == "2026-10-25T01:30:00Z"
    assert current_zone() is None
    assert {"timezone"} <= set(report.parameters)


def test_another_zone_can_be_asked_for_and_a_wrong_one_changes_nothing(source) -> None:
    report = kit.trends_report(source, timezone="Europe/Berlin")
    report.ask(timezone="Asia/Tokyo")
    assert "10:30 JST (01:30 UTC)" in report.headline().text()

    with pytest.raises(UsageError, match="no time zone"):
        report.ask(timezone="Asia/Tokio2")
    assert "10:30 JST (01:30 UTC)" in report.headline().text()


def test_a_wrong_zone_is_answered_before_a_kernel_starts(source, tmp_path) -> None:
    out = tmp_path / "reports"
    done = command(
        "report", "failure_trends", "--source", source, "-p", "timezone=Mars", "--out", str(out)
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no time zone 'Mars'" in done.stderr


@pytest.mark.slow
def test_a_page_tells_its_times_in_the_readers_zone(source, tmp_path) -> None:
    """The summary's times stay UTC, and the next report compares with one in another zone."""
    out = tmp_path / "reports"
    ask = ("report", "failure_trends", "--source", source, "--out", str(out))
    first = command(*ask, "--until", "2026-10-25T03:00", "-p", "timezone=asia/tokyo")
    second = command(*ask, "-p", "timezone=europe/berlin")
    assert (first.returncode, second.returncode) == (0, 0), second.stderr

    folder = next(path for path in out.glob("failure_trends/*T09*"))
    page = (folder / "report.html").read_text("utf-8")
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    assert "02:30 CET (01:30 UTC)" in page
    assert "Times are told in Europe/Berlin" in page
    assert summary["parameters"]["timezone"] == "Europe/Berlin"
    assert summary["results"]["by_code"][0]["first_seen"] == "2026-10-25T01:30:00Z"
    assert "Compared with the window" in page
