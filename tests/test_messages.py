"""A failure's text becomes its parts, whatever is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.messages import CUT, fingerprint, mask, parse

KNOWN = Path(__file__).resolve().parents[2] / "shared" / "knowledge" / "messages.jsonl"
RENAMED = {"op": "operation", "http": "http_status", "code": "vendor_code"}
IDS = (
    "Trace ID: 11111111-2222-3333-4444-555555555555 "
    "Correlation ID: 66666666-7777-8888-9999-000000000000 Timestamp: 2026-10-27 09:05:00Z"
)
TASK = (
    "Automatic provisioning of user Ada Lovelace to app Microsoft Office 365 failed: Could not "
    "validate your Office 365 credentials, received error: 400 AADSTS50126: Error validating "
    f"credentials due to invalid username or password. {IDS}"
)


def test_a_task_sentence_gives_all_its_layers() -> None:
    """Outer, inner, carrier and payload, each in its place."""
    found = parse(TASK)

    assert found.operation == "provisioning"
    assert found.user == "Ada Lovelace"
    assert found.app == "Microsoft Office 365"
    assert found.http_status == 400
    assert found.vendor_code == "AADSTS50126"
    assert found.vendor_message == (
        "Error validating credentials due to invalid username or password."
    )
    assert found.trace_id == "11111111-2222-3333-4444-555555555555"
    assert found.correlation_id == "66666666-7777-8888-9999-000000000000"
    assert found.timestamp == "2026-10-27 09:05:00Z"


@pytest.mark.parametrize(
    "changed",
    [
        TASK.replace(" Trace", "\r\nTrace").replace(" Corr", "\r\nCorr").replace(" Time", "\nTime"),
        f"`{TASK}`",
        TASK.replace("AADSTS50126", "`AADSTS50126`"),
        f"An error occurred while assigning this app.\n{TASK}",
        f"  {TASK}\n",
        f'"{TASK}"',
    ],
    ids=["line breaks", "back-ticks", "ticked code", "banner", "blanks", "quotes"],
)
def test_layout_does_not_change_what_is_read(changed: str) -> None:
    """Line breaks, back-ticks, banners and quotes are no part of a message."""
    assert parse(changed) == parse(TASK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Error while creating user Ada : Conflict", {"user": "Ada", "http_status": 409}),
        (
            "Automatic provisioning of user A to app B to app Slack failed: Unauthorized",
            {"user": "A to app B", "app": "Slack", "http_status": 401},
        ),
        (
            "Automatic provisioning of user to app Slack failed: Bad Request",
            {"user": None, "app": "Slack", "http_status": 400},
        ),
        ("Rate Limit Exceeded", {"http_status": 429, "vendor_code": None}),
        ("INVALID_CREDENTIALS", {"vendor_code": "INVALID_CREDENTIALS"}),
        ("DUPLICATE_USERNAME: Duplicate Username.", {"vendor_code": "DUPLICATE_USERNAME"}),
        ("E0000047: API call exceeded rate limit", {"vendor_code": "E0000047"}),
        (
            '{"error":{"code":"Request_BadRequest","message":"usageLocation is invalid."}}',
            {"vendor_code": "Request_BadRequest", "text": "usageLocation is invalid."},
        ),
        (
            'Errors reported by remote server: {"status":"409","scimType":"uniqueness","detail":"x',
            {"http_status": 409, "vendor_code": "uniqueness"},
        ),
        (
            "Received response with HTTP status code 429. httpStatusCode=429 errorCode= "
            "errorMessage=\"\" client-request-id= request-id=ab timestamp='' method=GET",
            {"http_status": 429, "vendor_code": None, "request_id": "ab", "method": "GET"},
        ),
        (
            "Could not validate your Office 365 credentials, received error.",
            {"text": "Could not validate your Office 365 credentials"},
        ),
    ],
)
def test_each_wrapper_is_read(text: str, expected: dict[str, object]) -> None:
    """The forms that Okta and vendors use, and their missing parts."""
    found = parse(text)

    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize("text", [None, "", "  ", "null", "\r\n"])
def test_nothing_said_is_an_empty_message(text: str | None) -> None:
    """No reason is no text, not an unknown one."""
    assert parse(text).text == ""


def test_a_code_that_was_cut_off_is_not_taken_for_another() -> None:
    """``AADSTS50012`` at the end of a cut text may have been ``AADSTS500121``."""
    lead = "Could not validate your Office 365 credentials, received error: 400 "
    cut = lead + "x" * (CUT - len(lead) - len(" AADSTS50012")) + " AADSTS50012"

    assert len(cut) == CUT
    assert parse(cut).vendor_code is None
    assert parse(cut + "1: x").vendor_code == "AADSTS500121"


@pytest.mark.parametrize("end", range(len(TASK) - len(IDS) - 60, len(TASK)))
def test_a_text_may_end_anywhere(end: int) -> None:
    """What was read before the cut stays read."""
    found = parse(TASK[:end])

    assert (found.operation, found.user) == ("provisioning", "Ada Lovelace")


def test_an_unknown_text_has_the_same_code_for_every_user() -> None:
    """Names, numbers, ids and times are masked; the sentence tells."""
    one = parse("Error while creating user Ada Lovelace: Ledger 4417 refused Ada Lovelace")
    other = parse("Error while creating user Bo: Ledger 9 refused Bo")
    third = parse("Error while creating user Bo: Ledger 9 accepted Bo")

    assert fingerprint(one) == fingerprint(other) == "UNKNOWN_beae82b9"
    assert fingerprint(other) != fingerprint(third)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("User a@example.com is gone", "User bo.b@example.com is gone"),
        ("At 2026-10-27T09:05:00Z", "At 2026-11-01T00:00:00.123Z"),
        ("id 11111111-2222-3333-4444-555555555555.", "id aaaaaaaa-2222-3333-4444-555555555555"),
        ('value "x" is bad', 'value "y z" is bad'),
        ("see https://a.example/x?y=1 now", "see https://b.example/ now"),
    ],
)
def test_variable_parts_are_masked(one: str, other: str) -> None:
    """Two texts of a kind look the same."""
    assert mask(one) == mask(other)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    """No message can break the parser, and none is lost."""
    found = parse(text)

    assert (
        found.text
        or not " ".join(text.replace("`", "").split()).strip("\"' ")
        or (text.strip().strip("`'\"").strip().casefold() in {"null", "none", ""})
    )


@settings(max_examples=100, deadline=None)
@given(
    name=st.text(
        st.characters(exclude_categories=["C", "Z"], exclude_characters="`\"':"), min_size=1
    ).filter(lambda n: "failed" not in n and "app" not in n),
)
def test_a_name_may_hold_anything_but_a_colon(name: str) -> None:
    """Names are free text and end up where they belong."""
    found = parse(f"Automatic deactivation of user {name} to app Slack failed: Forbidden")

    assert (found.user, found.app, found.http_status) == (name, "Slack", 403)


@pytest.mark.skipif(not KNOWN.exists(), reason="the collected messages are not beside the project")
def test_every_collected_message_is_read() -> None:
    """Messages from public pages, with the parts that a person found in them."""
    wrong = []
    for line in KNOWN.read_text(encoding="utf-8").splitlines():
        known = json.loads(line)
        found = parse(known["message"])
        for name, value in known["expect"].items():
            got = getattr(found, RENAMED.get(name, name))
            if got != value:
                wrong.append((known["id"], name, got, value))

    assert wrong == []
