"""What the vendor's records say of one code on one app: the account, since when, what changed."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from entra_forms import FORMS, SignIn, audit_object, audit_row, number, table, write_form
from entra_simulator import START, failure, log_of_files

from kit.cases.case import Case, case
from kit.cases.ticket import ticket
from kit.cases.vendor_words import refusal_in_words
from kit.evidence.story import vendor_story
from kit.log.log import Log

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ACCOUNT, APP_KEY = SignIn(START), "0oa365"


def at(hours: float, code: int = 50126, name: str = "", **more: Any) -> SignIn:
    """A sign-in of Okta's account so many hours after the start."""
    name = name or f"{hours} {code}"
    ids = {"id": number(f"t {name}"), "correlation": number(f"c {name}")}
    return SignIn(START + hours * HOUR, code, **(ids | more))


def failed(hours: float, code: int = 50126, name: str = "") -> dict[str, Any]:
    """The failure in Okta's log of the sign-in of the same name."""
    name = name or f"{hours} {code}"
    moment = START + hours * HOUR + timedelta(milliseconds=300)
    return failure(name, moment, code, number(f"t {name}"), number(f"c {name}"))


def worked(hours: float) -> dict[str, Any]:
    """A push that works."""
    event = failed(hours, name=f"works {hours}")
    event["outcome"] = {"result": "SUCCESS"}
    return event


WORKED_BEFORE, REFUSED, WORKED_AFTER = at(-1, 0), [at(n) for n in (0, 1, 2)], at(4, 0)
EVENTS = [worked(-1), *(failed(n) for n in (0, 1, 2)), worked(4.2)]
RECORDS = [WORKED_BEFORE, *REFUSED, WORKED_AFTER]


def log_of_both(
    folder: Path,
    records: list[SignIn],
    audits: list[dict[str, Any]] = [],  # noqa: B006  # not changed
    *,
    events: list[dict[str, Any]] = EVENTS,
    form: str = "graph",
) -> Log:
    """Both sides as one source."""
    folder.mkdir(exist_ok=True)
    okta = folder / "okta.ndjson"
    okta.write_text("\n".join(map(json.dumps, events)))
    sources = [str(okta), *write_form(form, records, folder / "entra")]
    if audits:
        in_csv = form.startswith("portal CSV")
        path = folder / ("audit.csv" if in_csv else "audit.json")
        rows = table([audit_row(one) for one in audits])
        path.write_text(rows if in_csv else json.dumps({"value": audits}))
        sources.append(str(path))
    return log_of_files(folder, sources)


def found(*arguments: Any, code: str = "AADSTS50126", **options: Any) -> Case:
    """The case of both logs."""
    log = log_of_both(*arguments, **options)
    result = case(log, log.window(), code=code)
    assert result is not None
    return result


def vendor(*arguments: Any, code: str = "AADSTS50126", **options: Any) -> dict[str, Any]:
    """``results.vendor`` of both logs."""
    log = log_of_both(*arguments, **options)
    story = vendor_story(log, APP_KEY, code, log.window().until)
    assert story is not None
    return story.results()


def reset(hours: float, target: str = ACCOUNT.account, **more: Any) -> dict[str, Any]:
    """A password reset, so many hours after the start."""
    options = {"target_id": ACCOUNT.account_id, "actor": "rowan@contoso.example"} | more
    return audit_object(START + hours * HOUR, "Reset user password", target=target, **options)


def test_it_says_who_was_refused_since_when_by_what_and_when_it_works_again(
    tmp_path: Path,
) -> None:
    tested = at(2.5, name="Test API Credentials", address="192.0.2.41")

    said = vendor(tmp_path, [*RECORDS, tested], [reset(-0.2)])

    assert said == {
        "name": "Microsoft Entra",
        "account": "svc_okta@contoso.example",
        "application": "Azure Active Directory PowerShell",
        "error_code": 50126,
        "failure_reason": "Error validating credentials.",
        "first_refused": "2026-09-14T06:00:00Z",
        "last_refused": "2026-09-14T08:30:00Z",  # matched by no failure
        "last_worked_before": "2026-09-14T05:00:00Z",
        "first_worked_after": "2026-09-14T10:00:00Z",
        "addresses": ["192.0.2.40", "192.0.2.41"],
        "policies": [],
        "changes": [
            {
                "id": reset(-0.2)["id"],
                "activity": "Reset user password",
                "actor": "rowan@contoso.example",
                "target": "svc_okta@contoso.example",
                "published": "2026-09-14T05:48:00Z",
            }
        ],
        "matched": {"request_id": 3, "correlation_id": 0, "likely": 0, "none": 0},
        "accounts": ["svc_okta@contoso.example"],
    }


@pytest.mark.parametrize(
    "other",
    [
        {"app": "Azure Portal", "app_id": number("portal")},
        {"tenant": number("other tenant")},
        {"account": "someone@contoso.example", "account_id": number("someone")},
    ],
    ids=["application", "tenant", "account"],
)
def test_another_application_tenant_or_account_says_nothing(
    other: dict[str, str], tmp_path: Path
) -> None:
    elsewhere = [at(n, code, name=f"elsewhere {n}", **other) for n, code in
                 ((-0.5, 0), (-0.4, 50126), (2.9, 50126), (3, 0))]  # fmt: skip
    assert vendor(tmp_path / "a", RECORDS) == vendor(tmp_path / "b", [*RECORDS, *elsewhere])


def test_another_code_of_the_same_account_is_no_refusal_of_this_one(tmp_path: Path) -> None:
    said = vendor(tmp_path, [*RECORDS, at(-0.5, 50055), at(3, 50053)])
    assert (said["first_refused"], said["last_refused"]) == (
        "2026-09-14T06:00:00Z", "2026-09-14T08:00:00Z"
    )  # fmt: skip


def test_only_policies_that_refused_are_named_and_a_change_of_one_is_a_candidate(
    tmp_path: Path,
) -> None:
    policies = [("Block places", "failure"), ("MFA", "success"), ("Watch", "reportOnlyFailure")]
    blocked = at(0, 53003, policies=policies)
    changed = [
        audit_object(START - n * HOUR, "Update conditional access policy", target=name,
                     target_id=number(name), kind="Policy")
        for n, name in ((3, "Block places"), (2, "Watch"))
    ]  # fmt: skip
    events = [failed(0, 53003)]

    said = vendor(tmp_path / "a", [blocked], changed, events=events, code="AADSTS53003")

    assert said["policies"] == ["Block places"]
    assert [one["target"] for one in said["changes"]] == ["Block places"]
    in_csv = found(tmp_path / "b", [blocked], events=events, form="portal CSV", code="AADSTS53003")
    assert in_csv.vendor is not None
    assert in_csv.vendor.policies == ()
    assert any("which policy refused" in one.why for one in in_csv.vendor_side.exports)


def test_changes_are_those_before_on_the_account_or_application_nearest_first(
    tmp_path: Path,
) -> None:
    consent = audit_object(START - 3 * HOUR, "Remove service principal credentials",
                           target=ACCOUNT.app, target_id=number("sp"), kind="ServicePrincipal",
                           actor="Okta")  # fmt: skip
    others = [reset(-0.1, "somebody@contoso.example", target_id=number("s")), reset(3)]

    said = vendor(tmp_path, RECORDS, [consent, reset(-1), reset(-2), *others])

    assert [
        (one["activity"], one["published"][11:13], one["actor"]) for one in said["changes"]
    ] == [
        ("Reset user password", "05", "rowan@contoso.example"),
        ("Reset user password", "04", "rowan@contoso.example"),
        ("Remove service principal credentials", "03", "Okta"),
    ]


def test_a_change_from_a_form_without_ids_has_none_and_stands_once_beside_one_with(
    tmp_path: Path,
) -> None:
    said = vendor(tmp_path / "csv", RECORDS, [reset(-1)], form="portal CSV")
    assert [one["id"] for one in said["changes"]] == [None]
    okta, csv, graph = tmp_path / "o", tmp_path / "audit.csv", tmp_path / "audit.json"
    okta.write_text("\n".join(map(json.dumps, EVENTS)))
    csv.write_text(table([audit_row(reset(-1))]))
    graph.write_text(json.dumps({"value": [reset(-1)]}))
    entra = write_form("graph", RECORDS, tmp_path)
    log = log_of_files(tmp_path, [str(okta), str(csv), str(graph), *entra])
    both = vendor_story(log, APP_KEY, "AADSTS50126", log.window().until)
    assert both is not None
    assert both.changes["id"].tolist() == [reset(-1)["id"]]


def test_a_service_principal_is_named_where_no_user_signs_in(tmp_path: Path) -> None:
    more = {"principal": "Okta provisioning", "account": "", "account_id": ""}
    said = vendor(tmp_path, [at(0, 7000222, **more)], events=[failed(0, 7000222)],
                  code="AADSTS7000222")  # fmt: skip
    assert (said["account"], said["error_code"]) == ("Okta provisioning", 7000222)


def test_one_sentence_says_who_was_refused_and_what_changed_just_before(tmp_path: Path) -> None:
    story = found(tmp_path, RECORDS, [reset(-0.2), reset(-30, actor="ada@contoso.example")]).vendor
    assert story is not None

    assert refusal_in_words(story) == (
        "Microsoft Entra refused svc_okta@contoso.example from 14 Sep 2026, 06:00 UTC with "
        "AADSTS50126. Before that: Reset user password by rowan@contoso.example, 14 Sep 2026, "
        "05:48 UTC."
    )


def test_of_two_accounts_the_one_refused_most_speaks_and_all_are_listed(tmp_path: Path) -> None:
    other = {"account": "second@contoso.example", "account_id": number("second")}
    records = [at(0, **other), at(1), at(2)]
    said = vendor(tmp_path, [WORKED_BEFORE, *records, WORKED_AFTER])
    assert said["account"] == "svc_okta@contoso.example"
    assert said["accounts"] == ["svc_okta@contoso.example", "second@contoso.example"]


def test_no_record_or_none_that_matches_is_null(tmp_path: Path) -> None:
    apart = [at(n, name=f"apart {n}") for n in (0.5, 1.5)]
    assert found(tmp_path, apart).results()["vendor"] is None


def test_matches_of_that_code_alone_are_counted(tmp_path: Path) -> None:
    events = [*EVENTS, failed(1.5, 50055), failed(2.5, name="absent")]
    said = vendor(tmp_path, [*RECORDS, at(1.5, 50055)], events=events)
    assert said["matched"] == {"request_id": 3, "correlation_id": 0, "likely": 0, "none": 1}


@pytest.fixture(scope="module")
def said_by_graph(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return vendor(tmp_path_factory.mktemp("graph"), RECORDS)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "graph"])
def test_every_form_tells_the_same(
    form: str, tmp_path: Path, said_by_graph: dict[str, Any]
) -> None:
    assert vendor(tmp_path, RECORDS, form=form) == said_by_graph


RESET, SIGN_IN = "Stored password: enter a working one", "Test API Credentials"


@pytest.mark.parametrize(
    ("audits", "state", "said"),
    [
        ([reset(3)], "done", "by rowan@contoso.example, 14 Sep 2026, 09:00 UTC"),
        ([reset(-1), reset(3, "x@contoso.example", target_id=number("x"))], "to_do", "shows none"),
        ([reset(3) | {"result": "failure"}], "to_do", "it failed"),
        ([reset(-1)], "unknown", "after the refusals is not held"),
        ([], "unknown", "after the refusals is not held"),
    ],
    ids=["reset since", "reset before", "failed", "held before alone", "not held"],
)
def test_a_step_is_done_by_an_audit_record_after_the_first_refusal(
    audits: list[dict[str, Any]], state: str, said: str, tmp_path: Path
) -> None:
    steps = found(tmp_path, [WORKED_BEFORE, *REFUSED], audits, events=EVENTS[:4]).steps
    (step,) = [one for one in steps if one.title == RESET]
    assert step.state == state
    assert said in step.evidence


@pytest.mark.parametrize(
    ("later", "state"),
    [
        ([WORKED_AFTER], "done"),
        ([at(3, 50055)], "to_do"),
        ([], "unknown"),
        ([at(3, 0, app_id=number("portal"))], "to_do"),
    ],
    ids=["worked", "held, none worked", "log ends", "worked elsewhere"],
)
def test_a_sign_in_is_proven_by_the_first_that_works(
    later: list[SignIn], state: str, tmp_path: Path
) -> None:
    steps = found(tmp_path, [WORKED_BEFORE, *REFUSED, *later], events=EVENTS[:4]).steps
    (step,) = [one for one in steps if one.title == SIGN_IN]
    assert step.state == state


def test_what_a_step_reads_in_the_sign_in_log_is_read_already(tmp_path: Path) -> None:
    blocked = at(0, 53003, policies=[("Block places", "failure")])
    steps = found(tmp_path, [blocked], events=[failed(0, 53003)], code="AADSTS53003").steps
    assert steps[0].state == "done"
    assert "conditional access: Block places (failure)" in steps[0].evidence


def test_a_ticket_says_both_sides(tmp_path: Path) -> None:
    text = ticket(found(tmp_path, RECORDS, [reset(-0.2)]))
    for part in (
        "Changed before: Reset user password on svc_okta@contoso.example by rowan@contoso.example",
        "Microsoft Entra: svc_okta@contoso.example in Azure Active Directory PowerShell",
        "Refused 3 times, from 14 Sep 2026, 06:00 UTC to 14 Sep 2026, 08:00 UTC, from 192.0.2.40",
        "by AADSTS50126: Error validating credentials.",
        "Last sign-in that worked before: 14 Sep 2026, 05:00 UTC",
        "14 Sep 2026, 10:00 UTC; in Okta the first success came 12 minutes later",
    ):
        assert part in text


def exports(one: Case) -> list[tuple[str, datetime, datetime]]:
    """The logs to export, from when to when."""
    return [(each.log, each.window.since, each.window.until) for each in one.vendor_side.exports]


def test_what_is_lacking_is_named_by_log_path_and_span(tmp_path: Path) -> None:
    nothing = found(tmp_path / "a", [at(0, 7000222, principal="p")])
    logs = [name for name, *_ in exports(nothing)]
    assert logs == ["interactive user sign-ins", "non-interactive user sign-ins", "the audit log"]
    assert all(one.path.startswith("Entra admin center") for one in nothing.vendor_side.exports)
    whole = found(tmp_path / "b", RECORDS, [reset(-2), reset(3)])
    assert exports(whole) == []
    late = exports(found(tmp_path / "c", [REFUSED[1], WORKED_AFTER], [reset(3)]))
    assert ("the audit log", START - 23 * HOUR, START + HOUR) in late
    assert any(name == "interactive user sign-ins" for name, *_ in late)
    ends = exports(found(tmp_path / "d", [WORKED_BEFORE, *REFUSED], [reset(-2), reset(3)]))
    assert [(name, since) for name, since, _ in ends] == [
        ("interactive user sign-ins", START + 2 * HOUR)
    ]


def test_an_app_of_no_vendor_needs_no_export(tmp_path: Path) -> None:
    event = failed(0)
    event["outcome"]["reason"] = "Automatic profile push of user A to app Slack failed: Too Many"
    event["target"][0] |= {"id": "slack", "displayName": "Slack"}
    (tmp_path / "o.ndjson").write_text(json.dumps(event))
    log = log_of_files(tmp_path, [str(tmp_path / "o.ndjson")])
    one = case(log, log.window())
    assert one is not None
    assert (one.vendor, one.vendor_side.vendor, one.vendor_side.exports) == (None, "", ())
