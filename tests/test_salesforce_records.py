"""Salesforce's logins: told by content, and likely matches of failures that name no id."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from entra_forms import SignIn, number, write_form
from entra_simulator import Outage, failure
from hypothesis import given
from hypothesis import strategies as st
from salesforce_forms import CHANGE, FORMS, Login, login_id, write_changes, write_logins

from kit.evidence.lookup import look_up
from kit.evidence.matching import evidence
from kit.evidence.story import vendor_story
from kit.lake import Lake, add
from kit.lake.vendor import vendor_coverage, vendor_files
from kit.log.log import open_log
from kit.vendors import read_record
from properties import max_examples

AT = datetime(2026, 9, 14, 7, 12, 31, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REFUSED = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
LOGINS = [
    Login(AT),
    Login(AT + HOUR, "Password Lockout"),
    Login(AT + 2 * HOUR, "Success"),
    Login(AT + 3 * HOUR, "Success", user="ada@acme.example", kind="Application"),
]


def rows_of(lake: Lake) -> list[dict[str, Any]]:
    """A lake's records, oldest first."""
    rows = [
        row
        for name in vendor_files(lake)
        for row in pq.read_table(lake.folder / name, partitioning=None).to_pylist()
    ]
    return sorted(rows, key=lambda row: row["published"])


@pytest.mark.parametrize("form", FORMS)
def test_every_form_reads_to_the_same(form: str, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    result = add(lake, [Path(write_logins(form, LOGINS, tmp_path))])
    assert (result.records, result.events, result.skipped_lines) == (4, 0, [])
    rows = rows_of(lake)
    assert [row["published"] for row in rows] == [one.at for one in LOGINS]
    assert [row["account"] for row in rows] == [one.user for one in LOGINS]
    assert [row["result"] for row in rows] == ["failure", "failure", "success", "success"]
    assert [row["code"] for row in rows] == ["INVALID_LOGIN", "INVALID_LOGIN", None, None]
    assert [row["reason"] for row in rows] == ["Invalid Password", "Password Lockout", None, None]
    assert {row["app"] for row in rows} == {"Other Apex API", "Application"}
    assert {(row["vendor"], row["log"], row["address"]) for row in rows} == {
        ("salesforce", "login", "203.0.113.9")
    }
    assert set(vendor_coverage(lake)) == {"login"}


def test_forms_that_have_the_history_s_id_are_one_record(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    some = ("REST", "sf --json", "sf csv", "data loader", "login events", "lines")
    files = [Path(write_logins(form, LOGINS, tmp_path)) for form in some]
    result = add(lake, files)
    assert (result.records, result.record_repeats) == (4, 20)


def test_an_unreadable_time_is_skipped_and_counted(tmp_path: Path) -> None:
    path = Path(write_logins("setup csv", LOGINS, tmp_path))
    path.write_text(path.read_text().replace("7:12:31 AM GMT", "7:12:31 AM XYZT"))
    result = add(Lake(tmp_path / "lake"), [path])
    assert result.records == 3
    assert [one.line for one in result.skipped_lines] == [2]
    assert "XYZT" in result.skipped_lines[0].reason


def test_a_time_in_a_zone_of_its_own_is_read_in_utc() -> None:
    row = {"Username": "a@b.example", "Login Time": "10/27/2026 6:23 AM PDT", "Source IP": "::1",
           "Login Type": "Other Apex API", "Status": "Success"}  # fmt: skip
    record = read_record(json.dumps(row).encode())
    assert record is not None
    assert record.published == datetime(2026, 10, 27, 13, 23, tzinfo=UTC)


def refused(n: object, at: datetime, text: str = REFUSED, app: str = "Salesforce.com",
            app_id: str = "0oasf") -> dict[str, Any]:  # fmt: skip
    """A failure that Salesforce caused."""
    one = failure(str(n), at, 0, app=app, app_id=app_id)
    one["outcome"]["reason"] = f"Automatic provisioning of user Ada to app {app} failed: {text}"
    return one


def answers(folder: Path, events: list[dict[str, Any]], *files: str) -> dict[str, dict[str, Any]]:
    """The evidence of each failure by its event's uuid."""
    okta = Outage(events, [], {}).write_events(folder)
    joint = evidence(open_log([okta, *files]))
    assert joint is not None
    rows = joint.failures[["uuid", "vendor", "match", "records", "reason_none"]].astype(object)
    return {row["uuid"]: row for row in rows.where(pd.notna, None).to_dict("records")}


NOISE = [Login(AT + 25 * MINUTE * n + 7 * MINUTE, user="etl@acme.example") for n in range(40)]


def test_the_account_refused_when_the_app_failed_is_the_app_s(tmp_path: Path) -> None:
    times = [AT + HOUR * n for n in range(5)]
    logins = [Login(at + timedelta(seconds=3)) for at in times]
    people = [Login(at + 20 * timedelta(seconds=1), user="ada@acme.example", kind="Application")
              for at in times[:2]]  # fmt: skip
    events = [refused(n, at) for n, at in enumerate(times)]
    file = write_logins("REST", [*logins, *people, *NOISE], tmp_path / "sf")
    rows = answers(tmp_path, events, file)
    assert {row["match"] for row in rows.values()} == {"likely"}
    assert all(len(row["records"]) == 1 for row in rows.values())


def test_a_login_is_found_by_its_id_in_any_case(tmp_path: Path) -> None:
    okta = Outage([failure("1", AT, 50126)], [], {}).write_events(tmp_path)
    log = open_log([okta, write_logins("REST", LOGINS, tmp_path)])

    for text in (login_id(LOGINS[1]), login_id(LOGINS[1]).lower()):
        records = look_up(log, text).records
        assert records is not None
        assert records["published"].tolist() == [pd.Timestamp(LOGINS[1].at)]
    assert look_up(log, "0YA000000000000000").records is not None
    assert look_up(log, "0YA000000000000000").records.empty


def test_one_coincidence_shows_nothing_unless_the_application_is_okta_s(tmp_path: Path) -> None:
    event = refused(1, AT)
    for app, match in (("N/A", "none"), ("Okta", "likely")):
        folder = tmp_path / match
        file = write_logins("REST", [Login(AT, app=app), *NOISE], folder / "sf")
        assert answers(folder, [event], file)[event["uuid"]]["match"] == match


def test_reasons(tmp_path: Path) -> None:
    events = [
        refused("held", AT + HOUR),
        refused("outside", AT + 100 * HOUR),
        refused("licence", AT + HOUR, "License Limit Exceeded."),
        refused("generic", AT + HOUR, "The credentials used to connect to the API were invalid"),
        refused("other app", AT, "The credentials used to connect to the API were invalid",
                "Slack", "0oaslack"),
    ]  # fmt: skip
    file = write_logins("REST", NOISE, tmp_path / "sf")
    rows = answers(tmp_path, events, file)
    assert [rows[one["uuid"]]["reason_none"] for one in events[:4]] == [
        "not_in_export", "outside_coverage", "not_logged", "not_in_export"
    ]  # fmt: skip
    assert events[4]["uuid"] not in rows
    changes = write_changes([(AT, "admin@acme.example", CHANGE)], tmp_path / "audit")
    assert answers(tmp_path, events, changes)[events[0]["uuid"]]["reason_none"] == "other_log"


def test_two_vendors_do_not_take_each_other_s_records(tmp_path: Path) -> None:
    times = [AT + HOUR * n for n in range(3)]
    sf = [refused(n, at) for n, at in enumerate(times)]
    entra = failure("365", AT, 50126, number("t"), number("c"))
    files = write_form("graph", [SignIn(AT, 50126, id=number("t"))], tmp_path / "e")
    logins = write_logins("REST", [Login(at) for at in times], tmp_path / "sf")
    rows = answers(tmp_path, [*sf, entra], *files, logins)
    assert rows[entra["uuid"]]["match"] == "request_id"
    assert {rows[one["uuid"]]["match"] for one in sf} == {"likely"}
    alone = answers(tmp_path / "alone", [*sf, entra], *files)
    assert list(alone) == [entra["uuid"]]


def test_the_story_names_the_account_the_reason_and_who_changed_its_password(
    tmp_path: Path,
) -> None:
    times = [AT + HOUR * n for n in range(4)]
    worked = [Login(AT - HOUR, "Success"), Login(AT + 9 * HOUR, "Success")]
    logins = write_logins("REST", [*worked, *map(Login, times)], tmp_path / "sf")
    changes = write_changes([(AT - 20 * MINUTE, "admin@acme.example", CHANGE)], tmp_path / "audit")
    okta = Outage([refused(n, at) for n, at in enumerate(times)], [], {}).write_events(tmp_path)
    log = open_log([okta, logins, changes])
    story = vendor_story(log, "0oasf", "INVALID_LOGIN", AT + 24 * HOUR)
    assert story is not None
    results = story.results()
    assert results["name"] == "Salesforce"
    assert (results["account"], results["application"]) == (
        "okta.api@acme.example", "Other Apex API"
    )  # fmt: skip
    assert (results["error_code"], results["failure_reason"]) == (
        "INVALID_LOGIN", "Invalid Password"
    )  # fmt: skip
    assert story.first_refused == AT
    assert story.last_worked_before == AT - HOUR
    assert story.first_worked_after == AT + 9 * HOUR
    assert [(one["activity"], one["actor"], one["target"]) for one in results["changes"]] == [
        ("Changed password", "admin@acme.example", "okta.api@acme.example")
    ]
    assert story.audit_windows


@max_examples(10)
@given(data=st.data())
def test_a_likely_match_is_of_the_account_that_okta_uses(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever others do: failures apart, clocks together, other accounts at any time."""
    folder = tmp_path_factory.mktemp("sf")
    gaps = data.draw(st.lists(st.integers(5, 600), min_size=3, max_size=12), label="gaps")
    times = [AT + MINUTE * sum(gaps[: n + 1]) for n in range(len(gaps))]
    late = data.draw(st.lists(st.integers(-60, 60), min_size=len(times), max_size=len(times)))
    ours = [Login(at + timedelta(seconds=s)) for at, s in zip(times, late, strict=True)]
    span = int((times[-1] - times[0]).total_seconds())
    others = [
        Login(times[0] + timedelta(seconds=at), user=f"user{who}@acme.example")
        for at, who in data.draw(
            st.lists(st.tuples(st.integers(0, span), st.integers(0, 3)), max_size=30),
            label="others",
        )
    ]
    events = [refused(n, at) for n, at in enumerate(times)]
    form = data.draw(st.sampled_from(["REST", "lines", "sf csv"]), label="form")
    rows = answers(folder, events, write_logins(form, [*ours, *others], folder / "sf"))
    lake = Lake(folder / "lake")
    add(lake, [Path(write_logins(form, ours, folder / "ours"))])
    mine = [row["id"] for row in rows_of(lake)]
    wrong = [row for row in rows.values() if not set(row["records"]) <= set(mine)]
    assert not wrong
    matched = [row for row in rows.values() if row["match"] == "likely"]
    assert all(row["match"] in {"likely", "none"} for row in rows.values())
    if not others:
        assert len(matched) == len(times)
