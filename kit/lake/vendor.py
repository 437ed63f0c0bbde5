"""A vendor's records in a lake: Parquet by UTC day in ``_vendor/``, each record once.

Which files count, and what stretch of time each log is held for, stands in the manifest, so that
both change in the step that brings in an import's events. A record that comes again in a form that
says more of it is kept beside the poorer one; of both, the greater ``fullness`` counts.
"""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kit.base.windows import Window, merged
from kit.lake.pages import joint_spans
from kit.lake.parquet import by_time
from kit.vendors import record_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kit.lake.files import Lake
    from kit.lake.storage import Contents

__all__ = [
    "VENDOR",
    "NewRecords",
    "RecordFile",
    "Spans",
    "as_record_batch",
    "vendor_coverage",
    "vendor_files",
    "with_coverage",
]

VENDOR = "_vendor"
"""The folder below the lake, and what the manifest says of it."""

_SECOND = timedelta(seconds=1)
"""Forms differ in how exact their times are: what lies in a second is covered with it."""
_NO_DICTIONARY = ("id", "original_id", "correlation_id", "other_correlation_id", "raw")

Spans = dict[str, dict[str, tuple[datetime, datetime]]]
"""When the first and last record of each log happened, by source file."""


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
        """Write what is held as a row group.

        Raises:
            OSError: it cannot be written.
        """
        if self._held:
            table = pa.Table.from_batches(self._held)
            self._held, self.held_bytes = [], 0
            self._begin().write_table(by_time(table))

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


@dataclass(slots=True)
class NewRecords:
    """Files of records that an import made, and what of them a lake does not hold yet."""

    paths: list[Path]
    staging: Path
    records: int = 0
    """Records that the lake did not hold."""
    repeats: int = 0
    _saved: dict[bytes, str] = field(default_factory=dict)
    """What was written for a change that another writer was faster than."""

    def beside(self, lake: Lake, contents: Contents) -> dict[str, Any]:
        """Write what is new beside what a lake holds.

        Args:
            lake: the lake; while writing.
            contents: what it holds.

        Returns:
            What the manifest is to say of a vendor's records.

        Raises:
            OSError: a file cannot be written.
        """
        facts = dict(contents.manifest.get(VENDOR, {}))
        files = dict(facts.get("files", {}))
        fullness = _fullness_by_key(lake, files, self.staging)
        self.records = self.repeats = 0
        for path in sorted(self.paths):
            mask, fuller = _news(path, fullness)
            new = int(mask.sum())
            self.records += new - fuller
            self.repeats += len(mask) - new + fuller
            if new:
                name = self._save(lake, path, mask)
                files[name] = {"records": new}
        return {**facts, "files": files}

    def _save(self, lake: Lake, path: Path, mask: np.ndarray) -> str:
        which = bytes(path) + mask.tobytes()
        if which not in self._saved:
            # Flat, so that a store lists it in one step; the day begins the name.
            name = f"{VENDOR}/{path.parent.name}-{uuid.uuid4().hex}.parquet"
            if mask.all():
                lake.storage.save(name, lambda place: shutil.copyfile(path, place))
            else:
                lake.storage.save(name, lambda place: _write(path, mask, place))
            self._saved[which] = name
        return self._saved[which]


def _fullness_by_key(lake: Lake, files: Mapping[str, Any], staging: Path) -> dict[int, int]:
    """The keys of the records that a lake holds, each with how much is said of it."""
    fullness: dict[int, int] = {}
    for path in lake.storage.local(sorted(files), staging):
        table = pq.read_table(path, columns=["key", "fullness"], partitioning=None)
        pairs = zip(table["key"].to_pylist(), table["fullness"].to_pylist(), strict=True)
        for key, much in pairs:
            fullness[key] = max(much, fullness.get(key, much))
    return fullness


def _news(path: Path, fullness: dict[int, int]) -> tuple[np.ndarray, int]:
    """Which of a file's records are new or say more, and how many of them were there."""
    table = pq.read_table(path, columns=["key", "fullness"], partitioning=None)
    mask, fuller = np.zeros(table.num_rows, bool), 0
    pairs = zip(table["key"].to_pylist(), table["fullness"].to_pylist(), strict=True)
    for place, (key, much) in enumerate(pairs):
        before = fullness.get(key)
        if before is None or much > before:
            fullness[key] = much
            mask[place] = True
            fuller += before is not None
    return mask, fuller


def _write(source: Path, mask: np.ndarray, place: Path) -> None:
    at = 0
    file = RecordFile(place)
    try:
        with pq.ParquetFile(source) as parquet_file:
            for number in range(parquet_file.num_row_groups):
                group = parquet_file.read_row_group(number)
                rows = group.filter(pa.array(mask[at : at + group.num_rows].tolist()))
                at += group.num_rows
                for batch in rows.combine_chunks().to_batches():
                    file.add(batch)
                file.flush()
        file.close()
    except OSError:
        file.abandon()
        raise


def with_coverage(
    facts: Mapping[str, Any], spans: Spans, covers: Window | None = None
) -> dict[str, Any]:
    """What the manifest is to say, if files with a vendor's records were taken in.

    Args:
        facts: what it says of a vendor's records.
        spans: when the records of each file happened.
        covers: what the files hold in full, if somebody says so.
    """
    coverage = {log: _windows(some) for log, some in facts.get("coverage", {}).items()}
    for log, (first, last) in joint_spans(spans):
        since = first.replace(microsecond=0)
        window = covers or Window(since, last.replace(microsecond=0) + _SECOND)
        coverage[log] = merged([*coverage.get(log, []), window])
    return {
        **facts,
        "coverage": {log: [one.as_text() for one in some] for log, some in coverage.items()},
    }


def vendor_files(lake: Lake) -> list[str]:
    """The names of the files of a vendor's records, below the lake."""
    return sorted(lake.manifest().get(VENDOR, {}).get("files", {}))


def vendor_coverage(lake: Lake) -> dict[str, list[Window]]:
    """The stretches of time that a lake holds each of a vendor's logs for, oldest first."""
    facts = lake.manifest().get(VENDOR, {})
    return {log: _windows(some) for log, some in facts.get("coverage", {}).items()}


def _windows(some: Iterable[Mapping[str, str]]) -> list[Window]:
    return [
        Window(datetime.fromisoformat(one["since"]), datetime.fromisoformat(one["until"]))
        for one in some
    ]
