"""Pulls from commands, notebooks and event loops, ended at any moment."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from jupyter_client.manager import start_new_kernel

from factories import M365
from fake_org import CANARY, FakeOrg, org_uuids, pull_days
from kit.base.windows import Window, gaps
from kit.lake import Lake
from kit.lake.pull import PullResult
from lakes import parquet_uuids, recent_events

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
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
        assert gaps(lake.covered_windows(), window) == ()


def test_it_pulls_inside_a_running_event_loop(lake: Lake) -> None:
    """As in a notebook."""
    with FakeOrg(events=recent_events(50), page=20) as org:

        async def cell() -> PullResult:
            return pull_days(org, lake)

        assert asyncio.run(cell()).events == 50


@pytest.mark.slow
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
            "from kit.commands.app import run_command as run; sys.exit(run(sys.argv[1:]))"
        )
        runs = [ran(loud, "pull", "--since", "4d", "--rate-share", "1"), ran(loud, "doctor")]
        org.fault_when = lambda _: "401"
        trace = (
            "import sys, traceback\n"
            "from kit.commands.app import run_command as run\n"
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


@pytest.mark.slow
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
