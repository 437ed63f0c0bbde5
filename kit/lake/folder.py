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
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from kit.base.errors import SourceError
from kit.base.files import unwritable, write_whole
from kit.lake.inventory import KEY, Tally, inventoried, reconciled
from kit.lake.parquet import read_keys
from kit.lake.repeats import INDEX
from kit.lake.storage import (
    FORMAT,
    MANIFEST,
    WHEN_FULL,
    Contents,
    damaged,
    day_of,
    is_day,
    is_event_file,
    read_manifest,
)
from kit.lake.vendor import VENDOR, day_of_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from kit.lake.storage import Change

__all__ = ["GRACE", "Folder"]

GRACE = 3600.0
"""Seconds that replaced files are kept for those who still read them."""


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

    def sizes(self) -> dict[str, int]:
        """The event files that are there, each with its bytes, by name."""
        return {name: size for name, size, _ in self._entries() if is_event_file(name)}

    def _entries(self) -> Iterator[tuple[str, int, str]]:
        """What stands where events stand: a name, its bytes, and what is wrong with it."""
        try:
            days = sorted(self.path.glob("date=*"))
            for day in days:
                for entry in sorted(os.scandir(day), key=lambda one: one.name):
                    name = f"{day.name}/{entry.name}"
                    if not entry.name.startswith("_") and entry.name.endswith(".parquet"):
                        yield name, entry.stat().st_size, _wrong(name, entry)
        except OSError as fault:
            name = Path(fault.filename or "").name
            raise damaged(self.address, name, fault.strerror or fault) from None

    def days(self) -> bool:
        """Whether there are days' folders with files, or a vendor's records."""
        return any(
            any(self.path.glob(pattern)) for pattern in ("date=*/*.parquet", f"{VENDOR}/*.parquet")
        )

    def odd(self) -> list[tuple[str, str]]:
        """What stands where event files stand and is none: names, each with what is wrong."""
        return [(name, wrong) for name, _, wrong in self._entries() if wrong]

    def set_apart(self, name: str) -> str:
        """Move a file or folder into ``_damaged/``; return its name there."""
        place = f"_damaged/{name}"
        while (self.path / place).exists():
            place = f"_damaged/{name}-{uuid.uuid4().hex[:8]}"
        (self.path / place).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).rename(self.path / place)
        with suppress(OSError):  # it is not empty
            (self.path / name).parent.rmdir()
        return place

    def manifest(self) -> bytes | None:
        """The manifest; None where there is none."""
        try:
            return self.read(MANIFEST)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def one_look(self) -> AbstractContextManager[None]:
        """Nothing is held: a look at a disk costs little."""
        return nullcontext()

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
        write_whole(path, data)

    def save(self, name: str, write: Callable[[Path], object]) -> None:
        """Let a file be written to its place."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        write(path)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def event_file(self, name: str) -> Path:
        """A file's path."""
        return self.path / name

    def keys(self, name: str) -> np.ndarray:
        """The hashes in a file of ``_uuids/``."""
        return np.memmap(self.path / name, KEY, "r")

    def local(self, names: Sequence[str], staging: Path) -> list[Path]:
        """The files' paths: they lie on the disk."""
        return [self.path / name for name in names]

    def restore(self, name: str, size: int) -> bool:
        """Bring back a file that was replaced, if what replaced it never came; tell whether."""
        retired_file, others = self.path / "_retired" / name.replace("/", "-"), self.path / name
        if not retired_file.exists() or retired_file.stat().st_size != size or others.exists():
            return False
        others.parent.mkdir(exist_ok=True)
        retired_file.rename(others)
        return True

    @contextmanager
    def writing(
        self, wait: float, apart: Callable[[str, str], object] | None = None
    ) -> Iterator[Path]:
        """Hold the lake's lock, with an empty folder inside the lake that no reader sees."""
        try:
            with self._locked(wait), self._staging(apart) as staging:
                yield staging
        except OSError as fault:
            raise unwritable(
                self.address,
                fault,
                when_full=WHEN_FULL,
                otherwise="Name a folder of your own with --lake.",
            ) from None

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
    def _staging(self, apart: Callable[[str, str], object] | None) -> Iterator[Path]:
        """A folder for work in progress; what killed writers planned is ended before.

        No ``working_folder`` of ``base/tempdirs.py``: the lake's lock says already that no other
        writer is left, and with a plan half done this folder must outlive its writer.
        """
        for plan in sorted(self.path.glob("_swap-*.json")):
            try:
                self._finish(plan)
            except SourceError:
                if apart is None:
                    raise
                apart(plan.name, "it is no plan of a change")
                for leftover in self.path.glob("_staging-*"):
                    apart(leftover.name, "what it planned")
        for leftover in self.path.glob("_staging-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        staging = self.path / f"_staging-{uuid.uuid4().hex}"
        try:
            staging.mkdir()
            self._staged = staging
            yield staging
        finally:
            if not any(self.path.glob("_swap-*.json")):
                shutil.rmtree(staging, ignore_errors=True)

    def commit(self, change: Callable[[Contents], Change]) -> None:
        """Make a change under the lock: planned first, then done, to the end even after a kill."""
        before = read_manifest(self.address, self.manifest())
        for field in ("files", "revision"):  # of a lake that was copied here from a store
            before.pop(field, None)
        sizes = self.sizes()
        manifest = reconciled(before, sizes, lambda name: Tally.of(read_keys(self.path / name)))
        update = change(Contents(sorted(sizes), manifest))
        moves, new = self._moves(update)
        after = inventoried(update.manifest, new, update.old)
        if not before:  # events are seen from the first day on, so it is a lake from here on
            self.write(MANIFEST, json.dumps({"format": FORMAT}).encode())
        if moves or update.old:
            plan = {"old": update.old, "new": moves, "manifest": after}
            name = f"_swap-{uuid.uuid4().hex}.json"
            self.write(name, json.dumps(plan).encode())
            self._finish(self.path / name)
        elif after != before:
            self._note(after)
        for stale_name in set(self.names(INDEX)) - set(after.get("index", {})):
            (self.path / stale_name).unlink(missing_ok=True)
        if before:
            self._sweep_records(after)

    def _sweep_records(self, manifest: dict[str, Any]) -> None:
        """Remove files of a vendor's records that no manifest lists: nobody ever reads them."""
        names_to_keep = manifest.get(VENDOR, {}).get("files", {})
        for name in self.names(VENDOR):
            if name not in names_to_keep and day_of_records(name):
                (self.path / name).unlink(missing_ok=True)

    def _note(self, manifest: dict[str, Any]) -> None:
        lines = (f" {json.dumps(name)}: {json.dumps(one)}" for name, one in manifest.items())
        self.write(MANIFEST, ("{\n" + ",\n".join(lines) + "\n}\n").encode())

    def _moves(self, update: Change) -> tuple[list[list[str]], dict[str, tuple[int, Tally]]]:
        """What is to be moved where, and the new files' bytes and tallies.

        A day's files appear in one step: with their folder, or as the one file that they are.
        """
        moves = [[self._below(path), name] for name, path in update.beside.items()]
        new: dict[str, tuple[int, Tally]] = {}
        for day, files in sorted(update.new.items()):
            for path, tally in files.items():
                new[f"date={day}/{path.name}"] = (path.stat().st_size, tally)
            if (self.path / f"date={day}").exists():
                moves += [[self._below(path), f"date={day}/{path.name}"] for path in files]
                continue
            assert self._staged is not None
            whole = self._staged / f"whole-{day}"
            whole.mkdir()
            for path in files:
                path.rename(whole / path.name)
            moves.append([self._below(whole), f"date={day}"])
        return moves, new

    def _below(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()

    def _finish(self, plan: Path) -> None:
        """Do what a plan says, as far as it is not done."""
        try:
            steps = json.loads(plan.read_text(encoding="utf-8"))
            old, moves = [str(one) for one in steps["old"]], [(a, b) for a, b in steps["new"]]
            after = steps.get("manifest")  # an older version's has none
            if after is not None:
                read_manifest(self.address, json.dumps(after).encode())
        except (OSError, ValueError, TypeError, LookupError, AttributeError, SourceError) as fault:
            raise damaged(self.address, plan.name, fault) from None
        retired = self.path / "_retired"
        for name in old:
            if (self.path / name).exists():
                retired.mkdir(exist_ok=True)
                retired_file = retired / name.replace("/", "-")
                (self.path / name).rename(retired_file)
                os.utime(retired_file)  # its grace begins now
        for source, name in moves:
            if (self.path / source).exists():
                (self.path / name).parent.mkdir(exist_ok=True)
                (self.path / source).rename(self.path / name)
        if after is not None:
            self._note(after)
        plan.unlink()

    def recover(self) -> bool:
        """End a change that a killed writer began: until then, events are missing."""
        pending = any(self.path.glob("_swap-*.json"))
        if pending:
            with self.writing(wait=120.0):
                pass
        return pending

    def forget(self, *, at_once: bool = False) -> None:
        """Remove replaced files that nobody can still be reading, or all."""
        retired = self.path / "_retired"
        for path in retired.glob("*.parquet"):
            if at_once or time.time() - path.stat().st_mtime > GRACE:
                path.unlink(missing_ok=True)
        if retired.is_dir() and not any(retired.iterdir()):
            shutil.rmtree(retired, ignore_errors=True)


def _wrong(name: str, entry: os.DirEntry[str]) -> str:
    if not is_day(day_of(name)):
        return "its folder is no UTC day"
    if entry.is_dir():
        return "it is a folder"
    if not os.access(entry.path, os.R_OK):
        return "permission denied"
    return "" if entry.stat().st_size else "it is empty"
