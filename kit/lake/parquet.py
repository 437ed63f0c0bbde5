"""Events are written to Parquet so that a question about failures reads little."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kit.catalogue import load
from kit.events import schema

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["EventFile", "catalogue_of", "footer", "read_uuids", "write_events"]

HOLD = 16 << 20
"""Bytes of events that a process holds before it writes a row group of them.

Large row groups are what makes questions fast; the memory of an import is what limits them.
"""

_CATALOGUE = b"okta-kit.catalogue"
_NO_DICTIONARY = {"uuid", "raw", "transaction_id", "request_id", "trace_id", "correlation_id"}
_NO_STATISTICS = {"raw", "vendor_message", "reason", "user_agent"}


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
    def begun(self) -> bool:
        """Whether some of it is written."""
        return self._writer is not None

    @property
    def held(self) -> int:
        """Bytes of events that are not written yet."""
        return sum(self._bytes.values())

    def add(self, batch: pa.RecordBatch, *, failing: bool) -> None:
        """Take events, all failing or none."""
        if batch.num_rows:
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
        table = _sorted(pa.Table.from_batches(self._held[failing]))
        self._begin().write_table(table.replace_schema_metadata(_kept_schema().metadata))
        self._held[failing], self._bytes[failing] = [], 0

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


def _sorted(events: pa.Table) -> pa.Table:
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
    file, written = EventFile(path), 0
    try:
        for batch in batches:
            failing = batch.column("code").is_valid()
            file.add(batch.filter(failing), failing=True)
            file.add(batch.filter(pc.invert(failing)), failing=False)
            written += batch.num_rows
            while file.held > hold:
                file.flush()
        file.close()
    except OSError:
        file.abandon()
        raise
    return written


def catalogue_of(file: Path | BinaryIO) -> str:
    """The version of the catalogue that a file's events were coded with."""
    return footer(file)[1]


def footer(file: Path | BinaryIO) -> tuple[int, str]:
    """How many events a file holds, and the version of the catalogue they were coded with."""
    found = pq.read_metadata(file)
    version = (found.metadata or {}).get(_CATALOGUE, b"").decode()
    return int(found.num_rows), str(version)


def read_uuids(file: Path | BinaryIO) -> pa.ChunkedArray:
    """The uuids of a file's events."""
    with pq.ParquetFile(file) as opened:
        return opened.read(columns=["uuid"], use_threads=False)["uuid"]
