"""``okta-kit new``: a notebook copied into a case."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import REFUSED, event
from kit.base.errors import SourceError, UsageError
from kit.base.parameters import read_parameters
from kit.base.paths import NOTEBOOKS
from kit.reports import run_report
from kit.reports.investigations import begin

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = date(2026, 11, 2)

CELL = """\
from typing import Literal
süd: str = "é"; days: int = 3  # how many
names: list[str] = [  # whose
    "a",
    "b",
]
bucket: Literal["hour", "day"] = "hour"  # of the chart
fast = False  # no type
pair: tuple[int, int] = (1, 2)  # kept as it is written
"""


def notebook(path: Path, *cells: dict[str, Any]) -> Path:
    """Write a notebook with these cells."""
    made = nbformat.v4.new_notebook(cells=list(cells))
    nbformat.write(made, path)
    return path


def tagged(source: str) -> Any:
    """A parameters cell."""
    return nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})


def code(path: Path) -> list[str]:
    """The sources of a notebook's code cells."""
    return [c.source for c in nbformat.read(path, 4).cells if c.cell_type == "code"]


def test_the_command_prints_the_path_of_a_copy_that_is_set_and_closed(tmp_path: Path) -> None:
    """The date is in its name; types and comments stay; the kit's own notebook stays clean."""
    before = (NOTEBOOKS / "remediation.ipynb").read_bytes()
    words = ["remediation", "Tuesday outage", "-p", "code=AADSTS50126", "--since", "7d"]
    done = subprocess.run(
        [sys.executable, "-m", "kit", "new", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(NOTEBOOKS.parent)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    (path,) = (tmp_path / "investigations").iterdir()
    assert done.stdout == f"investigations/{path.name}\n"
    assert path.name.endswith("-Tuesday-outage.ipynb")
    assert date.fromisoformat(path.name[:10])
    cell = next(source for source in code(path) if source.startswith("source"))
    lines = [line.split("  # ")[0] for line in cell.splitlines()]
    assert lines == [
        'source: str = "sample"',
        'since: str = "2026-10-25T17:00:13.163Z"',
        'until: str = "2026-11-01T17:00:13.164Z"',
        'code: str = "AADSTS50126"',
        'app: str = ""',
        'fixed: str = ""',
        'timezone: str = ""',
    ]
    assert {n: p.help for n, p in read_parameters(path).items()} == {
        n: p.help for n, p in read_parameters(NOTEBOOKS / "remediation.ipynb").items()
    }
    assert (NOTEBOOKS / "remediation.ipynb").read_bytes() == before


def test_a_copy_runs_into_a_report_and_says_what_its_notebook_says(tmp_path: Path) -> None:
    """On the same window."""
    copy = begin(NOTEBOOKS / "failure_trends.ipynb", {}, folder=tmp_path, day=DAY)

    made = run_report(copy, {}, out=tmp_path / "reports")

    assert (made.status, made.facts["notebook"]) == ("ok", "2026-11-02-failure_trends")
    assert made.facts["window"] == {
        "since": "2026-10-25T17:00:13.163Z",
        "until": "2026-11-01T17:00:13.164Z",
    }
    assert "8 still failing" in str(made.headline)


def test_an_export_is_named_in_full(
    tmp_path: Path, log_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """JupyterLab runs a notebook in the folder it lies in, a report elsewhere."""
    log_of(event("2026-10-27T09:05:00Z", reason=REFUSED))
    monkeypatch.chdir(tmp_path)

    copy = begin(
        NOTEBOOKS / "failure_trends.ipynb",
        {"source": "log.ndjson", "since": ""},
        folder=Path("investigations"),
        day=DAY,
    )

    found = {name: one.default for name, one in read_parameters(copy).items()}
    assert found["source"] == str(tmp_path / "log.ndjson")
    assert (found["since"], found["until"]) == (
        "2026-10-27T09:05:00Z",
        "2026-10-27T09:05:00.001Z",
    )


def test_links_lead_back_and_outputs_stay_behind(tmp_path: Path) -> None:
    """Links to files beside the notebook, and no others, are turned."""
    (tmp_path / "own" / "deep er").mkdir(parents=True)
    for name in ("own/other.ipynb", "own/deep er/note.md"):
        (tmp_path / name).write_text("{}")
    text = (
        "[o](other.ipynb#Part) ![p](<deep%20er/note.md>) [w](https://example.com/other.ipynb)\n"
        "[gone](gone.ipynb) [here](#part) [abs](/etc/passwd) `other.ipynb` [r]\n\n"
        "[r]: other.ipynb\n"
    )
    ran = nbformat.v4.new_code_cell("1 + 1", execution_count=3)
    ran.outputs = [nbformat.v4.new_output("stream", text="2")]
    injected = nbformat.v4.new_code_cell("x = 2", metadata={"tags": ["injected-parameters"]})
    path = notebook(
        tmp_path / "own" / "mine.ipynb", nbformat.v4.new_markdown_cell(text), ran, injected
    )

    copy = nbformat.read(begin(path, {}, folder=tmp_path / "cases", day=DAY), 4)

    assert copy.cells[0].source == (
        "[o](../own/other.ipynb#Part) ![p](<../own/deep%20er/note.md>) "
        "[w](https://example.com/other.ipynb)\n"
        "[gone](gone.ipynb) [here](#part) [abs](/etc/passwd) `other.ipynb` [r]\n\n"
        "[r]: ../own/other.ipynb\n"
    )
    assert (copy.cells[1].outputs, copy.cells[1].execution_count) == ([], None)
    assert len(copy.cells) == 2


def test_values_stand_where_the_defaults_stood(tmp_path: Path) -> None:
    """Over several lines, behind letters of two bytes, and only those that differ."""
    path = notebook(tmp_path / "mine.ipynb", tagged(CELL))
    given = {"süd": 'say "ß"', "names": "x,y", "fast": "yes", "bucket": "day", "days": "3"}

    copy = begin(path, given, name="case.ipynb", folder=tmp_path, day=DAY)

    assert copy == tmp_path / "2026-11-02-case.ipynb"
    assert code(copy) == [
        "from typing import Literal\n"
        'süd: str = "say \\"ß\\""; days: int = 3  # how many\n'
        "names: list[str] = ['x', 'y']\n"
        'bucket: Literal["hour", "day"] = "day"  # of the chart\n'
        "fast = True  # no type\n"
        "pair: tuple[int, int] = (1, 2)  # kept as it is written\n"
    ]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_read_back_as_it_was_given(text: str) -> None:
    """A value is text in the copy, never code."""
    with TemporaryDirectory() as folder:
        path = notebook(Path(folder, "mine.ipynb"), tagged('name: str = ""  # whose\n'))
        (cell,) = code(begin(path, {"name": text}, folder=Path(folder, "cases"), day=DAY))
    scope: dict[str, Any] = {}
    exec(cell, scope)

    assert scope["name"] == text


def test_nothing_is_written_over_and_a_case_is_copied_into_another(tmp_path: Path) -> None:
    """The second of a day needs a name of its own."""
    path = notebook(tmp_path / "mine.ipynb", tagged("x: int = 1  # any\n"))
    first = begin(path, {}, folder=tmp_path / "cases", day=DAY)
    first.write_text(first.read_text().replace("any", "mine now"))

    with pytest.raises(UsageError, match=r"2026-11-02-mine\.ipynb is there already"):
        begin(path, {"x": 2}, folder=tmp_path / "cases", day=DAY)
    assert "mine now" in first.read_text()
    later = begin(first, {"x": 2}, folder=tmp_path / "cases", day=date(2026, 11, 3))
    assert later.name == "2026-11-03-mine.ipynb"
    assert code(later) == ["x: int = 2  # mine now\n"]
    assert sorted(p.name for p in (tmp_path / "cases").iterdir()) == [first.name, later.name]


@pytest.mark.parametrize(
    ("given", "name", "fault", "said"),
    [
        ({"cod": "A"}, "", UsageError, "Did you mean 'code'?"),
        ({"since": "soon"}, "", UsageError, "soon"),
        ({"source": "gone.ndjson"}, "", SourceError, "gone.ndjson"),
        ({"api_token": "x"}, "", UsageError, "a secret is never a parameter"),
        ({}, "../escape", UsageError, "cannot be a file's name"),
        ({}, ".hidden", UsageError, "cannot be a file's name"),
    ],
)
def test_what_is_wrong_is_told_and_leaves_nothing(
    tmp_path: Path, given: dict[str, str], name: str, fault: type[Exception], said: str
) -> None:
    """As ``report`` tells it."""
    with pytest.raises(fault, match=said.replace("?", r"\?")):
        begin(NOTEBOOKS / "remediation.ipynb", given, name=name, folder=tmp_path / "i", day=DAY)

    assert not (tmp_path / "i").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """In one line."""
    (tmp_path / "file").write_text("")
    path = notebook(tmp_path / "mine.ipynb", tagged("x: int = 1  # any\n"))

    with pytest.raises(UsageError, match="cannot be written"):
        begin(path, {}, folder=tmp_path / "file", day=DAY)
    assert json.loads(path.read_text())["cells"]
