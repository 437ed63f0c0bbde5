"""The command line: one thin function a command.

Results go to stdout, notes to stderr. What a command needs is imported when it runs, so
that ``--help`` and ``explain`` answer at once.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kit import codes_cli, lab_cli, lake_cli, okta_cli, reports_cli, words
from kit.codes_cli import tell_mistakes
from kit.errors import (
    Interrupted,
    KitError,
    SourceError,
    Terminated,
    UsageError,
)
from kit.options import Engine, Since, Source, Until

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "run"]

app = typer.Typer(
    name="okta-kit",
    help="From Okta System Log events to the failing code and the way to fix it.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


_WRONG_USAGE: type[Exception] = typer.BadParameter.__bases__[0]
"""Click's UsageError: typer brings its own copy of Click, and names this subclass alone."""


_IN_STORE = "SourceError: "
"""How DuckDB begins when reading from a store failed while it answered a question; it hands our
fault on as text of its own."""


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def _version(asked: bool) -> None:
    if asked:
        from kit import __version__

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
    _end_on_sigterm()


@app.command()
def failures(
    source: Source = None,
    since: Since = None,
    until: Until = None,
    app_name: Annotated[
        str | None, typer.Option("--app", help="Only this app, by name or id.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Only this code, e.g. AADSTS50126.")] = None,
    still_failing: Annotated[
        bool, typer.Option("--still-failing", help="Only users with no success since.")
    ] = False,
    engine: Engine = None,
    format_: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.table,
) -> None:
    """List the failures, one row each, oldest first.

    Example: okta-kit failures --source sample --since 7d --still-failing --format csv
    """
    from kit.analysis.listing import listing, write

    if format_ is Format.parquet and sys.stdout.isatty():
        raise UsageError("--format parquet is binary. Send it to a file: … > failures.parquet")
    found = listing(
        source or ["sample"],
        since=since,
        until=until,
        app=app_name,
        code=code,
        still_failing=still_failing,
        engine=engine,
    )
    write(found.rows, format_.value, sys.stdout)
    _say(found.said)


@app.command()
def explain(
    text: Annotated[
        str,
        typer.Argument(
            help="A message, a code, an event type or an event's JSON; - reads standard input, "
            "where each line is one."
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; a list where several are asked.")
    ] = False,
) -> None:
    """Say what a message, a code or an event means, its cause and the steps.

    Example: okta-kit explain AADSTS50126
    """
    from kit.explain import asked, asked_by_line, explanation, show

    if text == "-":
        things = asked_by_line(sys.stdin.buffer.read().decode("utf-8-sig", "replace"))
    else:
        things = asked(text)
    if not things:
        raise UsageError("explain -: standard input is empty. Pipe a message, code or event in.")
    found = [explanation(thing) for thing in things]
    if as_json:
        import json

        answers = [one.fields() for one in found]
        asked_for = answers if len(found) > 1 else answers[0]
        print(words.in_json(json.dumps(asked_for, ensure_ascii=False, indent=2)))
    else:
        show(found, sys.stdout)
    tell_mistakes()


lake_cli.register(app)
okta_cli.register(app)
codes_cli.register(app)
reports_cli.register(app)
lab_cli.register(app)


def run(arguments: Sequence[str]) -> int:
    """Run the command line.

    Args:
        arguments: the words after the program's name.

    Returns:
        The exit code.
    """
    arguments, debug = _with_debug(arguments)
    try:
        done = typer.main.get_command(app).main(
            args=list(arguments) or ["--help"], prog_name="okta-kit", standalone_mode=False
        )
    except KitError as fault:
        if debug:
            raise
        _say(str(fault))
        return fault.exit_code
    except _WRONG_USAGE as fault:
        _say(_usage(fault))
        return UsageError.exit_code
    except (typer.Abort, KeyboardInterrupt):
        done = Interrupted.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as fault:
        if debug or not str(fault).startswith(_IN_STORE):
            raise
        _say(str(fault).removeprefix(_IN_STORE).splitlines()[0])
        return SourceError.exit_code
    if done == Interrupted.exit_code:  # typer turns the interrupt into this code
        _say("interrupted; what was half done is gone.")
    return done if isinstance(done, int) else 0


def _with_debug(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """Take ``--debug`` wherever it stands; behind ``lab`` it is JupyterLab's own."""
    words = list(arguments)
    command = next((n for n, word in enumerate(words) if not word.startswith("-")), len(words))
    end = words.index("--") if "--" in words else len(words)
    end = min(end, command) if words[command : command + 1] == ["lab"] else end
    ours = [word for word in words[:end] if word != "--debug"]
    debug = len(ours) < end
    return [*(["--debug"] if debug else []), *ours, *words[end:]], debug


def _end_on_sigterm() -> None:
    """Let a scheduler's SIGTERM clean up what is half done."""
    import signal

    def end(number: int, frame: object) -> None:
        raise Terminated("terminated; what was half done is gone.")

    signal.signal(signal.SIGTERM, end)


def _say(text: str) -> None:
    """Print one note or fault to stderr."""
    print("okta-kit: " + words.clean(" ".join(text.split())), file=sys.stderr)


def _usage(fault: Any) -> str:
    """One line for a wrong command or option; Click adds the nearest right name."""
    message = fault.format_message().rstrip(".").replace("Value error, ", "")
    command = fault.ctx.command_path if fault.ctx else "okta-kit"
    return f"{message}{'' if message.endswith('?') else '.'} See {command} --help."
