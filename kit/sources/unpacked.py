"""The bytes of an export: unpacked, in UTF-8, piece by piece, up to where they break off."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING, Protocol, cast

import zstandard

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator

__all__ = ["BROKEN", "Readable", "Utf8Stream", "unpack"]

BROKEN = (
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
    zstandard.ZstdError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
"""What is raised where packed data breaks off or is damaged."""

_PIECE = 1 << 20
_LONGEST_ROW = 16 << 20
_XZ_MEMORY = 128 << 20
"""Bytes that unpacking xz may take; its own presets take 65 MB at most."""


class Readable(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes:
        """Up to *size* bytes; none at the end."""


def unpack(stream: Readable) -> Readable:
    """Open a file by its content.

    Args:
        stream: the file, at its start; gzip, zstd, bzip2, xz or plain.

    Returns:
        Its content; the file itself if it is plain and can be read at any place.
    """
    seek = getattr(stream, "seek", None)
    magic = _magic(stream)
    if seek is not None:
        seek(0)
    else:
        stream = _Behind(magic, stream)
    if magic.startswith(b"\x1f\x8b"):
        return _Gzip(stream)
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        return _Zstd(stream)
    if magic.startswith(b"BZh"):
        return _Frames(stream, bz2.BZ2Decompressor)
    if magic == b"\xfd7zXZ\x00":
        return _Frames(stream, lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY))
    return stream


def _magic(stream: Readable) -> bytes:
    magic = b""
    while len(magic) < 6 and (piece := stream.read(6 - len(magic))):
        magic += piece
    return magic


class _Behind:
    """Bytes that were read, and what follows them."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._begun, self._stream = head, stream

    def read(self, size: int) -> bytes:
        if not self._begun:
            return self._stream.read(size)
        piece, self._begun = self._begun[:size], self._begun[size:]
        return piece


class Utf8Stream:
    """What stands in a file, in UTF-8, and why it breaks off if it does."""

    def __init__(self, stream: Readable) -> None:
        """Begin to read."""
        self._stream = stream
        self._decode: Callable[[bytes], str] | None = None
        self._begun = False
        self.ended = False
        """Whether there is nothing more."""
        self.fault: Exception | None = None
        """Why the file breaks off."""
        self.line_ends = False
        """Whether a line ends with a carriage return alone, which is read as a line feed."""

    def read(self, size: int) -> bytes:
        """Read *size* bytes, or some more; less only at the end."""
        pieces, length = [], 0
        while length < size and not self.ended:
            piece = self._piece(min(size, _PIECE))
            pieces.append(piece)
            length += len(piece)
        whole = b"".join(pieces)
        return whole.replace(b"\r", b"\n") if self.line_ends else whole

    def _piece(self, size: int) -> bytes:
        try:
            piece = self._stream.read(max(size, 2))
            if not self._begun:
                self._begun, self._decode = True, _decoder(piece)
            self.ended = not piece
            if self._decode is not None:
                return self._decode(piece).encode("utf-8", "replace")
        except BROKEN as fault:
            piece, self.ended, self.fault = b"", True, fault
        return piece

    def lines(self, head: bytes) -> Iterator[str]:
        """What was read and all that follows, line by line, no line longer than 16 MB."""
        rest = head.removeprefix(codecs.BOM_UTF8)
        while True:
            *lines, rest = rest.split(b"\n")
            for line in lines:
                yield line.decode("utf-8", "replace") + "\n"
            if self.ended or len(rest) > _LONGEST_ROW:
                if rest:
                    yield rest.decode("utf-8", "replace")
                rest = b""
            if self.ended:
                return
            rest += self.read(max(_PIECE, len(rest)))


def _decoder(first: bytes) -> Callable[[bytes], str] | None:
    """What turns UTF-16 into text, by its byte order mark or by the zeros in it."""
    name = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}.get(first[:2])
    if name is None and len(first) > 1:
        name = "utf-16-le" if first[1] == 0 != first[0] else None
        name = "utf-16-be" if first[0] == 0 != first[1] else name
    if name is None:
        return None
    decoder = codecs.getincrementaldecoder(name)("replace")
    return lambda piece: decoder.decode(piece, final=not piece)


class _Gzip:
    """gzip, in pieces: all that can be read before it breaks off."""

    def __init__(self, stream: Readable) -> None:
        self._file = gzip.GzipFile(fileobj=cast("io.BufferedReader", stream))

    def read(self, size: int) -> bytes:
        return self._file.read1(size)


class _Zstd:
    """zstd, in pieces: all that can be read before it breaks off."""

    def __init__(self, stream: Readable) -> None:
        self._file = zstandard.ZstdDecompressor().stream_reader(
            cast("io.BufferedReader", stream), read_across_frames=True
        )

    def read(self, size: int) -> bytes:
        return bytes(self._file.read1(size))


class _Frames:
    """bzip2 or xz: one packed stream, or several one behind another."""

    def __init__(
        self,
        stream: Readable,
        begin: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor],
    ) -> None:
        self._stream, self._begin, self._frame = stream, begin, begin()

    def read(self, size: int) -> bytes:
        while True:
            if self._frame.eof:
                rest = self._frame.unused_data.lstrip(b"\0") or self._stream.read(_PIECE)
                rest = rest.lstrip(b"\0")
                if not rest:
                    return b""
                self._frame = self._begin()
                try:
                    piece = self._frame.decompress(rest, size)
                except OSError as fault:  # so bzip2 says that something else stands behind it
                    raise EOFError(str(fault)) from None
            else:
                more = self._stream.read(_PIECE) if self._frame.needs_input else b""
                if not more and self._frame.needs_input:
                    raise EOFError("the packed data ends before its end mark")
                try:
                    piece = self._frame.decompress(more, size)
                except OSError as fault:
                    raise EOFError(str(fault)) from None
            if piece:
                return piece
