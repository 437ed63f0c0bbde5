"""A lake's folder: where what lies, its manifest, and its lock.

::

    date=2026-10-27/part-….parquet   events of one UTC day; immutable, uniquely named
    _manifest.json                   covered stretches of time, counts, versions
    _put_aside/….ndjson              what did not fit, with file, line and reason
    _lock                            held by whoever writes
    _staging-…/, _retired/           work in progress, and what was replaced

The Parquet files are the events: what stands in ``date=*/[!_]*.parquet`` is in the lake.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dateutil.parser import isoparse
from filelock import FileLock, Timeout

from kit.errors import DiskFull, SourceError, UsageError
from kit.lake.coverage import Window, merged

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EVENTS", "FORMAT", "Lake", "PutAside"]

FORMAT = 1
"""The version of this layout; a lake of a newer one is refused."""

EVENTS = "date=*/[!_]*.parquet"
"""The files that are the lake's events."""

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

WAIT = 120.0
"""Seconds that a writer waits for another one to end."""


@dataclass(frozen=True, slots=True)
class PutAside:
    """One document that is no event, with where it stood and why."""

    file: str
    line: int
    reason: str
    text: str = ""
    """What stood there, up to 2,000 characters."""


@dataclass(frozen=True)
class Lake:
    """A lake by its folder."""

    folder: Path

    @property
    def pattern(self) -> str:
        """The glob of all event files, as DuckDB, pandas and Spark read it."""
        return str(self.folder / EVENTS)

    def exists(self) -> bool:
        """Whether the folder is a lake."""
        return (self.folder / "_manifest.json").is_file()

    def open(self) -> Lake:
        """Check that this version can read the lake, and end what a kill left undone.

        Raises:
            SourceError: the folder is no lake, is unreadable, or is of a newer version.
        """
        if not self.exists():
            raise SourceError(
                f"{self.folder}: there is no lake. Make one: okta-kit import FILE --lake "
                f"{self.folder}"
            )
        self._check_format()
        if any(self.folder.glob("_swap-*.json")):
            with self.writing():
                pass
        return self

    def _check_format(self) -> None:
        found = self.manifest().get("format")
        if not isinstance(found, int) or found > FORMAT:
            raise SourceError(
                f"{self.folder}: this lake is of format {found}, and this okta-kit reads up to "
                f"{FORMAT}. Install a newer okta-kit."
            )

    def days(self) -> list[date]:
        """The UTC days with events, oldest first."""
        found = {path.parent.name.removeprefix("date=") for path in self.folder.glob(EVENTS)}
        return [date.fromisoformat(day) for day in sorted(found)]

    def files(self, day: date) -> list[Path]:
        """The event files of a UTC day, by name."""
        return sorted(self.folder.glob(f"date={day}/[!_]*.parquet"))

    def count_files(self) -> int:
        """How many files hold the events."""
        return sum(1 for _ in self.folder.glob(EVENTS))

    def manifest(self) -> dict[str, Any]:
        """What the manifest says; empty where there is none yet.

        Raises:
            SourceError: it cannot be read.
        """
        path = self.folder / "_manifest.json"
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as fault:
            raise SourceError(f"{path}: cannot be read ({fault}). Restore it.") from None
        return found

    def covered(self) -> list[Window]:
        """The stretches of time that the lake holds in full, oldest first."""
        stretches = self.manifest().get("covered", [])
        return merged(Window(isoparse(s["since"]), isoparse(s["until"])) for s in stretches)

    def put_aside(self) -> list[PutAside]:
        """All that did not fit, by file and line; the same text from the same place once."""
        found = {}
        for path in sorted(self.folder.glob("_put_aside/*.ndjson")):
            for line in path.read_text(encoding="utf-8").splitlines():
                one = PutAside(**json.loads(line))
                found[Path(one.file).name, one.line, one.text] = one
        return sorted(found.values(), key=lambda one: (one.file, one.line))

    def cover(self, windows: list[Window], **noted: Any) -> None:
        """Note that stretches of time are held, and what else is told; under the lock."""
        held = [w.as_text() for w in merged([*self.covered(), *windows])]
        manifest = {**self.manifest(), **noted, "format": FORMAT, "covered": held}
        write_whole(self.folder / "_manifest.json", json.dumps(manifest, indent=1) + "\n")

    def keep_aside(self, found: list[PutAside]) -> None:
        """Keep what did not fit; under the lock."""
        known = {(Path(p.file).name, p.line, p.text) for p in self.put_aside()}
        fresh = [p for p in found if (Path(p.file).name, p.line, p.text) not in known]
        if fresh:
            text = "".join(json.dumps(asdict(one)) + "\n" for one in fresh)
            write_whole(self.folder / "_put_aside" / f"{uuid.uuid4().hex}.ndjson", text)

    @contextmanager
    def writing(self, wait: float = WAIT) -> Iterator[Path]:
        """Hold the lake's lock, with an empty folder for work in progress.

        Args:
            wait: seconds to wait for another writer.

        Yields:
            A folder inside the lake that no reader sees; gone afterwards.

        Raises:
            SourceError: another writer does not end, or the lake is of a newer version.
            DiskFull: there is no space, here or in the body.
            UsageError: the folder cannot be written, here or in the body.
        """
        try:
            with self._locked(wait), self._staging() as staging:
                yield staging
        except OSError as fault:
            reason = os.strerror(fault.errno) if fault.errno else str(fault)
            said = f"{self.folder}: cannot be written ({reason})."
            if fault.errno in _NO_SPACE:
                again = "Free some space and run the same again: no event is added twice."
                raise DiskFull(f"{said} {again}") from None
            raise UsageError(f"{said} Name a folder of your own with --lake.") from None

    @contextmanager
    def _locked(self, wait: float) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / "_lock", timeout=wait):
                yield
        except Timeout:
            raise SourceError(
                f"{self.folder}: another okta-kit has been writing for {wait:g} seconds. "
                "Try again when it has ended."
            ) from None

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        if self.exists():
            self._check_format()
        else:  # events are seen from the first day on, so it is a lake from here on
            self.cover([])
        self._recover()
        staging = self.folder / f"_staging-{uuid.uuid4().hex}"
        try:
            staging.mkdir()
            yield staging
        finally:
            if not any(self.folder.glob("_swap-*.json")):
                shutil.rmtree(staging, ignore_errors=True)

    def swap(self, old: list[Path], new: list[tuple[Path, Path]]) -> None:
        """Put new files in the places of old ones, to the end even after a kill.

        Args:
            old: event files, which are renamed out of the glob and kept in ``_retired``.
            new: pairs of a finished file and the name it gets.
        """
        plan = {
            "old": [str(p.relative_to(self.folder)) for p in old],
            "new": [[str(p.relative_to(self.folder)) for p in pair] for pair in new],
        }
        kept = self.folder / f"_swap-{uuid.uuid4().hex}.json"
        write_whole(kept, json.dumps(plan))
        self._finish(kept)

    def _finish(self, plan: Path) -> None:
        steps = json.loads(plan.read_text(encoding="utf-8"))
        retired = self.folder / "_retired"
        retired.mkdir(exist_ok=True)
        for name in steps["old"]:
            if (self.folder / name).exists():
                (self.folder / name).rename(retired / name.replace("/", "-"))
        for made, name in steps["new"]:
            if (self.folder / made).exists():
                (self.folder / made).rename(self.folder / name)
        plan.unlink()

    def _recover(self) -> None:
        """End what a killed writer began, and clear what it left."""
        for plan in sorted(self.folder.glob("_swap-*.json")):
            self._finish(plan)
        for left in self.folder.glob("_staging-*"):
            shutil.rmtree(left, ignore_errors=True)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader, also after a kill, sees all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
