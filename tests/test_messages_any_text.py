"""Any text is read as a message, and at once."""

from __future__ import annotations

import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.messages import Message, parse
from properties import max_examples


@max_examples(500)
@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    """No message can break the parser, and a sentence is not lost."""
    found = parse(text)

    assert found.text or not any(word.isalpha() and len(word) > 9 for word in text.split())


PIECES = st.sampled_from(
    [
        "Automatic provisioning of user ", " to app ", " failed: ", "Error while creating user ",
        ": ", " received error: ", "FAILURE: ", "Errors reported by remote server: ", "[", "}",
        '{"message": "', '"}', '{"error":{', "<html>", "</title>", 'errorMessage="', "Trace ID: ",
        "request-id=", "AADSTS50126", "400 ", "HTTP ", "Bad Request. ", "a.b.CException: ", " ",
        "\n", "caused by: ", "LDAP: error code 49 - ", "data 52e, ", "(0x80070005)", "A_B: ",
        "\0", "a_b: ",
        "rpc error: code = A desc = ", '\\"', '[Source: (String)"', "\u0660", "²²²", "\ud800", "İ",
        "null",
    ]
)  # fmt: skip


@max_examples(500)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_pieces_of_messages_in_any_order_are_read(text: str) -> None:
    """Every layer may meet what another one left, and the same text gives the same parts."""
    assert parse.__wrapped__(text) == parse.__wrapped__(text)


@pytest.mark.parametrize(
    "piece", ["{", "[", "<", '{"a":', '"', "'", "=", ":", "a=", "Error: ", "A_B: "]
)
def test_a_long_row_of_one_delimiter_is_read(piece: str) -> None:
    """Ten thousand characters of it, alone and inside a wrapper."""
    row = (piece * 10_000)[:10_000]

    assert isinstance(parse(row), Message)
    assert parse(f"Automatic sync of user Ada to app Anvil failed: {row}").app == "Anvil"


@max_examples(100)
@given(
    name=st.text(
        st.characters(exclude_categories=["C", "Z"], exclude_characters="`\"':"), min_size=1
    ).filter(lambda n: "failed" not in n and "app" not in n),
)
def test_a_name_may_hold_anything_but_a_colon(name: str) -> None:
    """Names are free text and end up where they belong."""
    found = parse(f"Automatic deactivation of user {name} to app Slack failed: Forbidden")

    assert (found.user, found.app, found.http_status) == (name, "Slack", 403)


@pytest.mark.parametrize(
    "piece", [*"\"'`{}[]()<>&;=:,./@_-#…“’\u200b", '""', "''", "&amp;", "[{", "E0", "a b c ", "a_"]
)
def test_a_hostile_text_is_read_at_once(piece: str) -> None:
    """Ten thousand characters of one sign take no longer than a page does."""
    text = (piece * 10_000)[:10_000]
    best = min(timeit.repeat(lambda: parse.__wrapped__(text), number=1, repeat=5))

    assert best < 0.01  # a millisecond here; the rest is for a busy machine
