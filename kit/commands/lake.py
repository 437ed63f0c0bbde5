"""The commands that fill, show and rewrite the event lake."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kit.base.errors import SourceError, UsageError
from kit.base.paths import LAKE
from kit.base.text import clean
from kit.commands.notes import note, print_json
from kit.commands.options import DateOrder
from kit.display import phrases
from kit.display.terminal import print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["register"]

Place = Annotated[
    str,
    typer.Option(
        "--lake", help="The lake's folder, or s3://bucket/prefix.", show_default="data/lake"
    ),
]


def register(app: typer.Typer) -> None:
    """Add the lake's commands to the command line."""
    app.command("import")(import_files)
    lake = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    lake.callback()(show_lake)
    lake.command("repair")(repair_lake)
    app.add_typer(lake, name="lake")
    app.command("recode")(recode_lake)
    app.command("compact")(compact_lake)


def import_files(
    file: Annotated[
        list[str], typer.Argument(help="Export files, globs, folders or s3://bucket/prefix/.")
    ],
    lake: Place = LAKE,
    covers: Annotated[
        str,
        typer.Option(help="SINCE..UNTIL that the files hold in full, if more than their events."),
    ] = "",
    date_order: DateOrder = None,
    since: Annotated[
        str | None,
        typer.Option(help="Of folders named by a date, UTC, those from then on: 7d, a date."),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Read files of folders again that were imported before."),
    ] = False,
) -> None:
    """Add export files to the lake; no event twice. Of folders and buckets, what is new there.

    Example: okta-kit import exports/*.ndjson.gz
    """
    from datetime import UTC, datetime

    from kit.base.times import parse_time
    from kit.lake import Lake, skipped
    from kit.lake.bulk import add_all
    from kit.lake.lacking import EFFECTS

    stretch = _covers(covers) if covers else None
    start = parse_time("since", since, datetime.now(UTC)) if since else None
    held = Lake(lake)
    with _progress() as told:
        done = add_all(
            held,
            file,
            covers=stretch,
            date_order=date_order,
            since=start,
            again=again,
            told=told,
        )
    said = [
        f"{phrases.count(done.events, 'event')} added",
        f"{phrases.count(done.repeats, 'repeat')} left out",
        f"{phrases.count(skipped(done.put_aside), 'line')} put aside",
    ]
    if done.before:
        said.append(f"{phrases.count(done.before, 'file')} imported before")
    print(f"{lake}: {', '.join(said)}.")
    if done.passed_over:
        names = ", ".join(sorted(suffix or "no suffix" for suffix in done.passed_over))
        count = phrases.count(sum(done.passed_over.values()), "file")
        note(f"{count} left out by suffix ({names}). To import such a file, name it itself.")
    if caution := held.storage.caution():
        note(caution)
    for one in done.put_aside[:5]:
        note(f"{one.file}:{one.line}: {one.reason}")
    if more := skipped(done.put_aside[5:]):
        note(f"and {more:,} more; okta-kit lake lists them.")
    for name, columns in done.unknown.items():
        note(f"{name}: columns not understood, kept in raw: {', '.join(columns)}")
    for name, what in done.lacking.items():
        note(f"{name}: {'; '.join(EFFECTS[one] for one in what)}.")
    if done.nothing:
        raise SourceError(
            f"{done.barren[0]}: no System Log event in it, so nothing of it counts as covered. "
            "Export it as NDJSON, JSON or CSV."
        )
    for name in done.barren:
        note(
            f"{name}: no System Log event in it. What it holds may belong anywhere in what this "
            "import covers, so that stays a gap. Export it again, then import all with --covers."
        )


def show_lake(
    context: typer.Context,
    lake: Place = LAKE,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read every event, and count them against the manifest.")
    ] = False,
) -> None:
    """Show what the lake holds: days, events, coverage, gaps, what was put aside.

    Example: okta-kit lake
    """
    from kit.lake import Lake
    from kit.lake.overview import overview

    if context.invoked_subcommand:
        context.obj = lake
        return
    if check:
        _check_lake(Lake(lake))
    found = overview(Lake(lake).open())
    if as_json:
        print_json(found)
    else:
        _print_overview(found)


def _print_overview(held: dict[str, Any]) -> None:
    """Print what ``overview`` says of a lake: its days, then a line for each thing it lacks."""
    days = [
        (
            f"{day['date']} to {day['last']}" if "last" in day else day["date"],
            day["events"],
            day["files"],
            day["coverage"],
        )
        for day in held["days"]
    ]
    count = phrases.count(sum(1 for day in held["days"] if day["events"]), "day")
    print(clean(f"{held['lake']}: {held['events']:,} events on {count}"), end="\n\n")
    if days:
        print_table(days, ["day (UTC)", "events", "files", "coverage"], width=100, out=sys.stdout)
        print()
    for line in _lacks(held):
        print(clean(line))
    for line in held["put_aside_lines"][:_SHOWN]:
        print("  " + clean(f"{line['file']}:{line['line']}: {line['reason']}"))


_SHOWN = 20
"""Stretches, and skipped lines, that a terminal shows."""


def _lacks(held: dict[str, Any]) -> Iterator[str]:
    """What a lake lacks, what was put aside and what it was coded with, a line each."""
    from kit.lake.lacking import EFFECTS

    for gap in held["gaps"]:
        yield f"missing: {gap['since']} to {gap['until']}"
    for hole in held["unread"][:_SHOWN]:
        lines = phrases.count(hole["lines"], "skipped line")
        of = f" of {hole['file']}" if hole["file"] else ""
        yield f"not read: {hole['since']} to {hole['until']}, {lines}{of}"
    if len(held["unread"]) > _SHOWN:
        yield f"not read: {len(held['unread']) - _SHOWN:,} more stretches"
    for one in held["lacking"][:_SHOWN]:
        effects = "; ".join(EFFECTS[what] for what in one["what"])
        yield f"{one['file'] or 'several files'}: {effects}"
    if newest := held["provisional"]:
        yield f"provisional, may still grow: {newest['since']} to {newest['until']}"
    for name in held["lost_files"]:
        yield f"lost: {name}; its day is a gap. Put it back, or import its export again"
    for name in held["unknown_files"]:
        yield f"not written by okta-kit, but read: {name}"
    others = sum(n for v, n in held["catalogue"].items() if v != held["catalogue_version"])
    recode = f"; {others} days were coded with another: okta-kit recode" if others else ""
    yield f"catalogue {held['catalogue_version']}{recode}"
    yield f"put aside: {held['put_aside']:,} lines"


def _check_lake(lake: Any) -> None:
    """Name all that is wrong, and raise if anything is."""
    from kit.lake.repair import examined

    if lake.exists() and (wrong := examined(lake)):
        for name, why in wrong[1:]:
            note(f"{name}: {why}")
        name, why = wrong[0]
        raise SourceError(
            f"{lake.address}/{name}: {why}. Put it back, or run: okta-kit lake repair --lake "
            f"{lake.address}"
        )


def repair_lake(context: typer.Context, lake: Place = "") -> None:
    """Move what cannot be read into _damaged/, and mark its days as gaps.

    Example: okta-kit lake repair
    """
    from kit.lake import Lake, repair

    held = Lake(lake or context.obj or LAKE)
    done = repair(held)
    for line in done:
        print(clean(line))
    print(f"{held.address}: {'repaired.' if done else 'nothing to repair.'}")


def recode_lake(lake: Place = LAKE) -> None:
    """Parse the events again that were coded with another catalogue.

    Example: okta-kit recode
    """
    from kit.lake import Lake, recode

    days = recode(Lake(lake).open(), lambda day: note(f"{day} done"))
    print(f"{lake}: {phrases.count(days, 'day')} coded anew.")


def compact_lake(lake: Place = LAKE) -> None:
    """Write the events of each day into one file, and make the first questions fast.

    Example: okta-kit compact
    """
    from kit.analysis.trends import prepare
    from kit.lake import Lake, compact
    from kit.log.log import open_log
    from kit.log.spark import DUCKDB

    held = Lake(lake).open()
    less = compact(held, lambda day: note(f"{day} done"))
    if held.names():
        prepare(open_log(lake, engine=DUCKDB))
    print(f"{lake}: {phrases.count(less, 'file')} less.")


def _covers(text: str) -> Any:
    """Read ``SINCE..UNTIL``."""
    from kit.base.times import parse_iso
    from kit.base.windows import Window

    since, dots, until = text.partition("..")
    try:
        ends = [parse_iso(part.strip()) for part in (since, until)]
    except ValueError:
        ends = []
    if not dots or not ends:
        raise UsageError(f"--covers {text}: write it as 2026-10-01..2026-11-01, both UTC.")
    start, end = ends
    if start >= end:
        raise UsageError(f"--covers {text}: the start is not before the end. Swap them.")
    return Window(start, end)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A progress line on a terminal, and nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} events read"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as shown:
        task = shown.add_task("import", total=None)
        yield lambda events: shown.advance(task, events)
