"""The sample is the same every time, and an analysis finds in it what was put there."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kit.analysis.failures import KEYS, failures
from kit.analysis.recovery import recovery
from kit.analysis.trends import trends
from kit.base.paths import SAMPLE, SAMPLE_FILES
from kit.cases.case import case
from kit.log.log import Log, open_log

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    """What an analysis of the sample has to find."""
    found: dict[str, Any] = json.loads((SAMPLE.parent / "truth.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def sample() -> Log:
    """The sample, opened once."""
    return open_log("sample")


def test_the_sample_is_made_anew_with_the_same_events(tmp_path: Path) -> None:
    """A seeded org, whatever the machine; only the packing may differ with zlib."""
    script = ROOT / "data" / "make_sample.py"
    subprocess.run([sys.executable, script, "--out", tmp_path], check=True)

    for file in SAMPLE_FILES:
        made = gzip.decompress((tmp_path / file.name).read_bytes())
        assert made == gzip.decompress(file.read_bytes())
    assert sum(file.stat().st_size for file in SAMPLE_FILES) < 3_000_000


def test_files_for_a_benchmark_hold_as_many_events_as_asked_for(tmp_path: Path) -> None:
    """Split over files, every event once."""
    script = ROOT / "data" / "make_sample.py"
    command = [sys.executable, script, "--events", "3001", "--files", "2", "--out", tmp_path]
    subprocess.run(command, check=True)

    log = open_log(str(tmp_path / "*.gz"))

    assert (log.count, log.repeats, len(log.skipped_lines)) == (3001, 0, 0)


def test_entras_side_of_the_outage_is_found_with_who_reset_which_password(
    sample: Log, truth: dict[str, Any]
) -> None:
    """The account, since when it is refused, the last and the next sign-in that worked."""
    known = truth["entra"]

    found = case(sample, sample.window("7d"))

    assert found is not None
    vendor = found.results()["vendor"]
    for name in ("account", "application", "error_code", "addresses"):
        assert vendor[name] == known[name], name
    for name in ("last_worked_before", "first_worked_after"):
        assert vendor[name] == known[name]
    reset = {key: vendor["changes"][0][key] for key in ("id", "actor", "published")}
    assert reset == known["reset"]
    assert (vendor["changes"][0]["activity"], vendor["changes"][0]["target"]) == (
        "Reset user password",
        known["account"],
    )
    odd = {key: vendor["matched"][key] for key in ("correlation_id", "likely", "none")}
    assert odd == {key: known["requests"][key] for key in odd}
    assert sum(vendor["matched"].values()) == truth["outage"]["failures"]


def test_every_event_is_read_once_and_what_does_not_fit_is_counted(
    sample: Log, truth: dict[str, Any]
) -> None:
    """Repeats, late and broken lines are all accounted for."""
    assert sample.count == truth["events"]
    assert sample.repeats == truth["repeats"]
    assert len(sample.skipped_lines) == truth["put_aside"]
    reasons = " ".join(one.reason for one in sample.skipped_lines)
    assert "uuid" in reasons
    assert "published" in reasons


def test_the_outage_is_found_with_its_onset_change_and_fix(
    sample: Log, truth: dict[str, Any]
) -> None:
    """One broken connection: who is hit, who still fails, who recovered."""
    known = truth["outage"]

    found = case(sample, sample.window("7d"))

    assert found is not None
    result = found.results()
    assert (result["app"], result["code"]) == (known["app"], known["code"])
    assert result["onset"] == known["onset"]
    assert result["change"] == known["change"]
    assert result["blast_radius"] == "connection"
    assert len(found.failures) == known["failures"]
    assert result["affected"] == known["affected"] == 45
    assert result["still_failing"] == known["still_failing"]
    assert result["recovered"] == known["recovered"]
    assert result["fix"] == {"at": known["fix_at"], "verdict": "holds"}
    states = {step["title"]: step["state"] for step in result["steps"]}
    assert states["Save"] == "done"
    assert states["Retry one user"] == "done"
    assert states["Retry the rest"] == "to_do"
    assert states["Test API Credentials"] == "done"  # its sign-in stands in Entra's log


@pytest.mark.parametrize(
    ("until", "verdict", "still"),
    [
        ("2026-10-27T12:00Z", "not_fixed", None),
        ("2026-10-28T15:25Z", "unproven", 45),
        ("2026-10-28T15:32Z", "holds", 44),
        ("2026-10-29T00:00Z", "holds", 8),
    ],
)
def test_a_verdict_is_what_the_log_shows_by_then(
    sample: Log, until: str, verdict: str, still: int | None
) -> None:
    """Before the fix, after it without a try, with the first success, and the day after."""
    found = case(sample, sample.window("2026-10-27", until), code="AADSTS50126")

    assert found is not None
    assert found.fix.verdict == verdict
    if still is not None:
        assert len(found.still_failing) == still


def test_the_other_troubles_are_told_apart(sample: Log, truth: dict[str, Any]) -> None:
    """Throttling healed, one user's bad data, a failed deactivation, an unknown text."""
    found = trends(sample, sample.window())
    rows = {(row["app"], row["code"]): row for row in found.by_code.to_dict("records")}

    slack = found.failures[found.failures["app"] == "Slack"]
    throttled = slack[slack["code"].isin(["HTTP_429", "rate_limited"])]
    assert throttled["user_key"].replace("", None).nunique() == truth["throttled_users"]
    assert set(throttled.loc[throttled["user_key"] != "", "state"]) == {"recovered"}
    bad = rows["Slack", "invalid_name_specials"]
    assert (bad["users"], bad["still_failing"], bad["failures"]) == (1, 1, 6)
    left = case(sample, sample.window(), code="credentials_invalid", app="Salesforce.com")
    assert left is not None
    assert left.failed_deactivations == truth["failed_deactivations"]
    assert left.blast_radius == "user"
    scim = found.failures[found.failures["app"] == "Fieldnotes SCIM"]
    unknown = scim[scim["user"].isin(truth["unknown_users"])]
    assert unknown["code"].nunique() == 1
    assert unknown["code"].iloc[0].startswith("UNKNOWN_")
    reasonless = rows["Fieldnotes SCIM", "NO_REASON"]
    assert (reasonless["failures"], reasonless["users"]) == (5, 5)


def test_the_events_of_all_failures_add_up(sample: Log) -> None:
    """No failing event is lost, none is counted twice."""
    failing = sample.events.filter(sample.events.code.notnull()).count().to_pyarrow().as_py()

    found = failures(sample)

    assert found["events"].sum() == failing
    people = recovery(sample, sample.window())
    assert not people.duplicated(list(KEYS)).any()
