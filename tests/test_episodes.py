"""Runs of failures, outages, and how each code stands."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from factories import M365, REFUSED, SLACK, event
from kit.analysis.episodes import episodes, history, onset, outages
from kit.analysis.states import states

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.log.log import Log

CODE = "AADSTS50126"


def failed(at: str, user: str = "a", **more: Any) -> dict[str, Any]:
    """One failure in October: ``failed("27 09:05")``."""
    day, _, clock = at.partition(" ")
    return event(f"2026-10-{day}T{clock}:00Z", reason=REFUSED, user=f"{user}@example.com", **more)


def worked(at: str, user: str = "z", **more: Any) -> dict[str, Any]:
    """One success in October."""
    day, _, clock = at.partition(" ")
    return event(f"2026-10-{day}T{clock}:00Z", result="SUCCESS", user=f"{user}@example.com", **more)


def test_an_episode_ends_with_a_silence_longer_than_the_quiet_gap(
    log_of: Callable[..., Log],
) -> None:
    """Six hours to the second still belong to it."""
    log = log_of(failed("27 01:00"), failed("27 07:00", "b"), failed("27 13:01"))

    found = episodes(log, log.window())

    starts = [f"{start:%H:%M}" for start in found["start"]]
    assert (starts, found["failures"].tolist()) == (["01:00", "13:01"], [2, 1])
    assert found["users"].tolist() == [2, 1]
    assert found["length"].tolist() == [timedelta(hours=6), timedelta(0)]


def test_silences_are_looked_at_together_and_each_by_itself(log_of: Callable[..., Log]) -> None:
    """What worked in parts of hours alone counts for its own silence, to the second."""
    log = log_of(
        *(failed("25 01:00", "a"), failed("25 09:30", "b")),
        *(failed("25 17:30", "c"), failed("26 02:10", "d")),
        *(worked("25 01:00"), worked("25 09:20"), worked("25 17:30"), worked("26 02:05")),
        worked("25 17:40", app=SLACK),
    )

    joined = outages(history(log, log.window(), M365["id"], CODE))

    assert joined["episodes"].tolist() == [1, 2, 1]
    assert [f"{start:%d %H:%M}" for start in joined["start"]] == [
        "25 01:00",
        "25 09:30",
        "26 02:10",
    ]


def test_the_quiet_gap_is_a_parameter(log_of: Callable[..., Log]) -> None:
    """An hour makes three runs of three failures two hours apart."""
    log = log_of(*(failed(f"27 0{hour}:00") for hour in (1, 3, 5)))

    assert len(episodes(log, log.window(), gap=timedelta(hours=1))) == 3
    assert len(episodes(log, log.window())) == 1


def test_apps_and_codes_have_episodes_of_their_own(log_of: Callable[..., Log]) -> None:
    """Another app's failure in between does not join two runs."""
    log = log_of(failed("27 01:00"), failed("27 05:00", app=SLACK), failed("27 09:00"))

    found = episodes(log, log.window())

    assert found["app"].tolist() == [M365["name"], "Slack", M365["name"]]


def test_an_episode_is_told_with_its_worst_hour_and_its_rate(log_of: Callable[..., Log]) -> None:
    """The first of the hours with most failures, and what worked in the hours it touches."""
    log = log_of(
        *(failed(f"27 09:{minute:02d}") for minute in (1, 59)),
        *(failed(f"27 11:{minute:02d}") for minute in (0, 1)),
        worked("27 11:30"),
        worked("27 13:30"),
    )

    found = episodes(log, log.window()).iloc[0]

    assert (found["peak"], found["peak_at"].hour) == (2, 9)
    assert (found["failures"], found["attempts"], found["rate"]) == (4, 5, 0.8)


@pytest.mark.parametrize(("until", "is_open"), [("27T15:00", True), ("27T15:02", False)])
def test_an_episode_is_open_within_the_quiet_gap_of_its_last_failure(
    log_of: Callable[..., Log],
    until: str,
    is_open: bool,  # noqa: FBT001
) -> None:
    """At the window's end, whatever comes after it."""
    log = log_of(failed("27 09:00"), failed("27 09:01"), worked("28 09:00"), failed("28 10:00"))

    found = episodes(log, log.window("2026-10-27", f"2026-10-{until}Z"))

    assert found["open"].tolist() == [is_open]
    assert found["failures"].tolist() == [2]


def test_an_episode_cut_by_the_windows_end_is_told_up_to_there(
    log_of: Callable[..., Log],
) -> None:
    """A rerun of a closed window says what it said before."""
    log = log_of(failed("27 09:00"), failed("27 09:30", "b"), failed("27 12:00", "c"))

    found = episodes(log, log.window("2026-10-27", "2026-10-27T10:00Z")).iloc[0]

    assert (found["failures"], found["users"], f"{found['last']:%H:%M}") == (2, 2, "09:30")


def test_a_window_without_failures_has_no_episodes(log_of: Callable[..., Log]) -> None:
    """With all columns."""
    log = log_of(worked("27 09:00"))

    found = episodes(log, log.window())

    assert found.empty
    assert {"start", "rate", "open"} <= set(found.columns)


@pytest.mark.parametrize(
    ("between", "starts"),
    [
        ([], ["26 20:00"]),  # nobody tried in the night
        ([worked("27 01:00")], ["26 20:00", "27 09:00"]),  # it worked in between
        ([worked("27 01:00", app=SLACK)], ["26 20:00"]),  # another app says nothing
    ],
    ids=["night", "worked", "other app"],
)
def test_an_outage_goes_on_over_a_silence_in_which_nothing_worked(
    log_of: Callable[..., Log], between: list[dict[str, Any]], starts: list[str]
) -> None:
    """Silence alone does not say that it is over."""
    log = log_of(failed("26 20:00"), *between, failed("27 09:00", "b"), failed("27 09:01", "c"))

    found = outages(history(log, log.window(), M365["id"], CODE))

    assert [f"{start:%d %H:%M}" for start in found["start"]] == starts


def test_the_same_peoples_trouble_is_one_outage_though_others_work(
    log_of: Callable[..., Log],
) -> None:
    """A user whose data is bad fails each day; who worked in between begins anew."""
    log = log_of(
        *(failed(f"2{day} 09:00", "a") for day in (1, 2, 3)),
        *(worked(f"2{day} 12:00") for day in (1, 2, 3)),
        worked("24 09:00", "a"),
        failed("26 09:00", "a"),
    )

    found = outages(history(log, log.window(), M365["id"], CODE))

    assert [f"{start:%d}" for start in found["start"]] == ["21", "26"]
    assert found["episodes"].tolist() == [3, 1]
    assert found["interval"].iloc[1] == timedelta(days=5)


def test_a_stray_failure_days_before_or_after_does_not_move_the_onset(
    log_of: Callable[..., Log],
) -> None:
    """The outage of many is what a window is about."""
    outage = [failed(f"24 09:{n:02d}", f"u{n}") for n in range(12)]
    log = log_of(
        failed("21 09:00", "x"), worked("21 10:00"), *outage, worked("24 12:00"), failed("26 08:00")
    )

    found = onset(history(log, log.window(), M365["id"], CODE))

    assert f"{found:%d %H:%M}" == "24 09:00"


def test_the_onset_may_lie_before_the_window(log_of: Callable[..., Log]) -> None:
    """A window that begins in the middle of an outage still tells when it began."""
    log = log_of(*(failed(f"27 {hour:02d}:00", f"u{hour}") for hour in range(1, 12)))

    found = onset(history(log, log.window("2026-10-27T06:30Z"), M365["id"], CODE))

    assert f"{found:%H:%M}" == "01:00"


def test_escalating_is_more_failures_and_a_larger_share(log_of: Callable[..., Log]) -> None:
    """Twice the failures in twice the attempts are more work, no escalation."""

    def state(tried: int) -> str:
        before = [failed(f"26 {hour:02d}:30", f"u{hour}") for hour in range(1, 24, 3)]
        now = [failed(f"27 {hour:02d}:10", f"v{hour}") for hour in range(24)]
        good = [worked(f"26 {hour:02d}:40") for hour in range(24)]
        log = log_of(
            worked("24 00:00"),
            *before,
            *good,
            *now,
            *(worked(f"27 {n % 24:02d}:{20 + n // 24:02d}") for n in range(tried)),
            failed("27 23:58"),
            name=f"{tried}.ndjson",
        )
        found = states(log, log.window("2026-10-27", "2026-10-28"))
        assert "a day" in found["why"].iloc[0]
        return str(found["state"].iloc[0])

    assert (state(24), state(200)) == ("escalating", "ongoing")


@pytest.mark.parametrize(
    ("begins", "state"), [("20 00:00", "new"), ("26 22:00", "ongoing")], ids=["early", "late"]
)
def test_a_log_that_starts_late_cannot_tell_what_is_new(
    log_of: Callable[..., Log], begins: str, state: str
) -> None:
    """New needs a whole day before it; else the reason says that it may be old."""
    log = log_of(worked(begins), failed("27 09:00"), worked("27 10:00"))

    found = states(log, log.window("2026-10-27")).iloc[0]

    assert found["state"] == state
    assert ("may be old" in found["why"]) == (state == "ongoing")
