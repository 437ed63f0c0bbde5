"""Where to go on from a report: which notebook, with which parameters, and how to begin it."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from functools import partial
from os.path import relpath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

from kit.base.paths import INVESTIGATIONS, NOTEBOOKS
from kit.display.parts import Block, Links, Listing
from kit.display.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Step", "go_on"]

Step = tuple[str, dict[str, str], str]
"""A notebook's name, its parameters beside source and window, and what for."""


def go_on(base: Mapping[str, str], steps: Sequence[Step]) -> Listing:
    """Which notebooks to open next; in JupyterLab each can be begun with its parameters set.

    Args:
        base: the parameters that all of them share: source and window.
        steps: the notebooks.
    """
    rows = pd.DataFrame(
        [
            {
                "notebook": name,
                "what for": why,
                "parameters": ", ".join(f'{k}="{v}"' for k, v in {**base, **more}.items()),
            }
            for name, more, why in steps
        ],
        columns=["notebook", "what for", "parameters"],
    )
    return Listing(
        rows,
        caption="Open next, with these parameters",
        empty="nothing failed, so there is nothing to look into.",
        all=rows,
        labels=("notebook", "what for"),
        open=partial(_one, base, steps),
        act=("Begin this notebook", partial(_begin_notebook, base, steps)),
    )


def _one(base: Mapping[str, str], steps: Sequence[Step], row: pd.Series[Any]) -> Section:
    """How one step is begun."""
    name, more, _ = steps[int(str(row.name))]
    open_it = Links([(f"the kit's own {name}, as it is", _way(name))], caption="Open")
    command = ["okta-kit", "new", name]
    for key, value in {**base, **more}.items():
        command += ["-p", f"{key}={value}"]
    if not all(part.isprintable() for part in command):
        return Section((open_it,))
    caption = "Or begin a notebook of its own with these parameters: press the button above, "
    return Section((open_it, Block(shlex.join(command), f"{caption}or in a terminal")))


def _begin_notebook(base: Mapping[str, str], steps: Sequence[Step], row: pd.Series[Any]) -> Section:
    """Copy the notebook of one step with its parameters set, and say where it is."""
    from kit.reports.investigations import begin

    name, more, _ = steps[int(str(row.name))]
    about = more.get("code") or more.get("user") or ""
    case = re.sub(r"[^\w.@+-]+", "-", f"{name}-{about}").strip("-")[:90]
    path = begin(
        NOTEBOOKS / f"{name}.ipynb",
        {**base, **more},
        name=case,
        folder=INVESTIGATIONS,
        day=datetime.now(UTC).date(),
    )
    link = (path.name, quote(relpath(path)))
    return Section((Links([link], "It is there, with its parameters set"),))


def _way(name: str) -> str:
    """The way from the notebook that runs to one of the kit's."""
    return quote(relpath(NOTEBOOKS / f"{name}.ipynb"))
