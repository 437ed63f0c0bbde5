"""papermill's parts, made to keep what a notebook shows and what its parameters are.

papermill 2.7 writes a tuple into a notebook as a text, and the keys of a dict as texts. It goes on
behind an error that a widget's callback raised: ipywidgets shows such an error, and the kernel
answers that the cell went well.
"""

from __future__ import annotations

from typing import Any

from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.translators import PythonTranslator, papermill_translators

__all__ = ["NotebookClient", "register_literals"]


class NotebookClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Runs a notebook's cells, and ends at each error that one of them shows."""

    _error: Any = None
    """The first one that the cell in hand showed."""

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: Any) -> Any:
        """Hear of each output, one that goes into an output widget, too."""
        if msg["msg_type"] == "error":
            self._error = self._error or msg["content"]
        return super().output(outs, msg, display_id, cell_index)

    def execute_cell(self, cell: Any, cell_index: int, **options: Any) -> Any:
        """Run a cell.

        Raises:
            CellExecutionError: it raised an error or showed one, and is not marked as one that may.
        """
        self._error = None
        executed = super().execute_cell(cell, cell_index, **options)
        if self._error is None or "raises-exception" in cell.metadata.get("tags", []):
            return executed
        if not any(output.output_type == "error" for output in cell.outputs):
            # A widget holds it, which no page shows.
            cell.outputs.append(new_output("error", **_fields(self._error)))
        raise CellExecutionError.from_cell_and_msg(cell, self._error)


def _fields(error: Any) -> dict[str, Any]:
    return {name: error[name] for name in ("ename", "evalue", "traceback")}


class _PythonLiterals(PythonTranslator):  # type: ignore[misc]
    """Values of any type that a parameters cell can show, as Python writes them."""

    @classmethod
    def translate(cls, val: Any) -> str:
        if isinstance(val, list | tuple | set | dict):
            return repr(val)
        return str(super().translate(val))


def register_literals() -> None:
    """Have papermill write parameters for Python as literals of their own type."""
    papermill_translators.register("python", _PythonLiterals)
