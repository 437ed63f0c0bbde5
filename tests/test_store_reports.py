"""Reports in an object store are what they would be on disk, and hold no credential."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kit.base.paths import SAMPLE
from kit.commands.app import run
from requirements import need

need("s3", ["s3fs", "moto"])
import fsspec  # noqa: E402  # it comes with s3fs, which may be missing

if TYPE_CHECKING:
    from collections.abc import Callable


ROOT = Path(__file__).resolve().parents[1]


def test_no_credential_is_in_anything_that_is_made(
    tmp_path: Path, bucket: Callable[..., str]
) -> None:
    """A report of a lake in the store, kept in the store and on disk, with --debug."""
    place, out = bucket(), tmp_path / "out"
    kit = [sys.executable, "-m", "kit", "--debug"]
    lake, source = f"{place}/lake", f"--source={place}/lake"
    said = b""
    for words in (
        ["import", str(SAMPLE), "--lake", lake],
        ["lake", "--lake", lake],
        ["report", "remediation", source, f"--out={place}/reports"],
        ["report", "remediation", source, f"--out={out}"],
        ["reports", "list", f"--out={place}/reports"],
        ["failures", f"--source={place}/none"],
        ["failures", "--source=s3://nobody-made-this/lake"],
    ):
        done = subprocess.run([*kit, *words], capture_output=True, check=False, cwd=ROOT)
        said += done.stdout + done.stderr
    fs = fsspec.filesystem("s3")
    objects = {name: fs.cat_file(name) for name in fs.find(place)}
    files = {str(path): path.read_bytes() for path in out.rglob("*") if path.is_file()}

    assert b"there is no lake" in said
    assert any(name.endswith("report.html") for name in objects)
    for secret in (b"AKIAPLANTED0", b"planted-secret-0"):
        assert secret not in said
        assert not [name for name, data in {**objects, **files}.items() if secret in data]


def test_a_report_of_a_lake_in_the_store_is_that_of_the_one_on_disk(
    tmp_path: Path, bucket: Callable[..., str]
) -> None:
    """What it says, its window and its coverage."""
    place = bucket()
    facts = []
    for lake, out in ((tmp_path / "lake", tmp_path / "out"), (f"{place}/lake", f"{place}/out")):
        assert run(["import", str(SAMPLE), "--lake", str(lake)]) == 0
        words = ["report", "remediation", "--source", str(lake), "--out", str(out)]
        assert run(words) == 0
        fs, root = fsspec.core.url_to_fs(str(out))
        (summary,) = fs.glob(f"{root}/remediation/*/summary.json")
        facts.append(json.loads(fs.cat_file(summary)))
    parts = ("headline", "window", "coverage", "results", "status")

    assert [facts[0][part] for part in parts] == [facts[1][part] for part in parts]


def test_reports_in_a_store_are_whole_listed_and_pruned(
    bucket: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Two at once are both in the index; what others put there is left alone."""
    out = f"{bucket()}/reports"
    fs = fsspec.filesystem("s3")
    fs.pipe_file(f"{out}/failure_trends/mine/notes.txt", b"mine")
    command = [sys.executable, "-m", "kit", "report", "failure_trends", f"--out={out}"]
    running = [
        subprocess.Popen([*command, f"--since={n}d"], stdout=subprocess.PIPE, text=True)
        for n in (2, 3)
    ]
    printed = [one.communicate(timeout=300)[0].strip() for one in running]

    pages = sorted(f"s3://{path}" for path in fs.glob(f"{out}/*/*/report.html"))
    assert sorted(printed) == pages
    index = fs.cat_file(f"{out}/index.html").decode()
    assert all(page.removeprefix(f"{out}/") in index for page in pages)
    for page in pages:
        names = {Path(name).name for name in fs.find(page.removesuffix("/report.html"))}
        assert names == {"report.html", "notebook.ipynb", "summary.json"}
    assert run(["reports", "list", "--out", out]) == 0
    assert all(page.removesuffix("/report.html") in capsys.readouterr().out for page in pages[:1])

    assert run(["reports", "prune", "--keep", "90d", "--out", out]) == 0
    assert len(fs.glob(f"{out}/*/*/report.html")) == 2
    time.sleep(1)
    assert run(["reports", "prune", "--keep", "0m", "--out", out]) in {0, 2}
