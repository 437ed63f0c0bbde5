"""Logs opened from events made by hand; an object store; a browser, and a JupyterLab to look at."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

import kit.commands.jupyter
import properties  # noqa: F401  # it registers the profiles
from browsing import BROWSER, FLAGS, home, jupyterlab, serving
from factories import write_export
from kit.base.paths import NOTEBOOKS
from kit.lake import Lake
from kit.log.log import Log, open_log
from requirements import need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from browsing import Server


settings.load_profile("quick")

# A shell lets what it runs in the background ignore it, and so would each process of a test.
signal.signal(signal.SIGINT, signal.default_int_handler)

# As in the kit's own processes: its import builds a grammar for a second, and nbformat, which
# tests import by and by, does without it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

MARKED_BY = {
    "spark": {"spark"},
    "browser": {"browser", "server", "lab"},
    "store": {"bucket", "s3_server"},
}
"""The marks that a test has by the fixtures that it uses."""

LONGEST_FIRST = ("spark", "browser", "store", "slow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their fixtures, and put the files that take longest first.

    Files that run side by side then end together.
    """
    for item in items:
        for mark, fixtures in MARKED_BY.items():
            if fixtures & set(getattr(item, "fixturenames", ())):
                item.add_marker(mark)
    rank: dict[Path, int] = {}
    for item in items:
        for place, mark in enumerate(LONGEST_FIRST):
            if item.get_closest_marker(mark):
                rank[item.path] = min(place, rank.get(item.path, place))
    items.sort(key=lambda item: rank.get(item.path, len(LONGEST_FIRST)))


@pytest.fixture
def log_of(tmp_path: Path) -> Callable[..., Log]:
    """Write events to an NDJSON file and open it."""

    def _log_of(*events: dict[str, Any], name: str = "log.ndjson") -> Log:
        path = tmp_path / name
        write_export(path, events)
        return open_log(path)

    return _log_of


KEYS = {"AWS_ACCESS_KEY_ID": "AKIAPLANTED0", "AWS_SECRET_ACCESS_KEY": "planted-secret-0"}


@pytest.fixture(scope="session")
def s3_requests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that gets a byte with each request to the S3 server."""
    path = tmp_path_factory.mktemp("s3") / "requests"
    path.touch()
    return path


@pytest.fixture(scope="session")
def s3_server(s3_requests: Path) -> Iterator[str]:
    """An S3 server on loopback; its endpoint, which the environment names as long as it is up."""
    need("s3", ["moto", "s3fs"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Path(__file__).with_name("s3_server.py")
    endpoint = f"http://127.0.0.1:{port}"
    told = {**KEYS, "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
    with subprocess.Popen(
        [sys.executable, str(server), str(port), str(s3_requests)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "AWS_CONFIG_FILE": os.devnull},
    ) as process:
        try:
            for _ in range(600):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            with pytest.MonkeyPatch.context() as patch:
                for name, value in told.items():
                    patch.setenv(name, value)
                yield endpoint
        finally:
            process.kill()


@pytest.fixture
def bucket(s3_server: str) -> Callable[..., str]:
    """Make empty buckets, and name their addresses."""
    import fsspec

    def made(kind: str = "") -> str:
        name = f"{kind}b{uuid.uuid4().hex[:12]}"
        fsspec.filesystem("s3").mkdir(name)
        return f"s3://{name}"

    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium, as the system has it."""
    if not BROWSER:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A JupyterLab on a copy of the notebooks, with an empty home and a lake of its own."""
    if not BROWSER:
        pytest.skip("no Chromium is installed")
    folder = tmp_path_factory.mktemp("jupyter")
    shutil.copytree(NOTEBOOKS, folder / "notebooks")
    environment = home(folder / "home") | {
        "OKTA_KIT_LAKE": str(folder / "lake"),
        "JUPYTER_CONFIG_PATH": str(Path(kit.commands.jupyter.__file__).with_name("jupyter_config")),
    }
    command = jupyterlab(folder / "notebooks")
    with serving(command, environment, cwd=folder) as running:
        yield running


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake on disk where nothing is yet."""
    return Lake(tmp_path / "lake")


@pytest.fixture
def notebook(tmp_path: Path) -> Any:
    """Make a notebook of a heading, a parameters cell and the cells given."""
    import nbformat

    def new_notebook(
        *cells: str, parameters: str = 'days: int = 7  # how many\nuntil: str = ""'
    ) -> Path:
        tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
        parts = [nbformat.v4.new_markdown_cell("# A question\n\nWhat for."), tagged]
        parts += [nbformat.v4.new_code_cell(cell) for cell in cells]
        document = nbformat.v4.new_notebook(
            cells=parts,
            metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}},
        )
        path = tmp_path / "question.ipynb"
        nbformat.write(document, path)
        return path

    return new_notebook
