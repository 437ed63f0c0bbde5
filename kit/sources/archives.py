"""The files in an export: itself, or the members of an archive, one behind another.

Archives are recognised by their content, also packed ones and those within archives. Nothing is
written by a member's name: names are only shown. A member that cannot be read costs itself.
"""

from __future__ import annotations

import tarfile
import tempfile
import zipfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from kit.base.text import clean
from kit.sources.parquet_rows import MAGIC as _PARQUET
from kit.sources.unpacked import BROKEN, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kit.sources.unpacked import Readable

__all__ = ["Part", "parts_of"]

_DEEPEST = 3
"""Archives that a member may lie in, one within another."""

_BLOCK = 512
"""Bytes of a tar archive's smallest part."""

_PIECE = 1 << 20
_MAX_NAME_CHARS = 300
_LARGEST_HEADER = 1 << 20
"""Bytes of a member's name and attributes in a tar archive."""

_LARGEST_INSIDE = 8 << 30
"""Bytes of a zip archive or Parquet file within another file, on disk until it is read."""

_FREE = 256 << 20
_TIMES = 200
"""Beyond so many bytes, a member may be so many times as large as it is packed: a log is up to some
40 times, and what is far more is made to fill a disk."""

_READS_BEHIND_END = 50
"""So often tarfile may ask for more where there is none; a sound archive needs a few."""

_HEADERS = {
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}  # fmt: skip
_FAULTS = (*BROKEN, ValueError, IndexError, KeyError, OverflowError)
"""What reading a damaged archive may raise."""
_UNREADABLE = (*_FAULTS, NotImplementedError, RuntimeError)

_OTHERS = {
    b"7z\xbc\xaf\x27\x1c": "it is a 7z archive. Unpack it, and import what comes out",
    b"Rar!": "it is a RAR archive. Unpack it, and import what comes out",
    b"\xd0\xcf\x11\xe0": "it is an Excel workbook. Save it as CSV (UTF-8) there",
    b"Obj\x01": "it is an Avro file. Export its rows as Parquet or JSON: of BigQuery with "
    "EXPORT DATA OPTIONS(format = 'PARQUET'), of Event Hubs with Parquet as Capture's format",
    b"ORC": "it is an ORC file. Export its rows as Parquet or JSON: of Athena with "
    "UNLOAD (SELECT ...) TO 's3://...' WITH (format = 'PARQUET')",
}
"""What other files begin with, and what to do with them."""

_WORKBOOK = "[Content_Types].xml"
"""What the first member of an Excel workbook is called."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or a member of an archive."""

    file: str
    """Its name; of a member ``archive.zip!folder/member``, without what acts on a terminal."""
    stream: Readable | None
    """Its content; None if it cannot be read."""
    place: tuple[int, ...] = ()
    """Which member it is, from the outermost archive inwards."""
    fault: str = ""
    """Why it cannot be read."""
    table: IO[bytes] | None = None
    """The same to be read at any place, if it is a Parquet file."""


def parts_of(file: str, stream: IO[bytes]) -> Iterator[Part]:
    """Give what a file holds: its content, or of an archive that of each member.

    Args:
        file: the file's name.
        stream: the file, at its start; seekable.

    Yields:
        Each part, to be read before the next one is asked for. What cannot be read is a part
        with a fault.
    """
    yield from _parts(file, cast("Readable", stream), stream, (), 0)


def _parts(
    file: str, stream: Readable, whole: IO[bytes] | None, place: tuple[int, ...], depth: int
) -> Iterator[Part]:
    """What a stream holds; *whole* is the same, where it can be read at any place."""
    counter = None if whole else _CountingStream(stream)
    try:
        content = unpack(counter or stream)
    except _UNREADABLE as fault:
        yield Part(file, None, place, f"it cannot be unpacked: {_why(fault)}")
        return
    head_stream = _HeadStream(content)
    is_zip = head_stream.head.startswith((b"PK\x03\x04", b"PK\x05\x06"))
    is_tar = not is_zip and _is_tar(head_stream.head)
    fault_ = next((why for sign, why in _OTHERS.items() if head_stream.head.startswith(sign)), "")
    if fault_:
        yield Part(file, None, place, fault_)
        return
    body: Readable = head_stream
    if content is not stream and (depth or is_zip or is_tar):
        body = _BoundedStream(
            head_stream, whole.tell if whole else lambda: counter.size if counter else 0
        )
    if head_stream.head.startswith(_PARQUET):
        with _anywhere(body, whole if content is whole else None) as table:
            yield Part(file, body, place, table=table)
        return
    if not (is_zip or is_tar):
        yield Part(file, body, place)
        return
    if is_zip:
        inside = _of_zip(file, body, whole if content is whole else None, place, depth)
    else:
        inside = _of_tar(file, body, place, depth)
    if depth >= _DEEPEST:
        yield Part(file, None, place, "it is an archive within too many others, and is not opened")
        return
    try:
        yield from inside
    except _UNREADABLE as fault:
        yield Part(file, None, place, f"the archive is damaged: {_why(fault)}")


@contextmanager
def _anywhere(stream: Readable, whole: IO[bytes] | None) -> Iterator[IO[bytes]]:
    """What can be read at any place: *whole*, or a copy of the stream on the disk."""
    if whole is not None:
        whole.seek(0)
        yield whole
        return
    with tempfile.TemporaryFile() as copy:
        size = 0
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > _LARGEST_INSIDE:
                raise EOFError(f"it is larger than {_LARGEST_INSIDE >> 30} GB")
            copy.write(piece)
        copy.seek(0)
        yield copy


def _of_zip(
    file: str, stream: Readable, whole: IO[bytes] | None, place: tuple[int, ...], depth: int
) -> Iterator[Part]:
    with _anywhere(stream, whole) as copy, zipfile.ZipFile(copy) as archive:
        members = archive.infolist()
        if any(one.filename == _WORKBOOK for one in members[:3]):
            yield Part(file, None, place, "it is an Excel workbook. Save it as CSV (UTF-8) there")
            return
        for number, one in enumerate(members):
            if one.is_dir() or _is_hidden(one.filename):
                continue
            name, where = _member_name(file, one.filename), (*place, number)
            if one.flag_bits & 1:
                fault = "it is encrypted. Unpack the archive with its password, and import that"
                yield Part(name, None, where, fault)
                continue
            try:
                member = archive.open(one)
            except _UNREADABLE as error:
                yield Part(name, None, where, f"it cannot be unpacked: {_why(error)}")
                continue
            with member:
                bounded = _BoundedStream(member, lambda one=one: one.compress_size)  # type: ignore[misc]
                yield from _parts(name, bounded, None, where, depth + 1)


def _of_tar(file: str, stream: Readable, place: tuple[int, ...], depth: int) -> Iterator[Part]:
    tar_stream = cast("IO[bytes]", _Ending(stream))
    # Several archives may stand one behind another, with zeros between them.
    with tarfile.open(fileobj=tar_stream, mode="r|", tarinfo=_Header, ignore_zeros=True) as archive:
        for number, one in enumerate(iter(archive.next, None)):
            archive.members.clear()  # type: ignore[attr-defined]  # it would hold them all
            name, where = _member_name(file, one.name), (*place, number)
            if not one.isfile() or _is_hidden(one.name):
                continue
            if one.issparse():
                yield Part(name, None, where, "it has holes, and is not read. Pack it without -S")
                continue
            member = archive.extractfile(one)
            if member is None:
                continue
            with closing(member):
                yield from _parts(name, member, None, where, depth + 1)


class _Header(tarfile.TarInfo):
    """A member's header; one that is damaged is not taken for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        """Read a header; a name of many megabytes is no name."""
        try:
            one = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as fault:
            if not bytes(buf).strip(b"\0"):
                raise
            raise tarfile.ReadError(str(fault)) from None
        if one.type in _HEADERS and one.size > _LARGEST_HEADER:
            raise tarfile.ReadError(f"a member's name or attributes take {one.size:,} bytes")
        return one


class _HeadStream:
    """A stream of which the first bytes are known."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._fault: Exception | None = None
        pieces, size = [], 0
        try:
            while size < _BLOCK and (piece := stream.read(_BLOCK - size)):
                pieces.append(piece)
                size += len(piece)
        except BROKEN as fault:
            self._fault = fault
        self.head = self._rest = b"".join(pieces)

    def read(self, size: int) -> bytes:
        """Up to *size* bytes; none at the end."""
        if self._rest:
            piece, self._rest = self._rest[:size], self._rest[size:]
            return piece
        if self._fault is not None:
            raise self._fault
        return self._stream.read(size)


class _Ending:
    """A stream that is not read on and on behind its end, as tarfile does to skip a member."""

    def __init__(self, stream: Readable) -> None:
        self._stream, self._left = stream, _READS_BEHIND_END

    def read(self, size: int) -> bytes:
        """Up to *size* bytes; none at the end."""
        piece = self._stream.read(size)
        if not piece:
            self._left -= 1
            if not self._left:
                raise EOFError("it ends before a member does")
        return piece


class _CountingStream:
    """A stream that knows how much of it was read."""

    def __init__(self, stream: Readable) -> None:
        self._stream, self.size = stream, 0

    def read(self, size: int) -> bytes:
        """Up to *size* bytes; none at the end."""
        piece = self._stream.read(size)
        self.size += len(piece)
        return piece


class _BoundedStream:
    """A member that is given up where it grows out of all proportion."""

    def __init__(self, stream: Readable, packed_size: Callable[[], int]) -> None:
        self._stream, self._packed_size, self._size = stream, packed_size, 0

    def read(self, size: int) -> bytes:
        """Up to *size* bytes; none at the end."""
        try:
            piece = self._stream.read(size)
        except OSError as fault:
            if fault.errno is None:  # so bzip2 says that what it is given is damaged
                raise EOFError(str(fault)) from None
            raise
        self._size += len(piece)
        if self._size > _FREE and self._size > _TIMES * self._packed_size():
            raise EOFError(f"it is more than {_TIMES} times as large as it is packed")
        return piece


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head[:_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _is_hidden(name: str) -> bool:
    """Whether a system left it beside the files: ``__MACOSX/``, ``.DS_Store``."""
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".")


def _member_name(file: str, member: str) -> str:
    return f"{file}!{clean(member).removeprefix('./')[:_MAX_NAME_CHARS]}"


def _why(fault: BaseException) -> str:
    return clean(str(fault) or type(fault).__name__)[:200]
