"""Times are read as products and spreadsheets write them; what could be either is not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from form_logs import EVENTS
from forms import console, table
from kit.base.errors import SourceError, UsageError
from kit.commands.app import run_command
from kit.lake import Lake, add
from kit.log.log import open_log
from kit.reports.batch import read_once
from kit.reports.window import close_window
from kit.sources.written_times import utc


def local(order: str, days: list[str]) -> bytes:
    """The Console's CSV after a spreadsheet took its times for dates."""
    rows = []
    for each, day in zip(EVENTS, days, strict=False):
        number, month = (day[8:], day[5:7]) if order == "day-first" else (day[5:7], day[8:])
        rows.append(console(each) | {"timestamp": f"{int(number)}/{int(month)}/{day[:4]} 09:05"})
    return table(rows, ";").encode()


@pytest.mark.parametrize("order", ["day-first", "month-first"])
def test_local_dates_are_read_by_a_number_above_12_anywhere_in_the_file(
    tmp_path: Path, order: str
) -> None:
    """Also where it comes last."""
    path = tmp_path / "a.csv"
    path.write_bytes(local(order, ["2026-10-01", "2026-10-02", "2026-10-03", "2026-10-13"]))

    log = open_log(path)

    assert log.skipped_lines == ()
    assert (log.first.isoformat(), log.count) == ("2026-10-01T09:05:00+00:00", 4)


def test_local_dates_that_could_be_either_are_refused_with_what_to_do(tmp_path: Path) -> None:
    """The wrong month is worse than none."""
    path = tmp_path / "a.csv"
    path.write_bytes(local("day-first", ["2026-10-01", "2026-10-02", "2026-10-03", "2026-10-12"]))

    with pytest.raises(SourceError, match=r"local date.*--date-order day-first"):
        open_log(path)


@pytest.mark.parametrize(("order", "month"), [("day-first", 4), ("month-first", 3)])
def test_the_option_says_what_comes_first_where_the_dates_do_not(
    tmp_path: Path, order: str, month: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such times are read as UTC, which the import says, and every report again."""
    path, lake = tmp_path / "a.csv", str(tmp_path / "lake")
    rows = [console(each) | {"timestamp": f"3/4/26 9:0{n}"} for n, each in enumerate(EVENTS)]
    path.write_text(table(rows, ";"), encoding="utf-8")

    assert run_command(["import", str(path), "--lake", lake]) == 3
    assert run_command(["import", str(path), "--lake", lake, "--date-order", order]) == 0

    log = open_log(lake)
    assert (log.first.month, log.first.day, log.count) == (month, 7 - month, 4)
    assert "a.csv: times name no zone and are read as UTC" in capsys.readouterr().err
    assert "In a.csv times name no zone" in " ".join(log.coverage(log.window()).notes)


def unclear(folder: Path) -> Path:
    """A file whose dates are 3 April or 4 March."""
    path = folder / "a.csv"
    rows = [console(each) | {"timestamp": f"3/4/26 9:0{n}"} for n, each in enumerate(EVENTS)]
    path.write_text(table(rows, ";"), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "command",
    [["failures"], ["codes"], ["new", "failure_trends", "case"]],
    ids=lambda command: command[0],
)
def test_every_command_with_a_source_takes_the_order_that_its_refusal_names(
    tmp_path: Path,
    command: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the option, or by the setting that also notebooks read."""
    monkeypatch.chdir(tmp_path)
    whole = [*command, "--source", str(unclear(tmp_path))]

    assert run_command(whole) == 3
    assert "--date-order day-first" in capsys.readouterr().err
    assert run_command([*whole, "--date-order", "day-first"]) == 0
    monkeypatch.setenv("OKTA_KIT_DATE_ORDER", "month-first")
    assert run_command([*command[:2], *(["again"] if command[2:] else []), *whole[-2:]]) == 0


def test_a_report_takes_the_order_of_local_dates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its kernel reads the copy that was made with it; several reports read one copy."""
    path = unclear(tmp_path)
    values = {"source": str(path), "since": "", "until": ""}

    for order, month in (("day-first", "04"), ("month-first", "03")):
        closed = close_window(values, tmp_path / order, date_order=order)
        assert closed["since"].startswith(f"2026-{month}-")
        with read_once([str(path)] * 2, order) as environment:
            (copy,) = environment.values()
            assert str(Lake(copy).days()[0])[5:7] == month


def test_an_order_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the setting has it, for any source."""
    with pytest.raises(UsageError, match=r"date_order: 'us' is no order. Write day-first or"):
        open_log(unclear(tmp_path), date_order="us")
    monkeypatch.setenv("OKTA_KIT_DATE_ORDER", "dmy")
    with pytest.raises(UsageError, match=r"\$OKTA_KIT_DATE_ORDER: 'dmy' is no order"):
        open_log("sample")
    assert open_log(unclear(tmp_path), date_order="day-first").first.month == 4


def test_a_date_that_shows_its_order_is_read_so_whatever_the_option_says(tmp_path: Path) -> None:
    """One option for many files, some of which need none."""
    days = ["2026-10-01", "2026-10-02", "2026-10-03", "2026-10-13"]
    files = [tmp_path / "day.csv", tmp_path / "month.csv"]
    files[0].write_bytes(local("day-first", days))
    files[1].write_bytes(local("month-first", days))
    lake = Lake(tmp_path / "lake")

    done = add(lake, files, date_order="month-first")

    assert (done.events, done.repeats, done.skipped_lines) == (4, 4, [])


def test_rows_that_contradict_the_option_are_skipped(tmp_path: Path) -> None:
    """Where a file shows both orders it is mixed; no row gets a 25th month."""
    path = tmp_path / "a.csv"
    times = ["3/25/2026 9:05", "25/3/2026 9:06", "3/4/2026 9:07", "4/3/2026 9:08"]
    rows = [console(each) | {"timestamp": at} for each, at in zip(EVENTS, times, strict=True)]
    path.write_text(table(rows, ";"), encoding="utf-8")
    lake = Lake(tmp_path / "lake")

    assert add(lake, [path]).events == 0
    assert add(lake, [path], date_order="day-first").events == 3


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-10-27 09:05:00.123 UTC", "2026-10-27T09:05:00.123Z"),
        ("2026-10-27 09:05:00", "2026-10-27T09:05:00Z"),
        ("2026-10-27T11:05:00+0200", "2026-10-27T11:05:00+02:00"),
        ("2026-10-27T09:05:00,5Z", "2026-10-27T09:05:00.5Z"),
        ("27.10.2026 09:05", "2026-10-27T09:05:00Z"),
        ("2026/10/27 9:05", "2026-10-27T09:05:00Z"),
        ("Oct 27, 2026 @ 09:05:00.123", "2026-10-27T09:05:00.123Z"),
        ("/Date(1793091900123)/", "2026-10-27T09:05:00.123Z"),
        (1793091900, "2026-10-27T09:05:00.000Z"),
        ("1793091900123", "2026-10-27T09:05:00.123Z"),
        ("1793091900123000", "2026-10-27T09:05:00.123Z"),
        ("1793091900123000000", "2026-10-27T09:05:00.123Z"),
        ("03/04/2026 09:05", None),
        ("yesterday", None),
        ("12345", None),
    ],
)
def test_times_are_read_as_products_write_them(written: object, read: str | None) -> None:
    """What could be either is not guessed."""
    assert utc(written) == read
