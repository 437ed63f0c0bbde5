"""The order of a report's page: the first screen, its picture, what changed, and all else below.

A notebook shows its words and parameters before its answer, as a reader of its cells needs them. A
page begins with the answer, and has these under *About this report*.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup, Tag

from kit.display.first_screen import status_html

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["SECTION", "fold_sections", "opening_in_order", "with_working_links"]

SECTION = "<!--section-->"
"""Stands before each section; no comment of a notebook's own is left in a page."""

_DETAILS = re.compile(r'<details( id="[^"]*")?><summary>')
_FOLDED = '<h2 data-fold=""'


def opening_in_order(opening: str, changes: str, about: str, facts: Mapping[str, Any]) -> str:
    """Set what stands before the first section in a page's order.

    Args:
        opening: the HTML of the cells before it.
        changes: the HTML that says what changed; it follows the picture.
        about: HTML that belongs under *About this report*.
        facts: what ``summary.json`` says.

    Returns:
        The HTML; where no cell showed a first screen, as it was, with the status word on top.
    """
    soup = BeautifulSoup(opening, "html.parser")
    screen = soup.select_one(".first-screen")
    failed = facts.get("status") == "failed"
    status = BeautifulSoup(status_html(str(facts["condition"])), "html.parser")
    if screen is None:
        frame = soup.new_tag("div", attrs={"class": "first-screen"})
        frame.append(status)
        title = soup.h1
        if title is not None:
            title.insert_after(frame)
        else:
            soup.append(frame)
        return f"{soup}{changes}{about}"
    if failed:  # what the cells said before the run failed is not the report's condition
        for old in screen.select(".status"):
            old.replace_with(status)
    details = soup.select_one("details.about") or _empty_about(soup)
    below = [one.extract() for one in soup.select(".facts, .parameters")]
    pictures = [one.extract() for one in soup.find_all("figure")[:1]]
    first = soup.select("nav.ways, .owner") + soup.select(".failed") + soup.find_all("h1")
    first = [one.extract() for one in first]
    screen, details = screen.extract(), details.extract()
    for one in [*below, *BeautifulSoup(about, "html.parser").contents]:
        details.append(one)
    top = "".join(map(str, [*first, screen, *pictures]))
    return f"{top}{changes}{details}{soup}"


def fold_sections(body: str) -> str:
    """Fold the sections that a notebook's tags say are read by few.

    Args:
        body: the page from its first section on.
    """
    sections, footer, rest = body.partition("<footer")
    parts = sections.split(SECTION)
    return "".join(map(_folded, parts)) + footer + rest


def with_working_links(page: str) -> str:
    """Take the links of the first screen that lead nowhere in a page out of it.

    Args:
        page: the page.
    """
    ids = set(re.findall(r'\sid="([^"]+)"', page))

    def checked(match: re.Match[str]) -> str:
        return match[0] if match[1] in ids else "<a>"

    begin = page.find('<div class="first-screen">')
    if begin < 0:
        return page
    end = page.find("</div>", begin)  # it holds no other
    frame = re.sub(r'<a href="#([^"]*)"[^>]*>', checked, page[begin:end])
    return page[:begin] + frame + page[end:]


def _empty_about(soup: BeautifulSoup) -> Tag:
    details = soup.new_tag("details", attrs={"class": "about", "id": "about"})
    summary = soup.new_tag("summary")
    summary.string = "About this report"
    details.append(summary)
    return details


def _folded(section: str) -> str:
    if not section.startswith(_FOLDED):
        return section
    heading, end, rest = section.partition("</h2>")
    heading = heading.replace(_FOLDED, "<h2", 1)
    rest = _DETAILS.sub(r'<details\1 open=""><summary>', rest)
    return f'<details class="section"><summary>{heading}{end}</summary>{rest}</details>'
