"""The command line: one thin function a command.

Results go to stdout, notes to stderr. What a command needs is imported when it runs, so
that ``--help`` and ``explain`` answer at once.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kit import codes_cli, lake_cli, okta_cli
from kit.codes_cli import tell_mistakes
from kit.errors import (
    CoverageError,
    Interrupted,
    KitError,
    SourceError,
    Terminated,
    UsageError,
    nearest,
)
from kit.places import NOTEBOOKS

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


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


Source = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        help="sample, lake, okta, a lake's folder, an export file or a glob; may be repeated.",
        show_default="sample",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(help="Start, UTC: 7d, 36h or 90m before the end, a date or an ISO time."),
]
Until = Annotated[
    str | None, typer.Option(help="End, UTC, not included; the source's end if left out.")
]


@app.callback()
def _common(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        from kit import __version__

        print(f"okta-kit {__version__}")
        raise typer.Exit
    context.obj = debug
    _end_on_sigterm()


@app.command()
def report(
    notebook: Annotated[str, typer.Argument(help="A name in notebooks/, or a path.")],
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", help="name=value of a parameter; may be repeated."),
    ] = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
    out: Annotated[Path, typer.Option(help="Where reports are kept.")] = Path("reports"),
    require_complete: Annotated[
        bool, typer.Option("--require-complete", help="Exit 4 if the window is not covered.")
    ] = False,
) -> None:
    """Run a notebook into a report and print the report's path.

    Example: okta-kit report failure_trends --source sample --since 7d
    """
    from kit.reports import run_report
    from kit.reports.parameters import check, read

    path = _notebook(notebook)
    declared = read(path)
    given = _given(parameter or [])
    named = {"source": ",".join(source) if source else None, "since": since, "until": until}
    given |= {k: v for k, v in named.items() if v is not None and k in declared}
    values = check(declared, given)
    closed = _close_window(values, require_complete=require_complete)
    made = run_report(path, given | closed, out=out)
    print(made.page)
    if made.exit_code:
        _say(f"{path.name}: {made.error}")
        raise typer.Exit(made.exit_code)


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
        print(json.dumps(answers if len(found) > 1 else answers[0], ensure_ascii=False, indent=2))
    else:
        show(found, sys.stdout)
    tell_mistakes()


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(
    context: typer.Context,
    notebook: Annotated[str, typer.Argument(help="A notebook to open.")] = "",
) -> None:
    """Open JupyterLab on the notebooks; further options are JupyterLab's own.

    Example: okta-kit lab failure_trends --no-browser --port 8890
    """
    import subprocess
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        raise SourceError("JupyterLab is not installed. Run: pip install jupyterlab")
    further = context.args
    if notebook.startswith("-"):
        notebook, further = "", [notebook, *further]
    opened = [str(_notebook(notebook))] if notebook else []
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={NOTEBOOKS}", *opened]
    command += further
    raise typer.Exit(subprocess.call(command))  # noqa: S603  # our own interpreter, no shell


lake_cli.register(app)
okta_cli.register(app)
codes_cli.register(app)


def run(arguments: Sequence[str]) -> int:
    """Run the command line.

    Args:
        arguments: the words after the program's name.

    Returns:
        The exit code.
    """
    debug = "--debug" in arguments
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
    if done == Interrupted.exit_code:  # typer turns the interrupt into this code
        _say("interrupted; what was half done is gone.")
    return done if isinstance(done, int) else 0


def _end_on_sigterm() -> None:
    """Let a scheduler's SIGTERM clean up what is half done."""
    import signal

    def end(number: int, frame: object) -> None:
        raise Terminated("terminated; what was half done is gone.")

    signal.signal(signal.SIGTERM, end)


def _say(text: str) -> None:
    """Print one note or fault to stderr."""
    print("okta-kit: " + " ".join(text.split()), file=sys.stderr)


def _usage(fault: Any) -> str:
    """One line for a wrong command or option; Click adds the nearest right name."""
    message = fault.format_message().rstrip(".").replace("Value error, ", "")
    command = fault.ctx.command_path if fault.ctx else "okta-kit"
    return f"{message}{'' if message.endswith('?') else '.'} See {command} --help."


def _notebook(name: str) -> Path:
    """Find a notebook by its name in the kit, or by its path."""
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    own = {p.stem: p for p in sorted(NOTEBOOKS.glob("*.ipynb"))}
    stem = path.name.removesuffix(".ipynb")
    if stem in own and path.parent == Path():
        return own[stem]
    known = f" The kit has {', '.join(own)}." if own else ""
    raise UsageError(f"There is no notebook {name!r}.{nearest(stem, own)}{known}")


def _given(words: Sequence[str]) -> dict[str, str]:
    given = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"-p {word}: write it as name=value.")
        given[name.strip()] = value
    return given


def _close_window(values: dict[str, object], *, require_complete: bool) -> dict[str, str]:
    """Fix the window of a run before it starts, so that a rerun gives the same report."""
    if not isinstance(source := values.get("source"), str):
        return {}
    from kit import words
    from kit.engine import open_log

    since, until = (str(values.get(k) or "") for k in ("since", "until"))
    log = open_log([part.strip() for part in source.split(",")], since=since, until=until)
    window = log.window(since, until)
    coverage = log.coverage(window)
    if require_complete and not coverage.complete:
        raise CoverageError(
            f"{source} does not cover the window; {words.covered(coverage)}. "
            "Add the missing export, or leave --require-complete out."
        )
    if source == "okta" and "code" in values:
        from kit.live import ask_about_apps

        ask_about_apps(log, window, code=str(values["code"]), app=str(values.get("app") or ""))
    return {k: v for k, v in window.as_text().items() if k in values}
