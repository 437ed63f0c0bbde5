"""Exported System Log files: JSON in any layout or the Console's CSV, plain, packed, in archives.

A file is recognised by its content, not by its name: exports get renamed. What is no
event is handed on all the same, with where it stood, so that the step that knows
events can put it aside and count it.
"""

from __future__ import annotations

import re
from functools import partial
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from msgspec import structs

from kit.base.errors import SourceError
from kit.sources import console_csv, parquet_rows
from kit.sources.archives import parts_of
from kit.sources.document import Block, Document, Documents, Lines
from kit.sources.json_stream import JsonStream
from kit.sources.local_dates import LocalDates
from kit.sources.unpacked import Utf8Stream
from kit.sources.walk import Walk
from kit.vendors import VendorTable, table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from kit.sources.archives import Part
    from kit.sources.unpacked import Readable
    from kit.sources.walk import StoredFile
    from kit.sources.written_times import Order

__all__ = ["BLOCK", "blocks", "expand"]

BLOCK = 4 << 20
"""Bytes that are handled at a time: some 2,000 events."""

_SMALLEST = 50
"""Bytes that no event does with."""
_SMALL_ONES = 1_000
"""How many things smaller than that are listed one by one where they stand in a row."""
_BOM = b"\xef\xbb\xbf"
_BLANK = b" \r\n"


def expand(names: Iterable[str | Path]) -> list[Path]:
    """Turn file names, globs and folders into the files they name, in order.

    Args:
        names: files, globs (``exports/*.ndjson.gz``) or folders, whose exports at any depth are
            taken.

    Returns:
        Each file once, in the order given; those of a glob or folder by name.

    Raises:
        SourceError: a name stands for no file.
    """
    files: dict[Path, None] = {}
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            paths = [Path(file.address) for file in Walk(str(path)).files()]
        elif path.exists():
            paths = [path]
        else:
            paths = sorted(map(Path, glob(str(path)))) if has_magic(str(path)) else []  # noqa: PTH207  # also absolute globs
        if not paths:
            what = "holds no export file" if path.is_dir() else "there is no such file"
            raise SourceError(
                f"{name}: {what}. Name an export (.ndjson, .json, .csv, .zip; .gz or .zst), "
                "a glob, or use --source sample."
            )
        files.update(dict.fromkeys(paths))
    return list(files)


def blocks(
    files: Iterable[Path | StoredFile], size: int = BLOCK, order: Order | None = None
) -> Iterator[Block]:
    """Read what stands in export files, in blocks of about *size* bytes.

    Args:
        files: the files, each JSON in any mix of layouts (events a line each, over many lines,
            in arrays, in envelopes) or CSV; plain, gzip, zstd, bzip2 or xz; UTF-8 or UTF-16;
            or zip and tar archives of such files, whose members are named ``archive!member``.
        size: bytes; a longer line is not cut.
        order: what comes first in local dates where a file does not show it.

    Yields:
        Blocks in the files' own order, none over two files. A file that breaks off is
        handed on up to there, and then one document with ``fault`` set.

    Raises:
        SourceError: a file cannot be opened.
    """
    for path in files:
        try:
            with path.open("rb") as stream:
                for part in parts_of(str(path), stream):
                    yield from _of_part(part, path, size, order)
        except OSError as fault:
            reason = fault.strerror or str(fault)
            raise SourceError(f"{path}: cannot be read ({reason}).") from fault


def _of_part(
    part: Part, path: Path | StoredFile, size: int, order: Order | None
) -> Iterator[Block]:
    if part.stream is None:
        yield Documents([Document(part.file, 0, b"", fault=part.fault)])
    elif part.table is not None:
        rows = parquet_rows.rows(part.file, part.table)
        if order:
            rows = (structs.replace(row, order=order) for row in rows)
        yield from _in_blocks(rows, size)
    else:
        again = partial(_read_again, path, part.place)
        yield from _blocks(part.file, part.stream, size, again, order)


def _read_again(path: Path | StoredFile, place: tuple[int, ...]) -> Iterator[Utf8Stream]:
    """A file, or a member of an archive, from its beginning; once."""
    with path.open("rb") as stream:
        for part in parts_of(str(path), stream):
            if part.place == place and part.stream is not None:
                yield Utf8Stream(part.stream)


def _lines(again: Callable[[], Iterator[Utf8Stream]]) -> Iterator[str]:
    for source in again():
        yield from source.lines(_start(source.read(BLOCK)))


def _pieces(again: Callable[[], Iterator[Utf8Stream]]) -> Iterator[bytes]:
    for source in again():
        while not source.ended:
            yield source.read(BLOCK)


def _start(text: bytes) -> bytes:
    return text.removeprefix(_BOM).lstrip(_BLANK)


def _blocks(
    file: str,
    stream: Readable,
    size: int,
    again: Callable[[], Iterator[Utf8Stream]],
    order: Order | None,
) -> Iterator[Block]:
    source = Utf8Stream(stream)
    text = source.read(size)
    start = _start(text)
    is_table = not start.startswith((b"{", b"[", b"<"))
    header = table = None
    if is_table:
        table = table_of(start)
        header = None if table else console_csv.header_of(start)
    if table is not None:
        yield from _in_blocks(_rows(file, source, start, table), size)
        fault, line = source.fault, 0
    elif header is not None:
        lines = partial(_lines, again)
        rows = console_csv.csv_documents(file, source.lines(start), header, lines, order)
        yield from _in_blocks(rows, size)
        fault, line = source.fault, 0
    else:
        dates = LocalDates(partial(_pieces, again), order)
        line = yield from _of_json(file, source, text, size, dates)
        fault = source.fault
    if fault is not None:
        yield Documents([Document(file, line, b"", fault=f"the file breaks off: {fault}")])


def _rows(file: str, source: Utf8Stream, start: bytes, table: VendorTable) -> Iterator[Document]:
    """The rows of a table of a vendor's records."""
    for line, raw, fault in table.rows(source.lines(start)):
        yield Document(file, line, raw, fault)


def _of_json(
    file: str, source: Utf8Stream, text: bytes, size: int, dates: LocalDates
) -> Generator[Block, None, int]:
    """The blocks of a file of JSON; gives the line that it ends on."""
    if b"\n" not in text and b"\r" in text:
        source.line_ends, text = True, text.replace(b"\r", b"\n")
    stream = JsonStream(file)
    while True:
        stream.order = dates.order(text)
        end = len(text) if source.ended else text.rfind(b"\n") + 1
        breaks = _breaks_of_lines(text, end) if stream.rests() else None
        if breaks is not None:
            yield Lines(file, stream.line, text[:end], stream.order)
            stream.pass_lines(breaks, alone=text.startswith(b"{"))
            text = text[end:]
        else:
            documents, used_bytes = stream.split(text, last=source.ended)
            if source.fault and documents and documents[-1].fault:
                documents.pop()  # it is what breaks off
            yield from _in_blocks(documents, size)
            text = text[used_bytes:]
        if source.ended:
            return stream.line
        text += source.read(max(size - len(text), len(text), 1))


def _breaks_of_lines(text: bytes, end: int) -> int | None:
    """The line breaks up to a place, if every line is one object, as far as its ends show.

    A relay may have put something before each, which begins with the same letter in all of them.
    """
    first = text[:1]
    if not end or first in _NO_HEADER or (first.isdigit() and _COUNTED.search(b"\n" + text[:end])):
        return None
    letters = np.frombuffer(text, np.uint8, count=end)
    breaks = np.flatnonzero(letters == _FEED)
    ends = breaks if len(breaks) and breaks[-1] == end - 1 else np.append(breaks, end)
    before = letters[ends - 1]
    before = np.where(before == _RETURN, letters[ends - 2], before)
    after = letters[ends[:-1] + 1]
    return len(breaks) if (before == _CLOSES).all() and (after == text[0]).all() else None


_NO_HEADER = {bytes([one]) for one in b'\xef\xbb\xbf \t\r\n,[]}"'}
"""What a line does not begin with that is one thing by itself."""
_COUNTED = re.compile(rb"\n\d{1,8} <")
"""Messages over TCP may say how long they are, and have line breaks in them."""
_FEED, _RETURN, _CLOSES = b"\n\r}"


def _in_blocks(documents: Iterable[Document], size: int) -> Iterator[Block]:
    """Documents in blocks; of many small ones in a row that are no events, the rest as one."""
    batch: list[Document] = []
    weight = small = 0
    for document in documents:
        small = small + 1 if len(document.raw) < _SMALLEST and not document.unknown else 0
        if small > _SMALL_ONES:
            before = batch.pop() if batch and small > _SMALL_ONES + 1 else None
            fault = document.fault or "too short for an event"
            count = document.count + (before.count if before else 0)
            first = before or document
            document = Document(first.file, first.line, first.raw, fault, count=count)
        batch.append(document)
        weight += len(document.raw) if small <= _SMALL_ONES else 0
        if weight >= size:
            yield Documents(batch)
            batch, weight, small = [], 0, 0
    if batch:
        yield Documents(batch)
