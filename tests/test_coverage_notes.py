"""Why events may be missing, or counts be others, although the window is held: said beside it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from factories import REFUSED, event
from kit.analysis.stops import coverage_of, stops
from kit.commands.app import run_command
from kit.log.log import open_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kit.log.log import Log

TIMES = [f"2026-10-27T09:0{minute}:00.000Z" for minute in range(4)]
OKTA = {"id": "okta.sys", "type": "SystemPrincipal", "alternateId": "system@okta.com"}


def agent(at: str, end: str, result: str = "SUCCESS") -> dict[str, Any]:
    """An event of a directory agent."""
    target = {"id": "agt1", "type": "AD Agent", "displayName": "dc1.example.com"}
    return event(at, type_=f"system.agent.ad.{end}", result=result, app=None, user=None) | {
        "actor": OKTA,
        "target": [target],
    }


def test_an_agent_that_stops_in_the_window_is_said(log_of: Callable[..., Log]) -> None:
    """With its name, when, and when it came back; one that stops twice before that is one."""
    log = log_of(
        agent(TIMES[0], "disconnect"),
        agent(TIMES[1], "disconnect"),
        agent(TIMES[2], "connect"),
        event(TIMES[3], result="SUCCESS"),
    )

    (note,) = coverage_of(log, log.window()).notes

    assert "dc1.example.com stopped 27 Oct 2026, 09:00 UTC and came back" in note
    assert stops(log, log.window(TIMES[3])) == []


def test_a_log_stream_that_okta_stops_is_said(log_of: Callable[..., Log]) -> None:
    """What is fed by it lacks what came after; the window stays held."""
    stopped = event(
        TIMES[0], type_="system.log_stream.lifecycle.deactivate", result="SUCCESS", app=None
    )
    stopped["target"] = [{"id": "0oaLS", "type": "LogStream", "displayName": "SIEM stream"}]
    log = log_of(stopped | {"actor": OKTA}, event(TIMES[1], result="SUCCESS"))

    coverage = coverage_of(log, log.window())

    assert coverage.complete
    assert "log stream SIEM stream stopped" in coverage.notes[0]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("timestamp uuid event_type outcome.result outcome.reason transaction.id", "no targets"),
        (
            "timestamp uuid event_type outcome.result outcome.reason target0.type "
            "target0.alternate_id",
            "transaction",
        ),
    ],
    ids=["targets", "transactions"],
)
def test_a_table_that_lacks_what_counting_needs_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: str, said: str
) -> None:
    """On stderr of a command, in the coverage, and from a lake that it was imported into."""
    table, lake = tmp_path / "log.csv", str(tmp_path / "lake")
    with table.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(names.split())
        for number, at in enumerate(TIMES):
            cells = [at, f"u{number}", "application.provision.user.push", "FAILURE", REFUSED]
            rest = ["t1"] if "transaction" in names else ["User", "ada@example.com"]
            rows.writerow([*cells, *rest])

    assert run_command(["failures", "--source", str(table), "--format", "json"]) == 0
    assert said in capsys.readouterr().err
    assert run_command(["import", str(table), "--lake", lake]) == 0
    capsys.readouterr()

    log = open_log(lake)
    assert any(said in note for note in log.coverage(log.window()).notes)


def test_a_whole_log_lacks_nothing(tmp_path: Path) -> None:
    """Events as Okta sends them have all that counting needs."""
    export = tmp_path / "log.ndjson"
    debug = {"debugContext": {"debugData": {"requestId": "r1"}}}
    lines = [json.dumps(event(at, reason=REFUSED, transaction="t1") | debug) for at in TIMES]
    export.write_text("\n".join(lines), encoding="utf-8")

    log = open_log(export)

    assert log.coverage(log.window()).notes == ()
