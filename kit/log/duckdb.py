"""Ibis questions on DuckDB, in this process: lakes on disk and in object stores as tables."""

from __future__ import annotations

import glob
import re
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from kit.events import COLUMNS
from kit.lake.bucket import Bucket
from kit.lake.parquet import footer
from kit.lake.storage import EVENTS, damaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import ibis.expr.types as ir

    from kit.lake import Lake
    from kit.lake.snapshot import Snapshot

__all__ = ["Duck", "Files", "connect_duckdb"]


def connect_duckdb(**settings: Any) -> Duck:
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

    events_by_day: ir.Table
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
        self._lakes: list[Lake] = []

    def compile(self, *arguments: Any, **options: Any) -> Any:
        """Write a question in SQL; a select in a select stays one, which DuckDB merges itself.

        Ibis takes a fourth of its time for merging them.
        """
        with _selects_apart():
            return super().compile(*arguments, **options)

    def do_connect(self, *arguments: Any, **options: Any) -> None:
        """Connect, as Ibis does; what a signal raised meanwhile is raised itself."""
        with self._explain_faults():
            super().do_connect(*arguments, **options)

    def raw_sql(self, *arguments: Any, **options: Any) -> Any:
        """Let DuckDB do a statement; likewise, and a fault of a lake's file is one line."""
        with self._explain_faults():
            return super().raw_sql(*arguments, **options)

    def to_pyarrow(self, *arguments: Any, **options: Any) -> Any:
        """Answer a question; a fault of a lake's file is one line."""
        with self._explain_faults():
            return super().to_pyarrow(*arguments, **options)

    def to_pyarrow_batches(self, *arguments: Any, **options: Any) -> Any:
        """Answer a question in parts; likewise."""
        with self._explain_faults():
            return super().to_pyarrow_batches(*arguments, **options)

    def create_table(self, name: str, obj: Any = None, **options: Any) -> Any:
        """Keep an answer, or rows; likewise."""
        if isinstance(obj, pa.Table):
            return self._hold(name, obj)
        with self._explain_faults(), _selects_apart():
            return super().create_table(name, obj, **options)

    def _hold(self, name: str, rows: pa.Table) -> ir.Table:
        """Make a table of rows, in half of the time that Ibis takes for it."""
        view = f"rows_{uuid.uuid4().hex}"
        self.con.register(view, rows)
        try:
            self.raw_sql(f"CREATE TEMP TABLE {name} AS FROM {view}")
        finally:
            self.con.unregister(view)
        return self.table(name)

    def create_view(self, name: str, obj: Any, **_: Any) -> Any:
        """Give an expression a name in this connection: what builds on it is compiled as one table.

        DuckDB puts the view's query in its place, so a filter still reaches the files.
        """
        name = f"{name}_{uuid.uuid4().hex}"
        self.raw_sql(f"CREATE TEMP VIEW {name} AS {self.compile(obj)}")
        return self.table(name)

    @contextmanager
    def _explain_faults(self) -> Iterator[None]:
        """Turn what DuckDB says of a file of an opened lake into one line.

        A file may have been cut off, or removed, since the lake was opened. What a signal raised,
        as the stop button's, DuckDB 1.5 hides behind a RuntimeError; it is raised itself.
        """
        try:
            yield
        except RuntimeError as fault:
            cause = fault.__cause__
            if cause is None or isinstance(cause, Exception):
                raise
            raise cause from None
        except duckdb.Error as fault:
            message = str(fault)
            if "SourceError: " in message or not (lake := self._lake_in(message)):
                raise
            lake.open()
            for name in lake.names():  # its footer tells which file it is, mostly
                footer(lake.storage.event_file(name))
            raise damaged(lake.address, EVENTS, message.splitlines()[0]) from None

    def _lake_in(self, message: str) -> Lake | None:
        """The opened lake that a fault is about."""
        lakes = [lake for lake in self._lakes if lake.address in message]
        if lakes or not re.search(r"(?i)parquet|zstd|tprotocol|thrift|corrupt", message):
            return lakes[0] if lakes else None
        return self._lakes[0] if self._lakes else None

    def files(self, lake: Lake) -> Files:
        """Open a lake that holds events.

        Each question lists a folder again; a lake in a store stays as it is now.
        """
        self._lakes.append(lake)
        root, names = glob.escape(lake.address), lake.names
        if isinstance(lake.storage, Bucket):
            root, name_list = self._open_snapshot().add(lake.storage)

            def names() -> list[str]:
                return name_list

        def read(some: Sequence[str]) -> ir.Table:
            return self._events([f"{root}/{name}" for name in some])

        return Files(self._events(f"{root}/{EVENTS}"), names, read)

    def records(self, paths: Sequence[str]) -> ir.Table:
        """Open the files of a vendor's records as one table, the columns of their schema."""
        return self.read_parquet(list(paths), hive_partitioning=False)

    def _open_snapshot(self) -> Snapshot:
        """The lakes in stores that this connection reads."""
        if self._snapshot is None:
            from kit.lake.snapshot import Snapshot

            self._snapshot = Snapshot()
            self.register_filesystem(self._snapshot)
        return self._snapshot

    def _events(self, files: str | Sequence[str]) -> ir.Table:
        # The day is that of the folder's name, so that days that are not asked for are not opened.
        with self._explain_faults():
            events = self.read_parquet(
                files, union_by_name=True, hive_partitioning=True, hive_types_autocast=False
            )
        # A lake of an older version may lack columns; they are null.
        lacking = [column for column in COLUMNS if column.name not in events.columns]
        events = events.mutate(**{c.name: ibis.null(_ibis_type(c.type)) for c in lacking})
        # Named, because Ibis looks at every column of every step again with each question.
        return self.create_view("events", events.select(*(c.name for c in COLUMNS), "date"))


@contextmanager
def _selects_apart() -> Iterator[None]:
    """Have Ibis leave a select in a select as it is."""
    sql_options = ibis.options.sql
    before, sql_options.fuse_selects = sql_options.fuse_selects, False
    try:
        yield
    finally:
        sql_options.fuse_selects = before


def _ibis_type(arrow: str) -> str:
    names = {"large_string": "string", "timestamp[us, UTC]": "timestamp('UTC')", "bool": "boolean"}
    return names.get(arrow, arrow)
