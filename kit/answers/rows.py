"""Rows and cells of an answer, and what every answer says: its source, its time and what it lacks.

Texts of events come through ``clean``: nothing unseen stands in them, such as marks that turn the
reading direction or letters that only a machine reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import pandas as pd

from kit.analysis.radius import who
from kit.analysis.stops import coverage_of
from kit.answers import model
from kit.base.text import clean
from kit.base.times import iso
from kit.catalogue import load
from kit.display import phrases

if TYPE_CHECKING:
    from kit.analysis.incidents import Incident
    from kit.answers.current_log import CurrentLog
    from kit.base.windows import Coverage, Window
    from kit.log.log import Log

__all__ = [
    "MAX_FAILURES",
    "MAX_NAME_CHARS",
    "MAX_ROWS",
    "NOTES",
    "Base",
    "base_of",
    "bound_note",
    "but_incomplete",
    "cell_value",
    "failure_row",
    "hit_row",
    "incident_row",
    "plain_text",
    "stretches_of",
    "time_or_none",
    "totals_by_code",
    "untrusted",
]

MAX_ROWS = 50
"""Rows that one answer lists: an assistant reads every word of it, and the counts are of all."""

MAX_FAILURES = 25
"""Failures that it lists one by one."""

MAX_NAME_CHARS = 200
_MAX_CHARS = 600

NOTES = "coverage.notes"
"""A field that may name what others named: a log stream, an agent, a file."""


class Base(TypedDict):
    """What every answer has beside its sentence."""

    source: str
    filters: dict[str, str | bool]
    window: model.TimeSpan
    coverage: model.WindowCoverage


def base_of(current: CurrentLog, log: Log, window: Window, filters: dict[str, str | bool]) -> Base:
    """Work out what every answer says besides.

    Args:
        current: takes names out, where that was asked for.
        log: the log that was asked.
        window: the time that the answer speaks of.
        filters: the arguments that were in force.
    """
    coverage = coverage_of(log, window)
    not_read = (f"Could not look at {org}: {why}" for org, why in log.unread.items())
    notes = [current.safe(note) for note in (*coverage.notes, *not_read)]
    return {
        "source": clean(log.source),
        "filters": {k: clean(v) if isinstance(v, str) else v for k, v in filters.items()},
        "window": model.TimeSpan(**window.as_text()),
        "coverage": _coverage(coverage, notes),
    }


def _coverage(coverage: Coverage, notes: list[str]) -> model.WindowCoverage:
    provisional = coverage.provisional
    return model.WindowCoverage(
        complete=coverage.complete,
        gaps=stretches_of(coverage.gaps)[:MAX_ROWS],
        gaps_total=len(coverage.gaps),
        skipped_lines=coverage.skipped,
        provisional=model.TimeSpan(**provisional.as_text()) if provisional else None,
        notes=[plain_text(note) or "" for note in notes],
    )


def stretches_of(windows: Any) -> list[model.TimeSpan]:
    """Windows as ISO texts."""
    return [model.TimeSpan(**window.as_text()) for window in windows]


def but_incomplete(coverage: model.WindowCoverage) -> str:
    """What has to be said where nothing was met, so that it is no all-clear by mistake."""
    if coverage.complete:
        return ""
    return (
        f" It does not hold the whole window ({phrases.count(coverage.gaps_total, 'gap')}), so this"
        " is no all-clear."
    )


def bound_note(total: int, most: int = MAX_ROWS) -> str:
    """That an answer lists not all; empty where it does."""
    return f" The answer lists {most} of them; the counts are of all." * (total > most)


def incident_row(one: Incident) -> model.IncidentRow:
    """An incident, its lists bounded."""
    fields = _plain_cells(one.as_dict()) | {"note": untrusted(one.note)}
    for name in ("left", "leavers"):
        fields[name] = [clean(login) for login in fields[name][:MAX_ROWS]]
    return model.IncidentRow(
        **fields,
        meaning=load().meaning(one.code, app=one.app) or None,
        left_total=len(one.left),
        leavers_total=len(one.leavers),
    )


def failure_row(row: dict[Any, Any]) -> model.FailureRow:
    """A failure, of a row as ``failure_list`` has it."""
    cells = {name: cell_value(row[name]) for name in model.FailureRow.model_fields}
    cells |= {"published": iso(row["published"]), "reason": untrusted(cells["reason"])}
    return model.FailureRow(**_plain_cells(cells))


def _plain_cells(cells: dict[str, Any]) -> dict[str, Any]:
    """Cells with their texts in one line, and bounded."""
    return {
        name: (plain_text(cell, MAX_NAME_CHARS) or "") if isinstance(cell, str) else cell
        for name, cell in cells.items()
    }


def totals_by_code(rows: pd.DataFrame) -> list[model.CodeTotals]:
    """The failures by app and code, most first."""
    if rows.empty:
        return []
    rows = rows.assign(hit_by=who(rows), failing=rows["state"] == "still_failing")
    result = []
    for _, mine in rows.groupby(["app_key", "code"], sort=True):
        last = mine.iloc[-1]
        result.append(
            model.CodeTotals(
                **_plain_cells(
                    {name: cell_value(last[name]) for name in ("app", "app_id", "code")}
                ),
                failures=len(mine),
                hit=int(mine["hit_by"].nunique()),
                still_failing=int(mine.loc[mine["failing"], "hit_by"].nunique()),
                first=iso(mine["published"].iloc[0]),
                last=iso(last["published"]),
            )
        )
    return sorted(result, key=lambda one: (-one.failures, one.code, one.app or ""))


def hit_row(row: dict[Any, Any]) -> model.HitRow:
    """Who is hit, of a row as ``Case.people`` has it, with ``access_left``."""
    names = ("operation", "state", "access_left", "failures")
    cells = {name: cell_value(row[name]) for name in names} | {
        "who": cell_value(row["user"]) or cell_value(row["hit"]),
        "type": cell_value(row["hit_type"]) or "",
    }
    return model.HitRow(
        **_plain_cells(cells),
        first_failure=iso(row["first_failure"]),
        last_failure=iso(row["last_failure"]),
        failing_since=time_or_none(row["failing_since"]),
        recovered_at=time_or_none(row["recovered_at"]),
    )


def cell_value(value: Any) -> Any:
    """A cell as plain Python; None where it is missing."""
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value


def time_or_none(value: Any) -> str | None:
    """A time as ISO text; None where it is missing."""
    return None if value is None or pd.isna(value) else iso(value)


def plain_text(text: str | None, most: int = _MAX_CHARS) -> str | None:
    """Text in one line with nothing unseen in it, no longer than an answer needs."""
    if not text:
        return None
    plain = clean(text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def untrusted(text: str | None) -> model.UntrustedText | None:
    """What somebody else wrote, marked as that; None where there is nothing."""
    plain = plain_text(text)
    return model.UntrustedText(untrusted_text=plain) if plain else None
