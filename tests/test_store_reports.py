"""Reports in an object store are what they would be on disk, and hold no credential."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commands import okta_kit
from factories import write_export
from incidents import simulate
from kit.commands.app import run_command
from kit.lake import Lake, add
from requirements import need

need("s3", ["s3fs", "moto"])

import fsspec  # noqa: E402  # it comes with s3fs, which may be missing


@dataclass(frozen=True)
class Reports:
    """Reports of one incident, read from and written to a store and a disk."""

    place: str
    """The bucket that holds a lake, and the reports of the two runs at once."""
    disk: Path
    """The folder of the report whose lake is in the store."""
    pages: list[str]
    """What the runs that write to the store printed."""
    said: str
    """All that commands printed, with --debug."""

    @property
    def out(self) -> str:
        """Where the reports in the store are."""
        return f"{self.place}/reports"


@pytest.fixture(scope="module")
def reports(s3_server: str, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Remediation from store to disk and, at once, from disk to store; trends within the store."""
    assert s3_server
    folder, place = tmp_path_factory.mktemp("reports"), f"s3://b{uuid.uuid4().hex[:12]}"
    fs = fsspec.filesystem("s3")
    fs.mkdir(place)
    export = write_export(folder / "log.ndjson", simulate(21).events)
    add(Lake(folder / "lake"), [export])
    stored, out = f"{place}/lake", f"{place}/reports"
    fs.pipe_file(f"{out}/failure_trends/mine/notes.txt", b"mine")
    done = [okta_kit("--debug", "import", export, "--lake", stored)]
    at_once = [
        subprocess.Popen(
            [sys.executable, "-m", "kit", "--debug", "report", *words, f"--out={out}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for words in (
            ("remediation", f"--source={folder / 'lake'}"),
            ("failure_trends", f"--source={stored}"),
        )
    ]
    printed = [one.communicate(timeout=300) for one in at_once]
    done += [
        okta_kit("--debug", *words)
        for words in (
            ["report", "remediation", f"--source={stored}", f"--out={folder / 'out'}"],
            ["lake", "--lake", stored],
            ["reports", "list", f"--out={out}"],
            ["failures", f"--source={place}/none"],
            ["failures", "--source=s3://nobody-made-this/lake"],
        )
    ]
    said = "".join([*(one.stdout + one.stderr for one in done), *map("".join, printed)])
    return Reports(place, folder / "out", [out.strip() for out, _ in printed], said)


def summary(root: str) -> dict[str, Any]:
    """What the summary of the remediation below an address says."""
    fs, path = fsspec.core.url_to_fs(root)
    (name,) = fs.glob(f"{path}/remediation/*/summary.json")
    facts: dict[str, Any] = json.loads(fs.cat_file(name))
    return facts


def test_no_credential_is_in_anything_that_is_made(reports: Reports) -> None:
    """Reports of a lake in the store, kept in the store and on disk, with --debug."""
    fs = fsspec.filesystem("s3")
    objects = {name: fs.cat_file(name) for name in fs.find(reports.place)}
    files = {str(path): path.read_bytes() for path in reports.disk.rglob("*") if path.is_file()}

    assert "there is no lake" in reports.said
    assert any(name.endswith("report.html") for name in objects)
    assert any(name.endswith("report.html") for name in files)
    for secret in ("AKIAPLANTED0", "planted-secret-0"):
        assert secret not in reports.said
        stored = {**objects, **files}.items()
        assert not [name for name, data in stored if secret.encode() in data]


def test_a_report_of_a_lake_in_the_store_is_that_of_the_one_on_disk(reports: Reports) -> None:
    """What it says, its window and its coverage."""
    of_store, of_disk = summary(str(reports.disk)), summary(reports.out)

    assert of_store["status"] == "ok"
    for part in ("headline", "window", "coverage", "results", "status"):
        assert of_store[part] == of_disk[part]


def test_reports_in_a_store_are_whole_listed_and_pruned(
    reports: Reports, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two at once are both in the index; what others put there is left alone."""
    fs, out = fsspec.filesystem("s3"), reports.out

    pages = sorted(f"s3://{path}" for path in fs.glob(f"{out}/*/*/report.html"))
    assert len(pages) == 2
    assert sorted(reports.pages) == pages
    index = fs.cat_file(f"{out}/index.html").decode()
    assert all(page.removeprefix(f"{out}/") in index for page in pages)
    for page in pages:
        names = {Path(name).name for name in fs.find(page.removesuffix("/report.html"))}
        assert names - {"retry.csv"} == {"report.html", "notebook.ipynb", "summary.json"}
        assert 'href="../../index.html"' in fs.cat_file(page).decode()
    assert run_command(["reports", "list", "--out", out]) == 0
    listed = capsys.readouterr().out
    assert all(page.removesuffix("/report.html") in listed for page in pages)

    assert run_command(["reports", "prune", "--keep", "90d", "--out", out]) == 0
    assert len(fs.glob(f"{out}/*/*/report.html")) == 2
    copy = f"{reports.place}/copy"  # other tests read the reports themselves
    for path in fs.find(out):
        fs.copy(path, f"{copy}/{path.partition('/reports/')[2]}")
    assert run_command(["reports", "prune", "--keep", "0m", "--out", copy]) == 0
    assert fs.glob(f"{copy}/*/*/report.html") == []
    assert fs.exists(f"{copy}/failure_trends/mine/notes.txt")
