"""CSV with System Log events in it: each row becomes a LogEvent again.

The Admin Console's export, also as a spreadsheet saved it, and the tables of other products. A
column that holds the event as Okta wrote it is taken for it; else columns are found by name. What
no name explains stays in the event, under ``fromCsv`` with the whole row, and is reported.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from kit.sources.columns import PLAIN, LossyRowError, ProductTable, event_of_row, place_of, squeezed
from kit.sources.document import Document
from kit.sources.losses import loss_in
from kit.sources.wrappers import tables
from kit.sources.written_times import UNCLEAR, first_above_twelve, is_local, names_no_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kit.sources.written_times import Order

__all__ = ["WITHOUT_ZONE", "Header", "csv_documents", "header_of"]

_DELIMITERS = ",;\t|"
_ORIGINALS = ("_raw", "event.original", "@message", "log_text", "raw_log", "Raw Log", "RAW")
"""Columns that hold the event as Okta wrote it."""
_MESSAGES = ("message", "Message", "Line", "line", "event", "log", "raw", "JSON", "json")
"""Columns that may, beside others."""
_LARGEST_CELL = 1 << 24
_FIRST = 128 << 10
"""Bytes in which the first row of a table ends."""
WITHOUT_ZONE = {"", "Admin Console CSV", "Okta Workflows"}
"""Tables whose times, if they name no zone, a spreadsheet may have written in that of its machine;
of the other products it is known that they write UTC."""
_MAX_COLUMNS = 2_000
"""Columns that a table of events may have; products have some two hundred."""

_CONSOLE = ProductTable("", columns={"timestamp": "published", "Timestamp": "published"})


@dataclass(frozen=True)
class Header:
    """The first line of a CSV file that holds events."""

    names: tuple[str, ...]
    delimiter: str
    table: ProductTable
    original: int | None = None
    """The column that may hold the event as Okta wrote it."""
    before: int = 0
    """Lines before it: Excel's ``sep=;``; -1 if the table has none and begins with a row."""


def header_of(text: bytes) -> Header | None:
    """Read the header of a CSV file.

    Args:
        text: the file's beginning, UTF-8.

    Returns:
        The header; None if it is none of a table with System Log events.
    """
    return _header_of(text) or _header_by_rows(text)


def _header_by_rows(text: bytes) -> Header | None:
    """The header of a table of which one column, however it is called, holds the event.

    It may have no header at all, as warehouses unload it.
    """
    beginning = text[:_FIRST].decode("utf-8-sig", "replace")
    lines = beginning.splitlines(keepends=True)
    for delimiter in _DELIMITERS:
        try:
            records = list(islice(csv.reader(lines, delimiter=delimiter, strict=True), 2))
        except csv.Error:
            continue
        for before, cells in zip((-1, 0), records, strict=False):
            place = next((n for n, cell in enumerate(cells) if _is_event(cell)), None)
            is_table = len(cells) > 1 or '""uuid""' in beginning
            if place is None or not is_table or len(cells) != len(records[0]):
                continue  # also events a line each below something broken
            if before < 0:
                names = tuple(f"column {n}" for n in range(1, len(cells) + 1))
            else:
                names = tuple(name.strip() for name in records[0])
            return Header(names, delimiter, PLAIN, place, before)
    return None


def _is_event(cell: str) -> bool:
    if not (cell.startswith("{") and '"uuid"' in cell and '"eventType"' in cell):
        return False
    try:
        return isinstance(json.loads(cell), dict)
    except (ValueError, RecursionError):
        return False


def _header_of(text: bytes) -> Header | None:
    line, _, rest = text.partition(b"\n")
    if line.strip().lower() in {b"sep=" + d.encode() for d in _DELIMITERS}:
        header = _header_of(rest)
        return header and Header(
            header.names, header.delimiter, header.table, header.original, header.before + 1
        )
    for delimiter in _DELIMITERS:
        try:
            cells = next(csv.reader([line.decode("utf-8-sig")], delimiter=delimiter), [])
        except (UnicodeDecodeError, csv.Error):
            return None
        if len(cells) > _MAX_COLUMNS:
            continue  # a line of JSON, of which each comma would be looked at
        names = tuple(name.strip() for name in cells)
        table, original = _table(names), _original(names)
        if table is not None or original is not None:
            return Header(names, delimiter, table or PLAIN, original)
    return None


def _table(names: tuple[str, ...]) -> ProductTable | None:
    plain = {squeezed(name) for name in names}
    if {"uuid", "eventtype"} <= plain and {"published", "timestamp"} & plain:
        return PLAIN if "published" in plain else _CONSOLE
    without_zone = {name.removesuffix(" [UTC]") for name in names}
    return next(
        (one for one in tables() if one.columns and without_zone.issuperset(one.signs)), None
    )


def _original(names: tuple[str, ...]) -> int | None:
    likely = [*_ORIGINALS, *(_MESSAGES if len(names) > 1 else ())]
    return next((names.index(name) for name in likely if name in names), None)


def csv_documents(
    file: str,
    lines: Iterable[str],
    header: Header,
    again: Callable[[], Iterable[str]] | None = None,
    order: Order | None = None,
) -> Iterator[Document]:
    """Read a CSV file's rows as events.

    Args:
        file: the file's name.
        lines: its text, line by line with their ends, from its beginning.
        header: its header.
        again: reads the lines again, to learn the order of day and month in local dates.
        order: that order where no number of the file shows it.

    Yields:
        One document a row: the LogEvent that the row holds or tells of, the latter with the row
        itself under ``fromCsv``. A row that does not fit the header, or whose local date cannot be
        told, has ``fault`` set.
    """
    reader = _reader(lines, header)
    table, names = header.table, header.names
    paths = [place_of(name, table)[1] for name in names]
    unknown = (
        ()
        if table.name or header.original is not None
        else tuple(name for name, path in zip(names, paths, strict=True) if path is None and name)
    )
    columns = () if header.original is not None else tuple(".".join(p) for p in paths if p)
    dates = _Dates(header, paths, again, order)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield Document(file, reader.line_num, b"", fault=f"CSV is malformed: {error}")
            continue
        if row is None:
            return
        if not any(row):
            continue
        if len(row) > len(names) and any(row[len(names) :]):
            reason = f"the row has {len(row)} fields, the header {len(names)}"
            yield Document(file, reader.line_num, ",".join(row).encode(), fault=reason)
            continue
        raw, fault = _raw(header, row, dates)
        yield Document(
            file,
            reader.line_num,
            raw,
            fault,
            unknown,
            columns,
            wrapper=_wrapper(header),
            lacks=("zone",) if dates.without_zone(row) else (),
        )
        unknown = columns = ()


def _reader(lines: Iterable[str], header: Header) -> Any:
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(lines, delimiter=header.delimiter)
    for _ in range(header.before + 1):
        next(reader, None)
    return reader


def _raw(header: Header, row: list[str], dates: _Dates) -> tuple[bytes, str | None]:
    """The event that a row holds or tells of, and why it cannot be told."""
    original = header.original
    original_text = row[original].strip() if original is not None and original < len(row) else ""
    if original_text.endswith("}") and '"uuid"' in original_text:
        return original_text.encode(), None
    pairs = list(zip(header.names, row, strict=False))
    order = None
    if local := dates.local(row):
        order = dates.order()
        if order is None:
            return _as_json(dict(pairs)), UNCLEAR.format(time=local)
    if original_text.startswith("{") and (
        loss := _cell_loss(header.names[original or 0], original_text)
    ):
        return original_text.encode(), loss
    try:
        event = event_of_row(pairs, header.table, order)
    except LossyRowError as lossy:
        return _as_json(dict(pairs)), str(lossy)
    if event is None:
        return (original_text.encode() if original_text else _as_json(dict(pairs))), None
    event.pop("fromRow", None)
    event["fromCsv"] = {name: value for name, value in pairs if value}
    return _as_json(event), None


def _cell_loss(name: str, text: str) -> str | None:
    """What is lost of a cell that should be an event."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return loss_in(name, text)
    return None


def _wrapper(header: Header) -> str:
    """The product, told by a table's names; the Console's own export is none."""
    return header.table.name or ("CSV" if header.original is not None else "")


def _as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


class _Dates:
    """The order of day and month in the local dates of one file."""

    def __init__(
        self,
        header: Header,
        paths: list[tuple[str, ...] | None],
        again: Callable[[], Iterable[str]] | None,
        order: Order | None,
    ) -> None:
        self._header, self._again, self._otherwise = header, again, order
        self._places = [n for n, path in enumerate(paths) if path == ("published",)]
        self._order: Order | None = None
        self._is_read = False
        self._is_utc = any(header.names[place].endswith("[UTC]") for place in self._places)
        self._is_own = header.table.name in WITHOUT_ZONE
        if self._is_utc:
            self._order, self._is_read = "month-first", True  # as Azure's portal writes it

    def local(self, row: list[str]) -> str:
        """The local date of a row, if it has one."""
        return next((row[n] for n in self._places if n < len(row) and is_local(row[n])), "")

    def without_zone(self, row: list[str]) -> bool:
        """Whether a row's time may be of any zone: some products write UTC and do not say so."""
        if self._is_utc or not self._is_own:
            return False
        return any(n < len(row) and names_no_zone(row[n]) for n in self._places)

    def order(self) -> Order | None:
        """The order, told from a number above 12 anywhere in the file; else as one said."""
        if not self._is_read and self._again is not None:
            orders = set(self._orders(_reader(self._again(), self._header)))
            self._order = orders.pop() if len(orders) == 1 else self._otherwise
        self._is_read = True
        return self._order

    def _orders(self, reader: Any) -> Iterator[Order]:
        while True:
            try:
                row = next(reader, None)
            except csv.Error:
                continue
            if row is None:
                return
            for place in self._places:
                if place < len(row) and (order := first_above_twelve(row[place])):
                    yield order
