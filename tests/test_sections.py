"""A section is a value: its frames are there to take, and a cell's last line shows it."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import nbformat
import pandas as pd
import pytest

import kit
from factories import REFUSED, event
from kit.display.parts import Block, Chart, Facts, Headline, Links, Note, Steps
from kit.display.section import Section
from kit.display.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

ODD = "<script>alert(1)</script>\u202e"
ROWS = pd.DataFrame({"app": [f"app {number}" for number in range(60)]})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A file with failures of two users on one app."""
    path = tmp_path / "log.ndjson"
    events = [
        event("2026-10-27T09:00:00Z", reason=REFUSED, user="ada@example.com"),
        event("2026-10-27T09:02:00Z", reason=REFUSED, user="bo@example.com"),
    ]
    path.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    return path


def test_a_report_gives_its_sections_as_values_and_shows_nothing(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is counted is a DataFrame to go on with; a change of it changes no report."""

    def display(*_: Any, **__: Any) -> None:
        raise AssertionError("a view has no output")

    monkeypatch.setattr("kit.display.output.publish_display_data", display)
    report = kit.trends_report(str(log))

    frame = report.by_code().frame
    frame["users"] = 0

    assert report.by_code().frame[["code", "users", "failures"]].to_dict("records") == [
        {"code": "AADSTS50126", "users": 2, "failures": 2}
    ]
    assert [type(part).__name__ for part in report.by_code().parts] == ["Table"]
    assert list(report.failures().frame["user"]) == ["bo@example.com", "ada@example.com"]
    assert report.headline().text().startswith("✕ Broken now\n")
    assert report.summary().value["results"]["totals"]["failures"] == 2
    assert capsys.readouterr().out == ""


def test_a_frame_has_all_rows_however_few_are_shown() -> None:
    """The caption says how many there are; a section without a table has an empty frame."""
    section = Section((Note("First."), Table(ROWS, "Apps", most=5), Table(ROWS.head(2), "Two")))

    assert "(the first 5 of 60)" in section.html()
    assert [len(frame) for frame in section.frames] == [60, 2]
    assert section.frame.equals(ROWS)
    assert Section((Note("Nothing failed."),)).frame.empty


def test_a_section_cannot_be_changed() -> None:
    """It is what the report said when it was asked."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Section(()).name = "other"  # type: ignore[misc]


def test_a_step_that_is_done_shows_its_evidence_and_folds_the_rest() -> None:
    lines = {"": "Press Save.", "Evidence": "Saved at 15:20."}
    items = [{"title": "A", "state": "done", **lines}, {"title": "B", "state": "to do", **lines}]
    done, to_do = Steps(items, folded={"done": "Evidence"}).html().split("<li>")[1:]

    shown, folded = done.split("<details>")
    assert "Saved at 15:20." in shown
    assert "Press Save." not in shown
    assert "Press Save." in folded
    assert "<details>" not in to_do
    assert "<details>" not in Steps(items[:1]).html()


@pytest.mark.parametrize(
    "part",
    [
        Headline(ODD),
        Note(ODD),
        Block(ODD, "Text"),
        Facts({"Name": ODD}),
        Steps([{"title": ODD, "state": "done", "": ODD}]),
        Steps([{"title": ODD, "state": "done", "": ODD, "Seen": ODD}], folded={"done": "Seen"}),
        Links([(ODD, "https://example.com")], ODD),
        Table(pd.DataFrame({ODD: [ODD]}), ODD),
    ],
    ids=lambda part: type(part).__name__,
)
def test_every_part_keeps_hostile_text_as_text(part: Any) -> None:
    """A part holds it as it came; its HTML runs nothing."""
    html = Section((part,)).html()

    assert "<script" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\ufffd" in html


def test_a_chart_is_drawn_when_it_is_shown_and_once() -> None:
    """A report that is only asked for its numbers draws nothing."""
    drawings = []

    def draw(rows: pd.DataFrame) -> tuple[Figure, str]:
        from matplotlib.figure import Figure

        drawings.append(len(rows))
        return Figure(figsize=(2, 1)), "sixty apps"

    section = Section((Chart(draw, ROWS),))
    assert (len(section.frame), drawings) == (60, [])

    bundle = section._repr_mimebundle_()

    assert bundle["text/plain"] == "sixty apps"
    assert 'alt="sixty apps" width="1142"' in bundle["text/html"]
    assert drawings == [60]


CELLS = """
import pandas as pd
from kit.base.errors import SourceError
from kit.display.parts import Chart, Note
from kit.display.section import Section
from kit.display.table import Table
def fault(rows):
    raise SourceError("shard 3: cannot be read.")
---
Section((Note("one"), Table(pd.DataFrame({"a": [1]}), "two")))
---
Section((Note("one"), Note("two")));
---
Section((Note("one"), Chart(fault, pd.DataFrame())))
"""


def test_a_cell_shows_its_last_section_and_fails_where_that_cannot_be_shown() -> None:
    """Each part is an output; a fault at showing is one line, and ends the notebook."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS.split("---")]
    notebook = nbformat.v4.new_notebook(cells=cells)

    with pytest.raises(CellExecutionError, match="shard 3: cannot be read"):
        NotebookClient(notebook, timeout=300).execute()

    _, shown, silent, failed = (cell.outputs for cell in notebook.cells)
    assert [one.output_type for one in shown] == ["display_data", "display_data"]
    assert shown[0].data["text/html"] == '<div class="mathjax_ignore"><p>one</p></div>'
    assert silent == []
    assert [one.output_type for one in failed] == ["display_data", "error"]
    assert [line.count("\n") for line in failed[1].traceback] == [0]
