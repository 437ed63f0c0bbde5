"""What differs between POSIX and Windows stands in one module, and its other half does run."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kit.base import system
from kit.base.tempdirs import temporary_folder
from kit.reports.batch import run_each

KIT = Path(__file__).resolve().parents[1] / "kit"

ONE_SYSTEM = re.compile(
    r"os\.(name|fork|get(e?uid|pgid)|kill(pg)|set(sid|pgrp)|uname)\b|sys\.platform|platform\.system"
    r"|signal\.(SIGKILL|SIGHUP|SIGUSR\d|SIGALRM|alarm|pause)|start_new_session|preexec_fn|pass_fds"
    r"|[\"']/(tmp|dev|proc|var|etc)\b|^\s*import (fcntl|pwd|grp|resource|msvcrt|winreg)\b"
    r"|[\"']fork(server)?[\"']",
    re.M,
)
SLEEPER = "import signal, time; print('ready', flush=True); time.sleep(60)"


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python lacks on Windows, as far as it can be taken away here."""
    monkeypatch.setattr(system, "is_windows", lambda: True)
    for name in ("geteuid", "killpg", "setsid"):
        monkeypatch.delattr(os, name)
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])


def test_no_other_module_asks_which_system_runs() -> None:
    places = {
        f"{path.relative_to(KIT)}: {match[0].strip()}"
        for path in KIT.rglob("*.py")
        if path != Path(system.__file__)
        for match in ONE_SYSTEM.finditer(path.read_text(encoding="utf-8"))
    }
    assert places == set()
    assert ONE_SYSTEM.search(Path(system.__file__).read_text(encoding="utf-8"))


@pytest.mark.usefixtures("windows")
def test_a_temporary_folder_comes_and_goes_without_user_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is made where the system says, however long that is."""
    (long := tmp_path / ("n" * 70)).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    (long / "okta-kit-0123456789ab").mkdir()
    (long / "okta-kit-0123456789ab.lock").touch()

    with temporary_folder() as folder:
        assert folder.parent == long
        assert [path for path in long.iterdir() if path.is_dir()] == [folder]
    assert list(long.iterdir()) == []


@pytest.mark.parametrize("kind", ["posix", "windows"])
def test_a_process_in_a_group_of_its_own_ends_at_once(
    kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "windows":
        request.getfixturevalue("windows")
    words = [sys.executable, "-c", SLEEPER]
    with subprocess.Popen(words, stdout=subprocess.PIPE, **system.group_options()) as process:
        assert process.stdout
        assert process.stdout.readline()
        system.end_group(process)
        assert process.returncode == -signal.SIGKILL
        system.end_group(process)  # once more is no fault


@pytest.mark.usefixtures("windows")
@pytest.mark.slow
def test_reports_run_side_by_side_where_nothing_can_be_forked() -> None:
    assert run_each([_seven, _none], 2, {}, "json") == 7


def _seven() -> int:
    return 7


def _none() -> int:
    return 0
