"""A notebook runs into a report: in a folder of its own, renamed into place when it is whole.

Whatever ends a run, what it leaves is a report: the notebook as far as it came, a page that
says on top what failed and where, ``summary.json`` and a line in the index.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from kit.base.environment import passed_variables
from kit.base.errors import DiskFull, KitError, NotRendered, is_full
from kit.base.object_store import is_store, store_settings
from kit.base.parameters import check_values, json_values, read_parameters
from kit.base.paths import COPY, LAKE, ONLY_APPS, PULLED
from kit.base.tempdirs import temporary_folder
from kit.base.text import one_line
from kit.display.code_names import CodeNames
from kit.display.zone import reading_in, zone_of
from kit.lake.marks import FILE, MARKS
from kit.log.spark.engines import DUCKDB, ENGINE
from kit.reports.changes import RunChanges, previous, previous_and_changes
from kit.reports.execute import Execution, Limits, execute
from kit.reports.incident_changes import change_in_words, changes_since
from kit.reports.index import reports, write_index
from kit.reports.kernel import starting
from kit.reports.page import bare_page, load_exporter, report_page
from kit.reports.people import People
from kit.reports.retry_file import keep_retry_file
from kit.reports.signals import StoppedError, StopSignal, stoppable
from kit.reports.staging import ReportPlace, making, not_kept
from kit.reports.summary import collect, summary
from kit.reports.unused import leave_out_unused
from kit.reports.window import COPY_NAME, close_window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kit.reports.owners import Owner
    from kit.reports.pseudonyms import Key

__all__ = ["Report", "run_report"]


@dataclass(frozen=True)
class Report:
    """A report that was made, also of a run that failed."""

    folder: Path
    page: Path
    facts: Mapping[str, Any]
    """What its ``summary.json`` says."""
    changes: RunChanges | None = None
    """What changed since the run before; None of a run that failed."""

    @property
    def status(self) -> str:
        """``ok`` or ``failed``."""
        return str(self.facts["status"])

    @property
    def exit_code(self) -> int:
        """As ``kit.base.errors`` lists them."""
        return int(self.facts["exit_code"])

    @property
    def error(self) -> str | None:
        """What failed and where, in one line."""
        return self.facts["error"] and str(self.facts["error"])

    @property
    def headline(self) -> str | None:
        """The answer in words, where the notebook published one."""
        return self.facts["headline"] and str(self.facts["headline"])


def run_report(
    notebook: Path,
    parameters: Mapping[str, Any],
    *,
    out: Path,
    limits: Limits | None = None,
    pdf: bool = False,
    key: Key | None = None,
    require_complete: bool = False,
    engine: str = DUCKDB,
    date_order: str | None = None,
    pass_env: Sequence[str] = (),
    owner: Owner | None = None,
) -> Report:
    """Run a notebook into a report.

    Args:
        notebook: the notebook's path.
        parameters: parameters by name, as values or as text.
        out: the folder of all reports; made if missing.
        limits: how long the run may take.
        pdf: print the page as ``report.pdf``, too.
        key: makes the pseudonyms that stand in the places of people, who keep their names
            without it; the report says so.
        require_complete: refuse a window that the source does not cover.
        engine: what answers the notebook's questions, as ``open_log`` takes it.
        date_order: of local dates in the source, as ``open_log`` takes it.
        pass_env: names of environment variables that the notebook gets besides what it needs
            to run.
        owner: whose apps alone it is about, if it is somebody's.

    Returns:
        The report, in ``out/NOTEBOOK/UNTIL-HASH``. A run that failed is one too; its
        ``exit_code`` says how.

    Raises:
        UsageError: a parameter is unknown or of the wrong type, *out* is not writable, no
            browser is there to print, or a variable to pass is not set or holds the org's
            credentials.
        SourceError, OktaError: the source cannot be read, or holds nothing.
        CoverageError: the window had to be covered, and is not.
        Interrupted, Terminated: a signal came before the first cell.
        DiskFull: there is no space even to say so.
    """
    values = check_values(read_parameters(notebook), parameters)
    limits = limits or Limits()
    extra_variables = passed_variables(pass_env)
    people = People(key) if key else None
    if pdf:
        from kit.reports.pdf import browser

        browser()
    leave_out_unused()
    from papermill.iorw import load_notebook_node

    node = load_notebook_node(str(notebook))
    start_times = datetime.now(UTC), time.monotonic()
    with stoppable() as stop, temporary_folder() as scratch:
        source = scratch / "source"
        # A copy without names lies here, wherever its source does.
        store = {} if key else _for_store(values)
        reads = {
            **extra_variables,
            **store,
            **_reads(source, redacted=key is not None),
            **({ONLY_APPS: str(source / "_only_apps.json")} if owner else {}),
            ENGINE: engine,
        }
        with starting(node, scratch, reads) as kernel:
            try:
                with stop.armed():
                    values = close_window(
                        values,
                        source,
                        people=people,
                        require_complete=require_complete,
                        date_order=date_order,
                        out=out,
                    )
                    if owner:
                        owner = owner.in_report(source / "_only_apps.json", people)
            except StoppedError:
                raise stop.fault("while the source was read") from None
            with making(out / notebook.stem) as place:
                Thread(target=load_exporter, daemon=True).start()
                execution = execute(node, kernel, notebook.name, values, limits=limits, stop=stop)
                if people:
                    _hide(execution, people)
                run = _Run(
                    notebook.stem,
                    values,
                    place,
                    execution,
                    *start_times,
                    stop=stop,
                    scratch=scratch,
                    printing=min(limits.cell, limits.pdf) if pdf else None,
                    redacted=key is not None,
                    owner=owner,
                )
                return _published(run, out)


def _published(run: _Run, out: Path) -> Report:
    try:
        facts, changes = run.write()
        folder = run.place.publish(folder_name(facts))
        write_index(out, [{**facts, "folder": folder.relative_to(out).as_posix()}])
    except OSError as fault:
        raise not_kept(run.place.home, fault) from None
    return Report(folder, folder / "report.html", facts, changes)


def _hide(execution: Execution, people: People) -> None:
    """Take people out of a notebook that ran, and out of what ended it."""
    from kit.reports.redact import redacted_notebook

    people.add_literal(str(Path.home()), "~")
    redacted_notebook(execution.notebook, people)
    if execution.fault:
        execution.fault = type(execution.fault)(people.redact(str(execution.fault)))


def _reads(source: Path, *, redacted: bool) -> dict[str, str]:
    """What the kernel's environment needs to read the copy of a source, where one is made."""
    copy = str(source / COPY_NAME[redacted])
    marks = {MARKS: str(source / FILE)}
    if redacted:  # of the apps, the live org tells who uses them; no path tells whose lake it is
        pulled_path = str(source / "not-asked.json")
        return {COPY: copy, PULLED: pulled_path, "OKTA_KIT_LAKE": copy, **marks}
    return {COPY: os.pathsep.join(filter(None, [copy, os.environ.get(COPY)])), **marks}


def folder_name(facts: Mapping[str, Any]) -> str:
    """``UNTIL-HASH``: the window's end, and a hash of all parameters."""
    until = re.sub(r"[^0-9TZ-]", "-", (facts["window"] or {}).get("until") or "no-window")
    parameters = {**facts["parameters"], **({"--redact": True} if facts.get("redacted") else {})}
    parameters |= {"--owner": facts["owner"]["name"]} if facts.get("owner") else {}
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
    return f"{until if until[:1].isdigit() else 'no-window'}-{digest[:8]}"


def _for_store(values: Mapping[str, Any]) -> dict[str, str]:
    """What the kernel needs to read a lake in a store; nothing where it reads none."""
    read = str(values.get("source", ""))
    in_store = any(map(is_store, read.split(","))) or (read in {"lake", "okta"} and is_store(LAKE))
    return store_settings() if in_store else {}


@dataclass
class _Run:
    """What is known of a run, and the files that say it."""

    name: str
    values: Mapping[str, Any]
    place: ReportPlace
    executed: Execution
    started_at: datetime
    clock: float
    """When it started, by the monotonic clock."""
    stop: StopSignal
    scratch: Path
    printing: float | None
    """Seconds that the page may take to be printed; None where it is not to be."""
    redacted: bool
    owner: Owner | None = None
    """Whose apps alone it is about."""

    def write(self) -> tuple[dict[str, Any], RunChanges | None]:
        """Write all files of the report; again where a signal came in between, which they say.

        Raises:
            OSError: it cannot be written at all.
        """
        facts_and_changes = self._write_all()
        if self.stop.number is not None and self.executed.fault is None:
            self.executed.fault = self.stop.fault("while the report was written")
            facts_and_changes = self._write_all()
        return facts_and_changes

    def _write_all(self) -> tuple[dict[str, Any], RunChanges | None]:
        """Write all files; without the outputs where there is no space for them."""
        try:
            return self._write(bare=False)
        except OSError as full:
            if not is_full(full):
                raise
        self.place.free()
        (self.place.folder / "report.pdf").unlink(missing_ok=True)
        for cell in self.executed.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        reason = f"no space left in {self.place.home} to keep what the cells showed"
        self.executed.fault = self.executed.fault or DiskFull(reason)
        return self._write(bare=True)

    def _write(self, *, bare: bool) -> tuple[dict[str, Any], RunChanges | None]:
        import nbformat

        folder, fault = self.place.folder, self.executed.fault
        nbformat.write(self.executed.notebook, folder / "notebook.ipynb")
        facts, changes = self._facts(fault), None
        try:
            if not fault:
                changes = self._changes(facts)
            page = bare_page(facts) if bare else self._page(facts, changes)
            _write_text(folder / "report.html", page)
            if self.printing and not bare:
                self._print(self.printing)
        except StoppedError:
            pass
        except NotRendered as broken:
            facts, changes = self._facts(fault or broken), None
            with suppress(NotRendered):
                page = bare_page(facts)
                page = self._page(facts, None)
            _write_text(folder / "report.html", page)
        keep_retry_file(folder, None if facts["exit_code"] else self._published.get("retry"))
        text = json.dumps(facts, ensure_ascii=False, indent=2, default=str)
        _write_text(folder / "summary.json", text + "\n")
        return facts, changes

    def _facts(self, fault: KitError | None) -> dict[str, Any]:
        facts = summary(
            self._published,
            notebook=self.name,
            exit_code=fault.exit_code if fault else 0,
            error=str(fault) if fault else None,
            parameters=json_values(self.values),
            started_at=self.started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            seconds=round(time.monotonic() - self.clock, 1),
        )
        redacted = {"redacted": True} if self.redacted else {}
        return {**facts, **redacted, **({"owner": self.owner.as_dict()} if self.owner else {})}

    @property
    def _published(self) -> dict[str, Any]:
        """What the notebook published."""
        return collect(self.executed.notebook)

    def _changes(self, facts: dict[str, Any]) -> RunChanges:
        """What changed since the run before; what became of incidents is noted in the facts."""
        try:
            runs = reports(self.place.home.parent, self.name)
            before = previous(facts, runs)
            if before is not None and isinstance(before.get("incidents"), list):
                facts["changes"] = changes_since(facts["incidents"], before["incidents"])
            words = self._published.get("code_words") or {}
            lines = tuple(map(change_in_words, facts["changes"]))
            with reading_in(zone_of(facts)):
                changes = replace(previous_and_changes(facts, runs), incidents=lines)
            return changes.in_words(CodeNames(words))
        except Exception as broken:  # noqa: BLE001  # a notebook may have published anything
            reason = f"its results could not be compared: {one_line(broken)}"
            raise NotRendered(reason) from None

    def _page(self, facts: Mapping[str, Any], changes: RunChanges | None) -> str:
        try:
            with reading_in(zone_of(facts)):
                return report_page(self.executed.notebook, facts, changes)
        except Exception as broken:  # noqa: BLE001  # a template may raise anything
            raise NotRendered(f"the page could not be made: {one_line(broken)}") from None

    def _print(self, seconds: float) -> None:
        from kit.reports.pdf import print_page

        page = self.place.folder / "report.html"
        print_page(page, self.scratch, seconds, self.stop)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
