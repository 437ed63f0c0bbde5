"""Where a report is made, and how it comes to its place in one step.

::

    OUT/NOTEBOOK/UNTIL-HASH/   a report
    OUT/NOTEBOOK/.partial-…/   one in the making; beside it lies a lock that its run holds
    OUT/NOTEBOOK/.old-…/       what is being replaced
    OUT/.index.lock            held while a report is moved or the index is written

What a killed run left is cleared by the next one of the notebook: its lock is free.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from kit.base.files import unwritable
from kit.base.tempdirs import working_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.base.errors import KitError

__all__ = ["ReportPlace", "locked", "making", "not_kept"]

_BALLAST = 256 << 10
"""Bytes held back, so that a report can say that the disk is full."""


class ReportPlace:
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
def making(home: Path) -> Iterator[ReportPlace]:
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
            raise not_kept(home, fault) from None
        yield ReportPlace(home, partial)


def locked(out: Path) -> FileLock:
    """The lock of a folder of reports."""
    return FileLock(out / ".index.lock")


def not_kept(home: Path, fault: OSError) -> KitError:
    """Say in one line why reports cannot be written to a folder."""
    return unwritable(
        home,
        fault,
        when_full="Free some space, or choose another --out.",
        otherwise="Use another --out.",
    )


def _end_replacements(home: Path) -> None:
    """End the replacements and indexes that killed runs began; under the lock of the reports."""
    for index in home.parent.glob(".index.html-*"):
        index.unlink(missing_ok=True)
    for old in home.glob(".old-*"):
        for report in old.iterdir():
            if not (home / report.name).exists():
                report.rename(home / report.name)
        shutil.rmtree(old, ignore_errors=True)
