"""Numbers, times and hostile text in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.base.text import clean
from kit.display import phrases


@pytest.mark.parametrize(
    ("rate", "text", "fixed"),
    [
        (0.0, "0 %", "0.0 %"),
        (0.0001, "under 0.1 %", "< 0.1 %"),
        (0.123, "12.3 %", "12.3 %"),
        (0.3, "30 %", "30.0 %"),
        (0.99999, "over 99.9 %", "> 99.9 %"),
        (1.0, "100 %", "100.0 %"),
    ],
)
def test_a_rate_never_rounds_something_to_nothing(rate: float, text: str, fixed: str) -> None:
    """Nor nearly all to all; in a column every rate has one decimal."""
    assert phrases.percent(rate) == text
    assert phrases.percent(rate, fixed=True) == fixed


def test_counts_and_times_are_written_out() -> None:
    """One user, 1,204 users; a UTC time that no locale changes."""
    assert phrases.count(1, "user") == "1 user"
    assert phrases.count(1204, "user") == "1,204 users"
    assert phrases.count(2, "success", "successes") == "2 successes"
    assert phrases.moment(datetime(2026, 10, 27, 9, 5, tzinfo=UTC)) == "27 Oct 2026, 09:05 UTC"
    assert phrases.join(["a", "b", "c"]) == "a, b and c"


@given(st.text())
def test_cleaned_text_stays_in_its_line(text: str) -> None:
    """No line break, control character or mark that turns the reading direction."""
    assert clean(text).isprintable()


def test_a_mark_that_turns_the_reading_direction_is_shown() -> None:
    """``exe.txt`` cannot pose as ``txt.exe``."""
    assert clean("a\u202etxt.exe") == "a\ufffdtxt.exe"
