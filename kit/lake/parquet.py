"""Events are written to Parquet so that a question about failures reads little."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kit.base.errors import KitError
from kit.catalogue import load
from kit.events import schema
from kit.lake.inventory import keys_of
from kit.lake.repeats import ROW, keys_beside
from kit.lake.storage import damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = [
    "EventFile",
    "arrow_mask",
    "by_time",
    "catalogue_of",
    "footer",
    "open_event_file",
    "read_keys",
    "write_events",
]

HOLD = 16 << 20
"""Bytes of events that a process holds before it writes a row group of them.

Large row groups are what makes questions fast; the memory of an import is what limits them.
"""

_CATALOGUE = b"okta-kit.catalogue"
_FEWER_COLUMNS = " (fewer columns)"
"""Follows the version of files that an older okta-kit wrote."""
_KEY, _ORDER = "_key", "_order"
"""Columns that go beside the file."""
_NO_DICTIONARY = frozenset(
    "uuid raw transaction_id request_id trace_id correlation_id session_id".split()
)
_NO_STATISTICS = frozenset(
    """
    raw vendor_message reason user_agent geo_state zone client_device client_os client_browser
    as_number as_org is_proxy session_id credential_type device_id device_name policy_rule
    agent_name api_token_id
    """.split()
)
"""Columns that no question skips row groups by."""


@cache
def _kept_schema() -> pa.Schema:
    return schema().with_metadata({_CATALOGUE: load().version.encode()})


class EventFile:
    """A Parquet file of events in the making, the failing ones in row groups of their own.

    A question about failures then reads those alone: a row group whose ``code`` is null
    throughout is skipped by its statistics.
    """

    def __init__(self, path: Path) -> None:
        """Plan the file; it is begun with the first row group.

        Args:
            path: where; its folder is made.
        """
        self.path = path
        self._writer: pq.ParquetWriter | None = None
        self._held: dict[bool, list[pa.RecordBatch]] = {True: [], False: []}
        self._bytes = {True: 0, False: 0}

    @property
    def is_begun(self) -> bool:
        """Whether some of it is written."""
        return self._writer is not None

    @property
    def held_bytes(self) -> int:
        """Bytes of events that are not written yet."""
        return sum(self._bytes.values())

    def add(self, batch: pa.RecordBatch, *, failing: bool, order: np.ndarray | None = None) -> None:
        """Take events, all failing or none.

        Args:
            batch: the events.
            failing: whether they are failing ones.
            order: the place of each in the input; the hashes of their uuids are kept with these
                in a file beside.
        """
        if batch.num_rows:
            if order is not None:
                keys = keys_of(batch.column("uuid").to_pylist())
                key_column = pa.FixedSizeBinaryArray.from_buffers(
                    pa.binary(keys.itemsize), len(keys), [None, pa.py_buffer(keys.tobytes())]
                )
                batch = batch.append_column(_KEY, key_column)
                batch = batch.append_column(_ORDER, pa.array(order, pa.int64()))
            self._held[failing].append(batch)
            self._bytes[failing] += batch.nbytes

    def flush(self) -> None:
        """Write a row group: the failing events held, or the others, whichever is more.

        Raises:
            OSError: it cannot be written.
        """
        failing = self._bytes[True] > self._bytes[False]
        if not self._held[failing]:
            return
        table = by_time(pa.Table.from_batches(self._held[failing]))
        if _ORDER in table.column_names:
            self._keep_keys(table)
            table = table.drop_columns([_KEY, _ORDER])
        self._begin().write_table(table.replace_schema_metadata(_kept_schema().metadata))
        self._held[failing], self._bytes[failing] = [], 0

    def _keep_keys(self, table: pa.Table) -> None:
        rows = np.empty(table.num_rows, ROW)
        keys = table[_KEY].combine_chunks()
        rows["key"] = np.frombuffer(keys.buffers()[1], ROW["key"])[keys.offset :][: len(keys)]
        rows["order"] = np.from_dlpack(table[_ORDER].combine_chunks())
        self._begin()
        with keys_beside(self.path).open("ab") as file:
            file.write(rows.tobytes())

    def close(self) -> None:
        """Write what is held, and end the file.

        Raises:
            OSError: it cannot be written.
        """
        self.flush()
        self.flush()
        self._begin().close()
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())

    def abandon(self) -> None:
        """Leave the file as it is; it is no Parquet file.

        Without this a writer ends its file when it is collected, and says so on standard
        error if the disk is full.
        """
        if self._writer is not None:
            self._writer.is_open = False

    def _begin(self) -> pq.ParquetWriter:
        if self._writer is None:
            names = _kept_schema().names
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(
                self.path,
                _kept_schema(),
                compression="zstd",
                compression_level=1,
                use_dictionary=[n for n in names if n not in _NO_DICTIONARY],
                write_statistics=[n for n in names if n not in _NO_STATISTICS],
            )
        return self._writer


def by_time(events: pa.Table) -> pa.Table:
    """Events by time; most exports are, and sorting holds them twice."""
    times = events["published"].combine_chunks()
    in_order = pc.all(pc.less_equal(times[:-1], times[1:])).as_py()
    return events if in_order else events.sort_by("published")


def write_events(batches: Iterable[pa.RecordBatch], path: Path, hold: int = HOLD) -> int:
    """Write events to one Parquet file.

    Args:
        batches: events in the schema of the events table.
        path: the file to be made.
        hold: bytes of events to hold before a row group is written.

    Returns:
        How many events were written.

    Raises:
        OSError: the file cannot be written.
    """
    file, event_count = EventFile(path), 0
    try:
        for batch in batches:
            failing = batch.column("code").is_valid()
            file.add(batch.filter(failing), failing=True)
            file.add(batch.filter(pc.invert(failing)), failing=False)
            event_count += batch.num_rows
            while file.held_bytes > hold:
                file.flush()
        file.close()
    except OSError:
        file.abandon()
        raise
    return event_count


def catalogue_of(file: Path | BinaryIO) -> str:
    """The version of the catalogue that a file's events were coded with."""
    return footer(file)[1]


def footer(file: Path | BinaryIO) -> tuple[int, str]:
    """How many events a file holds, and the version of the catalogue they were coded with.

    A file of an older okta-kit may lack columns although the catalogue is the same; its version
    says so, so that it is coded again.

    Raises:
        SourceError: it is no file of events, or cannot be read.
    """
    with open_event_file(file) as parquet_file:
        metadata = parquet_file.metadata
        version = str((metadata.metadata or {}).get(_CATALOGUE, b"").decode())
        lacks = not set(schema().names) <= set(parquet_file.schema_arrow.names)
        if lacks and version == load().version:
            version += _FEWER_COLUMNS
        return int(metadata.num_rows), version


def read_keys(file: Path | BinaryIO) -> np.ndarray:
    """The hashes of the uuids of a file's events, in their order.

    Raises:
        SourceError: it is no file of events, or cannot be read.
    """
    with open_event_file(file) as parquet_file:
        groups = range(parquet_file.num_row_groups)
        read = (parquet_file.read_row_group(n, columns=["uuid"], use_threads=False) for n in groups)
        keys = [keys_of(one["uuid"].to_pylist()) for one in read]
    return np.concatenate([np.empty(0, ROW["key"]), *keys])


def arrow_mask(mask: np.ndarray) -> pa.BooleanArray:
    """A mask as Arrow has it; by its bytes, because ``pa.array`` of NumPy's loads pandas."""
    bits = pa.py_buffer(np.packbits(mask, bitorder="little"))
    return pa.BooleanArray.from_buffers(pa.bool_(), len(mask), [None, bits])


@contextmanager
def open_event_file(file: Path | BinaryIO, address: str = "") -> Iterator[pq.ParquetFile]:
    """Open a lake's event file, and turn what is wrong with it into a line.

    Args:
        file: as Arrow reads it.
        address: where it lies in the lake, if this is a copy.

    Raises:
        SourceError: it is no file of events, or cannot be read, here or in the body.
    """
    lake, *name = (address or str(getattr(file, "address", file))).rsplit("/", 2)
    try:
        with pq.ParquetFile(file) as parquet_file:
            if unfit := _unfit(parquet_file.schema_arrow):
                raise damaged(lake, "/".join(name), unfit)
            yield parquet_file
    except KitError:
        raise
    except (pa.ArrowException, OSError, ValueError, LookupError, AttributeError) as fault:
        raise damaged(lake, "/".join(name), fault) from None


def _unfit(file_schema: pa.Schema) -> str:
    """Why a file's columns are not those of events; nothing if they are."""
    for column in schema():
        if column.name not in file_schema.names:
            if not column.nullable:
                return f"it has no column {column.name}"
        elif not _fits(file_schema.field(column.name).type, column.type):
            return f"its column {column.name} is {file_schema.field(column.name).type}"
    return ""


def _fits(file_type: pa.DataType, column_type: pa.DataType) -> bool:
    if pa.types.is_dictionary(file_type):
        file_type = file_type.value_type
    text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    kinds = (text, (pa.types.is_timestamp,), (pa.types.is_integer,), (pa.types.is_boolean,))
    alike = any(
        any(f(file_type) for f in kind) and any(f(column_type) for f in kind) for kind in kinds
    )
    return alike or pa.types.is_null(file_type)
