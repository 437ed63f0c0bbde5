"""Coded events are written block by block, in one Parquet file a UTC day, in flat memory."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from kit.lake.parquet import HOLD, EventFile
from kit.lake.record_file import RecordFile
from kit.lake.vendor import VENDOR

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from kit.lake.blocks import CodedBlock

__all__ = ["DayFiles"]

_OPEN = 4
"""Files that are kept open; each takes some megabytes, and a log goes day by day."""

_PLACES = 32
"""Bits of a document's place in its block; above them stands the block's in the input."""

_SCATTERED = 4
"""How many times as much is held where events come in no order of days, so that their many
files are not too small."""


class DayFiles:
    """Writes the events of blocks to Parquet files in a folder, one a UTC day."""

    def __init__(self, staging: Path) -> None:
        """Begin.

        Args:
            staging: the folder that the files go to.
        """
        self._staging = staging
        self._files: dict[tuple[date, bool], EventFile | RecordFile] = {}
        """The files that are not ended, by day and whether they hold a vendor's records; the one
        written to last at the end."""
        self._ended: list[tuple[str, str]] = []

    def add(self, block: CodedBlock, number: int) -> None:
        """Write a block's events, and a vendor's records, to their days' files.

        Args:
            block: what is in the block; repeats are still among the events.
            number: the block's place in the input.

        Raises:
            OSError: a file cannot be written.
        """
        for part in block.parts:
            order = part.places + (number << _PLACES)
            self._event_file(part.day).add(part.batch, failing=part.failing, order=order)
        for day, records in block.records.items():
            self._record_file(day).add(records)
        self._relieve()

    def end(self) -> list[tuple[str, str]]:
        """End the files.

        Returns:
            UTC days, each with a file; a day has several if its events came far apart.

        Raises:
            OSError: a file cannot be written.
        """
        self._close(list(self._files))
        return self._ended

    def _relieve(self) -> None:
        """Write a row group if too much is held, and end the files that are long done with."""
        held_bytes = sum(file.held_bytes for file in self._files.values())
        if held_bytes <= HOLD:
            return
        key, largest = max(self._files.items(), key=lambda pair: pair[1].held_bytes)
        if largest.held_bytes * _SCATTERED >= HOLD:
            largest.flush()
            self._files[key] = self._files.pop(key)
            some_keys = [key for key, file in self._files.items() if file.is_begun]
            self._close(some_keys[:-_OPEN])
        elif held_bytes > HOLD * _SCATTERED:
            self._close(list(self._files))

    def abandon(self) -> None:
        """Leave the files that are not ended as they are."""
        for file in self._files.values():
            file.abandon()

    def _event_file(self, day: date) -> EventFile:
        file = self._files.get((day, False))
        if not isinstance(file, EventFile):
            file = EventFile(self._staging / f"date={day}" / f"part-{uuid.uuid4().hex}.parquet")
            self._files[day, False] = file
        return file

    def _record_file(self, day: date) -> RecordFile:
        file = self._files.get((day, True))
        if not isinstance(file, RecordFile):
            name = f"part-{uuid.uuid4().hex}.parquet"
            file = RecordFile(self._staging / VENDOR / f"date={day}" / name)
            self._files[day, True] = file
        return file

    def _close(self, keys: list[tuple[date, bool]]) -> None:
        for key in keys:
            self._files[key].close()
            self._ended.append((str(key[0]), str(self._files.pop(key).path)))
