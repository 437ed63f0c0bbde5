"""A source opened as one Ibis table of events, with what it holds and lacks.

Analysis asks this table in Ibis expressions only, so that the same question runs on
DuckDB here and on a Spark cluster elsewhere. The two differ in how they hand times
back; ``frame`` brings every answer to one form.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from kit import words
from kit.answers import Answers
from kit.errors import SourceError, UsageError
from kit.events import COLUMNS
from kit.lake import Lake, PutAside, add
from kit.lake.bucket import Bucket
from kit.lake.coverage import TICK, Coverage, Window, gaps, iso, tail
from kit.lake.storage import EVENTS
from kit.places import LAKE, PULLED, REDACTED, SAMPLE
from kit.sources.exports import expand
from kit.spark import DUCKDB, check, chosen
from kit.times import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ibis.expr.types as ir
    from pyspark.sql import SparkSession

__all__ = ["Log", "frame", "literal", "open_log"]


@dataclass(frozen=True)
class Log:
    """An opened source."""

    events: ir.Table
    """One row an event, the columns of ``kit.events.COLUMNS``."""
    source: str
    first: datetime
    last: datetime
    count: int
    covered: tuple[Window, ...] = ()
    """The stretches of time that the source holds in full, oldest first."""
    growing: bool = False
    """Whether more may come: a lake's newest minutes are provisional."""
    put_aside: tuple[PutAside, ...] = ()
    repeats: int = 0
    end: datetime | None = None
    """Where a window ends that names no end, if not behind the last event."""
    answers: Answers = field(kw_only=True, repr=False, compare=False)
    """Answers that other questions build on."""

    def window(self, since: str | None = None, until: str | None = None) -> Window:
        """Fix a window on this log.

        Args:
            since: ``7d``, ``36h``, ``90m`` before the end, a date or an ISO time, UTC;
                the log's first event if left out.
            until: likewise, counted back from the log's last event; one millisecond
                after that event if left out, so that it lies inside.

        Returns:
            The window, closed.

        Raises:
            UsageError: a time cannot be read, or since is not before until.
        """
        last = self.end or self.last + TICK
        end = moment("until", until, self.end or self.last) if until else last
        anchor = end if until or self.end else self.last
        start = moment("since", since, anchor) if since else min(self.first, end - TICK)
        if start >= end:
            raise UsageError(
                f"since ({iso(start)}) is not before until ({iso(end)}). Swap them, "
                "or leave until out to reach to the source's end."
            )
        return Window(start, end)

    def coverage(self, window: Window) -> Coverage:
        """Say which parts of *window* the source does not hold, and which may still grow."""
        lacking = gaps(self.covered, window)
        if not self.growing or (newest := tail(self.covered)) is None:
            return Coverage(lacking)
        inside = Window(max(window.since, newest.since), min(window.until, newest.until))
        return Coverage(lacking, inside if inside.since < inside.until else None)


def open_log(
    source: str | Path | Sequence[str | Path] = "sample",
    *,
    since: str | None = None,
    until: str | None = None,
    engine: str | SparkSession | None = None,
) -> Log:
    """Open a source as one table of events.

    Args:
        source: ``sample``; ``lake``, the default lake; ``okta``, the live org, which is pulled
            into the default lake first; a lake's folder, or its address in an object store; or
            export files, globs or folders of them, one or a list.
        since: of the live org, what is pulled at least: ``7d``, a date or an ISO time; where
            the last pull began, or 90 days back, if left out.
        until: of the live org, where the pull ends; now if left out.
        engine: what answers questions: ``duckdb``, ``spark://host:port``, ``sc://host:port``
            (Spark Connect), ``local[N]`` or a SparkSession, which is left as it is;
            ``$OKTA_KIT_ENGINE`` if left out, else ``duckdb``.

    Returns:
        The opened log.

    Raises:
        SourceError: there is no such file or lake, it cannot be read, or it holds no event;
            or the cluster cannot be reached, or what it needs is not installed.
        UsageError: there is no such engine.
        OktaError: the live org refused, or could not be reached.
    """
    names = [source] if isinstance(source, str | Path) else list(source)
    named = ", ".join(map(str, names))
    engine = chosen(engine)
    check(engine)
    if copy := os.environ.get(REDACTED):
        return _without_names(Lake(Path(copy)), named, engine)
    if names == ["okta"]:
        _pulled(since, until)
        names = ["lake"]
    if (lake := _as_lake(names)) is not None:
        log = _opened(lake.open(), named, _connected(engine), growing=True)
        if log is not None and named == "okta" and log.covered:
            log = replace(log, end=log.covered[-1].until)
        if log is None:
            raise SourceError(f"{lake.address}: the lake is empty. Run: okta-kit import FILE")
        return log
    files = expand(_resolve(names))
    folder = Path(tempfile.mkdtemp(prefix="okta-kit-"))
    connection = _connected(engine, temp_directory=str(folder / "spill"))
    # The files live as long as a question can be asked, and go with the last of them.
    weakref.finalize(connection, shutil.rmtree, folder, ignore_errors=True)
    lake = Lake(folder / "lake")
    done = add(lake, files)
    log = _opened(lake, named, connection, repeats=done.repeats)
    if log is None:
        raise SourceError(_nothing_in(names, files, done.put_aside))
    return log


def _connected(engine: Any, **settings: Any) -> Any:
    """The engine; DuckDB for a lake's files: they never change, so their footers are read once."""
    if engine != DUCKDB:
        from kit.spark.backend import connect

        return connect(engine)
    connection = ibis.duckdb.connect(**settings)
    connection.raw_sql("SET parquet_metadata_cache = true")
    # Answers are sorted by a full key at the end, and keeping an order on the way takes memory.
    connection.raw_sql("SET preserve_insertion_order = false")
    # It is drawn on standard output, also where that is a file.
    connection.raw_sql("SET enable_progress_bar = false")
    return connection


def _without_names(lake: Lake, source: str, engine: Any) -> Log:
    """The copy of a source that a report without names reads in its place."""
    log = _opened(lake, source, _connected(engine), growing=bool(lake.manifest().get("growing")))
    if log is None:
        raise SourceError(f"{source}: its copy without names holds no event. Run the report again.")
    return replace(log, end=log.covered[-1].until) if source == "okta" and log.covered else log


def _pulled(since: str | None, until: str | None) -> None:
    """Bring the default lake up to date, unless whoever runs this has just done so."""
    if os.environ.get(PULLED):
        return
    from kit.live import bring_up_to_date

    bring_up_to_date(Lake(LAKE), since, until)


def _as_lake(names: list[str | Path]) -> Lake | None:
    """The lake that a source's name stands for, if it is one."""
    if names == ["lake"]:
        return Lake(LAKE)
    if len(names) == 1 and "://" in str(names[0]):
        return Lake(names[0])
    lake = Lake(Path(names[0]).expanduser())
    return lake if len(names) == 1 and lake.exists() else None


def _opened(
    lake: Lake, source: str, connection: Any, *, growing: bool = False, repeats: int = 0
) -> Log | None:
    """A lake as a log; None where it holds no event."""
    on_spark = connection.name == "pyspark"
    root, files = (lake.address, lake.names) if on_spark else _attached(connection, lake)
    if not (names := files()):
        return None
    if on_spark:
        events = connection.events(lake.address, names)
    else:
        events = _events(connection, f"{root}/{EVENTS}", "events")
    bounds = frame(
        events.aggregate(
            first=events.published.min(), last=events.published.max(), count=events.count()
        )
    )
    return Log(
        events=events,
        source=source,
        first=bounds["first"][0].to_pydatetime(),
        last=bounds["last"][0].to_pydatetime(),
        count=int(bounds["count"][0]),
        covered=tuple(lake.covered()),
        growing=growing,
        put_aside=tuple(lake.put_aside()),
        repeats=repeats,
        answers=Answers(
            connection,
            # What is kept is DuckDB's; a cluster's answers stay on it while the log is open.
            lake if growing and not on_spark else None,
            files,
            lambda names: _events(connection, [f"{root}/{name}" for name in names], None),
        ),
    )


def _attached(connection: Any, lake: Lake) -> tuple[str, Callable[[], list[str]]]:
    """Where the engine finds a lake's files, and what gives the names of those that it reads.

    A folder is listed anew by each question; a lake in a store stays as it is now.
    """
    if not isinstance(lake.storage, Bucket):
        return lake.address, lake.names
    from kit.lake.snapshot import Snapshot

    snapshot = Snapshot()
    root, names = snapshot.add(lake.storage)
    connection.register_filesystem(snapshot)
    return root, lambda: names


def _events(connection: Any, files: str | Sequence[str], name: str | None) -> ir.Table:
    """Event files as one table."""
    events = connection.read_parquet(
        files, table_name=name, union_by_name=True, hive_partitioning=False
    )
    # A lake of an older version may lack columns; they are null.
    lacking = [column for column in COLUMNS if column.name not in events.columns]
    events = events.mutate(**{c.name: ibis.null(_ibis_type(c.type)) for c in lacking})
    return events.select(*(column.name for column in COLUMNS))


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


def _resolve(names: list[str | Path]) -> list[str | Path]:
    """Put a path in the place of a source's name."""
    resolved: list[str | Path] = []
    for name in names:
        if name == "sample":
            resolved.append(SAMPLE)
        else:
            resolved.append(name)
    return resolved


def _nothing_in(
    names: Sequence[str | Path], files: Sequence[Path], put_aside: Sequence[PutAside]
) -> str:
    what = ", ".join(map(str, names))
    if put_aside:
        first = put_aside[0]
        return (
            f"{what}: no System Log event in it; {words.count(len(put_aside), 'line')} put aside, "
            f"the first at {first.file}:{first.line}: {first.reason}. Export it as NDJSON or JSON."
        )
    empty = "the file is empty" if len(files) == 1 else "the files are empty"
    return f"{what}: {empty}. Export the log again, or use --source sample."
