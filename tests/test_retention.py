"""Old days are removed from a lake for good, and it says that it holds them no longer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from entra_forms import SignIn, write_form

import kit
from commands import command
from factories import event, write_export
from kit.base.windows import Window, gaps
from kit.lake import Lake, add
from kit.lake.retention import remove_days
from kit.lake.vendor import vendor_coverage, vendor_files
from lakes import memory_address, spread_events

THIRD = datetime(2026, 10, 3, tzinfo=UTC)


@pytest.fixture(params=["folder", "store"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """Four days of events, from 1 October on."""
    lake = Lake(memory_address() if request.param == "store" else tmp_path / "lake")
    export = write_export(tmp_path / "log.ndjson", spread_events(400))
    add(lake, [export], covers=Window(THIRD - timedelta(days=2), THIRD + timedelta(days=2)))
    return lake


def test_days_before_go_with_what_the_lake_says_of_them(filled: Lake) -> None:
    """The others stay as they were."""
    failures = kit.failures(kit.open_log(filled.address))

    done = remove_days(filled, THIRD.date())

    assert (done.days, done.events) == (2, 200)
    assert [str(day) for day in filled.days()] == ["2026-10-03", "2026-10-04"]
    log = kit.open_log(filled.address)
    kept = failures[failures["published"] >= THIRD]
    assert kit.failures(log)["uuid"].tolist() == kept["uuid"].tolist()
    assert filled.covered_windows() == [Window(THIRD, THIRD + timedelta(days=2))]
    window = Window(THIRD - timedelta(days=2), THIRD + timedelta(days=2))
    assert log.coverage(window).missing == gaps(filled.covered_windows(), window)
    assert filled.faults().losses == ()


def test_a_second_time_removes_nothing(filled: Lake) -> None:
    """Nor does a day before all."""
    assert remove_days(filled, date(2026, 9, 1)).events == 0
    remove_days(filled, THIRD.date())

    assert remove_days(filled, THIRD.date()).events == 0


def test_what_was_removed_can_be_imported_again(filled: Lake, tmp_path: Path) -> None:
    """It is no repeat: somebody wants it back."""
    remove_days(filled, THIRD.date())

    assert add(filled, [tmp_path / "log.ndjson"]).events == 200


def test_an_open_log_says_what_it_holds_no_longer(filled: Lake) -> None:
    """Of a lake on disk; what lies in a store is read as it was when it was opened."""
    log = kit.open_log(filled.address)
    window, in_store = log.window(), "://" in filled.address

    remove_days(filled, THIRD.date())

    first_days = int(kit.failures(log)["published"].lt(THIRD).sum())
    assert (first_days > 0) is in_store
    assert log.coverage(window).complete is in_store


def test_an_open_log_says_which_files_it_lost(tmp_path: Path) -> None:
    """Nothing found there is no all-clear."""
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "log.ndjson", spread_events(40))])
    log = kit.open_log(lake.address)
    assert log.coverage(log.window()).complete

    for path in lake.folder.glob("date=*/*.parquet"):
        path.unlink()

    assert not log.coverage(log.window()).complete


def test_the_command_counts_days_back_from_now(tmp_path: Path) -> None:
    """And refuses what is no number of days."""
    now = datetime.now(UTC)
    events = [event((now - timedelta(days=n)).isoformat()) for n in (1, 3, 500)]
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "log.ndjson", events)])

    done = command("lake", "prune", "--keep", "400d", "--lake", lake.address)
    wrong = command("lake", "prune", "--keep", "400", "--lake", lake.address)

    first = (now - timedelta(days=400)).date()
    assert done.stdout == f"{lake.address}: 1 event of 1 day before {first} removed.\n"
    assert (wrong.returncode, "write days" in wrong.stderr) == (2, True)
    assert kit.open_log(lake.address).count == 2


def test_old_records_of_a_vendor_go_too(tmp_path: Path) -> None:
    """With the coverage of their log."""
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "log.ndjson", spread_events(40))])
    records = [SignIn(THIRD + timedelta(days=n), 0, id=f"id-{n}") for n in (-1, 0, 1)]
    add(lake, map(Path, write_form("graph", records, tmp_path)))

    done = remove_days(lake, THIRD.date())

    assert done.records == 1
    assert len(vendor_files(lake)) == 2
    assert all(w.since >= THIRD for some in vendor_coverage(lake).values() for w in some)
