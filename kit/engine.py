"""A source opened as one Ibis table of events, with what it holds and lacks.

Analysis asks this table in Ibis expressions only, so that the same question runs on
DuckDB here and on a Spark cluster elsewhere. The two differ in how they hand times
back; ``frame`` brings every answer to one form.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis.backends.duckdb import Backend

from kit.answers import Answers
from kit.events import COLUMNS
from kit.held import Held, hold
from kit.lake.coverage import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import ibis.expr.types as ir

    from kit.lake.coverage import Window

__all__ = ["Log", "frame", "literal", "open_log", "opened"]


@dataclass(frozen=True, kw_only=True)
class Log(Held):
    """An opened source."""

    events: ir.Table
    """One row an event, the columns of ``kit.events.COLUMNS``."""
    dated: ir.Table = field(repr=False)
    """The same with ``date``, the UTC day as text, by which the files are told apart."""
    count: int
    answers: Answers = field(repr=False, compare=False)
    """Answers that other questions build on."""

    def within(self, window: Window) -> ir.Table:
        """The events of a window; only its days' files are read."""
        last = window.until - timedelta(microseconds=1)
        rows = self.dated.filter(
            self.dated.date >= _day(window.since),
            self.dated.date <= _day(last),
            self.dated.published >= literal(window.since),
            self.dated.published < literal(window.until),
        )
        return rows.drop("date")

    def on_days(self, days: Iterable[datetime]) -> ir.Table:
        """The events of the UTC days of some moments; only their files are read."""
        wanted = sorted({_day(one) for one in days})
        return self.dated.filter(self.dated.date.isin(wanted)).drop("date")


def open_log(
    source: str | Path | Sequence[str | Path] = "sample",
    *,
    since: str | None = None,
    until: str | None = None,
) -> Log:
    """Open a source as one table of events.

    Args:
        source: ``sample``; ``lake``, the default lake; ``okta``, the live org, which is pulled
            into the default lake first; the folder of a lake; or export files, globs or
            folders of them, one or a list.
        since: of the live org, what is pulled at least: ``7d``, a date or an ISO time; where
            the last pull began, or 90 days back, if left out.
        until: of the live org, where the pull ends; now if left out.

    Returns:
        The opened log.

    Raises:
        SourceError: there is no such file or lake, it cannot be read, or it holds no event.
        OktaError: the live org refused, or could not be reached.
    """
    folder = Path(tempfile.mkdtemp(prefix="okta-kit-"))
    try:
        held = hold(source, folder, since=since, until=until)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return opened(held, folder)


def opened(held: Held, folder: Path) -> Log:
    """Open what a source holds.

    Args:
        held: the source, read.
        folder: a folder for what memory does not hold; it goes with the last question.

    Returns:
        The opened log.
    """
    connection = _connected(temp_directory=str(folder / "spill"))
    # The files live as long as a question can be asked, and go with the last of them.
    weakref.finalize(connection, shutil.rmtree, folder, ignore_errors=True)
    dated = _events(connection, held.lake.pattern, "events")
    events = dated.drop("date")
    return Log(
        **vars(held),
        events=events,
        dated=dated,
        count=events.count().to_pyarrow().as_py(),
        answers=Answers(
            connection,
            held.lake.folder if held.growing else None,
            lambda files: _events(connection, files, None).drop("date"),
        ),
    )


def _connected(**settings: Any) -> Any:
    """DuckDB for a lake's files: they never change, so their footers are read once."""
    # Not ibis.duckdb, which first looks through all that is installed for other engines.
    connection = Backend().connect(**settings)
    connection.raw_sql("SET parquet_metadata_cache = true")
    # Answers are sorted by a full key at the end, and keeping an order on the way takes memory.
    connection.raw_sql("SET preserve_insertion_order = false")
    # It is drawn on standard output, also where that is a file.
    connection.raw_sql("SET enable_progress_bar = false")
    return connection


def _events(connection: Any, files: str | Sequence[Path], name: str | None) -> ir.Table:
    """Event files as one table, with the day that their folder is named after."""
    events = connection.read_parquet(
        files,
        table_name=name,
        union_by_name=True,
        hive_partitioning=True,
        hive_types_autocast=False,
    )
    # A lake of an older version may lack columns; they are null.
    lacking = [column for column in COLUMNS if column.name not in events.columns]
    events = events.mutate(**{c.name: ibis.null(_ibis_type(c.type)) for c in lacking})
    return events.select(*(column.name for column in COLUMNS), "date")


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _ibis_type(arrow: str) -> str:
    return {"large_string": "string", "timestamp[us, UTC]": "timestamp('UTC')"}.get(arrow, arrow)


def frame(question: ir.Table, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Ask a question and bring its answer to the one form that all engines share.

    Args:
        question: an Ibis expression.
        by: columns that the answer is sorted by, a full key.

    Returns:
        The answer; times are ``datetime64[us, UTC]``, counts ``int64``.
    """
    answer: pd.DataFrame = question.to_pyarrow().to_pandas()
    for name, kind in question.schema().items():
        if kind.is_timestamp():
            answer[name] = pd.to_datetime(answer[name], utc=True).astype("datetime64[us, UTC]")
        elif kind.is_integer() and not answer[name].isna().any():
            answer[name] = answer[name].astype("int64")
    return answer.sort_values(list(by), ignore_index=True) if by else answer


def literal(moment: datetime) -> ir.TimestampScalar:
    """A UTC time as both engines read it."""
    return ibis.literal(iso(moment), type="timestamp('UTC')")
