"""A real JupyterLab server, and a notebook opened in it by a Chromium that is watched.

Playwright's synchronous form holds an event loop in the thread that uses it, so a test that
has a page open runs no report in the same process.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
"""The system's Chromium; empty where there is none."""

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
"""It keeps to the pages it is sent to."""


@dataclass
class Server:
    """A JupyterLab server that runs."""

    url: str
    """With a slash at its end."""
    token: str
    log: Path
    """What it printed."""
    process: subprocess.Popen[bytes]


@dataclass
class Trouble:
    """What a page did that it should not have done."""

    errors: list[str] = field(default_factory=list)
    """Errors on the console, and exceptions that nothing caught."""
    dialogs: list[str] = field(default_factory=list)
    """Windows that a script opened: ``alert``, ``confirm``, ``prompt``."""
    elsewhere: list[str] = field(default_factory=list)
    """Addresses on other hosts that were asked for, none of which was reached."""


@dataclass
class Opened:
    """A page of JupyterLab, most often with a notebook in front."""

    page: Any
    trouble: Trouble

    def wait_for_kernel(self, seconds: float = 60) -> None:
        """Wait until the notebook is there, and its kernel waits for work."""
        self.page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(
            timeout=seconds * 1000
        )

    def run_all(self, seconds: float = 120) -> None:
        """Choose Run > Run All Cells and wait until no cell runs any more.

        Args:
            seconds: how long that may take.
        """
        before = max(self._numbers(), default=0)
        self.choose("Run", "Run All Cells")
        self.page.wait_for_function(
            """before => {
                const prompts = [...document.querySelectorAll(
                    '.jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-InputPrompt')]
                    .map(prompt => prompt.textContent);
                return prompts.every(text => !text.includes('*'))
                    && prompts.some(text => parseInt(text.slice(1)) > before);
            }""",
            arg=before,
            timeout=seconds * 1000,
        )

    def choose(self, menu: str, entry: str) -> None:
        """Choose an entry of the menu bar."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{menu}$")).click()
        self.page.locator(
            ".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(entry)}$")
        ).click()

    def cell(self, code: str) -> Any:
        """The code cell whose source holds *code*."""
        return self.page.locator(
            ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell",
            has=self.page.locator(".jp-InputArea-editor", has_text=code),
        )

    def output(self, code: str) -> Any:
        """What the cell whose source holds *code* shows, scrolled into view to be drawn."""
        shown = self.cell(code).locator(".jp-Cell-outputArea")
        shown.scroll_into_view_if_needed()
        return shown

    def faults(self) -> list[str]:
        """The texts of all outputs that are an error or stand on stderr."""
        kinds = ("application/vnd.jupyter.error", "application/vnd.jupyter.stderr")
        found = self.page.locator(
            ", ".join(f'.jp-OutputArea-output[data-mime-type="{kind}"]' for kind in kinds)
        )
        return [str(text) for text in found.all_text_contents()]

    def _numbers(self) -> list[int]:
        prompts = self.page.locator(
            ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-InputPrompt"
        ).all_text_contents()
        return [int(number) for text in prompts for number in re.findall(r"\d+", text)]


def home(folder: Path) -> dict[str, str]:
    """An environment in which nothing of this machine's user is known to Jupyter.

    Args:
        folder: becomes the home; made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = {
        "HOME": folder,
        "IPYTHONDIR": folder / "ipython",
        "JUPYTER_CONFIG_DIR": folder / "config",
        "JUPYTER_DATA_DIR": folder / "data",
        "JUPYTER_RUNTIME_DIR": folder / "runtime",
    }
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
    return inherited | {name: str(path) for name, path in own.items()}


@contextmanager
def serving(
    command: Sequence[str], environment: Mapping[str, str], *, cwd: Path
) -> Iterator[Server]:
    """Start a command that serves JupyterLab, and end it afterwards.

    Args:
        command: the command.
        environment: as ``home`` makes it.
        cwd: where it starts.
    """
    log = Path(environment["HOME"]) / "server.log"
    runtime = Path(environment["JUPYTER_RUNTIME_DIR"])
    with log.open("wb") as written:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        facts = _facts(process, runtime, log)
        yield Server(facts["url"], facts["token"], log, process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def jupyterlab(folder: Path) -> list[str]:
    """The command that serves JupyterLab on *folder*, on a free port, with a token."""
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        f"--ServerApp.root_dir={folder}",
        *("--LabApp.news_url=None", "--ServerApp.port=0"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]


@contextmanager
def lab_page(browser: Any, server: Server, path: str, *, width: int = 1400) -> Iterator[Opened]:
    """Open a file in JupyterLab, with a browser that has never been there.

    Args:
        browser: Playwright's.
        server: where.
        path: below the server's folder; what the server opens by itself, if empty.
        width: of the window, in pixels.
    """
    context = browser.new_context(viewport={"width": width, "height": 1000})
    trouble = Trouble()
    host = urlsplit(server.url).netloc
    context.route(
        lambda url: urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc != host,
        lambda route: route.abort(),
    )
    page = context.new_page()
    watch(page, host, trouble)
    workspace = f"w{time.monotonic_ns()}"  # Jupyter remembers what was open in each
    way = f"lab/workspaces/{workspace}/tree/{quote(path)}" if path else ""
    page.goto(f"{server.url}{way}?token={server.token}")
    page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=60_000)
    found = Opened(page, trouble)
    if path.endswith(".ipynb"):
        found.wait_for_kernel()
    try:
        yield found
    finally:
        context.close()


def watch(page: Any, host: str, trouble: Trouble) -> None:
    """Note what a page does that it should not do."""

    def dialog(shown: Any) -> None:
        trouble.dialogs.append(shown.message)
        shown.dismiss()

    def request(asked: Any) -> None:
        address = urlsplit(asked.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != host:
            trouble.elsewhere.append(asked.url)

    page.on("dialog", dialog)
    page.on("request", request)
    page.on("pageerror", lambda fault: trouble.errors.append(str(fault)))
    page.on("console", lambda said: said.type == "error" and trouble.errors.append(said.text))


def _facts(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> dict[str, Any]:
    """What a server wrote down about itself as soon as it listened."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            try:
                facts: dict[str, Any] = json.loads(path.read_text())
            except ValueError:
                continue  # it is being written
            return facts
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")
