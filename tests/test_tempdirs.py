"""Working folders of the temporary files: whose they are, and when they go."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pytest

from kit.base.tempdirs import temporary_folder
from run_endings import ROOT


def test_what_a_killed_process_left_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock is free; one that is held, one without a lock and a stranger's stay."""
    monkeypatch.setattr("tempfile.tempdir", tempfile.mkdtemp(dir="/tmp"))
    within = Path(tempfile.gettempdir())
    program = (
        "import sys, time, kit\n"
        "from kit.base.tempdirs import temporary_folder\n"
        "with temporary_folder() as folder:\n"
        "    (folder / 'x').touch(); print(folder, flush=True); time.sleep(60)"
    )
    made = []
    running = []
    for ended in (False, True):
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "TMPDIR": str(within), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        made.append(Path(process.stdout.readline().strip()))
        running.append(process)
        if ended:
            process.kill()
            process.communicate()
    held, dead = made
    old = time.time() - 3600
    bare, stranger = within / "okta-kit-bare", within / "other-kit-x"
    for folder in (bare, stranger):
        folder.mkdir()
    for folder in (*made, bare, stranger):
        os.utime(folder, (old, old))

    with temporary_folder() as own:
        left = sorted(one for one in within.iterdir() if one.is_dir())
        locks = sorted(one.name for one in within.glob("*.lock"))

    running[0].send_signal(signal.SIGTERM)
    running[0].communicate()
    assert left == sorted([held, bare, stranger, own])
    assert locks == sorted([f"{held.name}.lock", f"{own.name}.lock"])
    assert not dead.exists()
    assert not own.exists()
    shutil.rmtree(within)


@pytest.mark.slow
def test_two_commands_with_one_temporary_folder_leave_each_other_theirs(tmp_path: Path) -> None:
    """One waits in a cell for hours, as its folder's age says; another comes and goes."""
    within = Path(tempfile.mkdtemp(dir="/tmp"))  # another one's path may be too long for sockets
    environment = {**os.environ, "TMPDIR": str(within), "PYTHONPATH": str(ROOT)}
    reached, go = tmp_path / "reached", tmp_path / "go"
    cells = {
        "waits": "import pathlib, tempfile, time\n"
        f"pathlib.Path({str(reached)!r}).touch()\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.05)\n"
        "pathlib.Path(tempfile.gettempdir(), 'x').write_text('still here')",
        "comes": "1 + 1",
    }
    for name, cell in cells.items():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")

    def report(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "kit", "report", f"{name}.ipynb", "--out", name]
        return subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE)

    first = report("waits")
    try:
        end = time.monotonic() + 120
        while not reached.exists() and time.monotonic() < end:
            time.sleep(0.05)
        theirs = sorted(one for one in within.iterdir() if one.is_dir())
        old = time.time() - 7200
        for one in within.rglob("*"):
            os.utime(one, (old, old), follow_symlinks=False)
        second = report("comes")
        said = second.communicate(timeout=200)[1]

        assert (second.returncode, said) == (0, b"")
        assert theirs
        assert sorted(one for one in within.iterdir() if one.is_dir()) == theirs
        go.touch()
        said = first.communicate(timeout=200)[1]
        assert (first.returncode, said) == (0, b"")
    finally:
        first.kill()
    assert list(within.iterdir()) == []
    within.rmdir()
