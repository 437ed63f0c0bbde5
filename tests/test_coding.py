"""A failing event gets its code by one rule, wherever Okta or the vendor names the fault."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from kit.catalogue import load
from kit.catalogue.coding import NO_REASON, Coding, code_event, is_failing
from kit.events import LogEvent

CATALOGUE = load()


def _event(
    reason: str | None = None,
    told: dict[str, Any] | None = None,
    *,
    event_type: str = "application.provision.user.push",
    result: str | None = "FAILURE",
    title: str = "Push new user to external application",
) -> LogEvent:
    document = {
        "uuid": "11111111-2222-3333-4444-555555555555",
        "published": "2026-10-27T09:05:00.000Z",
        "eventType": event_type,
        "displayMessage": title,
        "outcome": {"result": result, "reason": reason},
        "debugContext": {"debugData": told},
    }
    return msgspec.json.decode(json.dumps(document), type=LogEvent)


@pytest.mark.parametrize(
    ("reason", "told", "code"),
    [
        ("Conflict", {"error_code": "LEDGER_CLOSED"}, "LEDGER_CLOSED"),
        ("Conflict", {"app_error_code": "LEDGER_CLOSED"}, "LEDGER_CLOSED"),
        ("Conflict", {"errorCode": "LEDGER_CLOSED"}, "LEDGER_CLOSED"),
        ("Conflict", {"appErrorCode": "LEDGER_CLOSED"}, "LEDGER_CLOSED"),
        ("LEDGER_FULL: it is full", {"errorCode": "LEDGER_CLOSED"}, "LEDGER_CLOSED"),
        ("Conflict", {"delAuth": {"errorCode": "LEDGER_CLOSED"}}, "LEDGER_CLOSED"),
        ("Conflict", {"errorCode": "52e"}, "52e"),
        ("Conflict", {"errorCode": 1042}, "1042"),
        (None, {"error_code": "LEDGER_CLOSED"}, "LEDGER_CLOSED"),
        # The app's whole answer stands where the code should.
        (None, {"app_error_code": "400 AADSTS50126: Error validating credentials"}, "AADSTS50126"),
        (None, {"app_error_code": "Unauthorized"}, "HTTP_401"),
        (None, {"errorCode": "403"}, "HTTP_403"),
    ],
)
def test_debug_data_names_the_fault_first(
    reason: str | None, told: dict[str, Any], code: str
) -> None:
    """In snake and in camel case, also one level down."""
    assert code_event(_event(reason, told), CATALOGUE).code == code


@pytest.mark.parametrize(
    "told", [None, {}, {"errorCode": None}, {"errorCode": "null"}, {"errorCode": "0"},
             {"error_code": "Bad Request"}, {"error_code": "com.example.SomeException"},
             {"errorCode": ""}, {"requestUri": "/x"}, {"errorCode": ["a"]}]
)  # fmt: skip
def test_debug_data_that_names_nothing_leaves_it_to_the_text(told: dict[str, Any] | None) -> None:
    """A status' word, a class and nothing at all are no codes."""
    assert (
        code_event(_event("LEDGER_CLOSED: it is closed", told), CATALOGUE).code == "LEDGER_CLOSED"
    )


def test_debug_datas_code_is_refined_by_a_known_text() -> None:
    """The vendor's code covers unrelated faults; the sentence says which."""
    coding = code_event(
        _event("The domain portion of the userPrincipalName property is invalid.",
               {"errorCode": "Request_BadRequest"}), CATALOGUE
    )  # fmt: skip

    assert coding.code == "Request_BadRequest#unverified_domain"


@pytest.mark.parametrize("reason", [None, "", "null", "  "])
def test_no_reason_is_a_code_of_its_own(reason: str | None) -> None:
    """Okta left the reason empty, and nothing else says more."""
    assert code_event(_event(reason), CATALOGUE) == Coding(
        operation="provisioning", code=NO_REASON, family=CATALOGUE.family(NO_REASON)
    )


def test_a_title_that_ends_in_an_answer_speaks_for_an_empty_reason() -> None:
    """Office 365 events may say it in the title alone; a plain title says nothing."""
    title = (
        "Could not validate your Office 365 credentials, received error: 400 AADSTS50126: Error "
        "validating credentials."
    )
    coding = code_event(_event(title=title), CATALOGUE)

    assert (coding.code, coding.http_status) == ("AADSTS50126", 400)
    assert coding.vendor_message == "Error validating credentials."


def test_a_title_that_the_catalogue_knows_speaks_for_an_empty_reason() -> None:
    """Some apps say what failed where others say what was tried."""
    title = (
        "The credentials used to connect to the API were invalid; please check your configuration"
    )

    assert code_event(_event(title=title), CATALOGUE).code == "credentials_invalid"
    assert code_event(_event(title="Push a profile"), CATALOGUE).code == NO_REASON


def test_a_sentence_in_debug_data_speaks_for_an_empty_reason() -> None:
    """The office365 debug data holds the app's message beside its code."""
    told = {"app_error_code": "LEDGER_CLOSED", "error_message": "It is closed for the night."}
    coding = code_event(_event(told=told), CATALOGUE)

    assert (coding.code, coding.vendor_message) == ("LEDGER_CLOSED", "It is closed for the night.")


@pytest.mark.parametrize("result", ["SUCCESS", "ALLOW", "UNKNOWN", None])
@pytest.mark.parametrize(
    "event_type",
    ["application.integration.rate_limit_exceeded", "app.office365.api.error.validate.creds"],
)
def test_a_type_that_exists_for_trouble_fails_whatever_its_outcome(
    event_type: str, result: str | None
) -> None:
    """The list of event types says so, not the outcome."""
    event = _event(event_type=event_type, result=result)

    assert is_failing(event, CATALOGUE)
    assert code_event(event, CATALOGUE).code


def test_an_event_that_worked_has_no_code() -> None:
    """Whatever its debugData or its reason say."""
    coding = code_event(_event("Conflict", {"errorCode": "X_Y"}, result="SUCCESS"), CATALOGUE)

    assert coding == Coding(operation="provisioning")


def test_a_texts_parts_reach_the_row() -> None:
    """Status, words and ids of the vendor's answer."""
    coding = code_event(
        _event(
            "Could not push profile for Office 365 user ada@example.com, received error: Received "
            "response with HTTP status code 403. httpStatusCode=403 "
            'errorCode=Authorization_RequestDenied errorMessage="Insufficient privileges." '
            "client-request-id=aaaa-1 request-id=bbbb-2 timestamp='Wed, 23 Aug 2023 16:13:42 GMT'"
        ),
        CATALOGUE,
    )

    assert coding.code == "Authorization_RequestDenied"
    assert coding.http_status == 403
    assert coding.vendor_message == "Insufficient privileges."
    assert coding.vendor_request_id == "bbbb-2"
