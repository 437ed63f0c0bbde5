"""The lake holds every event once, whatever happens while it is written."""

from __future__ import annotations

import gzip
import json
import random
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import event, write_export
from kit.base.errors import SourceError, UsageError
from kit.catalogue import load
from kit.lake import FORMAT, Lake, add, compact, recode
from kit.lake.overview import overview
from kit.lake.parquet import catalogue_of, write_events
from kit.log.log import open_log
from lakes import T0, forty_events, parquet_uuids
from properties import max_examples

ROOT = Path(__file__).resolve().parents[1]


def test_a_file_added_twice_and_overlapping_files_give_every_event_once(tmp_path: Path) -> None:
    """Repeats are counted, within a file and across files."""
    events, lake = forty_events(), Lake(tmp_path / "lake")
    first = write_export(tmp_path / "a.ndjson", events[:30])
    second = write_export(tmp_path / "b.ndjson", [*events[20:], events[39]])

    done = [add(lake, [first]), add(lake, [first]), add(lake, [second])]

    assert [(d.events, d.repeats) for d in done] == [(30, 0), (0, 30), (10, 11)]
    assert parquet_uuids(lake) == sorted(e["uuid"] for e in events)


@pytest.mark.parametrize("name", ["a[b", "[a-c]", "a{b,c}", "a*", "a?c", "a b"])
def test_a_folder_s_name_is_no_pattern(tmp_path: Path, name: str) -> None:
    """Though questions, and other Parquet tools, find the files by one."""
    lake, other = Lake(tmp_path / name), Lake(tmp_path / "abc")
    events = forty_events()
    add(lake, [write_export(tmp_path / "a.ndjson", events[:5])])
    add(other, [write_export(tmp_path / "b.ndjson", events[5:])])

    assert parquet_uuids(lake) == sorted(e["uuid"] for e in events[:5])
    assert open_log(str(lake.folder)).count == 5


@max_examples(12)
@given(st.randoms(use_true_random=False), st.integers(1, 5))
def test_any_slices_in_any_order_give_the_same_lake(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, files: int
) -> None:
    """Overlaps, repeats and disorder leave no trace."""
    folder = tmp_path_factory.mktemp("slices")
    events, lake = forty_events(), Lake(folder / "lake")
    slices = [chance.choices(events, k=chance.randint(1, 60)) for _ in range(files)]
    wanted = {e["uuid"] for part in slices for e in part}

    added = 0
    for number, part in enumerate(slices):
        done = add(lake, [write_export(folder / f"{number}.ndjson", part)])
        added += done.events
        assert done.events + done.repeats == len(part)
        if chance.random() < 0.3:
            compact(lake)

    assert parquet_uuids(lake) == sorted(wanted)
    assert added == len(wanted)


@pytest.mark.slow
def test_events_in_no_order_of_days_do_not_make_many_small_files(tmp_path: Path) -> None:
    """Sixty days at random: a day has one file or a few, and every event is there."""
    lake, chance = Lake(tmp_path / "lake"), random.Random(3)
    events = [
        event((T0 + timedelta(days=chance.randrange(60))).isoformat(), reason=f"{n:6000d}")
        for n in range(7000)
    ]

    add(lake, [write_export(tmp_path / "a.ndjson", events)])

    assert parquet_uuids(lake) == sorted(e["uuid"] for e in events)
    assert max(len(lake.files(day)) for day in lake.days()) <= 8


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    """A file stands where the lake should."""
    path = write_export(tmp_path / "a.ndjson", forty_events())

    with pytest.raises(UsageError, match="--lake"):
        add(Lake(path / "lake"), [path])


def test_a_day_is_the_day_in_utc(tmp_path: Path) -> None:
    """Whatever the offset that a time is written with."""
    lake = Lake(tmp_path / "lake")
    times = ["2026-10-27T00:30:00+02:00", "2026-10-26T23:30:00Z", "2026-10-26T23:30:00-05:00"]
    add(lake, [write_export(tmp_path / "a.ndjson", [event(at) for at in times])])

    assert lake.days() == [date(2026, 10, 26), date(2026, 10, 27)]
    assert overview(lake)["days"][0]["events"] == 2


@pytest.mark.parametrize("form", ["lines", "array", "gzip"])
def test_every_event_of_many_blocks_arrives_with_its_line(tmp_path: Path, form: str) -> None:
    """Two bad lines far apart are named by their numbers."""
    lake = Lake(tmp_path / "lake")
    lines = [json.dumps(event(reason=f"{n:2000d}")) for n in range(2500)]
    lines[9] = lines[2309] = '{"uuid": 1}'
    text = (f"[{','.join(lines)}]" if form == "array" else "\n".join(lines)).encode()
    path = tmp_path / "many"
    path.write_bytes(gzip.compress(text) if form == "gzip" else text)

    done = add(lake, [path])

    assert (done.events, done.repeats) == (2498, 0)
    assert [aside.line for aside in lake.skipped_lines()] == [10, 2310]


def test_what_does_not_fit_is_kept_with_its_place_and_reason_once(tmp_path: Path) -> None:
    """Also when the same file is added again."""
    lake = Lake(tmp_path / "lake")
    path = write_export(
        tmp_path / "a.ndjson", forty_events()[:2], more='{"uuid": "x"\n{"published": 5}\n'
    )

    add(lake, [path])
    add(lake, [path])

    aside = lake.skipped_lines()
    assert [(p.line, p.text) for p in aside] == [(3, '{"uuid": "x"'), (4, '{"published": 5}')]
    assert all(p.reason and p.file == str(path) for p in aside)
    assert overview(lake)["put_aside"] == 2


def test_failing_events_lie_in_row_groups_of_their_own(tmp_path: Path) -> None:
    """So that a question about failures reads little."""
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "a.ndjson", forty_events())])

    for path in lake.folder.glob("date=*/*.parquet"):
        file = pq.ParquetFile(path)
        for number in range(file.num_row_groups):
            codes = file.read_row_group(number, columns=["code"])["code"]
            assert codes.null_count in {0, len(codes)}


def test_arrow_takes_memory_as_the_program_chose_once_events_are_added(tmp_path: Path) -> None:
    before, meanwhile = pa.default_memory_pool().backend_name, set()
    export = write_export(tmp_path / "a.ndjson", forty_events())
    add(
        Lake(tmp_path / "lake"),
        [export],
        on_progress=lambda _: meanwhile.add(pa.default_memory_pool().backend_name),
    )
    assert pa.default_memory_pool().backend_name == before
    assert meanwhile == ({"jemalloc"} if "jemalloc" in pa.supported_memory_backends() else {before})
    with pytest.raises(SourceError):
        add(Lake(tmp_path / "lake"), [tmp_path / "missing.ndjson"])
    assert pa.default_memory_pool().backend_name == before


def test_other_tools_read_the_lake_without_the_kit(tmp_path: Path) -> None:
    """DuckDB by the glob, pandas by the folder, and the day as a column."""
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "a.ndjson", forty_events())])
    compact(lake)

    table = pd.read_parquet(lake.folder)

    assert len(table) == len(parquet_uuids(lake)) == 40
    assert sorted(map(str, table["date"].unique())) == [f"2026-10-{n}" for n in range(26, 30)]


def test_compacting_leaves_one_file_a_day_and_the_same_events(tmp_path: Path) -> None:
    """What was replaced is out of the glob at once."""
    events, lake = forty_events(), Lake(tmp_path / "lake")
    for number in range(4):
        add(
            lake,
            [write_export(tmp_path / f"{number}.ndjson", events[10 * number : 10 * number + 10])],
        )
    before = open_log(lake.folder).events.order_by("uuid").to_pyarrow()
    less = compact(lake)

    assert less == 12
    assert len(list((lake.folder / "_retired").iterdir())) == 16
    assert all(len(lake.files(day)) == 1 for day in lake.days())
    assert open_log(lake.folder).events.order_by("uuid").to_pyarrow().equals(before)
    assert compact(lake) == 0


def _as_of_old(path: Path, **changed: pa.Array) -> None:
    """Rewrite a file as an older version with another catalogue would have left it."""
    table = pq.read_table(path)
    for name, values in changed.items():
        table = table.set_column(table.column_names.index(name), name, values)
    metadata = {b"okta-kit.catalogue": b"000000000000"}
    pq.write_table(table.drop_columns(["city"]).replace_schema_metadata(metadata), path)


def test_recoding_parses_the_events_again_and_only_those_of_another_catalogue(
    tmp_path: Path,
) -> None:
    """Day by day; a lake of an older version still opens before it."""
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "a.ndjson", forty_events())])
    before = open_log(lake.folder).events.order_by("uuid").to_pyarrow()
    for day in lake.days()[:2]:
        (path,) = lake.files(day)
        rows = pq.read_metadata(path).num_rows
        _as_of_old(path, code=pa.array(["OLD"] * rows), family=pa.nulls(rows, pa.string()))

    old = open_log(lake.folder).events.to_pyarrow()
    assert (old.num_rows, old["code"].to_pylist().count("OLD")) == (40, 20)
    assert overview(lake)["catalogue"]["000000000000"] == 2
    assert recode(lake) == 2
    assert recode(lake) == 0
    assert open_log(lake.folder).events.order_by("uuid").to_pyarrow().equals(before)
    versions = {catalogue_of(path) for day in lake.days() for path in lake.files(day)}
    assert versions == {load().version}


def test_a_lake_of_an_older_version_opens_with_nulls(tmp_path: Path) -> None:
    """Even where no file has the column."""
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "a.ndjson", forty_events())])
    for day in lake.days():
        _as_of_old(lake.files(day)[0])

    events = open_log(lake.folder).events.to_pyarrow()

    assert events["city"].null_count == events.num_rows == 40


@pytest.mark.parametrize(
    ("manifest", "said"),
    [({"format": FORMAT + 1}, "Install a newer okta-kit"), ("no json", "cannot be read")],
)
def test_a_lake_that_this_version_cannot_read_is_refused_in_words(
    tmp_path: Path, manifest: Any, said: str
) -> None:
    """Of a newer format, or broken."""
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "a.ndjson", forty_events())])
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    (lake.folder / "_manifest.json").write_text(text, encoding="utf-8")

    with pytest.raises(SourceError, match=said):
        open_log(lake.folder)
    with pytest.raises(SourceError, match=said):
        add(lake, [tmp_path / "a.ndjson"])
    assert (lake.folder / "_manifest.json").read_text(encoding="utf-8") == text


def test_files_are_written_with_the_events_tables_types(tmp_path: Path) -> None:
    """An empty batch makes no row group, and the catalogue's version is in the file."""
    path = tmp_path / "x.parquet"

    assert write_events([], path) == 0
    assert catalogue_of(path) == load().version
    assert time.time() - path.stat().st_mtime < 60
