"""Parameters that somebody else put into a notebook: plain papermill, or a scheduler.

They set names in a cell of their own and refuse none, so that a misspelt ``source`` would report on
the sample as if it had been asked for.
"""

from __future__ import annotations

import ast
import sys
from contextlib import suppress

from kit.base.errors import nearest

__all__ = ["unknown_parameters"]

_INJECTED = "# Parameters"
"""What papermill and jupyter-scheduler begin their cell with."""


def unknown_parameters() -> str:
    """Name the parameters that the running notebook was given and does not have.

    Returns:
        What they are, as a sentence; empty where there is none, or no notebook runs.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    cells = [str(cell) for cell in getattr(shell, "user_ns", {}).get("In", [])]
    places = [n for n, cell in enumerate(cells) if cell.startswith(_INJECTED)]
    if not places:
        return ""
    own_names = _assigned_names(cells[places[-1] - 1])  # the parameters cell comes right before
    unknown = [name for name in _assigned_names(cells[places[-1]]) if name not in own_names]
    if not unknown:
        return ""
    hints = [f"{name}:{hint}" for name in unknown if (hint := nearest(name, own_names))]
    return " ".join(
        [
            f"This notebook has no parameter {', '.join(unknown)}, so it is left out.",
            *hints,
            f"It has {', '.join(own_names)}." if own_names else "It has none.",
        ]
    )


def _assigned_names(cell: str) -> list[str]:
    """The names that a cell's lines set, in their order."""
    names = []
    with suppress(SyntaxError):
        for line in ast.parse(cell).body:
            targets = line.targets if isinstance(line, ast.Assign) else [line]
            for target in targets:
                part = target.target if isinstance(target, ast.AnnAssign) else target
                if isinstance(part, ast.Name):
                    names.append(part.id)
    return names
