"""Which stretches of time a lake covers, and who says so."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import write_export
from kit.base.windows import Window, gaps, merged
from kit.lake import Lake
from kit.lake.coverage import JOIN, bridged, state_of
from kit.lake.overview import overview
from lakes import T0, forty_events


def window(since: float, until: float) -> Window:
    """A stretch of hours since the first of October."""
    return Window(T0 + timedelta(hours=since), T0 + timedelta(hours=until))


@pytest.mark.parametrize(
    ("covered", "state"),
    [
        ([(0, 48)], "complete"),
        ([(24, 48)], "missing"),
        ([], "missing"),
        ([(5, 48)], "partial"),
        ([(0, 10), (12, 48)], "partial"),
        ([(0, 18)], "provisional"),
        ([(0, 24)], "provisional"),
        ([(3, 18)], "partial"),
    ],
)
def test_a_day_is_complete_partial_missing_or_provisional(
    covered: list[tuple[float, float]], state: str
) -> None:
    """The newest day may still grow."""
    assert state_of(date(2026, 10, 1), [window(*ends) for ends in covered]) == state


_stretches = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 60)).map(lambda p: window(p[0], p[0] + p[1])),
    max_size=8,
)


@given(_stretches, st.integers(0, 200), st.integers(1, 80))
def test_gaps_and_what_is_covered_make_up_the_window(
    covered: list[Window], since: int, length: int
) -> None:
    """Hour by hour, whatever the stretches."""
    asked = window(since, since + length)
    missing = gaps(covered, asked)

    for hour in range(since, since + length):
        at = T0 + timedelta(hours=hour)
        held = any(w.since <= at < w.until for w in covered)
        lacking = any(w.since <= at < w.until for w in missing)
        assert held != lacking


def test_exports_that_meet_within_minutes_are_one_stretch() -> None:
    """A log is silent for minutes at times; an hour is a gap."""
    near = [
        Window(T0, T0 + timedelta(hours=1)),
        Window(T0 + timedelta(hours=1) + JOIN, T0 + JOIN * 9),
    ]

    assert len(merged(bridged(near, []))) == 1
    assert len(merged([*near[:1], *bridged(near[1:], near[:1])])) == 1
    assert len(merged(bridged([window(0, 1), window(2, 3)], []))) == 2


def test_a_short_gap_that_an_export_does_not_touch_stays() -> None:
    """It may be what a pull has yet to read."""
    minute = timedelta(minutes=1)
    held = [Window(T0, T0 + minute), Window(T0 + 2 * minute, T0 + 3 * minute)]

    assert len(merged([*held, *bridged([window(5, 6)], held)])) == 3


@pytest.mark.slow
def test_reports_and_commands_see_the_gap(tmp_path: Path) -> None:
    """In the coverage of a window, in ``okta-kit lake``, and in an exit code."""
    events, lake = forty_events(), tmp_path / "lake"
    first = write_export(
        tmp_path / "a.ndjson", [e for e in events if e["published"] < "2026-10-27"]
    )
    last = write_export(tmp_path / "b.ndjson", [e for e in events if e["published"] > "2026-10-29"])
    kit = [sys.executable, "-m", "kit"]
    for path in (first, last):
        subprocess.run([*kit, "import", path, "--lake", lake], check=True, capture_output=True)

    shown = subprocess.run(
        [*kit, "lake", "--lake", lake, "--json"], check=True, capture_output=True, text=True
    )
    refused = subprocess.run(
        [*kit, "report", "failure_trends", "--source", lake, "--since", "4d", "--require-complete"],
        check=False,
        capture_output=True,
        text=True,
    )

    found = json.loads(shown.stdout)
    assert [day["coverage"] for day in found["days"]][1:3] == ["missing", "missing"]
    assert len(found["gaps"]) == 1
    newest = {"since": "2026-10-29T22:50:00.001Z", "until": "2026-10-29T23:05:00.001Z"}
    assert found["provisional"] == newest
    assert refused.returncode == 4
    assert "not held" in refused.stderr
    told = subprocess.run(
        [*kit, "import", last, "--lake", lake, "--covers", "2026-10-26..2026-10-30"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "0 events added" in told.stdout
    assert overview(Lake(lake))["gaps"] == []
