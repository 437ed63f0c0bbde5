"""Files in an object store, through fsspec: each is written whole or not at all.

Credentials and the endpoint come from where the store's own tools take them: for S3, the
environment's ``AWS_…``, ``~/.aws`` and ``AWS_ENDPOINT_URL``. None of them is ever in an address,
and no fault is handed on in the store's words, which may quote a request.

Source of the conditional writes:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import io
import mimetypes
import os
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kit.base.errors import KitError, SourceError, UsageError
from kit.base.files import write_whole
from kit.base.threads import side_by_side
from kit.base.times import parse_iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Object", "Objects", "is_store", "read_file", "store_settings", "write_file"]

_PART_BYTES = 4 << 20
"""Bytes of a file that are fetched at once."""

_CONFLICT_CODES = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
"""What S3 says where an object is no more as it was, or another one writes it this moment."""

_IN_PROCESS = threading.Lock()
"""Stands for conditional writes where the store has none."""

_SETTINGS = ("AWS_", "AZURE_STORAGE_", "FSSPEC_", "GOOGLE_")

_INSTALL = {
    "s3": "pip install 'okta-kit[s3]'",
    "s3a": "pip install 'okta-kit[s3]'",
    "gs": "pip install gcsfs",
    "gcs": "pip install gcsfs",
    "az": "pip install adlfs",
    "abfs": "pip install adlfs",
    "abfss": "pip install adlfs",
}


def is_store(place: str | Path) -> bool:
    """Whether a place is an address in an object store: ``s3://bucket/prefix``."""
    return "://" in str(place) and not str(place).startswith("file://")


def store_settings() -> dict[str, str]:
    """What the environment tells the stores' own tools, credentials among it."""
    return {k: v for k, v in os.environ.items() if k.startswith(_SETTINGS)}


def read_file(place: str) -> bytes:
    """The bytes of a file on disk or in a store.

    Raises:
        OSError: it cannot be read, or is not there.
        SourceError: the store cannot be read.
    """
    if not is_store(place):
        return Path(place).read_bytes()
    home, _, name = place.rpartition("/")
    return Objects(home).read(name)


def write_file(place: str, data: bytes) -> None:
    """Write a file whole, on disk or in a store, in the place of what was there.

    Raises:
        OSError: it cannot be written.
        SourceError: the store cannot be written.
    """
    if not is_store(place):
        write_whole(Path(place), data)
        return
    home, _, name = place.rpartition("/")
    Objects(home).write(name, data)


@dataclass(frozen=True, slots=True)
class Object:
    """One file in the store."""

    size: int
    modified_at: datetime
    mark: str = ""
    """Changes when it is written again; empty where the store gives none."""


class Objects:
    """The files below one address."""

    def __init__(self, address: str, fault: type[KitError] = SourceError) -> None:
        """Name the place; the store is not asked yet.

        Args:
            address: ``s3://bucket/prefix``, or any other address that fsspec knows.
            fault: what is raised if the store cannot be read or written.

        Raises:
            UsageError: it names no bucket, or holds a password.
        """
        parts = urlsplit(address)
        if parts.password is not None or ("@" in parts.netloc and parts.scheme.startswith("s3")):
            raise UsageError(
                f"{parts.scheme}://…: no credentials in an address. Give them to the store's own "
                "tools: AWS_… in the environment, or ~/.aws."
            )
        if not parts.netloc:
            raise UsageError(f"{address}: no bucket is named. Write it as s3://bucket/prefix.")
        self.address = address.rstrip("/")
        self._fault = fault
        self.scheme = parts.scheme
        self.bucket = parts.netloc

    @cached_property
    def _fs_and_root(self) -> tuple[Any, str]:
        install = _INSTALL.get(self.scheme, f"the fsspec file system for {self.scheme}://")
        try:
            from fsspec.core import url_to_fs

            fs, root = url_to_fs(self.address, use_listings_cache=False)
        except ImportError:
            raise self._fault(
                f"{self.address}: what reads {self.scheme}:// is not installed. Run: {install}"
            ) from None
        except ValueError:
            raise UsageError(
                f"{self.address}: nobody here knows {self.scheme}://. Write s3://bucket/prefix, or "
                "install the fsspec file system of your store."
            ) from None
        return fs, root.rstrip("/")

    @property
    def fs(self) -> Any:
        """The fsspec file system."""
        return self._fs_and_root[0]

    def path(self, name: str) -> str:
        """A file's path as the file system knows it."""
        return f"{self._fs_and_root[1]}/{name}"

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes of a file, or some of them.

        Raises:
            FileNotFoundError: there is no such file.
            KitError: the store cannot be read.
        """
        with self._one_line_faults():
            data: bytes = self.fs.cat_file(self.path(name), start=start, end=end)
        return data

    def read_marked(self, name: str) -> tuple[bytes | None, str]:
        """The bytes of a file and a mark of how it stands, for ``replace``; None of no file."""
        with self._one_line_faults():
            try:
                # The mark first: if the file changes in between, it is too old, and is refused.
                mark = str(self.fs.info(self.path(name), **self._anew).get("ETag", ""))
                data: bytes = self.fs.cat_file(self.path(name), start=0)
            except FileNotFoundError as fault:
                if _error_code(fault) == "NoSuchBucket":
                    raise
                return None, ""
        return data, mark or _digest(data)

    def write(self, name: str, data: bytes) -> None:
        """Write a file, in the place of what was there."""
        with self._one_line_faults():
            self.fs.pipe_file(self.path(name), data, **self._type(name))

    def replace(self, name: str, data: bytes, mark: str) -> bool:
        """Write a file if it is still as it was when it was read.

        Args:
            name: the file.
            data: its new bytes; never the same twice, lest an old mark fits again.
            mark: of ``read_marked``; empty where there was no file.

        Returns:
            Whether it was written. Of a store that knows no conditional writes, a write of
            another process at the same moment is not seen.
        """
        with self._one_line_faults():
            if self.conditional:
                condition = {"IfMatch": mark} if mark else {"IfNoneMatch": "*"}
                return self._conditionally(name, data, condition)
            with _IN_PROCESS:
                if self.read_marked(name)[1] != mark:
                    return False
                self.fs.pipe_file(self.path(name), data, **self._type(name))
                return True

    @cached_property
    def conditional(self) -> bool:
        """Whether the store refuses a write whose condition is not met; it is tried."""
        if not self.scheme.startswith("s3"):
            return False
        probe = f"_tried-{uuid.uuid4().hex}"
        with self._one_line_faults():
            try:
                if not self._conditionally(probe, b"-", {"IfMatch": f'"{"0" * 32}"'}):
                    return True
            except OSError as fault:
                if _error_code(fault) != "NotImplemented":
                    raise
                return False
            self.fs.rm_file(self.path(probe))
        return False

    def _conditionally(self, name: str, data: bytes, condition: dict[str, str]) -> bool:
        try:
            self.fs.pipe_file(self.path(name), data, **condition, **self._type(name))
        except OSError as fault:
            if _error_code(fault) in _CONFLICT_CODES:
                return False
            raise
        return True

    def put(self, pairs: Iterable[tuple[Path, str]]) -> None:
        """Send files from the disk, each with its name in the store."""
        self._each(lambda pair: self.fs.put_file(str(pair[0]), self.path(pair[1])), pairs)

    def get(self, name: str, path: Path) -> None:
        """Fetch a file to the disk.

        Raises:
            FileNotFoundError: there is no such file.
        """
        with self._one_line_faults():
            self.fs.get_file(self.path(name), str(path))

    def get_all(self, pairs: Iterable[tuple[str, Path]]) -> None:
        """Fetch files to the disk; one that is gone is left out."""

        def one(pair: tuple[str, Path]) -> None:
            with _skip_missing():
                self.fs.get_file(self.path(pair[0]), str(pair[1]))

        self._each(one, pairs)

    def copy(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Copy files within the store; one that is gone is left out."""

        def one(pair: tuple[str, str]) -> None:
            with _skip_missing():
                self.fs.cp_file(self.path(pair[0]), self.path(pair[1]))

        self._each(one, pairs)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; one that is gone already is fine."""

        def one(name: str) -> None:
            with _skip_missing():
                self.fs.rm_file(self.path(name))

        self._each(one, names)

    def list(self, folder: str = "") -> dict[str, Object]:
        """All files below a folder, at any depth, by their names below the address."""
        facts_by_path: dict[str, Any] = {}
        with self._one_line_faults():
            begin = len(self.path(""))
            with _skip_missing():
                facts_by_path = self.fs.find(
                    self.path(folder).rstrip("/"), detail=True, **self._anew
                )
            return {
                path[begin:]: Object(facts["size"], _modified_at(facts))
                for path, facts in sorted(facts_by_path.items())
            }

    def entries(self, folder: str = "") -> Iterator[tuple[str, Object | None]]:
        """What stands right below a folder, by name: files, and folders as None.

        Args:
            folder: its name below the address; empty for the address itself.

        Raises:
            KitError: the store cannot be read.
        """
        begin = len(self.path(""))
        with self._one_line_faults():
            try:
                place = self.path(folder).rstrip("/")
                listing = self.fs.ls(place, detail=True, **self._anew)
            except FileNotFoundError as fault:
                if _error_code(fault) == "NoSuchBucket":
                    raise
                listing = []
        for one in sorted(listing, key=lambda one: str(one["name"])):
            name = str(one["name"]).rstrip("/")[begin:]
            if one["type"] == "directory":
                yield name, None
            elif name and name != folder:
                mark = str(one.get("ETag") or one.get("etag") or "")
                yield name, Object(int(one["size"] or 0), _modified_at(one), mark)

    def open_file(self, name: str, size: int) -> io.BufferedReader:
        """An object as a file, whose parts are fetched as they are read."""
        ranges = _Ranges(lambda start, end: self.read(name, start, end), size)
        return io.BufferedReader(ranges, _PART_BYTES)

    def folders(self) -> tuple[str, ...]:
        """The names of the folders right below the address, sorted."""
        with self._one_line_faults():
            try:
                listing = self.fs.ls(self.path("").rstrip("/"), detail=True, **self._anew)
            except FileNotFoundError as fault:
                if _error_code(fault) == "NoSuchBucket":
                    raise
                listing = []
        names = (one["name"].rstrip("/") for one in listing if one["type"] == "directory")
        return tuple(sorted(name.rpartition("/")[2] for name in names))

    def _type(self, name: str) -> dict[str, str]:
        """What a browser learns of a file; it would offer to save a page that it cannot name."""
        kind = mimetypes.guess_type(name)[0] if self.scheme.startswith("s3") else None
        return {"ContentType": kind} if kind else {}

    @property
    def _anew(self) -> dict[str, bool]:
        """Past what s3fs remembers of a listing."""
        return {"refresh": True} if self.scheme.startswith("s3") else {}

    def _each(self, do: Callable[[Any], object], things: Iterable[Any]) -> None:
        with self._one_line_faults():
            side_by_side(do, things)

    @contextmanager
    def _one_line_faults(self) -> Iterator[None]:
        """Turn a fault of the store into one line; a file that is not there is the caller's."""
        try:
            yield
        except KitError:
            raise
        except FileNotFoundError as fault:
            if _error_code(fault) != "NoSuchBucket":
                raise
            raise self._fault(
                f"{self.address}: there is no bucket {self.bucket!r}. Make it, or name another."
            ) from None
        except Exception as fault:  # noqa: BLE001  # each store's client raises faults of its own
            raise self._fault(f"{self.address}: {self._why(fault)}") from None

    def _why(self, fault: Exception) -> str:
        kind, error_code = type(fault).__name__, _error_code(fault)
        if kind in {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}:
            return (
                "there are no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                "AWS_PROFILE."
            )
        if isinstance(fault, PermissionError):
            return (
                f"access was refused ({error_code or 'no access'}). Check the credentials (AWS_…, "
                "~/.aws) and the bucket's policy."
            )
        gone = isinstance(fault, ConnectionError | TimeoutError)
        if gone or any(word in kind for word in ("Connect", "Timeout", "HTTPClient")):
            return (
                "the store cannot be reached. Check the network, AWS_ENDPOINT_URL and the region, "
                "and run the same again."
            )
        return f"the store failed ({error_code or kind}). Run the same again."


class _Ranges(io.RawIOBase):
    """A file of which each part is a request."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        self._fetch, self._size, self._at = fetch, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._size)
        data = self._fetch(self._at, end) if end > self._at else b""
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@contextmanager
def _skip_missing() -> Iterator[None]:
    """Pass over a file that is gone, but not over a bucket."""
    try:
        yield
    except FileNotFoundError as fault:
        if _error_code(fault) == "NoSuchBucket":
            raise


def _error_code(fault: BaseException) -> str:
    """The code by which an S3 store names a fault; empty where it names none."""
    for one in (fault, fault.__cause__):
        response = getattr(one, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return ""


def _digest(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _modified_at(facts: dict[str, Any]) -> datetime:
    """When a file was written; stores name it differently."""
    names = ("LastModified", "last_modified", "updated", "mtime", "created")
    value = next((facts[name] for name in names if facts.get(name)), None)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str):
        value = parse_iso(value)
    return value if isinstance(value, datetime) else datetime.now(UTC)
