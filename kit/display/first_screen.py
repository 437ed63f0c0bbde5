"""The first screen of a page: how things stand, in numbers, and what to do next.

The same frame stands first in every notebook, every report and the index. It is made to fit a
window of 1280 by 900 pixels and a phone's of 390 by 844 whatever its texts are: a long one is cut
by the style, and nothing of it is wider than the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from kit.base.text import clean
from kit.display import phrases
from kit.display.code_names import CodeNames, smaller_codes
from kit.display.ways import way_in_html

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "STATUSES",
    "Deed",
    "FirstScreen",
    "Tile",
    "condition_in_words",
    "first_screen_style",
    "status_html",
]

STATUSES = {
    "broken": ("✕", "Broken now"),
    "fixed_some_left": ("↻", "Fixed, some to retry"),
    "some_failing": ("!", "Some people fail"),
    "over": ("✓", "Over"),
    "all_clear": ("✓", "All clear"),
    "cannot_tell": ("?", "Cannot tell"),
}
"""For each condition its sign, which tells it apart without colour, and its words."""

_LONGEST = 300
"""Letters of a text; the style cuts what is still too long for the window."""


_FEW = 3
"""Names that lines of a set number have room for; where more are named, none of them is cut."""


@dataclass(frozen=True)
class Tile:
    """A number that stands for rows of the page."""

    number: str
    """As it is shown: ``3``, ``1.4 %``, ``no data``."""
    name: str
    """What it counts: ``users still failing``."""
    link: str
    """Where its rows are: ``#`` and an id of the page, or a page beside this one."""
    note: str = ""
    """What else belongs to it, in a few words: ``usually 1.1 %``."""
    tone: str = ""
    """``bad``, ``wait`` or ``good``, where it is one of them by itself."""


@dataclass(frozen=True)
class Deed:
    """One thing to do next."""

    sentence: str
    names: tuple[str, ...] = ()
    """Logins of those it is about."""
    link: tuple[str, str] | None = None
    """What a link to it is called, and where it leads, as for a tile; ``retry.csv`` lies beside
    the page."""
    command: str = ""
    """What does it, or prepares it, in a terminal."""
    warning: bool = False
    """Whether it comes before all else, as access that somebody kept after leaving."""
    incident: str = ""
    """The id of the incident that it is about, for whoever knows a page of it."""
    way: str = ""
    """Which report says more, as ``way_to`` says it: where it lies there, the sentence leads to it,
    and the command that makes it is not shown."""
    most: int = 3
    """How many of the names are shown; the others are counted."""


@dataclass(frozen=True)
class FirstScreen:
    """How things stand, in a word, a sentence and some numbers; and what to do next."""

    condition: str
    """A key of ``STATUSES``, the same as in ``summary.json``."""
    sentence: str
    """The answer in one short sentence."""
    origin: str = ""
    """Window, source and coverage in one small line."""
    tiles: tuple[Tile, ...] = ()
    """Three to six."""
    deeds: tuple[Deed, ...] = ()
    """Up to three, the first to be done first; none where nothing is wrong."""
    to_retry: int = 0
    """How many people are left to retry, for the words of ``fixed_some_left``."""
    scope: str = ""
    """What the condition is of, where it is more than what the page is about."""
    links: tuple[tuple[str, str], ...] = field(default=())
    """Further links below the deeds: a name and where it leads."""

    @property
    def words(self) -> str:
        """The condition in words."""
        return condition_in_words(self.condition, self.to_retry)

    def in_words(self, names: CodeNames) -> FirstScreen:
        """The same with the words of unknown texts before their codes."""
        return replace(
            self,
            sentence=names.sentence(self.sentence),
            tiles=tuple(replace(one, note=names.sentence(one.note)) for one in self.tiles),
            deeds=tuple(replace(one, sentence=names.sentence(one.sentence)) for one in self.deeds),
        )

    def html(self, *, styled: bool = True) -> str:
        """The frame.

        Args:
            styled: with its style, for where no page has it.
        """
        parts = [status_html(self.condition, self.to_retry, self.scope)]
        parts.append(f'<p class="headline">{_text(self.sentence)}</p>')
        if self.origin:
            parts.append(f'<p class="origin">{_text(self.origin)}</p>')
        if self.tiles:
            parts.append(f'<ul class="tiles">{"".join(map(_tile, self.tiles))}</ul>')
        if self.deeds:
            items = "".join(map(_deed, self.deeds))
            parts.append(f'<p class="do-next">Do next</p><ol data-do-next="">{items}</ol>')
        if self.links:
            parts.append(f'<p class="ways">{" · ".join(_a(*one) for one in self.links)}</p>')
        style = f"<style>{first_screen_style()}</style>" if styled else ""
        return f'{style}<div class="first-screen">{"".join(parts)}</div>'

    def text(self) -> str:
        """The same as text."""
        sign, _ = STATUSES[self.condition]
        scope = f" ({clean(self.scope)})" if self.scope else ""
        lines = [f"{sign} {self.words}{scope}", clean(self.sentence), clean(self.origin)]
        lines += [
            f"{clean(one.number)} {clean(one.name)}{f' ({clean(one.note)})' if one.note else ''}"
            for one in self.tiles
        ]
        if self.deeds:
            lines.append("Do next:")
        for number, one in enumerate(self.deeds, start=1):
            names = _names(one, clean)
            lines.append(f"{number}. {clean(one.sentence)}{f' {names}' if names else ''}")
            lines += [f"   {clean(one.command)}"] if one.command else []
        return "\n".join(line for line in lines if line)


def condition_in_words(condition: str, to_retry: int = 0) -> str:
    """A condition in words.

    Args:
        condition: a key of ``STATUSES``.
        to_retry: how many are left to retry, if that is to be said.
    """
    if condition == "fixed_some_left" and to_retry:
        return f"Fixed, {to_retry:,} to retry"
    return STATUSES[condition][1]


def status_html(condition: str, to_retry: int = 0, scope: str = "") -> str:
    """The status word with its sign, as a paragraph.

    Args:
        condition: a key of ``STATUSES``.
        to_retry: as for ``condition_in_words``.
        scope: what it is of; said before it.
    """
    sign, _ = STATUSES[condition]
    where = f'<span class="scope">{_text(scope)}:</span> ' if scope else ""
    words = escape(condition_in_words(condition, to_retry))
    return (
        f'<p class="status">{where}<strong class="condition {condition}" '
        f'data-condition="{condition}"><span class="sign">{sign}</span> {words}</strong></p>'
    )


@cache
def first_screen_style() -> str:
    """The style of the frame, for a page that shows it."""
    return Path(__file__).with_name("first_screen.css").read_text(encoding="utf-8")


def _tile(tile: Tile) -> str:
    note = f"<small>{_text(tile.note)}</small>" if tile.note else ""
    return (
        f'<li class="tile {_value(tile.tone)}" data-tile="{_value(tile.name)}">'
        f'<a href="{_value(tile.link)}"><strong>{_text(tile.number)}</strong> '
        f"<span>{_text(tile.name)}</span> {note}</a></li>"
    )


def _deed(deed: Deed) -> str:
    names = _names(deed, lambda name: f"<strong>{_text(name)}</strong>")
    sentence = _text(deed.sentence)
    sentence = way_in_html(deed.way, sentence) if deed.way else sentence
    parts = [f'<span class="deed">{sentence}</span>']
    if names:
        look = "names" if len(deed.names) > deed.most or deed.most <= _FEW else "names every"
        parts.append(f'<span class="{look}">{names}</span>')
    if deed.link:
        parts.append(_a(*deed.link))
    if deed.command:
        look = ' class="way-command"' if deed.way else ""
        parts.append(f"<code{look}>{escape(clean(deed.command))}</code>")
    look = ' class="warning"' if deed.warning else ""
    about = f' data-incident="{_value(deed.incident)}"' if deed.incident else ""
    return f"<li{look}{about}>{' '.join(parts)}</li>"


def _names(deed: Deed, write: Callable[[str], str]) -> str:
    first = [write(name) for name in deed.names[: deed.most]]
    others = len(deed.names) - len(first)
    return (
        f"{', '.join(first)} and {phrases.count(others, 'other')}" if others else ", ".join(first)
    )


def _a(name: str, where: str) -> str:
    return f'<a href="{_value(where)}">{_text(name)}</a>'


def _value(text: object) -> str:
    """Text as an attribute's value."""
    return escape(clean(text))


def _text(text: object) -> str:
    words = clean(text)
    words = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    return smaller_codes(escape(words))
