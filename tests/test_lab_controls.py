"""Exploring in JupyterLab: controls redraw a notebook, tables sort and page, a failure opens."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from browsing import BROWSER, home, jupyterlab, lab_page, serving
from factories import event, write_export
from kit.base.paths import NOTEBOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browsing import Opened, Server

SECTIONS = {
    path.stem: [
        source
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if (source := "".join(cell["source"])).startswith("report.")
    ]
    for path in sorted(NOTEBOOKS.glob("*.ipynb"))
}
"""What each notebook shows, cell by cell."""

HOSTILE = (
    "<img src=x onerror=\"document.title='hit';alert(1)\"><script>alert(2)</script>"
    "[click](javascript:alert(3)) ![p](http://evil.example/p.png) "
    '<a href="http://evil.example/">in</a> $\\href{javascript:alert(4)}{x}$ \\(\\unicode{x41}\\) '
    '\x1b[31mred\x1b]0;title\x07 \u202egnp.exe =HYPERLINK("http://evil.example") {{7*7}} `rm`'
)
"""What somebody may put into a name to be run, followed, set as mathematics or believed."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A JupyterLab on the notebooks as they are, and on copies that read a hostile log."""
    if not BROWSER:
        pytest.skip("no Chromium is installed")
    folder = tmp_path_factory.mktemp("jupyter")
    shutil.copytree(NOTEBOOKS, folder / "notebooks")
    log = folder / "hostile.ndjson"
    write_export(log, hostile_events())
    (folder / "notebooks" / "hostile").mkdir()
    for path in NOTEBOOKS.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8").replace(
            '\\"sample\\"', json.dumps(f'"{log}"')[1:-1]
        )
        (folder / "notebooks" / "hostile" / path.name).write_text(text, encoding="utf-8")
    environment = home(folder / "home") | {"OKTA_KIT_LAKE": str(folder / "lake")}
    with serving(jupyterlab(folder / "notebooks"), environment, cwd=folder) as running:
        yield running


def hostile_events() -> list[dict[str, Any]]:
    """Failures in which every text that somebody else can set is hostile."""
    app = {"id": f"0oa{HOSTILE}", "name": HOSTILE}
    found = []
    for number in range(24):
        one = event(
            f"2026-10-27T09:{number:02d}:00Z",
            reason=HOSTILE,
            user=f"{HOSTILE}{number % 3}",
            app=app,
            transaction=f"tx{number // 2}",
        )
        one["actor"] |= {"alternateId": HOSTILE, "displayName": HOSTILE}
        one["displayMessage"] = HOSTILE
        one["client"] = {"userAgent": {"rawUserAgent": HOSTILE}, "ipAddress": HOSTILE}
        one["debugContext"] = {
            "debugData": {"origin": "https://evil.example", "url": "javascript:alert(5)//okta"}
        }
        one[HOSTILE] = HOSTILE
        found.append(one)
    return [*found, event("2026-10-27T12:00:00Z", result="SUCCESS", user=HOSTILE, app=app)]


@contextmanager
def run(browser: Any, server: Server, path: str) -> Iterator[Opened]:
    """A notebook that was opened and run; afterwards nothing untoward has happened."""
    with lab_page(browser, server, path, width=1280) as lab:
        title = lab.page.title()
        lab.run_all()
        assert lab.faults() == []
        yield lab
        assert lab.page.title().replace("*", "").strip() == title.replace("*", "").strip()
        trouble = lab.trouble
        assert (trouble.errors, trouble.dialogs, trouble.elsewhere) == ([], [], [])


def chooser(output: Any, name: str) -> Any:
    """A control of a cell's output, by the name before it."""
    return output.locator(
        ".widget-inline-hbox", has=output.page.locator("label", has_text=re.compile(f"^{name}$"))
    ).locator("select, input")


def shown(lab: Opened, words: str) -> None:
    """Wait until the controls say that something is shown."""
    status = lab.output("report.controls()").get_by_text(words)
    status.wait_for(timeout=60_000)


@pytest.mark.parametrize("name", [name for name in SECTIONS if name != "failure_trends"])
def test_every_section_of_a_notebook_is_shown(browser: Any, server: Server, name: str) -> None:
    """After Run All: no error, tables, charts with a description, and the controls."""
    with run(browser, server, f"{name}.ipynb") as lab:
        for code in SECTIONS[name][:-1]:
            shows = lab.output(code).locator("table, img, strong, pre, input, ol, p, summary")
            shows.locator("visible=true").first.wait_for()
        pictures = lab.page.locator(".jp-OutputArea-output img")
        assert pictures.count() >= 1
        assert all(len(p.get_attribute("alt") or "") > 30 for p in pictures.all())
        assert chooser(lab.output("report.controls()"), "since").input_value() in ("7d", "14d")


def test_a_control_redraws_headline_tables_and_charts(browser: Any, server: Server) -> None:
    """Without a cell being run; a wrong value is told in a line, and what was shown stays."""
    with run(browser, server, "failure_trends.ipynb") as lab:
        controls, headline = lab.output("report.controls()"), lab.output("report.headline()")
        by_code = lab.output("report.by_code()")
        before = headline.locator("img").first.get_attribute("src")
        assert "AADSTS50126" in headline.text_content()

        chooser(controls, "app").select_option(label="Slack (1 user)")
        shown(lab, "app = Slack")

        assert "on Slack since 8 Oct 2026" in headline.text_content()
        assert by_code.locator("tbody tr").count() == 1
        assert headline.locator("img").first.get_attribute("src") != before
        assert "Slack" in lab.output("report.failures()").locator("tbody").text_content()

        since = chooser(controls, "since")
        since.fill("7 parsecs")
        since.press("Enter")
        controls.get_by_text("since: '7 parsecs' is no time").wait_for()

        assert "Still shown: source = sample, since = 7d" in controls.text_content()
        assert "on Slack since 8 Oct 2026" in headline.text_content()
        assert lab.faults() == []


def test_a_table_sorts_filters_and_pages(browser: Any, server: Server) -> None:
    """By its controls alone; a day chosen beside the chart narrows it; a failure opens."""
    with run(browser, server, "failure_trends.ipynb") as lab:
        output = lab.output("report.failures()")
        rows = output.locator("tbody tr")
        assert rows.count() == 10
        output.get_by_text("page 1 of 20").wait_for()
        output.get_by_role("button", name="›").click()
        output.get_by_text("(11 to 20 of 200)").wait_for()

        chooser(output, "Sort by").select_option(label="user")
        output.get_by_text("(1 to 10 of 200)").wait_for()
        users = [row.locator("td").nth(3).text_content() for row in rows.all()]
        assert users == sorted(users)
        assert users[0] > ""

        chooser(output, "Day").select_option(label="2026-10-27 (84)")
        output.get_by_text(re.compile(r"\(1 to 10 of \d\d\)")).wait_for()
        assert {(row.locator("td").nth(0).text_content())[:10] for row in rows.all()} == {
            "2026-10-27"
        }

        chooser(output, "Hour").select_option(index=1)
        hour = chooser(output, "Hour").locator("option").nth(1).text_content()
        chooser(output, "Day").select_option(label="2026-10-28 (0)")
        rows.filter(has_text="2026-10-28").first.wait_for()
        assert hour.startswith("2026-10-27")
        assert {row.locator("td").nth(0).text_content()[:10] for row in rows.all()} == {
            "2026-10-28"
        }
        chooser(output, "Day").select_option(label="2026-10-27 (84)")
        rows.filter(has_text="2026-10-27").first.wait_for()

        words = output.get_by_placeholder("only rows with these words")
        words.fill("ivo.orrelby")
        words.press("Enter")
        output.get_by_text(re.compile(r"out of \d\d\)")).wait_for()
        assert all("ivo.orrelby" in row.text_content() for row in rows.all())

        chooser(output, "Open").select_option(index=1)
        output.get_by_text("The other events of its transaction").wait_for()
        said = output.text_content()
        assert "Vendor says" in said
        assert "Owner" in said
        assert "You should see" in said
        raw = output.locator("details pre")
        assert not raw.is_visible()
        output.get_by_text("The event as Okta sent it, JSON").click()
        assert '"eventType": "application.provision' in raw.text_content()


# The provider's summary lists no failures; its texts are those of the others.
@pytest.mark.parametrize("name", [name for name in SECTIONS if name != "orgs"])
def test_hostile_text_stays_text_whatever_is_turned(
    browser: Any, server: Server, name: str
) -> None:
    """In cells, lists to choose from, details and pictures: no dialog, request, link or sum."""
    with run(browser, server, f"hostile/{name}.ipynb") as lab:
        output = lab.output("report.failures()")
        chooser(output, "Open").select_option(index=1)
        output.get_by_text("The event as Okta sent it, JSON").click()
        chooser(output, "Sort by").select_option(index=2)
        if name != "user_history":
            app = chooser(lab.output("report.controls()"), "app")
            app.select_option(index=1)
            shown(lab, "app = <img src=x")

        outputs = lab.page.locator(".jp-OutputArea-output")
        assert (
            outputs.locator("script, mjx-container, iframe, a[href*=evil], img[src^=x]").count()
            == 0
        )
        assert outputs.get_by_text("<img src=x onerror=").count() > 0
        assert not re.search("[\x1b\u202e]", "".join(outputs.all_text_contents()))
        assert lab.faults() == []
