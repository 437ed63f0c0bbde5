"""However a run ends, what it leaves is a report that says so, and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest

from kit.base.errors import KitError
from run_endings import ENDINGS, ROOT, Ending, Outcome, row, run

DOCUMENTED = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")


def _can_be_tried(ending: Ending) -> bool:
    """A small disk is mounted by root alone."""
    return os.geteuid() == 0 or not (ending.disk or ending.temporary)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Future[Outcome]]:
    """Every ending, two at a time: most of their time is waiting."""
    pool = ThreadPoolExecutor(2)
    return {one.what: pool.submit(run, one) for one in ENDINGS if _can_be_tried(one)}


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS, ids=[one.what for one in ENDINGS])
def test_a_run_that_ends_leaves_a_report_and_nothing_else(
    ending: Ending, outcomes: dict[str, Future[Outcome]]
) -> None:
    """Exit code, page, notebook, summary and index agree; no process and no file is left."""
    if not _can_be_tried(ending):
        pytest.skip("mounting a small disk needs root")
    left = outcomes[ending.what].result()

    assert left.code == ending.code, left.stderr
    assert ending.said in left.error
    assert "Traceback" not in left.stderr
    assert (left.processes, left.temporary, left.hidden) == ([], [], [])
    if not ending.kept:
        assert (left.reports, left.stdout) == ({}, "")
        return
    ((folder, files),) = left.reports.items()
    assert sorted(files) == ["notebook.ipynb", "report.html", "summary.json"]
    facts = json.loads(files["summary.json"])
    assert (facts["status"], facts["exit_code"]) == ("failed", ending.code)
    assert left.on_top.startswith(f"This run failed: {left.error.rstrip('.')}")
    assert f"Failed ({ending.code})" in left.index
    assert f"question/{folder}/report.html" in left.index
    assert left.stdout.endswith(f"question/{folder}/report.html\n")
    stopped = left.cells.index("failed") if "failed" in left.cells else len(left.cells)
    not_run = left.cells[stopped + 1 :] if "not run" not in left.cells[:1] else left.cells
    assert left.cells[:stopped] == ["completed"] * stopped or not_run == left.cells
    assert not_run == ["not run"] * len(not_run)
    plain = "Not run: the report ended before this part." not in files["report.html"]
    assert plain == (not not_run)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS, ids=[one.what for one in ENDINGS])
def test_the_documented_endings_are_what_is_seen(
    ending: Ending, outcomes: dict[str, Future[Outcome]]
) -> None:
    """Its line of docs/reports.md; ``python tests/run_endings.py`` writes them anew."""
    if not _can_be_tried(ending):
        pytest.skip("mounting a small disk needs root")

    assert row(ending, outcomes[ending.what].result()) in DOCUMENTED


def test_every_exit_code_of_a_fault_is_tried() -> None:
    """A fault that is new needs an ending."""

    def below(kind: type[KitError]) -> set[int]:
        return {kind.exit_code}.union(*map(below, kind.__subclasses__()))

    assert below(KitError) - {KitError.exit_code} <= {one.code for one in ENDINGS}


@pytest.mark.slow
def test_two_runs_of_the_same_report_at_once_do_not_harm_each_other(tmp_path: Path) -> None:
    """Both end well, and one whole report is there."""
    tagged = nbformat.v4.new_code_cell("days: int = 7", metadata={"tags": ["parameters"]})
    cells = [tagged, nbformat.v4.new_code_cell("import time; time.sleep(1)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "question.ipynb")
    command = [sys.executable, "-m", "kit", "report", "question.ipynb", "--out", "out"]

    runs = [subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) for _ in range(3)]
    said = [one.communicate(timeout=120)[1] for one in runs]

    assert ([one.returncode for one in runs], said) == ([0, 0, 0], [b"", b"", b""])
    (folder,) = (tmp_path / "out" / "question").iterdir()
    names = ["notebook.ipynb", "report.html", "summary.json"]
    assert sorted(one.name for one in folder.iterdir()) == names
    index = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert len(re.findall(r"report\.html", index)) == 1


@pytest.mark.slow
def test_a_killed_runner_leaves_nothing_to_the_next_reader(tmp_path: Path) -> None:
    """No report and no kernel; the folder in the making is cleared by the next run."""
    tagged = nbformat.v4.new_code_cell("days: int = 0", metadata={"tags": ["parameters"]})
    cells = [tagged, nbformat.v4.new_code_cell("import time; time.sleep(days)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "question.ipynb")
    command = [sys.executable, "-m", "kit", "report", "question.ipynb", "--out", "out"]
    process = subprocess.Popen([*command, "-p", "days=60"], cwd=tmp_path)
    kernels: list[psutil.Process] = []
    for _ in range(600):
        if kernels := psutil.Process(process.pid).children():
            break
        time.sleep(0.05)
    time.sleep(1)

    process.kill()
    process.wait()
    psutil.wait_procs(kernels, timeout=20)

    assert kernels
    assert not [one for one in kernels if one.is_running()]
    assert not list((tmp_path / "out").glob("*/[!.]*"))
    subprocess.run(command, cwd=tmp_path, check=True)
    assert len(list((tmp_path / "out" / "question").iterdir())) == 1
