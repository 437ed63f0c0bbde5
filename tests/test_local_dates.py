"""JSON with local dates is read as CSV is: their order is told from the file, or has to be said."""

from __future__ import annotations

import gzip
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from form_logs import EVENTS
from forms import console
from kit.base.errors import SourceError
from kit.commands.app import run_command
from kit.lake import Lake, add
from kit.log.log import open_log
from kit.sources.exports import blocks

if TYPE_CHECKING:
    from pathlib import Path

DAYS = ["1/10/2026 9:05", "2/10/2026 9:05", "3/10/2026 9:05", "13/10/2026 9:05"]
UNCLEAR = ["1/10/2026 9:05", "2/10/2026 9:05", "3/10/2026 9:05", "4/10/2026 9:05"]


def rows(times: list[str]) -> list[dict[str, Any]]:
    """The Console's rows, as a script makes JSON of them."""
    return [console(each) | {"timestamp": at} for each, at in zip(EVENTS, times, strict=True)]


def events(times: list[str]) -> list[dict[str, Any]]:
    """Whole events whose time a script printed in its own way."""
    return [each | {"published": at} for each, at in zip(EVENTS, times, strict=True)]


def lines(values: list[Any]) -> str:
    """A line each."""
    return "".join(json.dumps(one) + "\n" for one in values)


@pytest.mark.parametrize(
    "text",
    [
        lines(rows(DAYS)),
        lines(events(DAYS)),
        json.dumps(rows(DAYS)),
        json.dumps(events(DAYS), indent=2),
        json.dumps({"value": rows(DAYS)}),
        lines([{"preview": False, "result": one} for one in rows(DAYS)]),
        lines(rows(DAYS)).replace("/", "\\/"),
        lines(events(DAYS)).replace("\n", "\r\n"),
    ],
)
def test_local_dates_are_read_by_a_number_above_12_anywhere_in_the_file(
    tmp_path: Path, text: str
) -> None:
    """In lines, arrays and envelopes; what the row said stays in the event."""
    path = tmp_path / "log.json"
    path.write_text(text, encoding="utf-8")

    log = open_log(path)

    assert log.skipped_lines == ()
    assert (log.first.isoformat(), log.count) == ("2026-10-01T09:05:00+00:00", 4)


def test_month_first_is_told_as_well_and_packed_files_are_read_again(tmp_path: Path) -> None:
    """The order stands at the file's end, which is far behind its first block."""
    times = [f"10/{day}/2026 9:05 AM" for day in (1, 2, 3, 13)]
    text = lines([one | {"filler": "x" * 700_000} for one in rows(times)])
    packed, archive = tmp_path / "log.gz", tmp_path / "log.zip"
    packed.write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("one.json", lines(rows(DAYS)))
        file.writestr("two.json", text)

    for path in (packed, archive):
        log = open_log(path)
        assert log.skipped_lines == ()
        assert (log.first.isoformat(), log.count) == ("2026-10-01T09:05:00+00:00", 4)


@pytest.mark.parametrize("values", [rows(UNCLEAR), events(UNCLEAR)])
def test_dates_that_could_be_either_are_refused_with_what_to_do(
    tmp_path: Path, values: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Unless somebody says it; then the import says that they name no zone."""
    path, lake = tmp_path / "log.json", str(tmp_path / "lake")
    path.write_text(lines(values), encoding="utf-8")

    with pytest.raises(SourceError, match=r"local date.*--date-order day-first"):
        open_log(path)
    assert open_log(path, date_order="day-first").first.isoformat().startswith("2026-10-01")
    assert run_command(["import", str(path), "--lake", lake, "--date-order", "month-first"]) == 0
    assert "log.json: times name no zone and are read as UTC" in capsys.readouterr().err
    assert open_log(lake).first.isoformat().startswith("2026-01-10")


def test_an_event_as_okta_writes_it_stays_byte_for_byte(tmp_path: Path) -> None:
    """Also one that quotes a local date, beside rows that have one."""
    whole = EVENTS[0] | {"uuid": "whole", "debugContext": {"debugData": {"published": DAYS[3]}}}
    path = tmp_path / "log.json"
    text = json.dumps(whole)
    path.write_text(text + "\n" + lines(rows(UNCLEAR)[1:]), encoding="utf-8")

    kept_lines = [one.raw for block in blocks([path]) for one in block.documents()]
    assert kept_lines[0] == text.encode()
    done = add(Lake(tmp_path / "lake"), [path], date_order="day-first")
    assert (done.events, len(done.skipped_lines)) == (4, 0)


def test_rows_that_contradict_the_option_are_skipped(tmp_path: Path) -> None:
    """Where a file shows both orders it is mixed; no row gets a 25th month."""
    times = ["3/25/2026 9:05", "25/3/2026 9:06", "3/4/2026 9:07", "4/3/2026 9:08"]
    path = tmp_path / "log.json"
    path.write_text(lines(rows(times)), encoding="utf-8")

    assert add(Lake(tmp_path / "lake"), [path]).events == 0
    assert add(Lake(tmp_path / "lake"), [path], date_order="day-first").events == 3
