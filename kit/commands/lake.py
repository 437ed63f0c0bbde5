"""The commands that fill, show and rewrite the event lake."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from kit.base.errors import KitError, SourceError, UsageError
from kit.base.paths import LAKE
from kit.base.text import clean
from kit.commands import options, retention
from kit.commands.groups import Commands
from kit.commands.notes import print_json, print_note
from kit.commands.options import DateOrder, argument, option
from kit.display import phrases
from kit.display.terminal import print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["prepare_large", "register"]


def register(app: click.Group) -> None:
    """Add the lake's commands to the command line."""
    app.command("import")(import_files)
    lake = app.group("lake", cls=Commands, invoke_without_command=True)(show_lake)
    lake.command("repair")(repair_lake)
    retention.register(lake)
    app.command("recode")(recode_lake)
    app.command("compact")(compact_lake)


@argument(
    "file", nargs=-1, required=True, help="Export files, globs, folders or s3://bucket/prefix/."
)
@options.lake(default=LAKE)
@option(
    "--covers",
    default="",
    help="SINCE..UNTIL that the files hold in full, if more than their events.",
)
@options.date_order
@option("--since", help="Of folders named by a date, UTC, those from then on: 7d, a date.")
@option("--again", is_flag=True, help="Read files of folders again that were imported before.")
def import_files(
    file: list[str],
    lake: str,
    covers: str,
    date_order: DateOrder | None,
    since: str | None,
    again: bool,
) -> None:
    """Add export files to the lake; no event twice. Of folders and buckets, what is new there.

    Example: okta-kit import exports/*.ndjson.gz
    """
    from datetime import UTC, datetime

    from kit.base.arrow import without_pandas
    from kit.base.times import parse_time
    from kit.lake import Lake
    from kit.lake.bulk import add_all

    stretch = _covers(covers) if covers else None
    start = parse_time("since", since, datetime.now(UTC)) if since else None
    event_lake = Lake(lake)
    with _progress() as on_progress, without_pandas():
        result = add_all(
            event_lake,
            file,
            covers=stretch,
            date_order=date_order,
            since=start,
            again=again,
            on_progress=on_progress,
        )
    print(f"{lake}: {', '.join(_counts(result))}.", flush=True)
    if result.events:
        prepare_large(event_lake)
    if caution := event_lake.storage.caution():
        print_note(caution)
    may_be_left_out = bool(result.before or start)
    _tell_of_files(result, () if may_be_left_out else file)
    if result.nothing:
        raise SourceError(
            f"{result.barren[0]}: no System Log event in it, so nothing of it counts as covered. "
            "Export it as NDJSON, JSON or CSV."
        )
    for name in result.barren:
        print_note(
            f"{name}: no System Log event in it. What it holds may belong anywhere in what this "
            "import covers, so that stays a gap. Export it again, then import all with --covers."
        )


def _tell_of_files(result: Any, files: Sequence[str]) -> None:
    """Say what was not read, or not understood, and that nothing stands in *files*, if so."""
    from kit.lake import skipped
    from kit.lake.lacking import EFFECTS

    if result.passed_over:
        names = ", ".join(sorted(suffix or "no suffix" for suffix in result.passed_over))
        count = phrases.count(sum(result.passed_over.values()), "file")
        print_note(f"{count} left out by suffix ({names}). To import such a file, name it itself.")
    for one in result.skipped_lines[:5]:
        print_note(f"{one.file}:{one.line}: {one.reason}")
    if more := skipped(result.skipped_lines[5:]):
        print_note(f"and {more:,} more; okta-kit lake lists them.")
    if result.empty and files:
        others = [f"{len(files) - 3:,} more"] if len(files) > 3 else []
        names = phrases.join([*files[:3], *others])
        print_note(f"{names}: empty. If something should stand there, export it again.")
    for name, columns in result.unknown.items():
        print_note(f"{name}: columns not understood, kept in raw: {', '.join(columns)}")
    for name, what in result.lacking.items():
        print_note(f"{name}: {'; '.join(EFFECTS[one] for one in what)}.")


def _counts(result: Any) -> list[str]:
    """What came of an import, in parts of a sentence."""
    from kit.lake import skipped

    parts = [f"{phrases.count(result.events, 'event')} added"]
    if result.records or result.record_repeats:
        parts.append(f"{phrases.count(result.records, 'vendor record')} added")
    repeats = result.repeats + result.record_repeats
    parts.append(f"{phrases.count(repeats, 'repeat')} left out")
    parts.append(f"{phrases.count(skipped(result.skipped_lines), 'line')} skipped")
    if result.before:
        parts.append(f"{phrases.count(result.before, 'file')} imported before")
    return parts


@options.lake(default=LAKE)
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@option("--check", is_flag=True, help="Read every event, and count them against the manifest.")
@click.pass_context
def show_lake(context: click.Context, lake: str, as_json: bool, check: bool) -> None:
    """Show what the lake holds: days, events, coverage, gaps, skipped lines.

    Example: okta-kit lake
    """
    from kit.lake import Lake
    from kit.lake.overview import overview

    if context.invoked_subcommand:
        context.obj = lake
        return
    if check:
        _check_lake(Lake(lake))
    facts = overview(Lake(lake).open())
    if as_json:
        print_json(facts)
    else:
        _print_overview(facts)


def _print_overview(facts: dict[str, Any]) -> None:
    """Print what ``overview`` says of a lake: its days, then a line for each thing it lacks."""
    days = [
        (
            f"{day['date']} to {day['last']}" if "last" in day else day["date"],
            day["events"],
            day["files"],
            day["coverage"],
        )
        for day in facts["days"]
    ]
    count = phrases.count(sum(1 for day in facts["days"] if day["events"]), "day")
    print(clean(f"{facts['lake']}: {facts['events']:,} events on {count}"), end="\n\n")
    if days:
        print_table(days, ["day (UTC)", "events", "files", "coverage"], width=100, out=sys.stdout)
        print()
    for line in _lacks(facts):
        print(clean(line))
    for line in facts["put_aside_lines"][:_MAX_LINES]:
        print("  " + clean(f"{line['file']}:{line['line']}: {line['reason']}"))


_MAX_LINES = 20
"""Stretches, and skipped lines, that a terminal shows."""


def _lacks(facts: dict[str, Any]) -> Iterator[str]:
    """What a lake lacks, its skipped lines and what it was coded with, a line each."""
    from kit.lake.lacking import EFFECTS

    for gap in facts["gaps"]:
        yield f"missing: {gap['since']} to {gap['until']}"
    for hole in facts["unread"][:_MAX_LINES]:
        lines = phrases.count(hole["lines"], "skipped line")
        of = f" of {hole['file']}" if hole["file"] else ""
        yield f"not read: {hole['since']} to {hole['until']}, {lines}{of}"
    if len(facts["unread"]) > _MAX_LINES:
        yield f"not read: {len(facts['unread']) - _MAX_LINES:,} more stretches"
    for one in facts["lacking"][:_MAX_LINES]:
        effects = "; ".join(EFFECTS[what] for what in one["what"])
        yield f"{one['file'] or 'several files'}: {effects}"
    if newest := facts["provisional"]:
        yield f"provisional, may still grow: {newest['since']} to {newest['until']}"
    for one in facts["vendor_logs"]:
        yield from _of_vendor(one)
    for name in facts["lost_vendor_files"]:
        yield f"lost: {name}; no vendor's log is held for its day. Import its exports again"
    for name in facts["lost_files"]:
        yield f"lost: {name}; its day is a gap. Put it back, or import its export again"
    for name in facts["unknown_files"]:
        yield f"not written by okta-kit, but read: {name}"
    others = sum(n for v, n in facts["catalogue"].items() if v != facts["catalogue_version"])
    recode = f"; {others} days were coded with another: okta-kit recode" if others else ""
    yield f"catalogue {facts['catalogue_version']}{recode}"
    yield f"skipped lines: {facts['put_aside']:,}"


def _of_vendor(log: dict[str, Any]) -> Iterator[str]:
    """What is held of a vendor's log, and what its exports leave out, a line each."""
    name = f"{log['vendor']}, {log['title']}"
    count = phrases.count(log["records"], "record")
    if not log["covered"]:
        yield f"{name}: {count}"
        return
    yield f"{name}: {count}, {log['covered'][0]['since']} to {log['covered'][-1]['until']}"
    for gap in log["gaps"][:_MAX_LINES]:
        yield f"not exported of it: {gap['since']} to {gap['until']}"
    if len(log["gaps"]) > _MAX_LINES:
        yield f"not exported of it: {len(log['gaps']) - _MAX_LINES:,} more stretches"


def _check_lake(lake: Any) -> None:
    """Name all that is wrong, and raise if anything is."""
    from kit.lake.repair import examined

    if lake.exists() and (wrong := examined(lake)):
        for name, why in wrong[1:]:
            print_note(f"{name}: {why}")
        name, why = wrong[0]
        raise SourceError(
            f"{lake.address}/{name}: {why}. Put it back, or run: okta-kit lake repair --lake "
            f"{lake.address}"
        )


@options.lake(default="")
@click.pass_context
def repair_lake(context: click.Context, lake: str) -> None:
    """Move what cannot be read into _damaged/, and mark its days as gaps.

    Example: okta-kit lake repair
    """
    from kit.lake import Lake, repair

    event_lake = Lake(lake or context.obj or LAKE)
    lines = repair(event_lake)
    for line in lines:
        print(clean(line))
    print(f"{event_lake.address}: {'repaired.' if lines else 'nothing to repair.'}")


@options.lake(default=LAKE)
def recode_lake(lake: str) -> None:
    """Parse the events again that were coded with another catalogue.

    Example: okta-kit recode
    """
    from kit.lake import Lake, recode

    days = recode(Lake(lake).open(), lambda day: print_note(f"{day} done"))
    print(f"{lake}: {phrases.count(days, 'day')} coded again.")


@options.lake(default=LAKE)
def compact_lake(lake: str) -> None:
    """Write the events of each day into one file, and make the first questions fast.

    Example: okta-kit compact
    """
    from kit.lake import Lake, compact

    event_lake = Lake(lake).open()
    less = compact(event_lake, lambda day: print_note(f"{day} done"))
    if event_lake.names():
        _prepare(event_lake)
    print(f"{lake}: {phrases.count(less, 'file')} less.")


_LARGE = 500_000
"""Events of a lake whose first question would take longer than those after it."""


def prepare_large(lake: Any) -> None:
    """Ask a large lake that got events what all questions begin with, so that nobody waits for it.

    It is no part of what was asked for: a fault is left to the question that meets it.

    Args:
        lake: the lake.
    """
    inventory = lake.open().manifest().get("inventory", {})
    if sum(one["events"] for one in inventory.values()) >= _LARGE:
        import duckdb
        import pyarrow as pa

        pa.default_memory_pool().release_unused()  # what the import held
        with suppress(KitError, duckdb.Error):
            _prepare(lake, memory=_MEMORY)


_MEMORY = "250MB"
"""What DuckDB may hold besides, so that an import's memory stays what it is; the rest is spilt."""


def _prepare(lake: Any, memory: str = "") -> None:
    from kit.analysis.trends import prepare
    from kit.log.log import open_log
    from kit.log.spark import DUCKDB

    log = open_log(lake.address, engine=DUCKDB)
    if memory:
        log.answers.backend.raw_sql(f"SET memory_limit = '{memory}'")
    prepare(log)


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
    ) as bar:
        task = bar.add_task("import", total=None)
        yield lambda events: bar.advance(task, events)
