"""Tables on paper: columns as wide as their longest words, as far as a page is wide."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kit.display.table import Table
from kit.reports.index import TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path


def letters(**columns: list[Any]) -> list[int]:
    """How many letters of each column stay in one line."""
    html = Table(pd.DataFrame(columns), "Rows").html()
    return [int(number) for number in re.findall(r'class="\w+ letters-(\d+)"', html)]


def test_a_column_is_as_wide_as_its_longest_word() -> None:
    """A time is one word, a title's words stand below each other."""
    at = pd.to_datetime(["2026-10-27T09:05Z"])
    assert letters(
        code=["AADSTS50126"], last_failure=at, user=["A longer text"], failures=[1000]
    ) == [12, 16, 6, 8]


def test_what_does_not_fit_beside_each_other_is_parted_and_the_short_is_not() -> None:
    """The whole stays within a page."""
    widths = letters(code=["AADSTS50126"], **{f"id{n}": ["x" * 40] for n in range(5)})

    assert widths[0] == 12
    assert len(set(widths[1:])) == 1
    assert 80 < sum(widths) <= 111


def test_a_long_text_gets_room_for_several_words() -> None:
    assert letters(words=["a few short words " * 10], code=["x"]) == [32, 4]


def test_each_width_has_its_style() -> None:
    style = (TEMPLATES / "style.css").read_text("utf-8")
    widths = {int(n) for n in re.findall(r"\.letters-(\d+) \{ min-width: [\d.]+em; \}", style)}
    assert widths == set(range(2, 42, 2))


PARTED = """
() => [...document.querySelectorAll('td')].filter(cell => {
  const range = document.createRange();
  const text = cell.firstChild;
  if (!text || text.nodeType !== 3 || !/^[\\w.]{4,14}$/.test(text.data)) return false;
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map(box => box.top)).size > 1;
}).map(cell => cell.textContent)
"""


def test_short_words_are_not_parted_on_paper(browser: Any, tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "user": ["someone.with.a.long.login@subsidiary.example.com"] * 3,
            "code": ["AADSTS50126"] * 3,
            "operation": ["provisioning"] * 3,
            "state": ["recovered"] * 3,
            "reason": ["The vendor says a great many words about it, and then some more. "] * 3,
            "transaction_id": ["0123456789abcdef0123456789abcdef"] * 3,
        }
    )
    style = (TEMPLATES / "style.css").read_text("utf-8")
    path = tmp_path / "page.html"
    path.write_text(f"<style>{style}</style><main>{Table(rows, 'Rows').html()}</main>", "utf-8")
    page = browser.new_page(viewport={"width": 680, "height": 900})
    page.emulate_media(media="print")
    page.goto(path.as_uri())

    assert page.evaluate(PARTED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    page.close()


@pytest.mark.parametrize("kind", [None, float("nan")])
def test_an_empty_cell_has_no_word(kind: object) -> None:
    assert letters(a=[kind, "abcdef"]) == [6]
