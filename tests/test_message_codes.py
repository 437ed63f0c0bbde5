"""The codes and statuses that a message names, and words that only look like one."""

from __future__ import annotations

import pytest

from kit.messages import CUT, parse


def test_a_code_that_was_cut_off_is_not_taken_for_another() -> None:
    """``AADSTS50012`` at the end of a cut text may have been ``AADSTS500121``."""
    lead = "Could not validate your Office 365 credentials, received error: 400 "
    cut = lead + "x" * (CUT - len(lead) - len(" AADSTS50012")) + " AADSTS50012"

    assert len(cut) == CUT
    assert parse(cut).vendor_code is None
    assert parse(cut).text.endswith("x AADSTS50012")  # what stands before it is still told
    assert parse(cut + "1: x").vendor_code == "AADSTS500121"


@pytest.mark.parametrize(
    "said",
    [
        "Received response with HTTP status code 403. errorCode=Authorization_RequestDen",
        'Errors reported by remote server: {"error":"invalid_gra',
        "INVALID_LOG",
        "received error: 400 AADSTS5007",
        "LDAP: error code 49 - 80090308: LdapErr, comment: AcceptSecurityContext error, data 52",
    ],
)
def test_any_code_at_a_cut_is_none(said: str) -> None:
    """It may lack its end, and each cut would make another code of it."""
    lead = "Automatic profile push of user  to app Acme failed: "
    name = "N" * (CUT - len(lead) - len(said))
    cut = lead.replace("user ", f"user {name}") + said

    found = parse(cut)

    assert len(cut) == CUT
    assert found.vendor_code in (None, "LDAP_49")


@pytest.mark.parametrize(
    "word",
    [
        "null", "0", "Bad Request", "BadRequest", "NOT_FOUND", "Unauthorized", "java.lang.Error",
        "com.example.SomeException", "error", "true", "400", "https://example.com/e", "two words",
        "",
    ],
)  # fmt: skip
def test_a_word_that_is_no_vendor_code_is_none(word: str) -> None:
    """Where a vendor may put a code, an HTTP reason, a class or nothing at all is none."""
    for text in (
        f'{{"code": "{word}", "message": "The ledger is closed"}}',
        f"errorCode='{word}' errorMessage=\"The ledger is closed\"",
        f"Error executing create: The ledger is closed. Error Code: {word}",
    ):
        assert parse(text).vendor_code is None, text


@pytest.mark.parametrize(
    "word",
    [
        "LEDGER_CLOSED",
        "ledger_closed",
        "ledgerClosed",
        "Ledger_Closed",
        "1042",
        "LC-1042",
        "LedgerClosedException",
    ],
)
def test_a_word_in_a_codes_place_is_the_vendors_code(word: str) -> None:
    """In a field that is named for codes, any one name is one."""
    assert parse(f'{{"code": "{word}", "message": "It is closed"}}').vendor_code == word
    assert parse(f'errorCode={word} errorMessage="It is closed"').vendor_code == word


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("LEDGER_CLOSED: it is closed", "LEDGER_CLOSED"),
        ("ledger_denied: it is closed", "ledger_denied"),
        ("ledger_full (user=ada)", "ledger_full"),
        ("invalid_grant: LEDGER_CLOSED: it is closed", "LEDGER_CLOSED"),
        ("400 AADSTS65001: no consent: AADSTS50126: wrong password", "AADSTS50126"),
        ("first_name: is required", None),
        ("userName: must be unique", None),
        ("JavaScript: is off", None),
        ("The LEDGER_CLOSED flag is set", None),
        ("Conflict: it is closed", None),
        ("entityExists", "entityExists"),
        ("Seats are used up. (seatLimitReached)", "seatLimitReached"),
    ],
)
def test_a_code_in_a_sentence_stands_in_front_or_alone(text: str, code: str | None) -> None:
    """A word in a sentence, a field and a product are no codes; of nested codes the last counts."""
    assert parse(text).vendor_code == code


def test_a_code_without_a_sentence_is_all_that_was_said() -> None:
    """Nothing is put into the vendor's mouth."""
    assert parse("400 AADSTS50126").vendor_message == "AADSTS50126"
    assert parse("AADSTS50126").vendor_message is None


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("401 Unauthorized", 401),
        ("The call failed: 401 Unauthorized", 401),
        ("status code: 409", 409),
        ("The server returned 403", 403),
        ("The server returned 404 users", None),
        ("returned 404 users", None),
        ("It answered with a 503", 503),
        ("Expecting statusCode:200 received:401 Error", 401),
        ('{Response from server: 401 UNAUTHORIZED "Unauthorized"}', 401),
        ("Error while updating user group membership for group Ops Not Implemented. "
         "Errors reported by remote server: no such call", 501),
        ("Not Found / the user is gone", 404),
    ],
)  # fmt: skip
def test_a_status_is_read_wherever_it_stands(text: str, status: int | None) -> None:
    """With or without the word HTTP; a number of things is none."""
    assert parse(text).http_status == status


@pytest.mark.parametrize(
    ("text", "status", "code", "said"),
    [
        (
            "{errorCode=E0000011, errorSummary=Bad token given, errorId=oae1, errorCauses=[]}",
            None, "E0000011", "Bad token given",
        ),
        (
            "Agent got 401 Error:{errorCode=E0000001, errorSummary=Api validation failed, "
            "errorCauses=[{errorSummary=login: is there already}]}",
            401, "E0000001", "login: is there already",
        ),
        (
            "apiErrorCode=2028, apiErrorMessage=Your account is blocked. Ask for help",
            None, "2028", "Your account is blocked. Ask for help",
        ),
        ("Ledger is no value for stage (code notOneOf)", None, "notOneOf", None),
        ("HTTP 404, Okta E0000007 (Not found: no 00u (User)), ErrorId oae1", 404, "E0000007",
         "Not found: no 00u (User)"),
        ("Okta HTTP 400 E0000021 Bad request. Wrong type.", 400, "E0000021",
         "Bad request. Wrong type."),
        ("X: HTTP 400, Okta E0000001 (E0000001): a is wrong", 400, "E0000001", None),
        ("Got {Error Code: E0000153, Error Id: oae1, Error Summary: No such device.}",
         None, "E0000153", "No such device."),
        ("error=access_denied\n\nerror_description=“No part of the client.”", None,
         "access_denied", "No part of the client."),
        ("502 Bad Gateway: {\"error\":{\"code\":\"Bad_Upn\",\"message\":\"No such domain\"}}", 502,
         "Bad_Upn", "No such domain"),
        ('{"status":502,"message":"{\\"error\\":{\\"code\\":\\"BadToken\\",'
         '\\"message\\":\\"It ended\\"}}"}', 502, "BadToken", "It ended"),
        ("a.b.CException: AADSTS50012: Wrong secret. ---> a.WebException: The remote server "
         "returned an error: (401) Unauthorized.", 401, "AADSTS50012", "Wrong secret."),
        ("googleapi: Error 404: Resource Not Found: userKey, notFound", 404, "notFound", None),
        ("Failed [USER_LIMIT]: no seats", None, "USER_LIMIT", None),
        ("No seats left (user_limit) for Ada", None, "user_limit", None),
        ("The fields [first_name] and [LAST_NAME] are wrong", None, None, None),
    ],
)  # fmt: skip
def test_an_error_is_read_in_every_writing(
    text: str, status: int | None, code: str | None, said: str | None
) -> None:
    """As Java prints maps, as clients and agents write it, one error inside another."""
    found = parse(text)

    assert (found.http_status, found.vendor_code) == (status, code)
    assert said is None or found.vendor_message == said
