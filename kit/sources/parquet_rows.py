"""The rows of a Parquet file, as query services and warehouses unload them, one JSON object each.

A row group is read in pieces, so memory does not grow with the file. What a row tells of is for
``wrappers`` to say, as of a row of any other table: Okta's names in any spelling, OCSF, or the
event as text in one column.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from kit.sources.document import Document
from kit.sources.wrappers import product_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAGIC", "rows"]

MAGIC = b"PAR1"
"""What a Parquet file begins with, and ends with."""

_AT_ONCE = 4 << 20
"""Bytes of rows that are taken from a row group at a time, more or less."""
_MOST = 1_000
"""Rows at a time."""
_BUFFER = 256 << 10
_OF_A_LAKE = {"event_type", "vendor_message", "http_status", "raw"}
"""Columns of this kit's own files."""
_FAULTS = (pa.ArrowException, ValueError, TypeError, OSError, KeyError)
"""What Arrow raises of a damaged file."""


def rows(file: str, content: IO[bytes]) -> Iterator[Document]:
    """Read a Parquet file's rows.

    Args:
        file: the file's name.
        content: it, to be read at any place.

    Yields:
        One document a row: a JSON object without what is null, times in UTC as Okta writes them
        (one without a zone is UTC). A file that is damaged gives its rows up to there, and then
        one document with ``fault`` set; so does a file of a lake.

    Raises:
        OSError: the file cannot be read.
    """
    row = 0
    try:
        with pq.ParquetFile(content, pre_buffer=False, buffer_size=_BUFFER) as table:
            schema = table.schema_arrow
            if _OF_A_LAKE.issubset(schema.names):
                yield Document(file, 0, b"", fault=_LAKE)
                return
            product = product_of(_leaves(schema))
            wrapper = product.name if product else "Parquet"
            plain = pa.schema([field.with_type(_plain(field.type)) for field in schema])
            for batch in _batches(table):
                for one in batch.cast(plain).to_pylist(maps_as_pydicts="lossy"):
                    row += 1
                    raw = msgspec.json.encode(_without_nulls(one))
                    yield Document(file, row, raw, wrapper=wrapper)
    except _FAULTS as fault:
        if isinstance(fault, OSError) and fault.errno is not None:
            raise
        why = " ".join(str(fault).split())[:200]
        yield Document(file, row + 1, b"", fault=f"the Parquet file is damaged: {why}")


_LAKE = (
    "it is a file of a lake of this kit, which is read as a whole. Name the lake's folder with "
    "--source"
)


def _batches(table: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    for number in range(table.num_row_groups):
        group = table.metadata.row_group(number)
        each = group.total_byte_size // max(group.num_rows, 1)
        most = min(_MOST, max(1, _AT_ONCE // max(each, 1)))
        yield from table.iter_batches(most, row_groups=[number], use_threads=False)


def _plain(kind: pa.DataType) -> pa.DataType:
    """A type whose values JSON has: text rather than bytes, times with a zone."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("ms" if kind.unit in {"s", "ms"} else "us", "UTC")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.large_string()
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_plain(field.type)) for field in kind.fields])
    if pa.types.is_map(kind):
        return pa.map_(kind.key_type, _plain(kind.item_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)))
    return kind


def _leaves(schema: pa.Schema) -> list[str]:
    """The dotted names of all columns, of those in structs too."""
    names: list[str] = []
    waiting = [(field.name, field.type) for field in reversed(schema)]
    while waiting:
        name, kind = waiting.pop()
        names.append(name)
        if pa.types.is_struct(kind):
            waiting += [(f"{name}.{one.name}", one.type) for one in reversed(kind.fields)]
    return names


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_nulls(one) if isinstance(one, dict | list) else one
            for name, one in value.items()
            if one is not None
        }
    if isinstance(value, list):
        return [_without_nulls(one) if isinstance(one, dict | list) else one for one in value]
    return value
