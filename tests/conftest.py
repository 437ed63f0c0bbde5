"""Logs opened from events made by hand; a browser, and a JupyterLab to look at with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import kit.lab
from browsing import BROWSER, FLAGS, home, jupyterlab, serving
from kit.engine import Log, open_log
from kit.places import NOTEBOOKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from browsing import Server


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Log]:
    """Write events to an NDJSON file and open it."""

    def _opened(*events: dict[str, Any], name: str = "log.ndjson") -> Log:
        path = tmp_path / name
        path.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
        return open_log(path)

    return _opened


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
        "JUPYTER_CONFIG_PATH": str(Path(kit.lab.__file__).with_name("jupyter")),
    }
    command = jupyterlab(folder / "notebooks")
    with serving(command, environment, cwd=folder) as running:
        yield running
