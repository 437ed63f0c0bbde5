"""A record of Entra's logs, in any form, is explained: which log, what it says, its code."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from entra_forms import FORMS, SignIn, audit_object, audit_row, number, table

import kit
from kit.catalogue.explain import explanation
from kit.commands.app import app
from kit.sources.questions import questions_by_line, questions_in

AT = datetime(2026, 9, 14, 7, 12, 31, tzinfo=UTC)
BLOCKED = SignIn(AT, 53003, id=number("1"), correlation=number("c"),
                 policies=[("Block places", "failure"), ("Watch", "reportOnlyFailure")],
)  # fmt: skip


@pytest.mark.parametrize("ask", [questions_in, questions_by_line])
@pytest.mark.parametrize("form", FORMS)
def test_a_record_of_any_form_says_the_same(form: str, ask: object) -> None:
    (text,) = FORMS[form]([BLOCKED]).values()

    (one,) = [explanation(thing) for thing in ask(text)]  # type: ignore[operator]

    assert (one.code, one.kind, one.operation) == ("AADSTS53003", "policy_denied", "sign-in")
    assert (one.user, one.trace_id, one.correlation_id) == (
        "svc_okta@contoso.example", number("1"), number("c")
    )  # fmt: skip
    assert one.timestamp == "2026-09-14T07:12:31Z"
    assert "Microsoft Entra: interactive user sign-ins. This sign-in was refused" in one.note
    assert one.steps


def test_policies_that_refused_are_named_and_those_that_only_report_are_not() -> None:
    (text,) = FORMS["graph"]([BLOCKED]).values()
    (one,) = [explanation(thing) for thing in questions_in(text)]
    assert "policies Block places" in one.note
    assert "Watch" not in one.note


def test_a_sign_in_that_worked_has_no_code() -> None:
    (text,) = FORMS["portal CSV"]([SignIn(AT, id=number("2"))]).values()
    (one,) = [explanation(thing) for thing in questions_in(text)]
    assert (one.code, one.meaning) == (None, None)
    assert "This sign-in worked, from 192.0.2.40." in one.note


@pytest.mark.parametrize("form", ["JSON", "CSV"])
def test_an_audit_record_says_who_did_what_to_whom(form: str) -> None:
    record = audit_object(AT, "Reset user password", target="svc@contoso.example", target_id="u")
    text = table([audit_row(record)]) if form == "CSV" else json.dumps(record)
    (one,) = [explanation(thing) for thing in questions_in(text)]
    assert one.note.endswith(
        "audit log. Reset user password on svc@contoso.example by admin@contoso.example."
    )


def test_several_records_are_explained_one_by_one() -> None:
    (text,) = FORMS["diagnostic records"]([BLOCKED, SignIn(AT, 50126, id=number("3"))]).values()
    done = CliRunner().invoke(app, ["explain", "--json", text])
    assert [one["code"] for one in json.loads(done.stdout)] == ["AADSTS53003", "AADSTS50126"]


def test_a_mapping_is_a_record_in_a_notebook_too() -> None:
    (text,) = FORMS["graph"]([BLOCKED]).values()
    assert kit.explain(json.loads(text)["value"][0]).code == "AADSTS53003"


def test_an_event_of_okta_that_quotes_a_record_stays_an_event() -> None:
    event = {
        "uuid": "e", "published": "2026-09-14T07:12:31Z", "eventType": "user.session.start",
        "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"},
        "debugContext": {"debugData": {"createdDateTime": "2026-09-14T07:12:31Z"}},
    }  # fmt: skip
    (one,) = [explanation(thing) for thing in questions_in(json.dumps(event))]
    assert one.code == "INVALID_CREDENTIALS"
