"""A report without names over a vendor's records: it says the same of nobody in particular."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from entra_forms import SignIn, audit_object, number, write_form
from entra_simulator import START, failure, log_of_files

from commands import okta_kit
from kit.base.paths import COPY
from kit.evidence.matching import evidence
from kit.evidence.story import vendor_story
from kit.log.log import Log, open_log
from kit.reports.people import People
from kit.reports.pseudonyms import Key
from kit.reports.redact import redacted_copy

# Ibis asks DuckDB by a name that DuckDB has a newer one for.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_record_batch:DeprecationWarning")

ACCOUNT, USER = "svc.planted@contoso.example", "u1@example.com"
TENANT, APP, GROUP = number("planted tenant"), number("planted app"), "Planted readers"
ADDRESS = "203.0.113.201"
PLANTED = (
    *("svc.planted", "u1@example", "rowan.planted", "Quillon", ADDRESS, TENANT, APP, GROUP),
    *(number("planted account"), number("planted user"), "stranger.elsewhere"),
)


def both_sides() -> tuple[list[dict[str, Any]], list[SignIn], list[dict[str, Any]]]:
    """An outage in which Okta's user, too, signs in at Entra and changes something."""
    wrong = SignIn(
        START, 50126, id=number("r"), correlation=number("c"), account=ACCOUNT,
        account_id=number("planted account"), tenant=TENANT, app_id=APP, address=ADDRESS,
        reason=f"{ACCOUNT}, stranger.elsewhere@example.org: refused in {TENANT}, {ADDRESS}",
    )  # fmt: skip
    blocked = replace(
        wrong, code=53003, id=number("b"), correlation=number("cb"),
        policies=[("Block places", "failure")],
    )  # fmt: skip
    user = {"account": USER, "account_id": number("planted user")}
    signs_in = replace(wrong, id=number("u"), correlation=number("cu"), **user)
    target = {"target": ACCOUNT, "target_id": number("planted account")}
    audits = [
        audit_object(START.replace(hour=5), "Reset user password", actor=USER, **target),
        audit_object(START.replace(hour=4), "Update user", actor="rowan.planted@a.example",
                     **target),
        audit_object(START.replace(hour=3), "Update conditional access policy",
                     target="Block places", target_id=number("Block places"), kind="Policy"),
        audit_object(START.replace(hour=3), "Add member to group", target=GROUP, kind="Group"),
    ]  # fmt: skip
    text = (
        f"400 AADSTS50126: {ACCOUNT} of {TENANT} in '{APP}' is refused. Trace ID: {number('r')} "
        f"Correlation ID: {number('c')} Timestamp: 2026-09-14 06:00:00Z"
    )
    events = [failure("1", START, 50126, text=text), failure("2", START, 53003, number("b"))]
    return events, [wrong, blocked, signs_in], audits


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Both sides as files."""
    folder = tmp_path_factory.mktemp("planted")
    events, records, audits = both_sides()
    (folder / "okta.ndjson").write_text("\n".join(map(json.dumps, events)))
    (folder / "audit.json").write_text(json.dumps({"value": audits}))
    return [str(folder / "okta.ndjson"), *write_form("graph", records, folder),
            str(folder / "audit.json")]  # fmt: skip


@pytest.fixture(scope="module")
def logs(sources: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Log]]:
    """The log, and its copy without names."""
    folder = tmp_path_factory.mktemp("copy")
    log = log_of_files(folder, sources)
    redacted_copy(log, folder / "without", People(Key.load_or_make(folder / "key.json")))
    os.environ[COPY] = str(folder / "without")
    try:
        yield {"log": log, "copy": open_log("anything"), "folder": folder / "without"}  # type: ignore[dict-item]
    finally:
        del os.environ[COPY]


def test_the_same_records_match_the_same_failures(logs: dict[str, Log]) -> None:
    both = [evidence(logs[name]) for name in ("log", "copy")]
    columns = ["uuid", "code", "match", "records", "reason_none"]
    first, second = (one.failures[columns].to_dict("list") for one in both if one)
    assert first == second
    assert first["match"] == ["request_id", "request_id"]


def test_no_byte_of_the_copy_names_anybody(logs: dict[str, Any]) -> None:
    for path in logs["folder"].rglob("*.parquet"):
        text = json.dumps(pq.read_table(path, partitioning=None).to_pylist(), default=str)
        assert [one for one in PLANTED if one.casefold() in text.casefold()] == []


def test_who_is_the_same_has_the_same_pseudonym_on_both_sides(logs: dict[str, Log]) -> None:
    copy = logs["copy"]
    story = vendor_story(copy, "0oa365", "AADSTS50126", copy.window().until)
    assert story is not None
    result = story.results()
    reset, update = result["changes"]
    joint = evidence(copy)
    assert joint is not None
    assert reset["actor"] in set(joint.failures["user"])  # Okta's user reset it
    assert result["account"] == reset["target"] == update["target"]
    assert result["account"] in result["failure_reason"]
    assert result["account"] != update["actor"] != reset["actor"]
    assert result["account"] in str(joint.failures["reason"].iloc[0])
    assert all(one.startswith("ip-") for one in result["addresses"])


def test_a_policys_change_is_a_candidate_without_names_too(logs: dict[str, Log]) -> None:
    copy = logs["copy"]
    story = vendor_story(copy, "0oa365", "AADSTS53003", copy.window().until)
    assert story is not None
    assert story.policies == ("Block places",)
    assert "Update conditional access policy" in story.changes["activity"].tolist()


@pytest.mark.slow
def test_no_byte_of_a_report_names_anybody(
    sources: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page, retry list, notebook and summary; the section stands there with pseudonyms."""
    monkeypatch.delenv(COPY, raising=False)  # its own reports make a copy of their own
    words = [word for name in sources for word in ("--source", name)]
    for name in ("remediation", "error_code"):
        done = okta_kit("report", name, *words, "-p", "code=AADSTS50126", "--redact", "--out",
                        str(tmp_path / "out"), OKTA_KIT_REDACT_KEY=str(tmp_path / "k"))  # fmt: skip
        assert done.returncode == 0, done.stderr
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "replace").casefold()
            assert [one for one in PLANTED if one.casefold() in text] == [], path
    (summary,) = (tmp_path / "out" / "remediation").rglob("summary.json")
    vendor = json.loads(summary.read_text())["results"]["vendor"]
    assert vendor["account"].startswith("user-")
    assert vendor["account"] in summary.with_name("report.html").read_text()
