"""Where a report is made, and how it comes to its place in one step.

::

    OUT/NOTEBOOK/UNTIL-HASH/   a report
    OUT/NOTEBOOK/.partial-…/   one in the making; beside it lies a lock that its run holds
    OUT/NOTEBOOK/.old-…/       what is being replaced
    OUT/.index.lock            held by whoever moves a report or writes the index

What a killed run left is cleared by the next one of the notebook: its lock is free.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from kit.base.errors import DiskFull, KitError, UsageError, is_full
from kit.base.tempdirs import working_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Place", "locked", "making", "unwritable", "write_whole"]

_BALLAST = 256 << 10
"""Bytes held back, so that a report can say that the disk is full."""


class Place:
    """A folder that a report is made in."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.home = home
        self.folder = folder

    def free(self) -> None:
        """Give back the space that was held."""
        (self.folder / ".ballast").unlink(missing_ok=True)

    def publish(self, name: str) -> Path:
        """Bring the report to its place, where an older one may stand; return the place."""
        self.free()
        place = self.home / name
        with locked(self.home.parent):
            if place.exists():
                old = Path(tempfile.mkdtemp(prefix=".old-", dir=self.home))
                place.rename(old / name)
                self.folder.rename(place)
                shutil.rmtree(old, ignore_errors=True)
            else:
                self.folder.rename(place)
        return place


@contextmanager
def making(home: Path) -> Iterator[Place]:
    """Make a folder for a report in the making; whatever happens, nothing half done is left.

    Args:
        home: the folder of one notebook's reports.

    Yields:
        The place, whose ``folder`` becomes the report.

    Raises:
        DiskFull: there is no space to begin.
        UsageError: the folder cannot be written.
    """
    with ExitStack() as stack:
        try:
            home.mkdir(parents=True, exist_ok=True)
            with locked(home.parent):
                _end_replacements(home)
                partial = stack.enter_context(working_folder(home, ".partial-"))
            partial.chmod(0o755)
            (partial / ".ballast").write_bytes(b"\0" * _BALLAST)
        except OSError as fault:
            raise unwritable(home, fault) from None
        yield Place(home, partial)


def locked(out: Path) -> FileLock:
    """The lock of a folder of reports."""
    return FileLock(out / ".index.lock")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or what was there before."""
    fresh = path.with_name(f".{path.name}.partial")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def unwritable(home: Path, fault: OSError) -> KitError:
    """A fault of writing reports, in one line that names ``--out``."""
    if is_full(fault):
        return DiskFull(f"{home}: no space left. Free some, or choose another --out.")
    return UsageError(f"{home}: cannot be written ({fault.strerror or fault}). Use another --out.")


def _end_replacements(home: Path) -> None:
    """End the replacements that killed runs began; under the lock of the reports."""
    for old in home.glob(".old-*"):
        for report in old.iterdir():
            if not (home / report.name).exists():
                report.rename(home / report.name)
        shutil.rmtree(old, ignore_errors=True)
