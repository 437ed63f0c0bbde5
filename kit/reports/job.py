"""One report that is to be made, as a value; and how it is made, kept and told of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kit.base.errors import KitError, UsageError
from kit.log.spark.engines import DUCKDB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from kit.reports.execute import Limits
    from kit.reports.owners import Owner
    from kit.reports.pseudonyms import Key
    from kit.reports.run import Report

__all__ = ["ReportJob", "notify_fault", "perform"]


@dataclass(frozen=True, kw_only=True)
class ReportJob:
    """A report that is to be made."""

    notebook: Path
    values: Mapping[str, str]
    """Of the notebook's parameters, as text."""
    out: str = "reports"
    """Where reports are kept: a folder, or an address in an object store."""
    limits: Limits
    engine: str = field(default=DUCKDB, repr=False)
    """What answers its questions; an address may hold a token."""
    date_order: str | None = None
    """Of local dates in its source, as ``open_log`` takes it."""
    redact: bool = False
    pdf: bool = False
    require_complete: bool = False
    pass_env: tuple[str, ...] = ()
    """Names of environment variables that the notebook gets besides."""
    notify: tuple[str, ...] = field(default=(), repr=False)
    """Apprise URLs of notices; they may hold passwords."""
    notify_on: str = "change"
    """On which good reports: ``failure`` (none), ``change`` or ``always``."""
    notify_preview: bool = False
    """Whether the notice is shown, and not sent."""
    owner: Owner | None = field(default=None, repr=False)
    """Whose apps alone it is about; the notice goes to where the owner is told."""


def perform(
    job: ReportJob, *, on_page: Callable[[str], None], on_note: Callable[[str], None]
) -> Report:
    """Make a report, bring it to its place, and send the notices that are due.

    Args:
        job: the report.
        on_page: is called with the path or address of its page, once it is there; then with the
            notice, where it is to be shown.
        on_note: is called with a line about what failed in it, and about each notice that could
            not be delivered.

    Returns:
        The report; also of a run that failed.

    Raises:
        KitError: as ``kit.reports.run_report`` raises it; a notice of it was sent.
    """
    from kit.reports.notify import notice_of, notify_report
    from kit.reports.report_store import shelf
    from kit.reports.run import run_report

    with shelf(job.out) as report_shelf:
        try:
            report = run_report(
                job.notebook,
                job.values,
                out=report_shelf.folder,
                limits=job.limits,
                pdf=job.pdf,
                key=_key(report_shelf.folder) if job.redact else None,
                require_complete=job.require_complete,
                engine=job.engine,
                date_order=job.date_order,
                pass_env=job.pass_env,
                owner=job.owner,
            )
            page = report_shelf.keep(report.folder)
        except KitError as fault:
            notify_fault(job, fault, on_note)
            raise
        on_page(page)
        if report.exit_code:
            on_note(f"{job.notebook.name}: {report.error}")
        notice = notice_of(report, page, job.notify_on)
        if job.notify_preview:
            on_page(notice.text() if notice else "No notice is due: nothing changed.")
        elif notice:
            notify_report(report, notice, job.notify, on_note)
    return report


def notify_fault(job: ReportJob, fault: KitError, on_note: Callable[[str], None]) -> None:
    """Send the notice of a report that could not be made.

    Args:
        job: the report.
        fault: why.
        on_note: is called with a line about each notice that could not be delivered.
    """
    from kit.reports.notify import notify_failure

    urls = () if job.notify_preview else job.notify
    notify_failure(job.notebook.stem, _words(fault, job), urls, on_note)


def _key(out: Path) -> Key:
    """The key that makes the pseudonyms, outside of the reports."""
    from kit.reports.pseudonyms import Key, key_path

    if key_path().resolve().is_relative_to(out.resolve()):
        raise UsageError(f"--redact: the key {key_path()} must not lie in {out}.")
    return Key.load_or_make(key_path())


def _words(fault: KitError, job: ReportJob) -> str:
    """What a notice says of a fault; without the source's names where no name may stand."""
    source = str(job.values.get("source", ""))
    if not job.redact or not source:
        return str(fault)
    from kit.reports.pseudonyms import Key, key_path
    from kit.reports.redact import hide_source

    return hide_source(str(fault), source, Key.load_or_make(key_path()))
