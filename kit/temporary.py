"""Folders for what is needed meanwhile. They go with what they were made for.

A process that is killed clears nothing up, so each folder is locked by its process, and whoever
makes the next one removes those whose lock is free.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from kit.errors import DiskFull, UsageError, is_full

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["temporary_folder"]

_PREFIX = "okta-kit-"
_LOCK = ".lock"
_YOUNG = 60.0
"""Seconds for a process to lock the folder that it made."""

_LONGEST = 60
"""Characters of the folder of temporary files: the path of a socket in it may have some 104."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a private folder, and remove it in the end.

    Yields:
        The folder, readable by its owner alone, with a path that is short enough for sockets.

    Raises:
        DiskFull: there is no space for it.
        UsageError: it cannot be written.
    """
    within = Path(tempfile.gettempdir())
    if len(str(within)) > _LONGEST:
        within = Path("/tmp")  # noqa: S108  # mkdtemp is private
    _remove_dead(within)
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=within))
        lock = FileLock(folder / _LOCK)
        lock.acquire()
    except OSError as fault:
        if is_full(fault):
            said = f"{within}: no space left for temporary files. Free some, or set TMPDIR."
            raise DiskFull(said) from None
        said = f"{within}: cannot be written ({fault.strerror or fault}). Set TMPDIR to another."
        raise UsageError(said) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _remove_dead(within: Path) -> None:
    """Remove the folders of this user whose processes are no more."""
    for folder in within.glob(f"{_PREFIX}*"):
        try:
            held = folder.lstat()
            if held.st_uid != os.geteuid() or time.time() - held.st_mtime < _YOUNG:
                continue
            with FileLock(folder / _LOCK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
        except (OSError, Timeout):
            continue
