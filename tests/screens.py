"""Pages of the kit's notebooks made without a kernel, and what a reader sees of them at once.

Each cell is run here, and the parts of the section that it shows become its outputs, as a kernel's
would: seconds less for a page, and the page is the same.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

import kit
from kit.base.paths import NOTEBOOKS, PLAIN
from kit.display.parts import Chart
from kit.display.section import Section
from kit.reports.page import report_page
from kit.reports.summary import summary

if TYPE_CHECKING:
    from pathlib import Path

REPORTS = {
    "failure_trends": kit.trends_report,
    "remediation": kit.remediation_report,
    "user_history": kit.user_history_report,
    "error_code": kit.error_code_report,
    "orgs": kit.orgs_report,
}
SIZES = ((1280, 900), (390, 844))


def write_page(name: str, path: Path, source: object, **parameters: str) -> dict[str, Any]:
    """Write a notebook's page.

    Args:
        name: the notebook.
        path: the page's path; ``retry.csv`` is not written beside it.
        source: what it is asked about.
        parameters: its other parameters.

    Returns:
        What its ``summary.json`` would say.
    """
    report: Any = REPORTS[name](str(source), **parameters)
    node = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PLAIN, "1")  # as `okta-kit report` starts a kernel
        for cell in node.cells:
            word = cell.source.removeprefix("report.").removesuffix("()")
            if cell.cell_type == "code" and cell.source.startswith("report.") and word != "summary":
                cell.outputs = outputs(getattr(report, word)())
    facts = summary(
        report.summary().value,
        notebook=name,
        exit_code=0,
        error=None,
        parameters=report.parameters,
        started_at="2026-11-01T00:00:00Z",
        seconds=1.0,
    )
    path.write_text(report_page(node, facts), encoding="utf-8")
    return facts


def outputs(section: Section) -> list[Any]:
    """A section as outputs of a cell."""
    made = []
    for part in section.parts:
        if isinstance(part, Chart):
            one = part.picture
            data = {"image/png": base64.b64encode(one.wide).decode(), "text/plain": one.alt}
            narrow = base64.b64encode(one.narrow).decode()
            more = {"alt": one.alt, "width": one.width, "narrow": narrow}
            metadata = {"image/png": more}
        else:
            data, metadata = {"text/html": part.html(), "text/plain": part.text()}, {}
        made.append(
            nbformat.v4.new_output("display_data", data, metadata=metadata)  # type: ignore[no-untyped-call]
        )
    return made


LOOK = """
() => {
  const box = e => { const r = e.getBoundingClientRect();
    return [r.left, r.top + scrollY, r.right, r.bottom + scrollY].map(Math.round) };
  const all = s => [...document.querySelectorAll(s)];
  const of = s => all(s).map(e => ({box: box(e), text: e.innerText}));
  const inside = all('.first-screen, .first-screen *');
  return {
    width: document.documentElement.scrollWidth,
    height: document.documentElement.scrollHeight,
    conditions: all('[data-condition]').map(e => e.dataset.condition),
    status: of('[data-condition]'), deeds: of('[data-do-next] li'), tiles: of('[data-tile]'),
    warnings: of('[data-do-next] li.warning'),
    picture: all('figure img').map(e => ({box: box(e), drawn: e.naturalWidth, alt: e.alt}))[0],
    dead: all('a[href^="#"]').map(e => decodeURIComponent(e.getAttribute('href').slice(1)))
      .filter(id => !document.getElementById(id)),
    tile_links: all('[data-tile] a').map(e => e.getAttribute('href')),
    deed_links: all('[data-do-next] a').map(e => e.getAttribute('href')),
    sideways: all('main *').filter(e => e.scrollWidth > e.clientWidth + 1
      && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)).map(e => e.className),
    beyond: all('main *').filter(e => e.getBoundingClientRect().right
      > document.documentElement.clientWidth + 1).map(e => e.tagName + '.' + e.className),
    frame: document.querySelector('.first-screen').innerText,
  };
}
"""


def look(browser: Any, path: Path, width: int, height: int) -> dict[str, Any]:
    """What a window of a size shows of a page.

    Args:
        browser: Playwright's.
        path: the page.
        width: of the window, in pixels.
        height: likewise.
    """
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(path.as_uri())
    seen: dict[str, Any] = page.evaluate(LOOK)
    page.close()
    return seen


def faults(seen: dict[str, Any], facts: dict[str, Any], width: int, height: int) -> list[str]:
    """What of the first screen's contract a page breaks."""
    wrong = facts["condition"] not in ("over", "all_clear")
    inside = [
        f"{kind} {one['text'][:40]!r} at {one['box']}"
        for kind in ("status", "tiles", "deeds")
        for one in seen[kind]
        if not (_within(one["box"], width, height) and one["text"])
    ]
    picture = seen["picture"] if width == SIZES[0][0] else None
    left, top, right, _ = picture["box"] if picture else (0, 0, width, 0)
    on_phone = width == SIZES[1][0]
    broken = {
        f"conditions {seen['conditions']}": seen["conditions"] != [facts["condition"]],
        f"{len(seen['tiles'])} tiles": not 3 <= len(seen["tiles"]) <= 6,
        f"{len(seen['deeds'])} deeds": not wrong <= len(seen["deeds"]) <= 3,
        f"{seen['width']} wide": seen["width"] > width,
        f"sideways {seen['sideways'][:3]}": on_phone and bool(seen["sideways"]),
        f"beyond the side {seen['beyond'][:3]}": on_phone and bool(seen["beyond"]),
        f"dead links {seen['dead'][:5]}": bool(seen["dead"]),
        "a tile without a link": None in seen["tile_links"],
        f"a picture at {[left, top, right]}": right - left < 0.6 * width or top >= height,
    }
    return [*inside, *(name for name, is_so in broken.items() if is_so)]


def _within(box: list[int], width: int, height: int) -> bool:
    left, top, right, bottom = box
    return left >= 0 and top >= 0 and right <= width and bottom <= height
