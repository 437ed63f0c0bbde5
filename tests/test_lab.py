"""``okta-kit lab``: JupyterLab as the kit serves it, in a real browser."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from browsing import Server, home, lab_page, serving
from kit.base.paths import NOTEBOOKS
from kit.reports.investigations import begin

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = NOTEBOOKS.parent


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The command in a checkout, for a user whose own files open Jupyter to the world."""
    environment = home(tmp_path_factory.mktemp("home"))
    config = Path(environment["JUPYTER_CONFIG_DIR"])
    config.mkdir()
    (config / "jupyter_server_config.py").write_text(
        "c.ServerApp.ip = '0.0.0.0'\nc.IdentityProvider.token = ''\n"
    )
    command = [sys.executable, "-m", "kit", "lab", "--no-browser", "--allow-root"]
    with serving(command, environment, cwd=ROOT) as running:
        yield running


def test_run_all_shows_the_headline(browser: Any, server: Server) -> None:
    """No fault in any cell, nothing on the console, no dialog, no request elsewhere."""
    with lab_page(browser, server, "user_history.ipynb") as page:
        page.run_all()

        assert page.faults() == []
        assert "3 of 3" in page.output("report.headline()").text_content()
        assert (page.trouble.errors, page.trouble.dialogs, page.trouble.elsewhere) == ([], [], [])


def test_it_opens_on_the_page_about_the_notebooks(browser: Any, lab: Server) -> None:
    """Its links open the notebooks; nobody is asked about news, no other host is spoken to."""
    with lab_page(browser, lab, "") as page:
        shown = page.page.locator(".jp-RenderedMarkdown")
        shown.get_by_text("Which notebook answers which question").wait_for()
        shown.get_by_role("link", name="remediation").click()
        page.wait_for_kernel()

        assert page.page.url.endswith("/lab/tree/notebooks/remediation.ipynb")
        assert page.page.locator(".Toastify__toast").count() == 0
        assert (page.trouble.errors, page.trouble.dialogs, page.trouble.elsewhere) == ([], [], [])


def test_it_is_for_this_machine_and_wants_a_token(lab: Server) -> None:
    """Whatever the user's own Jupyter files say."""
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{lab.url}api/contents", timeout=10)

    asked = urllib.request.Request(
        f"{lab.url}api/contents/notebooks", headers={"Authorization": f"token {lab.token}"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        names = {entry["name"] for entry in json.load(answer)["content"]}
    assert {"failure_trends.ipynb", "remediation.ipynb"} <= names
    assert lab.url.startswith("http://localhost:")
    open_ports = psutil.Process(lab.process.pid).net_connections(kind="tcp")
    heard = {one.laddr.ip for one in open_ports if one.status == psutil.CONN_LISTEN}
    assert heard
    assert heard <= {"127.0.0.1", "::1"}


def test_an_investigation_runs_and_leads_back_to_the_notebooks(
    browser: Any, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its window is closed, and its links open the kit's own notebooks."""
    folder = server.log.parent.parent
    copy = begin(
        folder / "notebooks" / "user_history.ipynb",
        {"since": "2026-10-19", "user": "corvin.marrowmere@example.com"},
        folder=folder / "notebooks" / "investigations",
        day=date(2026, 11, 2),
    )

    with lab_page(browser, server, str(copy.relative_to(folder / "notebooks"))) as page:
        page.run_all()
        headline = page.output("report.headline()").text_content()
        faults = page.faults()
        page.page.locator(".jp-RenderedMarkdown a", has_text="error_code").first.click()
        page.page.locator(".lm-TabBar-tabLabel", has_text="error_code.ipynb").wait_for()

        assert faults == []
        assert "corvin.marrowmere@example.com: profile push on Slack fails since" in headline
        assert page.page.url.endswith("/tree/error_code.ipynb")


def test_a_port_that_is_taken_is_one_line() -> None:
    """And nothing is started."""
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _lab("--no-browser", "--allow-root", "--port", str(port))

    assert done.returncode == 2
    assert done.stderr.startswith(f"okta-kit: port {port} cannot be used (Address already in use).")
    assert done.stderr.count("\n") == 1


def test_no_jupyterlab_is_one_line() -> None:
    """It says how to get it."""
    program = (
        "import sys; sys.modules['jupyterlab'] = None; "
        "from kit.commands.app import run_command as run; "
        "sys.exit(run(['lab', '--no-browser']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert done.returncode == 2
    said = "okta-kit: JupyterLab is not installed. Run: pip install jupyterlab\n"
    assert done.stderr == said


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["false"], "the kernel 'python3' did not start"),
        (
            [
                sys.executable,
                "-c",
                "import sys; sys.modules['kit'] = None; "
                "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()",
                "-f",
                "{connection_file}",
            ],
            f"the kernel 'python3' is another Python ({sys.executable}), without okta-kit",
        ),
    ],
    ids=["dies", "lacks the kit"],
)
def test_a_kernel_that_cannot_run_the_notebooks_is_one_line(
    tmp_path: Path, argv: list[str], said: str
) -> None:
    """It is told before a page opens, with the command that mends it."""
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))

    done = _lab("--no-browser", "--allow-root", JUPYTER_PATH=str(tmp_path))

    assert done.returncode == 15
    assert said in done.stderr
    assert f". Run: JUPYTER_PATH={sys.prefix}/share/jupyter:{tmp_path} okta-kit lab" in done.stderr
    assert done.stderr.count("\n") == 1


def _lab(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kit", "lab", *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=120,
    )
