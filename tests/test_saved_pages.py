"""A notebook that was saved in JupyterLab, as nbconvert shows it: no widget is alive there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import nbformat
import pandas as pd
from nbconvert import HTMLExporter

import kit.display.output
import kit.display.widgets.slots
from kit.display import charts
from kit.display.output import show
from kit.display.parts import Chart, Parameters
from kit.display.section import Section
from kit.display.widgets.slots import display

if TYPE_CHECKING:
    import pytest

WEEK = pd.DataFrame({"weekday": [1], "hour": [9], "failures": [4]})


def page_of(outputs: list[dict[str, Any]]) -> str:
    """Outputs as nbconvert's own page shows them."""
    cell = nbformat.v4.new_code_cell(
        "report.controls()",
        outputs=[nbformat.v4.new_output("display_data", data=data) for data in outputs],
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    return str(HTMLExporter().from_notebook_node(notebook)[0])


def test_controls_are_the_values_that_they_were_set_to(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs: list[dict[str, Any]] = []
    monkeypatch.setattr(kit.display.widgets.slots, "publish_display_data", outputs.append)
    parameters = Parameters({"source": "sample", "app": "<b>Box</b>"})

    display(widgets.VBox(), parameters.html(), parameters.text())
    page = page_of(outputs)

    assert "Parameters: source = sample, app = &lt;b&gt;Box&lt;/b&gt;." in page


def test_a_picture_has_its_description_and_tells_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PNG would have none: nbconvert takes no description from a PNG's metadata."""
    outputs: list[dict[str, Any]] = []
    monkeypatch.setattr(
        kit.display.output, "publish_display_data", lambda data, **_: outputs.append(data)
    )

    show(Section((Chart(charts.times_of_day, WEEK),)))
    page = page_of(outputs)

    assert 'alt="4 failures by weekday and hour: most in the hour from 09:00 UTC (4)' in page
    assert "<title>Tue 09:00 to 10:00 UTC: 4 failures</title>" in page
    assert "No description has been provided" not in page
