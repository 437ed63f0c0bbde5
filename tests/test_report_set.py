"""``report all``: which reports belong together, and that they lead to each other."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from incident_histories import Attempt, failed, on

from commands import command, okta_kit
from factories import M365, event, write_export
from kit.base.errors import CoverageError, UsageError
from kit.commands.notebooks import find_notebook
from kit.commands.report_set import set_of
from kit.reports.execute import Limits
from kit.reports.job import ReportJob
from kit.reports.owners import Owner, read_owners

if TYPE_CHECKING:
    from collections.abc import Sequence

HISTORY = [
    failed(0.1, "a"),
    failed(0.2, "=b"),
    failed(0.3, "c", "deactivate"),
    on(1.5, "a"),
    replace(failed(8.2, "s"), app="Slack"),
    replace(failed(8.3, "v"), app="Box"),
    replace(on(8.4, "v"), app="Box"),
    replace(on(8.5, "u"), app="Slack"),
]
"""Fixed with two left, of whom one is a leaver; one left on Slack; over on Box."""


def job_on(folder: Path, history: Sequence[Attempt] = HISTORY, **more: Any) -> ReportJob:
    """A report of all that fails in a log."""
    path = write_export(folder / "log.ndjson", [one.event() for one in history])
    return ReportJob(
        notebook=find_notebook("failure_trends"),
        values={"source": str(path), "since": "7d", **more.pop("values", {})},
        limits=Limits(),
        **more,
    )


def cases(jobs: Sequence[ReportJob]) -> list[tuple[str, str]]:
    """The code and app of each ``remediation``."""
    return [(one.values["code"], one.values["app"]) for one in jobs if "code" in one.values]


def test_each_incident_that_is_not_over_has_its_page(tmp_path: Path) -> None:
    jobs = set_of(job_on(tmp_path), tmp_path / "copy")

    assert [one.notebook.stem for one in jobs] == ["failure_trends", *["remediation"] * 2]
    assert sorted(cases(jobs)) == [
        ("AADSTS50126", "Microsoft Office 365"),
        ("AADSTS50126", "Slack"),
    ]
    windows = {(one.values["since"], one.values["until"]) for one in jobs}
    assert windows == {("2026-03-03T12:00:00Z", "2026-03-10T12:00:00.001Z")}


def test_an_incident_from_before_a_narrow_window_has_its_page(tmp_path: Path) -> None:
    jobs = set_of(job_on(tmp_path, values={"since": "1h"}), tmp_path / "copy")
    assert ("AADSTS50126", "Microsoft Office 365") in cases(jobs)


def test_one_app_alone_has_its_pages_alone(tmp_path: Path) -> None:
    jobs = set_of(job_on(tmp_path, values={"app": "slack"}), tmp_path / "copy")
    assert cases(jobs) == [("AADSTS50126", "Slack")]
    assert jobs[0].values["app"] == "slack"


def test_a_time_zone_is_that_of_every_page(tmp_path: Path) -> None:
    jobs = set_of(job_on(tmp_path, values={"timezone": "Europe/Berlin"}), tmp_path / "copy")
    assert [one.values["timezone"] for one in jobs] == ["Europe/Berlin"] * 3


def test_two_apps_of_one_name_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    events = [
        event(
            f"2026-03-02T0{n}:00:00Z",
            type_="application.provision.user.push",
            result="FAILURE",
            reason=failed(0).event()["outcome"]["reason"],
            user=f"u{n}@example.com",
            app={**M365, "id": f"0oaInstance{n}"},
        )
        for n in (1, 2)
    ]
    path = write_export(tmp_path / "two.ndjson", events)
    job = replace(job_on(tmp_path), values={"source": str(path)})

    jobs = set_of(job, tmp_path / "copy")

    assert {app for _, app in cases(jobs)} == {"0oaInstance1", "0oaInstance2"}


def test_one_change_is_told_once(tmp_path: Path) -> None:
    jobs = set_of(job_on(tmp_path, notify=("json://hook",)), tmp_path / "copy")
    assert [one.notify_on for one in jobs] == ["change", "failure", "failure"]
    assert {one.notify for one in jobs} == {("json://hook",)}

    shown = set_of(
        job_on(tmp_path, notify=("json://hook",), notify_preview=True), tmp_path / "again"
    )
    assert [(one.notify_preview, one.notify) for one in shown[1:]] == [(False, ())] * 2


def test_a_window_that_is_not_covered_ends_the_whole_set(tmp_path: Path) -> None:
    job = job_on(tmp_path, values={"since": "90d"}, require_complete=True)
    with pytest.raises(CoverageError, match="does not cover"):
        set_of(job, tmp_path / "copy")


def test_an_owner_has_a_report_of_the_apps_that_the_log_knows(tmp_path: Path) -> None:
    notes: list[str] = []
    ada = Owner(name="Ada", apps=("slack", "Slak"), notices=("json://ada",))
    owners = [ada, Owner(name="Bo", apps=("Zoom",))]

    *_, mine = set_of(job_on(tmp_path), tmp_path / "copy", owners, notes.append)

    assert mine.owner
    assert (mine.owner.name, mine.owner.app_keys, mine.notify) == (
        "Ada",
        ("0oaSlack",),
        ("json://ada",),
    )
    assert [note.partition(":")[0] for note in notes] == ["Ada", "Bo"]
    assert "Did you mean 'Slack'?" in notes[0]


def test_the_table_of_owners_is_read_as_people_write_it(tmp_path: Path) -> None:
    path = tmp_path / "owners.csv"
    path.write_text(
        "\ufeffOwner,App ,Notice,Contact\n"
        "Ada,Slack,json://a json://b,\n\n"
        'ada ,"Box, EU",json://a,ada@example.com\n'
        "Bo,Zoom\n",
        encoding="utf-8",
    )
    ada, bo = read_owners(path)
    assert (ada.name, ada.apps, ada.contact) == ("Ada", ("Slack", "Box, EU"), "ada@example.com")
    assert (ada.notices, bo.apps) == (("json://a", "json://b"), ("Zoom",))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no app and owner"),
        ("application,team\nSlack,Ada\n", "names no app and owner"),
        ("app,owner\n", "names nobody"),
        ("app,owner\nSlack,\n", "line 2 names no owner"),
        ("app,owner\n,Ada\n", "line 2 names no app"),
    ],
)
def test_a_table_that_says_nothing_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "owners.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=says):
        read_owners(tmp_path / "owners.csv")


@pytest.mark.parametrize(
    ("words", "exit_code", "says"),
    [
        (("all", "remediation"), 2, "stands alone"),
        (("failure_trends", "--owners", "x.csv"), 2, "belongs to okta-kit report all"),
        (("all", "--owners", "none.csv"), 2, "none.csv: cannot be read"),
        (("all", "--source", "none.ndjson"), 3, "no such file"),
        (("all", "-p", "days=3"), 2, "no such parameter"),
    ],
)
def test_a_set_that_cannot_be_made_says_so_in_a_line(
    tmp_path: Path, words: tuple[str, ...], exit_code: int, says: str
) -> None:
    done = command("report", *words, "--out", tmp_path)
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def dead_links(out: Path) -> list[tuple[str, str]]:
    """The relative links of all pages that lead to no file or no place in it."""
    dead = []
    for page in out.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        for href in re.findall(r'<a\b[^>]*\bhref="([^"]*)"', html):
            if href.startswith(("https:", "http:", "mailto:")):
                continue
            path, _, place = unquote(href).partition("#")
            target = page.parent / path if path else page
            if not target.is_file() or (place and f'id="{place}"' not in target.read_text("utf-8")):
                dead.append((page.name, href))
    return dead


@pytest.mark.slow
def test_the_set_is_linked_and_each_owner_sees_their_own_apps_alone(tmp_path: Path) -> None:
    job, out = job_on(tmp_path), tmp_path / "out"
    (tmp_path / "owners.csv").write_text("app,owner,contact\nSlack,Ada,ada@example.com\n")
    options = ("--source", job.values["source"], "--since", "7d", "--out", out, "-j", "2")

    done = okta_kit("report", "all", *options, OKTA_KIT_OWNERS=str(tmp_path / "owners.csv"))

    assert done.returncode == 0, done.stderr
    pages = [Path(line) for line in done.stdout.splitlines()]
    assert pages[-1] == out / "index.html"
    facts = {page: json.loads((page.parent / "summary.json").read_text()) for page in pages[:-1]}
    (owned,) = [page for page, one in facts.items() if one.get("owner")]
    (trends,) = [
        page for page, one in facts.items() if one["notebook"] == "failure_trends" and page != owned
    ]
    steps = [page for page, one in facts.items() if one["notebook"] == "remediation"]
    assert len(steps) == 2
    assert dead_links(out) == []
    index, start = pages[-1].read_text("utf-8"), trends.read_text("utf-8")
    assert index.count("data-condition=") > 0
    assert 'data-do-next=""' in index
    for page in steps:
        name = page.parent.name
        assert f'href="../../remediation/{name}/report.html"' in start
        assert f'href="remediation/{name}/report.html"' in index
        assert 'href="../../index.html"' in page.read_text("utf-8")
        assert "retry.csv" in {one.name for one in page.parent.iterdir()}
        rows = list(csv.reader((page.parent / "retry.csv").read_text().splitlines()))
        incident = next(
            one for one in facts[page]["incidents"] if one["app"] == facts[page]["results"]["app"]
        )
        assert {row[0].lstrip("'") for row in rows[1:]} == set(incident["left"])

    assert [one["app"] for one in facts[owned]["incidents"]] == ["Slack"]
    text = owned.read_text("utf-8")
    assert "For Ada (ada@example.com): Slack alone." in text
    assert "c@example.com" not in text
    assert owned.parent != trends.parent
    assert "ada@example.com" not in index


@pytest.mark.slow
def test_a_set_without_names_is_linked_and_hides_the_owner_too(tmp_path: Path) -> None:
    job, out = job_on(tmp_path), tmp_path / "out"
    table = tmp_path / "owners.csv"
    table.write_text("app,owner,contact\nSlack,Ada Example,ada@example.com\n")
    options = ("--source", job.values["source"], "--out", out, "-j", "2", "--redact")

    done = okta_kit(
        *("report", "all", "--owners", table, *options),
        OKTA_KIT_REDACT_KEY=str(tmp_path / "key.json"),
    )

    assert done.returncode == 0, done.stderr
    assert dead_links(out) == []
    files = [path for path in out.rglob("*") if path.suffix in {".html", ".json", ".csv", ".ipynb"}]
    assert len(files) > 8
    for path in files:
        text = path.read_text("utf-8")
        for name in ("c@example.com", "Ada Example", "ada@example.com", str(tmp_path)):
            assert name not in text, path
    (trends,) = [
        path.parent
        for path in out.glob("failure_trends/*/summary.json")
        if "owner" not in json.loads(path.read_text("utf-8"))
    ]
    assert (trends / "report.html").read_text("utf-8").count("../../remediation/") >= 2
