"""The live org in JupyterLab: a pull is watched, stopped and gone on with, by its buttons."""

from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING, Any

import nbformat

from browsing import home, jupyterlab, lab_page, serving
from fake_org import CANARY, FakeOrg
from kit.base.paths import NOTEBOOKS
from lakes import recent_events

if TYPE_CHECKING:
    from pathlib import Path


def test_a_pull_shows_how_far_it_is_and_ends_by_the_stop_button(
    browser: Any, tmp_path: Path
) -> None:
    """Meanwhile the page answers; run again, it goes on to the end."""
    cells = ['import kit\n\nlog = kit.open_log("okta", since="4d")', "log.count"]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(made, tmp_path / "live.ipynb")
    with FakeOrg(events=recent_events(400), page=5, latency=1.0) as org:
        environment = home(tmp_path / "home") | org.environment(HOME=str(tmp_path / "home"))
        environment["OKTA_KIT_LAKE"] = str(tmp_path / "lake")
        with (
            serving(jupyterlab(tmp_path), environment, cwd=tmp_path) as server,
            lab_page(browser, server, "live.ipynb") as page,
        ):
            page.choose("Run", "Run All Cells")
            pulling = page.output("open_log")
            pulling.get_by_text(re.compile(r"/5 days [1-9]\d* events, ")).wait_for(timeout=60_000)
            first = pulling.text_content()
            page.choose("View", "Show Line Numbers")
            page.page.locator(".cm-lineNumbers").first.wait_for()
            while pulling.text_content() == first:
                time.sleep(0.1)

            page.page.locator('[data-command="notebook:interrupt-kernel"]').click()
            pulling.get_by_text("stopped: what was read is kept.").wait_for()
            asked = len(org.requests)
            time.sleep(2.5)
            stopped_at = len(org.requests)
            faults = page.faults()

            org.latency, org.page = 0.0, 1000
            page.run_all()
            seen = page.page.content()

            assert stopped_at - asked <= 1
            assert faults == [
                "stopped: what was read is kept. Run the cell again, and the pull goes on "
                "from there."
            ]
            assert "400" in page.output("log.count").text_content()
            assert page.faults() == []
            assert CANARY not in seen
            assert (page.trouble.errors, page.trouble.dialogs) == ([], [])


def test_a_control_pulls_too_and_can_be_stopped(browser: Any, tmp_path: Path) -> None:
    """It says how far it is; stopped, what was shown before stays, until it is asked again."""
    shutil.copy(NOTEBOOKS / "user_history.ipynb", tmp_path)
    with FakeOrg(events=recent_events(200), page=5, latency=1.0) as org:
        environment = home(tmp_path / "home") | org.environment(HOME=str(tmp_path / "home"))
        environment["OKTA_KIT_LAKE"] = str(tmp_path / "lake")
        with (
            serving(jupyterlab(tmp_path), environment, cwd=tmp_path) as server,
            lab_page(browser, server, "user_history.ipynb") as page,
        ):
            page.run_all()
            controls = page.output("report.controls()")
            source = controls.locator("input").first
            source.fill("okta")
            source.press("Enter")
            pulling = re.compile(r"Pulling from the org: \d+ of \d+ days, [1-9]\d* events")
            controls.get_by_text(pulling).wait_for(timeout=60_000)
            page.page.locator('[data-command="notebook:interrupt-kernel"]').click()
            controls.get_by_text("Stopped.").wait_for()
            before = page.output("report.headline()").text_content()

            org.latency, org.page = 0.0, 1000
            source.fill("sample")
            source.press("Enter")
            controls.get_by_text(re.compile("^Shown: source = sample")).wait_for()
            source.fill("okta")
            source.press("Enter")
            controls.get_by_text(re.compile("^Shown: source = okta")).wait_for(timeout=60_000)

            assert "corvin.marrowmere@example.com" in before
            assert "okta: 200 events" in page.output("report.headline()").text_content()
            assert page.faults() == []
            assert CANARY not in page.page.content()
            assert (page.trouble.errors, page.trouble.dialogs) == ([], [])
