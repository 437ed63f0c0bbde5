"""Reasons are data, and each kind has its sentence."""

import re
from pathlib import Path

import pandas as pd
import pytest

import kit
from kit.display.reasons import _SENTENCES, Reason, in_words

AT = pd.Timestamp("2026-10-27T09:05:00Z")


def test_a_reason_holds_numbers_and_its_sentence_says_them() -> None:
    facts = {"successes": 3, "anybody": True, "fixed_at": AT}
    reason = Reason("worked_since", facts)
    assert reason.values["successes"] == 3
    assert in_words(reason) == (
        "3 attempts on the app worked since 27 Oct 2026, 09:05 UTC, and none failed with this code."
    )


def test_who_is_hit_is_counted_by_what_it_is() -> None:
    numbers = {"failures": 2, "hit": {"user": 1, "group": 1}, "successes": 0, "users_worked": None}
    sentence = in_words(Reason("width", {**numbers, "since": AT, "until": AT}))
    assert sentence.startswith("2 failures of 1 user and 1 group beside 0 successes of the same")


def test_every_kind_of_reason_that_a_question_gives_has_a_sentence() -> None:
    package = Path(kit.__file__).parent
    text = "".join(path.read_text("utf-8") for path in package.glob("analysis/*.py"))
    assert set(re.findall(r'Reason\("(\w+)"', text)) == set(_SENTENCES)


def test_a_kind_without_a_sentence_is_a_fault() -> None:
    with pytest.raises(KeyError):
        in_words(Reason("nobody_wrote_this"))
