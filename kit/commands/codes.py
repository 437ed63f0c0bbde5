"""The command that lists the catalogue, and what a source holds that it does not know."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.base.errors import UsageError
from kit.base.text import in_sheet
from kit.commands import options
from kit.commands.notes import print_json, print_note, tell_mistakes
from kit.commands.options import DateOrder, option
from kit.display.terminal import print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["register"]


class CatalogueFormat(StrEnum):
    """How the catalogue is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    markdown = "markdown"


def register(app: click.Group) -> None:
    """Add the catalogue's command to the command line."""
    app.command("codes")(list_codes)


@option("--search", default="", help="Only rows with these words.")
@option("--family", default="", help="Only this family, or what begins so.")
@option("--owner", default="", help="Only this owner's, e.g. microsoft_admin.")
@option(
    "--source", multiple=True, help="List instead what is unknown there: a source as for failures."
)
@option("--since", help="With --source: start, UTC.")
@option("--until", help="With --source: end, UTC.")
@options.engine
@options.date_order
@option(
    "--event-types",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Compare instead the event types with Okta's list, as CSV: what came, went "
    "and was renamed.",
)
@option(
    "--as-remedy",
    default="",
    metavar="CODE",
    help="Print a remedy's file for a code, a message or an event type; "
    "with --source from what is seen there.",
)
@option(
    "--format",
    "format_",
    type=click.Choice(CatalogueFormat),
    default=CatalogueFormat.table,
    show_default=True,
    help="How to print them; markdown is the whole page.",
)
def list_codes(
    search: str,
    family: str,
    owner: str,
    source: list[str] | None,
    since: str | None,
    until: str | None,
    engine: str | None,
    date_order: DateOrder | None,
    event_types: Path | None,
    as_remedy: str,
    format_: CatalogueFormat,
) -> None:
    """List the codes that the catalogue knows, or those of a source that it does not.

    Example: okta-kit codes --search "licence seat"
    """
    if (since or until) and not source:
        raise UsageError("--since and --until belong to --source.")
    if date_order and not source:
        raise UsageError("--date-order belongs to --source.")
    if source and (search or family or owner):
        raise UsageError("--search, --family and --owner filter the catalogue; leave --source out.")
    if event_types and (source or search or family or owner or as_remedy):
        raise UsageError("--event-types compares a list alone; leave the other options out.")
    if event_types:
        _compare(event_types, format_)
    elif as_remedy:
        print(_remedy_file(as_remedy, source, since, until, engine, date_order), end="")
    elif source:
        from kit.analysis.unknown_codes import COLUMNS, drift

        unknown = drift(source, since=since, until=until, engine=engine, date_order=date_order)
        worded = [{**row, "name": unknown.names.name(row["name"])} for row in unknown.rows]
        _print(worded if format_ is CatalogueFormat.table else unknown.rows, COLUMNS, format_)
        print_note(unknown.sentence)
    else:
        _list(search, family, owner, format_)
    tell_mistakes()


def _list(search: str, family: str, owner: str, form: CatalogueFormat) -> None:
    from kit.catalogue import load
    from kit.catalogue.listing import COLUMNS, code_rows

    if form is CatalogueFormat.markdown:
        from kit.catalogue.page import catalogue_page

        if search or family or owner:
            raise UsageError("--format markdown prints the whole page; leave the filters out.")
        print(catalogue_page(load()), end="")
        return
    _print(code_rows(load(), search=search, family=family, owner=owner), COLUMNS, form)


def _compare(path: Path, form: CatalogueFormat) -> None:
    """Print how a list of event types differs from what the catalogue knows."""
    from kit.catalogue import load
    from kit.catalogue.type_list import COLUMNS, compare_types
    from kit.display.phrases import count

    comparison = compare_types(path, load())
    _print(comparison.rows, COLUMNS, form)
    counts = [f"{comparison.count(change)} {change}" for change in ("came", "went", "renamed")]
    sentence = f"{count(comparison.listed, 'event type')} in {path}: {', '.join(counts)}"
    sentence += " (by the likeness of their names)." if comparison.count("renamed") else "."
    if comparison.skipped:
        sentence += f" {count(comparison.skipped, 'line')} skipped."
    print_note(sentence)


def _remedy_file(
    text: str,
    source: Sequence[str] | None,
    since: str | None,
    until: str | None,
    engine: str | None,
    date_order: str | None,
) -> str:
    """A remedy's file: the catalogue's own where it has one, else the beginning of one."""
    from datetime import UTC, datetime

    from kit.base.errors import nearest
    from kit.catalogue import load
    from kit.catalogue.coding import code_message
    from kit.catalogue.skeleton import event_type_row, skeleton
    from kit.messages import parse

    catalogue, today = load(), datetime.now(UTC).date()
    if source:
        from kit.analysis.unknown_codes import drift

        unknown = drift(source, since=since, until=until, engine=engine, date_order=date_order)
        rows_by_name = {row["name"]: row for row in unknown.rows}
        if text not in rows_by_name:
            hint = nearest(text, rows_by_name) or " okta-kit codes --source lists what is unknown."
            raise UsageError(f"--as-remedy {text}: the source has no such unknown.{hint}")
        row = rows_by_name[text]
        if row["kind"] == "event type":
            return event_type_row(text, row["example"])
        return skeleton(text, today, example=row["example"], app=row["app"])
    message = parse(text)
    code = catalogue.spelled(text) or code_message(message, catalogue)
    remedy = catalogue.remedy(code, app=message.app, text=message.text)
    if remedy and code in remedy.codes:
        return remedy.path.read_text(encoding="utf-8")
    example = text if message.text and text != code else ""
    return skeleton(code, today, example=example, app=message.app or "")


def _print(rows: Sequence[dict[str, Any]], columns: Sequence[str], form: CatalogueFormat) -> None:
    if form is CatalogueFormat.json:
        print_json(list(rows))
    elif form is CatalogueFormat.csv:
        import csv

        out = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        out.writeheader()
        out.writerows({k: in_sheet(v) for k, v in row.items()} for row in rows)
    elif form is CatalogueFormat.table:
        cells = ([row[name] for name in columns] for row in rows)
        print_table(cells, columns, width=200, out=sys.stdout)
    else:
        raise UsageError("--format markdown prints the catalogue's page; leave --source out.")
