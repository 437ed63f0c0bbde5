"""The live org in JupyterLab: a pull is watched, stopped and gone on with, by its buttons."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import nbformat
from fake_org import CANARY, FakeOrg
from test_pull import log

from browsing import home, jupyterlab, opened, serving

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
    with FakeOrg(events=log(400), page=5, latency=1.0) as org:
        environment = home(tmp_path / "home") | org.environment(HOME=str(tmp_path / "home"))
        environment["OKTA_KIT_LAKE"] = str(tmp_path / "lake")
        with (
            serving(jupyterlab(tmp_path), environment, cwd=tmp_path) as server,
            opened(browser, server, "live.ipynb") as page,
        ):
            page.choose("Run", "Run All Cells")
            pulling = page.output("open_log")
            pulling.get_by_text(re.compile(r"/5 days [1-9]\d* events, ")).wait_for(timeout=60_000)
            first = pulling.inner_text()
            page.choose("View", "Show Line Numbers")
            page.page.locator(".cm-lineNumbers").first.wait_for()
            while pulling.inner_text() == first:
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
            assert "400" in page.output("log.count").inner_text()
            assert page.faults() == []
            assert CANARY not in seen
            assert (page.trouble.errors, page.trouble.dialogs) == ([], [])
