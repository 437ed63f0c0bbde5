"""What a lake was asked once is kept beside it, and never outlives its files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from kit.analysis.failures import counted, failures
from kit.analysis.recovery import recovery
from kit.analysis.trends import trends
from kit.cli import run
from kit.engine import open_log
from kit.lake import Lake, add, compact
from made import REFUSED, event

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

REFUSAL = event("2026-10-27T09:05:00Z", reason=REFUSED)
SUCCESS = event("2026-10-27T10:05:00Z", result="SUCCESS")


def added(folder: Path, *events: dict[str, object]) -> Lake:
    """Add events to a lake as an export file."""
    file = folder.parent / "export.ndjson"
    file.write_text("".join(json.dumps(e) + "\n" for e in events), encoding="utf-8")
    lake = Lake(folder)
    add(lake, [file])
    return lake


def asked(lake: Lake) -> pd.DataFrame:
    """Who recovered, of the whole lake."""
    log = open_log(lake.folder)
    return recovery(log, log.window())


def kept(lake: Lake) -> list[str]:
    """The kept answers' names."""
    return sorted(path.name for path in lake.folder.glob("_kept/*"))


def test_the_kept_answer_is_what_is_read_next(tmp_path: Path) -> None:
    """Another lake's answer in its place is believed, so the events were not read again."""
    lake, other = (
        added(tmp_path / "lake", REFUSAL),
        added(tmp_path / "other", REFUSAL | {"uuid": "x"}),
    )
    log = open_log(other.folder)
    assert failures(open_log(lake.folder))["uuid"].tolist() == [REFUSAL["uuid"]]
    assert counted(log).uuid.to_pyarrow().to_pylist() == ["x"]
    [mine], [theirs] = (list(one.folder.glob("_kept/failures-*")) for one in (lake, other))

    theirs.replace(mine)

    assert counted(open_log(lake.folder)).uuid.to_pyarrow().to_pylist() == ["x"]


def test_a_lake_that_grew_is_asked_anew(tmp_path: Path) -> None:
    """A recovery that arrives later is seen, and the old answer goes."""
    lake = added(tmp_path / "lake", REFUSAL)
    before, names = asked(lake), kept(lake)

    added(lake.folder, SUCCESS)

    assert before["state"].tolist() == ["still_failing"]
    assert asked(lake)["state"].tolist() == ["recovered"]
    assert len(kept(lake)) == len(names) == 3
    assert not set(kept(lake)) & set(names)


def test_an_open_log_keeps_its_answer_when_the_lake_grows(tmp_path: Path) -> None:
    """A notebook's numbers do not change between two of its cells."""
    lake = added(tmp_path / "lake", REFUSAL)
    asked(lake)
    log = open_log(lake.folder)
    first = failures(log)

    added(lake.folder, event("2026-10-27T11:00:00Z", reason=REFUSED, user="bo@example.com"))
    asked(lake)

    assert failures(log).equals(first)


def test_a_broken_answer_is_worked_out_again(tmp_path: Path) -> None:
    """A disk may lose what it said it wrote."""
    lake = added(tmp_path / "lake", REFUSAL, SUCCESS)
    whole = asked(lake)
    for path in lake.folder.glob("_kept/*"):
        path.write_bytes(path.read_bytes()[:50])

    assert asked(lake).equals(whole)


def test_a_lake_that_cannot_be_written_is_asked_all_the_same(tmp_path: Path) -> None:
    """A file stands where the folder would be, which stops root too."""
    lake = added(tmp_path / "lake", REFUSAL)
    (lake.folder / "_kept").write_text("", encoding="utf-8")

    assert asked(lake)["state"].tolist() == ["still_failing"]


def test_compacting_and_asking_again_gives_the_same(tmp_path: Path) -> None:
    """Other files, the same events."""
    lake = added(tmp_path / "lake", REFUSAL)
    added(lake.folder, SUCCESS)
    first = asked(lake)

    compact(lake)

    assert asked(lake).equals(first)


def test_compacting_prepares_what_all_questions_begin_with(tmp_path: Path) -> None:
    """So that a question after it is as fast as a second one."""
    lake = added(tmp_path / "lake", REFUSAL)
    added(lake.folder, SUCCESS)

    assert run(["compact", "--lake", str(lake.folder)]) == 0

    names = kept(lake)
    log = open_log(lake.folder)
    trends(log, log.window())
    answers = "assignments changes episodes failures worked worked_again".split()
    assert [name.partition("-")[0] for name in names] == answers
    assert kept(lake) == names


@pytest.mark.parametrize(
    ("since", "until", "successes"),
    [
        ("2026-10-27T10:30:00Z", "2026-10-27T12:30:00Z", 4),
        ("2026-10-27T10:00:00Z", "2026-10-27T12:00:00Z", 4),
        ("2026-10-27T10:30:00Z", "2026-10-27T10:50:00Z", 1),
        ("2026-10-27T10:30:00Z", "2026-10-27T11:00:00Z", 1),
        ("2026-10-27T12:00:01Z", "2026-10-27T13:00:00Z", 1),
    ],
)
def test_successes_are_counted_to_the_windows_edge(
    tmp_path: Path, since: str, until: str, successes: int
) -> None:
    """Whole hours come from what is kept, the rest from the events."""
    at = ["10:10", "10:40", "11:00", "11:59", "12:00", "12:40"]
    done = [event(f"2026-10-27T{t}:00Z", result="SUCCESS", user=f"u{t}@example.com") for t in at]
    lake = added(tmp_path / "lake", *done, event(f"{since[:14]}45:00Z", reason=REFUSED))
    log = open_log(lake.folder)

    found = trends(log, log.window(since, until), bucket="hour")

    assert found.totals["attempts"] - found.totals["failures"] == successes
