"""Tables with a vendor's records in them: which header is one, and a row as a document."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from kit.vendors.forms import vendors
from kit.vendors.values import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["VendorTable", "table_of"]

_DELIMITERS = ",;\t|"
_LARGEST_CELL = 1 << 24
_BOM = "\ufeff"


@dataclass(frozen=True)
class VendorTable:
    """The first line of a CSV file that holds a vendor's records."""

    names: tuple[str, ...]
    delimiter: str
    before: int = 0
    """Lines before it: PowerShell's ``#TYPE``, Excel's ``sep=;``."""

    def rows(self, lines: Iterable[str]) -> Iterator[tuple[int, bytes, str | None]]:
        """Read the rows below the header.

        Args:
            lines: the file's text, line by line with their ends, from its beginning.

        Yields:
            The number of the line that a row ends on, the row as a JSON object, and why it is
            none, if so.
        """
        csv.field_size_limit(_LARGEST_CELL)
        reader = csv.reader(lines, delimiter=self.delimiter)
        for _ in range(self.before + 1):
            next(reader, None)
        while True:
            try:
                row = next(reader, None)
            except csv.Error as error:
                yield reader.line_num, b"", f"CSV is malformed: {error}"
                continue
            if row is None:
                return
            if not any(row):
                continue
            if len(row) > len(self.names) and any(row[len(self.names) :]):
                reason = f"the row has {len(row)} fields, the header {len(self.names)}"
                yield reader.line_num, ",".join(row).encode(), reason
                continue
            yield reader.line_num, self._document(row), None

    def _document(self, row: list[str]) -> bytes:
        values: dict[str, str] = {}
        if self.repeats:
            for name, value in zip(self.names, row, strict=False):
                values[name] = values.get(name) or value
        else:
            values = dict(zip(self.names, row, strict=False))
        try:
            return msgspec.json.encode(values)
        except UnicodeEncodeError:  # half of a sign
            return json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")

    @cached_property
    def repeats(self) -> bool:
        """Whether a heading is there twice."""
        return len(set(self.names)) < len(self.names)


def table_of(text: bytes) -> VendorTable | None:
    """Tell by its header whether a CSV file holds a vendor's records.

    Args:
        text: the file's beginning, UTF-8.

    Returns:
        The table; None if its columns are not those of a vendor's records.
    """
    lines = text[: 64 << 10].decode("utf-8-sig", "replace").split("\n", 3)
    for before, line in enumerate(lines[:2]):
        for delimiter in _DELIMITERS:
            try:
                cells = next(csv.reader([line.strip("\r" + _BOM)], delimiter=delimiter), [])
            except csv.Error:
                continue
            if len(cells) > 3 and (names := _names(cells)):
                return VendorTable(names, delimiter, before)
        if not line.startswith(("#TYPE", "sep=")):
            return None
    return None


def _names(cells: list[str]) -> tuple[str, ...]:
    names = tuple(" ".join(cell.split()) for cell in cells)
    plain = {plain_name(name) for name in names}
    fits = any(vendor.kind_of(plain) for vendor in vendors())
    return names if fits else ()
