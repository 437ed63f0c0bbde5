"""A source opened as one Ibis table of events, with what it holds and lacks.

Analysis asks this table in Ibis expressions only, so that the same question runs on
DuckDB here and on a Spark cluster elsewhere. The two differ in how they hand times
back; ``to_pandas`` brings every answer to one form.
"""

from __future__ import annotations

import json
import os
import uuid
import warnings
import weakref
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from html import escape
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import ibis
import pandas as pd

from kit.base.errors import UsageError
from kit.base.frame import Frame
from kit.base.paths import ONLY_APPS
from kit.base.tempdirs import temporary_folder
from kit.base.text import clean
from kit.base.times import iso
from kit.base.windows import Window
from kit.display import phrases
from kit.lake.files import skipped
from kit.log import duckdb
from kit.log.cache import ResultCache
from kit.log.source import Source, open_source
from kit.log.spark.engines import DUCKDB, check_engine, choose_engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    import ibis.expr.types as ir
    from pyspark.sql import SparkSession

__all__ = ["Log", "literal", "log_of", "open_log", "org_of", "to_pandas", "window_of"]


@dataclass(frozen=True, kw_only=True)
class Log(Source):
    """An opened source."""

    events: ir.Table
    """One row an event, the columns of ``kit.events.COLUMNS``; of many orgs, ``org`` first."""
    events_by_day: ir.Table = field(repr=False)
    """What questions read: the same with ``date``, the UTC day as text, by which the
    files are found. Of many orgs with the org in ids and names, since two may use the same."""
    count: int
    engine: Any = field(repr=False, compare=False)
    """What answers questions: an engine's name, or a SparkSession."""
    answers: ResultCache = field(repr=False, compare=False)
    """Answers that other questions build on."""

    @property
    def events_all_days(self) -> ir.Table:
        """What questions read that are about all days."""
        return self.events_by_day.drop("date")

    def within(self, window: Window) -> ir.Table:
        """The events of a window; only its days' files are read."""
        return self.events_by_day.filter(self.filters(self.events_by_day, window)).drop("date")

    @staticmethod
    def filters(rows: ir.Table, window: Window) -> list[ir.BooleanValue]:
        """What holds for the rows of a window: of their ``published``, and of their ``date``.

        By their dates the files of other days are passed over.
        """
        last = window.until - timedelta(microseconds=1)
        return [
            rows.date >= _day(window.since),
            rows.date <= _day(last),
            rows.published >= literal(window.since),
            rows.published < literal(window.until),
        ]

    def before(self, end: datetime) -> Log:
        """The log as it was at a moment: what is asked of it knows no event from then on.

        A transaction that goes on over the moment is folded from what came before it alone.
        """
        if end > self.last:
            return self
        logs = _cut.setdefault(self.answers, {})
        if end not in logs:
            answers = ResultCache(self.answers.backend, prefix=f"before_{uuid.uuid4().hex[:12]}_")
            dated = self.events_by_day.filter(
                self.events_by_day.date <= _day(end), self.events_by_day.published < literal(end)
            )
            logs[end] = replace(self, events_by_day=dated, answers=answers)
        return logs[end]

    def of_apps(self, apps: Iterable[str]) -> Log:
        """The log as if it held the events of some apps alone.

        Args:
            apps: their names, without case, or ids.
        """
        names = {app.strip().casefold() for app in apps}
        names |= {f"{name} · {org.casefold()}" for name in names for org in self.orgs}

        def mine(events: ir.Table) -> ir.Table:
            same = [events[column].lower().isin(sorted(names)) for column in _APP_COLUMNS]
            return events.filter(same[0] | same[1])

        events = mine(self.events)
        prefix = f"apps_{uuid.uuid4().hex[:12]}_"
        return replace(
            self,
            events=events,
            events_by_day=mine(self.events_by_day),
            count=events.count().to_pyarrow().as_py(),
            answers=ResultCache(self.answers.backend, prefix=prefix),
        )

    def on_days(self, days: Iterable[datetime], rows: ir.Table | None = None) -> ir.Table:
        """The events of the UTC days of some moments; only their files are read.

        Args:
            days: the moments.
            rows: what is picked from, with ``date``; all events if left out.
        """
        dates = sorted({_day(one) for one in days})
        rows = self.events_by_day if rows is None else rows
        return rows.filter(rows.date.isin(dates)).drop("date")

    def facts(self) -> dict[str, str]:
        """What the log holds, by name, in a few lines; nobody's name is among them."""
        coverage = self.coverage(self.window())
        orgs = {"orgs": f"{len(self.orgs):,}"} if self.orgs else {}
        if self.unread:
            orgs["could not be read"] = phrases.join(list(self.unread))
        return {
            "source": self.source,
            "events": f"{self.count:,}",
            "first event": iso(self.first),
            "last event": iso(self.last),
            "coverage": phrases.coverage_in_words(coverage),
            "skipped lines": f"{skipped(self.skipped_lines):,}",
            "repeated events": f"{self.repeats:,}",
            "columns": f"{len(self.events.columns):,}, log.events.columns names them",
            "engine": self.engine if isinstance(self.engine, str) else type(self.engine).__name__,
            **orgs,
        }

    def __repr__(self) -> str:
        lines = [f"  {name}: {_in_a_line(value)}" for name, value in self.facts().items()]
        return "\n".join(["Log", *lines])

    def _repr_html_(self) -> str:
        """The same in a notebook; a source's name may be anybody's."""
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(_in_a_line(value))}</td></tr>'
            for name, value in self.facts().items()
        )
        return f'<div class="mathjax_ignore"><table><tbody>{rows}</tbody></table></div>'


_APP_COLUMNS = ("app_name", "app_id")

_cut: WeakKeyDictionary[ResultCache, dict[datetime, Log]] = WeakKeyDictionary()
"""Logs cut off at a moment: many questions share an end."""


def open_log(
    source: str | Path | Sequence[str | Path] = "sample",
    *,
    since: str | None = None,
    until: str | None = None,
    engine: str | SparkSession | None = None,
    date_order: str | None = None,
) -> Log:
    """Open a source as one table of events.

    Args:
        source: ``sample``; ``lake``, the default lake; ``okta``, the live org, which is pulled
            into the default lake first; a lake's folder, or its address in an object store; a
            folder of many orgs' lakes; or export files, globs or folders of them, one or a list.
        since: of the live org, what is pulled at least: ``7d``, a date or an ISO time; where
            the last pull began, or 90 days back, if left out.
        until: of the live org, where the pull ends; now if left out.
        engine: what answers questions: ``duckdb``, ``spark://host:port``, ``sc://host:port``
            (Spark Connect), ``local[N]`` or a SparkSession, which is left as it is;
            ``$OKTA_KIT_ENGINE`` if left out, else ``duckdb``.
        date_order: of export files, what comes first in local dates such as 03/04/2026 where the
            file does not show it: ``day-first`` or ``month-first``; ``$OKTA_KIT_DATE_ORDER`` if
            left out.

    Returns:
        The opened log.

    Raises:
        SourceError: there is no such file or lake, it cannot be read, or it holds no event;
            or the cluster cannot be reached, or what it needs is not installed.
        UsageError: there is no such engine or date order.
        OktaError: the live org refused, or could not be reached.

    Example:
        >>> log = open_log("sample")
        >>> log.window("7d").as_text()
        {'since': '2026-10-25T17:00:13.163Z', 'until': '2026-11-01T17:00:13.164Z'}
    """
    names: list[Any] = list(source) if isinstance(source, list | tuple) else [source]
    if not names or not all(isinstance(one, str | PurePath) for one in names):
        raise UsageError(
            f'source: {source!r} is no name of a source. Write "sample", "lake", a path, or a '
            'list of paths: kit.open_log("export.ndjson.gz").'
        )
    engine = choose_engine(engine)
    check_engine(engine)
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        log_source = open_source(source, folder, since=since, until=until, date_order=date_order)
        log = log_of(log_source, folder, engine)
        # The files live as long as a question can be asked, and go with the last of them.
        weakref.finalize(log.answers.backend, stack.pop_all().close)
    if (file := Path(os.environ.get(ONLY_APPS, ""))).is_file():
        return log.of_apps(json.loads(file.read_text(encoding="utf-8")))
    return log


def window_of(
    log: Log,
    window: Window | str | None = None,
    since: str | date | None = None,
    until: str | date | None = None,
) -> Window:
    """Fix the window of a question, however it is written.

    Args:
        log: the opened log.
        window: a window; or its start, ``7d`` before the end, a date or an ISO time; or both ends
            as ``2026-10-20..2026-10-27``. All that the log holds if left out.
        since: the start, in the place of *window*.
        until: the end, not included; the log's end if left out.

    Returns:
        The window, closed.

    Raises:
        UsageError: it is no window, or is said twice, or since is not before until.
    """
    if isinstance(window, Window):
        if since or until:
            raise UsageError(
                "window: it is closed already. Give a window, or since= and until=, not both."
            )
        return window
    if window is None:
        return log.window(since, until)
    if not isinstance(window, str):
        raise UsageError(
            f"window: {window!r} is none. Write '7d', '2026-10-20..2026-10-27', or since= and "
            "until=."
        )
    start, both, end = window.partition("..")
    if since or (both and until):
        raise UsageError("window: it is given twice. Give '7d', or since= and until=, not both.")
    return log.window(start, end if both else until)


_MAX_FACT_CHARS = 300


def _in_a_line(value: str) -> str:
    text = clean(value)
    return text if len(text) <= _MAX_FACT_CHARS else text[: _MAX_FACT_CHARS - 1] + "…"


def log_of(source: Source, folder: Path, engine: Any) -> Log:
    """Open what a source holds.

    Args:
        source: the source, read.
        folder: a folder for what memory does not hold; it must outlive the last question.
        engine: as ``kit.log.spark.engines.chosen`` returns it.

    Returns:
        The opened log.
    """
    connection = _connected(engine, folder)
    files = {org: connection.files(lake) for org, lake in source.lakes.items()}
    if source.orgs:
        every = [one.events_by_day.mutate(org=ibis.literal(org)) for org, one in files.items()]
        events_by_day = ibis.union(*every) if len(every) > 1 else every[0]
        columns = [name for name in events_by_day.columns if name not in {"org", "date"}]
        events, events_by_day = events_by_day.select("org", *columns), _apart(events_by_day)
        answers = ResultCache(connection)
    else:
        ((lake, one),) = zip(source.lakes.values(), files.values(), strict=True)
        events_by_day, events = one.events_by_day, one.events_by_day.drop("date")
        # What is kept is DuckDB's; a cluster's answers stay on it while the log is open.
        stays = source.growing or source.is_kept
        cache_lake = lake if stays and engine == DUCKDB else None
        answers = ResultCache(
            connection, cache_lake, one.names, lambda names: one.read(names).drop("date")
        )
    return Log(
        **vars(source),
        events=events,
        events_by_day=events_by_day,
        count=events.count().to_pyarrow().as_py(),
        engine=engine,
        answers=answers,
    )


def _connected(engine: Any, folder: Path) -> Any:
    """The engine that answers questions."""
    if engine == DUCKDB:
        return duckdb.connect_duckdb(temp_directory=str(folder / "spill"))
    with warnings.catch_warnings():
        # pyspark says so of itself as it is imported, since 4.2. Its pandas is asked for nothing:
        # what goes there and comes from there is Arrow.
        warnings.filterwarnings("ignore", "PySpark does not yet .* pandas", FutureWarning)
        from kit.log.spark.backend import connect_spark

        return connect_spark(engine, folder)


def _apart(events: ir.Table) -> ir.Table:
    """Events of many orgs with the org in whatever tells events, apps and people apart."""
    # An empty id stays one: it says that nothing can be told apart.
    ids = {
        name: ibis.ifelse(events[name] == "", "", events.org + "/" + events[name]) for name in _IDS
    }
    names = {name: events[name] + " · " + events.org for name in _NAMES}
    return events.mutate(**ids, **names).drop("org")


def org_of(ids: pd.Series[str]) -> pd.Series[str]:
    """The orgs whose events, apps or people some ids of many orgs are of.

    Args:
        ids: one of ``uuid``, ``transaction_id``, ``app_id``, …; of each what stands before the id.
    """
    return ids.str.partition("/")[0]


_IDS = ("uuid", "transaction_id", "app_id", "user_id", "actor_id", "group_id", "hit_id")
_NAMES = ("app_name", "user_login", "actor_login", "group_name", "hit_name")


def _day(moment: datetime) -> str:
    return str(moment.astimezone(UTC).date())


def to_pandas(question: ir.Table, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Ask a question and bring its answer to the one form that all engines share.

    Args:
        question: an Ibis expression.
        by: columns that the answer is sorted by, a full key.

    Returns:
        The answer; times are ``datetime64[us, UTC]``, whole numbers ``int64``, and ``Int64`` where
        some are missing.
    """
    table = question.to_pyarrow()
    answer = Frame(table.to_pandas())
    for name, kind in question.schema().items():
        if kind.is_timestamp():
            answer[name] = pd.to_datetime(answer[name], utc=True).astype("datetime64[us, UTC]")
        elif kind.is_integer():
            whole_numbers = pd.array(table[name].to_pandas(integer_object_nulls=True), "Int64")
            lacking = bool(table[name].null_count)
            answer[name] = whole_numbers if lacking else whole_numbers.astype("int64")
    return answer.sort_values(list(by), ignore_index=True) if by else answer


def whole(second: ir.IntegerColumn, width: int) -> ir.IntegerColumn:
    """The start of the stretch of *width* seconds that a second since 1970 lies in.

    Engines cut a remainder towards zero, which before 1970 would lead to the stretch after.
    """
    return second - (second % width + width) % width


def moments(seconds: pd.Series[int]) -> pd.Series[pd.Timestamp]:
    """Seconds since 1970 as datetime64[us, UTC], in any year that there is."""
    times = seconds.astype("int64").astype("datetime64[s]").astype("datetime64[us]")
    return times.dt.tz_localize("UTC")


def literal(moment: datetime) -> ir.TimestampScalar:
    """A UTC time as both engines read it."""
    return ibis.literal(iso(moment), type="timestamp('UTC')")
