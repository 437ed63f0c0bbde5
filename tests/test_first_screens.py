"""First screens in a browser: all that must be seen without scrolling is, on a desk and a phone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from screens import LOOK, REPORTS, SIZES, faults, look, write_page

from factories import REFUSED, event, write_export
from hostile_events import write as write_hostile

if TYPE_CHECKING:
    from pathlib import Path

DEACTIVATE = "application.provision.user.deactivate"
LONG_APP = {"id": "0oalong0000000000001", "name": "App " + "Very Long Name " * 20}
WIDE_APP = {"id": "0oalong0000000000002", "name": "Ä" * 150}


def _at(day: int, minute: int) -> str:
    at = datetime(2026, 10, 1, 9, tzinfo=UTC) + timedelta(days=day, minutes=minute)
    return at.isoformat().replace("+00:00", "Z")


def fails(
    user: str, day: int = 5, minute: int = 0, reason: str = REFUSED, **more: Any
) -> dict[str, Any]:
    """A failed attempt."""
    return event(_at(day, minute), user=user, reason=reason, **more)


def works(user: str, day: int, minute: int = 0, **more: Any) -> dict[str, Any]:
    """An attempt that worked."""
    return event(_at(day, minute), user=user, result="SUCCESS", **more)


def several(number: int, login: str = "user.number{}@example.com", **more: Any) -> list[Any]:
    """As many users who fail, one a minute."""
    return [fails(login.format(n), minute=n, **more) for n in range(number)]


BEFORE = works("z@example.com", 1)
LOGS: dict[str, list[dict[str, Any]]] = {
    "all clear": [works(f"u{day}@example.com", day) for day in range(10)],
    "over": [BEFORE, fails("a@example.com"), works("a@example.com", 6)],
    "a leaver": [BEFORE, fails("gone@example.com", type_=DEACTIVATE), works("z@example.com", 6)],
    "many left": [BEFORE, *several(30)],
    "three left": [BEFORE, *several(6), *(works(f"user.number{n}@example.com", 6) for n in "012")],
    "five long logins": [
        BEFORE,
        *several(5, "a.rather.long.login.of.number{}@subsidiary.of.example.com"),
        works("z@example.com", 6),
    ],
    "one user": [BEFORE, fails("alone@example.com"), works("z@example.com", 5, 30)],
    "an unknown fault": [BEFORE, *several(4, reason=f"The {'unbelievable ' * 30}is empty")],
    "long names": [
        BEFORE,
        *several(4, "{}" + "w" * 180 + "@example.com", app=LONG_APP),
        *several(4, "{}" + "w" * 90 + "@example.com", app=WIDE_APP, type_=DEACTIVATE),
    ],
}
WINDOWS = {"sample": {}, "an empty window": {"since": "2026-12-01", "until": "2026-12-08"}}
CASES = [
    *((log, "failure_trends") for log in ("all clear", "a leaver", "long names", *WINDOWS)),
    *((log, "remediation") for log in ("over", "many left", "five long logins", "hostile")),
    *((log, "remediation") for log in ("three left", "an unknown fault", "sample")),
    *((log, "user_history") for log in ("one user", "all clear", "sample")),
    *((log, "error_code") for log in ("many left", "hostile")),
    *((log, "orgs") for log in ("long names", "sample")),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where logs and pages lie."""
    return tmp_path_factory.mktemp("screens")


def page_of(folder: Path, log: str, name: str, **parameters: str) -> tuple[Path, dict[str, Any]]:
    """The page of a notebook about a log, and its summary."""
    source: object = "sample"
    if log in LOGS:
        source = write_export(folder / f"{log}.ndjson", LOGS[log])
    elif log == "hostile":
        source = write_hostile(folder / "hostile.ndjson")
    path = folder / f"{log}-{name}.html"
    return path, write_page(name, path, source, **{**WINDOWS.get(log, {}), **parameters})


@pytest.mark.parametrize(("log", "name"), CASES)
def test_all_of_the_first_screen_is_seen_at_once(
    browser: Any, folder: Path, log: str, name: str
) -> None:
    path, facts = page_of(folder, log, name)

    for width, height in SIZES:
        seen = look(browser, path, width, height)
        assert faults(seen, facts, width, height) == []
        if name == "remediation":
            assert _names_who_is_left(seen, facts)


def _names_who_is_left(seen: dict[str, Any], facts: dict[str, Any]) -> bool:
    """Whether those left are named, or a list of them is linked."""
    about = facts["results"].get("app"), facts["results"].get("code")
    left = [
        n for one in facts["incidents"] if (one["app"], one["code"]) == about for n in one["left"]
    ]
    named = len(left) <= 5 and all(login in seen["frame"] for login in left)
    return named or "retry.csv" in seen["deed_links"]


def test_a_leaver_comes_first_and_looks_like_a_warning(browser: Any, folder: Path) -> None:
    path, facts = page_of(folder, "a leaver", "failure_trends")

    seen = look(browser, path, *SIZES[1])

    assert facts["condition"] == "some_failing"
    assert seen["deeds"][0] == seen["warnings"][0]
    assert "gone@example.com" in seen["warnings"][0]["text"]
    assert any("1\nleaver with access" in one["text"] for one in seen["tiles"])


def test_who_and_how_many_are_read_on_a_phone_without_scrolling_sideways(
    browser: Any, folder: Path
) -> None:
    """The first table is cards: each code with its app and how many still fail."""
    path, _ = page_of(folder, "sample", "failure_trends")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(path.as_uri())

    row = page.locator("#open tbody tr", has_text="AADSTS50126")
    box = row.bounding_box()

    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert "Microsoft Office 365" in row.inner_text()
    assert "8" in row.locator("td[data-title='still failing']").inner_text()
    page.close()


def test_the_page_of_trends_is_short_and_its_first_table_fits(browser: Any, folder: Path) -> None:
    path, _ = page_of(folder, "sample", "failure_trends", since="7d")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri())

    assert page.evaluate("document.documentElement.scrollHeight") < 4500
    first = page.locator(".scroll:has(table)").first
    assert first.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.locator("details.about").first.inner_text().count("Parameters") == 0  # folded
    assert "Parameters: source" in page.locator("details.about .parameters").text_content()
    page.close()


PAPER = """
() => {
  const all = [...document.querySelectorAll('main *')];
  const name = e => e.tagName + '.' + e.className;
  return {
    wide: all.filter(e => e.getBoundingClientRect().right > 681).map(name),
    cut: all.filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth
      && getComputedStyle(e).overflowX !== 'visible').map(name),
    folded: [...document.querySelectorAll('details')].filter(e => e.lastElementChild
      && !e.lastElementChild.getClientRects().length).map(e => e.innerText),
  };
}
"""


@pytest.mark.parametrize(
    ("log", "name"), [("sample", one) for one in REPORTS] + [("hostile", "remediation")]
)
def test_nothing_is_cut_or_folded_on_paper(browser: Any, folder: Path, log: str, name: str) -> None:
    """At the width that A4 leaves; every page of it has the report's name and its number."""
    path, _ = page_of(folder, log, name)
    page = browser.new_page(viewport={"width": 680, "height": 1000})
    page.goto(path.as_uri())
    page.emulate_media(media="print")

    assert page.evaluate(PAPER) == {"wide": [], "cut": [], "folded": []}
    page.close()


def test_a_chart_can_be_read_in_the_dark(browser: Any, folder: Path) -> None:
    """It is turned over, so that it does not glare; and its letters keep their size on a phone."""
    path, _ = page_of(folder, "sample", "error_code")
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto(path.as_uri())
    chart = page.locator("img.chart").first

    assert "invert" in chart.evaluate("e => getComputedStyle(e).filter")
    assert chart.evaluate("e => e.naturalWidth") < 1000
    assert chart.get_attribute("alt").startswith("Failures with this code by app")
    assert page.evaluate(LOOK)["width"] == 390
    page.close()
