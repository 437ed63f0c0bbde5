"""Members of archives are read like files, and none of them does harm."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from factories import REFUSED, event
from kit.commands.app import run_command
from kit.lake import Lake, add
from kit.lake.decoding import decoded
from kit.log.log import open_log
from kit.sources import archives
from kit.sources.exports import blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVENTS = [event(f"2026-10-27T09:0{n}:00Z", transaction="t1", reason=REFUSED) for n in range(4)]
FIRST, SECOND = (
    "".join(json.dumps(one) + "\n" for one in some).encode() for some in (EVENTS[:2], EVENTS[2:])
)
Members = dict[str, bytes]
MEMBERS: Members = {"2026/10/a": FIRST, "2026/11/b.json.gz": gzip.compress(SECOND)}


def as_zip(members: Members, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def as_tar(members: Members, form: int = tarfile.PAX_FORMAT) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=form) as archive:
        for name, content in members.items():
            one = tarfile.TarInfo(name)
            one.size = len(content)
            archive.addfile(one, io.BytesIO(content))
    return held.getvalue()


FORMS: dict[str, Callable[[Members], bytes]] = {
    "zip": as_zip,
    "zip, stored": lambda members: as_zip(members, zipfile.ZIP_STORED),
    "zip, bzip2": lambda members: as_zip(members, zipfile.ZIP_BZIP2),
    "zip, lzma": lambda members: as_zip(members, zipfile.ZIP_LZMA),
    "tar": as_tar,
    "tar, GNU": lambda members: as_tar(members, tarfile.GNU_FORMAT),
    "tar, ustar": lambda members: as_tar(members, tarfile.USTAR_FORMAT),
    "tar.gz": lambda members: gzip.compress(as_tar(members)),
    "tar.zst": lambda members: zstandard.compress(as_tar(members)),
    "tar.bz2": lambda members: bz2.compress(as_tar(members)),
    "tar.xz": lambda members: lzma.compress(as_tar(members)),
    "two tars": lambda members: b"".join(
        as_tar({name: content}) for name, content in members.items()
    ),
    "zip in tar.gz": lambda members: gzip.compress(as_tar({"in.zip": as_zip(members)})),
    "tar.gz in zip": lambda members: as_zip({"in": gzip.compress(as_tar(members))}),
    "zip in zip": lambda members: as_zip({"in.zip": as_zip(members)}),
    "zip, gzipped": lambda members: gzip.compress(as_zip(members)),
}


def read(path: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """The uuids of a file's events, and what could not be read: where, and why."""
    uuids, faults = [], []
    for block in blocks([path]):
        for document, one, reason in decoded(block.documents()):
            if one is None:
                faults.append((document.file.removeprefix(f"{path.parent}/"), reason))
            else:
                uuids.append(one.uuid)
    return uuids, faults


@pytest.mark.parametrize("form", FORMS)
def test_members_are_read_like_files(tmp_path: Path, form: str) -> None:
    """Told by content, packed once more, one archive within another."""
    path = tmp_path / "exports"
    path.write_bytes(FORMS[form](MEMBERS))

    assert read(path) == ([one["uuid"] for one in EVENTS], [])


def test_an_attempt_over_two_members_is_one_failure(tmp_path: Path) -> None:
    """As if they stood in one log; --source reads an archive as import does."""
    from kit.analysis.failures import failures

    one = [
        event("2026-10-27T09:00:00Z", transaction="t9", reason=REFUSED, user=None),
        event("2026-10-27T09:00:01Z", transaction="t9", reason=None),
    ]
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.write_text("".join(json.dumps(each) + "\n" for each in one), encoding="utf-8")
    packed.write_bytes(as_zip({n: json.dumps(e).encode() for n, e in zip("ab", one, strict=True)}))

    assert failures(open_log(packed)).equals(failures(open_log(plain)))


def test_skipped_lines_of_a_member_are_named_and_leave_a_hole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``archive!member`` in notes, in coverage and in what the lake keeps."""
    path, lake = tmp_path / "a.zip", str(tmp_path / "lake")
    path.write_bytes(as_zip({"x/log": FIRST + b"broken\n" + SECOND, "y/log": SECOND}))

    assert run_command(["import", str(path), "--lake", lake]) == 0

    assert f"{path}!x/log:3: " in capsys.readouterr().err
    assert [one["file"] for one in Lake(lake).manifest()["unread"]] == ["a.zip!x/log"]


def test_a_local_date_in_a_member_finds_its_order_in_that_member(tmp_path: Path) -> None:
    """Its lines are read anew, wherever it stands in the archive."""
    header = "timestamp;uuid;event_type;outcome.result\n"
    days = [header + f"{day}/2026 09:05;u{day[0]}{n};x;FAILURE\n" for n, day in enumerate(["1/2"])]
    text = days[0] + "13/2/2026 09:06;u2;x;FAILURE\n"
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(as_tar({"other": FIRST, "log.csv": text.encode()})))

    log = open_log(path)

    assert (log.first.month, log.skipped_lines) == (2, ())


def encrypted(archive: bytes) -> bytes:
    """A zip archive whose first member says that it is encrypted."""
    held = bytearray(archive)
    held[6] |= 1
    held[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(held)


def damaged(archive: bytes) -> bytes:
    """A stored zip archive with a wrong byte in the first member."""
    place = archive.index(b"published") + 30
    return archive[:place] + b"#" + archive[place + 1 :]


@pytest.mark.parametrize(
    ("content", "events", "fault"),
    [
        (encrypted(as_zip(MEMBERS)), 2, ("a!2026/10/a", "encrypted")),
        (damaged(as_zip(MEMBERS, zipfile.ZIP_STORED)), 2, ("a!2026/10/a", "CRC")),
        (as_zip(MEMBERS)[:-30], 0, ("a", "damaged")),
        (as_tar(MEMBERS)[:3000], 2, ("a", "damaged")),
        (gzip.compress(as_tar(MEMBERS))[:-20], 2, ("a", "damaged")),
        (as_tar({"a": FIRST}).rstrip(b"\0") + b"\0" * 600 + b"x" * 512, 2, ("a", "damaged")),
        (as_zip({"[Content_Types].xml": b"<x/>"}), 0, ("a", "Excel workbook")),
        (b"7z\xbc\xaf\x27\x1c" + b"\0" * 600, 0, ("a", "7z archive")),
        (b"PAR1" + b"\0" * 600, 0, ("a", "Parquet")),
    ],
    ids=["encrypted", "CRC", "zip cut off", "tar cut off", "tar.gz cut off", "no header", "book",
         "7z", "Parquet"],
)  # fmt: skip
def test_what_cannot_be_read_of_an_archive_is_counted_and_the_rest_is_read(
    tmp_path: Path, content: bytes, events: int, fault: tuple[str, str]
) -> None:
    """By the member's name, or by the archive's where that is damaged."""
    path = tmp_path / "a"
    path.write_bytes(content)

    uuids, faults = read(path)

    assert len(uuids) >= events
    assert any(where == fault[0] and fault[1] in why for where, why in faults), faults


def test_names_are_shown_and_nothing_is_written_by_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names that lead out of the folder, act on a terminal, or are megabytes long."""
    names = ["../../out", "/tmp/out", "\x1b[31mred\u202e", "n" * 60_000, "C:\\out"]
    inside = tmp_path / "in"
    inside.mkdir()
    path = inside / "a"
    for content in (as_zip, as_tar):
        path.write_bytes(content(dict.fromkeys(names, b"broken\n" + FIRST)))
        assert run_command(["import", str(path), "--lake", str(tmp_path / "lake")]) == 0
        said = capsys.readouterr().err
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert max(map(len, said.splitlines())) < 1000
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in", "lake"]
    assert [one.name for one in inside.iterdir()] == ["a"]


def test_links_and_folders_and_what_a_system_leaves_are_no_members(tmp_path: Path) -> None:
    """They hold no log, and say nothing of coverage."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, kind in (("d", tarfile.DIRTYPE), ("l", tarfile.SYMTYPE), ("p", tarfile.FIFOTYPE)):
            one = tarfile.TarInfo(name)
            one.type, one.linkname = kind, "/etc/passwd"
            archive.addfile(one)
        for name, content in {"__MACOSX/._a": b"\0", ".DS_Store": b"\0", "a": FIRST}.items():
            one = tarfile.TarInfo(name)
            one.size = len(content)
            archive.addfile(one, io.BytesIO(content))
    path = tmp_path / "a"
    path.write_bytes(held.getvalue())
    lake = Lake(tmp_path / "lake")

    assert add(lake, [path]).barren == []
    assert read(path) == ([one["uuid"] for one in EVENTS[:2]], [])


def huge_header() -> bytes:
    """A tar archive whose first header says that a name of 4 GB follows."""
    one = tarfile.TarInfo("././@LongLink")
    one.type, one.size = tarfile.GNUTYPE_LONGNAME, 4 << 30
    return one.tobuf(tarfile.GNU_FORMAT)


def absurd_size() -> bytes:
    """A tar archive whose member is said to have 8 EB."""
    one = tarfile.TarInfo("a")
    one.size = 1 << 62
    return one.tobuf(tarfile.GNU_FORMAT) + FIRST


@pytest.mark.parametrize("content", [huge_header(), absurd_size()], ids=["name", "size"])
def test_absurd_sizes_are_not_believed(tmp_path: Path, content: bytes) -> None:
    """What stands there is read, and no more is waited for."""
    path = tmp_path / "a"
    path.write_bytes(content)

    assert read(path)[1]


@pytest.mark.parametrize(
    "pack",
    [
        as_zip,
        lambda members: gzip.compress(as_tar(members)),
        lambda members: as_zip({"in.gz": gzip.compress(as_tar(members))}),
        lambda members: as_zip({f"{n}.gz": gzip.compress(one) for n, one in members.items()}),
    ],
    ids=["zip", "tar.gz", "within another", "packed member"],
)
def test_a_bomb_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[Members], bytes]
) -> None:
    """What unpacks to hundreds of times its size is no log."""
    monkeypatch.setattr(archives, "_FREE", 1 << 20)
    path = tmp_path / "a"
    path.write_bytes(pack({"bomb": b"\n" * (8 << 20)}))

    assert any("times as large" in why for _, why in read(path)[1])


def test_archives_are_opened_to_a_depth(tmp_path: Path) -> None:
    """What lies deeper is said not to be read."""
    content: Any = as_zip({"log": FIRST})
    for _ in range(5):
        content = as_zip({"in.zip": content})
    path = tmp_path / "a"
    path.write_bytes(content)

    uuids, [(_, why)] = read(path)

    assert (uuids, "too many others" in why) == ([], True)


def test_a_member_that_claims_another_size_than_it_has_costs_itself(tmp_path: Path) -> None:
    """The other members are read."""
    held = bytearray(as_zip(MEMBERS, zipfile.ZIP_STORED))
    place = held.index(b"PK\x01\x02")
    struct.pack_into("<II", held, place + 20, 0xFFFFFF00, 0xFFFFFF00)
    path = tmp_path / "a"
    path.write_bytes(bytes(held))

    uuids, faults = read(path)

    assert set(uuids) >= {one["uuid"] for one in EVENTS[2:]}
    assert faults
