"""A lake whose writer is killed, kept waiting or out of space stays whole."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from factories import event, write_export
from kit.base.errors import KitError, SourceError
from kit.lake import Lake, add, compact
from lakes import T0, forty_events, parquet_uuids


def _killed(program: str, *words: str, after: float) -> bool:
    """Run a program and kill it after some seconds; tell whether it was still running."""
    command = [sys.executable, "-c", program, *words]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True
    return False


ADD = """
import sys
from pathlib import Path
from kit.lake import Lake, add
if __name__ == "__main__":
    add(Lake(Path(sys.argv[1])), [Path(name) for name in sys.argv[2:]])
"""


COMPACT = """
import sys
from pathlib import Path
from kit.lake import Lake, compact
compact(Lake(Path(sys.argv[1])).open())
"""


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """Importing and compacting: killed again and again, then let run to the end."""
    chance = random.Random(7)
    lake = Lake(tmp_path / "lake")
    parts = []
    for number in range(4):
        events = [
            event((T0 + timedelta(minutes=7 * (n + 500 * number))).isoformat(), result="SUCCESS")
            for n in range(2000)
        ]
        parts.append((write_export(tmp_path / f"{number}.ndjson", events), events))
    names = [str(path) for path, _ in parts]
    wanted = {e["uuid"] for _, events in parts for e in events}
    began = time.monotonic()
    assert not _killed(ADD, str(tmp_path / "other"), names[0], after=120)
    takes, killed = time.monotonic() - began, 0
    for name in [*names, *names]:
        # Somewhere in the second half of what it takes: before that, nothing is written.
        killed += _killed(ADD, str(lake.folder), name, after=takes * chance.uniform(0.5, 1.0))
        found = parquet_uuids(lake) if lake.days() else []
        assert len(found) == len(set(found))
        assert set(found) <= wanted
    add(lake, [path for path, _ in parts])
    for _ in range(3):
        killed += _killed(COMPACT, str(lake.folder), after=takes * chance.uniform(0.4, 0.9))
        lake.open()
        assert parquet_uuids(lake) == sorted(wanted)
    compact(lake)

    assert killed > 0
    assert parquet_uuids(lake) == sorted(wanted)
    assert not list(lake.folder.glob("_s*"))


def test_two_importers_at_once_wait_for_one_another(tmp_path: Path) -> None:
    """Overlapping files; the lake is the set of both."""
    events, lake = forty_events(), Lake(tmp_path / "lake")
    names = [
        write_export(tmp_path / "a.ndjson", events[:30]),
        write_export(tmp_path / "b.ndjson", events[10:]),
    ]
    running = [
        subprocess.Popen([sys.executable, "-c", ADD, str(lake.folder), str(name)]) for name in names
    ]

    assert [process.wait(timeout=120) for process in running] == [0, 0]
    assert parquet_uuids(lake) == sorted(e["uuid"] for e in events)


def test_a_writer_that_waits_too_long_is_told(tmp_path: Path) -> None:
    """In one line, with what to do."""
    lake = Lake(tmp_path / "lake")
    holder = "import sys, time; from kit.lake import Lake; from pathlib import Path\n"
    holder += "with Lake(Path(sys.argv[1])).writing(): print('held', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(lake.folder)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(SourceError, match="another okta-kit"), lake.writing(wait=0.2):
            pass
        process.kill()


def test_a_full_disk_leaves_the_lake_as_it_was_and_says_so(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk; exit 74, and a rerun fills in."""
    lake = Lake(tmp_path / "lake")
    before = write_export(tmp_path / "before.ndjson", forty_events())
    add(lake, [before])
    noise = random.Random(1)
    large = write_export(
        tmp_path / "large.ndjson",
        [
            event(f"2026-11-0{1 + n % 3}T00:00:00Z", reason=f"{noise.getrandbits(4096):x}")
            for n in range(600)
        ],
    )
    limited = (
        "import resource, signal, sys\nfrom kit.commands.app import run_command as run\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))\n"
        "sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", limited, "import", str(large), "--lake", str(lake.folder)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 74, done.stderr
    assert done.stderr.count("\n") == 1
    assert "run the same again" in done.stderr
    assert len(parquet_uuids(lake)) == 40
    assert not list(lake.folder.glob("_staging-*"))
    assert add(lake, [large]).events == 600


SMALL_DISK = """
mount -t tmpfs -o size=4m tmpfs "$1" || exit 99
"$2" -m kit import "$3" --lake "$1/lake" || exit 98
find "$1/lake" -name "*.parquet" | sort > "$5"
"$2" -m kit import "$4" --lake "$1/lake"
code=$?
find "$1/lake" -name "*.parquet" | sort | diff "$5" - || exit 97
"$2" -m kit lake --lake "$1/lake" --json > "$5"
exit $code
"""


@pytest.mark.slow
@pytest.mark.skipif(
    subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode != 0
    if shutil.which("unshare")
    else True,
    reason="no small disk can be mounted here",
)
def test_a_disk_that_fills_up_leaves_the_lake_as_it_was_and_says_so(tmp_path: Path) -> None:
    """A real file system of four megabytes."""
    before = write_export(tmp_path / "before.ndjson", forty_events())
    noise = random.Random(2)
    large = [event(T0.isoformat(), reason=f"{noise.getrandbits(8192):x}") for _ in range(6000)]
    large_file, disk, shown = tmp_path / "large.ndjson", tmp_path / "disk", tmp_path / "shown"
    write_export(large_file, large)
    disk.mkdir()
    script = ["sh", "-c", SMALL_DISK, "sh", disk, sys.executable, before, large_file, shown]

    done = subprocess.run(["unshare", "-rm", *script], capture_output=True, text=True, check=False)

    assert done.returncode == 74, done.stdout + done.stderr
    assert "cannot be written (No space left on device)" in done.stderr
    assert sum("cannot be written" in line for line in done.stderr.splitlines()) == 1
    assert json.loads(shown.read_text())["events"] == 40


def test_a_worker_that_is_killed_is_told_and_running_again_fills_in(tmp_path: Path) -> None:
    """As the system does when memory is short; processes read times that are numbers."""
    lake = Lake(tmp_path / "lake")
    at = int(T0.timestamp())
    events = [event(reason=f"{n:20000d}") | {"published": at} for n in range(2000)]
    path = write_export(tmp_path / "a.ndjson", events)

    def kill(_: int) -> None:
        for child in psutil.Process().children():
            child.kill()

    with pytest.raises(KitError, match="Run the same again"):
        add(lake, [path], on_progress=kill)

    assert lake.days() == []
    assert not list(lake.folder.glob("_staging-*"))
    assert add(lake, [path]).events == 2000
