"""The command line: one thin function a command.

Results go to stdout, notes to stderr. What a command needs is imported when it runs, so
that ``--help`` and ``explain`` answer at once.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from kit.base.errors import UsageError
from kit.commands import assistant, codes, evidence, incidents, lab, lake, okta, reports, schedule
from kit.commands.codes import tell_mistakes
from kit.commands.faults import end_on_sigterm, exit_code_of
from kit.commands.notes import print_json, print_note
from kit.commands.options import DateOrder, Engine, Since, Source, Until

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "run_command"]

app = typer.Typer(
    name="okta-kit",
    help="From Okta System Log events to the failing code and the way to fix it.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"
    ocsf = "ocsf"
    parquet = "parquet"


def _version(value: bool) -> None:
    if value:
        from kit.base.version import __version__

        print(f"okta-kit {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault.")] = False,
    version: Annotated[  # shown before a command is missed
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    context.obj = debug
    end_on_sigterm()


@app.command()
def failures(
    source: Source = None,
    since: Since = None,
    until: Until = None,
    app_name: Annotated[
        str | None, typer.Option("--app", help="Only this app, by name or id.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Only this code, e.g. AADSTS50126.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="Only this kind of failure, e.g. already_exists.")
    ] = None,
    still_failing: Annotated[
        bool, typer.Option("--still-failing", help="Only users with no success since.")
    ] = False,
    engine: Engine = None,
    date_order: DateOrder = None,
    format_: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.table,
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
def explain(
    text: Annotated[
        str,
        typer.Argument(
            help="A message, a code, an event type, or an event or a record of Entra's logs as "
            "JSON or CSV with its header; - reads standard input, where each line is one."
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; a list where several are asked.")
    ] = False,
) -> None:
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


lake.register(app)
okta.register(app)
codes.register(app)
reports.register(app)
incidents.register(app)
evidence.register(app)
schedule.register(app)
lab.register(app)
assistant.register(app)


def run_command(arguments: Sequence[str]) -> int:
    """Run the command line.

    Args:
        arguments: the words after the program's name.

    Returns:
        The exit code.
    """
    arguments, debug = _with_debug(arguments)
    command = typer.main.get_command(app)
    words = list(arguments) or ["--help"]
    return exit_code_of(
        lambda: command.main(args=words, prog_name="okta-kit", standalone_mode=False), debug=debug
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
