"""The one place that writes into a notebook's cell: a section as outputs, or as widgets."""

from __future__ import annotations

import base64
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from IPython.display import publish_display_data

from kit.base.paths import PLAIN
from kit.base.text import clean_lines
from kit.display.areas import areas_html
from kit.display.parts import Chart
from kit.display.widgets.frontend import asking_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.display.parts import Part
    from kit.display.section import Section

__all__ = ["failing_cell", "publish_html", "set_apart", "show"]


def show(section: Section) -> None:
    """Show a section in the cell that runs.

    Where somebody has the notebook open, it can be drawn again; elsewhere each part is an output.

    Args:
        section: the section.
    """
    with failing_cell():
        if section.live is not None and (cell := asking_cell()) is not None:
            from kit.display.widgets.page import page_of

            page_of(section.live.report).show(cell, section)
        else:
            for part in section.parts:
                _put(part)


def publish_html(html: str, plain: str, **where: Any) -> None:
    """Put HTML of our own making into a cell's output.

    Args:
        html: the HTML. JupyterLab sets what stands between dollars as mathematics, which no
            text of an event is meant to be: it has to leave all of it alone.
        plain: the same as text.
        where: as for IPython's ``publish_display_data``.
    """
    publish_display_data({"text/html": set_apart(html), "text/plain": clean_lines(plain)}, **where)


def set_apart(html: str) -> str:
    """HTML of our own making in which nothing is set as mathematics."""
    return html and f'<div class="mathjax_ignore">{html}</div>'


def _put(part: Part) -> None:
    if isinstance(part, Chart) and not os.environ.get(PLAIN):
        # nbconvert and Voilà show no description of a PNG, wherever it stands.
        publish_html(areas_html(*part.with_areas, picked={}), part.text())
    elif isinstance(part, Chart):
        one = part.picture
        narrow = base64.b64encode(one.narrow).decode()
        publish_display_data(
            {"image/png": one.wide, "text/plain": one.alt},
            metadata={"image/png": {"alt": one.alt, "width": one.width, "narrow": narrow}},
        )
    else:
        publish_html(part.html(), part.text())


@contextmanager
def failing_cell() -> Iterator[None]:
    """Have the cell fail where its last line cannot be shown.

    IPython prints such a fault, shows the value another way and counts the cell as run: a report
    would end well without the section. The cell's result is what its reply, and so a report, is
    made of.
    """
    try:
        yield
    except Exception as fault:
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython else None
        result = getattr(getattr(shell, "displayhook", None), "exec_result", None)
        if shell is None or result is None:
            raise
        result.error_in_exec = fault
        shell.showtraceback()
