"""The commands that put Okta's failures beside the vendor's own records."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import click

from kit.base.errors import SourceError, UsageError
from kit.commands import options
from kit.commands.notes import print_json, print_note
from kit.commands.options import DateOrder, argument, option

if TYPE_CHECKING:
    import pandas as pd

    from kit.evidence.lookup import BothSides

__all__ = ["register"]

_NO_RECORD = (
    "no record of a vendor in the sources, so it could not look. Add an export of Entra's "
    "sign-in logs or Salesforce's login history: --source FILE, or okta-kit import FILE."
)


class EvidenceFormat(StrEnum):
    """How evidence is printed."""

    table = "table"
    json = "json"


def register(app: click.Group) -> None:
    """Add the commands to the command line."""
    app.command("evidence")(list_evidence)
    app.command("lookup")(look_up_id)


@options.source
@options.since
@options.until
@option("--app", "app_name", help="Only this app, by name or id.")
@option("--code", help="Only this code, e.g. AADSTS50126.")
@options.engine
@options.date_order
@option(
    "--format",
    "format_",
    type=click.Choice(EvidenceFormat),
    default=EvidenceFormat.table,
    show_default=True,
    help="How to print it.",
)
def list_evidence(
    source: list[str] | None,
    since: str | None,
    until: str | None,
    app_name: str | None,
    code: str | None,
    engine: str | None,
    date_order: DateOrder | None,
    format_: EvidenceFormat,
) -> None:
    """Put each failure beside the vendor's own records of the same request.

    Example: okta-kit evidence --source okta.ndjson --source InteractiveSignIns.csv
    """
    from kit.commands.listing import of_app, refuse_unknown_app
    from kit.display import phrases
    from kit.evidence.matching import evidence
    from kit.log.log import open_log

    names = source or ["sample"]
    log = open_log(names, since=since, until=until, engine=engine, date_order=date_order)
    answer = evidence(log)
    if answer is None:
        raise SourceError(f"{', '.join(names)}: {_NO_RECORD}")
    window = log.window(since, until)
    rows = answer.failures
    rows = rows[(rows["published"] >= window.since) & (rows["published"] < window.until)]
    if app_name is not None:
        refuse_unknown_app(log.events, app_name)
        rows = of_app(log, rows, app_name)
    if code is not None:
        rows = rows[rows["code"].str.casefold() == code.casefold()]
    if format_ is EvidenceFormat.json:
        print_json(_objects(rows))
    else:
        _print_evidence(rows)
    counts = rows["match"].value_counts()
    parts = [f"{counts.get(name, 0):,} by {_BY[name]}" for name in _BY if counts.get(name)]
    unmatched = f"{counts.get('none', 0):,} without a record"
    print_note(
        f"{phrases.count(len(rows), 'failure')}, {phrases.span(window)}: "
        f"{', '.join([*parts, unmatched])}."
    )


_BY = {"request_id": "request id", "correlation_id": "correlation id", "likely": "likeliness"}


def _objects(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "uuid": one["uuid"],
            "app": _or_none(one["app"]),
            "user": _or_none(one["user"]),
            "code": one["code"],
            "published": one["published"].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "match": one["match"],
            "records": one["records"],
            "reason": _or_none(one["reason_none"]),
        }
        for one in rows.to_dict("records")
    ]


def _or_none(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _print_evidence(rows: pd.DataFrame) -> None:
    from kit.display.terminal import print_table

    columns = ["published", "app", "user", "code", "match", "records"]
    cells = [
        [
            f"{one['published']:%Y-%m-%d %H:%M:%S}",
            _or_none(one["app"]),
            _or_none(one["user"]),
            one["code"],
            one["match"] if one["match"] != "none" else str(one["reason_none"]).replace("_", " "),
            " ".join(one["records"]),
        ]
        for one in rows.to_dict("records")
    ]
    print_table(cells, columns, width=200, out=sys.stdout)


@argument("number", metavar="ID", help="A Trace ID, Correlation ID or request id.")
@options.source
@options.engine
@options.date_order
@option(
    "--format",
    "format_",
    type=click.Choice(EvidenceFormat),
    default=EvidenceFormat.table,
    show_default=True,
    help="How to print it.",
)
def look_up_id(
    number: str,
    source: list[str] | None,
    engine: str | None,
    date_order: DateOrder | None,
    format_: EvidenceFormat,
) -> None:
    """Find an id on both sides: the failures whose text carries it, and the vendor's records.

    Example: okta-kit lookup 5f0c3a52-0d0b-4a55-9f53-1c2b7c0a1e00 --source lake
    """
    from kit.evidence.lookup import look_up
    from kit.log.log import open_log

    log = open_log(source or ["sample"], engine=engine, date_order=date_order)
    both = look_up(log, number)
    if not both.id:
        raise UsageError(f"lookup {number}: this is no id. Copy the Trace ID from a message.")
    vendor = [] if both.records is None else both.records["id"].tolist()
    if format_ is EvidenceFormat.json:
        print_json({"okta": both.failures["uuid"].tolist(), "vendor": vendor})
    else:
        _print_both(both)
    if both.records is None:
        print_note("The sources hold no record of a vendor, so that side was not looked at.")


def _print_both(both: BothSides) -> None:
    from kit.display.terminal import print_table
    from kit.vendors.forms import title_of

    print(f"Okta: {len(both.failures):,} with {both.id} in their text")
    if len(both.failures):
        columns = ["published", "app", "user", "operation", "code", "uuid"]
        rows = both.failures.assign(published=both.failures["published"].dt.strftime(_TIME))
        cells = rows[columns].astype(object)
        print_table(cells.where(cells.notna(), None).to_numpy(), columns, width=200, out=sys.stdout)
    if both.records is None:
        return
    print(f"\nVendor: {len(both.records):,} with that id")
    if len(both.records):
        names = ["published", "log", "who", "app", "result", "code", "id"]
        rows = both.records.assign(
            published=both.records["published"].dt.strftime(_TIME),
            log=[
                title_of(*pair)
                for pair in zip(both.records["vendor"], both.records["log"], strict=True)
            ],
            who=both.records["account"]
            .fillna(both.records["principal"])
            .fillna(both.records["actor"]),
            app=both.records["app"].fillna(both.records["activity"]),
        )
        cells = rows[names].astype(object)
        print_table(cells.where(cells.notna(), None).to_numpy(), names, width=200, out=sys.stdout)


_TIME = "%Y-%m-%d %H:%M:%S"
