"""An executed notebook becomes one page of HTML: no code, no script, no network.

Whatever an output holds, the page's policy forbids scripts and every request, and its
HTML is cleaned besides: both guard against hostile text in an event. Long tables are sorted
by style alone, so that the policy knows no exception.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.base.text import visible
from kit.display.first_screen import first_screen_style
from kit.reports.changes import iso_in_words
from kit.reports.layout import (
    SECTION,
    fold_sections,
    opening_in_order,
    with_working_links,
)
from kit.reports.sorting import Sorter, sorting_style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.reports.changes import RunChanges

__all__ = ["bare_page", "clean_html", "load_exporter", "report_page"]

TEMPLATES = Path(__file__).parent / "templates"
_TAGS = (
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre s small span strong sub summary sup "
    "table tbody td tfoot th thead tr tt u ul var"
).split()

_MARKS = ("data-condition", "data-do-next", "data-incident", "data-tile", "data-title")
"""What other programs find the parts of a page by."""


def report_page(notebook: Any, facts: Mapping[str, Any], changes: RunChanges | None = None) -> str:
    """Render a notebook.

    Args:
        notebook: the executed notebook (nbformat).
        facts: what its ``summary.json`` says.
        changes: what changed since the run before, where the run is good.

    Returns:
        The page. Below the answer, before the first section, it says what changed and
        lists the contents; the answer itself where the notebook does not show it.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="report",
        filters={"clean_html": clean_html, "moment": iso_in_words, "sortable": Sorter().sortable},
    )
    title = _title(notebook, facts["notebook"])
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    style += first_screen_style() + sorting_style() + _paper_style(title)
    has_parameters = any(_shows_parameters(cell) for cell in notebook.cells)
    resources = {"facts": facts, "title": title, "style": style, "asked": has_parameters}
    body, _ = exporter.from_notebook_node(notebook, resources=resources)
    start = body.index("<main>") + len("<main>")
    first_section = re.compile(f"{SECTION}|<h2|<footer").search(body, start)
    at = first_section.start() if first_section else len(body)
    has_headline = 'class="headline"' in body[start:at]
    part = exporter.environment.get_template("opening.html.j2").module
    has_screen = 'class="first-screen"' in body[start:at]
    compared = changes is not None and (changes.compared or not has_screen)
    answer = "" if has_headline else part.answer(facts)
    opening = opening_in_order(
        body[start:at] + answer,
        part.changes(changes) if compared else "",
        part.remark(changes) if changes and not compared else "",
        facts,
    )
    contents = part.contents(_contents(body[at:]))
    page = f"{body[:start]}{opening}{contents}\n{fold_sections(body[at:])}"
    return visible(with_working_links(page))


def _paper_style(title: str) -> str:
    """The style that puts the report's name and the page's number on paper."""
    name = "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in title[:120])
    return (
        f'@page {{ @bottom-left {{ content: "{name}"; font: 8pt sans-serif; }} '
        '@bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; } }\n'
    )


def _shows_parameters(cell: Any) -> bool:
    """Whether a cell shows the parameters, so that the page need not say them at its end."""
    texts = (one.get("data", {}).get("text/html", "") for one in cell.get("outputs", []))
    return any('class="parameters"' in "".join(text) for text in texts)


def load_exporter() -> None:
    """Import what a page is made with, while there is time before there is one to make."""
    import nbconvert  # noqa: F401  # imported to be there

    _cleaner()


def _contents(body: str) -> list[tuple[str, str]]:
    """The sections of a page: each with its anchor and title, both as HTML has them."""
    headings = re.findall(r'<h2(?: data-fold="")? id="([^"]+)"[^>]*>(.*?)</h2>', body, re.S)
    texts = [(name, re.sub(r"<a [^>]*>¶</a>|<[^>]+>", "", title)) for name, title in headings]
    return [(name, text.strip()) for name, text in texts]


def bare_page(facts: Mapping[str, Any]) -> str:
    """A page in plain words, for a run whose page could not be rendered."""
    from html import escape

    error = escape(str(facts["error"]))
    name = escape(facts["notebook"])
    return visible(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
        f'<meta name="color-scheme" content="light dark"><title>{name}</title></head>'
        f'<body><p><a data-way="index">All reports</a></p><h1>{name}</h1>'
        f'<p role="alert"><strong>This run failed:</strong> {error}</p>'
        "<p>The notebook beside this page holds what could be kept.</p></body></html>\n"
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
            "*": {"class", "id", "title", *_MARKS},
            "a": {"href", "data-way"},
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
        inside = value.startswith("#") or value == "retry.csv"
        return value if inside or value.startswith(("http://", "https://", "mailto:")) else None
    if tag == "img" and name == "src":
        return value if value.startswith("data:image/") else None
    return value


def _title(notebook: Any, name: str) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (match := re.search(r"^# (.+)$", cell.source, re.M)):
            return match[1].strip()
    return name
