"""A section of a report in a cell's output, drawn again when a parameter changes.

What the section shows is cut into blocks: each table begins one, because its controls stand
above it. A block has a slot of its own. Slots can be published only while the cell runs: a table
that comes later than that follows in the last one, as a report has it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from kit.display.parts import Chart, Listing
from kit.display.table import Table
from kit.display.widgets.listing_view import ListingView, OpenedView
from kit.display.widgets.slots import Slot
from kit.display.widgets.table_view import TableView
from kit.display.widgets.zoom import Zoom

if TYPE_CHECKING:
    from kit.display.parts import Part
    from kit.display.section import Section
    from kit.display.widgets.pictures import Pictures

__all__ = ["LiveSection"]

_SPARE_SLOTS = 2
"""Slots of a section that had nothing to show when its cell ran: enough for a listing."""


class LiveSection:
    """One section."""

    def __init__(self, section: Section, pictures: Pictures) -> None:
        """Show it in the cell that runs.

        Args:
            section: the section, with what draws it again.
            pictures: the pictures that were drawn before.
        """
        assert section.live is not None
        self._view, self._pictures = section.live.view, pictures
        self._blocks: list[_Block] = []
        parts = section.parts
        count = sum(2 if isinstance(p, Listing) else 1 for p in parts if _is_table(p))
        self._opening = Slot(controlled=bool(find_spec("ipympl")))
        self._slots = [Slot(controlled=True) for _ in range(count if parts else _SPARE_SLOTS)]
        self._take(parts)
        self._put()

    def redraw(self) -> None:
        """Show what the section says now."""
        self._take(self._view().parts)
        self._put()

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
            self._blocks.append(block)
            if isinstance(block.view, ListingView):
                row_view = before.get(block.place + 1)
                row_view = row_view if isinstance(row_view, OpenedView) else None
                self._blocks.append(_Block(block.place + 1))
                self._blocks[-1].view = row_view or OpenedView(block.view, self._put)
                if row_view:
                    row_view.forget()
        for block in self._blocks:
            block.zoom = zooms.get(block.place) or Zoom(self._put)
            block.zoom.take([part for part in block.rest if isinstance(part, Chart)])

    def _put(self) -> None:
        slots = [self._opening, *self._slots]
        contents = [block.render(self._pictures) for block in self._blocks]
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

    def render(self, pictures: Pictures) -> tuple[str, str, Any]:
        """Its HTML, its text, and its controls."""
        html, plain = [], []
        if isinstance(self.view, OpenedView):
            self.view.follow()
        if self.view is not None:
            html.append(self.view.html())
            plain.append(self.view.text())
        for part in self.rest:
            if isinstance(part, Chart):
                html.append("" if self.zoom.holds(part) else pictures.html(part))
            else:
                html.append(part.html())
                plain.append(part.text())
        controls = (*(self.view.controls if self.view else ()), *self.zoom.controls)
        return "".join(html), "\n".join(plain), controls


def _is_table(part: Part) -> bool:
    return isinstance(part, Table)
