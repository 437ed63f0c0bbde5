"""A kernel that is another Python, and a notebook that somebody else runs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from papermill import execute_notebook

from commands import okta_kit
from factories import event, write_export
from kit.base.paths import NOTEBOOKS
from kit.reports import run_report

if TYPE_CHECKING:
    from pathlib import Path

WITHOUT_KIT = """
import sys
class Finder:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "kit":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Finder())
"""
NO_KIT = [
    sys.executable,
    "-c",
    WITHOUT_KIT + "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()",
    "-f",
    "{connection_file}",
]


@pytest.fixture
def hub(tmp_path: Path) -> str:
    """A ``$JUPYTER_PATH`` whose kernel knows no kit."""
    kernel = tmp_path / "hub" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    spec = {"argv": NO_KIT, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    return str(tmp_path / "hub")


def test_a_report_names_a_kernel_that_has_no_kit(tmp_path: Path, hub: str) -> None:
    """In one line, with the command that makes it run."""
    source = write_export(tmp_path / "log.ndjson", [event()])
    done = okta_kit(
        "report", "failure_trends", "--source", source, "--out", tmp_path / "out", JUPYTER_PATH=hub
    )

    assert done.returncode == 15
    assert f"the kernel 'python3' is another Python ({sys.executable}), without" in done.stderr
    assert "Traceback" not in done.stderr
    (summary,) = (tmp_path / "out").glob("*/*/summary.json")
    assert json.loads(summary.read_text(encoding="utf-8"))["exit_code"] == 15


@pytest.mark.parametrize("cell", ["import kit\nkit.open_log()", "from kit.views import base"])
def test_a_notebook_of_ones_own_is_told_of_it_too(
    notebook: Any, tmp_path: Path, hub: str, cell: str
) -> None:
    """Whatever its first cell imports."""
    done = okta_kit("report", notebook(cell), "--out", tmp_path / "out", JUPYTER_PATH=hub)

    assert done.returncode == 15
    assert "another Python" in done.stderr


def test_the_doctor_finds_it_and_its_advice_helps(hub: str) -> None:
    """One command, as it stands there."""
    ill = okta_kit("doctor", JUPYTER_PATH=hub)
    failed, _, rest = ill.stdout.partition("FAIL  kernel")[2].partition("fix: ")
    assert "another Python" in failed

    advice = rest.splitlines()[0]
    words = shlex.split(advice.replace("okta-kit", f"{shlex.quote(sys.executable)} -m kit"))
    healthy = subprocess.run(
        ["env", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "JUPYTER_PATH": hub},
    )
    assert "ok    kernel" in healthy.stdout


def first_cells() -> dict[str, str]:
    """The first code cell of each notebook."""
    books = {path.name: nbformat.read(path, 4) for path in NOTEBOOKS.glob("*.ipynb")}
    return {
        name: next(cell.source for cell in book.cells if cell.cell_type == "code")
        for name, book in books.items()
    }


def test_the_first_cell_says_where_the_kit_comes_from_in_one_line(tmp_path: Path) -> None:
    """The same in each notebook, never by the name of a stranger's package."""
    cells = {cell.removeprefix("from typing import Literal\n\n") for cell in first_cells().values()}
    (cell,) = cells
    program = tmp_path / "cell.py"
    program.write_text(
        WITHOUT_KIT + "from IPython.core.interactiveshell import InteractiveShell\n"
        f"InteractiveShell.instance().run_cell({cell!r})\n"
    )
    (home := tmp_path / "okta kit" / "notebooks").mkdir(parents=True)
    (home.parent / "data").mkdir()
    (home.parent / "data" / "make_sample.py").touch()

    printed = {
        folder: subprocess.run(
            [sys.executable, program], cwd=folder, capture_output=True, text=True, check=True
        ).stdout
        for folder in (home, tmp_path)
    }

    assert f'Run: "{sys.executable}" -m pip install "{home.parent}" and' in printed[home]
    assert '-m pip install "PATH-OF-OKTA-KIT" and' in printed[tmp_path]
    assert [text.count("\n") for text in printed.values()] == [1, 1]


def test_plain_papermill_is_told_of_a_parameter_that_the_notebook_has_not(tmp_path: Path) -> None:
    """In the first output: a misspelt source would report on the sample in silence."""
    source = write_export(tmp_path / "log.ndjson", [event()])
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("import kit"),
            nbformat.v4.new_code_cell(
                f'source: str = {str(source)!r}\nsince: str = ""',
                metadata={"tags": ["parameters"]},
            ),
            nbformat.v4.new_code_cell("report = kit.trends_report(source, since=since)"),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )
    nbformat.write(book, tmp_path / "book.ipynb")

    texts = {}
    for name in ("sorce", "source"):
        ran = execute_notebook(
            tmp_path / "book.ipynb", None, {name: str(source)}, progress_bar=False
        )
        outputs = [out for cell in ran.cells for out in cell.get("outputs", [])]
        texts[name] = outputs[0]["data"]["text/plain"] if outputs else ""

    assert texts == {
        "sorce": (
            "This notebook has no parameter sorce, so it is left out. "
            "sorce: Did you mean 'source'? It has source, since."
        ),
        "source": "",
    }


@pytest.mark.parametrize(
    "cells",
    [
        ["import ipywidgets as w\nb = w.Button()\nb.on_click(lambda _: 1 / 0)", "b.click()"],
        ["import ipywidgets as w\nw.interact(lambda x: 1 / 0, x=3)"],
        ["import ipywidgets as w\nout = w.Output()", "with out:\n    1 / 0"],
    ],
    ids=["click", "interact", "output"],
)
def test_an_error_in_a_callback_of_a_widget_fails_the_run(
    notebook: Any, tmp_path: Path, cells: list[str]
) -> None:
    """As ipywidgets 8.1 shows it, and the kernel answers that the cell went well."""
    report = run_report(notebook(*cells, "print('after')"), {}, out=tmp_path / "out")

    assert report.exit_code == 10
    assert f"division by zero (ZeroDivisionError in cell {len(cells) + 2}" in str(report.error)
    assert "ZeroDivisionError" in report.page.read_text(encoding="utf-8")
    assert nbformat.read(report.folder / "notebook.ipynb", 4).cells[-1].outputs == []


def test_a_cell_that_may_show_an_error_ends_nothing(tmp_path: Path) -> None:
    """Jupyter's own mark says so."""
    cell = nbformat.v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "book.ipynb")

    assert run_report(tmp_path / "book.ipynb", {}, out=tmp_path / "out").exit_code == 0
