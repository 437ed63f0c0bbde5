"""Exported System Log files: NDJSON, JSON arrays or the Console's CSV; plain, gzip or zstd.

A file is told by its content, not by its name: exports get renamed. What is no
event is handed on all the same, with where it stood, so that the step that knows
events can put it aside and count it.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from glob import glob, has_magic
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import msgspec
import zstandard

from kit.errors import SourceError
from kit.sources import console_csv
from kit.sources.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["expand", "read"]

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BOM = b"\xef\xbb\xbf"
_WHITE = b" \t\r\n"
_LIST = re.compile(rb"\[\s*\{")


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


def read(files: Sequence[Path]) -> Iterator[Document]:
    """Read what stands in export files, one document an event.

    Args:
        files: the files, each NDJSON, one JSON array (or one object with the events in
            a list) or CSV, plain, gzip or zstd.

    Yields:
        Documents in the files' own order. A file that breaks off is handed on up to
        there, and then one document with ``fault`` set.

    Raises:
        SourceError: a file cannot be opened.
    """
    for path in files:
        try:
            with path.open("rb") as packed, _unpack(packed) as stream:
                yield from _documents(str(path), stream)
        except OSError as fault:
            reason = fault.strerror or str(fault)
            raise SourceError(f"{path}: cannot be read ({reason}).") from fault


def _is_export(path: Path) -> bool:
    kinds = {".ndjson", ".jsonl", ".json", ".log", ".csv"}
    name = path.with_suffix("") if path.suffix in {".gz", ".zst"} else path
    return name.suffix in kinds and not path.name.startswith((".", "_"))


def _unpack(packed: IO[bytes]) -> IO[bytes]:
    magic = packed.read(4)
    packed.seek(0)
    if magic.startswith(_GZIP):
        return cast("IO[bytes]", gzip.open(packed, "rb"))
    if magic == _ZSTD:
        reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        return io.BufferedReader(reader, 1 << 20)
    return packed


def _documents(file: str, stream: IO[bytes]) -> Iterator[Document]:
    number, first = 0, True
    try:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(_BOM).strip(_WHITE) if number == 1 else line.strip(_WHITE)
            if not text:
                continue
            if first and (text.startswith(b"[") or text == b"{"):
                yield from _array(file, text + b"\n" + stream.read())
                return
            if first and console_csv.is_header(text):
                yield from console_csv.rows(file, chain([_told(line)], map(_told, stream)))
                return
            first = False
            yield Document(file, number, text)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as fault:
        yield Document(file, number + 1, b"", fault=f"the file breaks off: {fault}")


def _told(line: bytes) -> str:
    return line.removeprefix(_BOM).decode("utf-8", "replace")


def _array(file: str, text: bytes) -> Iterator[Document]:
    """Split a JSON array, or an object that holds one, into its elements as sent."""
    try:
        if text.startswith(b"{"):
            yield from _wrapped(file, text)
            return
        for number, raw in enumerate(msgspec.json.decode(text, type=list[msgspec.Raw]), start=1):
            yield Document(file, number, bytes(raw))
    except (msgspec.DecodeError, RecursionError) as fault:
        yield from _broken_array(file, text, str(fault))


def _wrapped(file: str, text: bytes) -> Iterator[Document]:
    """One event over several lines, or an object with the events in a list."""
    fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    lists = [bytes(v) for v in fields.values() if _LIST.match(bytes(v))]
    if "uuid" in fields or not lists:
        yield Document(file, 1, text.strip(_WHITE))
        return
    yield from _array(file, max(lists, key=len))


def _broken_array(file: str, text: bytes, fault: str) -> Iterator[Document]:
    """Save the whole elements of an array that was cut off or has a bad element."""
    decoder = json.JSONDecoder()
    body = text.decode("utf-8", "replace")
    place, number = body.find("[") + 1, 0
    while (start := _next_element(body, place)) is not None:
        try:
            _, place = decoder.raw_decode(body, start)
        except (json.JSONDecodeError, RecursionError):
            break
        number += 1
        yield Document(file, number, body[start:place].encode())
    rest = body[place:].strip(" \t\r\n,]")
    yield Document(file, number + 1, rest.encode()[:2000], fault=fault)


def _next_element(body: str, place: int) -> int | None:
    while place < len(body) and body[place] in " \t\r\n,":
        place += 1
    return place if place < len(body) and body[place] != "]" else None
