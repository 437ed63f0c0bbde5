"""The failures as rows to print: one order of columns, safe in a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import pandas as pd

from kit.analysis.failures import failures
from kit.analysis.kinds import find_kind
from kit.analysis.lists import FAILURE_COLUMNS, with_kind_and_state
from kit.analysis.names import find_apps
from kit.analysis.orgs import orgs_of
from kit.analysis.stops import coverage_of
from kit.analysis.unknown_texts import code_names
from kit.base.errors import KitError, UsageError, nearest
from kit.base.text import in_json, in_sheet
from kit.display import phrases
from kit.display.code_names import CodeNames
from kit.display.terminal import print_table
from kit.lake.files import skipped
from kit.log.log import open_log, to_pandas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis.expr.types as ir

    from kit.log.log import Log

__all__ = ["COLUMNS", "FailureListing", "listing", "of_app", "refuse_unknown_app", "write"]

COLUMNS = FAILURE_COLUMNS
"""What is printed; of many orgs, ``org`` comes behind it."""

_TERMINAL = ("published", "app", "hit", "operation", "code", "events", "state")


@dataclass(frozen=True)
class FailureListing:
    """Failures to be listed, and a sentence on the window that they are from."""

    rows: pd.DataFrame
    sentence: str
    names: CodeNames
    """What the codes of unknown texts are shown as in a terminal."""
    logs: Mapping[str, Log]
    """The logs that they are from, by org; of one org by an empty name."""


def listing(
    source: Sequence[str],
    *,
    since: str | None,
    until: str | None,
    app: str | None,
    code: str | None,
    still_failing: bool,
    kind: str | None = None,
    engine: str | None = None,
    date_order: str | None = None,
) -> FailureListing:
    """List the failures of a source.

    Args:
        source: the source's names.
        since: the window's start; all that the source holds without it.
        until: the window's end.
        app: only this app, by name or id, without case.
        code: only this code, without case.
        still_failing: only users with no success since.
        kind: only failures of this kind, as a person writes it.
        engine: what answers, as ``open_log`` takes it.
        date_order: of local dates, as ``open_log`` takes it.

    Returns:
        The rows with ``COLUMNS``, oldest first, and what was looked at.

    Raises:
        SourceError: the source cannot be read, or holds nothing.
        UsageError: a time cannot be read, the source knows no such app, or there is no such kind.
    """
    kind = find_kind(kind, "--kind") if kind is not None else None
    log = open_log(source, since=since, until=until, engine=engine, date_order=date_order)
    window = log.window(since, until)
    columns = (*COLUMNS, "org") if log.orgs else COLUMNS
    if app is not None:
        refuse_unknown_app(log.events, app)
    logs = {org: one for org, one in orgs_of(log).items() if not isinstance(one, KitError)}
    parts = []
    for org, one in logs.items():
        rows = failures(one, window)
        if app is not None:
            rows = of_app(one, rows, app)
        parts.append(with_kind_and_state(one, window, rows).assign(org=org))
    rows = pd.concat(parts).sort_values(["published", "org", "uuid"], ignore_index=True)
    if code is not None:
        rows = rows[rows["code"].str.casefold() == code.casefold()]
    if still_failing:
        rows = rows[rows["state"] == "still_failing"]
    if kind is not None:
        rows = rows[rows["kind"] == kind]
    coverage = coverage_of(log, window)
    coverage_text = phrases.coverage_in_words(coverage, skipped(log.skipped_lines))
    sentence = f"{phrases.count(len(rows), 'failure')}, {phrases.span(window)}; {coverage_text}."
    sentence += "".join(f" {note}" for note in coverage.notes)
    sentence += "".join(f" Could not look at {org}: {why}" for org, why in log.unread.items())
    rows = rows.reset_index(drop=True)[list(columns)]
    return FailureListing(rows, sentence, code_names(log), logs)


def write(listing: FailureListing, form: str, out: TextIO) -> None:
    """Print failures as ``table``, ``csv``, ``json``, ``ocsf`` or ``parquet``."""
    rows = listing.rows
    if form == "ocsf":
        _ocsf(listing, out)
        return
    if form == "parquet":
        rows.to_parquet(out.buffer, index=False)
        return
    if form == "table":
        _table(listing.names.frame(rows), out)
        return
    text_rows = rows.assign(
        published=rows["published"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f").str[:-3] + "Z"
    )
    if form == "csv":
        text_rows.map(in_sheet).to_csv(out, index=False, lineterminator="\n")
    else:
        text = text_rows.to_json(orient="records", force_ascii=False, indent=2)
        out.write(in_json(text) + "\n")


def _ocsf(listing: FailureListing, out: TextIO) -> None:
    """One event of OCSF a failure, one a line; of many orgs each org's by itself."""
    from kit.answers.ocsf import ocsf_line, ocsf_records

    for org, log in listing.logs.items():
        rows = listing.rows
        rows = rows[rows["org"] == org] if "org" in rows else rows
        for record in ocsf_records(log, rows):
            out.write(in_json(ocsf_line(record)) + "\n")


def of_app(log: Log, rows: pd.DataFrame, app: str) -> pd.DataFrame:
    """Keep the failures on an app, under whatever name: an app that was renamed is one.

    Args:
        log: the log that they are from.
        rows: failures, with ``app_key``.
        app: the app's name, one that it had, or its id, without case.
    """
    try:
        keys = find_apps(log, app)
    except UsageError:  # of many orgs, another one has it
        keys = set()
    return rows[rows["app_key"].isin(keys)]


def refuse_unknown_app(events: ir.Table, app: str) -> None:
    """Raise a ``UsageError`` where a source knows no app of this name or id; says the nearest."""
    if app.strip().casefold() == phrases.SIGN_IN.casefold():  # what concerns no app
        return
    apps = to_pandas(events.select("app_name", "app_id").distinct())
    names = {*apps["app_name"].dropna(), *apps["app_id"].dropna()}
    if app.casefold() not in {n.casefold() for n in names}:
        raise UsageError(f"--app: the source knows no {app!r}.{nearest(app, names)}")


def _table(rows: pd.DataFrame, out: TextIO) -> None:
    columns = [name for name in (*_TERMINAL, "org") if name in rows]
    at = rows["published"].dt.strftime("%Y-%m-%d %H:%M:%S")
    cells = rows.assign(published=at)[columns].astype(object)
    print_table(cells.where(cells.notna(), None).to_numpy(), columns, width=160, out=out)
