"""Who asks for a cell: somebody who looks at an open notebook, or a run without a reader."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from kit.base.errors import UsageError
from kit.base.paths import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kit.base.parameters import Parameter

__all__ = ["asking_cell", "declaration", "in_voila", "when_loaded_again"]

_MARKS = {"cellId", "deletedCells"}
"""What JupyterLab and Notebook 7 write beside each request to run a cell of an open notebook.
papermill, nbconvert and nbclient send requests without them, as consoles do.

Source: https://github.com/jupyterlab/jupyterlab, packages/cells and packages/notebook, where
``CodeCell.execute`` and ``NotebookActions`` set them; looked at in 4.6.
"""


_CONTROL = "jupyter.widget.control"
"""The channel by which a page asks for the widgets of a kernel; ipywidgets answers."""


def asking_cell() -> str | None:
    """The id of the cell that is being run in a notebook that somebody has open.

    Returns:
        The id; None where there is nobody to turn a control: under papermill and nbconvert, in a
        console, in a script, and wherever it is not known.
    """
    shell = _shell()
    if shell is None or os.environ.get(PLAIN):
        return None
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return None
    parent = kernel.get_parent()
    if in_voila():
        return str(parent["header"]["msg_id"])
    marks: Mapping[str, Any] = parent.get("metadata") or {}
    return str(marks["cellId"]) if marks.keys() >= _MARKS else None


def in_voila() -> bool:
    """Whether Voilà runs the notebook: a page of its outputs, in which widgets live."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def declaration(names: Iterable[str]) -> dict[str, Parameter]:
    """The parameters as the notebook's own cell declares them: annotated, and with a comment.

    Args:
        names: the parameters of a report.

    Returns:
        Those of them that were declared in the last cell that declares any, as it ran.
    """
    from kit.base.parameters import parse_parameters

    name_set = set(names)
    shell = _shell()
    for source in reversed(shell.user_ns.get("In", []) if shell else []):
        if ":" not in source or not any(name in source for name in name_set):
            continue
        try:
            parameters = parse_parameters(source, "the parameters cell")
        except UsageError:
            continue  # a cell of another kind
        if mine := {
            name: parameters[name]
            for name in parameters
            if name in name_set and parameters[name].help
        }:
            return mine
    return {}


def when_loaded_again(call: Callable[[], None]) -> None:
    """Have something called when a page asks the kernel for its widgets: it was loaded again.

    Widgets come back then. An output does not: it is reached through the page that ran its cell.
    Voilà runs the cells before there is a page, whose first question is none of that kind; loaded
    again, it starts another kernel.

    Args:
        call: what is called.
    """
    if in_voila():
        return
    shell = _shell()
    targets = shell.kernel.comm_manager.targets if shell else {}
    answers = targets.get(_CONTROL)
    if answers is None:
        return

    def on_request(comm: Any, message: Any) -> None:
        answers(comm, message)
        call()

    targets[_CONTROL] = on_request


def _shell() -> Any:
    """IPython, where this runs in it; not imported for the question's sake."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
