"""Working folders: for what is needed meanwhile. They go with what they were made for.

A process that is killed clears nothing up, so beside each folder lies a lock file that its process
holds as long as it lives, and whoever makes the next folder there removes those whose lock is free.
The lock file is made and locked before its folder is, and goes after it: a folder without a lock
file is nobody's to remove, and one that is in use always has a lock that is held.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kit.base.errors import DiskFull, UsageError, is_full

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["temporary_folder", "working_folder"]

_PREFIX = "okta-kit-"
_LOCK = ".lock"

_LONGEST = 60
"""Characters of the folder of temporary files: the path of a socket in it may have some 104."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a private folder among the temporary files, and remove it in the end.

    Yields:
        The folder, readable by its owner alone, with a path that is short enough for sockets.

    Raises:
        DiskFull: there is no space for it.
        UsageError: it cannot be written.
    """
    within = Path(tempfile.gettempdir())
    if len(str(within)) > _LONGEST:
        within = Path("/tmp")  # noqa: S108  # the folder is private, and its name is by chance
    holding = working_folder(within, _PREFIX)
    try:
        folder = holding.__enter__()
    except OSError as fault:
        if is_full(fault):
            said = f"{within}: no space left for temporary files. Free some, or set TMPDIR."
            raise DiskFull(said) from None
        said = f"{within}: cannot be written ({fault.strerror or fault}). Set TMPDIR to another."
        raise UsageError(said) from None
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
        The folder, readable by its owner alone. It may be moved away meanwhile.

    Raises:
        OSError: it cannot be made.
    """
    _remove_dead(within, prefix)
    folder, held = _locked(within, prefix)
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _lock_of(folder).unlink(missing_ok=True)
        os.close(held)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK)


def _locked(within: Path, prefix: str) -> tuple[Path, int]:
    """A name for a folder, and the lock file beside it, open and locked."""
    while True:
        folder = within / f"{prefix}{uuid.uuid4().hex[:12]}"
        lock = _lock_of(folder)
        held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever removes the dead may have had it first, and removed it.
            if os.fstat(held).st_nlink:
                return folder, held
        except BlockingIOError:
            pass
        except OSError:
            lock.unlink(missing_ok=True)
            os.close(held)
            raise
        os.close(held)


def _remove_dead(within: Path, prefix: str) -> None:
    """Remove the folders of this user whose processes are no more."""
    for lock in within.glob(f"{prefix}*{_LOCK}"):
        with suppress(OSError):
            held = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                facts = os.fstat(held)
                if facts.st_uid == os.geteuid() and stat.S_ISREG(facts.st_mode):
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(lock.with_name(lock.name.removesuffix(_LOCK)), ignore_errors=True)
                    lock.unlink(missing_ok=True)
            finally:
                os.close(held)
