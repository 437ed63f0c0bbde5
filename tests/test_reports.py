"""A notebook becomes a report: real papermill, a real kernel, a real page."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import nbformat
import psutil
import pytest

from kit.base.errors import UsageError
from kit.reports import Limits, run_report
from kit.reports.page import clean_html

if TYPE_CHECKING:
    from pathlib import Path


KEYS = (
    "notebook status exit_code error parameters window source coverage kit_version "
    "catalogue_version started seconds headline results incidents changes condition"
).split()


PUBLISH = (
    "from kit.reports import publish\n"
    "publish({'window': {'since': '2026-10-01T00:00:00Z', 'until': '2026-10-02T00:00:00Z'},"
    " 'source': 'x', 'coverage': {'complete': True, 'gaps': []}, 'catalogue_version': 'c',"
    " 'headline': 'All well', 'results': {'n': days}})"
)


def summary_of(folder: Path) -> dict[str, Any]:
    """What a report's ``summary.json`` says."""
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return found


def tags_of(page: str) -> list[tuple[str, dict[str, str | None]]]:
    """Every tag of a page with its attributes, as a browser would see them."""
    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Reader().feed(page)
    return found


def test_a_report_is_a_page_a_notebook_and_a_summary(notebook: Any, tmp_path: Path) -> None:
    """The layout that others rely on, with the given parameter in it."""
    path = notebook("print('ran with', days)", PUBLISH)

    made = run_report(path, {"days": "3"}, out=tmp_path / "out")

    assert (made.status, made.exit_code, made.headline) == ("ok", 0, "All well")
    assert made.folder.parent == tmp_path / "out" / "question"
    assert re.fullmatch(r"2026-10-02T00-00-00Z-[0-9a-f]{8}", made.folder.name)
    assert sorted(p.name for p in made.folder.iterdir()) == [
        "notebook.ipynb",
        "report.html",
        "summary.json",
    ]
    facts = summary_of(made.folder)
    assert list(facts) == KEYS
    assert facts["results"] == {"n": 3}
    assert facts["parameters"] == {"days": 3, "until": ""}
    page = made.page.read_text(encoding="utf-8")
    assert "ran with 3" in page
    assert "print(" not in page
    assert "<script" not in page
    assert "question" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert not list((tmp_path / "out").rglob(".partial*"))


def test_the_same_parameters_give_the_same_folder_and_others_another(
    notebook: Any, tmp_path: Path
) -> None:
    """A rerun replaces its report, nobody else's."""
    path, out = notebook(PUBLISH), tmp_path / "out"

    first = run_report(path, {"days": 3}, out=out)
    again = run_report(path, {"days": "3"}, out=out)
    other = run_report(path, {"days": 4}, out=out)

    assert first.folder == again.folder
    assert len(list((out / "question").iterdir())) == 2
    assert other.folder != first.folder


@pytest.mark.parametrize(
    ("cell", "exit_code", "said"),
    [
        ("raise ValueError('no <b>such</b> thing')", 10, "no <b>such</b> thing"),
        ("raise KeyboardInterrupt", 10, "KeyboardInterrupt"),
        ("import os; os._exit(0)", 11, "the kernel died in cell 3"),
        ("import time; time.sleep(60)", 12, "ran longer than 2 seconds"),
        ("import sys; sys.exit(0)", 14, "left early"),
        ("import sys; sys.exit(3)", 14, "left early by sys.exit(3)"),
        ("import os; os.kill(os.getpid(), 9)", 11, "its memory ran out"),
        ("raise OSError(28, 'No space left on device')", 74, "No space left"),
    ],
    ids=[
        "raised",
        "interrupted itself",
        "kernel died",
        "too long",
        "sys.exit(0)",
        "sys.exit(3)",
        "killed",
        "disk full in a cell",
    ],
)
def test_a_run_that_failed_says_so_everywhere(
    notebook: Any, tmp_path: Path, cell: str, exit_code: int, said: str
) -> None:
    """In its exit code, on top of its page, in its summary and in the index."""
    path = notebook(cell, "print('never seen')")

    made = run_report(path, {}, out=tmp_path / "out", limits=Limits(cell=2))

    facts = summary_of(made.folder)
    page = made.page.read_text(encoding="utf-8")
    index = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert (made.exit_code, facts["exit_code"], facts["status"]) == (exit_code, exit_code, "failed")
    assert list(facts) == KEYS
    assert said in facts["error"]
    assert "cell 3" in facts["error"]
    assert "This run failed:" in page
    assert page.count("Not run: the report ended before this part.") == 1
    assert "never seen" not in page
    assert "<b>such</b>" not in page
    assert f"Failed ({exit_code})" in index
    assert "<b>such</b>" not in index


def test_a_users_mistake_in_a_notebook_is_one_line(notebook: Any, tmp_path: Path) -> None:
    """A fault that the kit explains needs no traceback, in JupyterLab as on a page."""
    path = notebook("import kit\nkit.open_log('no-such.ndjson')")

    made = run_report(path, {}, out=tmp_path / "out")

    assert made.exit_code == 10
    executed = nbformat.read(made.folder / "notebook.ipynb", as_version=4)
    (fault,) = [o for c in executed.cells for o in c.get("outputs", [])]
    assert len(fault.traceback) == 1
    assert "no-such.ndjson: there is no such file" in fault.traceback[0]


def test_a_folder_that_cannot_be_written_is_told(notebook: Any, tmp_path: Path) -> None:
    """A file stands where the folder should be made."""
    (tmp_path / "out").write_text("", encoding="utf-8")

    with pytest.raises(UsageError, match="cannot be written"):
        run_report(notebook("1"), {}, out=tmp_path / "out")


def test_a_page_that_cannot_be_rendered_keeps_the_notebook(
    notebook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ran is kept, and a plain page says what happened."""
    broken = tmp_path / "templates"
    (broken / "report").mkdir(parents=True)
    (broken / "style.css").write_text("", encoding="utf-8")
    (broken / "report" / "conf.json").write_text('{"base_template": "base"}', encoding="utf-8")
    (broken / "report" / "index.html.j2").write_text("{{ no.such.name }}", encoding="utf-8")
    monkeypatch.setattr("kit.reports.page.TEMPLATES", broken)

    made = run_report(notebook(PUBLISH), {}, out=tmp_path / "out")

    assert made.exit_code == 16
    assert "could not be made" in made.page.read_text(encoding="utf-8")
    assert (made.folder / "notebook.ipynb").exists()


def test_no_secret_reaches_the_notebook(
    notebook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel does not see the tokens of the process that runs it."""
    monkeypatch.setenv("OKTA_CLIENT_TOKEN", "00secret")
    monkeypatch.setenv("MY_API_KEY", "00secret")
    path = notebook("import os; print(sorted(os.environ), os.environ)")

    made = run_report(path, {}, out=tmp_path / "out")

    assert made.status == "ok"
    for file in made.folder.iterdir():
        assert "00secret" not in file.read_text(encoding="utf-8")


def test_hostile_text_in_any_output_neither_runs_nor_loads(notebook: Any, tmp_path: Path) -> None:
    """HTML, Markdown, SVG, JavaScript and error text from an event."""
    path = notebook(
        "from IPython.display import HTML, Markdown, SVG, Javascript, display\n"
        "bad = '<script>x()</script><img src=x onerror=x()><svg onload=x()></svg>'\n"
        'bad += \'<a href="javascript:x()">y</a><iframe src="https://example.com"></iframe>\'\n'
        "display(HTML(bad), Markdown(bad), Javascript('x()')); print(bad)\n"
        "display({'text/vnd.mermaid': bad, 'text/latex': bad}, raw=True)\n"
        "display({'image/svg+xml': bad, 'text/plain': bad}, raw=True)",
        "raise ValueError(bad)",
    )

    page = run_report(path, {}, out=tmp_path / "out").page.read_text(encoding="utf-8")

    tags = tags_of(page)
    assert not {"script", "svg", "iframe", "object", "embed"} & {tag for tag, _ in tags}
    assert not [name for _, found in tags for name in found if name.startswith("on")]
    for _, found in tags:
        for address in (found.get("src"), found.get("href")):
            own = address == "../../index.html"  # of all reports
            assert not address or own or address.startswith(("data:image/", "#"))
    assert "default-src 'none'" in page


def test_cleaning_keeps_tables_and_pictures() -> None:
    """What a report is made of stays."""
    html = (
        '<table class="facts"><tbody><tr><th scope="row">a</th><td class="num">1</td></tr></tbody>'
        '</table><img src="data:image/png;base64,AA" alt="b">'
    )

    assert clean_html(html) == html


def started(path: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    """Start a report in a process of its own, and wait until its kernel is up."""
    command = [sys.executable, "-m", "kit", "report", str(path), "--out", str(out), *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if psutil.Process(process.pid).children():
            break
        time.sleep(0.1)
    time.sleep(1.5)
    return process


@pytest.mark.slow
def test_a_killed_run_is_cleared_by_the_next_and_a_running_one_is_not(
    notebook: Any, tmp_path: Path
) -> None:
    """What a runner left that had no time to clean up goes with the next run."""
    path, out = notebook("import time; time.sleep(20 if days == 1 else 0)"), tmp_path / "out"
    killed = started(path, out, "-p", "days=1")
    killed.kill()
    killed.communicate()
    running = started(path, out, "-p", "days=1")
    assert len(list((out / "question").glob(".partial-*[!k]"))) == 1

    run_report(path, {"days": 2}, out=out)

    assert len(list((out / "question").glob(".partial-*[!k]"))) == 1
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    assert not list((out / "question").glob(".*"))
    assert len(list((out / "question").iterdir())) == 2


def test_nothing_is_left_in_the_temporary_folder(
    notebook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed kernel could clear up nothing."""
    (tmp_path / "t").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    path = notebook("import os, tempfile; tempfile.mkdtemp(); os.kill(os.getpid(), 9)")

    made = run_report(path, {}, out=tmp_path / "out")

    assert made.exit_code == 11
    assert list((tmp_path / "t").iterdir()) == []
    assert not [p for p in (tmp_path / "out").rglob(".*") if p.name != ".index.lock"]


def test_a_kernels_messages_travel_on_no_port(notebook: Any, tmp_path: Path) -> None:
    """They go through sockets in a private folder; ipykernel's own pipe for forks is no message."""
    path = notebook(
        "import json, psutil, ipykernel\n"
        "app = get_ipython().kernel.parent\n"
        "ports = {c.laddr.port for c in psutil.Process().net_connections('inet') if not c.raddr}\n"
        "ports -= {app.iopub_thread._pipe_port}\n"
        "print('link:', app.transport, ports)"
    )

    page = run_report(path, {}, out=tmp_path / "out").page.read_text(encoding="utf-8")

    assert "link: ipc set()" in page
