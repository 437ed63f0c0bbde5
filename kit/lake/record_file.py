"""A vendor's records as Parquet: files in the making, and what of them is read again."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kit.lake.parquet import arrow_mask, by_time
from kit.lake.storage import damaged
from kit.vendors import REFUSED, record_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

__all__ = [
    "NEEDED",
    "RecordFile",
    "as_record_batch",
    "count_logs",
    "open_record_file",
    "read_fullness",
    "read_spans",
]

NEEDED = ("id", "published", "vendor", "log", "key", "fullness")
"""Columns without which a file holds no records."""

_NO_DICTIONARY = ("id", "original_id", "correlation_id", "other_correlation_id", "raw")


def as_record_batch(rows: Iterable[tuple[Any, ...]]) -> pa.RecordBatch:
    """Rows made by ``kit.vendors.record_row``, as Arrow."""
    columns = record_schema()
    arrays = [
        pa.array(values, type=column.type)
        for values, column in zip(zip(*rows, strict=True), columns, strict=True)
    ]
    return pa.record_batch(arrays, schema=columns)


class RecordFile:
    """A Parquet file of a vendor's records in the making."""

    def __init__(self, path: Path) -> None:
        """Plan the file; it is begun with the first row group."""
        self.path = path
        self._writer: pq.ParquetWriter | None = None
        self._held: list[pa.RecordBatch] = []
        self.held_bytes = 0
        """Bytes of records that are not written yet."""

    @property
    def is_begun(self) -> bool:
        """Whether some of it is written."""
        return self._writer is not None

    def add(self, batch: pa.RecordBatch) -> None:
        """Take records."""
        self._held.append(batch)
        self.held_bytes += batch.nbytes

    def flush(self) -> None:
        """Write what is held: refusals as a row group, so that they are read alone, and the rest.

        Raises:
            OSError: it cannot be written.
        """
        if self._held:
            table = pa.Table.from_batches(self._held)
            self._held, self.held_bytes = [], 0
            refused = pc.is_in(table["result"], pa.array(REFUSED))
            for part in (table.filter(refused), table.filter(pc.invert(refused))):
                if part.num_rows:
                    self._begin().write_table(by_time(part))

    def close(self) -> None:
        """Write what is held, and end the file.

        Raises:
            OSError: it cannot be written.
        """
        self.flush()
        self._begin().close()
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())

    def abandon(self) -> None:
        """Leave the file as it is; it is no Parquet file."""
        if self._writer is not None:
            self._writer.is_open = False

    def _begin(self) -> pq.ParquetWriter:
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            names = record_schema().names
            self._writer = pq.ParquetWriter(
                self.path,
                record_schema(),
                compression="zstd",
                compression_level=1,
                use_dictionary=[name for name in names if name not in _NO_DICTIONARY],
                write_statistics=[name for name in names if name != "raw"],
            )
        return self._writer


@contextmanager
def open_record_file(file: Path | BinaryIO, address: str, name: str) -> Iterator[pq.ParquetFile]:
    """Open a file of a vendor's records, and turn what is wrong with it into a line.

    Args:
        file: as Arrow reads it.
        address: the lake's.
        name: the file's, below the lake.

    Raises:
        SourceError: it holds no records, or cannot be read, here or in the body.
    """
    try:
        with pq.ParquetFile(file) as parquet_file:
            lacking = set(NEEDED) - set(parquet_file.schema_arrow.names)
            if lacking:
                raise damaged(address, name, f"it has no column {min(lacking)}")
            yield parquet_file
    except (pa.ArrowException, OSError, ValueError, LookupError) as fault:
        raise damaged(address, name, fault) from None


def read_fullness(file: pq.ParquetFile) -> tuple[np.ndarray, np.ndarray]:
    """The keys of a file's records, and how much each says, in their order."""
    table = file.read(columns=["key", "fullness"], use_threads=False)
    keys, fullness = (
        np.concatenate([np.empty(0, dtype), *map(np.from_dlpack, table[name].chunks)])
        for name, dtype in (("key", np.int64), ("fullness", np.int16))
    )
    return keys, fullness


def count_logs(file: pq.ParquetFile, mask: np.ndarray | None = None) -> dict[str, int]:
    """How many of a file's records, or of those that a mask keeps, stand in which log."""
    logs = file.read(columns=["log"], use_threads=False)["log"].combine_chunks()
    counts = (logs if mask is None else logs.filter(arrow_mask(mask))).value_counts().to_pylist()
    return dict(sorted((one["values"], one["counts"]) for one in counts))


def read_spans(file: pq.ParquetFile) -> dict[str, tuple[datetime, datetime]]:
    """When the first and the last record of each log of a file happened."""
    table = file.read(columns=["log", "published"], use_threads=False)
    ends = table.group_by("log").aggregate([("published", "min"), ("published", "max")])
    names = (ends["log"], ends["published_min"], ends["published_max"])
    logs, firsts, lasts = ([one.as_py() for one in name] for name in names)
    return {log: (first, last) for log, first, last in zip(logs, firsts, lasts, strict=True)}
