"""Of folders and buckets an import reads what is new, and nothing twice."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from factories import REFUSED, event
from kit.base.errors import SourceError
from kit.base.windows import Window
from kit.commands.app import run_command
from kit.lake import Lake, bulk
from kit.lake.bulk import add_all
from kit.log.log import open_log
from kit.sources.walk import StoredFile, Walk

if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS = [
    event(f"2026-10-{day:02}T09:00:00Z", transaction=f"t{day}", reason=REFUSED)
    for day in range(1, 11)
]

AFTER = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = Window(datetime(2026, 10, 1, tzinfo=UTC), AFTER)


def lines(events: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in events).encode()


def stream(folder: Path, events: list[dict[str, Any]]) -> None:
    """Objects as Firehose writes them: by hour, without a suffix, nothing between the events."""
    for one in events:
        day = one["published"][:10].replace("-", "/")
        path = folder / day / "09" / f"okta.log-1-{one['published'][:10]}-09-05-00-{one['uuid']}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(lines([one]).rstrip()))


def test_a_folder_is_walked_and_the_next_import_reads_what_is_new(tmp_path: Path) -> None:
    """By name, size and the time at which each was written."""
    folder, lake = tmp_path / "in", Lake(tmp_path / "lake")
    stream(folder, EVENTS[:8])

    first = add_all(lake, [str(folder)])
    stream(folder, EVENTS[8:])
    os.utime(folder / "2026/10/01/09" / next((folder / "2026/10/01/09").iterdir()), (1, 1))
    second = add_all(lake, [str(folder)])
    third = add_all(lake, [str(folder)])

    assert (first.events, first.before) == (8, 0)
    # one was overwritten by what was written anew with the next ones
    assert (second.events, second.repeats, second.before) == (2, 1, 7)
    assert (third.events, third.repeats, third.before) == (0, 0, 10)
    assert open_log(lake.address).count == 10


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """It grew by an event."""
    folder, lake = tmp_path / "in", Lake(tmp_path / "lake")
    folder.mkdir()
    (folder / "log.json").write_bytes(lines(EVENTS[:2]))
    add_all(lake, [str(folder)])

    (folder / "log.json").write_bytes(lines(EVENTS[:3]))
    done = add_all(lake, [str(folder)])

    assert (done.events, done.repeats, done.before) == (1, 2, 0)


def test_again_and_covers_read_what_was_taken_in_before(tmp_path: Path) -> None:
    """What is said to be held in full has to be read in full: a hole stays a hole."""
    folder, lake = tmp_path / "in", str(tmp_path / "lake")
    folder.mkdir()
    (folder / "log.json").write_bytes(lines(EVENTS[:2]) + b"broken\n" + lines(EVENTS[2:4]))

    assert run_command(["import", str(folder), "--lake", lake]) == 0
    holes = Lake(lake).manifest()["unread"]
    (folder / "more.json").write_bytes(lines(EVENTS[4:]))
    covers = "2026-10-01..2026-11-01"
    assert run_command(["import", str(folder), "--lake", lake, "--covers", covers]) == 0

    assert holes == Lake(lake).manifest()["unread"]
    assert holes
    assert add_all(Lake(lake), [str(folder)], again=True).repeats == 10


def test_a_file_without_an_event_is_read_each_time(tmp_path: Path) -> None:
    """Nothing of it is believed, and it is said each time."""
    folder, lake = tmp_path / "in", Lake(tmp_path / "lake")
    folder.mkdir()
    (folder / "log.json").write_bytes(lines(EVENTS))
    (folder / "odd.json").write_bytes(b"broken\n")

    for _ in range(2):
        done = add_all(lake, [str(folder)])
        assert [Path(name).name for name in done.barren] == ["odd.json"]
    assert done.before == 1


def test_since_leaves_out_folders_that_are_named_by_an_earlier_date(tmp_path: Path) -> None:
    """In every way in which streams name them; a day more, for zones."""
    since = datetime(2026, 10, 5, tzinfo=UTC)
    names = {
        "2026/10/01/09": False, "2026/10/04/09": True, "2026/10/05/09": True,
        "dt=20261003/hour=09": False, "dt=20261005/hour=09": True, "date=2026-10-03": False,
        "year=2026/month=10/day=03": False, "year=2026/month=11/day=03": True,
        "2026/09": False, "2025": False, "logs/region/2026/10/02": False, "v2/x": True,
        "0000": True,
    }  # fmt: skip
    for name in names:
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "object").write_bytes(b"x")

    got = {file.address for file in Walk(str(tmp_path), since).files()}

    assert got == {str(tmp_path / name / "object") for name, held in names.items() if held}


def test_an_import_goes_on_where_it_was_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounds that were finished are not read again."""
    folder, lake = tmp_path / "in", Lake(tmp_path / "lake")
    stream(folder, EVENTS)
    monkeypatch.setattr(bulk, "_ROUND", 3)
    real, rounds = vars(bulk)["add"], list[int]()

    def ended(*args: Any, **more: Any) -> Any:
        if len(rounds) == 2:
            raise KeyboardInterrupt
        rounds.append(1)
        return real(*args, **more)

    monkeypatch.setattr(bulk, "add", ended)
    with pytest.raises(KeyboardInterrupt):
        add_all(lake, [str(folder)])
    monkeypatch.setattr(bulk, "add", real)

    done = add_all(lake, [str(folder)])

    assert (done.before, done.events, done.repeats) == (6, 4, 0)


def barren(folder: Path, count: int, text: bytes = b"broken\n") -> None:
    """Files without an event, before all others by their names."""
    folder.mkdir(exist_ok=True)
    for n in range(count):
        (folder / f"a{n:03}.json").write_bytes(text)


@pytest.mark.parametrize("covers", [None, Window(datetime(2026, 9, 1, tzinfo=UTC), AFTER)])
def test_each_file_is_opened_once_however_many_hold_no_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, covers: Window | None
) -> None:
    """What they hold may belong anywhere in what comes after, and is a hole there."""
    folder, lake = tmp_path / "in", Lake(tmp_path / "lake")
    barren(folder, 20)
    (folder / "b.json").write_bytes(lines(EVENTS[:5]))
    (folder / "c.json").write_bytes(lines(EVENTS[5:]))
    opened, real = Counter[str](), StoredFile.open
    monkeypatch.setattr(bulk, "_ROUND", 3)

    def counted(file: StoredFile, mode: str) -> Any:
        opened[str(file)] += 1
        return real(file, mode)

    monkeypatch.setattr(StoredFile, "open", counted)

    done = add_all(lake, [str(folder)], covers=covers)

    assert set(opened.values()) == {1}
    assert (done.events, len(done.barren), len(opened)) == (10, 20, 22)
    log = open_log(lake.address)
    held = log.coverage(covers or log.window())
    assert (held.skipped, held.complete) == (20, False)


def test_rounds_say_what_one_reading_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files without an event before, among and behind those with events."""
    folder = tmp_path / "in"
    barren(folder, 4)
    for n, one in enumerate(EVENTS):
        (folder / f"b{n}.json").write_bytes(lines([one]) + b"cut" * (n % 3))
    (folder / "b4x.json").write_bytes(b"odd\n" * 2)
    (folder / "c.json").write_bytes(b"odd\n")
    found = []
    for size in (100, 3, 1):
        monkeypatch.setattr(bulk, "_ROUND", size)
        lake = Lake(tmp_path / f"lake{size}")
        add_all(lake, [str(folder)])
        log = open_log(lake.address)
        held = log.coverage(log.window())
        found.append((held.unread, held.skipped, held.missing))

    assert found[0][1] == 13
    assert found[1:] == found[:1] * 2


def test_an_import_that_goes_on_knows_what_was_covered_before_it_was_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without an event that is read then may belong to what was read before."""
    folder, lake = tmp_path / "in", Lake(tmp_path / "lake")
    folder.mkdir()
    (folder / "a.json").write_bytes(lines(EVENTS))
    (folder / "b.json").write_bytes(b"odd\n")
    monkeypatch.setattr(bulk, "_ROUND", 1)
    real = vars(bulk)["add"]

    def ended(lake: Lake, files: Any, **more: Any) -> Any:
        names = list(files)
        if names[0].address.endswith("b.json"):
            raise KeyboardInterrupt
        return real(lake, names, **more)

    monkeypatch.setattr(bulk, "add", ended)
    with pytest.raises(KeyboardInterrupt):
        add_all(lake, [str(folder)])
    assert open_log(lake.address).coverage(DAYS).skipped == 0
    monkeypatch.setattr(bulk, "add", real)
    add_all(lake, [str(folder)])

    assert open_log(lake.address).coverage(DAYS).skipped == 1
    assert add_all(lake, [str(folder)]).nothing


def test_two_files_of_one_name_hide_nothing_of_each_other(tmp_path: Path) -> None:
    """A stream's folders repeat their files' names; the same file again adds nothing."""
    folder, lake = tmp_path / "in", Lake(tmp_path / "lake")
    for hour in ("09", "10"):
        (folder / hour).mkdir(parents=True)
        (folder / hour / "part").write_bytes(lines(EVENTS[:1]) + b"cut\n" + lines(EVENTS[1:2]))

    for _ in range(2):
        add_all(lake, [str(folder)], again=True)
        log = open_log(lake.address)
        assert log.coverage(DAYS).skipped == 2
        assert len(log.skipped_lines) == 2


def test_files_that_are_left_out_by_their_names_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And an empty place is a fault."""
    folder, lake = tmp_path / "in", str(tmp_path / "lake")
    folder.mkdir()
    with pytest.raises(SourceError, match="no export"):
        add_all(Lake(lake), [str(folder)])
    (folder / "log").write_bytes(lines(EVENTS))
    for name in ("a.orc", "_SUCCESS", ".hidden", "notes.md"):
        (folder / name).write_bytes(b"x")

    assert run_command(["import", str(folder), "--lake", lake]) == 0

    assert "2 files left out by suffix (.md, .orc)" in capsys.readouterr().err


def test_an_import_of_nothing_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty file may be a quiet hour, or an export that failed."""
    empty, full, lake = tmp_path / "empty.json", tmp_path / "full.json", str(tmp_path / "lake")
    empty.write_bytes(b"[]")
    full.write_bytes(lines(EVENTS))
    said = []
    for words in ([empty], [full], [full], [full, "--since", "2026-10-20"], [empty, full]):
        assert run_command(["import", *map(str, words), "--lake", lake]) == 0
        said.append(capsys.readouterr().err)

    assert f"{empty}: empty. If something should stand there, export it again." in said[0]
    assert not [one for one in said[1:] if ": empty." in one]


def test_a_ledger_of_many_imports_stays_a_few_files(tmp_path: Path) -> None:
    """Cut off, it counts as far as it goes."""
    folder, lake = tmp_path / "in", Lake(tmp_path / "lake")
    for n in range(25):
        stream(folder, [event(f"2026-10-11T09:00:{n:02}Z", transaction=f"x{n}")])
        assert add_all(lake, [str(folder)]).before == n
    held = list((lake.folder / "_imported").iterdir())
    assert len(held) <= 21

    for path in held:
        path.write_bytes(path.read_bytes()[:-5])
    done = add_all(lake, [str(folder)])
    assert (done.events, done.before + done.repeats) == (0, 25)


def test_a_bucket_is_read_as_a_folder_is(
    tmp_path: Path, bucket: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """EventBridge's envelopes and an archive, small ones fetched ahead, others in parts."""
    import io
    import zipfile

    import fsspec

    from kit.sources import walk

    place, lake = f"{bucket()}/stream", Lake(f"{bucket()}/lake")
    store = fsspec.filesystem("s3")
    for one in EVENTS[:8]:
        body = json.dumps({"detail-type": "SystemLog", "id": "x", "detail": one}).encode()
        day = one["published"][:10].replace("-", "/")
        store.pipe_file(f"{place}/{day}/09/{one['uuid']}", body)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.json", lines(EVENTS[8:]))
    store.pipe_file(f"{place}/old.zip", held.getvalue())
    monkeypatch.setattr(walk, "_SMALL", len(body) + 1)

    first = add_all(lake, [f"{place}/"])
    store.pipe_file(f"{place}/2026/10/01/09/again", lines(EVENTS[:1]))
    second = add_all(lake, [place], since=datetime(2026, 9, 30, tzinfo=UTC))

    assert (first.events, first.repeats, first.before) == (10, 0, 0)
    assert (second.events, second.repeats, second.before) == (0, 1, 9)
    assert open_log(lake.address).count == 10
    with pytest.raises(SourceError, match="no bucket"):
        add_all(lake, ["s3://no-such-bucket-here/x/"])
