"""The linked set that ``report all`` makes: what fails, and a page for each open incident."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kit.commands.notebooks import find_notebook
from kit.commands.notes import print_note
from kit.display import phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from kit.analysis.incidents import Incident
    from kit.log.log import Log
    from kit.reports.job import ReportJob
    from kit.reports.owners import Owner

__all__ = ["ALL", "TRENDS", "set_of"]

ALL = "all"
"""What stands for the set in the place of a notebook's name."""

TRENDS, _REMEDIATION = "failure_trends", "remediation"


def set_of(
    job: ReportJob,
    folder: Path,
    owners: Sequence[Owner] = (),
    on_note: Callable[[str], None] = print_note,
) -> list[ReportJob]:
    """Say which reports belong to one of all that fails.

    Args:
        job: the report of all that fails.
        folder: where the copy of export files is made, once for all of the set.
        owners: each gets such a report of their own apps, and its notice.
        on_note: is called with a line about each app of an owner that the log does not know.

    Returns:
        The report itself, then one ``remediation`` for each incident that is not over, the worst
        first, then those of the owners. All have the same closed window; a remediation sends no
        notice of changes, because the report of all that fails does.

    Raises:
        KitError: as ``kit.reports.window.open_window`` raises it, or there is no such app.
    """
    from kit.base.parameters import check_values, read_parameters
    from kit.log.log import log_of
    from kit.log.spark.engines import choose_engine
    from kit.reports.window import open_window

    values = check_values(read_parameters(job.notebook), job.values)
    log_source, window = open_window(
        values, folder, require_complete=job.require_complete, date_order=job.date_order
    )
    log = log_of(log_source, folder, choose_engine(job.engine))
    zone = {"timezone": str(values["timezone"])} if values.get("timezone") else {}
    shared = {"source": str(values["source"]), **window.as_text(), **zone}
    notebook = find_notebook(_REMEDIATION)
    page = replace(
        job,
        notebook=notebook,
        notify=() if job.notify_preview else job.notify,
        notify_on="failure",
        notify_preview=False,
    )
    pages = [
        replace(page, values={**shared, **about})
        for about in _cases(log, window.until, str(values.get("app") or ""))
    ]
    first = replace(job, values={**job.values, **shared})
    return [first, *pages, *_of_owners(first, log, owners, on_note)]


def _of_owners(
    first: ReportJob, log: Log, owners: Sequence[Owner], on_note: Callable[[str], None]
) -> Iterator[ReportJob]:
    """The report of each owner whose apps the log knows."""
    from kit.analysis.names import find_apps
    from kit.base.errors import UsageError

    for owner in owners:
        ids: dict[str, None] = {}
        for app in owner.apps:
            try:
                ids |= dict.fromkeys(sorted(find_apps(log, app)))
            except UsageError as fault:
                on_note(f"{owner.name}: {fault}")
        if ids:
            yield replace(
                first, owner=replace(owner, app_keys=tuple(ids)), notify=tuple(owner.notices)
            )


def _cases(log: Log, until: datetime, app: str) -> list[dict[str, str]]:
    """The code and the app of each incident that is not over."""
    from kit.analysis.failures import folded_failures
    from kit.analysis.incidents import incidents
    from kit.analysis.names import find_apps
    from kit.log.log import to_pandas

    apps = find_apps(log, app) if app else None
    unfinished = [
        one
        for one in incidents(log, until)
        if one.state != "over" and (apps is None or one.app_key in apps)
    ]
    failing = to_pandas(folded_failures(log).select("app_key", "code").distinct())
    cases = [{"code": one.code, "app": _app(log, one, failing)} for one in unfinished]
    return [one for n, one in enumerate(cases) if one not in cases[:n]]


def _app(log: Log, incident: Incident, failing: pd.DataFrame) -> str:
    """What names the app of an incident, and no other one, as the ways to its page do."""
    from kit.analysis.names import app_to_ask_for

    if not incident.app_key:
        with_app = failing.loc[failing["code"] == incident.code, "app_key"] != ""
        return phrases.SIGN_IN if with_app.any() else ""
    return app_to_ask_for(log, incident.app, incident.app_key)
