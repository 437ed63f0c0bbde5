"""A lake in an object store holds what one on disk would, whoever writes and whatever is killed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pandas.testing import assert_frame_equal

from factories import event, write_export
from fake_org import FakeOrg
from kit.analysis.failures import failures
from kit.analysis.recovery import recovery
from kit.base.errors import SourceError
from kit.base.windows import Window, gaps
from kit.commands.app import run_command
from kit.lake import Lake, add, compact, recode
from kit.lake.bucket import Bucket
from kit.lake.overview import overview
from kit.lake.parquet import catalogue_of
from kit.lake.pull import pull
from kit.log.log import open_log
from kit.sources.okta import read_settings
from lakes import glob_uuids, memory_address, opened_uuids, spread_events
from requirements import need

need("s3", ["s3fs", "moto"])
import fsspec  # noqa: E402  # it comes with s3fs, which may be missing

from kit.lake.snapshot import Snapshot  # noqa: E402  # it needs fsspec

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_lake_in_a_store_answers_as_one_on_disk(
    tmp_path: Path, bucket: Callable[..., str]
) -> None:
    """Imported in two steps, read, compacted: overview, failures, states and kept answers."""
    events = spread_events(300)
    first, second = (
        write_export(tmp_path / "a.ndjson", events[:200]),
        write_export(tmp_path / "b.ndjson", events[150:]),
    )
    lakes = [Lake(tmp_path / "lake"), Lake(f"{bucket()}/some/lake")]
    for lake in lakes:
        done = [add(lake, [one]) for one in (first, second)]
        assert [(d.events, d.repeats) for d in done] == [(200, 0), (100, 50)]
    for _ in range(2):
        seen = [overview(lake.open()) | {"lake": ""} for lake in lakes]
        assert seen[0] == seen[1]
        logs = [open_log(lake.address) for lake in lakes]
        assert_frame_equal(*(failures(log) for log in logs))
        assert_frame_equal(*(recovery(log, log.window()) for log in logs))
        assert [compact(lake) for lake in lakes] in ([1, 1], [2, 2], [0, 0])
    assert glob_uuids(lakes[1].address) == sorted(one["uuid"] for one in events)
    kept = lakes[1].storage.names("_kept")
    assert {Path(name).suffix for name in kept} == {".json", ".parquet"}


def test_an_answer_that_is_kept_in_the_store_is_what_is_read_next(
    tmp_path: Path, bucket: Callable[..., str]
) -> None:
    """It grows by what was added, and the old one goes."""
    lake, events = Lake(f"{bucket()}/lake"), spread_events(60)
    add(lake, [write_export(tmp_path / "a.ndjson", events[:40])])
    failures(open_log(lake.address))
    before = lake.storage.names("_kept")
    failures(open_log(lake.address))
    assert lake.storage.names("_kept") == before

    add(lake, [write_export(tmp_path / "b.ndjson", events[40:])])
    log = open_log(lake.address)
    found = failures(log)

    assert sorted(found["uuid"]) == sorted(e["uuid"] for e in events[::3])
    after = lake.storage.names("_kept")
    assert len(after) == len(before)
    assert set(after) != set(before)


def test_recoding_in_a_store_parses_the_events_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, and with the same result as on disk."""
    lake = Lake(memory_address())
    add(lake, [write_export(tmp_path / "a.ndjson", spread_events(40))])
    before = open_log(lake.address).events.order_by("uuid").to_pyarrow()
    monkeypatch.setattr("kit.lake.upkeep.catalogue_of", lambda _: "another")

    assert recode(lake) == 4

    monkeypatch.undo()
    assert recode(lake) == 0
    assert open_log(lake.address).events.order_by("uuid").to_pyarrow().equals(before)
    assert all(catalogue_of(file) for day in lake.days() for file in lake.files(day))


def test_an_open_log_stays_as_it_is_while_the_lake_is_compacted(
    tmp_path: Path, bucket: Callable[..., str]
) -> None:
    """What was replaced is kept for a day for who still reads it."""
    lake, events = Lake(f"{bucket()}/lake"), spread_events(60)
    for n in range(3):
        add(lake, [write_export(tmp_path / f"{n}.ndjson", events[20 * n : 20 * n + 20])])
    log = open_log(lake.address)

    compact(lake)
    add(lake, [write_export(tmp_path / "more.ndjson", spread_events(5))])

    assert log.events.count().to_pyarrow().as_py() == 60
    assert sorted(log.events.uuid.to_pyarrow().to_pylist()) == sorted(e["uuid"] for e in events)


def test_one_look_at_a_store_shows_a_lake_as_it_was_and_the_next_as_it_is(tmp_path: Path) -> None:
    lake = Lake(memory_address())
    add(lake, [write_export(tmp_path / "a.ndjson", spread_events(8, days=2))])
    with lake.one_look():
        names, facts = lake.names(), lake.manifest()
        add(Lake(lake.address), [write_export(tmp_path / "b.ndjson", spread_events(8, days=4))])
        with lake.one_look():
            assert (lake.names(), lake.manifest()) == (names, facts)
        assert (lake.names(), lake.manifest()) == (names, facts)
    assert len(lake.names()) > len(names)
    assert lake.manifest() != facts


@pytest.mark.parametrize("room", [0, 20_000, 64 << 20])
def test_answers_are_the_same_however_many_files_of_a_store_are_held(
    tmp_path: Path, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing held, a file or two, and all."""
    export = write_export(tmp_path / "a.ndjson", spread_events(200, days=6))
    logs = []
    for place in (str(tmp_path / "lake"), memory_address()):
        add(Lake(place), [export])
        logs.append(open_log(place))
    monkeypatch.setattr("kit.lake.bucket._MAX_SMALL_BYTES", room)
    for _ in range(2):
        assert_frame_equal(*(failures(log) for log in logs))
        assert_frame_equal(*(recovery(log, log.window()) for log in logs))
        texts = [sorted(log.events.raw.to_pyarrow().to_pylist()) for log in logs]
        assert texts[0] == texts[1]


def test_a_small_file_of_a_store_is_asked_for_once(
    tmp_path: Path,
    bucket: Callable[..., str],
    s3_requests: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not for its footer, and for each group of its columns."""
    export = write_export(tmp_path / "a.ndjson", spread_events(120, days=12))
    counts = []
    for room in (0, 64 << 20):
        monkeypatch.setattr("kit.lake.bucket._MAX_SMALL_BYTES", room)
        lake = Lake(f"{bucket()}/lake")
        add(lake, [export])
        before = s3_requests.stat().st_size
        log = open_log(lake.address)
        assert len(recovery(log, log.window()))
        assert len(log.events.raw.to_pyarrow()) == 120
        counts.append(s3_requests.stat().st_size - before)
    assert counts[0] - counts[1] >= len(lake.names())


def test_a_compaction_asks_for_nothing_of_days_that_have_one_file(
    tmp_path: Path, bucket: Callable[..., str], s3_requests: Path
) -> None:
    counts = []
    for days in (3, 12):
        lake = Lake(f"{bucket()}/lake")
        events = spread_events(120, days=days)
        for part in (events[1:], events[:1]):
            add(lake, [write_export(tmp_path / "a.ndjson", part)])
        before = s3_requests.stat().st_size
        assert compact(lake) == 1
        counts.append(s3_requests.stat().st_size - before)
        assert len(lake.names()) == days
    assert counts[1] == counts[0]


def test_what_was_replaced_goes_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was sent and never listed; nothing that is listed."""
    lake, events = Lake(memory_address()), spread_events(40)
    for n in range(2):
        add(lake, [write_export(tmp_path / f"{n}.ndjson", events[n::2])])
    lake.storage.write("_staging/part-0123.parquet", b"sent by one that was killed")
    compact(lake)
    assert lake.storage.names("_retired")

    monkeypatch.setattr("kit.lake.bucket.KEEP", timedelta(0))
    compact(lake)

    assert lake.storage.names("_retired") == lake.storage.names("_staging") == []
    assert opened_uuids(lake.address) == sorted(one["uuid"] for one in events)


def test_a_lake_that_was_copied_to_a_store_and_back_goes_on(tmp_path: Path) -> None:
    """As ``aws s3 sync`` does it: a list of files that came from a store is not believed."""
    events, disk = spread_events(60), Lake(tmp_path / "lake")
    add(disk, [write_export(tmp_path / "a.ndjson", events[:20])])
    address, again = memory_address(), tmp_path / "again"
    fs = fsspec.filesystem("memory")
    fs.put(str(disk.folder), address, recursive=True)

    add(Lake(address), [write_export(tmp_path / "b.ndjson", events[10:40])])
    assert opened_uuids(address) == glob_uuids(address) == sorted(e["uuid"] for e in events[:40])
    fs.get(address, str(again), recursive=True)
    add(Lake(again), [write_export(tmp_path / "c.ndjson", events[30:])])

    assert opened_uuids(str(again)) == sorted(one["uuid"] for one in events)
    assert "files" not in Lake(again).manifest()


def test_a_store_without_conditional_writes_is_told(
    tmp_path: Path, bucket: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The lake works, and whoever writes hears what to mind."""
    path = write_export(tmp_path / "a.ndjson", spread_events(20))
    address = f"{bucket('old-')}/lake"

    assert run_command(["import", str(path), "--lake", address]) == 0

    assert "no conditional writes" in capsys.readouterr().err
    assert len(opened_uuids(address)) == 20
    assert run_command(["import", str(path), "--lake", f"{bucket()}/lake"]) == 0
    assert "conditional" not in capsys.readouterr().err


def test_a_lake_that_may_only_be_read_answers_all_the_same(
    tmp_path: Path, bucket: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    """And a write to it is refused in one line."""
    import boto3

    path = write_export(tmp_path / "a.ndjson", spread_events(20))
    mine, shut = f"{bucket()}/lake", f"{bucket('shut-')}/lake"
    assert run_command(["import", str(path), "--lake", shut]) == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "access was refused (AccessDenied)" in said
    add(Lake(mine), [path])

    bucket_name = mine.split("/")[2]
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"}
    policy = {"Version": "2012-10-17", "Statement": [denied | {"Resource": "*"}]}
    boto3.client("s3").put_bucket_policy(Bucket=bucket_name, Policy=json.dumps(policy))

    assert len(failures(open_log(mine))) == 7


@pytest.mark.parametrize(
    ("address", "changed", "said"),
    [
        ("s3://nobody-made-this/lake", {}, "there is no bucket 'nobody-made-this'"),
        ("s3://b/lake", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "cannot be reached"),
        ("s3://b/lake", {"AWS_SECRET_ACCESS_KEY": None, "AWS_ACCESS_KEY_ID": None}, "no cred"),
        ("s3://planted-key:planted-secret@b/lake", {}, "no credentials in an address"),
        ("s3://", {}, "no bucket is named"),
        ("gs://b/lake", {}, "pip install gcsfs"),
        ("sss://b/lake", {}, "nobody here knows sss://"),
    ],
    ids=["bucket", "reach", "credentials", "password", "name", "extra", "scheme"],
)
def test_what_is_wrong_with_a_store_is_said_in_one_line(
    s3_server: str, address: str, changed: dict[str, str | None], said: str
) -> None:
    """With what to do, on reading and on writing, and no traceback."""
    wanted = {**os.environ, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", **changed}
    environment = {k: v for k, v in wanted.items() if v is not None}
    command = [sys.executable, "-m", "kit", "lake", "--lake", address]

    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    assert done.returncode in {2, 3}
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "planted" not in done.stderr


def test_a_store_that_keeps_what_is_to_be_removed_is_told_in_one_line(
    tmp_path: Path, bucket: Callable[..., str]
) -> None:
    """Its policy refuses to delete; s3fs 2026.9 hides that where it is given a list of files."""
    address = bucket()
    lake = Lake(f"{address}/lake")
    events = spread_events(8)
    for part in (events[:5], events[5:]):
        add(lake, [write_export(tmp_path / "a.ndjson", part)])
    name = address.removeprefix("s3://")
    whose = f"arn:aws:s3:::{name}/*"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": whose}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    fsspec.filesystem("s3").call_s3("put_bucket_policy", Bucket=name, Policy=policy)

    with pytest.raises(SourceError, match="access was refused"):
        compact(lake)

    assert opened_uuids(lake.address) == sorted(one["uuid"] for one in events)


def test_a_store_that_fails_while_a_question_is_answered_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """DuckDB's own words for it have several, with places in the code."""
    address = memory_address()
    add(Lake(address), [write_export(tmp_path / "a.ndjson", spread_events(20))])
    fs, root = fsspec.core.url_to_fs(address)
    plain = Snapshot.add

    def added(self: Snapshot, bucket: Bucket) -> tuple[str, list[str]]:
        """Take the lake in; somebody empties it right after."""
        opened = plain(self, bucket)
        for path in fs.find(root):
            if path.endswith(".parquet"):
                fs.rm_file(path)
        return opened

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Snapshot, "add", added)
        assert run_command(["failures", "--source", address]) == 3

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"okta-kit: {address}: date=2026-10-0")
    assert "open the lake again" in said


def test_a_store_that_lost_a_file_has_a_gap_and_a_broken_one_is_repaired(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on a disk: named, never complete, moved away, and filled in again."""
    lake, path = Lake(memory_address()), write_export(tmp_path / "a.ndjson", spread_events(40))
    add(lake, [path])
    fs, root = fsspec.core.url_to_fs(lake.address)
    lost, broken, *_ = lake.names()
    fs.rm_file(f"{root}/{lost}")
    log = open_log(lake.address)
    assert [str(gap.since.date()) for gap in log.coverage(log.window()).gaps] == ["2026-10-01"]
    assert lake.faults().missing == (lost,)

    fs.pipe_file(f"{root}/{broken}", b"no parquet")
    assert run_command(["failures", "--source", lake.address]) == 3
    assert f"{broken}: cannot be read" in capsys.readouterr().err
    assert run_command(["lake", "repair", "--lake", lake.address]) == 0
    assert f"{broken} was moved to _damaged/" in capsys.readouterr().out
    assert run_command(["lake", "repair", "--lake", lake.address]) == 0
    assert "nothing to repair" in capsys.readouterr().out
    log = open_log(lake.address)
    assert log.count == 20
    assert not log.coverage(log.window()).complete

    assert add(lake, [path]).events == 20
    assert opened_uuids(lake.address) == glob_uuids(lake.address)
    assert open_log(lake.address).coverage(log.window()).complete


def test_one_uuid_is_once_in_a_lake_in_a_store(tmp_path: Path) -> None:
    """The first one, also where another day holds it; with the index lost in between, too."""
    lake, events = Lake(memory_address()), spread_events(20)
    add(lake, [write_export(tmp_path / "a.ndjson", events)])
    moved = [one | {"published": "2026-11-01T00:00:00Z"} for one in events]
    lake.storage.remove(lake.storage.names("_uuids"))

    done = add(Lake(lake.address), [write_export(tmp_path / "b.ndjson", moved + spread_events(1))])

    assert (done.events, done.repeats) == (1, 20)
    assert "2026-11-01" not in {str(day) for day in lake.days()}


def test_without_s3fs_a_line_says_what_to_install(tmp_path: Path) -> None:
    """And nothing else of the kit needs it."""
    blocked = (
        "import sys; sys.modules['s3fs'] = None; from kit.commands.app import run_command as run; "
    )
    blocked += "sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", blocked]
    path = write_export(tmp_path / "a.ndjson", spread_events(5))

    done = subprocess.run(
        [*command, "import", str(path), "--lake", "s3://b/lake"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert "pip install 'okta-kit[s3]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_address_is_a_folder(tmp_path: Path) -> None:
    """With its lock and its renames."""
    lake = Lake(f"file://{tmp_path}/lake")
    add(lake, [write_export(tmp_path / "a.ndjson", spread_events(20))])

    assert not isinstance(lake.storage, Bucket)
    assert opened_uuids(f"file://{tmp_path}/lake") == opened_uuids(str(tmp_path / "lake"))
    shutil.rmtree(tmp_path / "lake")


def test_pulls_into_a_store_go_on_where_the_last_one_ended(bucket: Callable[..., str]) -> None:
    """Every event once, its coverage, and the cursor that sees what comes late."""
    lake = Lake(f"{bucket()}/lake")
    now = datetime.now(UTC)
    events = [event((now - timedelta(minutes=20 * n)).isoformat()) for n in range(150, 0, -1)]
    with FakeOrg(events=events, page=20) as org:
        settings = read_settings({"HOME": "/nowhere", **org.environment()})
        first = pull(
            lake, settings, share=1.0, backoff_s=0.01, since=lambda now: now - timedelta(days=3)
        )
        org.events.append(event((now - timedelta(days=1)).isoformat(), stored=time.time() - 0.01))
        second = pull(lake, settings, share=1.0, backoff_s=0.01)

    assert (first.events, second.events) == (150, 1)
    wanted = sorted(one["uuid"] for one in org.events)
    assert opened_uuids(lake.address) == glob_uuids(lake.address) == wanted
    window = Window(now - timedelta(days=2.9), now - timedelta(minutes=1))
    assert gaps(lake.covered_windows(), window) == ()
