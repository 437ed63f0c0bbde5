"""The export files below a folder or a prefix of an object store, one behind another.

As log streams write them: by year, month, day and hour, without a suffix, in any number. One folder
at a time is listed, so memory does not grow with how many there are.
"""

from __future__ import annotations

import io
import os
import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

from kit.base.errors import SourceError
from kit.base.object_store import Objects, is_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["StoredFile", "Walk", "ahead", "is_export"]

_SUFFIXES = {".ndjson", ".jsonl", ".json", ".log", ".csv", ".zip", ".tar", ".tgz", ".txt", ".tsv",
             ".parquet"}  # fmt: skip
_PACKED = {".gz", ".zst", ".bz2", ".xz"}
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}")
_SMALL = 4 << 20
"""Bytes of an object that is fetched at once, ahead of its turn."""
_AT_ONCE = 8
_LATE = timedelta(days=1)
"""A folder's name may be in any zone."""

_DATED_FOLDER = re.compile(r"(?:^|[/=])(\d{4})-?(\d\d)-?(\d\d)(?=/|$)")
_PARTIAL_DATE = re.compile(
    r"(?:^|/)(?:\w+=)?(20\d\d)(?:/(?:\w+=)?(\d\d?)(?:/(?:\w+=)?(\d\d?))?)?(?=/|$)"
)


def is_export(name: str) -> bool:
    """Whether a file in a folder is taken for an export by its name: log streams give no suffix."""
    path = Path(name)
    if path.name.startswith((".", "_")):
        return False
    path = path.with_suffix("") if path.suffix in _PACKED else path
    return path.suffix in _SUFFIXES or not _SUFFIX.fullmatch(path.suffix)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file or an object that was met on a walk."""

    address: str
    size: int
    mark: str
    """What changes when it is written again: the store's ETag, or when it was written."""
    objects: Objects | None = None
    """The store that it lies in; None of a file on disk."""
    name: str = ""
    content: bytes | None = None
    """What stands in it, if that was fetched."""

    def __str__(self) -> str:
        return self.address

    def open(self, mode: str = "rb") -> IO[bytes]:
        """Open it, as ``Path.open`` does."""
        if self.content is not None:
            return io.BytesIO(self.content)
        if self.objects is None:
            return Path(self.address).open(mode)
        return self.objects.open_file(self.name, self.size)

    def fetched(self) -> StoredFile:
        """The same with its content.

        Raises:
            SourceError: it is gone, or the store cannot be read.
        """
        assert self.objects is not None
        try:
            return replace(self, content=self.objects.read(self.name))
        except FileNotFoundError:
            why = "it is gone since it was listed. Run the same again"
            raise SourceError(f"{self.address}: {why}.") from None


@dataclass
class Walk:
    """A walk below a place."""

    place: str
    """A folder, or an address such as ``s3://bucket/prefix/``."""
    since: datetime | None = None
    """Folders that are named by a date before this are not looked into; UTC."""
    passed_over: dict[str, int] = field(default_factory=dict)
    """How many files were left out by their names, by suffix."""

    def files(self) -> Iterator[StoredFile]:
        """Each export file, in the order of the names.

        Raises:
            SourceError: a folder or the store cannot be read.
        """
        if is_store(self.place):
            yield from self._in_store(Objects(self.place), "")
            return
        try:
            yield from self._on_disk(self.place, "")
        except OSError as fault:
            reason = fault.strerror or str(fault)
            raise SourceError(
                f"{fault.filename or self.place}: cannot be read ({reason})."
            ) from fault

    def _on_disk(self, path: str, below: str) -> Iterator[StoredFile]:
        with os.scandir(path) as scan:
            entries = sorted(scan, key=lambda one: one.name)
        for one in entries:
            name = f"{below}{one.name}"
            if one.is_dir(follow_symlinks=False):
                if self._enters(name):
                    yield from self._on_disk(one.path, f"{name}/")
            elif one.is_file() and self._takes(one.name):
                facts = one.stat()
                yield StoredFile(one.path, facts.st_size, str(facts.st_mtime_ns))

    def _in_store(self, objects: Objects, folder: str) -> Iterator[StoredFile]:
        for name, one in objects.entries(folder):
            if one is None:
                if self._enters(name):
                    yield from self._in_store(objects, name)
            elif one.size and self._takes(name):
                mark = one.mark or one.modified_at.isoformat()
                yield StoredFile(f"{objects.address}/{name}", one.size, mark, objects, name)

    def _enters(self, folder: str) -> bool:
        if folder.rpartition("/")[2].startswith((".", "_")):
            return False
        end = _end_of(folder)
        return self.since is None or end is None or end + _LATE > self.since

    def _takes(self, name: str) -> bool:
        if is_export(name):
            return True
        last = name.rpartition("/")[2]
        if not last.startswith((".", "_")):
            suffix = Path(last).suffix
            self.passed_over[suffix] = self.passed_over.get(suffix, 0) + 1
        return False


def ahead(files: Iterable[StoredFile]) -> Iterator[StoredFile]:
    """The same files; small objects are fetched side by side, some ahead of their turn."""
    waiting: deque[StoredFile | Future[StoredFile]] = deque()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for file in files:
            is_fetched = file.objects is not None and file.size <= _SMALL
            waiting.append(threads.submit(file.fetched) if is_fetched else file)
            if len(waiting) > 2 * _AT_ONCE:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())


def _result(one: StoredFile | Future[StoredFile]) -> StoredFile:
    return one if isinstance(one, StoredFile) else one.result()


def _end_of(folder: str) -> datetime | None:
    """When the year, month or day ends that a folder is named by; None if it is by none."""
    match = _DATED_FOLDER.search(folder) or _PARTIAL_DATE.search(folder)
    if match is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        if day:
            return datetime(year, month, day, tzinfo=UTC) + timedelta(days=1)
        if month:
            return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        return datetime(year + 1, 1, 1, tzinfo=UTC)
    except ValueError:
        return None
