"""Ibis questions on DuckDB, in this process: lakes on disk and in object stores as tables."""

from __future__ import annotations

import glob
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis
from ibis.backends.duckdb import Backend

from kit.events import COLUMNS
from kit.lake.bucket import Bucket
from kit.lake.storage import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ibis.expr.types as ir

    from kit.lake import Lake
    from kit.lake.snapshot import Snapshot

__all__ = ["Duck", "Files", "connect"]


def connect(**settings: Any) -> Duck:
    """Open DuckDB for a lake's files: they never change, so their footers are read once.

    Args:
        settings: DuckDB's own.

    Returns:
        The backend.
    """
    backend = Duck()  # not ibis.duckdb, which first looks through all that is installed
    backend.do_connect(**settings)
    backend.raw_sql("SET parquet_metadata_cache = true")
    # Answers are sorted by a full key at the end, and keeping an order on the way takes memory.
    backend.raw_sql("SET preserve_insertion_order = false")
    # It is drawn on standard output, also where that is a file.
    backend.raw_sql("SET enable_progress_bar = false")
    return backend


class Files(NamedTuple):
    """A lake's event files as an engine reads them."""

    dated: ir.Table
    """All of them as one table: the columns of ``kit.events.COLUMNS``, and ``date``, the UTC day as
    text."""
    names: Callable[[], list[str]]
    """Gives the names of the files that a question reads now."""
    read: Callable[[Sequence[str]], ir.Table]
    """Opens some of them as such a table."""


class Duck(Backend):  # type: ignore[misc]  # Ibis ships no types
    """Ibis' backend for DuckDB, with the lakes that it reads."""

    def __init__(self) -> None:
        super().__init__()
        self._snapshot: Snapshot | None = None

    def files(self, lake: Lake) -> Files:
        """Open a lake that holds events.

        A folder is listed anew by each question; a lake in a store stays as it is now.
        """
        root, names = glob.escape(lake.address), lake.names
        if isinstance(lake.storage, Bucket):
            root, held = self._stored().add(lake.storage)

            def names() -> list[str]:
                return held

        def read(some: Sequence[str]) -> ir.Table:
            return self._events([f"{root}/{name}" for name in some])

        return Files(self._events(f"{root}/{EVENTS}"), names, read)

    def _stored(self) -> Snapshot:
        """The lakes in stores that this connection reads."""
        if self._snapshot is None:
            from kit.lake.snapshot import Snapshot

            self._snapshot = Snapshot()
            self.register_filesystem(self._snapshot)
        return self._snapshot

    def _events(self, files: str | Sequence[str]) -> ir.Table:
        # The day is that of the folder's name, so that days that are not asked for are not opened.
        events = self.read_parquet(
            files, union_by_name=True, hive_partitioning=True, hive_types_autocast=False
        )
        # A lake of an older version may lack columns; they are null.
        lacking = [column for column in COLUMNS if column.name not in events.columns]
        events = events.mutate(**{c.name: ibis.null(_ibis_type(c.type)) for c in lacking})
        return events.select(*(column.name for column in COLUMNS), "date")


def _ibis_type(arrow: str) -> str:
    return {"large_string": "string", "timestamp[us, UTC]": "timestamp('UTC')"}.get(arrow, arrow)
