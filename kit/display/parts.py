"""What a section is made of: frozen values that become HTML or text when they are shown.

Everything in an event is somebody else's text. A part keeps it as it came and escapes it, once,
in ``html()``; ``text()`` says the same without marks, cleaned. Making a part shows nothing.
"""

from __future__ import annotations

import base64
import sys
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kit.base.text import clean, clean_lines
from kit.display import phrases
from kit.display.areas import Area, areas_of
from kit.display.code_names import PLAIN, CodeNames, smaller_codes
from kit.display.first_screen import FirstScreen
from kit.display.table import SET, Table
from kit.display.zone import current_zone, reading_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from kit.display.section import Section

WIDE = 11.9
"""Inches: as wide as a page on a desk."""

__all__ = [
    "Block",
    "Chart",
    "Facts",
    "Headline",
    "Links",
    "Listing",
    "Note",
    "Parameters",
    "Part",
    "Picture",
    "Steps",
    "with_names",
]


@dataclass(frozen=True)
class Headline:
    """The answer, in words: the first thing that a reader sees."""

    sentence: str

    def html(self) -> str:
        """The answer, larger than the rest."""
        style = "font-size:1.3em;line-height:1.35"  # for JupyterLab; a report has its own
        return f'<p class="headline" style="{style}"><strong>{_safe(self.sentence)}</strong></p>'

    def text(self) -> str:
        """The same as text."""
        return self.sentence


@dataclass(frozen=True)
class Note:
    """A sentence below the answer."""

    sentence: str
    anchor: str = ""
    """The id by which a link finds it."""

    def html(self) -> str:
        """The sentence as a paragraph."""
        return f"<p{_id(self.anchor)}>{_safe(self.sentence)}</p>"

    def text(self) -> str:
        """The same as text."""
        return self.sentence


@dataclass(frozen=True)
class Block:
    """A text of several lines as it is, to be copied."""

    content: str
    caption: str
    """What it is."""
    collapsed: bool = False
    """Whether the caption is shown alone until a reader opens it."""
    anchor: str = ""
    """The id by which a link finds it."""

    def html(self) -> str:
        """The text in its lines, below its caption."""
        lines = "\n".join(escape(line) for line in clean_lines(self.content).split("\n"))
        place, caption = _id(self.anchor), escape(self.caption)
        if self.collapsed:
            return f"<details{place}><summary>{caption}</summary><pre>{lines}</pre></details>"
        return f"<p{place}><strong>{caption}</strong></p><pre>{lines}</pre>"

    def text(self) -> str:
        """The same as text."""
        return f"{self.caption}\n{self.content}"


@dataclass(frozen=True)
class Facts:
    """Values with their names, in two columns."""

    values: Mapping[str, object]
    anchor: str = ""
    """What the ids of its rows begin with; rows have none without it."""

    def html(self) -> str:
        """A table of two columns."""
        start = f"{self.anchor}-" if self.anchor else ""
        rows = "".join(
            f"<tr{_id(start and start + _slug(name))}>"
            f'<th scope="row" style="{SET["text"]}">{escape(name)}</th>'
            f'<td style="{SET["text"]}">{_safe(value)}</td></tr>'
            for name, value in self.values.items()
        )
        place = _id(start and f"{start}facts")
        return f'<table class="facts"{place}><tbody>{rows}</tbody></table>'

    def text(self) -> str:
        """A line for each value."""
        return "\n".join(f"{name}: {clean(value)}" for name, value in self.values.items())


@dataclass(frozen=True)
class Steps:
    """Numbered steps."""

    items: Sequence[Mapping[str, str]]
    """Each with ``title``, ``state`` (a word shown beside it) and any further texts, shown as
    lines named by their keys; an empty name shows the text alone."""
    anchor: str = ""
    """The id by which a link finds them."""
    folded: Mapping[str, str] = field(default_factory=dict)
    """By a state, the only line that a step in it shows until a reader opens the others."""

    def html(self) -> str:
        """A numbered list."""
        steps = []
        for item in self.items:
            state = item.get("state", "")
            lines = {k: f"{_label(k)}{_safe(v)}" for k, v in _lines(item)}
            first = lines.pop(self.folded.get(state, ""), "") if state in self.folded else ""
            body = f"<br>{first}" if first else ""
            rest = "<br>".join(lines.values())
            if rest and first:
                body += f"<details><summary>How to do it</summary>{rest}</details>"
            elif rest:
                body += f"<br>{rest}"
            mark = f' <span class="state {_slug(state)}">{escape(state)}</span>' if state else ""
            steps.append(f"<li><strong>{_safe(item['title'])}</strong>{mark}{body}</li>")
        return f'<ol class="steps"{_id(self.anchor)}>{"".join(steps)}</ol>'

    def text(self) -> str:
        """The same as text, with the numbers."""
        steps = []
        for number, item in enumerate(self.items, start=1):
            state = item.get("state", "")
            body = "".join(f"\n   {k + ': ' if k else ''}{clean(v)}" for k, v in _lines(item))
            mark = f" [{state}]" if state else ""
            steps.append(f"{number}. {clean(item['title'])}{mark}{body}")
        return "\n".join(steps)


@dataclass(frozen=True)
class Links:
    """Links that open in a tab of their own."""

    items: Sequence[tuple[str, str]]
    """What each is called, and where it leads: an ``https`` address, or a file beside the
    notebook."""
    caption: str
    """What they are."""
    run: bool = False
    """Whether the first is a notebook that an open JupyterLab is to open and run."""

    def __post_init__(self) -> None:
        for _, where in self.items:
            parts = urlsplit(where)
            assert parts.scheme == "https" or not (parts.scheme or parts.netloc), "no such link"

    def html(self) -> str:
        """A list, below its caption."""
        items = "".join(
            f'<li><a href="{escape(where)}" {self._how()}>{_safe(name)}</a></li>'
            for name, where in self.items
        )
        return f"<p><strong>{_safe(self.caption)}</strong></p><ul>{items}</ul>"

    def text(self) -> str:
        """A line for each link."""
        return "\n".join([self.caption, *(f"{clean(name)}: {where}" for name, where in self.items)])

    def _how(self) -> str:
        return "data-run" if self.run else 'target="_blank" rel="noopener noreferrer"'


@dataclass(frozen=True)
class Parameters:
    """What a report was asked: a sentence, and in an open JupyterLab its controls."""

    values: Mapping[str, str]

    def html(self) -> str:
        """The values in a sentence."""
        return f'<p class="parameters">{_safe(self.text())}</p>'

    def text(self) -> str:
        """The same as text."""
        values = ", ".join(f"{name} = {v or '(empty)'}" for name, v in self.values.items())
        return f"Parameters: {values}."


@dataclass(frozen=True, eq=False, kw_only=True)
class Listing(Table):
    """A table whose rows can be narrowed by choosing, and opened; in a report it is a table."""

    all: pd.DataFrame
    """The same rows with all that is known of each, with an index of its own for each."""
    narrow: Mapping[str, pd.Series[Any]] = field(default_factory=dict)
    """For each name what every row counts as, missing where it counts as nothing."""
    labels: tuple[str, ...]
    """The columns that tell one row from another."""
    open: Callable[[pd.Series[Any]], Section]
    """All about one row of *all*."""
    act: tuple[str, Callable[[pd.Series[Any]], Section]] | None = None
    """What else can be done with an opened row: its name, and what does it and says what came."""

    @property
    def frame(self) -> pd.DataFrame:
        """All rows, with all that is known of each."""
        return self.all


@dataclass(frozen=True)
class Picture:
    """A figure as PNG."""

    wide: bytes
    """For a page on a desk."""
    narrow: bytes
    """For a phone, with letters of the same size."""
    alt: str
    width: int
    """Of the wide one, in the page's pixels."""


class Chart:
    """A figure that is drawn when it is shown, and its finding in words."""

    def __init__(
        self,
        draw: Callable[..., tuple[Figure, str]],
        *arguments: Any,
        later: Callable[[], Mapping[str, Any]] = dict,
        **options: Any,
    ) -> None:
        """Keep what it is drawn of.

        Args:
            draw: gives the figure, which is closed afterwards, and its alt text.
            arguments: what it is drawn of, passed to *draw*; the DataFrame first.
            later: gives further options when it is drawn: a reader need not wait for them to see
                what stands before the chart.
            options: likewise passed to *draw*.
        """
        self.draw, self.arguments = draw, arguments
        self._options, self._later = options, later
        self.names = PLAIN
        """What its codes of unknown texts are drawn as."""
        self._finding = ""
        self.zone = current_zone()
        """The reader's zone, in which its times are drawn; None for UTC."""

    @property
    def frame(self) -> pd.DataFrame:
        """What is drawn."""
        data: pd.DataFrame = self.arguments[0]
        return data

    @cached_property
    def options(self) -> dict[str, Any]:
        """What it is drawn with besides; asked for at the first call."""
        return self._options | dict(self._later())

    def figure(self) -> tuple[Figure, str]:
        """The figure drawn again, and its alt text."""
        with reading_in(self.zone):
            return self.draw(self.names.frame(self.frame), *self.arguments[1:], **self.options)

    @cached_property
    def with_areas(self) -> tuple[str, tuple[Area, ...]]:
        """The picture as an ``img``, and what its bars and points stand for; draws no phone's."""
        figure, alt = self.figure()
        figure.set_size_inches(WIDE, figure.get_size_inches()[1])
        wide = _png(figure)
        with reading_in(self.zone):
            areas = areas_of(figure)
        _close(figure)
        self._finding = clean(alt)
        return _img(wide, self._finding, round(WIDE * 96)), areas

    @cached_property
    def picture(self) -> Picture:
        """The figure as PNG, as wide as a page and as wide as a phone."""
        figure, alt = self.figure()
        height = figure.get_size_inches()[1]
        narrow = _png(figure)
        figure.set_size_inches(WIDE, height)
        wide = _png(figure)
        _close(figure)
        return Picture(wide, narrow, clean(alt), round(WIDE * 96))

    def html(self) -> str:
        """The picture with its description; JupyterLab shows none for a PNG of its own."""
        one = self.picture
        return f'<figure style="margin:.6em 0">{_img(one.wide, one.alt, one.width)}</figure>'

    def text(self) -> str:
        """Its finding in words."""
        return self._finding or self.picture.alt

    def __repr__(self) -> str:
        return f"<Chart {self.draw.__name__}: {phrases.count(len(self.frame), 'row')}>"

    def _repr_html_(self) -> str:
        """The picture, where a chart is a cell's last line."""
        return f'<div class="mathjax_ignore">{self.html()}</div>'


Part = FirstScreen | Headline | Note | Facts | Table | Steps | Links | Block | Chart | Parameters


def with_names(part: Part, names: CodeNames) -> Part:
    """A part that shows the codes of unknown texts by their words.

    What is to be copied as it is, a block or the parameters, stays so.
    """
    if not names.words:
        return part
    if isinstance(part, Headline | Note):
        return replace(part, sentence=names.sentence(part.sentence))
    if isinstance(part, FirstScreen):
        return part.in_words(names)
    if isinstance(part, Facts):
        return replace(part, values={k: names.cell(v) for k, v in part.values.items()})
    if isinstance(part, Listing):
        narrow = {name: values.map(names.cell) for name, values in part.narrow.items()}
        return replace(part, names=names, narrow=narrow)
    if isinstance(part, Table):
        return replace(part, names=names)
    if isinstance(part, Chart):
        part = copy(part)
        part.names = names
    return part


def _img(png: bytes, alt: str, width: int) -> str:
    data = base64.b64encode(png).decode()
    return f'<img src="data:image/png;base64,{data}" alt="{escape(alt)}" width="{width}">'


def _png(figure: Figure) -> bytes:
    """A figure in its present size; a dot and a half for each of the page's pixels."""
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(144)
    canvas = FigureCanvasAgg(figure)
    # Laid out here, because savefig draws all a second time to do so.
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
        figure.set_layout_engine("none")
    picture = io.BytesIO()
    canvas.print_png(picture, metadata={"Software": None})
    if layout is not None:
        figure.set_layout_engine(layout)
    return picture.getvalue()


def _close(figure: Figure) -> None:
    """Close a figure that pyplot made; the kit's own charts do without its import."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)


def _lines(item: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(k, v) for k, v in item.items() if k not in {"title", "state"} and v]


def _id(anchor: str) -> str:
    return f' id="{escape(anchor)}"' if anchor else ""


def _safe(text: object) -> str:
    return smaller_codes(escape(clean(text)))


def _label(name: str) -> str:
    return f'<span class="label">{escape(name)}:</span> ' if name else ""


def _slug(state: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in state.casefold())
