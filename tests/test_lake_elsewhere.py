"""A lake is read without the kit as ``docs/lake.md`` says, on every engine that it names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from entra_forms import write_form
from entra_simulator import simulate_outage

import kit
from commands import command
from factories import M365, REFUSED, SLACK, event, write_export
from kit.base.paths import NOTEBOOKS
from requirements import need, need_java

if TYPE_CHECKING:
    from pathlib import Path

PAGE = NOTEBOOKS.parent / "docs" / "lake.md"
EXAMPLE = re.compile(r"^(\w+):\n\n```python\n(.*?)^```", re.M | re.S)
EXAMPLES = dict(EXAMPLE.findall(PAGE.read_text(encoding="utf-8")))

EXPECTED = {
    ("Microsoft Office 365", "AADSTS50126", 3, "2026-10-27 10:00:00.500"),
    ("Slack", "username_taken", 1, "2026-10-28 23:59:59.999"),
    (None, "INVALID_CREDENTIALS", 1, "2026-10-26 00:00:00.000"),
}
"""By app and code, since 26 October: failing events, and when the latest came."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lake in ``data/lake`` that holds all that one may hold."""
    folder = tmp_path_factory.mktemp("elsewhere")
    sign_in = {"type_": "user.session.start", "app": None, "reason": "INVALID_CREDENTIALS"}
    events = [
        event("2026-10-25T23:59:59.999Z", app=M365, reason=REFUSED),
        event("2026-10-26T00:00:00.000Z", **sign_in),
        event("2026-10-27T09:00:00.000Z", app=M365, reason=REFUSED),
        event("2026-10-27T09:00:01.000Z", app=M365, reason=REFUSED, user="ben@example.com"),
        event("2026-10-28T23:59:59.999Z", app=SLACK, reason="username_taken"),
        event("2026-10-28T12:00:00.000Z", app=SLACK, result="SUCCESS"),
    ]
    lake = folder / "data" / "lake"
    cut_off = '{"uuid": "cut off", "published": "2026-10-27T09:30:00Z", "eventTy\n'
    write_export(folder / "a.ndjson", events, more=cut_off)
    later = event("2026-10-27T10:00:00.500Z", app=M365, reason=REFUSED)
    write_export(folder / "b.ndjson", [later])
    records = write_form("graph", simulate_outage(1, 4).records, folder / "entra")
    for file in (folder / "a.ndjson", folder / "b.ndjson", *records):
        assert command("import", file, "--lake", lake).returncode == 0
    kit.incidents(kit.open_log(lake))  # answers that are kept in it
    assert {"_kept", "_vendor", "_put_aside"} <= {one.name for one in lake.iterdir()}
    return folder


def run(engine: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run an engine's example as it stands on the page."""
    exec(compile(EXAMPLES[engine], f"{PAGE.name}, {engine}", "exec"), names)
    return names


def test_an_example_is_there_for_each_engine() -> None:
    assert set(EXAMPLES) == {"DuckDB", "pandas", "Polars", "Spark"}


def test_duckdb(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    counts = run("DuckDB", {})["counts"]
    rows = counts.to_arrow_table().to_pylist()

    assert {_row(*one.values()) for one in rows} == EXPECTED
    assert "2026-10-27 10:00:00.5+00" in capsys.readouterr().out


def test_pandas(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    counts = run("pandas", {})["counts"].reset_index()

    assert {_row(*one) for one in counts.itertuples(index=False)} == EXPECTED


def test_polars(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("polars", ["polars"])
    monkeypatch.chdir(place)
    counts = run("Polars", {})["counts"].collect()

    assert {_row(*one) for one in counts.rows()} == EXPECTED


@pytest.fixture
def spark() -> None:
    """What Spark needs; the example starts it, in a process that ends it."""
    need("spark", ["pyspark"])
    need_java()


@pytest.mark.usefixtures("spark")
def test_spark(place: Path) -> None:
    session = (
        'from pyspark.sql import SparkSession\nSparkSession.builder.master("local[1]").config('
    )
    session += '"spark.ui.enabled", "false").getOrCreate()\n'
    printed = "\nfor row in counts.collect():\n    print('ROW', repr(tuple(map(str, row))))\n"
    done = subprocess.run(
        [sys.executable, "-c", session + EXAMPLES["Spark"] + printed],
        cwd=place,
        env={
            **os.environ,
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "TZ": "UTC",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    rows = [eval(line[4:]) for line in done.stdout.splitlines() if line.startswith("ROW")]
    assert {_row(*one) for one in rows} == EXPECTED


def _row(app: Any, code: Any, number: Any, latest: Any) -> tuple[str | None, str, int, str]:
    """A row as all engines' rows compare."""
    name = None if app is None or app != app or app == "None" else str(app)
    moment = str(latest).removesuffix("+00:00")
    moment = f"{moment}.000" if "." not in moment else moment[:23].ljust(23, "0")
    return name, str(code), int(number), moment
