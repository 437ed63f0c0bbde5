"""A lake is brought up to date from an org: nothing lost, nothing twice, whatever happens."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from jupyter_client.manager import start_new_kernel

from factories import M365, event
from fake_org import CANARY, FakeOrg
from kit.base.errors import OktaError, UsageError
from kit.base.windows import Window, gaps
from kit.lake import Lake
from kit.lake.pull import Pulled, pull
from kit.sources.okta import read_settings
from lakes import DAYS, parquet_uuids, recent_events, stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUICK = 0.01


def pull_days(org: FakeOrg, lake: Lake, days: float = DAYS + 1, **options: Any) -> Pulled:
    """Pull so many days, quickly."""
    settings = read_settings({"HOME": "/nowhere", **org.environment()})
    given = {"share": 1.0, "patience": QUICK, "since": lambda now: now - timedelta(days=days)}
    return pull(lake, settings, **{**given, **options})


def org_uuids(org: FakeOrg) -> list[str]:
    return sorted(one["uuid"] for one in org.events)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


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
        assert gaps(lake.covered(), window) == ()


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
        done = pull_days(org, lake, said=said.append)

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
    """Okta may answer one while it looks further."""
    with FakeOrg(
        events=recent_events(100), page=10, faults=deque(["", "", "empty", "", "empty"])
    ) as org:
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
        assert gaps(lake.covered(), Window(day, day + timedelta(days=1)))

        org.fault_when = None
        pull_days(org, lake, since=None)
        assert parquet_uuids(lake) == org_uuids(org)
        assert not gaps(lake.covered(), Window(day, day + timedelta(days=1)))


def test_a_window_that_breaks_off_covers_what_was_read_and_no_more(lake: Lake) -> None:
    """Coverage ends at the last event, without the moment itself."""
    with FakeOrg(events=recent_events(200, days=0.5), page=20) as org:
        org.fault_when = lambda request: (
            "500" if request.query.get("after", "") > "cursor,_40" else ""
        )
        with pytest.raises(OktaError):
            pull_days(org, lake, days=1)

        held, inside = lake.covered(), set(parquet_uuids(lake))
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


def test_a_clock_that_is_off_changes_nothing(lake: Lake) -> None:
    """Okta's clock counts: for what is new, and for what is covered."""
    events = recent_events(100)
    with FakeOrg(events=events, page=20, clock_off=3600.0) as org:
        pull_days(org, lake)

        assert parquet_uuids(lake) == org_uuids(org)
        ahead = lake.covered()[-1].until - datetime.now(UTC)
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
        assert lake.covered()[-1].until == until
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
    """And gets near it: as many as it may take in each whole window."""
    with FakeOrg(events=recent_events(400, days=0.5), page=10, limit=20, window=3.0) as org:
        pull_days(org, lake, days=0.6, share=share)

        assert org.refused["429"] == 0
        offset = time.time() - time.monotonic()
        windows: dict[int, int] = {}
        for at, _ in org.requests:
            number = int((at + offset) // 3.0)
            windows[number] = windows.get(number, 0) + 1
        counts = [windows[number] for number in sorted(windows)]
        assert max(counts) <= 20 * share
        assert all(count == 20 * share for count in counts[1:-1])
        assert parquet_uuids(lake) == org_uuids(org)


def test_a_pull_leaves_something_for_others_when_they_use_much(lake: Lake) -> None:
    """Where little is left in a window, it waits for the next."""
    with FakeOrg(events=recent_events(100, days=0.5), page=10, limit=40, window=2.0) as org:
        org._used, org._window_at = 38, int(org.now() // 2.0)
        pull_days(org, lake, days=0.6, share=0.5)

        assert org.refused["429"] == 0
        assert parquet_uuids(lake) == org_uuids(org)


def test_killed_at_any_moment_and_run_again_nothing_is_lost_or_twice(tmp_path: Path) -> None:
    """The command itself, killed with SIGKILL again and again."""
    lake = Lake(tmp_path / "lake")
    with FakeOrg(events=recent_events(2000), page=20, latency=0.03) as org:
        environment = {**os.environ, **org.environment(HOME=str(tmp_path))}
        command = [sys.executable, "-m", "kit", "pull", "--since", "4d", "--rate-share", "1"]
        command += ["--lake", str(lake.folder)]
        for seconds in (1.2, 1.8, 2.4, 3.0):
            process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
            process.wait()
            found = parquet_uuids(lake)
            assert len(found) == len(set(found))

        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)

        assert done.returncode == 0, done.stderr
        assert parquet_uuids(lake) == org_uuids(org)
        now = datetime.now(UTC)
        window = Window(now - timedelta(days=3.9), now - timedelta(minutes=1))
        assert gaps(lake.covered(), window) == ()


def test_it_pulls_inside_a_running_event_loop(lake: Lake) -> None:
    """As in a notebook."""
    with FakeOrg(events=recent_events(50), page=20) as org:

        async def cell() -> Pulled:
            return pull_days(org, lake)

        assert asyncio.run(cell()).events == 50


def test_the_notebooks_stop_button_ends_a_pull_and_the_next_one_goes_on(
    lake: Lake, tmp_path: Path
) -> None:
    """In a real kernel; the pull before it had taken minutes."""
    cell = 'import kit; print(kit.open_log("okta", since="4d").count)'
    with FakeOrg(events=recent_events(400), page=5, latency=1.0) as org:
        environment = {**os.environ, **org.environment(HOME=str(tmp_path))}
        environment["OKTA_KIT_LAKE"] = str(lake.folder)
        manager, client = start_new_kernel(env=environment)
        try:
            sent_as = client.execute(cell)
            while len(org.requests) < 5:
                time.sleep(0.1)
            began = time.monotonic()
            manager.interrupt_kernel()
            ended = client.get_shell_msg(timeout=30)
            while ended["parent_header"]["msg_id"] != sent_as:  # a late answer to the start
                ended = client.get_shell_msg(timeout=30)
            assert ended["content"]["ename"] == "KeyboardInterrupt"
            assert time.monotonic() - began < 10
            asked = len(org.requests)
            time.sleep(2.5)
            assert len(org.requests) - asked <= 1

            org.latency, org.page = 0.0, 1000
            printed: list[str] = []
            client.execute_interactive(
                cell,
                timeout=60,
                output_hook=lambda message: printed.append(message["content"].get("text", "")),
            )
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

    assert "".join(printed).strip() == "400"
    assert parquet_uuids(lake) == org_uuids(org)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_pull_that_is_ended_says_so_and_keeps_what_was_written(
    lake: Lake, tmp_path: Path, number: signal.Signals
) -> None:
    """With the exit code of the signal, and nothing half done left in the lake."""
    with FakeOrg(events=recent_events(400), page=5, latency=0.2) as org:
        environment = {**os.environ, **org.environment(HOME=str(tmp_path))}
        command = [sys.executable, "-m", "kit", "pull", "--rate-share", "1", "--since", "4d"]
        process = subprocess.Popen(
            [*command, "--lake", str(lake.folder)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not parquet_uuids(lake):
            time.sleep(0.1)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 128 + number
    assert said.count("\n") == 1
    assert "what was half done is gone" in said
    assert 0 < len(parquet_uuids(lake)) < 400
    assert not list(lake.folder.glob("_s*"))


def test_an_event_that_does_not_fit_is_put_aside_and_the_rest_goes_on(lake: Lake) -> None:
    """One of the wrong type, in a page of others."""
    with FakeOrg(events=recent_events(50, days=0.2), page=20) as org:
        org.events[7]["severity"] = {"not": "text"}
        done = pull_days(org, lake, days=0.3)

        assert done.put_aside >= 1
        assert len(parquet_uuids(lake)) == 49
        assert len(lake.put_aside()) >= 1


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
            pull_days(org, lake, since=None, said=said.append)
        org.fault_when = None
        pull_days(org, lake, since=None)

        assert parquet_uuids(lake) == org_uuids(org)
        assert any("cursor" in line for line in said)


def test_the_token_is_seen_nowhere(tmp_path: Path) -> None:
    """Not on the screen, also with DEBUG logging, nor in a file, nor in a traceback's locals."""
    with FakeOrg(events=recent_events(60), page=20, faults=deque(["", "500"])) as org:
        environment = {**os.environ, **org.environment(HOME=str(tmp_path))}
        lake = ["--lake", str(tmp_path / "lake")]

        def ran(program: str, *words: str) -> subprocess.CompletedProcess[bytes]:
            command = [sys.executable, "-X", "dev", "-W", "ignore", "-c", program, *words, *lake]
            return subprocess.run(command, env=environment, capture_output=True, check=False)

        loud = (
            "import logging, sys; logging.basicConfig(level=logging.DEBUG);"
            "from kit.commands.app import run; sys.exit(run(sys.argv[1:]))"
        )
        runs = [ran(loud, "pull", "--since", "4d", "--rate-share", "1"), ran(loud, "doctor")]
        org.fault_when = lambda _: "401"
        trace = (
            "import sys, traceback\n"
            "from kit.commands.app import run\n"
            "try: run(sys.argv[1:])\n"
            "except BaseException as fault:\n"
            "    t = traceback.TracebackException.from_exception(fault, capture_locals=True)\n"
            "    print(''.join(t.format()))\n"
        )
        runs.append(ran(trace, "--debug", "pull"))

        assert b"OktaError" in runs[-1].stdout
        for one in runs:
            assert CANARY.encode() not in one.stdout + one.stderr
        for path in tmp_path.rglob("*"):
            if path.is_file():
                assert CANARY.encode() not in path.read_bytes()


def test_a_report_on_the_live_org_pulls_first_and_its_kernel_holds_no_token(tmp_path: Path) -> None:
    """The notebook reads the lake; the window ends now."""
    with FakeOrg(events=recent_events(200), page=50) as org:
        home = f"/api/v1/apps/{M365['id']}"
        org.apps[f"{home}/connections/default"] = {"status": "ENABLED", "authScheme": "OAUTH2"}
        user = {"credentials": {"userName": "u100@example.com"}, "syncState": "OUT_OF_SYNC"}
        org.apps[f"{home}/users"] = [user]
        environment = {**os.environ, **org.environment(HOME=str(tmp_path))}
        environment["OKTA_KIT_LAKE"] = str(tmp_path / "lake")
        command = [sys.executable, "-m", "kit", "report", "remediation", "--source", "okta"]
        command += ["--since", "2d", "--out", str(tmp_path / "out"), "--require-complete"]
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)

        assert done.returncode == 0, done.stderr
        [path] = (tmp_path / "out").glob("remediation/*/summary.json")
        said = json.loads(path.read_text(encoding="utf-8"))
        assert said["source"] == "okta"
        assert said["results"]["code"] == "AADSTS50126"
        until = datetime.fromisoformat(said["window"]["until"])
        assert abs(datetime.now(UTC) - until) < timedelta(minutes=2)
        page = (path.parent / "report.html").read_text(encoding="utf-8")
        assert "ENABLED" in page
        assert "OUT_OF_SYNC" in page
        assert "not checked: 127.0.0.1" in page  # its features, which the org does not tell
        for file in tmp_path.rglob("*"):
            if file.is_file():
                assert CANARY.encode() not in file.read_bytes()


def test_a_report_on_an_org_that_refuses_ends_with_5(tmp_path: Path) -> None:
    """In one line."""
    with FakeOrg(fault_when=lambda _: "401") as org:
        environment = {**os.environ, **org.environment(HOME=str(tmp_path))}
        environment["OKTA_KIT_LAKE"] = str(tmp_path / "lake")
        command = [sys.executable, "-m", "kit", "failures", "--source", "okta"]
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)

    assert done.returncode == 5
    assert done.stderr.count("\n") == 1
    assert "E0000011" in done.stderr


def test_an_event_with_half_a_sign_or_no_json_costs_itself(lake: Lake) -> None:
    """A page of the log is read all the same, and what is in it once."""
    with FakeOrg(events=recent_events(50, days=0.2), page=20) as org:
        org.events[7]["displayMessage"] = "half \ud800 of it"
        org.events[9]["debugContext"] = {"debugData": {"odd": float("nan")}}
        done = pull_days(org, lake, days=0.3)

        assert done.put_aside >= 1
        assert len(parquet_uuids(lake)) == 49
        assert org.events[7]["uuid"] in parquet_uuids(lake)
