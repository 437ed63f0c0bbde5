"""Failures joined with the vendor's records: what matches, what does not, and why."""

import json
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from entra_forms import FORMS, SignIn, number, write_form
from entra_simulator import START, Outage, failure, log_of_files, simulate_outage
from hypothesis import given
from hypothesis import strategies as st

import commands
from kit.evidence.lookup import look_up
from kit.evidence.matching import evidence
from properties import max_examples

MINUTE = timedelta(minutes=1)


def answer(folder: Path, events: list[dict[str, Any]], records: list[SignIn],
           form: str = "graph") -> dict[str, dict[str, Any]]:  # fmt: skip
    """The evidence of each failure by its event's uuid."""
    okta = Outage(events, records, {}).write_events(folder)
    log = log_of_files(folder, [okta, *write_form(form, records, folder / "entra")])
    joint = evidence(log)
    assert joint is not None
    rows = joint.failures[["uuid", "match", "records", "reason_none"]].astype(object)
    return {row["uuid"]: row for row in rows.where(pd.notna, None).to_dict("records")}


def one(folder: Path, event: dict[str, Any], records: list[SignIn]) -> dict[str, Any]:
    return answer(folder, [event], records)[event["uuid"]]


def check(outage: Outage, answers: dict[str, dict[str, Any]]) -> list[bool]:
    """Hold the answers to the truth; say which of the likely matches are right."""
    likely = []
    for uuid, truth in outage.truth.items():
        said = answers[uuid]
        if truth.match in {"request_id", "correlation_id"}:
            assert (said["match"], set(said["records"])) == (truth.match, truth.records), truth
        elif truth.match == "none":
            assert (said["match"], said["reason_none"]) == ("none", truth.reason), truth
        elif said["match"] == "likely":
            likely.append(set(said["records"]) == truth.records)
        else:
            assert (said["match"], said["records"]) == ("none", []), truth
    return likely


@pytest.mark.parametrize("seed", range(3))
def test_what_is_true_of_a_simulated_outage_is_said(seed: int, tmp_path: Path) -> None:
    outage = simulate_outage(seed)
    likely = check(outage, answer(tmp_path, outage.events, outage.records))
    assert len(likely) >= 3
    assert sum(likely) >= 0.95 * len(likely)


@pytest.mark.slow
@max_examples(40)
@given(
    st.integers(0, 10**6),
    st.integers(6, 45),
    st.sampled_from(["whole", "part"]),
    st.sampled_from(sorted(FORMS)),
)
def test_no_outage_in_no_form_and_no_span_is_told_wrong(
    seed: int, size: int, part: str, form: str
) -> None:
    """Ids shuffled and missing, clocks apart, several attempts, a part of the time, noise."""
    outage = simulate_outage(seed, size, part=part == "part")
    with tempfile.TemporaryDirectory() as folder:
        answers = answer(Path(folder), outage.events, outage.records, form)
    assert all(check(outage, answers))


def test_every_form_gives_the_same_evidence(tmp_path: Path) -> None:
    outage = simulate_outage(99, size=15)
    first = answer(tmp_path / "first", outage.events, outage.records)
    check(outage, first)
    for form in ("portal CSV", "Log Analytics CSV of the portal", "diagnostic lines", "Elastic"):
        assert answer(tmp_path / form, outage.events, outage.records, form) == first, form


REFUSED = SignIn(START, 50126, id=number("r"), correlation=number("c"))


def test_a_correlation_id_matches_with_the_same_code_alone(tmp_path: Path) -> None:
    later = SignIn(START + MINUTE, 0, id=number("s"), correlation=number("c"))
    other = SignIn(START + MINUTE, 50055, id=number("o"), correlation=number("c"))
    event = failure("1", START, 50126, number("gone"), number("c").upper())
    said = one(tmp_path, event, [REFUSED, later, other])
    assert (said["match"], said["records"]) == ("correlation_id", [number("r")])


def test_a_record_that_is_another_failures_request_is_not_taken_by_correlation(
    tmp_path: Path,
) -> None:
    first = failure("1", START, 50126, number("r"), number("c"))
    second = failure("2", START + MINUTE, 50126, number("gone"), number("c"))
    said = answer(tmp_path, [first, second], [REFUSED])
    assert said[first["uuid"]]["match"] == "request_id"
    assert said[second["uuid"]]["reason_none"] == "outside_coverage"


def test_of_failures_that_share_a_correlation_id_the_nearest_has_the_record(
    tmp_path: Path,
) -> None:
    first = failure("1", START, 50126, number("g1"), number("c"))
    second = failure("2", START + 10 * MINUTE, 50126, number("g2"), number("c"))
    said = answer(tmp_path, [first, second], [REFUSED])
    assert said[first["uuid"]]["records"] == [number("r")]
    assert said[second["uuid"]]["match"] == "none"


def test_two_records_in_reach_are_no_likely_match(tmp_path: Path) -> None:
    shown = failure("1", START, 50126, number("r"), number("c"))
    unclear = failure("2", START + 10 * MINUTE, 50126)
    near = [
        SignIn(START + (10 + n) * MINUTE, 50126, id=number(f"n{n}"), correlation=number(f"x{n}"))
        for n in range(2)
    ]
    assert (
        answer(tmp_path / "a", [shown, unclear], [REFUSED, *near])[unclear["uuid"]]["match"]
        == "none"
    )
    said = answer(tmp_path / "b", [shown, unclear], [REFUSED, near[0]])[unclear["uuid"]]
    assert (said["match"], said["records"]) == ("likely", [number("n0")])


def test_a_collapsed_row_answers_as_many_failures_as_it_counts(tmp_path: Path) -> None:
    shown = failure("1", START, 50126, number("r"), number("c"))
    several = [failure(f"m{n}", START + 10 * MINUTE + n * MINUTE / 4, 50126) for n in range(3)]
    row = SignIn(START + 10 * MINUTE, 50126, id=number("n"), correlation=number("x"), count=2)
    said = answer(tmp_path, [shown, *several], [REFUSED, row], "portal CSV")
    assert [said[each["uuid"]]["match"] for each in several] == ["likely", "likely", "none"]


def test_an_own_text_on_the_vendors_app_is_not_logged_there(tmp_path: Path) -> None:
    event = failure("1", START, 0, text="Matching user not found")
    assert one(tmp_path, event, [REFUSED])["reason_none"] == "not_logged"


def test_a_refused_call_of_graph_needs_graphs_activity_log(tmp_path: Path) -> None:
    text = (
        "Received response with HTTP status code 403. httpStatusCode=403 "
        'errorCode=Authorization_RequestDenied errorMessage="Insufficient privileges to complete '
        f'the operation." client-request-id={number("cr")} request-id={number("rq")} '
        "timestamp='Wed, 23 Aug 2023 16:13:42 GMT' method=POST"
    )
    event = failure("1", START, 0, text=text)
    assert one(tmp_path, event, [REFUSED])["reason_none"] == "other_log"
    row = {
        "TimeGenerated": "2026-09-14T06:00:00Z", "RequestId": number("rq"),
        "ClientRequestId": number("cr"), "ResponseStatusCode": 403, "RequestMethod": "POST",
        "RequestUri": "https://graph.microsoft.com/v1.0/users", "AppId": number("app"),
        "Type": "MicrosoftGraphActivityLogs",
    }  # fmt: skip
    (tmp_path / "calls.json").write_text(json.dumps([row]))
    okta = Outage([event], [], {}).write_events(tmp_path)
    log = log_of_files(tmp_path, [okta, str(tmp_path / "calls.json")])
    joint = evidence(log)
    assert joint is not None
    assert joint.failures[["match"]].to_dict("records") == [{"match": "request_id"}]
    assert joint.failures["records"].iloc[0] == [number("rq")]
    both = look_up(log, number("cr"))
    assert (len(both.failures), len(both.records if both.records is not None else [])) == (1, 1)


def test_zero_ids_match_nothing(tmp_path: Path) -> None:
    zero = "00000000-0000-0000-0000-000000000000"
    event = failure("1", START, 50126, zero, zero)
    assert (
        one(tmp_path, event, [SignIn(START, 50126, id=zero, correlation=zero)])["match"] == "none"
    )


def test_the_commands_say_it(tmp_path: Path) -> None:
    event = failure("1", START, 50126, number("r"), number("c"))
    okta = Outage([event], [], {}).write_events(tmp_path)
    (entra,) = write_form("graph", [REFUSED], tmp_path)
    lake = str(tmp_path / "lake")
    assert commands.command("import", okta, entra, "--lake", lake).returncode == 0
    for sources in ([okta, entra], [lake], [lake, entra]):
        words = [word for name in sources for word in ("--source", name)]
        done = commands.command("evidence", *words, "--format", "json")
        assert json.loads(done.stdout) == [
            {
                "uuid": event["uuid"],
                "app": "Microsoft Office 365",
                "user": "u1@example.com",
                "code": "AADSTS50126",
                "published": "2026-09-14T06:00:00.000Z",
                "match": "request_id",
                "records": [number("r")],
                "reason": None,
            }
        ]
        found = commands.command("lookup", f"{{{number('c').upper()}}}", *words, "--format", "json")
        assert json.loads(found.stdout) == {"okta": [event["uuid"]], "vendor": [number("r")]}
    alone = commands.command("evidence", "--source", okta)
    assert (alone.returncode, alone.stdout) == (3, "")
    assert "no record of a vendor" in alone.stderr
