"""What people paste into ``okta-kit explain`` went through mails, tables and pictures."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import kit
from kit.catalogue.pasted import as_written
from kit.commands.app import app
from properties import max_examples

SENTENCE = "Error validating credentials due to invalid username or password."


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        (f"received error: 400 AADSTS\n50126: {SENTENCE}", "AADSTS50126"),
        (f"received error: 400 AADSTS501\n26: {SENTENCE}", "AADSTS50126"),
        (f"received error: 400 AADSTS50=\r\n126: {SENTENCE}", "AADSTS50126"),
        (f"> received error: 400 AADSTS501\n> 26: {SENTENCE}", "AADSTS50126"),
        ("AADSTS70002\n15: Invalid client secret provided", "AADSTS7000215"),
        ("AADSTS70002l5: Invalid client secret provided", "AADSTS7000215"),
        (f"AADST550126: {SENTENCE}", "AADSTS50126"),
        (f"AADSTS5O126: {SENTENCE}", "AADSTS50126"),
        ("AADSTS 50126", "AADSTS50126"),
        ("AADSTS-50126", "AADSTS50126"),
        ("エラーコード：ＡＡＤＳＴＳ５０１２６", "AADSTS50126"),
        ("E0000 119", "E0000119"),
        ("E0OOO119", "E0000119"),
    ],
)
def test_a_code_is_read_however_it_was_pasted(pasted: str, code: str) -> None:
    assert kit.explain(pasted).code == code


@pytest.mark.parametrize(
    "text",
    [
        "AADSTS70002\n15\nAADSTS50126\n3",
        "AADSTS50126\n1 user",
        "AADSTS50126 12 failures",
        "AADSTS99999l: no known code",
        '{"reason": "AADSTS50126: <br> it failed"}',
        "<html><head><title>502 Bad Gateway</title></head></html>",
        "User ＂李＂ was not found",
    ],
)
def test_what_may_mean_something_else_stays_as_it_is(text: str) -> None:
    assert as_written(text) == text


MAIL = f"""<html><body><p>Hi team,</p>
<p>User <b>ada@example.com</b> gets:</p>
<blockquote>AADSTS50126: {SENTENCE}<br>Trace ID: 11111111-2222-3333-4444-555555555555</blockquote>
</body></html>"""


def test_the_code_in_a_mails_html_is_found() -> None:
    one = kit.explain(MAIL)
    assert (one.code, one.trace_id) == ("AADSTS50126", "11111111-2222-3333-4444-555555555555")
    done = CliRunner().invoke(app, ["explain", "-", "--json"], input=MAIL)
    (found,) = (each for each in json.loads(done.stdout) if each["code"] == "AADSTS50126")
    assert found["trace_id"] == one.trace_id


@given(st.text(st.sampled_from("AADSTS5012670OlE \n=>:<p>br/\uff15"), max_size=60))
@max_examples(150)
def test_any_paste_is_read(text: str) -> None:
    assert isinstance(as_written(text), str)
