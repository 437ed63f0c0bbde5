"""A page links to the reports that lie there, and to no other."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from kit.display.ways import way_in_html, way_to
from kit.reports.index import reports, write_index
from kit.reports.upkeep import prune
from kit.reports.ways import find_report, with_links

if TYPE_CHECKING:
    from pathlib import Path

CODE = way_to("remediation", {"code": "AADSTS50126", "app": "Slack & Co \u202e"})


def run(folder: str, **facts: Any) -> dict[str, Any]:
    """A report's summary, as far as links need it."""
    until = facts.pop("until", "2026-10-28T00:00:00Z")
    since = facts.pop("since", "2026-10-21T00:00:00Z")
    return {
        "notebook": folder.partition("/")[0],
        "status": "ok",
        "started": "2026-10-28T06:00:00Z",
        "kit_version": "0",
        "window": {"since": since, "until": until},
        "source": "lake",
        "parameters": {"source": "lake"},
        "results": {},
        "folder": folder,
        **facts,
    }


TRENDS = run("failure_trends/2026-10-28T00-00-00Z-00000001")
CASE = {"code": "AADSTS50126", "app": "Slack & Co \u202e"}


def test_a_way_leads_to_the_report_of_the_same_code_app_source_and_window() -> None:
    mine = run("remediation/a", parameters={**CASE, "source": "lake"})
    others = [
        run("remediation/b", parameters={**CASE, "code": "AADSTS700016"}),
        run("remediation/c", parameters={**CASE, "app": "Slack"}),
        run("remediation/d", parameters=CASE, until="2026-10-29T00:00:00Z"),
        run("remediation/e", parameters=CASE, source="other"),
        run("remediation/f", parameters=CASE, redacted=True),
        run("error_code/g", parameters=CASE),
        run("remediation/h", parameters=CASE, owner={"name": "Ada"}),
    ]
    assert find_report(CODE, TRENDS, others) is None
    assert (find_report(CODE, TRENDS, [*others, mine]) or {})["folder"] == "remediation/a"


def test_what_a_report_chose_by_itself_counts_as_asked_for() -> None:
    chosen = run("remediation/a", parameters={"code": "", "app": ""}, results=CASE)
    narrower = run("remediation/b", parameters={**CASE, "fixed": "2026-10-27"})
    assert (find_report(CODE, TRENDS, [narrower, chosen]) or {})["folder"] == "remediation/a"


@pytest.mark.parametrize("app", ["", "(no app)", "Okta sign-in"])
def test_a_code_without_an_app_leads_to_its_page_and_no_app_s(app: str) -> None:
    way = way_to("remediation", {"code": "deny_push", "app": app})
    no_app = run("remediation/a", parameters={"code": "deny_push"}, results={"app": app})
    on_app = run("remediation/b", parameters={"code": "deny_push"}, results={"app": "Slack"})
    assert (find_report(way, TRENDS, [on_app, no_app]) or {})["folder"] == "remediation/a"
    assert find_report(way, TRENDS, [on_app]) is None


def test_an_apps_report_is_not_that_of_all() -> None:
    of_app = run("failure_trends/b", parameters={"app": "Slack"})
    of_kind = run("failure_trends/c", parameters={"kind": "not_found"})
    page = run("remediation/a", parameters=CASE)
    assert find_report("failure_trends?", page, [of_app, of_kind]) is None
    assert find_report("failure_trends?", page, [of_app, TRENDS]) is not None


def test_a_mark_becomes_a_link_and_words_again() -> None:
    html = f"<td>{way_in_html(CODE, '<b>AADSTS50126</b>')}</td>"
    target = run("remediation/a b", parameters=CASE)

    linked = with_links(html, TRENDS, [TRENDS, target])

    assert 'href="../../remediation/a%20b/report.html"' in linked
    assert with_links(linked, TRENDS, [TRENDS, target]) == linked
    assert with_links(linked, TRENDS, [TRENDS]) == html


PAGE = "".join(way_in_html(one, one) for one in ("index", "previous", "next", CODE))


def keep(out: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Put a report where it would be made."""
    folder = out / facts["folder"]
    folder.mkdir(parents=True)
    (folder / "report.html").write_text(PAGE, encoding="utf-8")
    kept = {name: value for name, value in facts.items() if name != "folder"}
    (folder / "summary.json").write_text(json.dumps(kept), encoding="utf-8")
    write_index(out, [facts])
    return facts


def links(out: Path, folder: str) -> list[str]:
    """Where a page leads; each link must lead to a file."""
    page = out / folder / "report.html"
    hrefs = re.findall(r'href="([^"]*)"', page.read_text(encoding="utf-8"))
    assert all((page.parent / href).is_file() for href in hrefs)
    return [href.removeprefix("../../").removesuffix("/report.html") for href in hrefs]


def test_links_come_and_go_with_the_reports(tmp_path: Path) -> None:
    """Also on pages that were made before, and that stay."""
    days = ["2026-10-27", "2026-10-28", "2026-10-29"]
    series = {
        day: run(
            f"failure_trends/{day}T00-00-00Z-00000001",
            until=f"{day}T00:00:00Z",
            started=f"{day}T06:00:00Z",
        )
        for day in days
    }
    first, middle, last = series.values()
    for one in (middle, last, first):
        keep(tmp_path, one)
    assert links(tmp_path, middle["folder"]) == ["index.html", first["folder"], last["folder"]]
    assert links(tmp_path, first["folder"]) == ["index.html", middle["folder"]]

    case = keep(tmp_path, run("remediation/2026-10-28T00-00-00Z-00000002", parameters=CASE))
    assert links(tmp_path, middle["folder"])[-1] == case["folder"]
    assert case["folder"] not in links(tmp_path, last["folder"])

    from kit.base.times import parse_iso

    gone = prune(tmp_path, parse_iso("2026-10-28"))
    assert [one["folder"] for one in gone] == [first["folder"]]
    assert links(tmp_path, middle["folder"]) == ["index.html", last["folder"], case["folder"]]
    assert len(reports(tmp_path)) == 3


def test_a_run_without_a_window_leads_to_the_index(tmp_path: Path) -> None:
    facts = run("own/no-window-00000001", window={})
    keep(tmp_path, facts)
    assert links(tmp_path, facts["folder"]) == ["index.html"]
