"""A run's source is read, and its window fixed, before it starts: a rerun gives the same report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kit.base.errors import CoverageError, UsageError
from kit.log.spark.engines import DUCKDB

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kit.base.windows import Window
    from kit.log.source import Source
    from kit.reports.people import People

__all__ = ["COPY_NAME", "close_window", "names_of", "open_window"]

COPY_NAME = {False: "lake", True: "without-names"}
"""Where in a run's folder the copy of its source is made that its kernel reads, by whether people
are taken out."""


def close_window(
    values: Mapping[str, Any],
    folder: Path,
    *,
    people: People | None = None,
    require_complete: bool = False,
    out: Path | None = None,
    date_order: str | None = None,
) -> dict[str, Any]:
    """Read a run's source and fix its window.

    Args:
        values: the run's parameters, checked.
        folder: where the copy of the source is made that the kernel reads, if it needs one.
        people: notes who is replaced by which pseudonym; without it people keep their names.
        require_complete: refuse a window that the source does not cover.
        out: the folder of all reports, where marks of a source of files are kept.
        date_order: of local dates in the source, as ``open_log`` takes it.

    Returns:
        The parameters with ``since`` and ``until`` as closed ISO times, as far as the run has
        such parameters; with people, pseudonyms in the places of people.

    Raises:
        SourceError, OktaError: the source cannot be read, or holds nothing.
        CoverageError: the window had to be covered, and is not.
        UsageError: a time cannot be read, since is not before until, there is no such time
            zone, or no source to take people out of.
    """
    if not isinstance(source := values.get("source"), str):
        if people:
            raise UsageError("--redact: the notebook has no parameter source to take from.")
        return dict(values)
    if isinstance(name := values.get("timezone"), str):
        from kit.display.zone import find_zone

        zone = find_zone(name)  # a wrong one is answered before the kernel starts
        values = {**values, "timezone": zone.key if zone else ""}
    log_source, window = open_window(
        values, folder, require_complete=require_complete, date_order=date_order
    )
    if source == "okta" and "code" in values:
        _ask_about_apps(log_source, window, values, folder)
    window_values = {k: v for k, v in window.as_text().items() if k in values}
    values = {**values, **window_values}
    run_values = _without_people(log_source, folder, values, people) if people else values
    if out is not None:
        _hand_on_marks(source, out, folder, people)
    return run_values


def open_window(
    values: Mapping[str, Any],
    folder: Path,
    *,
    require_complete: bool = False,
    date_order: str | None = None,
) -> tuple[Source, Window]:
    """Read the source that some parameters name, and fix their window on it.

    Args:
        values: the parameters, checked, with ``source``.
        folder: where the copy of export files is made.
        require_complete: refuse a window that the source does not cover.
        date_order: of local dates in the source, as ``open_log`` takes it.

    Returns:
        What the source holds, and the window, closed.

    Raises:
        SourceError, OktaError, CoverageError, UsageError: as ``close_window`` raises them.
    """
    from kit.display import phrases
    from kit.log.source import open_source

    source = str(values["source"])
    since, until = (str(values.get(k) or "") for k in ("since", "until"))
    log_source = open_source(
        names_of(source), folder, since=since, until=until, date_order=date_order
    )
    window = log_source.window(since, until)
    coverage = log_source.coverage(window)
    if require_complete and not coverage.complete:
        raise CoverageError(
            f"{source} does not cover the window; {phrases.coverage_in_words(coverage)}. "
            "Add the missing export, or leave --require-complete out."
        )
    return log_source, window


def names_of(source: str) -> list[str | Path]:
    """What the parameter ``source`` names: one or several, parted by commas."""
    return [part.strip() for part in source.split(",")]


def _hand_on_marks(source: str, out: Path, folder: Path, people: People | None) -> None:
    """Leave the marks of a source's incidents where the kernel reads them."""
    from kit.lake.marks import change_marks, marks_place, read_marks

    marks = read_marks(marks_place(names_of(source), out))
    if people:
        marks = {
            name: replace(one, by=None, note=one.note and people.redact(one.note))
            for name, one in marks.items()
        }
    if marks:
        change_marks(folder, lambda _: marks)


def _ask_about_apps(
    log_source: Source, window: Window, values: Mapping[str, Any], folder: Path
) -> None:
    from kit.cases.live_evidence import ask_about_apps
    from kit.log.log import log_of

    log = log_of(log_source, folder / "asking", DUCKDB)
    ask_about_apps(log, window, code=str(values["code"]), app=str(values.get("app") or ""))


def _without_people(
    log_source: Source, folder: Path, values: Mapping[str, Any], people: People
) -> dict[str, Any]:
    from kit.log.log import log_of
    from kit.reports.redact import redacted_copy, redacted_values

    redacted_copy(log_of(log_source, folder / "asking", DUCKDB), folder / COPY_NAME[True], people)
    return redacted_values(values, people)
