"""Files on disk: written whole or not at all, and one sentence for a place that cannot be written.

What an object store holds is written whole by the store itself: ``base/object_store.py``.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

from kit.base.errors import DiskFull, KitError, UsageError, is_full

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["unwritable", "write_whole"]

_SHOWN_OF_NAME = 40
"""Letters of a file's name in its temporary one, which must not grow past what systems take."""


def write_whole(path: Path, data: bytes | str, *, private: bool = False) -> None:
    """Write a file so that a reader, also after a kill or a loss of power, sees all of it or none.

    It is written beside its place and renamed. A process that is killed before leaves that
    file, ``.NAME-…``, which no listing of ours takes for another one.

    Args:
        path: the file, in a folder that is there; what stood there before is replaced.
        data: its bytes, or its text, which is written as UTF-8.
        private: whether its owner alone may read it.

    Raises:
        OSError: it cannot be written; what was there before stays.
    """
    fresh = path.with_name(f".{path.name[:_SHOWN_OF_NAME]}-{uuid.uuid4().hex[:12]}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    try:
        with os.fdopen(os.open(fresh, flags, 0o600 if private else 0o666), "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def unwritable(place: object, fault: OSError, *, when_full: str, otherwise: str) -> KitError:
    """Say in one line why a place cannot be written, and what to do.

    Args:
        place: what cannot be written, as the user named it.
        fault: what the system said.
        when_full: what to do where there is no space left.
        otherwise: what to do where there is.

    Returns:
        ``DiskFull`` where there is no space left, else ``UsageError``.
    """
    reason = os.strerror(fault.errno) if fault.errno else str(fault)
    problem = f"{place}: cannot be written ({reason})."
    return (
        DiskFull(f"{problem} {when_full}")
        if is_full(fault)
        else UsageError(f"{problem} {otherwise}")
    )
