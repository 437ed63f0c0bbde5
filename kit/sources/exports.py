"""Exported System Log files: NDJSON, JSON arrays or the Console's CSV; plain, gzip or zstd.

A file is told by its content, not by its name: exports get renamed. What is no
event is handed on all the same, with where it stood, so that the step that knows
events can put it aside and count it.
"""

from __future__ import annotations

import gzip
import io
import zlib
from glob import glob, has_magic
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard

from kit.errors import SourceError
from kit.sources import console_csv, json_array
from kit.sources.document import Block, Document, Documents, Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["BLOCK", "blocks", "expand"]

BLOCK = 1 << 20
"""Bytes that are handled at a time: some 1,000 events."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)
_BOM = b"\xef\xbb\xbf"
_WHITE = b" \t\r\n"
_Stream = io.BufferedReader | gzip.GzipFile


def expand(names: Iterable[str | Path]) -> list[Path]:
    """Turn file names, globs and folders into the files they name, in order.

    Args:
        names: files, globs (``exports/*.ndjson.gz``) or folders, whose files are taken.

    Returns:
        Each file once, in the order given; those of a glob or folder by name.

    Raises:
        SourceError: a name stands for no file.
    """
    files: dict[Path, None] = {}
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            found = sorted(p for p in path.iterdir() if p.is_file() and _is_export(p))
        elif path.exists():
            found = [path]
        else:
            found = sorted(map(Path, glob(str(path)))) if has_magic(str(path)) else []  # noqa: PTH207  # also absolute globs
        if not found:
            what = "holds no export file" if path.is_dir() else "there is no such file"
            raise SourceError(
                f"{name}: {what}. Name an export (.ndjson, .json, .csv; .gz or .zst), "
                "a glob, or use --source sample."
            )
        files.update(dict.fromkeys(found))
    return list(files)


def blocks(files: Sequence[Path], size: int = BLOCK) -> Iterator[Block]:
    """Read what stands in export files, in blocks of about *size* bytes.

    Args:
        files: the files, each NDJSON, one JSON array (or one object with the events in
            a list) or CSV, plain, gzip or zstd.
        size: bytes; a longer line is not cut.

    Yields:
        Blocks in the files' own order, none over two files. A file that breaks off is
        handed on up to there, and then one document with ``fault`` set.

    Raises:
        SourceError: a file cannot be opened.
    """
    for path in files:
        try:
            with path.open("rb") as packed, _unpack(packed) as stream:
                yield from _blocks(str(path), stream, size)
        except OSError as fault:
            reason = fault.strerror or str(fault)
            raise SourceError(f"{path}: cannot be read ({reason}).") from fault


def _is_export(path: Path) -> bool:
    kinds = {".ndjson", ".jsonl", ".json", ".log", ".csv"}
    name = path.with_suffix("") if path.suffix in {".gz", ".zst"} else path
    return name.suffix in kinds and not path.name.startswith((".", "_"))


def _unpack(packed: io.BufferedReader) -> _Stream:
    magic = packed.read(4)
    packed.seek(0)
    if magic.startswith(_GZIP):
        return gzip.open(packed, "rb")
    if magic == _ZSTD:
        reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        return io.BufferedReader(reader, 1 << 20)
    return packed


def _blocks(file: str, stream: _Stream, size: int) -> Iterator[Block]:
    number = 1
    try:
        line = stream.readline(size)
        while line and not line.removeprefix(_BOM).strip(_WHITE):
            number, line = number + 1, stream.readline(size)
    except _BROKEN as fault:
        yield Documents([_broken_off(file, number, fault)])
        return
    text = line.removeprefix(_BOM).lstrip(_WHITE)
    if text.startswith(b"["):
        yield from _gathered(json_array.elements(file, text, _pieces(stream, size), size), size)
    elif text.rstrip(_WHITE) == b"{":
        whole = text + b"".join(_pieces(stream, size))
        yield from _gathered(json_array.fields(file, whole), size)
    elif console_csv.is_header(text):
        yield from _gathered(_rows(file, line, stream), size)
    else:
        yield from _lines(file, number, text, stream, size)


def _lines(file: str, number: int, begun: bytes, stream: _Stream, size: int) -> Iterator[Block]:
    held, fault = bytearray(begun), None
    while fault is None:
        try:
            piece = stream.read1(size)
        except _BROKEN as found:
            piece, fault = b"", found
        held += piece
        if piece and len(held) < size:
            continue
        end = held.rfind(b"\n") + 1 if piece or fault else len(held)
        if end:
            yield Lines(file, number, bytes(held[:end]))
            number += held.count(b"\n", 0, end)
            del held[:end]
        if not piece:
            break
    if fault is not None:
        yield Documents([_broken_off(file, number, fault)])


def _rows(file: str, header: bytes, stream: _Stream) -> Iterator[Document]:
    try:
        yield from console_csv.rows(file, chain([_told(header)], map(_told, stream)))
    except _BROKEN as fault:
        yield _broken_off(file, 0, fault)


def _broken_off(file: str, number: int, fault: Exception) -> Document:
    return Document(file, number, b"", fault=f"the file breaks off: {fault}")


def _gathered(documents: Iterable[Document], size: int) -> Iterator[Block]:
    held: list[Document] = []
    weight = 0
    for document in documents:
        held.append(document)
        weight += len(document.raw)
        if weight >= size:
            yield Documents(held)
            held, weight = [], 0
    if held:
        yield Documents(held)


def _pieces(stream: _Stream, size: int) -> Iterator[bytes]:
    """All that can be read; the array's own reader tells that it breaks off."""
    try:
        while piece := stream.read1(size):
            yield piece
    except _BROKEN:
        return


def _told(line: bytes) -> str:
    return line.removeprefix(_BOM).decode("utf-8", "replace")
