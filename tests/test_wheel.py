"""The package as its users install it: built as ``python -m build`` does, into an empty folder.

Nothing is fetched: what okta-kit requires is lent by this Python. `make versions` installs it all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]


class Installation(NamedTuple):
    """Somebody's okta-kit."""

    command: Path
    folder: Path
    """Where they work: an empty one."""

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command there, with nothing of a checkout's environment."""
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            [self.command, *words],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of sources."""
    folder = tmp_path_factory.mktemp("sdist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("okta_kit-*.tar.gz")
    return path


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of that archive, not of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, sdist]
    subprocess.run([*PIP, *build], check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel, installed by pip into a new virtual environment."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "env", symlinks=True)
    place = {"base": str(home / "env"), "platbase": str(home / "env")}
    site = Path(sysconfig.get_path("purelib", "venv", vars=place))
    # A path file's folders are searched last, and the path files in them are not read.
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (home / "env" / "share").mkdir(exist_ok=True)
    (home / "env" / "share" / "jupyter").symlink_to(Path(sys.prefix) / "share" / "jupyter")
    bin_folder = Path(sysconfig.get_path("scripts", "venv", vars=place))
    python = next(bin_folder.glob("python*"))
    into = ["--python", python, "install", "--no-deps", "--no-index", wheel]
    subprocess.run([*PIP, *into], check=True, capture_output=True)
    (home / "empty").mkdir()
    return Installation(next(bin_folder.glob("okta-kit*")), home / "empty")


def test_the_archive_and_the_wheel_hold_what_they_should(sdist: Path, wheel: Path) -> None:
    with tarfile.open(sdist) as packed:
        sources = {name.partition("/")[2] for name in packed.getnames()}
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {"LICENSE", "README.md", "pyproject.toml", "kit/__init__.py"} <= sources
    assert "kit/notebooks/failure_trends.ipynb" in names
    assert "kit/reports/templates/report/index.html.j2" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]
    checkout = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "kit").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sorted(checkout - names) == []


def test_it_is_the_wheel_that_runs(installed: Installation) -> None:
    python = installed.command.with_name("python")
    where = subprocess.run(
        [python, "-P", "-c", "import kit.base.paths as p; print(p.__file__, p.SAMPLE)"],
        cwd=installed.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [Path(path) for path in where.stdout.split()]
    assert all(path.is_file() for path in paths)
    assert not [path for path in paths if path.is_relative_to(ROOT)]


def test_help_and_explain_need_nothing_else(installed: Installation) -> None:
    assert "Usage: okta-kit" in installed.run("--help").stdout
    done = installed.run("explain", "AADSTS50126")
    assert done.returncode == 0, done.stderr
    assert "Dashboard > Tasks" in done.stdout


def test_a_report_of_the_sample_and_a_notebook_of_ones_own(installed: Installation) -> None:
    """The kernel of the report is the same installation."""
    done = installed.run("report", "failure_trends")
    assert done.returncode == 0, done.stderr
    page = installed.folder / done.stdout.strip()
    summary = json.loads((page.parent / "summary.json").read_text(encoding="utf-8"))
    assert (summary["status"], summary["source"]) == ("ok", "sample")
    assert summary["results"]["totals"]["failures"] > 0

    done = installed.run("new", "remediation", "tuesday", "-p", "code=AADSTS50126")
    assert done.returncode == 0, done.stderr
    assert (installed.folder / done.stdout.strip()).is_file()


def test_an_assistant_is_answered(installed: Installation) -> None:
    """By the protocol's own lines; the server ends with its stdin."""
    about = {"protocolVersion": "2025-06-18", "capabilities": {}}
    client = {"clientInfo": {"name": "test", "version": "1"}}
    call = {"name": "explain_message", "arguments": {"text": "AADSTS50126"}}
    lines = [
        {"id": 1, "method": "initialize", "params": {**about, **client}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": call},
    ]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([installed.command, "mcp"], cwd=installed.folder, **pipes) as server:
        assert server.stdin
        assert server.stdout
        for line in lines:
            print(json.dumps({"jsonrpc": "2.0", **line}), file=server.stdin, flush=True)
        answers = map(json.loads, server.stdout)
        answer = next(answer for answer in answers if answer.get("id") == 2)
        server.stdin.close()
    assert answer["result"]["structuredContent"]["code"] == "AADSTS50126"
    assert server.returncode == 0
