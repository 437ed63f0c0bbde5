"""A section of a report in a cell's output, drawn again when a parameter changes.

What the section shows is cut into blocks: each table begins one, because its controls stand
above it. A block has a slot of its own. Slots can be published only while the cell runs: a table
that comes later than that follows in the last one, as a report has it.
"""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from kit.base.errors import KitError
from kit.base.text import clean
from kit.display.parts import Chart, Links, Listing
from kit.display.table import Table
from kit.display.widgets.listing_view import ListingView, OpenedView
from kit.display.widgets.slots import Slot
from kit.display.widgets.table_view import TableView
from kit.display.widgets.zoom import Zoom

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.display.parts import Part
    from kit.display.section import Section
    from kit.display.widgets.clicks import Clicks
    from kit.display.widgets.pictures import Pictures

__all__ = ["LiveSection"]

_SPARE_SLOTS = 2
"""Slots of a section that had nothing to show when its cell ran: enough for a listing."""


class LiveSection:
    """One section."""

    def __init__(self, section: Section, pictures: Pictures, clicks: Clicks) -> None:
        """Show it in the cell that runs.

        Args:
            section: the section, with what draws it again.
            pictures: the pictures that were drawn before.
            clicks: what a reader clicks in the notebook.
        """
        assert section.live is not None
        self._view, self._report = section.live.view, section.live.report
        self._pictures, self._clicks = pictures, clicks
        self._blocks: list[_Block] = []
        parts = section.parts
        count = sum(2 if isinstance(p, Listing) else 1 for p in parts if _is_table(p))
        count = count if parts else _SPARE_SLOTS
        self._places = [clicks.place(partial(self._hear, n)) for n in range(count + 1)]
        self._opening, *self._slots = [Slot(one, controlled=True) for one in self._places]
        self._take(parts)
        self._put_what_is_there()
        self._put()

    def redraw(self) -> None:
        """Show what the section says now."""
        self._take(self._view().parts)
        self._put()

    def narrow(self) -> None:
        """Show only what was picked, or all again."""
        for block in self._blocks:
            block.narrow(self._clicks.picked)
        self._put()

    def _hear(self, number: int, message: Mapping[str, Any]) -> None:
        """Do what a click in an output asks for; what is not there any more is left alone."""
        block = self._blocks[number] if number < len(self._blocks) else None
        if block is None:
            return
        if isinstance(way := message.get("way"), str):
            self._go(block, way)
        elif "column" in message and isinstance(block.view, TableView | ListingView):
            block.view.sort_by(message["column"])
        elif of := block.of(self._pictures, message.get("chart"), message.get("area")):
            self._clicks.pick(of)

    def _go(self, block: _Block, way: str) -> None:
        """Begin the notebook that a way leads to, and have it opened and run."""
        try:
            link = self._report.begin_notebook(way)
        except (KitError, KeyboardInterrupt) as fault:
            message = escape(clean(fault) or "Stopped.")
            block.answer = f'<p role="alert"><strong>{message}</strong></p>'
            self._put()
            return
        block.answer = link.html()
        self._put()
        self._run(block, link)

    def _run(self, block: _Block, link: Links) -> None:
        self._clicks.run(self._places[min(block.place, len(self._places) - 1)], link)

    def _take(self, parts: tuple[Part, ...]) -> None:
        """Cut the parts into blocks; a block that showed a table before keeps its settings."""
        before = {block.place: block.view for block in self._blocks if block.view}
        zooms = {block.place: block.zoom for block in self._blocks}
        self._blocks = [_Block(0)]
        for part in parts:
            if not _is_table(part):
                self._blocks[-1].rest.append(part)
                continue
            block = _Block(len(self._blocks))
            kind = ListingView if isinstance(part, Listing) else TableView
            view = before.get(block.place)
            block.view = view if type(view) is kind else kind(self._put)
            block.view.take(part)
            block.narrow(self._clicks.picked)
            self._blocks.append(block)
            if isinstance(block.view, ListingView):
                row_view = before.get(block.place + 1)
                row_view = row_view if isinstance(row_view, OpenedView) else None
                self._blocks.append(_Block(block.place + 1))
                on_link = partial(self._run, self._blocks[-1])
                self._blocks[-1].view = row_view or OpenedView(block.view, self._put, on_link)
                if row_view:
                    row_view.forget()
        for block in self._blocks:
            block.zoom = zooms.get(block.place) or Zoom(self._put)
            block.zoom.take([part for part in block.rest if isinstance(part, Chart)])

    def _put_what_is_there(self) -> None:
        """Show what stands before the first table, a picture not yet: drawing one takes longer."""
        first = self._blocks[0]
        if any(isinstance(part, Chart) for part in first.rest):
            words = [part for part in first.rest if not isinstance(part, Chart)]
            text = "\n".join(part.text() for part in words)
            self._opening.put("".join(part.html() for part in words), text)

    def _put(self) -> None:
        slots = [self._opening, *self._slots]
        contents = [block.render(self._pictures, self._clicks) for block in self._blocks]
        # More tables than there are slots: they follow in the last one, without controls.
        for slot, (html, plain, controls) in zip(slots, contents, strict=False):
            if slot is slots[-1] and len(contents) > len(slots):
                more = contents[len(slots) :]
                html, plain = html + "".join(m[0] for m in more), plain
            slot.put(html, plain, controls)
        for slot in slots[len(contents) :]:
            slot.put("", "")


class _Block:
    """A table and what follows it up to the next one."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.view: Any = None
        self.zoom: Any = None
        self.rest: list[Part] = []
        self.answer = ""
        """What came of the last click on a way in it."""

    @property
    def _pictures(self) -> list[Chart]:
        return [one for one in self.rest if isinstance(one, Chart) and not self.zoom.holds(one)]

    def narrow(self, picked: Mapping[str, Any]) -> None:
        """Show only the rows that are of what was picked."""
        if isinstance(self.view, TableView | ListingView):
            self.view.narrow(picked)

    def of(self, pictures: Pictures, chart: object, area: object) -> Mapping[str, Any]:
        """What a part of one of its pictures is of; nothing where there is no such part."""
        charts = self._pictures
        if not (isinstance(chart, int) and isinstance(area, int) and 0 <= chart < len(charts)):
            return {}
        areas = pictures.areas(charts[chart])
        return areas[area].of if 0 <= area < len(areas) else {}

    def render(self, pictures: Pictures, clicks: Clicks) -> tuple[str, str, Any]:
        """Its HTML, its text, and its controls."""
        html, plain = [], []
        if isinstance(self.view, OpenedView):
            self.view.follow()
        if self.view is not None:
            html.append(self.view.html())
            plain.append(self.view.text())
        for part in self.rest:
            if isinstance(part, Chart):
                html.append("" if self.zoom.holds(part) else pictures.html(part, clicks.picked))
            else:
                html.append(part.html())
                plain.append(part.text())
        html.append(self.answer)
        own = self.view.controls if self.view else ()
        narrowed = isinstance(self.view, TableView | ListingView) and self.view.is_narrowed
        undo = clicks.undo if narrowed or self._pictures else ()
        controls = (*undo, *own, *self.zoom.controls)
        return "".join(html), "\n".join(plain), controls


def _is_table(part: Part) -> bool:
    return isinstance(part, Table)
