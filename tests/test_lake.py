"""The lake holds every event once, whatever happens while it is written."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import REFUSED, event, write_export
from kit.base.errors import KitError, SourceError, UsageError
from kit.base.windows import Window, gaps, merged
from kit.catalogue import load
from kit.lake import FORMAT, Lake, add, compact, recode
from kit.lake.coverage import JOIN, bridged, state_of
from kit.lake.overview import overview
from kit.lake.parquet import catalogue_of, write_events
from kit.log.log import open_log
from lakes import T0, parquet_uuids
from properties import max_examples

ROOT = Path(__file__).resolve().parents[1]


def forty_events() -> list[dict[str, Any]]:
    """Forty events over four days, every fourth of them failing."""
    return [
        event(
            f"2026-10-{26 + n % 4}T{n % 24:02d}:05:00Z",
            result="FAILURE" if n % 4 == 0 else "SUCCESS",
            reason=REFUSED if n % 4 == 0 else None,
            user=f"u{n}@example.com",
        )
        for n in range(40)
    ]


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
        "import resource, signal, sys\nfrom kit.commands.app import run\n"
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


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    """A file stands where the lake should."""
    path = write_export(tmp_path / "a.ndjson", forty_events())

    with pytest.raises(UsageError, match="--lake"):
        add(Lake(path / "lake"), [path])


def test_a_worker_that_is_killed_is_told_and_running_again_fills_in(tmp_path: Path) -> None:
    """As the system does when memory is short."""
    lake = Lake(tmp_path / "lake")
    path = write_export(tmp_path / "a.ndjson", [event(reason=f"{n:4000d}") for n in range(2000)])

    def kill(_: int) -> None:
        for child in psutil.Process().children():
            child.kill()

    with pytest.raises(KitError, match="Run the same again"):
        add(lake, [path], told=kill)

    assert lake.days() == []
    assert not list(lake.folder.glob("_staging-*"))
    assert add(lake, [path]).events == 2000


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
    assert [aside.line for aside in lake.put_aside()] == [10, 2310]


def test_what_does_not_fit_is_kept_with_its_place_and_reason_once(tmp_path: Path) -> None:
    """Also when the same file is added again."""
    lake = Lake(tmp_path / "lake")
    path = write_export(
        tmp_path / "a.ndjson", forty_events()[:2], more='{"uuid": "x"\n{"published": 5}\n'
    )

    add(lake, [path])
    add(lake, [path])

    aside = lake.put_aside()
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


def window(since: float, until: float) -> Window:
    """A stretch of hours since the first of October."""
    return Window(T0 + timedelta(hours=since), T0 + timedelta(hours=until))


@pytest.mark.parametrize(
    ("covered", "state"),
    [
        ([(0, 48)], "complete"),
        ([(24, 48)], "missing"),
        ([], "missing"),
        ([(5, 48)], "partial"),
        ([(0, 10), (12, 48)], "partial"),
        ([(0, 18)], "provisional"),
        ([(0, 24)], "provisional"),
        ([(3, 18)], "partial"),
    ],
)
def test_a_day_is_complete_partial_missing_or_provisional(
    covered: list[tuple[float, float]], state: str
) -> None:
    """The newest day may still grow."""
    assert state_of(date(2026, 10, 1), [window(*ends) for ends in covered]) == state


_stretches = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 60)).map(lambda p: window(p[0], p[0] + p[1])),
    max_size=8,
)


@given(_stretches, st.integers(0, 200), st.integers(1, 80))
def test_gaps_and_what_is_covered_make_up_the_window(
    covered: list[Window], since: int, length: int
) -> None:
    """Hour by hour, whatever the stretches."""
    asked = window(since, since + length)
    missing = gaps(covered, asked)

    for hour in range(since, since + length):
        at = T0 + timedelta(hours=hour)
        held = any(w.since <= at < w.until for w in covered)
        lacking = any(w.since <= at < w.until for w in missing)
        assert held != lacking


def test_exports_that_meet_within_minutes_are_one_stretch() -> None:
    """A log is silent for minutes at times; an hour is a gap."""
    near = [
        Window(T0, T0 + timedelta(hours=1)),
        Window(T0 + timedelta(hours=1) + JOIN, T0 + JOIN * 9),
    ]

    assert len(merged(bridged(near, []))) == 1
    assert len(merged([*near[:1], *bridged(near[1:], near[:1])])) == 1
    assert len(merged(bridged([window(0, 1), window(2, 3)], []))) == 2


def test_a_short_gap_that_an_export_does_not_touch_stays() -> None:
    """It may be what a pull has yet to read."""
    minute = timedelta(minutes=1)
    held = [Window(T0, T0 + minute), Window(T0 + 2 * minute, T0 + 3 * minute)]

    assert len(merged([*held, *bridged([window(5, 6)], held)])) == 3


def test_reports_and_commands_see_the_gap(tmp_path: Path) -> None:
    """In the coverage of a window, in ``okta-kit lake``, and in an exit code."""
    events, lake = forty_events(), tmp_path / "lake"
    first = write_export(
        tmp_path / "a.ndjson", [e for e in events if e["published"] < "2026-10-27"]
    )
    last = write_export(tmp_path / "b.ndjson", [e for e in events if e["published"] > "2026-10-29"])
    kit = [sys.executable, "-m", "kit"]
    for path in (first, last):
        subprocess.run([*kit, "import", path, "--lake", lake], check=True, capture_output=True)

    shown = subprocess.run(
        [*kit, "lake", "--lake", lake, "--json"], check=True, capture_output=True, text=True
    )
    refused = subprocess.run(
        [*kit, "report", "failure_trends", "--source", lake, "--since", "4d", "--require-complete"],
        check=False,
        capture_output=True,
        text=True,
    )

    found = json.loads(shown.stdout)
    assert [day["coverage"] for day in found["days"]][1:3] == ["missing", "missing"]
    assert len(found["gaps"]) == 1
    newest = {"since": "2026-10-29T22:50:00.001Z", "until": "2026-10-29T23:05:00.001Z"}
    assert found["provisional"] == newest
    assert refused.returncode == 4
    assert "not held" in refused.stderr
    told = subprocess.run(
        [*kit, "import", last, "--lake", lake, "--covers", "2026-10-26..2026-10-30"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "0 events added" in told.stdout
    assert overview(Lake(lake))["gaps"] == []


def test_files_are_written_with_the_events_tables_types(tmp_path: Path) -> None:
    """An empty batch makes no row group, and the catalogue's version is in the file."""
    path = tmp_path / "x.parquet"

    assert write_events([], path) == 0
    assert catalogue_of(path) == load().version
    assert time.time() - path.stat().st_mtime < 60
