"""An executed notebook becomes one page of HTML: no code, no script, no network.

Whatever an output holds, the page's policy forbids scripts and every request, and its
HTML is cleaned besides: both guard against hostile text in an event.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["bare_page", "clean_html", "page"]

TEMPLATES = Path(__file__).parent / "templates"
_TAGS = (
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre s small span strong sub summary sup "
    "table tbody td tfoot th thead tr tt u ul var"
).split()


def page(notebook: Any, facts: Mapping[str, Any]) -> str:
    """Render a notebook.

    Args:
        notebook: the executed notebook (nbformat).
        facts: what its ``summary.json`` says.

    Returns:
        The page.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="report",
        filters={"clean_html": clean_html},
    )
    title = _title(notebook, facts["notebook"])
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    known = {"facts": facts, "title": title, "style": style}
    body, _ = exporter.from_notebook_node(notebook, resources=known)
    return str(body)


def bare_page(facts: Mapping[str, Any]) -> str:
    """A page in plain words, for a run whose page could not be rendered."""
    from html import escape

    said = escape(str(facts["error"]))
    name = escape(facts["notebook"])
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{name}</title></head>'
        f"<body><h1>{name}</h1><p>This run failed: {said}</p></body></html>\n"
    )


def clean_html(html: str) -> str:
    """Keep what lays out text, tables and pictures; drop all that could run or fetch."""
    return str(_cleaner().clean(html))


@cache
def _cleaner() -> Any:
    import nh3

    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags={"script", "style", "iframe", "object"},
        attributes={
            "*": {"class", "id", "title"},
            "a": {"href"},
            "img": {"src", "alt", "width", "height"},
            "td": {"colspan", "rowspan", "style"},
            "th": {"colspan", "rowspan", "scope", "style"},
        },
        attribute_filter=_attribute,
        filter_style_properties={
            "background-color",
            "color",
            "font-weight",
            "text-align",
            "white-space",
        },
        url_schemes={"http", "https", "mailto", "data"},
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Links lead to pages or inside this one; pictures carry their own data."""
    if tag == "a" and name == "href":
        return value if value.startswith(("http://", "https://", "mailto:", "#")) else None
    if tag == "img" and name == "src":
        return value if value.startswith("data:image/") else None
    return value


def _title(notebook: Any, name: str) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# (.+)$", cell.source, re.M)):
            return found[1].strip()
    return name
