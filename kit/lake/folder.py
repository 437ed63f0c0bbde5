"""A lake in a folder on disk: one writer at a time by a lock, each step by a rename.

What stands in ``date=*/[!_]*.parquet`` is in the lake. What a killed writer left is cleared, or
ended, by the next one.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from kit.errors import SourceError
from kit.lake.parquet import read_uuids
from kit.lake.storage import EVENTS, MANIFEST, Contents, unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa

    from kit.lake.storage import Change

__all__ = ["GRACE", "Folder"]

GRACE = 3600.0
"""Seconds that replaced files are kept for who still reads them."""


class Folder:
    """A folder on disk."""

    def __init__(self, path: Path) -> None:
        """Name the folder; it may not be there yet."""
        self.path = path
        self._staged: Path | None = None

    @property
    def address(self) -> str:
        """The folder's path."""
        return str(self.path)

    def events(self) -> list[str]:
        """The names of the event files, sorted."""
        return sorted(path.relative_to(self.path).as_posix() for path in self.path.glob(EVENTS))

    def manifest(self) -> bytes | None:
        """The manifest; None where there is none."""
        try:
            return self.read(MANIFEST)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def caution(self) -> str:
        """Nothing: the lock keeps other writers out."""
        return ""

    def names(self, folder: str) -> list[str]:
        """The names of the files right below a folder, sorted."""
        return sorted(f"{folder}/{path.name}" for path in self.path.glob(f"{folder}/*"))

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        return (self.path / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """Write a file so that a reader, also after a kill, sees all of it or none."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def save(self, name: str, write: Callable[[Path], object]) -> None:
        """Let a file be written to its place."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        write(path)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def opened(self, name: str) -> Path:
        """A file's path."""
        return self.path / name

    def uuids(self, names: Sequence[str]) -> list[pa.ChunkedArray]:
        """The uuids in event files."""
        return [read_uuids(self.path / name) for name in names]

    def local(self, names: Sequence[str], staging: Path) -> list[Path]:
        """The files' paths: they lie on the disk."""
        return [self.path / name for name in names]

    @contextmanager
    def writing(self, wait: float) -> Iterator[Path]:
        """Hold the lake's lock, with an empty folder inside the lake that no reader sees."""
        try:
            with self._locked(wait), self._staging() as staging:
                yield staging
        except OSError as fault:
            mend = "Name a folder of your own with --lake."
            raise unwritable(self.address, fault, mend) from None

    @contextmanager
    def _locked(self, wait: float) -> Iterator[None]:
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path / "_lock", timeout=wait):
                yield
        except Timeout:
            raise SourceError(
                f"{self.path}: another okta-kit has been writing for {wait:g} seconds. "
                "Try again when it has ended."
            ) from None

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        for plan in sorted(self.path.glob("_swap-*.json")):
            self._finish(plan)
        for left in self.path.glob("_staging-*"):
            shutil.rmtree(left, ignore_errors=True)
        staging = self.path / f"_staging-{uuid.uuid4().hex}"
        try:
            staging.mkdir()
            self._staged = staging
            yield staging
        finally:
            if not any(self.path.glob("_swap-*.json")):
                shutil.rmtree(staging, ignore_errors=True)

    def commit(self, change: Callable[[Contents], Change]) -> None:
        """Make a change under the lock: the files first, what is said of them after."""
        before = json.loads(self.manifest() or b"{}")
        for listed in ("files", "revision"):  # of a lake that was copied here from a store
            before.pop(listed, None)
        made = change(Contents(self.events(), before))
        if not before:  # events are seen from the first day on, so it is a lake from here on
            self.write(MANIFEST, json.dumps({"format": made.manifest["format"]}).encode())
        if made.old:
            self._swap(made)
        else:
            for day, paths in sorted(made.new.items()):
                self._place(day, paths)
        if made.manifest != before:
            self.write(MANIFEST, (json.dumps(made.manifest, indent=1) + "\n").encode())

    def _place(self, day: str, paths: list[Path]) -> None:
        """Let a day's files appear in one step."""
        place = self.path / f"date={day}"
        if place.exists():  # then it is one file, which is one step
            for path in paths:
                path.rename(place / path.name)
            return
        assert self._staged is not None
        whole = self._staged / f"whole-{day}"
        whole.mkdir()
        for path in paths:
            path.rename(whole / path.name)
        whole.rename(place)

    def _swap(self, made: Change) -> None:
        """Put new files in the places of old ones, to the end even after a kill."""
        plan = {
            "old": made.old,
            "new": [
                [str(path.relative_to(self.path)), f"date={day}/{path.name}"]
                for day, paths in made.new.items()
                for path in paths
            ],
        }
        kept = f"_swap-{uuid.uuid4().hex}.json"
        self.write(kept, json.dumps(plan).encode())
        self._finish(self.path / kept)

    def _finish(self, plan: Path) -> None:
        steps = json.loads(plan.read_text(encoding="utf-8"))
        retired = self.path / "_retired"
        retired.mkdir(exist_ok=True)
        for name in steps["old"]:
            if (self.path / name).exists():
                kept = retired / name.replace("/", "-")
                (self.path / name).rename(kept)
                os.utime(kept)  # its grace begins now
        for made, name in steps["new"]:
            if (self.path / made).exists():
                (self.path / made).rename(self.path / name)
        plan.unlink()

    def recover(self) -> None:
        """End a replacement that a killed writer began: until then, events are missing."""
        if any(self.path.glob("_swap-*.json")):
            with self.writing(wait=120.0):
                pass

    def forget(self) -> None:
        """Remove replaced files that nobody can still be reading."""
        retired = self.path / "_retired"
        for path in retired.glob("*.parquet"):
            if time.time() - path.stat().st_mtime > GRACE:
                path.unlink(missing_ok=True)
        if retired.is_dir() and not any(retired.iterdir()):
            shutil.rmtree(retired, ignore_errors=True)
