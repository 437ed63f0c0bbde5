"""The notebooks are kept without outputs, and run as they are."""

from __future__ import annotations

import ast
import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

import kit
from kit.base.paths import NOTEBOOKS, SAMPLE
from kit.reports import Report, run_report

if TYPE_CHECKING:
    from pathlib import Path

OUTAGE = ("AADSTS50126", "8 still failing")
HEADLINES = {
    "error_code": (*OUTAGE, "quiet", "One broken connection"),
    "failure_trends": OUTAGE,
    "orgs": ("No broken connection seen in 1 org",),
    "remediation": (*OUTAGE, "28 Oct 2026, 15:20 UTC holds"),
    "user_history": ("corvin.marrowmere@example.com: 3 of 3", "profile push on Slack"),
}
"""What each notebook says of the sample."""

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """Every notebook run into a report on the sample, once."""
    out = tmp_path_factory.mktemp("out")
    return {path.stem: run_report(path, {}, out=out) for path in PATHS}


class _Page(HTMLParser):
    """The tags, pictures and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.alts: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what could run, load or lack a description."""
        found = dict(attrs)
        self.tags.add(tag)
        if tag == "img":
            self.alts.append(found.get("alt") or "")
        self.addresses += [v for k in ("src", "srcset", "data") if (v := found.get(k))]
        if tag == "link":
            self.addresses.append(found.get("href") or "")

    def handle_data(self, data: str) -> None:
        """Collect the text."""
        self.text += data


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_clean_and_holds_no_logic(path: Path) -> None:
    """No outputs, one tagged parameters cell, and calls alone."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert len(tagged) == 1
    assert all("#" in line for line in tagged[0].source.splitlines())
    for cell in code:
        for node in ast.walk(ast.parse(cell.source)):
            logic = (ast.For, ast.While, ast.If, ast.FunctionDef, ast.ClassDef, ast.Lambda)
            assert not isinstance(node, (*logic, ast.comprehension))


@pytest.mark.parametrize("name", [path.stem for path in PATHS])
def test_a_notebook_runs_on_the_sample_as_it_is(reports: dict[str, Report], name: str) -> None:
    """Without a warning, and its summary has results."""
    report = reports[name]

    facts = json.loads((report.folder / "summary.json").read_text(encoding="utf-8"))
    executed = nbformat.read(report.folder / "notebook.ipynb", as_version=4)
    assert (report.status, report.error) == ("ok", None)
    assert all(words in facts["headline"] for words in HEADLINES[name])
    # All that the sample holds has lines that cannot be read; its last week has none.
    unread = 1 if name == "user_history" else 0
    assert (facts["coverage"]["skipped"], facts["coverage"]["complete"]) == (unread, not unread)
    assert not [
        o for c in executed.cells for o in c.get("outputs", []) if o.output_type == "stream"
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"app": "Slack"}, "No failures on Slack between"),
        ({"code": "HTTP_429"}, "No failures with HTTP_429 between"),
        ({"app": "Slack", "code": "HTTP_429"}, "No failures with HTTP_429 on Slack between"),
    ],
    ids=["app", "code", "both"],
)
@pytest.mark.parametrize("report", [kit.remediation_report, kit.error_code_report])
def test_what_was_asked_for_is_named_where_it_did_not_fail(
    report: Any, asked: dict[str, str], said: str
) -> None:
    """Slack had a good day on 6 October, read whole from nine on; nothing was open from before."""
    answer = report("sample", since="2026-10-06T09:00Z", until="2026-10-07", **asked)

    assert answer.headline_text.startswith(said)


@pytest.mark.parametrize("name", [path.stem for path in PATHS])
def test_a_page_needs_no_network_and_describes_its_pictures(
    reports: dict[str, Report], name: str
) -> None:
    """No script, nothing fetched, alt text with numbers, no code."""
    page = _Page(reports[name].page.read_text(encoding="utf-8"))

    assert not page.tags & {"script", "link", "iframe", "object", "embed", "svg"}
    assert all(address.startswith("data:image/") for address in page.addresses)
    assert page.alts
    assert all(any(c.isdigit() for c in alt) and len(alt) > 30 for alt in page.alts)
    assert "import kit" not in page.text
    assert "nan" not in page.text.split()


@pytest.mark.parametrize("name", [path.stem for path in PATHS])
def test_a_page_is_small_and_lists_its_sections(reports: dict[str, Report], name: str) -> None:
    """Under 2 MB, and each section is in its contents."""
    text = reports[name].page.read_text(encoding="utf-8")
    sections = text.count("<h2") - text.count('<h2 id="what-changed"')
    contents = text.partition('aria-label="Contents"')[2].partition("</nav>")[0]

    assert len(text.encode()) < 2_000_000
    assert (
        contents.count("<li>") == sections > (4 if name in ("failure_trends", "remediation") else 1)
    )


def test_the_summaries_hold_what_is_promised(reports: dict[str, Report]) -> None:
    """The results of both notebooks, key by key."""

    def results(name: str) -> dict[str, Any]:
        text = (reports[name].folder / "summary.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)["results"]
        return found

    truth = json.loads((SAMPLE.parent / "truth.json").read_text(encoding="utf-8"))["outage"]
    trends, remediation = results("failure_trends"), results("remediation")
    assert list(trends) == ["totals", "by_code"]
    assert list(trends["totals"]) == ["failures", "attempts", "rate", "users"]
    row = (
        "app code family failures events users first_seen last_seen state still_failing recovered "
        "since"
    )
    assert list(trends["by_code"][0]) == row.split()
    assert trends["by_code"][0]["users"] == truth["affected"]
    assert (
        list(remediation)
        == (
            "app code onset change blast_radius affected still_failing recovered "
            "failed_deactivations fix steps abandoned vendor common"
        ).split()
    )
    assert remediation["still_failing"] == truth["still_failing"]
    assert list(remediation["steps"][0]) == ["number", "title", "state", "evidence"]


def test_hostile_names_are_shown_as_text(reports: dict[str, Report]) -> None:
    """The sample holds a name that is a tag; the page shows it."""
    page = reports["failure_trends"].page.read_text(encoding="utf-8")

    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize(
    ("name", "given", "nearest"),
    [
        ("remediation", {"code": "AADSTS5012"}, "AADSTS50126"),
        ("user_history", {"user": "ivo.marowmere@example.com"}, "ivo.marrowmere@example.com"),
        ("failure_trends", {"app": "Slak"}, "Slack"),
    ],
)
def test_a_wrong_name_ends_a_report_as_a_wrong_parameter(
    tmp_path: Path, name: str, given: dict[str, str], nearest: str
) -> None:
    """The scheduler reads exit 2, a person the nearest right name."""
    report = run_report(NOTEBOOKS / f"{name}.ipynb", given, out=tmp_path)

    assert report.exit_code == 2
    assert f"Did you mean '{nearest}'?" in str(report.error)
