"""A lake in an object store as DuckDB reads it: through fsspec, under a protocol of our own.

DuckDB reads ``s3://`` with an extension that it downloads, and Ibis asks for that as soon as it
sees such an address. Under ``lake://`` neither does. What an opened lake holds is what its manifest
listed when it was opened, so sizes and names need no request, and all questions to one log see the
same events.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any, BinaryIO

from fsspec.spec import AbstractFileSystem

if TYPE_CHECKING:
    from kit.lake.bucket import Bucket

__all__ = ["PROTOCOL", "Snapshot"]

PROTOCOL = "lake"

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""When any file was changed last: since it was made, never. So DuckDB keeps its footer."""


class Snapshot(AbstractFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """Lakes in stores, each as it was when it was added."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self._lakes: list[tuple[Bucket, dict[str, int]]] = []

    def add(self, bucket: Bucket) -> tuple[str, list[str]]:
        """Take a lake in, as it is now.

        Returns:
            The address that its files' names follow, and the names.

        Raises:
            SourceError: the store cannot be read.
        """
        sizes = bucket.sizes()
        self._lakes.append((bucket, sizes))
        return f"{PROTOCOL}://{len(self._lakes) - 1}", sorted(sizes)

    def _lookup(self, path: str) -> tuple[Bucket, dict[str, int], str]:
        number, _, name = self._strip_protocol(path).partition("/")
        return (*self._lakes[int(number)], name)

    def open(self, path: str, mode: str = "rb", **_: Any) -> BinaryIO:
        """A file, to be read in parts."""
        bucket, _sizes, name = self._lookup(path)
        return bucket.event_file(name)

    def glob(self, path: str, **_: Any) -> list[str]:
        """The files that a pattern names; of the lakes' own pattern, all."""
        _bucket, sizes, pattern = self._lookup(path)
        root = self._strip_protocol(path).partition("/")[0]
        return [f"{root}/{name}" for name in sorted(sizes) if fnmatch(name, pattern)]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """A file's size."""
        _bucket, sizes, name = self._lookup(path)
        return {"name": path, "size": sizes[name], "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        """Whether there is such a file."""
        _bucket, sizes, name = self._lookup(path)
        return name in sizes

    def isdir(self, path: str) -> bool:
        """Whether it is a folder: only files are asked for."""
        return False

    def modified(self, path: str) -> datetime:
        """When a file was changed last."""
        return _LONG_AGO
