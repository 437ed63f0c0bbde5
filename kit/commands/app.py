"""The command line: one thin function a command.

Results go to stdout, notes to stderr. What a command needs is imported when it runs, so
that ``--help`` and ``explain`` answer at once.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING

import click

from kit.base.errors import UsageError
from kit.commands import options
from kit.commands.faults import end_on_sigterm, exit_code_of
from kit.commands.groups import LazyCommands
from kit.commands.notes import print_json, print_note, tell_mistakes
from kit.commands.options import DateOrder, argument, option

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "run_command"]


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"
    ocsf = "ocsf"
    parquet = "parquet"


_HOMES = {
    "import": "lake",
    "recode": "lake",
    "compact": "lake",
    "pull": "okta",
    "doctor": "okta",
    "codes": "codes",
    "report": "reports",
    "evidence": "evidence",
    "lookup": "evidence",
    "schedule": "schedule",
    "new": "lab",
    "lab": "lab",
    "mcp": "assistant",
    "lake": "lake",
    "reports": "reports",
    "incidents": "incidents",
}
"""By the names of further commands, the modules that add them."""


def _version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from kit.base.version import __version__

        print(f"okta-kit {__version__}")
        context.exit()


@click.group(
    "okta-kit",
    cls=LazyCommands,
    homes=_HOMES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@option("--debug", is_flag=True, help="Show the traceback of a fault.")
@option(  # shown before a command is missed
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version.",
)
@click.pass_context
def app(context: click.Context, debug: bool) -> None:
    """From Okta System Log events to the failing code and the way to fix it."""
    context.obj = debug
    end_on_sigterm()


@app.command()
@options.source
@options.since
@options.until
@option("--app", "app_name", help="Only this app, by name or id.")
@option("--code", help="Only this code, e.g. AADSTS50126.")
@option("--kind", help="Only this kind of failure, e.g. already_exists.")
@option("--still-failing", is_flag=True, help="Only users with no success since.")
@options.engine
@options.date_order
@option(
    "--format",
    "format_",
    type=click.Choice(Format),
    default=Format.table,
    show_default=True,
    help="How to print them.",
)
def failures(
    source: list[str] | None,
    since: str | None,
    until: str | None,
    app_name: str | None,
    code: str | None,
    kind: str | None,
    still_failing: bool,
    engine: str | None,
    date_order: DateOrder | None,
    format_: Format,
) -> None:
    """List the failures, one row each, oldest first.

    Example: okta-kit failures --source sample --since 7d --still-failing --format csv
    """
    from kit.commands.listing import listing, write

    if format_ is Format.parquet and sys.stdout.isatty():
        raise UsageError("--format parquet is binary. Send it to a file: … > failures.parquet")
    result = listing(
        source or ["sample"],
        since=since,
        until=until,
        app=app_name,
        code=code,
        kind=kind,
        still_failing=still_failing,
        engine=engine,
        date_order=date_order,
    )
    write(result, format_.value, sys.stdout)
    print_note(result.sentence)


@app.command()
@argument(
    "text",
    help="A message, a code, an event type, or an event or a record of Entra's logs as "
    "JSON or CSV with its header; - reads standard input, where each line is one.",
)
@option(
    "--json", "as_json", is_flag=True, help="Print one JSON object; a list where several are asked."
)
def explain(text: str, as_json: bool) -> None:
    """Say what a message, a code or an event means, its cause and the steps.

    Example: okta-kit explain AADSTS50126
    """
    from kit.catalogue.explain import explanation
    from kit.catalogue.pasted import as_written
    from kit.display.explanation import print_explanations
    from kit.sources.questions import questions_by_line, questions_in

    if text == "-":
        pasted = sys.stdin.buffer.read().decode("utf-8-sig", "replace")
        things = questions_by_line(as_written(pasted))
    else:
        things = questions_in(as_written(text))
    if not things:
        raise UsageError("explain -: standard input is empty. Pipe a message, code or event in.")
    explanations = [explanation(thing) for thing in things]
    if as_json:
        answers = [one.fields() for one in explanations]
        print_json(answers if len(explanations) > 1 else answers[0])
    else:
        print_explanations(explanations, sys.stdout)
    tell_mistakes()


def run_command(arguments: Sequence[str]) -> int:
    """Run the command line.

    Args:
        arguments: the words after the program's name.

    Returns:
        The exit code.
    """
    arguments, debug = _with_debug(arguments)
    words = list(arguments) or ["--help"]
    return exit_code_of(
        lambda: app.main(args=words, prog_name="okta-kit", standalone_mode=False), debug=debug
    )


def _with_debug(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """Take ``--debug`` wherever it stands; behind ``lab`` it is JupyterLab's own."""
    words = list(arguments)
    command = next((n for n, word in enumerate(words) if not word.startswith("-")), len(words))
    end = words.index("--") if "--" in words else len(words)
    end = min(end, command) if words[command : command + 1] == ["lab"] else end
    ours = [word for word in words[:end] if word != "--debug"]
    debug = len(ours) < end
    return [*(["--debug"] if debug else []), *ours, *words[end:]], debug
