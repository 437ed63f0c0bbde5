"""Ibis questions on Spark: temporary tables, answers as Arrow, faults in one line."""

from __future__ import annotations

import re
import uuid
import weakref
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.pyspark import Backend
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from kit.base.errors import SourceError
from kit.log.duckdb import Files
from kit.log.spark.copies import LocalCopies
from kit.log.spark.progress import progress_bar
from kit.log.spark.sessions import is_remote, own_session
from kit.log.spark.table import open_events
from kit.vendors import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import ibis.expr.types as ir

    from kit.lake import Lake

__all__ = ["Spark", "connect_spark"]

_PART_ROWS = 500_000
"""Rows of an answer that a driver holds at once, about."""

_GONE = re.compile(
    r"FILE_NOT_EXIST|PATH_NOT_FOUND|FileNotFound(Exception|Error)|does not exist", re.I
)
_MISSING = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
# What only says that something beneath failed ends in a colon.
_ERROR = re.compile(r"(?:: |Caused by: )?[\w.]*(?:Error|Exception): .*[^:\s]$")


def connect_spark(engine: Any, folder: Path) -> Spark:
    """Open a session of our own on a cluster.

    Args:
        engine: an address, ``local[N]``, or a SparkSession, which is left as it is.
        folder: a folder for copies of answers; it must outlive the last question.

    Returns:
        The backend.

    Raises:
        SourceError: pyspark or Java is missing, or the cluster cannot be reached.
        UsageError: this process has a Spark session on another cluster.
    """
    backend = Spark(folder)
    if ibis.options.pyspark is None:  # Ibis sets it where it is asked for ``ibis.pyspark``
        ibis.options.pyspark = Backend.Options()
    with backend.explain_faults():
        session = own_session(engine)
        backend.do_connect(session)
    weakref.finalize(backend, _release, session, backend.cached_frames)
    return backend


def _typed(answer: pa.Table, question: ir.Table) -> pa.Table:
    """Spark's answer with the types that the question says; times have their zone, UTC."""
    for place, (name, kind) in enumerate(question.schema().items()):
        if not kind.is_timestamp():
            column = answer.column(place).cast(kind.to_pyarrow())
            answer = answer.set_column(place, name, column)
    return answer


def _release(session: Any, cached_frames: list[Any]) -> None:
    """Give back what a session holds on the cluster."""
    with suppress(PySparkException, Py4JError, OSError):
        if is_remote(session):
            session.stop()
        for one in cached_frames:
            one.unpersist()


class _Compiler(PySparkCompiler):  # type: ignore[misc]  # Ibis ships no types
    """Ibis' compiler, but for what would differ from DuckDB's answer."""

    __slots__ = ()

    def visit_Lowercase(self, op: Any, *, arg: Any) -> Any:  # Ibis calls it so
        """Letter by letter: Spark looks at a sigma's place, and makes two signs of a dotted I."""
        return self.f.lower(self.f.translate(arg, "\u03a3\u0130", "\u03c3i"))


class Spark(Backend):  # type: ignore[misc]  # Ibis ships no types
    """Ibis' backend for Spark, with what it lacks."""

    compiler = _Compiler()

    def __init__(self, folder: Path = Path()) -> None:
        super().__init__()
        self.cached_frames: list[Any] = []
        self._copies = LocalCopies(folder, self._parts)
        self.lake = ""
        self.names: Sequence[str] = ()

    def files(self, lake: Lake) -> Files:
        """Open a lake that holds events, as it is now."""
        names = lake.names()

        def read(some: Sequence[str]) -> ir.Table:
            events = self.events(lake.address, some)
            return events.mutate(date=events.published.strftime("%Y-%m-%d"))

        return Files(read(names), lambda: names, read)

    def events(self, lake: str, names: Sequence[str]) -> ir.Table:
        """Open a lake's event files as one table; columns that a file lacks are null in it.

        The list of files is fixed: what the lake gets later is not seen, and a file that went
        is a fault.

        Args:
            lake: its folder or address.
            names: its event files, below it.

        Returns:
            The columns of ``kit.events.COLUMNS``.
        """
        self.lake, self.names = lake, names
        name = f"events_{uuid.uuid4().hex}"
        with self.explain_faults():
            events = open_events(self._session, lake, names)
            if events.is_cached:
                self.cached_frames.append(events)
            events.createTempView(name)
            return self.table(name)

    def records(self, paths: Sequence[str]) -> ir.Table:
        """Open the files of a vendor's records as one table, the columns of their schema.

        They are sent to the cluster, which may not see this machine's disk; without ``raw``.
        """
        columns = [name for name in COLUMNS if name != "raw"]
        tables = [pq.read_table(path, columns=columns, partitioning=None) for path in paths]
        return self.create_table("vendor_records", pa.concat_tables(tables), temp=True)

    def create_table(self, name: str, obj: Any = None, *, temp: bool = False, **_: Any) -> ir.Table:
        """Keep a question's answer, or rows, on the cluster for as long as this session lasts."""
        assert temp
        name = f"{name}_{uuid.uuid4().hex}"
        with self.explain_faults():
            if isinstance(obj, pa.Table):
                answer = self._session.createDataFrame(obj).persist()
            else:
                answer = self._session.sql(self.compile(obj)).persist()
            self.cached_frames.append(answer)
            answer.createTempView(name)
            self._copies.add(name, obj)
            return self.table(name)

    def create_view(self, name: str, obj: Any, **_: Any) -> ir.Table:
        """Give an expression a name in this session: what builds on it is compiled as one table."""
        name = f"{name}_{uuid.uuid4().hex}"
        with self.explain_faults():
            self._session.sql(self.compile(obj)).createTempView(name)
            return self.table(name)

    def to_pyarrow(self, expr: ir.Expr, /, **_: Any) -> Any:
        """Ask a question; times come with their zone, UTC."""
        question = expr.as_table()
        with self.explain_faults(), progress_bar(self._session):
            if (here := self._copies.answer(expr)) is not None:
                return here
            answer = _typed(self._session.sql(self.compile(question)).toArrow(), question)
        return expr.__pyarrow_result__(answer) if not isinstance(expr, type(question)) else answer

    def _parts(self, name: str, max_rows: int) -> Iterator[pa.Table] | None:
        """An answer that the cluster holds, in parts that a driver has room for; None if longer."""
        frame, question = self._session.table(name), self.table(name)
        count = frame.count() if max_rows else 1
        if count > max_rows:
            return None
        number = -(-count // _PART_ROWS) or 1
        parts = (
            frame if number == 1 else frame.where(f"spark_partition_id() % {number} = {one}")
            for one in range(number)
        )
        return (_typed(part.toArrow(), question) for part in parts)

    @contextmanager
    def explain_faults(self) -> Iterator[None]:
        """Turn a fault of Spark's into a line."""
        try:
            yield
        except (PySparkException, Py4JError) as fault:
            raise SourceError(self._message_of(fault)) from None

    def _message_of(self, fault: Exception) -> str:
        text = str(fault)
        if _GONE.search(text) and self.lake:
            if "://" not in self.lake and all(
                (Path(self.lake) / one).exists() for one in self.names
            ):
                return (
                    f"{self.lake}: the Spark cluster cannot read these files. Put the lake on a "
                    "disk that the workers see under the same name, or into a bucket."
                )
            return f"{self.lake}: the lake was rewritten while in use. Open it again."
        if missing := _MISSING.search(text):
            return (
                f"{self.lake}: Python on the Spark cluster's workers has no {missing[1]}. Install "
                "pyarrow, and fsspec with the store's module (s3fs), there."
            )
        lines = [" ".join(one.split()) for one in text.splitlines() if one.strip()]
        # A worker's own fault stands below what Spark says of it.
        line = next((one for one in lines if _ERROR.match(one)), lines[0] if lines else "")
        cause = line.removeprefix(": ").removeprefix("Caused by: ")[:300] or type(fault).__name__
        hint = ". Raise spark.driver.memory." if "OutOfMemoryError" in text else ""
        return f"Spark could not answer: {cause}{hint}"
