"""What the lake needs of the place where it lies: a folder on disk, or an object store.

All else in ``kit.lake`` speaks of names below the lake (``date=2026-10-27/part-….parquet``) and of
changes, and knows neither of the two. A change is a function from what the lake holds to what it is
to hold. In a folder it is called once, under a lock; in a store it is called again whenever
another writer was first, so it must follow from what it is given alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from kit.base.errors import SourceError
from kit.base.windows import merged
from kit.lake.holes import holes_in
from kit.lake.inventory import Tally, day_of, stretches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np

    from kit.base.windows import Window

__all__ = [
    "EVENTS",
    "FORMAT",
    "MANIFEST",
    "WHEN_FULL",
    "Change",
    "Contents",
    "Storage",
    "damaged",
    "day_of",
    "is_day",
    "is_event_file",
    "read_manifest",
]

FORMAT = 1
"""The version of a lake's layout; one of a newer version is refused."""

EVENTS = "date=*/[!_]*.parquet"
"""The files that are the lake's events."""

MANIFEST = "_manifest.json"

WHEN_FULL = "Free some space and run the same again: no event is added twice."
"""What to do where a lake's disk is full."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a lake holds when it is changed."""

    events: list[str]
    """The names of its event files."""
    manifest: dict[str, Any]
    """What it says, brought to agree with the files that are there; see ``inventory``."""

    def covered_windows(self) -> list[Window]:
        """The stretches of time that the manifest calls held in full, oldest first."""
        return stretches(self.manifest)

    def noting(self, windows: list[Window], **facts: Any) -> dict[str, Any]:
        """The manifest, if it calls more stretches of time held and records what else is given."""
        every = [w.as_text() for w in merged([*self.covered_windows(), *windows])]
        return {**self.manifest, **facts, "format": FORMAT, "covered": every}

    def of_day(self, day: str) -> list[str]:
        """The event files of a UTC day."""
        return [name for name in self.events if day_of(name) == day]


@dataclass(frozen=True, slots=True)
class Change:
    """What a lake is to hold from now on."""

    manifest: dict[str, Any]
    new: dict[str, dict[Path, Tally]] = field(default_factory=dict)
    """Finished files by UTC day, and what they hold; each day's appear at once."""
    beside: dict[str, Path] = field(default_factory=dict)
    """Files that lie beside the events, by name, and where they were made."""
    old: list[str] = field(default_factory=list)
    """Event files that the new ones replace."""


class Storage(Protocol):
    """A place where a lake lies."""

    @property
    def address(self) -> str:
        """The place as a user names it."""

    def sizes(self) -> dict[str, int]:
        """The event files that are there, each with its bytes, by name.

        Raises:
            SourceError: the store cannot be read.
        """

    def manifest(self) -> bytes | None:
        """The manifest; None where there is none.

        Raises:
            OSError, SourceError: it cannot be read.
        """

    def one_look(self) -> AbstractContextManager[None]:
        """While it lasts, all that readers ask of the place may be answered by one look at it.

        For readers alone: what is written meanwhile, by this process too, is not seen.
        """

    def caution(self) -> str:
        """What a writer has to mind here, in a sentence; mostly nothing."""

    def names(self, folder: str) -> list[str]:
        """The names of the files right below a folder that is no day, sorted."""

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            FileNotFoundError: there is none.
        """

    def write(self, name: str, data: bytes) -> None:
        """Write a file beside the events; a reader sees all of it or none."""

    def save(self, name: str, write: Callable[[Path], object]) -> None:
        """Let a file beside the events be written to a path; it is known to nobody before."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove files beside the events; those that are gone already are no fault."""

    def event_file(self, name: str) -> Path | BinaryIO:
        """A file, as Arrow reads it in parts."""

    def keys(self, name: str) -> np.ndarray:
        """The hashes in a file of ``_uuids/``.

        Raises:
            OSError, ValueError: it cannot be read.
        """

    def days(self) -> bool:
        """Whether there are days' folders, whatever the manifest says."""

    def odd(self) -> list[tuple[str, str]]:
        """What stands where event files stand and is none: names, each with what is wrong."""

    def set_apart(self, name: str) -> str:
        """Move a file or folder into ``_damaged/``; return its name there."""

    def local(self, names: Sequence[str], staging: Path) -> list[Path]:
        """Files on the disk, fetched into *staging* where they do not lie there anyway."""

    def restore(self, name: str, size: int) -> bool:
        """Bring back a file that was replaced, if what replaced it never came; tell whether."""

    def writing(
        self, wait: float, apart: Callable[[str, str], object] | None = None
    ) -> AbstractContextManager[Path]:
        """A folder on disk for work in progress, gone afterwards; in a folder, its lock as well.

        Args:
            wait: seconds to wait for another writer, where only one can write.
            apart: takes what is in the way, by its name and why; without it, that is a fault.

        Raises:
            SourceError: another writer does not end.
            DiskFull, UsageError: it cannot be written.
        """

    def commit(self, change: Callable[[Contents], Change]) -> None:
        """Change what the lake holds, while writing; wholly or, after a kill, to the end later."""

    def recover(self) -> bool:
        """End what a writer began, as far as readers need it; tell whether there was anything."""

    def forget(self, *, at_once: bool = False) -> None:
        """Remove replaced files that nobody can still be reading, or all; while not writing."""


def is_event_file(name: str) -> bool:
    """Whether a file below the lake is one of its events by its name; as ``EVENTS``."""
    folder, _, file = name.partition("/")
    return (
        folder.startswith("date=")
        and is_day(day_of(name))
        and file.endswith(".parquet")
        and not file.startswith("_")
        and "/" not in file
    )


def is_day(text: str) -> bool:
    """Whether a text is a date as folders have it."""
    try:
        return str(date.fromisoformat(text)) == text
    except ValueError:
        return False


def damaged(address: str, name: str, why: object) -> SourceError:
    """A part of a lake that cannot be read, in one line.

    Args:
        address: the lake's.
        name: of the file or folder below it.
        why: what is wrong with it.
    """
    reason = " ".join(str(why).split()).rstrip(".")[:200]
    return SourceError(
        f"{address}/{name}: cannot be read ({reason}). Run: okta-kit lake repair --lake {address}"
    )


def read_manifest(address: str, data: bytes | None) -> dict[str, Any]:
    """What a manifest says; empty where there is none.

    Args:
        address: the lake's.
        data: the manifest's bytes; None where there is none.

    Raises:
        SourceError: it is no manifest.
    """
    if data is None:
        return {}
    try:
        manifest: dict[str, Any] = json.loads(data)
        if not isinstance(manifest, dict) or not isinstance(manifest["format"], int):
            raise TypeError("it is no manifest")
        if manifest["format"] <= FORMAT:
            _check(manifest)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as fault:
        why = "it is empty" if not data.strip() else _why(fault)
        raise damaged(address, MANIFEST, why) from None
    return manifest


def _check(manifest: dict[str, Any]) -> None:
    """Look at all that is relied on."""
    for window in (*stretches(manifest), *(hole.window for hole in holes_in(manifest))):
        if window.since >= window.until:
            raise ValueError("a covered stretch is none")
    for part in ("inventory", "index", "lost"):
        for name, one in manifest.get(part, {}).items():
            Tally.read(one) + Tally()
            if part != "index" and not is_event_file(name):
                raise ValueError(f"{name} is no event file")
            if part != "index":
                int(one["bytes"])
            if part == "lost":
                stretches(one)
    for size in (manifest.get("files") or {}).values():
        int(size)


def _why(fault: Exception) -> str:
    return f"it has no {fault}" if isinstance(fault, KeyError) else str(fault)
