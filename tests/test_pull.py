"""A lake is brought up to date from an org: nothing lost, nothing twice, whatever happens."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from statistics import median
from typing import TYPE_CHECKING

import duckdb
import pytest

from factories import event
from fake_org import FakeOrg, org_uuids, pull_days
from kit.base.errors import UsageError
from kit.base.windows import Window, gaps
from kit.lake import Lake
from lakes import DAYS, parquet_uuids, recent_events, stamp

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_first_pull_holds_every_event_once_and_covers_to_now(lake: Lake) -> None:
    """Read by days in pages of a few, failures with their codes, raw to the letter."""
    with FakeOrg(events=recent_events(300), page=20) as org:
        done = pull_days(org, lake)

        rows = duckdb.sql(f"select code, raw from read_parquet('{lake.pattern}')").fetchall()
        assert parquet_uuids(lake) == org_uuids(org)
        assert done.events == 300
        assert sum(code == "AADSTS50126" for code, _ in rows) == 30
        texts = {json.dumps(one) for one in org.events}
        assert {raw for _, raw in rows} == texts
        now = datetime.now(UTC)
        window = Window(now - timedelta(days=DAYS + 0.9), now - timedelta(seconds=30))
        assert gaps(lake.covered_windows(), window) == ()


def test_a_second_pull_asks_for_what_is_new_alone_and_sees_what_was_late(lake: Lake) -> None:
    """An event published before the first pull, and stored after it."""
    with FakeOrg(events=recent_events(100), page=20) as org:
        pull_days(org, lake)
        before = len(org.requests)
        org.events.append(
            event(stamp(datetime.now(UTC) - timedelta(days=2)), stored=time.time() - 0.01)
        )

        done = pull_days(org, lake, since=None)

        assert done.events == 1
        assert parquet_uuids(lake) == org_uuids(org)
        assert len(org.requests) - before <= 4


LINKS: dict[str, Callable[[str, str], list[tuple[str, str]]]] = {
    "next first": lambda me, then: [
        ("Link", f'<{then}>; rel="next"'),
        ("Link", f'<{me}>; rel="self"'),
    ],
    "one header": lambda me, then: [("Link", f'<{me}>; rel="self", <{then}>; rel="next"')],
    "no blanks, no quotes": lambda me, then: [("Link", f"<{me}>;rel=self,<{then}>;rel=next")],
    "lower case, other parameters": lambda me, then: [
        ("link", f'<{me}>; title="a, <b>; rel=next"; rel="self"'),
        ("link", f'<{then}>; title="x"; rel="NEXT"; type="application/json"'),
    ],
    "several relations": lambda me, then: [("Link", f'<{then}>; rel="alternate next"')],
    "relative": lambda me, then: [
        ("Link", f"</{then.partition('//')[2].partition('/')[2]}>; rel=next")
    ],
}


@pytest.mark.parametrize("form", LINKS)
def test_the_next_page_is_found_in_any_legal_link_header(lake: Lake, form: str) -> None:
    """The cursor holds a comma, which is sent as it came."""
    with FakeOrg(events=recent_events(100), page=10, link=LINKS[form]) as org:
        pull_days(org, lake)

        assert parquet_uuids(lake) == org_uuids(org)
        assert any("after=cursor,_" in path for _, path in org.requests)


def test_a_clock_that_is_off_changes_nothing(lake: Lake) -> None:
    """Okta's clock counts: for what is new, and for what is covered."""
    events = recent_events(100)
    with FakeOrg(events=events, page=20, clock_off=3600.0) as org:
        pull_days(org, lake)

        assert parquet_uuids(lake) == org_uuids(org)
        ahead = lake.covered_windows()[-1].until - datetime.now(UTC)
        assert timedelta(minutes=59) < ahead < timedelta(minutes=61)


def test_a_pull_with_an_end_reads_what_is_missing_and_moves_no_cursor(lake: Lake) -> None:
    """Twice the same costs one request."""
    with FakeOrg(events=recent_events(300), page=20) as org:
        until = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)
        pull_days(org, lake, until=lambda _: until)
        before = len(org.requests)
        again = pull_days(org, lake, until=lambda _: until)

        inside = [e["uuid"] for e in org.events if datetime.fromisoformat(e["published"]) < until]
        assert parquet_uuids(lake) == sorted(inside)
        assert lake.covered_windows()[-1].until == until
        assert again.events == 0
        assert len(org.requests) - before <= 2
        assert not any(key.startswith("pull") for key in lake.manifest())


def test_a_lake_is_of_one_org(lake: Lake) -> None:
    """Another org's coverage would hide what is missing of this one."""
    with FakeOrg(events=recent_events(20)) as org, FakeOrg(events=recent_events(20)) as other:
        pull_days(org, lake)
        with pytest.raises(UsageError, match=f"127.0.0.1:{org.port}.*--lake"):
            pull_days(other, lake)

        assert parquet_uuids(lake) == org_uuids(org)
        assert other.requests == []


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_pull_takes_its_share_of_the_rate_limit_and_no_more(lake: Lake, share: float) -> None:
    """And gets near it: as many as it may take in most windows; a busy machine misses some."""
    with FakeOrg(events=recent_events(400, days=0.5), page=10, limit=20, window=3.0) as org:
        pull_days(org, lake, days=0.6, share=share)

        assert org.refused["429"] == 0
        offset = time.time() - time.monotonic()
        windows: dict[int, int] = {}
        for at, _ in org.requests:
            number = int((at + offset) // 3.0)
            windows[number] = windows.get(number, 0) + 1
        counts = [windows.get(n, 0) for n in range(min(windows), max(windows) + 1)]
        # What was sent in one window may arrive in the next where the machine is busy.
        assert all(n <= 20 * share * (i + 1) for i, n in enumerate(accumulate(counts)))
        assert median(counts[1:-1]) == 20 * share
        assert parquet_uuids(lake) == org_uuids(org)


def test_a_pull_leaves_something_for_others_when_they_use_much(lake: Lake) -> None:
    """Where little is left in a window, it waits for the next."""
    with FakeOrg(events=recent_events(100, days=0.5), page=10, limit=40, window=2.0) as org:
        org._used, org._window_at = 38, int(org.now() // 2.0)
        pull_days(org, lake, days=0.6, share=0.5)

        assert org.refused["429"] == 0
        assert parquet_uuids(lake) == org_uuids(org)
