"""A source opened as one Ibis table of events, with what it holds and lacks.

Analysis asks this table in Ibis expressions only, so that the same question runs on
DuckDB here and on a Spark cluster elsewhere. The two differ in how they hand times
back; ``frame`` brings every answer to one form.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from dateutil.parser import isoparse

from kit import words
from kit.errors import SourceError, UsageError
from kit.lake import PutAside, write
from kit.places import SAMPLE
from kit.sources.exports import expand, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

__all__ = ["Coverage", "Log", "Window", "frame", "literal", "open_log"]

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_TICK = timedelta(milliseconds=1)
"""Okta's clock counts milliseconds; a window ends one after its last event."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time ``[since, until)``, both UTC."""

    since: datetime
    until: datetime

    def as_text(self) -> dict[str, str]:
        """The window as ISO texts, for a summary or a parameter."""
        return {"since": iso(self.since), "until": iso(self.until)}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which parts of a window the source does not hold."""

    gaps: tuple[Window, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the source holds the whole window."""
        return not self.gaps

    def as_dict(self) -> dict[str, Any]:
        """The coverage for a summary."""
        return {"complete": self.complete, "gaps": [gap.as_text() for gap in self.gaps]}


@dataclass(frozen=True)
class Log:
    """An opened source."""

    events: ir.Table
    """One row an event, the columns of ``kit.events.COLUMNS``."""
    source: str
    first: datetime
    last: datetime
    count: int
    put_aside: tuple[PutAside, ...] = ()
    repeats: int = 0

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
        end = _moment("until", until, self.last) if until else self.last + _TICK
        anchor = end if until else self.last
        start = _moment("since", since, anchor) if since else min(self.first, end - _TICK)
        if start >= end:
            raise UsageError(
                f"since ({iso(start)}) is not before until ({iso(end)}). Swap them, "
                "or leave until out to reach to the source's end."
            )
        return Window(start, end)

    def coverage(self, window: Window) -> Coverage:
        """Say which parts of *window* lie outside what the files' events span."""
        gaps = []
        held = self.last + _TICK
        if window.since < self.first:
            gaps.append(Window(window.since, min(self.first, window.until)))
        if window.until > held:
            gaps.append(Window(max(held, window.since), window.until))
        return Coverage(tuple(gaps))


def open_log(source: str | Path | Sequence[str | Path] = "sample") -> Log:
    """Open a source as one table of events.

    Args:
        source: ``sample``, or the path of an export file, a glob, a folder of export
            files, or a list of them.

    Returns:
        The opened log.

    Raises:
        SourceError: there is no such file, it cannot be read, or it holds no event.
    """
    names = [source] if isinstance(source, str | Path) else list(source)
    files = expand(_resolve(names))
    folder = Path(tempfile.mkdtemp(prefix="okta-kit-"))
    connection = ibis.duckdb.connect(temp_directory=str(folder))
    # The files live as long as a question can be asked, and go with the last of them.
    weakref.finalize(connection, shutil.rmtree, folder, ignore_errors=True)
    done = write(read(files), folder / "events.parquet")
    if done.events == 0:
        raise SourceError(_nothing_in(names, files, done.put_aside))
    events = connection.read_parquet(folder / "events.parquet", table_name="events")
    first, last = _span(events)
    return Log(
        events=events,
        source=", ".join(map(str, names)),
        first=first,
        last=last,
        count=done.events,
        put_aside=tuple(done.put_aside),
        repeats=done.repeats,
    )


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


def iso(moment: datetime) -> str:
    """A UTC time as Okta writes it."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z").replace(".000Z", "Z")


def _resolve(names: list[str | Path]) -> list[str | Path]:
    """Put a path in the place of a source's name."""
    resolved: list[str | Path] = []
    for name in names:
        if name == "sample":
            resolved.append(SAMPLE)
        elif name in {"lake", "okta"}:
            raise SourceError(
                f"{name}: this version reads files only. Export the System Log as NDJSON or "
                "JSON and name the file, or use --source sample."
            )
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


def _span(events: ir.Table) -> tuple[datetime, datetime]:
    bounds = frame(events.aggregate(first=events.published.min(), last=events.published.max()))
    return bounds["first"][0].to_pydatetime(), bounds["last"][0].to_pydatetime()


def _moment(name: str, text: str, anchor: datetime) -> datetime:
    """Read a time: so far before the anchor, or a date or time of its own."""
    text = text.strip()
    if text[:-1].isdecimal() and text[-1] in _UNITS:
        try:
            return anchor - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        except (OverflowError, ValueError):
            raise UsageError(f"{name}: {text!r} reaches too far back.") from None
    try:
        moment = isoparse(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{name}: {text!r} is no time. Write 7d, 36h or 90m, a date (2026-10-27) or an "
            "ISO time (2026-10-27T09:05:00Z); all UTC."
        ) from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
