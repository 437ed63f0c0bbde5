"""The sample in a lake's form, kept from one process to the next.

Reading its exports takes longer than most questions that are put to them, and they change with the
kit alone. So the lake that is made of them is kept where programs of this user keep what can be
made again; it can be deleted whenever nothing reads it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from kit.base.errors import KitError
from kit.base.paths import SAMPLE_FILES
from kit.base.tempdirs import working_folder
from kit.base.version import __version__
from kit.catalogue import load
from kit.lake import Lake, add

__all__ = ["kept_sample", "read_sample"]

_KIT = Path(__file__).parents[1]
_READ_BY = ("base", "catalogue", "events", "lake", "messages", "sources", "vendors")
"""What decides how an export is read, beside what the catalogue says."""
_UNUSED_S = 7 * 86400
"""Seconds after which the sample of another version goes."""
_BEING_MADE = "new-"


def kept_sample() -> Lake | None:
    """Open the sample as it was read before, by this version of the kit.

    Returns:
        The lake, which is made if it is not there; None where it cannot be kept.
    """
    home = user_cache_path("okta-kit") / "sample"
    folder = home / _version()
    if not folder.is_dir():
        with suppress(OSError, KitError):
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_unused(home)
            with working_folder(home, _BEING_MADE) as new:
                read_sample(Lake(new))
                new.rename(folder)  # fails where another process was first
    lake = Lake(folder)
    with suppress(OSError, KitError):
        os.utime(folder)
        return lake if lake.names() else None
    return None


def read_sample(lake: Lake) -> None:
    """Add the sample's files to an empty lake, which then says what was read.

    Args:
        lake: the lake.

    Raises:
        UsageError, DiskFull: it cannot be written.
    """
    result = add(lake, SAMPLE_FILES)
    with lake.writing():
        lake.cover([], repeats=result.repeats)


def _version() -> str:
    """Changes with the sample, and with what reads it."""
    digest = hashlib.sha256(f"{__version__}\0{load().version}\0".encode())
    code = (file for part in _READ_BY for file in (_KIT / part).rglob("*") if file.is_file())
    for path in sorted((*SAMPLE_FILES, *(one for one in code if one.suffix != ".pyc"))):
        facts = path.stat()
        digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:24]


def _remove_unused(home: Path) -> None:
    for folder in home.iterdir():
        if folder.name.startswith(_BEING_MADE):
            continue  # ``working_folder`` knows whether anybody still makes it
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _UNUSED_S:
                shutil.rmtree(folder)
