"""The commands that make reports, and keep them."""

from __future__ import annotations

import os
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit.base.environment import passed_variables
from kit.base.errors import SourceError, UsageError
from kit.base.text import clean
from kit.commands import options
from kit.commands.faults import end_on_sigterm, exit_code_of
from kit.commands.groups import ListByDefault
from kit.commands.notebooks import find_notebook, values_for
from kit.commands.notes import print_note
from kit.commands.options import DateOrder, argument, option
from kit.commands.report_set import ALL, TRENDS, set_of
from kit.display import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.reports.job import ReportJob
    from kit.reports.owners import Owner

__all__ = ["register"]

_out = option(
    "--out",
    help="Where reports are kept: a folder, or s3://bucket/prefix.",
    default="reports",
    show_default=True,
)

_REPORTS = "reports"


class When(StrEnum):
    """On which good reports a notice is sent."""

    failure = "failure"
    change = "change"
    always = "always"


def register(app: click.Group) -> None:
    """Add the reports' commands to the command line."""
    app.command("report")(make_reports)
    upkeep = ListByDefault("reports", help="The reports made, and their retention.")
    upkeep.command("list")(list_reports)
    upkeep.command("prune")(prune_reports)
    upkeep.command("resolve")(resolve_pseudonym)
    app.add_command(upkeep)


@argument(
    "notebooks",
    nargs=-1,
    required=True,
    metavar="NOTEBOOK...",
    help="Names in notebooks/, or paths. all: failure_trends, a remediation for each "
    "incident that is not over, and the index, linked.",
)
@options.parameter
@options.source
@options.since
@options.until
@option("--org", default="", help="Of a folder with many orgs' lakes: a host name, or each.")
@options.engine
@options.date_order
@_out
@option(
    "--notify",
    multiple=True,
    help="Send a notice to this apprise URL; may be repeated. [$OKTA_KIT_NOTIFY]",
)
@option(
    "--notify-on",
    type=click.Choice(When),
    default=When.change,
    show_default=True,
    help="On which good reports; on a failed one, always.",
)
@option("--notify-preview", is_flag=True, help="Print the notice that is due, and send none.")
@option("--redact", is_flag=True, help="Replace people by pseudonyms, everywhere.")
@option("--pdf", is_flag=True, help="Print the page as PDF, too; needs Chromium or Chrome.")
@option("--require-complete", is_flag=True, help="Exit 4 if the window is not covered.")
@option(
    "--cell-timeout",
    type=click.FloatRange(min=0.1),
    default=900,
    show_default=True,
    help="Seconds that a cell may take.",
)
@option(
    "--run-timeout",
    type=click.FloatRange(min=0.1),
    default=3600,
    show_default=True,
    help="Seconds that a notebook may take.",
)
@option(
    "--pass-env",
    multiple=True,
    metavar="NAME",
    help="Hand this environment variable to the notebooks; may be repeated.",
)
@option(
    "--owners",
    default="",
    metavar="FILE",
    help="Of report all: a CSV file app,owner,contact,notice; each owner gets a report and "
    "a notice of their own apps. [$OKTA_KIT_OWNERS]",
)
@option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Notebooks that run at the same time.",
)
@click.pass_context
def make_reports(
    context: click.Context,
    notebooks: list[str],
    parameter: list[str] | None,
    source: list[str] | None,
    since: str | None,
    until: str | None,
    org: str,
    engine: str | None,
    date_order: DateOrder | None,
    out: str,
    notify: list[str] | None,
    notify_on: When,
    notify_preview: bool,
    redact: bool,
    pdf: bool,
    require_complete: bool,
    cell_timeout: float,
    run_timeout: float,
    pass_env: list[str] | None,
    owners: str,
    jobs: int,
) -> None:
    """Run notebooks into reports and print each report's path.

    Example: okta-kit report all --source sample --since 7d -j 2
    """
    from kit.base.parameters import check_values, read_parameters
    from kit.log.spark.engines import check_engine, choose_engine
    from kit.reports.execute import Limits
    from kit.reports.job import ReportJob
    from kit.reports.notify import urls

    if ALL in notebooks and len(notebooks) > 1:
        raise UsageError("report all: it stands alone. Make other reports with a command more.")
    is_set = notebooks == [ALL]
    app_owners = _owners(owners, is_set=is_set)
    paths = [find_notebook(name) for name in ([TRENDS] if is_set else notebooks)]
    parameters_by_notebook = {path: read_parameters(path) for path in paths}
    runs = [
        run
        for one in _sources(source, org)
        for run in values_for(parameters_by_notebook, parameter, one, since, until).items()
    ]
    checked = [check_values(parameters_by_notebook[path], values) for path, values in runs]
    engine_choice = choose_engine(engine)
    check_engine(engine_choice)
    passed_variables(pass_env or [])
    reports = [
        ReportJob(
            notebook=path,
            values=values,
            out=out,
            limits=Limits(cell=cell_timeout, run=run_timeout),
            engine=engine_choice,
            date_order=date_order,
            redact=redact,
            pdf=pdf,
            require_complete=require_complete,
            pass_env=tuple(pass_env or ()),
            notify=tuple(urls(notify or [])),
            notify_on=notify_on.value,
            notify_preview=notify_preview,
        )
        for path, values in runs
    ]
    if is_set:
        debug = bool(context.obj)
        raise click.exceptions.Exit(_make_sets(reports, app_owners, jobs, debug=debug))
    if len(reports) == 1:
        raise click.exceptions.Exit(_make(reports[0]))
    from kit.reports.batch import read_once

    sources = (str(one.get("source", "")) for one in checked)
    with read_once(sources, date_order) as environment:
        raise click.exceptions.Exit(_make_each(reports, jobs, environment, debug=bool(context.obj)))


def _owners(file: str, *, is_set: bool) -> Sequence[Owner]:
    if file and not is_set:
        raise UsageError("--owners: it belongs to okta-kit report all.")
    file = file or os.environ.get("OKTA_KIT_OWNERS", "")
    if not file or not is_set:
        return ()
    from kit.reports.owners import read_owners

    return read_owners(Path(file).expanduser())


def _make_sets(
    firsts: Sequence[ReportJob], owners: Sequence[Owner], jobs: int, *, debug: bool
) -> int:
    """Make the linked set of each report of all that fails. Returns the exit code."""
    from kit.base.errors import KitError
    from kit.base.object_store import is_store
    from kit.base.paths import COPY
    from kit.base.tempdirs import temporary_folder
    from kit.reports.job import notify_fault
    from kit.reports.report_store import shelf

    codes = []
    for first in firsts:
        with temporary_folder() as folder:
            try:
                reports = set_of(first, folder, owners)
            except KitError as fault:
                notify_fault(first, fault, print_note)
                if len(firsts) == 1 or debug:
                    raise
                print_note(str(fault))
                codes.append(fault.exit_code)
                continue
            copy = folder / "lake"
            environment = {COPY: str(copy)} if copy.is_dir() else {}
            codes.append(_make_each(reports, jobs, environment, debug=debug))
            with shelf(first.out) as store:
                store.link(reports[0].values["until"])
    index = f"{firsts[0].out.rstrip('/')}/index.html"
    if is_store(index) or Path(index).is_file():
        print(index)
    return next((code for code in codes if code), 0)


def _make_each(
    reports: Sequence[ReportJob], jobs: int, environment: Mapping[str, str], *, debug: bool
) -> int:
    """Make reports, each in a process of its own. Returns the first exit code that is not 0."""
    from kit.reports.batch import run_each

    calls = [partial(_make_alone, one, debug=debug) for one in reports]
    return run_each(calls, jobs, environment, "kit.commands.worker_preload")


def _make(job: ReportJob) -> int:
    """Make one report; print its page's path. Returns the exit code."""
    from kit.reports.job import perform

    return perform(job, on_page=print, on_note=print_note).exit_code


def _make_alone(job: ReportJob, *, debug: bool) -> int:
    """Make one report, as a process's whole life."""
    end_on_sigterm()
    return exit_code_of(partial(_make, job), debug=debug)


@_out
def list_reports(out: str) -> None:
    """List the reports, the newest run first: when, state, path and what it says.

    Example: okta-kit reports list
    """
    from kit.reports.index import reports
    from kit.reports.report_store import shelf

    with shelf(out) as store:
        runs = reports(store.folder)
    for run in runs:
        good = run.get("status") == "ok"
        state = "ok" if good else f"failed {run.get('exit_code', '')}".strip()
        text = (run.get("headline") if good else run.get("error")) or ""
        line = (
            f"{run.get('started', '')!s:<20}  {state:<10}  {store.address}/{run['folder']}  {text}"
        )
        print(clean(line))
    if not runs:
        print_note(f"{out}: there is no report. Make one: okta-kit report failure_trends")


@option("--keep", default="90d", show_default=True, help="How long a report is kept: 90d, 36h.")
@option("--dry-run", is_flag=True, help="Only say what would go.")
@_out
def prune_reports(keep: str, dry_run: bool, out: str) -> None:
    """Remove reports that were run longer ago, and nothing else.

    Example: okta-kit reports prune --keep 90d --dry-run
    """
    from datetime import UTC, datetime

    from kit.base.times import parse_time
    from kit.reports.report_store import shelf
    from kit.reports.upkeep import old_reports

    before = parse_time("--keep", keep, datetime.now(UTC))
    with shelf(out) as store:
        if not store.folder.is_dir():
            raise UsageError(
                f"{out}: there is no such folder. Name the reports' folder with --out."
            )
        gone = old_reports(store.folder, before) if dry_run else store.prune(before)
    for run in gone:
        print(f"{store.address}/{run['folder']}")
    print_note(f"{phrases.count(len(gone), 'report')} {'would go' if dry_run else 'removed'}.")


@argument("pseudonym", help="As it stands in a report made with --redact.")
def resolve_pseudonym(pseudonym: str) -> None:
    """Say whom a pseudonym stands for, with the key that made it ($OKTA_KIT_REDACT_KEY).

    Example: okta-kit reports resolve user-2mfk7q3xhc
    """
    from kit.reports.pseudonyms import Key, key_path

    print(clean(Key(key_path()).resolve(pseudonym)))


def _sources(source: list[str] | None, org: str) -> list[list[str] | None]:
    """The source, or of a folder of many orgs' lakes those that are asked for."""
    if not org:
        return [source]
    from kit.base.paths import place
    from kit.lake.orgs import lake_of, lakes

    root = place(",".join(source or ["lake"]))
    lakes_by_org = lakes(root)
    if not lakes_by_org:
        raise SourceError(
            f"--org {org}: {root} is no folder of orgs' lakes. Name it with --source; each org's "
            "lake lies in it in a folder of its host name."
        )
    org_lakes = lakes_by_org.values() if org == "each" else [lake_of(root, org)]
    return [[lake.address] for lake in org_lakes]
