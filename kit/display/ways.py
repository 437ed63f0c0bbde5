"""Ways from one report to another: marked in a page, and a link where the other one lies there.

A page is made before its neighbours are, and outlives them. So it says where a way leads, by
notebook and parameters; what keeps the reports sets the link as long as there is such a report.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Way", "way_in_html", "way_to"]

Way = tuple[str, tuple[str, ...]]
"""A notebook's name, and the columns of a row that are its parameters."""


def way_to(notebook: str, parameters: Mapping[str, str]) -> str:
    """Say where a way leads, in letters that are the same in HTML and in a file.

    Args:
        notebook: the other report's notebook.
        parameters: what it is about: ``code``, ``app``, ``user``; what is empty is left out.
    """
    return f"{notebook}?{urlencode({k: v for k, v in sorted(parameters.items()) if v})}"


def way_in_html(way: str, html: str) -> str:
    """Mark HTML as a way.

    Args:
        way: as ``way_to`` says it, or ``index``, ``previous`` or ``next``.
        html: what a reader sees, escaped.
    """
    return f'<a class="way" data-way="{escape(way)}">{html}</a>'
