"""Answers that are late, broken, endless or refused cost a pull no event."""

from __future__ import annotations

import re
import time
from _thread import interrupt_main
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from aiohttp import web

from factories import event
from fake_org import FakeOrg, org_uuids, pull_days
from kit.base.errors import DiskFull, OktaError
from kit.base.windows import Window, gaps
from kit.lake import Lake
from lakes import parquet_uuids, recent_events, stamp


@pytest.mark.parametrize(
    "fault",
    [
        "500",
        "502",
        "503",
        "504",
        "drop",
        "cut",
        "html",
        "malformed",
        "429 without reset",
        "429 with Retry-After",
        "429 concurrent",
    ],
)
def test_a_passing_fault_costs_a_request_and_nothing_else(lake: Lake, fault: str) -> None:
    """At the beginning, in the middle, twice in a row."""
    faults = deque(["", "", fault, "", "", fault, fault, "", fault])
    with FakeOrg(events=recent_events(200), page=20, faults=faults) as org:
        said: list[str] = []
        done = pull_days(org, lake, on_retry=said.append)

        assert parquet_uuids(lake) == org_uuids(org)
        assert done.failed == []
        # A dropped connection is tried once more below us, unseen.
        assert (fault != "drop") <= len(said) <= 4


def test_a_429_with_a_reset_waits_for_it(lake: Lake) -> None:
    """And no longer."""
    with FakeOrg(
        events=recent_events(50), page=20, window=2.0, faults=deque(["", "429 with reset"])
    ) as org:
        began = time.monotonic()
        pull_days(org, lake)

        assert parquet_uuids(lake) == org_uuids(org)
        assert time.monotonic() - began < 10


def test_an_empty_page_in_the_middle_is_not_the_end(lake: Lake) -> None:
    """Okta may answer one while it looks further, with the cursor that it was asked with."""
    with FakeOrg(events=recent_events(300, days=2), page=10) as org:
        places = Counter[str]()

        def empty_twice(request: web.Request) -> str:
            places[request.path_qs] += 1
            return "empty" if "after" in request.query and places[request.path_qs] < 3 else ""

        org.fault_when = empty_twice
        pull_days(org, lake)

        assert parquet_uuids(lake) == org_uuids(org)


def test_a_window_that_fails_is_a_gap_and_the_others_are_read(lake: Lake) -> None:
    """The next pull fills it."""
    with FakeOrg(events=recent_events(300), page=20) as org:
        bad = datetime.now(UTC).date() - timedelta(days=2)
        org.fault_when = lambda request: (
            "500" if request.query.get("since", "").startswith(str(bad)) else ""
        )
        with pytest.raises(OktaError, match="1 of 5 windows could not be read") as fault:
            pull_days(org, lake)

        missing = [e for e in org.events if e["published"].startswith(str(bad))]
        assert "E0000009" in str(fault.value)
        assert len(parquet_uuids(lake)) == 300 - len(missing)
        day = datetime.fromisoformat(f"{bad}T00:00:00Z")
        assert gaps(lake.covered_windows(), Window(day, day + timedelta(days=1)))

        org.fault_when = None
        pull_days(org, lake, since=None)
        assert parquet_uuids(lake) == org_uuids(org)
        assert not gaps(lake.covered_windows(), Window(day, day + timedelta(days=1)))


def test_a_window_that_breaks_off_covers_what_was_read_and_no_more(lake: Lake) -> None:
    """Coverage ends at the last event, without the moment itself."""
    with FakeOrg(events=recent_events(200, days=0.5), page=20) as org:
        org.fault_when = lambda request: (
            "500" if request.query.get("after", "") > "cursor,_40" else ""
        )
        with pytest.raises(OktaError):
            pull_days(org, lake, days=1)

        held, inside = lake.covered_windows(), set(parquet_uuids(lake))
        for one in org.events:
            at = datetime.fromisoformat(one["published"])
            if any(window.since <= at < window.until for window in held):
                assert one["uuid"] in inside


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("401", "E0000011"),
        ("403", "okta.logs.read"),
        ("redirect", "portal.example"),
    ],
)
def test_a_refusal_ends_the_pull_at_once_and_says_what_to_do(
    lake: Lake, fault: str, says: str
) -> None:
    """An expired token is not asked with again and again."""
    with FakeOrg(events=recent_events(100), page=10, fault_when=lambda _: fault) as org:
        with pytest.raises(OktaError, match=says) as raised:
            pull_days(org, lake)

        assert len(org.requests) == 1
        assert "\n" not in str(raised.value)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("fault", [DiskFull("the disk is full."), KeyboardInterrupt()], ids=repr)
def test_a_pull_ends_though_readers_wait_for_room(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    """A disk that is full, or Ctrl-C, comes while more was read than the writer has taken."""

    def write(*_: object) -> None:
        time.sleep(1)  # seconds in which all readers come to wait
        if isinstance(fault, KeyboardInterrupt):
            interrupt_main()
            time.sleep(0.5)
        raise fault

    monkeypatch.setattr("kit.lake.pull.add_received", write)
    monkeypatch.setattr("kit.lake.pull._BATCH", 1)
    with (
        FakeOrg(events=recent_events(400), page=5) as org,
        pytest.raises(type(fault)),
    ):
        pull_days(org, lake)


def test_a_token_that_ends_midway_keeps_what_was_read(lake: Lake) -> None:
    """Run again with a new one, the rest follows."""
    with FakeOrg(events=recent_events(300), page=10) as org:
        old = org.token
        org.fault_when = lambda _: "401" if len(org.requests) > 12 else ""
        with pytest.raises(OktaError, match="E0000011"):
            pull_days(org, lake)
        assert 0 < len(parquet_uuids(lake)) < 300

        org.fault_when, org.token = None, old + "2"
        pull_days(org, lake, since=None)
        assert parquet_uuids(lake) == org_uuids(org)


def test_pages_that_go_round_in_a_circle_are_left(lake: Lake) -> None:
    """And what they held is kept."""
    with FakeOrg(events=recent_events(60, days=0.2), page=10) as org:
        org.fault_when = lambda request: "loop" if "after" in request.query else ""
        with pytest.raises(OktaError, match="circle"):
            pull_days(org, lake, days=0.3)

        assert len(org.requests) < 30


def test_pages_that_repeat_under_ever_new_addresses_are_left(lake: Lake) -> None:
    """Each next is another, and none brings an event that is new."""
    numbers = count(1)

    def again(me: str, following: str) -> list[tuple[str, str]]:
        first = re.sub(r"after=[^&]*", "after=0", following)
        return [("Link", f'<{first}&n={next(numbers)}>; rel="next"')]

    with FakeOrg(events=recent_events(60, days=0.2), page=10) as org:
        org.link = again
        with pytest.raises(OktaError, match="end"):
            pull_days(org, lake, days=0.3)

        assert len(org.requests) < 30
        assert set(parquet_uuids(lake)) <= {one["uuid"] for one in org.events}


def test_pages_that_stay_empty_and_never_end_are_left(lake: Lake) -> None:
    """An empty page on the way is none to worry about; twenty in a row are."""
    with FakeOrg(events=recent_events(60, days=0.2), page=10) as org:
        numbers = count(1)
        org.fault_when = lambda request: "empty" if "until" in request.query else ""
        org.link = lambda me, following: [("Link", f'<{following}&n={next(numbers)}>; rel="next"')]
        with pytest.raises(OktaError, match="empty pages in a row"):
            pull_days(org, lake, days=0.3)

        assert len(org.requests) < 60


def test_a_next_page_on_another_host_is_not_followed(lake: Lake) -> None:
    """The token goes to the org alone."""
    with FakeOrg(events=[]) as other, FakeOrg(events=recent_events(100), page=10) as org:
        bait = f"{other.url}/api/v1/logs?u={org.url}"
        org.link = lambda me, then: [("Link", f'<{bait}>; rel="next"')]
        with pytest.raises(OktaError, match="another host"):
            pull_days(org, lake)

        assert other.requests == []


def test_an_event_that_does_not_fit_is_skipped_and_the_rest_goes_on(lake: Lake) -> None:
    """One of the wrong type, in a page of others."""
    with FakeOrg(events=recent_events(50, days=0.2), page=20) as org:
        org.events[7]["severity"] = {"not": "text"}
        done = pull_days(org, lake, days=0.3)

        assert done.skipped_lines >= 1
        assert len(parquet_uuids(lake)) == 49
        assert len(lake.skipped_lines()) >= 1


def test_a_saved_cursor_that_okta_forgot_is_replaced_by_reading_by_time(lake: Lake) -> None:
    """Nothing between is lost."""
    with FakeOrg(events=recent_events(100), page=20) as org:
        pull_days(org, lake)
        org.events.append(event(stamp(datetime.now(UTC)), user="new@example.com"))
        time.sleep(1.1)
        org.fault_when = lambda request: (
            "400" if "after" in request.query and "until" not in request.query else ""
        )
        said: list[str] = []
        with pytest.raises(OktaError):
            pull_days(org, lake, since=None, on_retry=said.append)
        org.fault_when = None
        pull_days(org, lake, since=None)

        assert parquet_uuids(lake) == org_uuids(org)
        assert any("cursor" in line for line in said)


def test_an_event_with_half_a_sign_or_no_json_costs_itself(lake: Lake) -> None:
    """A page of the log is read all the same, and what is in it once."""
    with FakeOrg(events=recent_events(50, days=0.2), page=20) as org:
        org.events[7]["displayMessage"] = "half \ud800 of it"
        org.events[9]["debugContext"] = {"debugData": {"odd": float("nan")}}
        done = pull_days(org, lake, days=0.3)

        assert done.skipped_lines >= 1
        assert len(parquet_uuids(lake)) == 49
        assert org.events[7]["uuid"] in parquet_uuids(lake)
