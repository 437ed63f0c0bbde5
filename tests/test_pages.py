"""A report in a real browser: on a desk, on a phone, offline, with hostile text in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kit.base.paths import NOTEBOOKS
from kit.reports import run_report

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both notebooks run on the sample, which holds names that are tags."""
    folder = tmp_path_factory.mktemp("out")
    for name in ("failure_trends", "remediation"):
        run_report(NOTEBOOKS / f"{name}.ipynb", {}, out=folder)
    return folder


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("name", ["failure_trends", "remediation", "index"])
def test_a_page_fits_loads_nothing_and_runs_nothing(
    out: Path, browser: Any, name: str, width: int
) -> None:
    """No sideways scrolling, no request, no script, every picture drawn."""
    (path,) = [out / "index.html"] if name == "index" else (out / name).glob("*/report.html")
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    dialogs: list[Any] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: dialogs.append(dialog))

    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith(("data:", path.as_uri()))] == []
    assert dialogs == []
    assert page.evaluate("document.scripts.length") == 0
    pictures = page.evaluate("[...document.images].map(i => [i.naturalWidth, i.alt.length])")
    assert all(drawn > 0 and told > 30 for drawn, told in pictures)
    assert bool(pictures) == (name != "index")
    page.close()


def test_the_answer_stands_above_the_fold_of_a_phone(out: Path, browser: Any) -> None:
    """Whoever opens the page reads the headline without scrolling."""
    (path,) = (out / "remediation").glob("*/report.html")
    page = browser.new_page(viewport={"width": 390, "height": 700})

    page.goto(path.as_uri())

    box = page.locator(".headline").bounding_box()
    assert box["y"] + box["height"] < 400
    assert "Microsoft Office 365 works again" in page.locator(".headline").inner_text()
    page.close()


_ROWS = (
    "t => [...t.querySelectorAll('tbody tr')]"
    ".map(r => [r.getBoundingClientRect().top, r.cells[0].textContent])"
    ".sort((a, b) => a[0] - b[0]).map(r => r[1])"
)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_long_table_is_sorted_by_a_click_and_printed_as_it_was_made(
    out: Path, browser: Any, width: int
) -> None:
    """Once one way, again the other way; no script does it, and paper shows the first order."""
    (path,) = (out / "failure_trends").glob("*/report.html")
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    page.goto(path.as_uri())
    table = page.locator("table.sortable").first
    made = table.evaluate(_ROWS)

    orders = []
    for _ in range(2):
        table.locator("thead th").first.locator("label:visible").first.click()
        orders.append(table.evaluate(_ROWS))
    page.emulate_media(media="print")
    printed = table.evaluate(_ROWS)

    assert orders[0] == sorted(made, key=str.casefold)
    assert orders[1] == orders[0][::-1]
    assert made not in orders
    assert printed == made
    context.close()
