"""Failures as OCSF events: of the schema, by what was attempted, and the same when read back."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kit
from commands import command
from factories import REFUSED, SLACK, event, ndjson, write_export
from hostile_events import PAYLOADS
from kit.answers.ocsf import class_and_activity
from kit.catalogue import load

BASE = "activity_id category_uid class_uid type_uid time severity_id metadata".split()
REQUIRED = {3001: ["user"], 3002: ["user"], 6003: ["actor", "api", "src_endpoint"]}
"""Of the classes, as ocsf-schema 1.3.0 has them."""
NEEDS_ONE = {
    "user": ("account", "name", "uid"),
    "src_endpoint": "ip uid name hostname svc_name instance_uid interface_uid".split(),
    "actor": "process user invoked_by session app_name app_uid".split(),
}
SAME = (
    "published app app_id user user_id code family http_status vendor_message event_type result "
    "transaction_id trace_id correlation_id request_id uuid kind hit_type hit"
).split()
"""What a failure keeps on its way. How many events stood behind it, and what worked later, is not
in the records, so ``events`` and ``state`` are not read back."""


def exported(source: object, *words: object) -> list[dict[str, Any]]:
    result = command("failures", "--source", source, "--format", "ocsf", *words)
    assert result.returncode == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def check(record: dict[str, Any]) -> None:
    """Hold a record against what the schema requires of its class."""
    missing = {*BASE, *REQUIRED[record["class_uid"]]} - set(record)
    assert not missing
    assert record["category_uid"] == record["class_uid"] // 1000
    assert record["type_uid"] == record["class_uid"] * 100 + record["activity_id"]
    assert isinstance(record["time"], int)
    assert pd.Timestamp(record["time"], unit="ms", tz="UTC") == pd.Timestamp(record["time_dt"])
    assert record["metadata"]["version"] == "1.3.0"
    assert record["metadata"]["product"]["vendor_name"] == "Okta"
    assert (record["status_id"], record["status"]) == (2, "Failure")
    for name, one_of in NEEDS_ONE.items():
        if name in record:
            assert set(record[name]) & set(one_of), name
    if record["class_uid"] == 3002:
        assert record["service"]["name"]
    if record["class_uid"] == 6003:
        assert record["api"]["operation"]
    for one in record["enrichments"]:
        assert {"name", "value", "data"} <= set(one)


@pytest.mark.parametrize(
    ("event_type", "operation", "expected"),
    [
        ("user.session.start", "sign-in", (3002, 1)),
        ("user.authentication.auth_via_mfa", "second factor", (3002, 1)),
        ("user.account.lock", "sign-in", (3001, 9)),
        ("user.lifecycle.deactivate", "user deactivation", (3001, 5)),
        ("application.provision.user.push", "provisioning", (6003, 1)),
        ("application.provision.user.import", "import", (6003, 2)),
        ("application.provision.user.push_profile", "profile push", (6003, 3)),
        ("application.user_membership.remove", "unassignment", (6003, 4)),
        ("a.type.nobody.knows", None, (6003, 99)),
    ],
)
def test_class_and_activity_come_from_the_type_and_the_operation(
    event_type: str, operation: str | None, expected: tuple[int, int]
) -> None:
    assert class_and_activity(event_type, operation) == expected


def test_the_table_names_operations_and_types_that_there_are() -> None:
    path = Path(kit.__file__).parent / "answers" / "ocsf.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    types = load().event_types
    operations = {load().operation(name) for name in types}

    for row in rows:
        assert bool(row["event_type"]) != bool(row["operation"])
        assert not row["operation"] or row["operation"] in operations, row
        assert not row["event_type"] or any(one.startswith(row["event_type"]) for one in types), row


@pytest.mark.parametrize("severity", ["DEBUG", "INFO", "WARN", "ERROR", "NEW", None])
def test_severity_says_nothing_of_the_type(tmp_path: Path, severity: str | None) -> None:
    one = event(type_="user.session.start", app=None, severity=severity, reason="LOCKED_OUT")
    (record,) = exported(write_export(tmp_path / "a.ndjson", [one]))

    check(record)
    assert record["type_uid"] == 300201
    assert record["severity_id"] == {"WARN": 3, "ERROR": 4, "NEW": 0, None: 0}.get(severity, 1)


def test_a_record_a_failure_and_each_is_read_back_as_that_failure(tmp_path: Path) -> None:
    """The sample, whose failures lend each other codes and hit more than users."""
    records = exported("sample")
    for record in records:
        check(record)
    back = tmp_path / "back.ndjson"
    back.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    before, after = (kit.failures(kit.open_log(one)) for one in ("sample", str(back)))

    assert [one["metadata"]["uid"] for one in records] == list(before["uuid"])
    assert [one["status_code"] for one in records] == list(before["code"])
    pd.testing.assert_frame_equal(before[SAME], after[SAME])
    differ = before["operation"].ne(after["operation"]).sum()
    assert differ / len(before) < 0.02  # told by another event of the transaction


def test_a_lent_code_is_there_when_it_is_read_back(tmp_path: Path) -> None:
    told = event(
        type_="app.office365.api.error.validate.creds", user=None, reason=REFUSED, transaction="t"
    )
    silent = event(transaction="t", reason=None)
    file = write_export(tmp_path / "a.ndjson", [told, silent])
    (record,) = exported(file)
    back = write_export(tmp_path / "b.ndjson", [record])

    assert record["status_code"] == "AADSTS50126"
    assert "AADSTS50126" in record["status_detail"]
    assert list(kit.failures(kit.open_log(str(back)))["code"]) == ["AADSTS50126"]
    assert record["enrichments"][0]["data"]["events"] == 2


def test_a_failure_without_a_user_a_client_or_an_actor_is_of_the_schema_too(tmp_path: Path) -> None:
    bare = event(type_="user.session.start", user=None, app=None, reason=None)
    bare["actor"] = {"id": None, "type": None, "alternateId": None, "displayName": None}
    bare["client"] = None
    job = event(type_="application.provision.user.import", user=None, app=SLACK, reason="x")
    for record in exported(write_export(tmp_path / "a.ndjson", [bare, job])):
        check(record)


def test_it_can_be_narrowed_as_the_other_formats(tmp_path: Path) -> None:
    events = [event(reason=REFUSED), event(reason="Internal error", app=SLACK)]
    file = write_export(tmp_path / "a.ndjson", events)

    assert [one["service"] for one in exported(file, "--app", "slack") if "service" in one] == []
    (record,) = exported(file, "--app", "slack")
    assert record["api"]["service"]["name"] == "Slack"
    assert exported(file, "--code", "nothing") == []


def test_hostile_texts_act_on_nothing(tmp_path: Path) -> None:
    """Each record is one line that a terminal shows, and a sheet runs nothing from the CSV."""
    app = {"id": "0oahostile", "name": PAYLOADS["formula"]}
    file = write_export(
        tmp_path / "a.ndjson",
        [event(reason=text, user=text, app=app) for text in PAYLOADS.values()],
    )
    lines = command("failures", "--source", file, "--format", "ocsf").stdout.split("\n")
    sheet = command("failures", "--source", file, "--format", "csv").stdout
    cells = [cell for row in csv.reader(io.StringIO(sheet)) for cell in row]

    records = [json.loads(line) for line in lines if line]
    assert len(records) == len(kit.failures(kit.open_log(str(file))))
    for record, line in zip(records, lines, strict=False):
        check(record)
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066" for c in line)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d")) for cell in cells)


def test_of_many_orgs_each_record_names_its_own(tmp_path: Path) -> None:
    for org in ("one", "two"):
        file = write_export(tmp_path / f"{org}.ndjson", [event(user=f"{org}@example.com")])
        lake = tmp_path / "orgs" / f"{org}.okta.com"
        assert command("import", file, "--lake", lake).returncode == 0
    records = exported(tmp_path / "orgs")

    assert {
        one["metadata"]["tenant_uid"]: one["enrichments"][0]["data"]["user"] for one in records
    } == {
        "one.okta.com": "one@example.com",
        "two.okta.com": "two@example.com",
    }


def test_half_a_sign_breaks_no_line(tmp_path: Path) -> None:
    text = ndjson([event(reason="half HALF of a sign")]).replace("HALF", "\\ud83d")
    file = tmp_path / "a.ndjson"
    file.write_text(text, encoding="utf-8")
    (record,) = exported(file)

    check(record)
