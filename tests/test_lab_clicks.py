"""Clicks in JupyterLab: a heading sorts, a bar narrows, a way opens a notebook that runs."""

from __future__ import annotations

import base64
import json
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browsing import BROWSER, home, jupyterlab, lab_page, serving
from factories import REFUSED, event, write_export
from hostile_events import MIXED, incident
from kit.base.paths import NOTEBOOKS
from kit.display.widgets import bridge
from kit.lake.marks import read_marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browsing import Opened, Server


CLICKS = Path(bridge.__file__).with_name("clicks.js")


def log_events() -> list[dict[str, Any]]:
    """Two apps that fail: one for three users, one for a single user a day later."""
    broken = [
        event(f"2026-10-27T09:0{n}:00Z", reason=REFUSED, user=f"user{n}@example.com")
        for n in range(3)
    ]
    box = {"id": "0oabox", "name": "Box"}
    taken = event("2026-10-28T10:00:00Z", reason="already exists", user="zoe@example.com", app=box)
    return [*broken, taken, event("2026-10-28T12:00:00Z", result="SUCCESS", user="a@example.com")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Notebooks on a log of four failures and on a hostile one; all that they write is here."""
    root = tmp_path_factory.mktemp("jupyter")
    log = write_export(root / "log.ndjson", log_events())
    hostile = write_export(root / "hostile.ndjson", list(incident(MIXED)))
    for place, source in (("notebooks", log), ("hostile", hostile)):
        (root / place).mkdir()
        for path in NOTEBOOKS.glob("*.ipynb"):
            (root / place / path.name).write_text(_reading(path, source, root), encoding="utf-8")
    return root


def _reading(path: Path, source: Path, root: Path) -> str:
    """A notebook that reads a source, and keeps what it writes below a folder."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        text = "".join(cell["source"]).replace('"sample"', json.dumps(str(source)))
        text = re.sub(r'^since: str = "\w+"', 'since: str = ""', text, flags=re.M)
        if "    import kit.views\n" in text:
            text += (
                "\nimport kit.views.base, kit.views.next_steps\nfrom pathlib import Path\n"
                f"kit.views.next_steps.INVESTIGATIONS = Path({str(root / 'investigations')!r})\n"
                f"kit.views.base.REPORTS = Path({str(root / 'reports')!r})\n"
            )
        cell["source"] = text.splitlines(keepends=True)
    return json.dumps(notebook)


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """A JupyterLab on them."""
    if not BROWSER:
        pytest.skip("no Chromium is installed")
    with serving(jupyterlab(folder), home(folder / "home"), cwd=folder) as running:
        yield running


@contextmanager
def run(browser: Any, server: Server, path: str) -> Iterator[Opened]:
    """A notebook that was opened and run; afterwards nothing untoward has happened."""
    with lab_page(browser, server, path, width=1280) as lab:
        lab.run_all()
        assert lab.faults() == []
        yield lab
        assert lab.faults() == []
        trouble = lab.trouble
        assert (trouble.errors, trouble.dialogs, trouble.elsewhere) == ([], [], [])


def column(output: Any, number: int) -> list[str]:
    """The cells of a column of an output's first table."""
    cells = output.locator("table:not(.facts)").first.locator(f"tbody td:nth-child({number})")
    return [str(text) for text in cells.all_text_contents()]


def value_of(lab: Opened, area: Any) -> str:
    """What is told beside the pointer over a part of a picture."""
    area.scroll_into_view_if_needed()
    lab.page.wait_for_timeout(500)  # scrolling takes the words away, and ends late
    area.hover()
    return str(lab.page.locator(".okta-kit-value").text_content())


def test_a_click_on_a_heading_sorts_up_then_down_then_as_it_was(
    browser: Any, server: Server
) -> None:
    """A table without controls as well; the heading says which way."""
    with run(browser, server, "notebooks/failure_trends.ipynb") as lab:
        output = lab.output("report.by_code()")
        heading = output.locator("thead th", has_text="app")
        before = column(output, 2)

        seen = []
        for order in ("ascending", "descending"):
            heading.click()
            output.locator(f"th[aria-sort={order}]").wait_for()
            seen.append(column(output, 2))
        heading.click()
        output.locator("th[aria-sort]").wait_for(state="detached")

        assert seen == [["Box", "Microsoft Office 365"], ["Microsoft Office 365", "Box"]]
        assert column(output, 2) == before


def test_a_long_table_sorts_by_its_heading_and_its_list_says_so(
    browser: Any, folder: Path, server: Server
) -> None:
    shutil.copy(NOTEBOOKS / "user_history.ipynb", folder / "sample.ipynb")
    with run(browser, server, "sample.ipynb") as lab:
        output = lab.output("report.stands()")
        output.locator("thead th", has_text="operation").click()
        output.locator("th[aria-sort=ascending]").wait_for()

        place = output.locator("thead th").all_text_contents().index("operation ▲") + 1
        operations = column(output, place)
        assert operations == sorted(operations)


def test_a_bar_tells_its_value_narrows_the_tables_and_is_taken_back(
    browser: Any, server: Server
) -> None:
    """Tables of another subject stay as they are; a second click takes it back, as the button."""
    with run(browser, server, "notebooks/failure_trends.ipynb") as lab:
        head, by_code = lab.output("report.headline()"), lab.output("report.by_code()")
        failures = lab.output("report.failures()")
        bar = head.locator("[data-of]").first
        value = value_of(lab, bar)
        bar.click()
        undo = head.get_by_role("button", name="show all")
        undo.wait_for()
        narrowed = failures.locator("caption", has_text="only")
        narrowed.wait_for()

        only = "Only AADSTS50126 on Microsoft Office 365, 27 Oct 2026, 09:00 UTC to 27 Oct 2026"
        assert re.match(r"27 Oct 2026, 09:00 UTC: 3 failures, \w+ · Microsoft Office 365$", value)
        assert re.match(only.replace("AADSTS50126", r"\w+"), undo.text_content().strip())
        assert column(by_code, 2) == ["Microsoft Office 365"]
        assert "(1; only" in by_code.locator("caption").first.text_content()
        assert "zoe@example.com" not in failures.text_content()
        assert column(failures, 4) == [f"user{n}@example.com" for n in (2, 1, 0)]

        undo.click()
        narrowed.wait_for(state="detached")
        assert column(by_code, 2) == ["Box", "Microsoft Office 365"]
        assert "zoe@example.com" in failures.text_content()

        head.locator("[data-of]").first.click()
        undo.wait_for()
        head.locator("[data-of]").first.click()
        undo.wait_for(state="detached")
        narrowed.wait_for(state="detached")
        assert column(by_code, 2) == ["Box", "Microsoft Office 365"]


def test_a_changed_control_shows_all_rows_again(browser: Any, server: Server) -> None:
    """What was picked is of the answer from before."""
    with run(browser, server, "notebooks/failure_trends.ipynb") as lab:
        head = lab.output("report.headline()")
        head.locator("[data-of]").first.click()
        undo = head.get_by_role("button", name="show all")
        undo.wait_for()
        controls = lab.output("report.controls()")
        box = controls.locator(".widget-inline-hbox", has=lab.page.locator("label:text-is('app')"))
        box.locator("select").select_option(label="Box (1 user)")
        controls.get_by_text("app = Box").wait_for()

        undo.wait_for(state="detached")
        assert column(lab.output("report.by_code()"), 2) == ["Box"]


def test_a_way_opens_a_notebook_with_its_parameters_that_runs(
    browser: Any, folder: Path, server: Server
) -> None:
    """The same way again opens the same notebook, not a second one."""
    with run(browser, server, "notebooks/failure_trends.ipynb") as lab:
        current = lab.page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current")
        for _ in range(2):
            lab.output("report.by_code()").locator("a.way", has_text="AADSTS").click()
            current.filter(has_text="remediation-AADSTS").wait_for(timeout=60_000)
            screen = lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .first-screen")
            screen.wait_for(timeout=120_000)
            assert "Microsoft Office 365" in screen.text_content()
            lab.page.locator(".lm-TabBar-tab", has_text="failure_trends").click()

        copies = list((folder / "investigations").glob("*-remediation-AADSTS*.ipynb"))
        assert len(copies) == 1
        assert str(folder / "log.ndjson") in copies[0].read_text(encoding="utf-8")


def test_the_acknowledge_button_writes_a_mark(browser: Any, folder: Path, server: Server) -> None:
    """Into the file that the next report reads; who opens the notebook again sees it."""
    with run(browser, server, "notebooks/remediation.ipynb") as lab:
        output = lab.output("report.marks()")
        chooser = output.locator("select").last
        chooser.select_option(index=1)
        output.get_by_role("button", name="Acknowledge").click()
        output.get_by_text("is acknowledged").wait_for()

        (name, mark), *others = read_marks(folder / "reports").items()
        assert (mark.mark, others) == ("acknowledged", [])
        assert name in output.text_content()

    with run(browser, server, "notebooks/remediation.ipynb") as lab:
        assert "acknowledged" in column(lab.output("report.marks()"), 4)


def test_hostile_text_stays_text_whatever_is_clicked(browser: Any, server: Server) -> None:
    """In the value beside a bar, the button that takes it back, captions, and the copy's name."""
    with run(browser, server, "hostile/failure_trends.ipynb") as lab:
        title = lab.page.title()
        head, by_code = lab.output("report.headline()"), lab.output("report.by_code()")
        value = value_of(lab, head.locator("[data-of]").first)
        assert "<img src=x onerror=" in value
        assert lab.page.locator(".okta-kit-value *").count() == 0
        head.locator("[data-of]").first.click()
        head.get_by_role("button", name="show all").wait_for()
        by_code.locator("thead th").nth(1).click()
        by_code.locator("th[aria-sort]").wait_for()
        assert "<img src=x onerror=" in by_code.locator("caption").first.text_content()
        by_code.locator("a.way").first.click()
        current = lab.page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current")
        current.filter(has_text="remediation-").wait_for(timeout=60_000)
        lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .first-screen").wait_for(
            timeout=120_000
        )

        assert "owned" not in lab.page.title()
        assert title.split(" - ")[-1] == lab.page.title().split(" - ")[-1]
        bad = ".jp-OutputArea-output :is(script, mjx-container, iframe, a[href*='127.0.0.1:9/'])"
        assert lab.page.locator(bad).count() == 0
        assert lab.page.locator(".jp-OutputArea-output img[src^=x]").count() == 0


VOILA = """
<div class="jp-LabShell"><div data-place="p1-1">
  <table data-sortable=""><thead><tr><th>user</th></tr></thead>
  <tbody><tr><td><a class="way" data-way="user_history?user=a">a</a></td></tr></tbody></table>
</div></div>
"""
"""An output as it stands in Voilà's page: JupyterLab's shell, and nowhere to open a notebook."""

HEARD = """async code => {
    window.heard = [];
    const { default: widget } = await import("data:text/javascript;base64," + code);
    const model = {
        get: () => "p1", send: (what) => window.heard.push(what), on: () => {},
    };
    widget.initialize({ model });
}"""


def test_a_way_is_plain_text_where_no_notebook_can_be_opened(browser: Any) -> None:
    """In Voilà: it is neither underlined nor heard, while a heading still is."""
    page = browser.new_page()
    page.set_content(VOILA)
    page.evaluate(HEARD, base64.b64encode(CLICKS.read_bytes()).decode())

    page.locator("a.way").click()
    page.locator("th").click()

    assert page.evaluate("heard") == [{"place": "p1-1", "column": 0}]
    line = "getComputedStyle(document.querySelector('a.way')).textDecorationLine"
    assert page.evaluate(line) == "none"
    page.close()
