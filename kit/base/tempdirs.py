"""Temporary folders. They go with what they were made for.

A process that is killed clears nothing up, so beside each folder lies a lock file that its process
holds as long as it lives. The next process to make a folder there removes those whose lock is
free.
The lock file is made and locked before its folder is, and goes after it: a folder without a lock
file is nobody's to remove, and one that is in use always has a lock that is held.
"""

from __future__ import annotations

import shutil
import stat
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from kit.base.files import unwritable
from kit.base.system import is_own_file, temporary_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["temporary_folder", "working_folder"]

_PREFIX = "okta-kit-"
_LOCK = ".lock"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a private folder among the temporary files, and remove it in the end.

    Yields:
        The folder, readable by its owner alone, with a path that is short enough for sockets.

    Raises:
        DiskFull: there is no space for it.
        UsageError: it cannot be written.
    """
    within = temporary_root()
    holding = working_folder(within, _PREFIX)
    try:
        folder = holding.__enter__()
    except OSError as fault:
        raise unwritable(
            within,
            fault,
            when_full="Free some space for temporary files, or set TMPDIR.",
            otherwise="Set TMPDIR to another.",
        ) from None
    try:
        yield folder
    finally:
        holding.__exit__(None, None, None)


@contextmanager
def working_folder(within: Path, prefix: str) -> Iterator[Path]:
    """Make a private folder that is held by this process, and remove it in the end.

    Folders of the same place and prefix, whose processes are no more, are removed before.

    Args:
        within: the folder to make it in.
        prefix: what its name begins with; no other folders there may have a lock file by that.

    Yields:
        The folder, readable by its owner alone. It may be moved away.

    Raises:
        OSError: it cannot be made.
    """
    _remove_dead(within, prefix)
    folder, lock = _locked(within, prefix)
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _lock_of(folder).unlink(missing_ok=True)
        lock.release()


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK)


def _locked(within: Path, prefix: str) -> tuple[Path, FileLock]:
    """A name for a folder, and the lock beside it, taken."""
    while True:
        folder = within / f"{prefix}{uuid.uuid4().hex[:12]}"
        lock = _try_lock(_lock_of(folder))
        if lock is not None:  # else another process removed it first
            return folder, lock


def _try_lock(path: Path) -> FileLock | None:
    """The lock of a folder, taken; None while another holds it.

    It says that an owner is gone: the system frees it with its process, however that ended. So no
    lock file of another kind may stand in for it. Whoever releases it may be another thread.
    """
    lock = FileLock(path, timeout=0, mode=0o600, thread_local=False, fallback_to_soft=False)
    with suppress(Timeout):
        lock.acquire()
        return lock
    return None


def _remove_dead(within: Path, prefix: str) -> None:
    """Remove the folders of this user whose processes are no more."""
    for path in within.glob(f"{prefix}*{_LOCK}"):
        with suppress(OSError):
            facts = path.lstat()
            if not is_own_file(facts) or not stat.S_ISREG(facts.st_mode):
                continue
            if lock := _try_lock(path):
                try:
                    shutil.rmtree(path.with_name(path.name.removesuffix(_LOCK)), ignore_errors=True)
                    path.unlink(missing_ok=True)
                finally:
                    lock.release()
