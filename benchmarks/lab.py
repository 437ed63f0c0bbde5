"""How long an analyst waits in JupyterLab, as a browser sees it.

Two waits on a lake: from Run All to the headline, held against a process that imports pandas,
ibis and matplotlib and puts the same queries to the lake; and from the change of a control to the
headline, the first table, the first chart, and all that the notebook shows. The kernel is started
before, as JupyterLab does when a notebook is opened. Medians, with the least and the most::

    python data/make_sample.py --events 1000000 --days 30 --files 30 --out /tmp/export
    okta-kit import '/tmp/export/*' --lake /tmp/lake && okta-kit compact --lake /tmp/lake
    python benchmarks/lab.py /tmp/lake --runs 5
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from measure import ROOT, run
from playwright.sync_api import sync_playwright

sys.path.append(str(ROOT / "tests"))

from browsing import BROWSER, FLAGS, home, jupyterlab, lab_page, serving

if TYPE_CHECKING:
    from browsing import Opened, Server

LEAST = """
import sys, time
began = time.perf_counter()
import pandas, ibis, matplotlib.pyplot
imported = time.perf_counter()
import kit
from kit.views import trends_report
ready = time.perf_counter()
trends_report(sys.argv[1], since="7d").headline_text
print(imported - began, time.perf_counter() - ready)
"""
"""The least that it takes: the imports, and the queries of the headline."""

CHANGES = [
    ("one app", "app", 1),
    ("all apps", "app", 0),
    ("14 days", "since", "14d"),
    ("by hour", "bucket", 1),
]
"""What is changed: a name for it, the control, and the place in its list or the text."""

SEEN = """([cell, before]) => {
    const found = [...document.querySelectorAll('.jp-CodeCell')]
        .find(one => one.querySelector('.jp-InputArea-editor')?.textContent.includes(cell));
    const shown = found?.querySelector('.jp-Cell-outputArea')?.innerHTML ?? '';
    return shown.length > 200 && shown !== before;
}"""


DONE = """([cell, before]) => {
    const found = [...document.querySelectorAll('.jp-CodeCell')]
        .find(one => one.querySelector('.jp-InputArea-editor')?.textContent.includes(cell));
    const said = found?.querySelector('.widget-html-content')?.textContent ?? '';
    return said.startsWith('Shown') && said !== before;
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lake", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    lake = str(options.lake.resolve())
    for path in options.lake.rglob("*.parquet"):
        path.read_bytes()
    least = [
        sum(map(float, run(sys.executable, "-c", LEAST, lake).printed.split()))
        for _ in range(options.runs)
    ]
    told("imports and queries alone", least)
    with tempfile.TemporaryDirectory() as folder:
        first, changed = in_the_browser(Path(folder), lake, options.runs)
    told("Run All to the headline", first)
    ratio = statistics.median(first) / statistics.median(least)
    print(f"{'ratio':<44}{ratio:>8.2f}")
    for name, times in changed.items():
        told(name, times)


def in_the_browser(
    folder: Path, lake: str, runs: int
) -> tuple[list[float], dict[str, list[float]]]:
    """Open, run and turn the controls of failure_trends."""
    notebook = json.loads((ROOT / "notebooks" / "failure_trends.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = [line.replace('"sample"', json.dumps(lake)) for line in cell["source"]]
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "trends.ipynb").write_text(json.dumps(notebook), "utf-8")
    first: list[float] = []
    changed: dict[str, list[float]] = {}
    environment = home(folder / "home") | {"PYTHONPATH": str(ROOT)}
    with (
        serving(jupyterlab(folder / "notebooks"), environment, cwd=folder) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        for _ in range(runs):
            shutil.copy(folder / "notebooks" / "trends.ipynb", folder / "notebooks" / "run.ipynb")
            with lab_page(browser, server, "run.ipynb", width=1280) as lab:
                first.append(headline(lab))
                for what, seconds in turned(lab).items():
                    changed.setdefault(what, []).append(seconds)
                end_kernel(lab, server)
        browser.close()
    return first, changed


def headline(lab: Opened) -> float:
    """Run all cells; the seconds until the headline stands there."""
    lab.page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    entry = lab.page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first
    entry.wait_for()
    began = time.perf_counter()
    entry.click()
    lab.page.wait_for_function(SEEN, arg=["report.headline()", ""], timeout=120_000)
    waited = time.perf_counter() - began
    lab.page.wait_for_function(SEEN, arg=["report.next()", ""], timeout=120_000)
    time.sleep(2)
    return waited


def turned(lab: Opened) -> dict[str, float]:
    """Change one control after the other; the seconds until each part follows."""
    found = {}
    for what, name, value in CHANGES:
        control = lab.output("report.controls()").locator(
            ".widget-inline-hbox", has=lab.page.locator(f"label:text-is('{name}')")
        )
        before = {part: content(lab, part) for part in ("headline", "by_code")}
        said = lab.output("report.controls()").locator(".widget-html-content").inner_text()
        if isinstance(value, str):
            control.locator("input").fill(value)
            began = time.perf_counter()
            control.locator("input").press("Enter")
        else:
            control.locator("option").nth(1).wait_for(state="attached")
            began = time.perf_counter()
            control.locator("select").select_option(index=value)
        for part, shown in (("headline", "headline"), ("by_code", "first table and chart")):
            if name != "bucket":  # neither depends on it
                known = [f"report.{part}()", before[part]]
                lab.page.wait_for_function(SEEN, arg=known, timeout=60_000)
                found[f"{what}: {shown}"] = time.perf_counter() - began
        lab.page.wait_for_function(DONE, arg=["report.controls()", said], timeout=60_000)
        found[f"{what}: all sections"] = time.perf_counter() - began
        time.sleep(1)
    return found


def content(lab: Opened, section: str) -> str:
    """What a section shows now."""
    return str(lab.cell(f"report.{section}()").locator(".jp-Cell-outputArea").inner_html())


def end_kernel(lab: Opened, server: Server) -> None:
    """End the kernel of the notebook that is open, so that the next run has one of its own."""
    ask, right = lab.page.context.request, {"Authorization": f"token {server.token}"}
    for session in ask.get(f"{server.url}api/sessions", headers=right).json():
        ask.delete(f"{server.url}api/sessions/{session['id']}", headers=right)


def told(what: str, times: list[float]) -> None:
    """Print a line of the table."""
    middle = statistics.median(times)
    print(f"{what:<44}{middle:>8.2f} s  ({min(times):.2f} to {max(times):.2f})", flush=True)


if __name__ == "__main__":
    main()
