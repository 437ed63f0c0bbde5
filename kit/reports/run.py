"""A notebook runs into a report: in a folder of its own, renamed into place when it is whole.

Whatever ends a run, what it leaves is a report: the notebook as far as it came, a page that
says on top what failed and where, ``summary.json`` and a line in the index.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.errors import DiskFull, KitError, NotRendered
from kit.objects import is_store, store_settings
from kit.places import LAKE
from kit.reports.changes import Changes, previous_and_changes
from kit.reports.execute import Executed, Limits, execute, one_line
from kit.reports.index import reports, write_index
from kit.reports.parameters import check, read
from kit.reports.place import Place, is_full, making, unwritable
from kit.reports.stop import stoppable
from kit.reports.summary import collect, summary

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Report", "run_report"]


@dataclass(frozen=True)
class Report:
    """A report that was made, also of a run that failed."""

    folder: Path
    page: Path
    facts: Mapping[str, Any]
    """What its ``summary.json`` says."""
    changes: Changes | None = None
    """What changed since the run before; None of a run that failed."""

    @property
    def status(self) -> str:
        """``ok`` or ``failed``."""
        return str(self.facts["status"])

    @property
    def exit_code(self) -> int:
        """As ``kit.errors`` lists them."""
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
    given: Mapping[str, Any],
    *,
    out: Path,
    limits: Limits | None = None,
    pdf: bool = False,
    environment: Mapping[str, str] | None = None,
    redacted: bool = False,
) -> Report:
    """Run a notebook into a report.

    Args:
        notebook: the notebook's path.
        given: parameters by name, as values or as text.
        out: the folder of all reports; made if missing.
        limits: how long the run may take.
        pdf: print the page as ``report.pdf``, too.
        environment: what the kernel's environment has besides ours.
        redacted: the kernel sees pseudonyms in the places of people; the report says so.

    Returns:
        The report, in ``out/NOTEBOOK/UNTIL-HASH``. A run that failed is one too; its
        ``exit_code`` says how.

    Raises:
        UsageError: a parameter is unknown or of the wrong type, *out* is not writable, or
            no browser is there to print.
        DiskFull: there is no space even to say so.
    """
    values = check(read(notebook), given)
    if pdf:
        from kit.reports.pdf import browser

        browser()
    # Its import builds a grammar for a second; jsonschema does without it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    home = out / notebook.stem
    with stoppable() as stop, making(home) as place:
        run = _Run(notebook.stem, values, place, pdf=pdf, redacted=redacted)
        run.executed = execute(
            notebook,
            values,
            limits=limits or Limits(),
            scratch=place.scratch,
            stop=stop,
            environment={**_for_store(values), **(environment or {})},
        )
        try:
            facts, changes = run.write()
            folder = place.publish(folder_name(facts))
            write_index(out)
        except OSError as fault:
            raise unwritable(home, fault) from None
    return Report(folder, folder / "report.html", facts, changes)


def folder_name(facts: Mapping[str, Any]) -> str:
    """``UNTIL-HASH``: the window's end, and a hash of all parameters."""
    until = re.sub(r"[^0-9TZ-]", "-", (facts["window"] or {}).get("until") or "no-window")
    known = {**facts["parameters"], **({"--redact": True} if facts.get("redacted") else {})}
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
    return f"{until if until[:1].isdigit() else 'no-window'}-{digest[:8]}"


def _for_store(values: Mapping[str, Any]) -> dict[str, str]:
    """What the kernel needs to read a lake in a store; nothing where it reads none."""
    read = str(values.get("source", ""))
    in_store = any(map(is_store, read.split(","))) or (read in {"lake", "okta"} and is_store(LAKE))
    return store_settings() if in_store else {}


class _Run:
    """What is known of a run, and the files that say it."""

    executed: Executed

    def __init__(
        self, name: str, values: dict[str, Any], place: Place, *, pdf: bool, redacted: bool
    ) -> None:
        self.name, self.values, self.place = name, values, place
        self.pdf, self.redacted = pdf, redacted
        self.started, self.clock = datetime.now(UTC), time.monotonic()

    def write(self) -> tuple[dict[str, Any], Changes | None]:
        """Write all files of the report; without the outputs where there is no space for them.

        Raises:
            OSError: it cannot be written at all.
        """
        try:
            return self._write(bare=False)
        except OSError as full:
            if not is_full(full):
                raise
        self.place.free()
        for cell in self.executed.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        said = f"no space left in {self.place.home} to keep what the cells showed"
        self.executed.fault = self.executed.fault or DiskFull(said)
        return self._write(bare=True)

    def _write(self, *, bare: bool) -> tuple[dict[str, Any], Changes | None]:
        import nbformat

        from kit.reports.page import bare_page

        folder, fault = self.place.folder, self.executed.fault
        nbformat.write(self.executed.notebook, folder / "notebook.ipynb")
        facts, changes = self._facts(fault), None
        try:
            if not fault:
                changes = previous_and_changes(facts, reports(self.place.home.parent, self.name))
            page = bare_page(facts) if bare else self._page(facts, changes)
            _write_text(folder / "report.html", page)
            if self.pdf and not bare:
                self._print()
        except NotRendered as broken:
            facts, changes = self._facts(fault or broken), None
            with suppress(NotRendered):
                page = bare_page(facts)
                page = self._page(facts, None)
            _write_text(folder / "report.html", page)
        text = json.dumps(facts, ensure_ascii=False, indent=2, default=str)
        _write_text(folder / "summary.json", text + "\n")
        return facts, changes

    def _facts(self, fault: KitError | None) -> dict[str, Any]:
        facts = summary(
            collect(self.executed.notebook),
            notebook=self.name,
            exit_code=fault.exit_code if fault else 0,
            error=str(fault) if fault else None,
            parameters=self.values,
            started=self.started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            seconds=round(time.monotonic() - self.clock, 1),
        )
        return {**facts, "redacted": True} if self.redacted else facts

    def _page(self, facts: Mapping[str, Any], changes: Changes | None) -> str:
        from kit.reports.page import page

        try:
            return page(self.executed.notebook, facts, changes)
        except Exception as broken:  # noqa: BLE001  # a template may raise anything
            raise NotRendered(f"the page could not be made: {one_line(broken)}") from None

    def _print(self) -> None:
        from kit.reports.pdf import print_page

        print_page(self.place.folder / "report.html", self.place.scratch)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
