"""``okta-kit new --blank``: a notebook of one's own that has what a report needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import kit
from commands import command
from factories import REFUSED, event, write_export
from kit.reports import run_report
from kit.reports.investigations import BLANK

if TYPE_CHECKING:
    from pathlib import Path


def test_the_blank_notebook_becomes_a_report_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a first screen, a table, a picture, and what machines read."""
    source = write_export(tmp_path / "log.ndjson", [event(reason=REFUSED)])
    monkeypatch.chdir(tmp_path)

    done = command("new", "--blank", "who-was-it", "--source", source)

    assert (done.returncode, done.stderr) == (0, "")
    (copy,) = (tmp_path / "investigations").glob("*-who-was-it.ipynb")
    report = run_report(copy, {}, out=tmp_path / "out")
    facts = json.loads((report.folder / "summary.json").read_text(encoding="utf-8"))
    assert (report.exit_code, facts["headline"]) == (0, "Failures: 1, of users: 1.")
    assert facts["results"] == {"failures": 1}
    assert facts["condition"] != "cannot_tell"
    page = report.page.read_text(encoding="utf-8")
    for part in ("data-condition=", "Failures by app", "<img ", "What this page cannot see"):
        assert part in page


def test_a_name_is_all_that_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one is a mistake."""
    monkeypatch.chdir(tmp_path)

    done = command("new", "--blank", "one", "two")

    assert done.returncode == 2
    assert "takes one name, and 'two' is a second one" in done.stderr


def test_an_empty_window_is_a_report_too() -> None:
    """Nothing is drawn, and nothing fails."""
    report = kit.own_report("sample", since="2026-10-05", until="2026-10-05T00:00:01")
    failures = kit.failures(report.log, report.window)

    assert failures.empty
    assert "Nothing to draw" in report.chart(failures).text()


def test_what_somebody_else_wrote_is_escaped() -> None:
    """In a sentence and in a table of one's own."""
    report = kit.own_report("sample", since="7d")
    rows = pd.DataFrame({"user": ["<script>alert(1)</script>"]})

    pages = [report.headline("<b>x</b>").html(), report.table(rows, "<i>rows</i>").html()]

    assert not any(tag in page for page in pages for tag in ("<script", "<b>x", "<i>rows"))


def test_the_template_keeps_no_outputs() -> None:
    """As the kit's own notebooks do."""
    cells = json.loads(BLANK.read_text(encoding="utf-8"))["cells"]

    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
