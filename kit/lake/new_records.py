"""A vendor's record is once in the whole lake: of several forms of it, that which says most.

Records are known by a hash of their ids. Those of an import are compared a range of hashes at a
time, and with the lake's files of the same days and the days beside them, of which only the hashes
are read: memory is flat over any number of either. Forms differ in how they write a record's time,
but never by more than a day.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from kit.lake.parquet import arrow_mask
from kit.lake.record_file import RecordFile, count_logs, open_record_file, read_fullness
from kit.lake.vendor import VENDOR, day_of_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from kit.lake.files import Lake
    from kit.lake.storage import Contents

__all__ = ["NewRecords"]

_RANGE = 1 << 20
"""Records whose hashes are held at a time."""

_REPEAT, _FULLER, _NEW = 0, 1, 2
"""What a record is to a lake: known, known and said in more detail, or not known."""
_ABSENT = -1
"""How much a record says that the lake does not hold."""


@dataclass(slots=True)
class NewRecords:
    """Files of records that an import made, and what of them a lake does not hold yet."""

    paths: list[Path]
    staging: Path
    records: int = 0
    """Records that the lake did not hold."""
    repeats: int = 0
    _named: dict[bytes, tuple[str, Path]] = field(default_factory=dict)
    """What was sent for a change that another writer was faster than: its name, and the file."""

    def beside(self, lake: Lake, contents: Contents) -> tuple[dict[str, Any], dict[str, Path]]:
        """Say what is new beside what a lake holds.

        Args:
            lake: the lake; while writing.
            contents: what it holds.

        Returns:
            What the manifest is to say of a vendor's records, and the files to be added, by their
            names below the lake.

        Raises:
            OSError: a file cannot be written.
            SourceError: a file of the lake cannot be read.
        """
        facts = dict(contents.manifest.get(VENDOR, {}))
        files = dict(facts.get("files", {}))
        new_files: dict[str, Path] = {}
        for path, kinds in self._kinds(lake, files).items():
            mask = kinds != _REPEAT
            if mask.any():
                name, new_path = self._without_repeats(path, mask)
                new_files[name] = new_path
                with open_record_file(path, lake.address, path.name) as file:
                    logs = count_logs(file, kinds == _NEW)
                files[name] = {"records": int(mask.sum()), "logs": logs}
        return {**facts, "files": files}, new_files

    def _kinds(self, lake: Lake, files: Mapping[str, Any]) -> dict[Path, np.ndarray]:
        """What each record of each file is; counts what is new and what was there."""
        rows = {path: _rows_of(path, lake) for path in sorted(self.paths)}
        kinds = {path: np.full(len(keys), _REPEAT, np.int8) for path, (keys, _) in rows.items()}
        total = sum(map(len, kinds.values()))
        before = list(_files_near(self.paths, lake, files))
        self.records = 0
        for low, high in _ranges(total):
            places = {
                path: np.flatnonzero((keys >= low) & (keys <= high))
                for path, (keys, _) in rows.items()
            }
            keys = np.concatenate([rows[path][0][at] for path, at in places.items()])
            fullness = np.concatenate([rows[path][1][at] for path, at in places.items()])
            order = np.lexsort((-fullness.astype(np.int32), keys))  # stable, the fullest first
            is_best = np.ones(len(order), bool)
            is_best[1:] = keys[order][1:] != keys[order][:-1]
            best = order[is_best]
            was = _fullness_before(keys[best], lake, before)
            self.records += int((was == _ABSENT).sum())
            kind = np.full(len(keys), _REPEAT, np.int8)
            kind[best[fullness[best] > was]] = _FULLER
            kind[best[was == _ABSENT]] = _NEW
            ends = np.cumsum([len(at) for at in places.values()])[:-1]
            for (path, at), mine in zip(places.items(), np.split(kind, ends), strict=True):
                kinds[path][at] = mine
        self.repeats = total - self.records
        return kinds

    def _without_repeats(self, path: Path, mask: np.ndarray) -> tuple[str, Path]:
        """The file of the records that are kept, with the name that it has in the lake."""
        which = bytes(path) + mask.tobytes()
        if which not in self._named:
            # Flat, so that a store lists it in one step; the day begins the name.
            name = f"{VENDOR}/{path.parent.name}-{uuid.uuid4().hex}.parquet"
            place = path if mask.all() else self.staging / f"{uuid.uuid4().hex}.records"
            if place != path:
                _write(path, mask, place)
            self._named[which] = name, place
        return self._named[which]


def _rows_of(path: Path, lake: Lake) -> tuple[np.ndarray, np.ndarray]:
    """The hashes of a new file's records and how much each says, on the disk."""
    hashes, amounts = path.with_suffix(".keys"), path.with_suffix(".fullness")
    if not hashes.exists():
        with open_record_file(path, lake.address, path.name) as file:
            keys, fullness = read_fullness(file)
        keys.tofile(hashes)
        fullness.tofile(amounts)
    return np.memmap(hashes, np.int64, "r"), np.memmap(amounts, np.int16, "r")


def _ranges(total: int) -> Iterator[tuple[int, int]]:
    """Ranges of hashes, first and last, that together are all; about as many records in each."""
    count = -(-total // _RANGE)
    step = (1 << 64) // max(count, 1)
    for number in range(count):
        low = -(1 << 63) + number * step
        yield low, (1 << 63) - 1 if number == count - 1 else low + step - 1


def _files_near(paths: list[Path], lake: Lake, files: Mapping[str, Any]) -> Iterator[str]:
    """The lake's files in which a record of the new ones may stand, too."""
    days: set[date | None] = {None}
    for path in paths:
        day = date.fromisoformat(path.parent.name.removeprefix("date="))
        days |= {day + timedelta(days=n) for n in (-1, 0, 1) if date.min < day < date.max}
    there = set(lake.storage.names(VENDOR)) if files else set()
    yield from (name for name in sorted(files) if name in there and day_of_records(name) in days)


def _fullness_before(keys: np.ndarray, lake: Lake, files: list[str]) -> np.ndarray:
    """How much the lake's records with some hashes, sorted and each once, say."""
    was = np.full(len(keys), _ABSENT, np.int32)
    for name in files if len(keys) else ():
        with open_record_file(lake.storage.event_file(name), lake.address, name) as file:
            held_keys, held_fullness = read_fullness(file)
        place = np.searchsorted(keys, held_keys)
        place[place == len(keys)] = 0
        same = keys[place] == held_keys
        np.maximum.at(was, place[same], held_fullness[same])
    return was


def _write(source: Path, mask: np.ndarray, place: Path) -> None:
    """Write the records of a file that a mask keeps."""
    at, new_file = 0, RecordFile(place)
    try:
        with open_record_file(source, str(source.parent), source.name) as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number)
                rows = group.filter(arrow_mask(mask[at : at + group.num_rows]))
                at += group.num_rows
                for batch in rows.combine_chunks().to_batches():
                    new_file.add(batch)
                new_file.flush()
        new_file.close()
    except OSError:
        new_file.abandon()
        raise
