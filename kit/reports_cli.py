"""The commands that make reports, and keep them."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kit import words
from kit.environment import named
from kit.errors import KitError, SourceError, UsageError
from kit.notebook_cli import find_notebook, given_to
from kit.options import Engine, Parameters, Since, Source, Until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.reports.pseudonyms import Key

__all__ = ["register"]

Out = Annotated[str, typer.Option(help="Where reports are kept: a folder, or s3://bucket/prefix.")]

_REPORTS = "reports"


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
    context: typer.Context,
    notebooks: Annotated[
        list[str], typer.Argument(metavar="NOTEBOOK...", help="Names in notebooks/, or paths.")
    ],
    parameter: Parameters = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
    org: Annotated[
        str, typer.Option(help="Of a folder with many orgs' lakes: a host name, or each.")
    ] = "",
    engine: Engine = None,
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
    pass_env: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Hand this environment variable to the notebooks; may be repeated.",
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, help="Notebooks that run at the same time.")
    ] = 1,
) -> None:
    """Run notebooks into reports and print each report's path.

    Example: okta-kit report failure_trends remediation --source sample --since 7d -j 2
    """
    from kit.reports.notify import notify_failure, notify_report, urls
    from kit.reports.parameters import check, read
    from kit.spark.engines import check as check_engine
    from kit.spark.engines import chosen as choose_engine

    paths = [find_notebook(name) for name in notebooks]
    declared = {path: read(path) for path in paths}
    runs = [
        run
        for one in _sources(source, org)
        for run in given_to(declared, parameter, one, since, until).items()
    ]
    checked = [check(declared[path], values) for path, values in runs]
    answers = choose_engine(engine)
    check_engine(answers)
    to = urls(notify or [])
    passed = pass_env or []
    named(passed)
    if len(runs) > 1:
        options = [f"--out={out}", f"--notify-on={notify_on.value}"]
        options += [f"--cell-timeout={cell_timeout}", f"--run-timeout={run_timeout}"]
        chosen = {"redact": redact, "pdf": pdf, "require-complete": require_complete}
        options += [f"--{name}" for name, wanted in chosen.items() if wanted]
        options += [f"--pass-env={name}" for name in passed]
        sources = [str(one.get("source", "")) for one in checked]
        raise typer.Exit(_each(runs, sources, options, jobs, to, answers, debug=bool(context.obj)))
    ((path, values),) = runs
    from kit.reports import Limits, run_report
    from kit.reports.shelf import shelf

    with shelf(out) as kept:
        try:
            made = run_report(
                path,
                values,
                out=kept.folder,
                limits=Limits(cell=cell_timeout, run=run_timeout),
                pdf=pdf,
                key=_key(kept.folder) if redact else None,
                require_complete=require_complete,
                engine=answers,
                pass_env=passed,
            )
            page = kept.keep(made.folder)
        except KitError as fault:
            notify_failure(path.stem, _told(fault, values, redact=redact), to, _say)
            raise
        print(page)
        if made.exit_code:
            _say(f"{path.name}: {made.error}")
        notify_report(made, page, to, notify_on.value, _say)
    if made.exit_code:
        raise typer.Exit(made.exit_code)


def list_reports(out: Out = _REPORTS) -> None:
    """List the reports, the newest run first: when, state, path and what it says.

    Example: okta-kit reports list
    """
    from kit.reports.index import reports
    from kit.reports.shelf import shelf

    with shelf(out) as kept:
        found = reports(kept.folder)
    for run in found:
        good = run.get("status") == "ok"
        state = "ok" if good else f"failed {run.get('exit_code', '')}".strip()
        said = (run.get("headline") if good else run.get("error")) or ""
        line = (
            f"{run.get('started', '')!s:<20}  {state:<10}  {kept.address}/{run['folder']}  {said}"
        )
        print(words.clean(line))
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

    from kit.reports.shelf import shelf
    from kit.reports.upkeep import old_reports
    from kit.times import moment

    before = moment("--keep", keep, datetime.now(UTC))
    with shelf(out) as kept:
        if not kept.folder.is_dir():
            raise UsageError(
                f"{out}: there is no such folder. Name the reports' folder with --out."
            )
        gone = old_reports(kept.folder, before) if dry_run else kept.prune(before)
    for run in gone:
        print(f"{kept.address}/{run['folder']}")
    _say(f"{words.count(len(gone), 'report')} {'would go' if dry_run else 'removed'}.")


def resolve_pseudonym(
    pseudonym: Annotated[str, typer.Argument(help="As it stands in a report made with --redact.")],
) -> None:
    """Say whom a pseudonym stands for, with the key that made it ($OKTA_KIT_REDACT_KEY).

    Example: okta-kit reports resolve user-2mfk7q3xhc
    """
    from kit.reports.pseudonyms import Key, key_path

    print(words.clean(Key(key_path()).resolve(pseudonym)))


def _key(out: Path) -> Key:
    """The key that makes the pseudonyms, outside of the reports."""
    from kit.reports.pseudonyms import Key, key_path

    if key_path().resolve().is_relative_to(out.resolve()):
        raise UsageError(f"--redact: the key {key_path()} must not lie in {out}.")
    return Key.made(key_path())


def _told(fault: KitError, values: Mapping[str, str], *, redact: bool) -> str:
    """What a notice says of a fault; without the source's names where no name may stand."""
    source = str(values.get("source", ""))
    if not redact or not source:
        return str(fault)
    from kit.reports.pseudonyms import Key, key_path
    from kit.reports.redact import hide_source

    return hide_source(str(fault), source, Key.made(key_path()))


def _sources(source: list[str] | None, org: str) -> list[list[str] | None]:
    """The source, or of a folder of many orgs' lakes those that are asked for."""
    if not org:
        return [source]
    from kit.lake.orgs import lake_of, lakes
    from kit.places import place

    root = place(",".join(source or ["lake"]))
    held = lakes(root)
    if not held:
        raise SourceError(
            f"--org {org}: {root} is no folder of orgs' lakes. Name it with --source; each org's "
            "lake lies in it in a folder of its host name."
        )
    chosen = held.values() if org == "each" else [lake_of(root, org)]
    return [[lake.address] for lake in chosen]


def _each(
    runs: Sequence[tuple[Path, Mapping[str, str]]],
    sources: Sequence[str],
    options: Sequence[str],
    jobs: int,
    to: Sequence[str],
    engine: str,
    *,
    debug: bool,
) -> int:
    """Run each notebook by a command of its own."""
    from kit.reports.batch import read_once, run_each
    from kit.spark.engines import ENGINE

    before = ["--debug"] if debug else []
    commands = [
        [*before, "report", str(path), *options, *(f"-p{k}={v}" for k, v in given.items())]
        for path, given in runs
    ]
    with read_once(sources) as known:
        # A notice's URL may hold a password, an engine's a token, which are not to stand in the
        # list of processes.
        return run_each(commands, jobs, {**known, "OKTA_KIT_NOTIFY": " ".join(to), ENGINE: engine})


def _list_by_default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_reports()


def _say(text: str) -> None:
    print("okta-kit: " + words.clean(" ".join(text.split())), file=sys.stderr)
