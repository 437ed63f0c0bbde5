"""DataFrames that go to Excel, Arrow and Polars by the names that pandas users type.

pandas refuses to write times with a zone into a sheet, and writes text that begins with ``=`` as
a formula, which runs where the sheet is opened. What an event says is text, whoever wrote it.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.base.errors import UsageError
from kit.base.text import in_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

__all__ = ["Frame", "write_sheets"]

_MAX_CHARS, _MAX_ROWS, _FIRST_YEAR = 32_767, 1_048_575, 1900
"""What a cell and a sheet of Excel hold, below the heading, and where its calendar begins."""
_UTC_FORMAT = 'yyyy-mm-dd hh:mm:ss "UTC"'
_MAX_NAME, _NO_NAME = 31, re.compile(r"[\x00-\x1f\[\]:*?/\\]")
_LENGTH_OF_PANDAS = "0"
"""How pandas shows a length of time in a sheet: as whole days."""
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no sheet can hold: it is XML."""


class Frame(pd.DataFrame):
    """A DataFrame whose rows go to Excel, Arrow and Polars; what is made of it is one, too."""

    @property
    def _constructor(self) -> type[Frame]:
        return Frame

    def to_excel(  # type: ignore[misc]  # final for types alone; it is the name that people type
        self, excel_writer: Any, *args: Any, index: bool = False, **options: Any
    ) -> None:
        """Write the rows into a sheet: times as UTC, and text as text, never as a formula.

        As pandas' own, but for the index, which is left out if not asked for, and for what Excel
        cannot hold: times lose their zone, which their format names; lists become text; of a text
        the first 32,767 letters are kept.

        Args:
            excel_writer: a path, or an open ``pd.ExcelWriter``.
            args: as for ``pandas.DataFrame.to_excel``.
            index: whether the index is written, too.
            options: as for ``pandas.DataFrame.to_excel``.

        Raises:
            UsageError: there are more rows than a sheet holds.
        """
        if len(self) > _MAX_ROWS:
            raise UsageError(
                f"to_excel: a sheet holds {_MAX_ROWS:,} rows, and these are {len(self):,}. Narrow "
                'them, or write Parquet: frame.to_parquet("rows.parquet").'
            )
        if not isinstance(excel_writer, pd.ExcelWriter):
            engine: Any = options.pop("engine", None) or "openpyxl"
            settings = {
                name: options.pop(name)
                for name in ("engine_kwargs", "storage_options")
                if name in options
            }
            with pd.ExcelWriter(excel_writer, engine=engine, **settings) as writer:
                self.to_excel(writer, *args, index=index, **options)
            return
        by_openpyxl = excel_writer.engine == "openpyxl"
        in_cell = partial(_in_cell, quoted=not by_openpyxl)
        rows = pd.DataFrame(self).map(in_cell)
        rows.index, rows.columns = _labels(rows.index, in_cell), _labels(rows.columns, in_cell)
        before = set(excel_writer.sheets)
        rows.to_excel(excel_writer, *args, index=index, **options)
        if by_openpyxl:
            name = options.get("sheet_name", args[0] if args else "Sheet1")
            for new in {name, *excel_writer.sheets} - (before - {name}):
                _harmless(excel_writer.sheets[new])

    def to_pyarrow(self) -> pa.Table:
        """The rows as an Arrow table; an index without a name is left out."""
        import pyarrow as pa

        return pa.Table.from_pandas(pd.DataFrame(self), preserve_index=self._indexed)

    def to_polars(self) -> Any:
        """The rows as a Polars DataFrame.

        Raises:
            UsageError: Polars is not installed.
        """
        try:
            import polars as pl
        except ImportError:
            raise UsageError(
                "to_polars: Polars is not installed. Run: pip install polars"
            ) from None
        return pl.from_arrow(self.to_pyarrow())

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows for any library that reads Arrow's streams: Polars, DuckDB, pyarrow."""
        return self.to_pyarrow().__arrow_c_stream__(requested_schema)

    @property
    def _indexed(self) -> bool:
        """Whether the index says something: rows that were picked only have their old places."""
        return any(name is not None for name in self.index.names)


def write_sheets(path: Any, sheets: Sequence[tuple[str, pd.DataFrame]]) -> None:
    """Write DataFrames into one workbook, as ``Frame.to_excel`` does.

    Args:
        path: the workbook.
        sheets: what each sheet is called, and its rows. A name has its place before it, and of it
            what Excel takes: 31 letters, and none of a few marks.
    """
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for place, (name, rows) in enumerate(sheets, 1):
            text = _NO_NAME.sub(" ", f"{place} {name}")[:_MAX_NAME].rstrip(" '")
            Frame(rows).to_excel(writer, sheet_name=text)


def _in_cell(value: Any, *, quoted: bool) -> Any:
    """A value as a cell of Excel holds it.

    Args:
        value: the value.
        quoted: whether a text that a sheet would run gets a mark before it; else the cell's type
            says that it is text.
    """
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        utc = value.tz_convert(None) if value.tzinfo else value
        return utc if utc.year >= _FIRST_YEAR else f"{utc.isoformat()}Z"
    if isinstance(value, pd.Timedelta):
        return value.to_pytimedelta()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple | set | frozenset):
        value = ", ".join(map(str, value))
    elif isinstance(value, dict):
        value = str(value)
    if not isinstance(value, str):
        return value
    text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", value)[:_MAX_CHARS]
    return in_sheet(text) if quoted else text


def _labels(labels: pd.Index[Any], in_cell: Callable[[Any], Any]) -> pd.Index[Any]:
    """The names of rows or columns as cells."""
    if isinstance(labels, pd.MultiIndex):
        cells = [tuple(map(in_cell, label)) for label in labels]
        return pd.MultiIndex.from_tuples(cells, names=labels.names) if cells else labels
    return labels.map(in_cell)


def _harmless(sheet: Any) -> None:
    """Have all text of a sheet be text, and times say that they are UTC."""
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                if cell.data_type != "s":
                    cell.data_type = "s"
                    # Else a formula begins where somebody edits the cell.
                    cell.quotePrefix = True
            elif cell.data_type == "d" and hasattr(cell.value, "hour"):
                cell.number_format = _UTC_FORMAT
            elif cell.number_format == _LENGTH_OF_PANDAS:
                cell.number_format = "[h]:mm:ss"
