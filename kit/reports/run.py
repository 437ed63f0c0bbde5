"""A notebook runs into a report: in a folder of its own, renamed into place when it is whole.

papermill's parts run it: its parameter cell, its execution manager, which notes each cell's
start, and its client. The notebook stays in hand whatever happens, so that a run that failed
is a report too, and says in which cell.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from kit.errors import (
    CellError,
    CellTimeout,
    DiskFull,
    Interrupted,
    KernelDied,
    KernelNotStarted,
    KitError,
    LeftEarly,
    NotRendered,
    RunError,
    RunTimeout,
    UsageError,
    WrongParameter,
)
from kit.places import APPS, LAKE, PULLED
from kit.reports.index import write_index
from kit.reports.parameters import check, read
from kit.reports.summary import collect, summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Report", "run_report"]

CELL_TIMEOUT = 900.0
"""Seconds a cell may take unless told otherwise."""
RUN_TIMEOUT = 3600.0
"""Seconds a notebook may take unless told otherwise."""

_SECRET = re.compile(r"TOKEN|SECRET|PASSW|PRIVATE_?KEY|API_?KEY|CREDENTIAL|^OKTA_CLIENT_", re.I)


@dataclass(frozen=True)
class Report:
    """A report that was made, also of a run that failed."""

    folder: Path
    page: Path
    status: str
    exit_code: int
    error: str | None
    headline: str | None


def run_report(
    notebook: Path,
    given: Mapping[str, Any],
    *,
    out: Path,
    cell_timeout: float = CELL_TIMEOUT,
    run_timeout: float = RUN_TIMEOUT,
) -> Report:
    """Run a notebook into a report.

    Args:
        notebook: the notebook's path.
        given: parameters by name, as values or as text.
        out: the folder of all reports; made if missing.
        cell_timeout: seconds a cell may take.
        run_timeout: seconds the notebook may take.

    Returns:
        The report, in ``out/NOTEBOOK/UNTIL-HASH``. A run that failed is one too; its
        ``exit_code`` says how.

    Raises:
        UsageError: a parameter is unknown or of the wrong type, or *out* is not writable.
        DiskFull, Interrupted, Terminated: nothing was kept.
    """
    values = check(read(notebook), given)
    home = out / notebook.stem
    try:
        home.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=home))
    except OSError as fault:
        raise _unwritable(home, fault) from None
    try:
        partial.chmod(0o755)
        facts = _make(notebook, values, partial, cell_timeout, run_timeout)
        folder = home / _folder_name(facts, values)
        with FileLock(out / ".index.lock"):
            _swap(partial, folder)
    except KeyboardInterrupt:
        raise Interrupted(f"{notebook.name}: interrupted; nothing was kept.") from None
    except OSError as fault:
        raise _unwritable(home, fault) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    write_index(out)
    return Report(
        folder=folder,
        page=folder / "report.html",
        status=facts["status"],
        exit_code=facts["exit_code"],
        error=facts["error"],
        headline=facts["headline"],
    )


def _make(
    path: Path, values: dict[str, Any], folder: Path, cell_timeout: float, run_timeout: float
) -> dict[str, Any]:
    """Run and render into *folder*; return what ``summary.json`` says."""
    started, clock = datetime.now(UTC), time.monotonic()
    # Its import builds a grammar for a second; jsonschema does without it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import nbformat

    executed, fault = _execute(path, values, cell_timeout, run_timeout)
    _mark(executed, failed=fault is not None)
    facts: dict[str, Any] = {}

    def write(fault: KitError | None) -> None:
        facts.update(
            summary(
                collect(executed),
                notebook=path.stem,
                exit_code=fault.exit_code if fault else 0,
                error=str(fault) if fault else None,
                parameters=values,
                started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
                seconds=round(time.monotonic() - clock, 1),
            )
        )
        text = json.dumps(facts, ensure_ascii=False, indent=2, default=str)
        (folder / "summary.json").write_text(text + "\n", encoding="utf-8")

    nbformat.write(executed, folder / "notebook.ipynb")
    write(fault)
    from kit.reports.page import bare_page, page

    try:
        rendered = page(executed, facts)
    except Exception as broken:  # noqa: BLE001  # a template may raise anything
        write(fault or NotRendered(f"the page could not be made: {_one_line(broken)}"))
        rendered = bare_page(facts)
    (folder / "report.html").write_text(rendered, encoding="utf-8")
    return facts


def _execute(
    path: Path, values: dict[str, Any], cell_timeout: float, run_timeout: float
) -> tuple[Any, RunError | None]:
    """Run a notebook's cells until one fails."""
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NotebookExecutionManager
    from papermill.execute import prepare_notebook_metadata
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook
    from traitlets.config import Config

    loaded = load_notebook_node(str(path))
    kernel = loaded.metadata.get("kernelspec", {}).get("name", "python3")
    language = loaded.metadata.get("kernelspec", {}).get("language", "python")
    if values:
        loaded = parameterize_notebook(loaded, values, kernel_name=kernel, language=language)
    prepared = prepare_notebook_metadata(loaded, path.name, "notebook.ipynb")
    end = time.monotonic() + run_timeout
    manager = NotebookExecutionManager(prepared, progress_bar=False)
    client = PapermillNotebookClient(
        manager,
        kernel_name=kernel,
        startup_timeout=60,
        timeout_func=lambda _cell: max(0.1, min(cell_timeout, end - time.monotonic())),
        shutdown_kernel="immediate",
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
    )
    manager.notebook_start()
    try:
        with _quiet_notes():
            client.execute(env=_environment())
    except CellTimeoutError:
        if time.monotonic() >= end:
            what = f"the notebook ran longer than {run_timeout:g} seconds"
            return prepared, RunTimeout(f"{what}, in {_where(prepared)}")
        what = f"ran longer than {cell_timeout:g} seconds"
        return prepared, CellTimeout(f"{_where(prepared)} {what}")
    except DeadKernelError:
        return prepared, KernelDied(f"the kernel died in {_where(prepared)}")
    except NoSuchKernel:
        return prepared, KernelNotStarted(f"there is no kernel {kernel!r}. Install ipykernel.")
    except (RuntimeError, TimeoutError) as fault:
        if _started(prepared):
            return prepared, KernelDied(f"{_one_line(fault)}, in {_where(prepared)}")
        return prepared, KernelNotStarted(f"the kernel did not start: {_one_line(fault)}")
    return prepared, _fault_in(prepared)


def _fault_in(notebook: Any) -> RunError | None:
    """The error that ended a notebook, by what its cells show."""
    failed = [c for c in notebook.cells if c.metadata.papermill.get("exception")]
    if not failed:
        return None
    errors = [o for o in failed[-1].outputs if o.output_type == "error"]
    name, value = (errors[-1].ename, errors[-1].evalue) if errors else ("Error", "")
    if name == "SystemExit":
        return LeftEarly(f"left early by sys.exit({value}) in {_where(notebook)}")
    kind = WrongParameter if name == UsageError.__name__ else CellError
    return kind(f"{_one_line(value) or name} ({name} in {_where(notebook)})")


def _mark(notebook: Any, *, failed: bool) -> None:
    """Correct papermill's marks: what has no start time never ran."""
    for cell in notebook.cells:
        marks = cell.metadata.papermill
        if cell.cell_type == "code" and failed and not marks.get("start_time"):
            marks["status"] = "not run"
        elif cell.cell_type == "code" and marks.get("status") == "running":
            marks["status"] = "failed"


def _started(notebook: Any) -> list[int]:
    """Numbers of the cells that started, counted from 1 as in the notebook's source."""
    return [
        number
        for number, cell in enumerate(_own_cells(notebook), start=1)
        if cell.metadata.papermill.get("start_time")
    ]


def _own_cells(notebook: Any) -> list[Any]:
    """The cells without the one that papermill put in."""
    return [c for c in notebook.cells if "injected-parameters" not in c.metadata.get("tags", [])]


def _where(notebook: Any) -> str:
    """Name the last cell that started: its number and the heading above it."""
    number = (_started(notebook) or [1])[-1]
    heading = ""
    for cell in _own_cells(notebook)[:number]:
        if cell.cell_type == "markdown" and (found := re.search(r"^#+ (.+)$", cell.source, re.M)):
            heading = found[1]
    return f"cell {number}" + (f", “{heading}”" if heading else "")


def _environment() -> dict[str, str]:
    """The environment of the kernel: ours without its secrets, and so without the live org."""
    kept = {k: v for k, v in os.environ.items() if not _SECRET.search(k)}
    lake = LAKE.resolve()
    return {**kept, PULLED: str(lake / APPS), "OKTA_KIT_LAKE": str(lake)}


@contextmanager
def _quiet_notes() -> Iterator[None]:
    """Keep a killed kernel's own last words off the terminal."""
    import logging

    loggers = {name: logging.getLogger(name) for name in ("traitlets", "asyncio")}
    levels = {name: logger.level for name, logger in loggers.items()}
    for logger in loggers.values():
        logger.setLevel(logging.CRITICAL)
    yield
    # Not after an interrupt: what it cut off is still to speak when the process ends.
    for name, logger in loggers.items():
        logger.setLevel(levels[name])


def _folder_name(facts: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """``UNTIL-HASH``: the window's end, and a hash of all parameters."""
    until = re.sub(r"[^0-9TZ-]", "-", (facts["window"] or {}).get("until") or "no-window")
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    return f"{until if until[:1].isdigit() else 'no-window'}-{digest[:8]}"


def _swap(made: Path, place: Path) -> None:
    """Put a folder in its place, where an older one may stand."""
    if not place.exists():
        made.rename(place)
        return
    old = Path(tempfile.mkdtemp(prefix=".partial-old-", dir=place.parent))
    place.rename(old / "report")
    made.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _unwritable(home: Path, fault: OSError) -> KitError:
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"{home}: no space left. Free some, or choose another --out.")
    return UsageError(f"{home}: cannot be written ({fault.strerror or fault}). Use another --out.")


def _one_line(text: object) -> str:
    from kit.words import clean

    line = " ".join(clean(text).split())
    return line if len(line) <= 300 else line[:299] + "…"
