"""A lake: what lies where in it, what its manifest says, and how it is changed.

::

    date=2026-10-27/part-….parquet   events of one UTC day; immutable, uniquely named
    _manifest.json                   covered stretches of time, each file's events, versions
    _uuids/….keys                    hashes of all uuids, so that none comes twice
    _vendor/….parquet                records of vendors' own logs, by UTC day; see ``vendor``
    _put_aside/….ndjson              what did not fit, with file, line and reason
    _retired/                        what was replaced, for those who still read it
    _damaged/                        what could not be read, moved there by a repair

How a change is made at once, and what a kill leaves, is the matter of its place: see
``folder`` and ``bucket``.
"""

from __future__ import annotations

import glob
import json
import uuid
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from kit.base.errors import SourceError
from kit.base.object_store import is_store
from kit.base.windows import common, merged
from kit.lake.bucket import Bucket
from kit.lake.folder import Folder
from kit.lake.inventory import find_faults, stretches, window_of_day, without
from kit.lake.parquet import footer
from kit.lake.storage import EVENTS, FORMAT, MANIFEST, Change, damaged, day_of, read_manifest
from kit.sources.document import base_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from kit.base.windows import Window
    from kit.lake.inventory import Faults
    from kit.lake.storage import Contents, Storage

__all__ = ["FORMAT", "Lake", "SkippedLine", "shortened", "skipped"]

WAIT = 120.0
"""Seconds that a writer waits for another one to end."""

_LOOKS = 20
"""How often a reader looks again at a lake while it is written."""


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """One document that is no event, with where it stood and why."""

    file: str
    line: int
    reason: str
    text: str = ""
    """What stood there, up to 2,000 characters."""
    count: int = 1
    """How many documents in a row it stands for."""
    origin: str = ""
    """Tells files of one name apart, see ``origin_of``; empty of the live org."""

    def as_json(self) -> str:
        """One line of JSON."""
        fields = asdict(self)
        if self.count == 1:  # so that what was written before reads the same
            del fields["count"]
        if not self.origin:
            del fields["origin"]
        return json.dumps(fields)


SHOWN = 10_000
"""Skipped documents that are held in memory one by one."""

_MAX_MARKS = 500_000
"""Skipped documents that are known again when the same file is read again."""

_MAX_FILE_CHARS = 8 << 20
"""Characters of a file of skipped documents, more or less."""


def skipped(lines: Iterable[SkippedLine]) -> int:
    """How many documents were skipped."""
    return sum(one.count for one in lines)


def shortened(lines: Iterable[SkippedLine], most: int = SHOWN) -> list[SkippedLine]:
    """The first of many skipped documents; a last one stands for all others and their number."""
    first: list[SkippedLine] = []
    more, count = None, 0
    for one in lines:
        if len(first) < most:
            first.append(one)
        else:
            more, count = more or one, count + one.count
    if more is not None:
        reason = "and those after it, which the lake's _put_aside folder lists"
        first.append(SkippedLine(more.file, more.line, reason, count=count))
    return first


class Lake:
    """A lake by its place: a folder, or an address in an object store."""

    def __init__(self, place: str | Path) -> None:
        """Name the place; the lake may not be there yet.

        Args:
            place: a folder, or an address like ``s3://bucket/prefix``.

        Raises:
            UsageError: the address names no bucket, or holds a password.
        """
        self.storage = _storage(place)

    @property
    def address(self) -> str:
        """The place as a user names it."""
        return self.storage.address

    @property
    def folder(self) -> Path:
        """The folder of a lake on disk."""
        return Path(self.address)

    @property
    def pattern(self) -> str:
        """The glob of all event files, as DuckDB, pandas and Spark read it."""
        return f"{glob.escape(self.address)}/{EVENTS}"

    def exists(self) -> bool:
        """Whether there is a lake, or what is left of one."""
        return self.storage.manifest() is not None or self.storage.days()

    def open(self) -> Lake:
        """Check that this version can read the lake, and end what a kill left undone.

        Names and sizes are looked at, and the footers of files that are not as they were written.

        Raises:
            SourceError: there is no lake, it cannot be read, or is of a newer version.
        """
        with self.one_look():
            if not (manifest := self._sound_manifest()):
                raise SourceError(
                    f"{self.address}: there is no lake. Make one: okta-kit import FILE --lake "
                    f"{self.address}"
                )
            self._check_format(manifest)
            self.storage.recover()
            self._check_files()
        return self

    def one_look(self) -> AbstractContextManager[None]:
        """While it lasts, a lake in a store is looked at once, and seen as it was then.

        For what reads: each look costs requests. A lake on disk is looked at as often as ever.
        """
        return self.storage.one_look()

    def _sound_manifest(self) -> dict[str, Any]:
        """The manifest; where it is gone and events are there, that is a fault."""
        if not (manifest := self.manifest()) and self.storage.days():
            raise damaged(self.address, MANIFEST, "it is missing, and there are events")
        return manifest

    def _check_files(self) -> None:
        """Refuse what no question can be put to."""
        for name, why in self.storage.odd():
            raise damaged(self.address, name, why)
        faults = self.faults()
        for name in (*faults.changed, *faults.unknown):
            footer(self.storage.event_file(name))

    def faults(self) -> Faults:
        """Where the files are not what the manifest says, by their names and sizes.

        Raises:
            SourceError: it cannot be read.
        """
        return find_faults(*self._state())

    def _state(self) -> tuple[dict[str, Any], dict[str, int]]:
        """The manifest, and the sizes of the files as they were when it was so."""
        for _ in range(_LOOKS):
            manifest, sizes = self.manifest(), self.storage.sizes()
            if not self.storage.recover() and self.manifest() == manifest:
                break  # else a writer was at it
        return manifest, sizes

    def _check_format(self, manifest: dict[str, Any]) -> None:
        version = manifest.get("format")
        if not isinstance(version, int) or version > FORMAT:
            raise SourceError(
                f"{self.address}: this lake is of format {version}, and this okta-kit reads up to "
                f"{FORMAT}. Install a newer okta-kit."
            )

    def names(self) -> list[str]:
        """The names of all event files, below the lake, sorted."""
        return sorted(self.storage.sizes())

    def days(self) -> list[date]:
        """The UTC days with events, oldest first."""
        return sorted({date.fromisoformat(day_of(name)) for name in self.names()})

    def files(self, day: date) -> list[Path | BinaryIO]:
        """The event files of a UTC day, by name, as Arrow reads them."""
        return [self.storage.event_file(name) for name in self.names() if day_of(name) == str(day)]

    def count_files(self) -> int:
        """How many files hold the events."""
        return len(self.names())

    def manifest(self) -> dict[str, Any]:
        """What the manifest says; empty where there is none yet.

        Raises:
            SourceError: it cannot be read.
        """
        try:
            data = self.storage.manifest()
        except OSError as fault:
            raise damaged(self.address, MANIFEST, fault.strerror or fault) from None
        return read_manifest(self.address, data)

    def losses(self) -> list[Window]:
        """The stretches that the lake held in full before it lost files, oldest first.

        A window that names no ends reaches over them: what was there once is asked for.
        """
        manifest, sizes = self._state()
        windows = [w for one in manifest.get("lost", {}).values() for w in stretches(one)]
        before = stretches(manifest)
        days = find_faults(manifest, sizes).days
        return merged(
            [*windows, *(w for day in days for w in common([before, [window_of_day(day)]]))]
        )

    def covered_windows(self) -> list[Window]:
        """The stretches of time that the lake holds in full, oldest first.

        A day with a file that is missing, or not as it was written, is none of them.
        """
        manifest, sizes = self._state()
        faults = find_faults(manifest, sizes)
        return without(stretches(manifest), faults.days)

    def skipped_lines(self) -> list[SkippedLine]:
        """What did not fit, by file and line; the same text from the same place once.

        Returns:
            The first of them, ``shortened``: memory stays flat over any number.
        """
        marks = _SkippedMarks()
        fresh = shortened(one for one in self._all_aside() if marks.is_new(one))
        rest = [fresh.pop()] if len(fresh) > SHOWN else []
        return [*sorted(fresh, key=lambda one: (one.file, one.line)), *rest]

    def _all_aside(self) -> Iterator[SkippedLine]:
        for name in self.storage.names("_put_aside"):
            try:
                for line in self.storage.read(name).decode().splitlines():
                    yield SkippedLine(**json.loads(line))
            except (OSError, ValueError, TypeError) as fault:
                raise damaged(self.address, name, fault) from None

    def cover(self, windows: list[Window], **facts: Any) -> None:
        """Note that stretches of time are held, and what else is given; while writing."""
        self.commit(lambda contents: Change(contents.noting(windows, **facts)))

    def commit(self, change: Callable[[Contents], Change]) -> None:
        """Change what the lake holds; while writing.

        Args:
            change: given what the lake holds, says what it is to hold. It is called again if
                another writer was faster, so it must follow from what it is given alone.

        Raises:
            SourceError: the lake is of a newer version, or cannot be read.
        """

        def checked_change(contents: Contents) -> Change:
            if "format" in contents.manifest:  # else it is a new lake
                self._check_format(contents.manifest)
            return change(contents)

        self.storage.commit(checked_change)

    def keep_aside(self, skipped_lines: Iterable[SkippedLine]) -> None:
        """Keep what did not fit, in files of a bounded size; while writing."""
        marks: _SkippedMarks | None = None
        lines: list[str] = []
        length = 0
        for one in skipped_lines:
            if marks is None:
                marks = _SkippedMarks()
                for before in self._all_aside():
                    marks.is_new(before)
            if marks.is_new(one):
                lines.append(one.as_json() + "\n")
                length += len(lines[-1])
            if length > _MAX_FILE_CHARS:
                self._write_aside(lines)
                lines, length = [], 0
        self._write_aside(lines)

    def _write_aside(self, lines: list[str]) -> None:
        if lines:
            name = f"_put_aside/{uuid.uuid4().hex}.ndjson"
            self.storage.write(name, "".join(lines).encode())

    @contextmanager
    def writing(self, wait: float = WAIT) -> Iterator[Path]:
        """Begin to change the lake, with an empty folder for work in progress.

        Args:
            wait: seconds to wait for another writer, where only one can write.

        Yields:
            A folder on disk that no reader sees; gone afterwards.

        Raises:
            SourceError: another writer does not end, or the lake is of a newer version.
            DiskFull: there is no space, here or in the body.
            UsageError: the place cannot be written, here or in the body.
        """
        with self.storage.writing(wait) as staging:
            with self.one_look():
                if manifest := self._sound_manifest():
                    self._check_format(manifest)
                self._check_files()
            yield staging


class _SkippedMarks:
    """Which skipped documents were met before, as far back as memory reaches."""

    def __init__(self) -> None:
        self._marks: set[int] = set()

    def is_new(self, one: SkippedLine) -> bool:
        """Whether this is the first of its kind; it is remembered."""
        name = base_name(one.file)
        mark = hash((name, one.origin, one.line, one.text))
        before = hash((name, "", one.line, one.text))  # files of one name were not told apart once
        if mark in self._marks or before in self._marks:
            return False
        if len(self._marks) < _MAX_MARKS:
            self._marks.add(mark)
        return True


def _storage(place: str | Path) -> Storage:
    if is_store(place):
        return Bucket(str(place))
    return Folder(Path(str(place).removeprefix("file://")))
