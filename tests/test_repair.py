"""A lake knows what it holds: what is gone is a gap, what is broken is named and moved away."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import event, write_export
from kit.base.errors import SourceError
from kit.commands.app import run_command
from kit.lake import Lake, add, compact, recode, repair
from kit.lake.coverage import state_of
from kit.lake.inventory import Tally, keys_of
from kit.lake.repair import examined
from kit.log.log import open_log
from lakes import parquet_uuids
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS = ("2026-10-26", "2026-10-27", "2026-10-28")


def uuid_counts(lake: Lake) -> Counter[str]:
    """How often each uuid is in a lake, as any Parquet tool finds it."""
    return Counter(parquet_uuids(lake))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Three days of nine events; ``a.ndjson`` is its export."""
    path = write_export(
        tmp_path / "a.ndjson", [event(f"{d}T0{n}:00:00Z") for d in DAYS for n in range(9)]
    )
    made = Lake(tmp_path / "lake")
    add(made, [path])
    return made


def day_file(lake: Lake, day: str) -> Path:
    """The only event file of a day."""
    (path,) = lake.folder.glob(f"date={day}/*.parquet")
    return path


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("gone", ["file", "day"])
def test_a_day_whose_file_is_gone_is_a_gap_and_is_named(
    lake: Lake, day: str, gone: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first, one between, and the last: a window without ends reaches over it, too."""
    path = day_file(lake, day)
    if gone == "file":
        path.unlink()
    else:
        shutil.rmtree(path.parent)

    log = open_log(str(lake.folder))

    coverage = log.coverage(log.window())
    assert [str(gap.since.date()) for gap in coverage.gaps] == [day]
    source = ["--source", str(lake.folder)]
    assert run_command(["report", "failure_trends", *source, "--require-complete"]) == 4
    assert run_command(["lake", "--lake", str(lake.folder)]) == 0
    assert f"lost: date={day}/{path.name}" in capsys.readouterr().out
    assert run_command(["lake", "--lake", str(lake.folder), "--check"]) == 3
    assert f"{path.name}: it is missing" in capsys.readouterr().err


def test_the_next_import_keeps_the_gap_until_its_events_are_back(
    lake: Lake, tmp_path: Path
) -> None:
    """By an export of the day; it adds what was lost, and nothing else."""
    path = day_file(lake, DAYS[1])
    path.unlink()
    add(lake, [write_export(tmp_path / "b.ndjson", [event(f"{DAYS[2]}T08:05:00Z")])])
    assert lake.faults().losses == (f"date={DAYS[1]}/{path.name}",)
    assert state_of(lake.days()[0].replace(day=27), lake.covered_windows()) == "missing"

    done = add(lake, [tmp_path / "a.ndjson"])

    assert (done.events, done.repeats) == (9, 18)
    assert lake.faults().losses == ()
    assert set(uuid_counts(lake).values()) == {1}
    assert open_log(str(lake.folder)).coverage(open_log(str(lake.folder)).window()).complete


def test_a_file_that_is_put_back_is_covered_again(lake: Lake, tmp_path: Path) -> None:
    """Also after the lake was written without it."""
    path, kept = day_file(lake, DAYS[1]), tmp_path / "kept"
    path.rename(kept)
    add(lake, [write_export(tmp_path / "b.ndjson", [event(f"{DAYS[2]}T08:05:00Z")])])
    path.parent.mkdir(exist_ok=True)
    kept.rename(path)

    add(lake, [tmp_path / "b.ndjson"])

    assert lake.faults().losses == lake.faults().unknown == ()
    assert len(lake.covered_windows()) == 1


def test_a_file_that_was_dropped_in_is_read_and_named(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    """And taken in by the next writer, who knows its uuids from then on."""
    path = day_file(lake, DAYS[0])
    other = path.with_name("mine.parquet")
    path.rename(other)
    add(lake, [lake.folder.parent / "a.ndjson"])
    assert lake.faults().unknown == lake.faults().losses == ()  # the same events in another file

    shutil.copy(day_file(lake, DAYS[1]), other.with_name("copy.parquet"))
    assert run_command(["doctor", "--lake", str(lake.folder)]) >= 0
    assert "copy.parquet" in capsys.readouterr().out


def test_a_lake_of_an_older_version_is_read_and_gets_its_inventory(lake: Lake) -> None:
    """At the next writing command; its files are no gap."""
    place = lake.folder / "_manifest.json"
    manifest = json.loads(place.read_text(encoding="utf-8"))
    inventory = manifest.pop("inventory")
    for part in ("index", "lost"):
        manifest.pop(part)
    place.write_text(json.dumps(manifest), encoding="utf-8")
    shutil.rmtree(lake.folder / "_uuids")
    assert open_log(str(lake.folder)).count == 27
    assert lake.faults().losses == ()

    done = add(lake, [lake.folder.parent / "a.ndjson"])

    assert (done.events, done.repeats) == (0, 27)
    assert lake.manifest()["inventory"] == inventory


DAMAGE: dict[str, Callable[[Lake], object]] = {
    "zero bytes": lambda lake: os.truncate(day_file(lake, DAYS[1]), 0),
    "truncated": lambda lake: os.truncate(day_file(lake, DAYS[1]), 700),
    "a folder": lambda lake: (lake.folder / f"date={DAYS[1]}" / "x.parquet").mkdir(),
    "no parquet": lambda lake: (lake.folder / f"date={DAYS[1]}" / "x.parquet").write_text("x"),
    "no uuid": lambda lake: _without_uuid(day_file(lake, DAYS[1])),
    "a number": lambda lake: _numbered(day_file(lake, DAYS[1])),
    "no day": lambda lake: shutil.copytree(
        lake.folder / f"date={DAYS[1]}", lake.folder / "date=notaday"
    ),
    "manifest {": lambda lake: (lake.folder / "_manifest.json").write_text("{"),
    "manifest of none": lambda lake: (lake.folder / "_manifest.json").write_text(""),
    "manifest []": lambda lake: (lake.folder / "_manifest.json").write_text("[]"),
    "manifest {}": lambda lake: (lake.folder / "_manifest.json").write_text("{}"),
    "manifest gone": lambda lake: (lake.folder / "_manifest.json").unlink(),
    "covered x": lambda lake: _noted(lake, covered="x"),
    "covered 5": lambda lake: _noted(lake, covered=[{"since": 5, "until": 6}]),
    "inventory x": lambda lake: _noted(lake, inventory=["x"]),
    "plan": lambda lake: (lake.folder / "_swap-1.json").write_text('{"old": ['),
    "plan []": lambda lake: (lake.folder / "_swap-1.json").write_text("[]"),
    "put aside": lambda lake: _put_aside(lake),
}


def _without_uuid(path: Path) -> None:
    pq.write_table(pq.read_table(path).drop_columns(["uuid"]), path)


def _numbered(path: Path) -> None:
    table = pq.read_table(path)
    place = table.column_names.index("published")
    numbers = pa.array(range(table.num_rows))
    pq.write_table(table.set_column(place, "published", numbers), path)


def _noted(lake: Lake, **changed: Any) -> None:
    manifest = lake.manifest() | changed
    (lake.folder / "_manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _put_aside(lake: Lake) -> None:
    (lake.folder / "_put_aside").mkdir()
    (lake.folder / "_put_aside" / "x.ndjson").write_text('{"file": ')


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_is_broken_is_one_line_for_every_reader_and_goes_by_a_repair(
    lake: Lake, damage: Callable[[Lake], object], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing counts as covered that is not there, and a second repair does nothing."""
    before = sum(uuid_counts(lake).values())
    damage(lake)
    place = str(lake.folder)
    for words in (
        ["lake", "--lake", place],
        ["lake", "--check", "--lake", place],
        ["failures", "--source", place],
    ):
        assert run_command(words) == 3, words
        said = capsys.readouterr().err.splitlines()
        assert "okta-kit lake repair" in said[-1]
        assert "Traceback" not in "".join(said)
    assert run_command(["doctor", "--lake", place]) != 0
    assert "okta-kit lake repair" in capsys.readouterr().out

    assert run_command(["lake", "repair", "--lake", place]) == 0
    assert "was moved" in (said := capsys.readouterr().out) or "was rebuilt" in said
    assert run_command(["lake", "repair", "--lake", place]) == 0
    assert "nothing to repair" in capsys.readouterr().out

    log = open_log(place)
    left = uuid_counts(lake)
    assert set(left.values()) == {1}
    assert log.count == sum(left.values())
    assert sum(left.values()) == before or not log.coverage(log.window()).complete
    assert examined(lake) == []
    assert add(lake, [lake.folder.parent / "a.ndjson"]).events == before - sum(left.values())
    assert open_log(place).coverage(open_log(place).window()).complete


@pytest.mark.parametrize("command", ["import", "recode", "compact"])
def test_a_writer_says_what_is_broken_in_one_line(
    lake: Lake, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And changes nothing."""
    os.truncate(day_file(lake, DAYS[1]), 700)
    file = [str(lake.folder.parent / "a.ndjson")] if command == "import" else []

    assert run_command([command, *file, "--lake", str(lake.folder)]) == 3
    assert "okta-kit lake repair" in capsys.readouterr().err


def test_a_file_that_breaks_while_a_log_is_open_is_one_line(lake: Lake) -> None:
    """DuckDB's own words for it name no way out."""
    log = open_log(str(lake.folder))
    os.truncate(day_file(lake, DAYS[1]), 700)

    with pytest.raises(SourceError, match="okta-kit lake repair"):
        log.events.to_pyarrow()


def test_a_repair_brings_back_what_a_broken_plan_replaced(lake: Lake) -> None:
    """Its new file never came, and the old one would go after an hour."""
    path = day_file(lake, DAYS[1])
    (lake.folder / "_retired").mkdir()
    path.rename(lake.folder / "_retired" / f"date={DAYS[1]}-{path.name}")
    (lake.folder / "_swap-1.json").write_text("{", encoding="utf-8")

    assert any("brought back" in line for line in repair(lake))

    assert sum(uuid_counts(lake).values()) == 27
    assert len(lake.covered_windows()) == 1


@max_examples(25)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4)), min_size=1, max_size=25),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
def test_one_uuid_is_once_in_the_whole_lake_the_first_one(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[list[tuple[int, int]]],
    lose: bool,  # noqa: FBT001  # hypothesis gives them by place
) -> None:
    """Whatever days its copies have, within an import and over several, compacted or recoded."""
    folder = tmp_path_factory.mktemp("once")
    lake, first, count = Lake(folder / "lake"), dict[str, str](), 0
    for number, part in enumerate(parts):
        events = [
            event(f"2026-10-2{day}T00:00:{place:02d}Z", uuid=f"u{which}")
            for place, (which, day) in enumerate(part)
        ]
        for one in events:
            first.setdefault(one["uuid"], one["published"][:10])
        done = add(lake, [write_export(folder / f"{number}.ndjson", events)])
        count += done.events
        assert done.events + done.repeats == len(events)
        compact(lake)
        if lose:
            shutil.rmtree(lake.folder / "_uuids")

    recode(lake)
    found = duckdb.sql(f"select uuid, date::text from read_parquet('{lake.pattern}')").fetchall()
    assert sorted(found) == sorted(first.items())
    assert count == len(first)
    assert examined(lake) == []


def test_the_first_in_the_input_is_kept_when_blocks_are_coded_side_by_side(tmp_path: Path) -> None:
    """Over many blocks and two files, with what comes later on an earlier day."""
    firsts = [event("2026-10-28T00:00:00Z", uuid=f"u{n}", reason="x" * 2000) for n in range(3000)]
    repeats = [one | {"published": "2026-10-26T00:00:00Z"} for one in firsts]
    paths = [
        write_export(tmp_path / "b.ndjson", firsts),
        write_export(tmp_path / "a.ndjson", repeats),
    ]
    lake = Lake(tmp_path / "lake")

    done = add(lake, paths)

    assert (done.events, done.repeats) == (3000, 3000)
    assert [str(day) for day in lake.days()] == ["2026-10-28"]


@given(st.lists(st.text(max_size=40), unique=True, max_size=30), st.randoms())
def test_checksums_add_up_in_any_order(uuids: list[str], chance: Any) -> None:
    """And differ as soon as one event is another."""
    uuids = [one.encode("utf-8", "replace").decode() for one in uuids]
    mixed = list(uuids)
    chance.shuffle(mixed)
    cut = chance.randint(0, len(mixed))
    whole = Tally.of(keys_of(uuids))

    assert Tally.of(keys_of(mixed[:cut])) + Tally.of(keys_of(mixed[cut:])) == whole
    if mixed:
        assert Tally.of(keys_of([*mixed[1:], "another"])) != whole
