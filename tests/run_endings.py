"""Every way for a run to end: how it is brought about for real, and what it left.

``python tests/run_endings.py`` writes the table of docs/reports.md from such runs.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import nbformat
import psutil

ROOT = Path(__file__).resolve().parents[1]
TABLE = re.compile(r"(<!-- endings -->\n).*?(<!-- /endings -->)", re.S)

_MARK = "OKTA_KIT_TRY"
"""In the environment of a run and all that it starts: the file that says that it is time."""

_PUBLISH = (
    "from kit.reports import publish\n"
    "publish({'window': {'since': '2026-10-01T00:00:00Z', 'until': '2026-10-02T00:00:00Z'},"
    " 'source': 'x', 'coverage': {'complete': True, 'gaps': []}, 'catalogue_version': 'c',"
    " 'headline': 'All well', 'results': {'n': 1}})"
)
_WAIT = f"import os, pathlib, time\npathlib.Path(os.environ['{_MARK}']).touch()\ntime.sleep(600)"
_LONG_TABLE = (
    "from IPython.display import HTML\n"
    "HTML('<table><thead><tr><th>a</th></tr></thead><tbody>'"
    " + '<tr><td>b</td></tr>' * 8000 + '</tbody></table>')"
)
_NO_OUTPUT = "from IPython.display import display\ndisplay({'text/html': {}}, raw=True)"
_WRONG_RESULT = (
    "from kit.reports import publish\n"
    "publish({'window': {'until': '2026-10-02T00:00:00Z'}, 'coverage': {'gaps': 1}})"
)
_FILLS = (
    "import pathlib, tempfile\npathlib.Path(tempfile.gettempdir(), 'x').write_bytes(b'x' * 2**21)"
)
_HANGS = f'touch "${_MARK}"; sleep 600'


@dataclass(frozen=True)
class Ending:
    """A way for a run to end."""

    what: str
    code: int
    said: str
    """What the error holds."""
    cell: str = "1"
    """The cell under the heading, between a good one and one that should not run."""
    options: tuple[str, ...] = ()
    kernel: str = ""
    """A shell's command in the place of the kernel."""
    browser: str | None = None
    """A shell's command in the place of Chromium; empty: there is none."""
    send: int = 0
    """The signal that the runner is sent."""
    when: str = "mark"
    """When it is sent: there is the mark, or a file in the making: the lock that comes first, with
    the source read, or the ``notebook.ipynb``."""
    disk: int = 0
    """Kilobytes of the disk that reports are written to; 0: enough."""
    temporary: int = 0
    """Kilobytes of the disk for temporary files."""
    kept: bool = True
    """Whether there is a report."""
    notebook: str = ""
    """A notebook of the kit in the place of one of our own."""
    environment: dict[str, str] = field(default_factory=dict)


ENDINGS = (
    Ending("a cell raises", 10, "no such thing", "raise ValueError('no such thing')"),
    Ending("a cell shows what is no output", 10, "not valid", _NO_OUTPUT),
    Ending("the kernel is killed", 11, "kernel died", "import os; os.kill(os.getpid(), 9)"),
    Ending(
        "a cell takes longer than `--cell-timeout` (900 s)",
        12,
        "longer than 2 seconds",
        "while True: pass",
        ("--cell-timeout=2",),
    ),
    Ending(
        "the run takes longer than `--run-timeout` (3600 s)",
        13,
        "longer than 40 seconds",
        "import time; time.sleep(600)",
        ("--run-timeout=40",),
    ),
    Ending("`sys.exit(0)`, or any other number", 14, "left early", "import sys; sys.exit(0)"),
    Ending("the kernel is not installed", 15, "no kernel", kernel="missing"),
    Ending("the kernel ends while it starts", 15, "did not start", kernel="exit 1"),
    Ending(
        "the kernel hangs while it starts (60 s)",
        15,
        "did not start",
        kernel=_HANGS,
        options=("--run-timeout=3",),
    ),
    Ending("the page cannot be made", 16, "page could not be made", _WRONG_RESULT),
    Ending("the browser fails", 16, "browser ended with 1", browser="exit 1"),
    Ending("the browser prints nothing", 16, "browser ended with 0", browser="exit 0"),
    Ending(
        "the browser hangs (120 s)",
        16,
        "not printed within 3 seconds",
        browser=_HANGS,
        options=("--cell-timeout=3",),
    ),
    Ending("the disk is full for what the cells showed", 74, "no space left", disk=600),
    Ending("the disk is full for the page", 74, "no space left", _LONG_TABLE, disk=500),
    Ending(
        "a cell fills the disk for temporary files", 74, "No space left", _FILLS, temporary=1000
    ),
    Ending("the disk has not even 256 KB", 74, "No space left", disk=100, kept=False),
    *(
        Ending(f"{name} while {stage}", code, said, send=sent, **how)  # type: ignore[arg-type]
        for name, sent, code, ended in (
            ("SIGINT", signal.SIGINT, 130, "interrupted"),
            ("SIGTERM", signal.SIGTERM, 143, "terminated"),
        )
        for stage, said, how in (
            (
                "the kernel starts",
                f"{ended} before the first cell",
                {"kernel": _HANGS, "when": ".part*.lock"},
            ),
            ("a cell runs", f"{ended} in cell 5", {"cell": _WAIT}),
            (
                "the page is made",
                f"{ended} while the report was written",
                {"cell": _LONG_TABLE, "when": ".part*/notebook.ipynb"},
            ),
            (
                "the PDF is printed",
                f"{ended} while the report was written",
                {"browser": _HANGS},
            ),
        )
    ),
    Ending("`--pdf` and no browser is installed", 2, "no Chromium", browser="", kept=False),
    Ending("an unknown parameter", 2, "no such parameter", options=("-p", "dayz=3"), kept=False),
    Ending(
        "the source cannot be read",
        3,
        "there is no such file",
        notebook="failure_trends",
        options=("--source=none.ndjson",),
        kept=False,
    ),
    Ending(
        "`--require-complete`, and the window is not covered",
        4,
        "does not cover",
        notebook="failure_trends",
        options=("--source=sample", "--since=2026-01-01", "--require-complete"),
        kept=False,
    ),
    Ending(
        "the org cannot be reached",
        5,
        "",
        notebook="failure_trends",
        options=("--source=okta",),
        environment={
            "OKTA_CLIENT_ORGURL": "https://127.0.0.1:9",
            "OKTA_CLIENT_TOKEN": "00notoken",
            "OKTA_CLIENT_REQUESTTIMEOUT": "1",
        },
        kept=False,
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What a run left."""

    code: int
    stdout: str
    stderr: str
    reports: dict[str, dict[str, str]]
    """Of each report, its files' texts by name; a PDF's is empty."""
    index: str
    hidden: list[str]
    """Files below the reports' folder that no reader should meet."""
    temporary: list[str]
    processes: list[str]
    names: dict[str, str]
    """What stands for the paths of the try."""

    @property
    def error(self) -> str:
        """What failed and where: as the summary says, else the command."""
        for files in self.reports.values():
            return self.named(str(json.loads(files["summary.json"])["error"]))
        return self.named(self.stderr.strip().removeprefix("okta-kit: "))

    @property
    def on_top(self) -> str:
        """What the page says first, below its title."""
        (files,) = self.reports.values()
        found = re.search(r'role="alert">(.*?)</(?:div|p)>', files["report.html"], re.S)
        text = re.sub(r"<[^>]+>", "", found[1] if found else "no alert")
        return self.named(" ".join(unescape(text).split()))

    @property
    def cells(self) -> list[str]:
        """The states of the notebook's code cells, as papermill's marks name them."""
        (files,) = self.reports.values()
        notebook = nbformat.reads(files["notebook.ipynb"], as_version=4)
        marks = [c.metadata.get("papermill", {}) for c in notebook.cells if c.cell_type == "code"]
        return [str(one.get("status")) for one in marks]

    def named(self, text: str) -> str:
        """A text without the try's paths."""
        for path, name in self.names.items():
            text = text.replace(path, name)
        return text


def run(ending: Ending) -> Outcome:
    """Let a run end in one way, in folders of its own."""
    with tempfile.TemporaryDirectory(prefix="endings-", dir="/tmp") as name:
        folder = Path(name)
        for disk, size in (("out", ending.disk), ("t", ending.temporary)):
            (folder / disk).mkdir()
            if size:
                options = ["-t", "tmpfs", "-o", f"size={size}k", "tmpfs"]
                subprocess.run(["mount", *options, str(folder / disk)], check=True)
        try:
            return _run(ending, folder)
        finally:
            for disk, size in (("out", ending.disk), ("t", ending.temporary)):
                if size:
                    subprocess.run(["umount", str(folder / disk)], check=True)


def _run(ending: Ending, folder: Path) -> Outcome:
    out, mark = folder / "out", folder / "mark"
    words = ["report", ending.notebook or str(_notebook(ending, folder)), "--out", str(out)]
    words += [*ending.options, *(["--pdf"] if ending.browser is not None else [])]
    process = subprocess.Popen(
        [sys.executable, "-m", "kit", *words],
        env=_environment(ending, folder, mark),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if ending.send:
        end = time.monotonic() + 200
        while process.poll() is None and time.monotonic() < end:
            if mark.exists() if ending.when == "mark" else [*out.glob(f"*/{ending.when}")]:
                break
            time.sleep(0.005)
        process.send_signal(ending.send)
    try:
        stdout, stderr = process.communicate(timeout=400)
    finally:
        process.kill()
    found = sorted(p for p in out.rglob("*") if p.is_file() and p.name != ".index.lock")
    reports: dict[str, dict[str, str]] = {}
    for path in found:
        if len(path.relative_to(out).parts) == 3 and path.parent.name[0] != ".":
            text = "" if path.suffix == ".pdf" else path.read_text(encoding="utf-8")
            reports.setdefault(path.parent.name, {})[path.name] = text
    index = out / "index.html"
    return Outcome(
        code=process.returncode,
        stdout=stdout,
        stderr=stderr,
        reports=reports,
        index=index.read_text(encoding="utf-8") if index.exists() else "",
        hidden=[str(p.relative_to(out)) for p in out.rglob(".*") if p.name != ".index.lock"],
        temporary=[p.name for p in (folder / "t").iterdir()],
        processes=_left(str(mark)),
        names={str(out): "OUT", str(folder / "t"): "TMPDIR"},
    )


def _notebook(ending: Ending, folder: Path) -> Path:
    tagged = nbformat.v4.new_code_cell("days: int = 7", metadata={"tags": ["parameters"]})
    first = "print('x' * 3_000_000)" if ending.disk and ending.cell == "1" else "print('good')"
    cells = [
        nbformat.v4.new_markdown_cell("# A question"),
        tagged,
        nbformat.v4.new_code_cell(f"{first}\n{_PUBLISH}"),
        nbformat.v4.new_markdown_cell("## Where it breaks"),
        nbformat.v4.new_code_cell(ending.cell),
        nbformat.v4.new_code_cell("print('the last')"),
    ]
    kernel = {"name": "python3", "language": "python", "display_name": "P"}
    if ending.kernel:
        kernel["name"] = "broken"
    path = folder / "question.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def _environment(ending: Ending, folder: Path, mark: Path) -> dict[str, str]:
    more = {"TMPDIR": str(folder / "t"), _MARK: str(mark), "OKTA_KIT_LAKE": str(folder / "lake")}
    if ending.kernel not in ("", "missing"):
        spec = folder / "jupyter" / "kernels" / "broken" / "kernel.json"
        spec.parent.mkdir(parents=True)
        argv = ["/bin/sh", "-c", ending.kernel]
        said = {"argv": argv, "display_name": "broken", "language": "python"}
        spec.write_text(json.dumps(said), encoding="utf-8")
        more["JUPYTER_PATH"] = str(folder / "jupyter")
    if ending.browser is not None:
        (folder / "bin").mkdir()
        more["PATH"] = str(folder / "bin")
    if ending.browser:
        script = folder / "bin" / "chromium"
        script.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{ending.browser}\n", encoding="utf-8")
        script.chmod(0o755)
    known = {k: v for k, v in os.environ.items() if not k.startswith("OKTA_")}
    return {"PYTHONPATH": str(ROOT), **known, **more, **ending.environment}


def _left(mark: str) -> list[str]:
    """The processes of a run that are still there after a moment."""
    found: list[str] = []
    for _ in range(30):
        found = []
        for process in psutil.process_iter(["environ", "cmdline", "status"]):
            if (process.info["environ"] or {}).get(_MARK) == mark:
                found.append(" ".join(process.info["cmdline"] or []))
        if not found:
            break
        time.sleep(0.1)
    return found


def row(ending: Ending, outcome: Outcome) -> str:
    """A line of the table: what was seen in a run."""
    what, said = ending.what, f"{outcome.error.rstrip('.')}."
    if not outcome.reports:
        return f"| {what} | {outcome.code} | {said} | no report |"
    cells = outcome.cells
    ran = sum(state in ("completed", "failed") for state in cells)
    return f"| {what} | {outcome.code} | {said} | report; {ran} of {len(cells)} cells ran |"


def write_table() -> None:
    """Let runs end in every way, and put what was seen into docs/reports.md."""
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(run, ENDINGS))
    rows = [row(ending, outcome) for ending, outcome in zip(ENDINGS, outcomes, strict=True)]
    head = "| what ends a run | exit | what is said | what is left |"
    text = "\n".join([head, "|---|---|---|---|", *rows, ""])
    page = ROOT / "docs" / "reports.md"
    known = page.read_text(encoding="utf-8")
    page.write_text(TABLE.sub(lambda m: m[1] + text + m[2], known), encoding="utf-8")


if __name__ == "__main__":
    write_table()
