"""Failures and rates over time, and the state of each code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from factories import M365, REFUSED, SLACK, event, write_export
from kit.analysis.trends import bucket_of, trends
from kit.display.parts import Listing
from kit.views import failure_trends

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kit.log.log import Log


def test_a_rate_is_failures_over_attempts_of_what_failed(log_of: Callable[..., Log]) -> None:
    """Successes of another operation are no attempts of this one."""
    log = log_of(
        event(reason=REFUSED),
        event("2026-10-27T09:06:00Z", result="SUCCESS", user="bo@example.com"),
        event("2026-10-27T09:07:00Z", result="SUCCESS", user="cy@example.com"),
        event("2026-10-27T09:08:00Z", result="SUCCESS", type_="user.session.start", app=None),
    )

    found = trends(log, log.window())

    assert found.totals == {"failures": 1, "attempts": 3, "rate": pytest.approx(1 / 3), "users": 1}
    assert found.by_code[["attempts", "users", "still_failing"]].to_dict("records") == [
        {"attempts": 3, "users": 1, "still_failing": 1}
    ]


def test_failures_are_counted_by_bucket_app_and_code(log_of: Callable[..., Log]) -> None:
    """Each failure in the bucket of the event that speaks for it."""
    log = log_of(
        event("2026-10-27T09:59:59.999Z", reason=REFUSED),
        event("2026-10-27T10:00:00Z", reason=REFUSED, user="bo@example.com"),
        event("2026-10-27T10:30:00Z", reason=REFUSED, app=SLACK),
    )

    counted = trends(log, log.window(), bucket="hour").over_time

    rows = [(f"{r.bucket:%H}", r.app, r.failures) for r in counted.itertuples()]
    assert rows == [("09", M365["name"], 1), ("10", M365["name"], 1), ("10", "Slack", 1)]


def test_one_app_alone_can_be_asked_for(log_of: Callable[..., Log]) -> None:
    """By name without case, or by id."""
    log = log_of(event(reason=REFUSED), event("2026-10-27T10:30:00Z", reason=REFUSED, app=SLACK))

    for name in ("slack", SLACK["id"]):
        assert trends(log, log.window(), app=name).by_code["app"].tolist() == ["Slack"]


def test_the_latest_failures_are_listed_and_how_many_there_are_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook holds so many at once; of several at one time the order is that of the uuid."""
    path = tmp_path / "log.ndjson"
    rows = [event(f"2026-10-27T09:0{minute}:00Z", reason=REFUSED) for minute in (5, 1, 3, 3, 4)]
    rows.append(event("2026-10-27T09:09:00Z", reason=REFUSED, app=SLACK))
    write_export(path, rows)
    monkeypatch.setattr(failure_trends, "LISTED", 3)
    report = failure_trends.trends_report(str(path), app=M365["name"])

    (listed,) = report.failures().parts

    assert isinstance(listed, Listing)
    assert list(listed.all["uuid"]) == [rows[0]["uuid"], rows[4]["uuid"], rows[3]["uuid"]]
    assert set(listed.all["state"]) == {"still_failing"}
    assert "the latest 3 of 5," in listed.caption


@pytest.mark.parametrize(
    ("times", "until", "state"),
    [
        (["27T09:00", "27T11:00"], "2026-10-27T12:00Z", "new"),
        (["27T09:00"], "2026-10-27T20:00Z", "quiet"),
        (["20T09:00", "27T11:00"], "2026-10-27T12:00Z", "regressed"),
        (["26T23:50", "27T11:00"], "2026-10-27T12:00Z", "ongoing"),
    ],
)
def test_a_code_has_a_state_at_the_windows_end(
    log_of: Callable[..., Log], times: list[str], until: str, state: str
) -> None:
    """New, quiet, come back, or going on."""
    log = log_of(
        event("2026-10-18T00:00:00Z", result="SUCCESS"),
        *(event(f"2026-10-{time}:00Z", reason=REFUSED) for time in times),
        event("2026-10-28T00:00:00Z", result="SUCCESS", user="bo@example.com"),
    )

    found = trends(log, log.window("2026-10-27", until))

    assert found.by_code["state"].tolist() == [state]


def test_a_broken_app_comes_before_peoples_own_mistakes(log_of: Callable[..., Log]) -> None:
    """However many mistype their password."""
    sign_ins = [
        event(
            f"2026-10-27T09:{n:02d}:00Z",
            type_="user.session.start",
            reason="INVALID_CREDENTIALS",
            user=f"u{n}@example.com",
            app=None,
        )
        for n in range(5)
    ]
    log = log_of(*sign_ins, event(reason=REFUSED))

    assert trends(log, log.window()).by_code["code"].tolist() == [
        "AADSTS50126",
        "INVALID_CREDENTIALS",
    ]


def test_a_window_without_failures_has_empty_tables(log_of: Callable[..., Log]) -> None:
    """With their columns, and a rate of nothing."""
    log = log_of(event(result="SUCCESS"))

    found = trends(log, log.window())

    assert found.by_code.empty
    assert found.over_time.empty
    assert "still_failing" in found.by_code.columns
    assert found.totals == {"failures": 0, "attempts": 0, "rate": 0.0, "users": 0}


def test_a_bucket_suits_the_window(log_of: Callable[..., Log]) -> None:
    """Hours up to three days, else days, unless told."""
    log = log_of(event("2026-10-01T00:00:00Z"), event("2026-10-27T09:05:00Z"))

    assert bucket_of(log.window("2d")) == "hour"
    assert bucket_of(log.window("7d")) == "day"
    assert bucket_of(log.window("7d"), "hour") == "hour"
