"""A notebook's cells run in a kernel of their own, and what ended them.

papermill's parts run them: its parameter cell, its execution manager, which notes each
cell's start, and its client. The notebook stays in hand whatever happens. Messages travel
through sockets in a private folder, never through an open port.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kit.base.errors import (
    CellError,
    CellTimeout,
    DiskFull,
    KernelDied,
    KernelNotStarted,
    LeftEarly,
    RunError,
    RunTimeout,
    UsageError,
    WrongParameter,
    is_full,
)
from kit.base.parameters import json_values
from kit.base.text import one_line
from kit.reports.kernel import kernel_name
from kit.reports.kernel_check import kernel_without_kit
from kit.reports.signals import StoppedError, StopSignal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Execution", "Limits", "execute"]

_MISSING = ("ImportError", "ModuleNotFoundError")
_NO_KIT = re.compile(r"okta-kit is not in this kernel|No module named 'kit(\.views)?'$")
"""How our notebooks' first cell says it, and how Python does of a notebook of one's own."""


@dataclass(frozen=True)
class Limits:
    """How long a run may take, in seconds."""

    cell: float = 900.0
    run: float = 3600.0
    start: float = 60.0
    """For the kernel to answer."""
    pdf: float = 120.0
    """For the browser to print; a cell's limit holds as well."""


@dataclass
class Execution:
    """A notebook that ran, as far as it came."""

    notebook: Any
    fault: RunError | None = None


def execute(
    notebook: Any,
    kernel: Any,
    name: str,
    values: Mapping[str, Any],
    *,
    limits: Limits,
    stop: StopSignal,
) -> Execution:
    """Run a notebook's cells until one fails.

    Args:
        notebook: the notebook (nbformat).
        kernel: the manager of its kernel, which is started unless it runs.
        name: the notebook's file name.
        values: its parameters, checked.
        limits: how long it may take.
        stop: the signals that end it.

    Returns:
        The notebook with its outputs, and the fault that ended it.
    """
    execution = Execution(notebook)
    _prepare(execution, name, values)
    try:
        with stop.armed():
            execution.fault = _run(execution.notebook, kernel, limits)
    except StoppedError:
        execution.fault = stop.fault(_when(execution.notebook))
    _mark(execution)
    return execution


def _prepare(execution: Execution, name: str, values: Mapping[str, Any]) -> None:
    from papermill.execute import prepare_notebook_metadata
    from papermill.parameterize import parameterize_notebook

    from kit.reports.papermill_parts import register_literals

    language = execution.notebook.metadata.get("kernelspec", {}).get("language", "python")
    if values:
        register_literals()
        execution.notebook = parameterize_notebook(
            execution.notebook,
            dict(values),
            kernel_name=kernel_name(execution.notebook),
            language=language,
        )
        execution.notebook.metadata.papermill["parameters"] = json_values(values)
    execution.notebook = prepare_notebook_metadata(execution.notebook, name, "notebook.ipynb")


def _run(notebook: Any, kernel: Any, limits: Limits) -> RunError | None:
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.engines import NotebookExecutionManager

    from kit.reports.papermill_parts import NotebookClient

    manager = NotebookExecutionManager(notebook, progress_bar=False)
    manager.notebook_start()
    end = time.monotonic() + limits.run
    client = NotebookClient(
        manager,
        km=kernel,
        startup_timeout=min(limits.start, limits.run),
        timeout_func=lambda _cell: max(0.1, min(limits.cell, end - time.monotonic())),
        shutdown_kernel="immediate",
    )
    try:
        with _quiet_notes():
            client.execute(cleanup_kc=True)
    except CellTimeoutError:
        if time.monotonic() >= end:
            what = f"the notebook ran longer than {limits.run:g} seconds"
            return RunTimeout(f"{what}, in {_where(notebook)}")
        return CellTimeout(f"{_where(notebook)} ran longer than {limits.cell:g} seconds")
    except DeadKernelError:
        return KernelDied(
            f"the kernel died in {_where(notebook)}: it was killed, or its memory ran out"
        )
    except NoSuchKernel:
        return KernelNotStarted(f"there is no kernel {kernel.kernel_name!r}. Install ipykernel.")
    except (RuntimeError, TimeoutError, OSError) as fault:
        if isinstance(fault, OSError) and is_full(fault):
            return DiskFull(f"no space left {_when(notebook)}")
        if _started_numbers(notebook):
            return KernelDied(f"{one_line(fault)}, in {_where(notebook)}")
        text = f"the kernel {kernel.kernel_name!r} did not start: {one_line(fault)}"
        return KernelNotStarted(text)
    except Exception as fault:  # noqa: BLE001  # what a cell shows may be no output at all
        text = one_line(str(fault).partition("\n")[0]) or type(fault).__name__
        return CellError(f"what {_where(notebook)} showed cannot be kept: {text}")
    return _fault_in(notebook)


def _fault_in(notebook: Any) -> RunError | None:
    """The error that ended a notebook, by what its cells show."""
    failed = [c for c in notebook.cells if c.metadata.papermill.get("exception")]
    if not failed:
        return None
    errors = [o for o in failed[-1].outputs if o.output_type == "error"]
    name, value = (errors[-1].ename, errors[-1].evalue) if errors else ("Error", "")
    if name == "SystemExit":
        return LeftEarly(f"left early by sys.exit({one_line(value)}) in {_where(notebook)}")
    if name == UsageError.__name__:
        return WrongParameter(one_line(value) or name)  # who wrote it needs no cell
    if name in _MISSING and _NO_KIT.match(value):
        return kernel_without_kit(kernel_name(notebook), "okta-kit report")
    text = f"{one_line(value) or name} ({one_line(name)} in {_where(notebook)})"
    return DiskFull(text) if name == "DiskFull" or is_full(value) else CellError(text)


def _mark(execution: Execution) -> None:
    """Correct papermill's marks: what has no start time never ran."""
    failed = execution.fault is not None
    for cell in execution.notebook.cells:
        marks = cell.metadata.setdefault("papermill", {})
        if cell.cell_type == "code" and failed and not marks.get("start_time"):
            marks["status"] = "not run"
        elif marks.get("status") == "running":
            marks["status"] = "failed"
    if failed and (started_cells := [c for c in _own_cells(execution.notebook) if _began(c)]):
        started_cells[-1].metadata.papermill["status"] = "failed"
    run = execution.notebook.metadata.setdefault("papermill", {})
    run.update(exception=failed, end_time=datetime.now(UTC).isoformat())


def _began(cell: Any) -> bool:
    return bool(cell.metadata.get("papermill", {}).get("start_time"))


def _started_numbers(notebook: Any) -> list[int]:
    """Numbers of the cells that started, counted from 1 as in the notebook's source."""
    return [n for n, cell in enumerate(_own_cells(notebook), start=1) if _began(cell)]


def _own_cells(notebook: Any) -> list[Any]:
    """The cells without the one that papermill put in."""
    return [c for c in notebook.cells if "injected-parameters" not in c.metadata.get("tags", [])]


def _where(notebook: Any) -> str:
    """Name the last cell that started: its number and the heading above it."""
    number = (_started_numbers(notebook) or [1])[-1]
    heading = ""
    for cell in _own_cells(notebook)[:number]:
        if cell.cell_type == "markdown" and (match := re.search(r"^#+ (.+)$", cell.source, re.M)):
            heading = match[1]
    return f"cell {number}" + (f", “{heading}”" if heading else "")


def _when(notebook: Any) -> str:
    return f"in {_where(notebook)}" if _started_numbers(notebook) else "before the first cell"


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
