"""The commands that make reports, and keep them."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kit.errors import KitError, UsageError, nearest
from kit.places import NOTEBOOKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kit.reports.parameters import Parameter
    from kit.reports.pseudonyms import Key

__all__ = ["find_notebook", "register"]

Out = Annotated[Path, typer.Option(help="Where reports are kept.")]

_REPORTS = Path("reports")


class When(StrEnum):
    """On which good reports a notice is sent."""

    failure = "failure"
    change = "change"
    always = "always"


def register(app: typer.Typer) -> None:
    """Add the reports' commands to the command line."""
    app.command("report")(make_reports)
    upkeep = typer.Typer(
        help="The reports made, and their retention.",
        rich_markup_mode=None,
        invoke_without_command=True,
    )
    upkeep.callback()(_list_by_default)
    upkeep.command("list")(list_reports)
    upkeep.command("prune")(prune_reports)
    upkeep.command("resolve")(resolve_pseudonym)
    app.add_typer(upkeep, name="reports")


def make_reports(
    notebooks: Annotated[
        list[str], typer.Argument(metavar="NOTEBOOK...", help="Names in notebooks/, or paths.")
    ],
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", help="name=value of a parameter; may be repeated."),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            help="sample, lake, okta, a lake's folder, an export file or a glob; may be repeated.",
            show_default="sample",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Start, UTC: 7d, 36h or 90m before the end, a date or an ISO time."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="End, UTC, not included; the source's end if left out.")
    ] = None,
    out: Out = _REPORTS,
    notify: Annotated[
        list[str] | None,
        typer.Option(help="Send a notice to this apprise URL; may be repeated. [$OKTA_KIT_NOTIFY]"),
    ] = None,
    notify_on: Annotated[
        When, typer.Option(help="On which good reports; on a failed one, always.")
    ] = When.change,
    redact: Annotated[
        bool, typer.Option("--redact", help="Replace people by pseudonyms, everywhere.")
    ] = False,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print the page as PDF, too; needs Chromium or Chrome.")
    ] = False,
    require_complete: Annotated[
        bool, typer.Option("--require-complete", help="Exit 4 if the window is not covered.")
    ] = False,
    cell_timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds that a cell may take.")
    ] = 900,
    run_timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds that a notebook may take.")
    ] = 3600,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, help="Notebooks that run at the same time.")
    ] = 1,
) -> None:
    """Run notebooks into reports and print each report's path.

    Example: okta-kit report failure_trends remediation --source sample --since 7d -j 2
    """
    from kit.reports.notify import notify_failure, notify_report, urls
    from kit.reports.parameters import check, read

    paths = [find_notebook(name) for name in notebooks]
    declared = {path: read(path) for path in paths}
    given = _given(parameter or [])
    named = {"source": ",".join(source) if source else None, "since": since, "until": until}
    values = {path: _meant_for(declared[path], declared, given, named) for path in paths}
    checked = [check(declared[path], values[path]) for path in paths]
    to = urls(notify or [])
    if len(paths) > 1:
        options = [f"--out={out}", f"--notify-on={notify_on.value}"]
        options += [f"--cell-timeout={cell_timeout}", f"--run-timeout={run_timeout}"]
        chosen = {"redact": redact, "pdf": pdf, "require-complete": require_complete}
        options += [f"--{name}" for name, wanted in chosen.items() if wanted]
        sources = [str(one.get("source", "")) for one in checked]
        raise typer.Exit(_each(values, sources, options, jobs, to))
    (path,) = paths
    from kit.reports import Limits, run_report

    try:
        made = run_report(
            path,
            values[path],
            out=out,
            limits=Limits(cell=cell_timeout, run=run_timeout),
            pdf=pdf,
            key=_key(out) if redact else None,
            require_complete=require_complete,
        )
    except KitError as fault:
        notify_failure(path.stem, str(fault), to, _say)
        raise
    print(made.page)
    if made.exit_code:
        _say(f"{path.name}: {made.error}")
    notify_report(made, to, notify_on.value, _say)
    if made.exit_code:
        raise typer.Exit(made.exit_code)


def list_reports(out: Out = _REPORTS) -> None:
    """List the reports, the newest run first: when, state, path and what it says.

    Example: okta-kit reports list
    """
    from kit.reports.index import reports
    from kit.words import clean

    found = reports(out)
    for run in found:
        good = run.get("status") == "ok"
        state = "ok" if good else f"failed {run.get('exit_code', '')}".strip()
        said = clean((run.get("headline") if good else run.get("error")) or "")
        print(f"{run.get('started', '')!s:<20}  {state:<10}  {out / run['folder']}  {said}")
    if not found:
        _say(f"{out}: there is no report. Make one: okta-kit report failure_trends")


def prune_reports(
    keep: Annotated[str, typer.Option(help="How long a report is kept: 90d, 36h.")] = "90d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    out: Out = _REPORTS,
) -> None:
    """Remove reports that were run longer ago, and nothing else.

    Example: okta-kit reports prune --keep 90d --dry-run
    """
    from datetime import UTC, datetime

    from kit.reports.upkeep import old_reports, prune
    from kit.times import moment
    from kit.words import count

    before = moment("--keep", keep, datetime.now(UTC))
    if not out.is_dir():
        raise UsageError(f"{out}: there is no such folder. Name the reports' folder with --out.")
    gone = old_reports(out, before) if dry_run else prune(out, before)
    for run in gone:
        print(out / run["folder"])
    _say(f"{count(len(gone), 'report')} {'would go' if dry_run else 'removed'}.")


def resolve_pseudonym(
    pseudonym: Annotated[str, typer.Argument(help="As it stands in a report made with --redact.")],
) -> None:
    """Say whom a pseudonym stands for, with the key that made it ($OKTA_KIT_REDACT_KEY).

    Example: okta-kit reports resolve user-2mfk7q3xhc
    """
    from kit.reports.pseudonyms import Key, key_path
    from kit.words import clean

    print(clean(Key(key_path()).resolve(pseudonym)))


def find_notebook(name: str) -> Path:
    """Find a notebook by its name in the kit, or by its path.

    Raises:
        UsageError: there is none; the nearest name is told.
    """
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    own = {p.stem: p for p in sorted(NOTEBOOKS.glob("*.ipynb"))}
    stem = path.name.removesuffix(".ipynb")
    if stem in own and path.parent == Path():
        return own[stem]
    known = f" The kit has {', '.join(own)}." if own else ""
    raise UsageError(f"There is no notebook {name!r}.{nearest(stem, own)}{known}")


def _key(out: Path) -> Key:
    """The key that makes the pseudonyms, outside of the reports."""
    from kit.reports.pseudonyms import Key, key_path

    if key_path().resolve().is_relative_to(out.resolve()):
        raise UsageError(f"--redact: the key {key_path()} must not lie in {out}.")
    return Key.made(key_path())


def _each(
    values: Mapping[Path, Mapping[str, str]],
    sources: Iterable[str],
    options: Sequence[str],
    jobs: int,
    to: Sequence[str],
) -> int:
    """Run each notebook by a command of its own."""
    from kit.reports.batch import read_once, run_each

    commands = [
        ["report", str(path), *options, *(f"-p{k}={v}" for k, v in given.items())]
        for path, given in values.items()
    ]
    with read_once(sources) as known:
        # A notice's URL may hold a password, which is not to stand in the list of processes.
        return run_each(commands, jobs, {**known, "OKTA_KIT_NOTIFY": " ".join(to)})


def _meant_for(
    own: Mapping[str, Parameter],
    declared: Mapping[Path, Mapping[str, Parameter]],
    given: Mapping[str, str],
    named: Mapping[str, str | None],
) -> dict[str, str]:
    """What one of several notebooks is given: what it knows, and what none of them does."""
    known = {name for parameters in declared.values() for name in parameters}
    mine = {k: v for k, v in given.items() if k in own or k not in known}
    return mine | {k: v for k, v in named.items() if v is not None and k in own}


def _given(words: Sequence[str]) -> dict[str, str]:
    given = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"-p {word}: write it as name=value.")
        given[name.strip()] = value
    return given


def _list_by_default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_reports()


def _say(text: str) -> None:
    print("okta-kit: " + " ".join(text.split()), file=sys.stderr)
