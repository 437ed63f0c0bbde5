"""Files are written whole or not at all, and a place that cannot be written is one sentence."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from kit.base.errors import DiskFull, UsageError, is_full
from kit.base.files import unwritable, write_whole


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 120)  # a longer temporary name would be refused
    write_whole(path, "first\n")
    write_whole(path, "zweitens ü\n")
    assert path.read_bytes() == "zweitens ü\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.json"
    write_whole(path, "kept")

    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "lost")
    assert path.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [path]


def test_only_a_private_file_is_closed_to_others(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "key", b"data", private=True)
        write_whole(tmp_path / "page", b"data")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"key": 0o600, "page": 0o644}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_quota_or_file_limit_is_no_space(number: int) -> None:
    fault = OSError(number, os.strerror(number))
    assert is_full(fault)
    assert is_full(str(fault))
    said = unwritable("OUT", fault, when_full="Free some.", otherwise="Choose another.")
    assert isinstance(said, DiskFull)
    assert str(said) == f"OUT: cannot be written ({os.strerror(number)}). Free some."


def test_any_other_fault_is_no_full_disk() -> None:
    fault = PermissionError(errno.EACCES, "Permission denied")
    assert not is_full(fault)
    assert not is_full(str(fault))
    assert not is_full("the text quotes [Errno 28]")
    said = unwritable("OUT", fault, when_full="Free some.", otherwise="Choose another.")
    assert type(said) is UsageError
    assert str(said) == "OUT: cannot be written (Permission denied). Choose another."
