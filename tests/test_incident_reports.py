"""A report's summary, its notice and its list of retries speak of incidents."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from incident_histories import failed, on

from commands import okta_kit
from factories import write_export

pytestmark = pytest.mark.slow

HISTORY = [
    failed(0.1, "a"),
    failed(0.2, "=b"),
    failed(0.3, "c", "deactivate"),
    on(1.5, "a"),
    on(9, "a"),
]


def report(log: Path, out: Path, day: int, *words: str) -> tuple[dict[str, Any], str, Path]:
    """Run ``remediation`` up to a day of March; its summary, what it printed, its folder."""
    options = ["--source", log, "--until", f"2026-03-{day:02}", "--out", out]
    done = okta_kit("report", "remediation", *options, *words)
    assert done.returncode == 0, done.stderr
    page = Path(done.stdout.splitlines()[0])
    return json.loads((page.parent / "summary.json").read_text()), done.stdout, page.parent


def test_reports_tell_how_an_incident_goes_on(tmp_path: Path) -> None:
    log = write_export(tmp_path / "log.ndjson", [one.event() for one in HISTORY])
    out = tmp_path / "out"

    first, _, _ = report(log, out, 4, "--since", "1d")
    (incident,) = first["incidents"]
    assert (first["condition"], first["changes"]) == ("fixed_some_left", [])
    assert incident["left"] == ["=b@example.com", "c@example.com"]
    assert incident["leavers"] == ["c@example.com"]
    earlier, _, _ = report(log, out, 3, "--since", "1d")
    assert (earlier["incidents"][0]["state"], earlier["changes"]) == ("open", [])

    again, said, folder = report(log, out, 4, "--since", "1d", "--notify-preview")
    assert [(one["kind"], one["incident"]) for one in again["changes"]] == [
        ("fixed", incident["id"])
    ]
    assert "Condition: Fixed, some to retry" in said
    change = "Fixed, users left to retry: AADSTS50126 on Microsoft Office 365"
    assert {f"- {change}", f"Fixed, some to retry: {change}"} <= set(said.splitlines())
    rows = list(csv.reader((folder / "retry.csv").read_text().splitlines()))
    assert rows[0][:6] == "user app operation code failed_at transaction_id".split()
    assert [row[0] for row in rows[1:]] == ["'=b@example.com", "c@example.com"]
    assert [row[7] for row in rows[1:]] == ["False", "True"]
    assert 'data-condition="fixed_some_left"' in (out / "index.html").read_text()

    muted = okta_kit("incidents", "mute", incident["id"], "--source", log, "--out", out, "--why=x")
    assert muted.returncode == 0, muted.stderr
    quiet, said, _ = report(log, out, 5, "--notify-preview", "--since", "1d")
    assert (quiet["incidents"][0]["mark"], quiet["incidents"][0]["note"]) == ("muted", "x")
    assert (quiet["condition"], quiet["changes"]) == ("all_clear", [])
    assert "No notice is due" in said


def test_a_report_without_names_has_incidents_without_names(tmp_path: Path) -> None:
    log = write_export(tmp_path / "log.ndjson", [one.event() for one in HISTORY])
    out, key = tmp_path / "out", {"OKTA_KIT_REDACT_KEY": str(tmp_path / "key.json")}
    (one,) = json.loads(
        okta_kit(
            "incidents", "list", "--source", log, "--until", "2026-03-05", "--format", "json"
        ).stdout
    )
    okta_kit("incidents", "note", one["id"], "ask c@example.com", "--source", log, "--out", out)

    done = okta_kit(
        *("report", "remediation", "--redact", "--source", log, "--until", "2026-03-05"),
        *("--since", "1d", "--out", out),
        **key,
    )

    folder = Path(done.stdout.splitlines()[0]).parent
    told = json.loads((folder / "summary.json").read_text())
    (hidden,) = told["incidents"]
    assert (hidden["id"], len(hidden["left"]), hidden["users"]) == (one["id"], 2, 3)
    assert hidden["note"].startswith("ask ")
    for name in ("summary.json", "retry.csv", "report.html", "notebook.ipynb"):
        assert "c@example.com" not in (folder / name).read_text()
