"""What a notebook shows: sentences, tables and figures, safe with hostile text.

Everything in an event is somebody else's text. It is escaped here, once, and shown as HTML
with a plain text beside it. What is shown goes to the cell's output at once, unless somebody
collects it: the live sections of ``kit.display.widgets`` do, and show the same parts.
"""

from __future__ import annotations

import base64
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from IPython.display import publish_display_data

from kit.base.text import clean, clean_lines
from kit.display.table import SET, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

__all__ = [
    "Listing",
    "Part",
    "Picture",
    "Text",
    "block",
    "collected",
    "facts",
    "figure",
    "headline",
    "links",
    "listing",
    "note",
    "ordered",
    "publish",
    "table",
]


@dataclass(frozen=True)
class Text:
    """HTML of our own making, and the same in plain text."""

    html: str
    plain: str


class Picture:
    """A figure that is drawn when it is looked at, and its finding in words."""

    def __init__(self, draw: Callable[..., tuple[Figure, str]], *given: Any, **named: Any) -> None:
        """Keep what it is drawn of.

        Args:
            draw: gives the figure and its alt text.
            given: what it is drawn of, passed to *draw*.
            named: likewise.
        """
        self.draw, self.given, self.named = draw, given, named

    @cached_property
    def drawn(self) -> tuple[bytes, str, int]:
        """The picture as PNG, its alt text, and its width in the page's pixels."""
        import io

        import matplotlib.pyplot as plt
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        made, alt = self.draw(*self.given, **self.named)
        picture = io.BytesIO()
        made.set_dpi(144)
        canvas = FigureCanvasAgg(made)
        # Laid out here, because savefig draws all a second time to do so.
        if (layout := made.get_layout_engine()) is not None:
            layout.execute(made)
            made.set_layout_engine("none")
        canvas.print_png(picture, metadata={"Software": None})
        width = int(made.get_size_inches()[0] * 96)
        plt.close(made)
        return picture.getvalue(), clean(alt), width

    @property
    def html(self) -> str:
        """The picture with its description; JupyterLab shows none for a PNG of its own."""
        picture, alt, width = self.drawn
        data = base64.b64encode(picture).decode()
        return (
            f'<figure style="margin:.6em 0"><img src="data:image/png;base64,{data}" '
            f'alt="{escape(alt)}" width="{width}"></figure>'
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Listing(Table):
    """A table whose rows can be narrowed by choosing, and opened; in a report it is a table."""

    all: pd.DataFrame
    """The same rows with all that is known of each."""
    narrow: Mapping[str, pd.Series[Any]]
    """For each name what every row counts as, missing where it counts as nothing."""
    named: tuple[str, ...]
    """The columns that tell one row from another."""
    open: Callable[[pd.Series[Any]], None]
    """Shows all about one row of *all*."""
    act: tuple[str, Callable[[pd.Series[Any]], None]] | None = None
    """What else can be done with an opened row: its name, and what does it and shows what came."""


Part = Text | Table | Picture

_collector: ContextVar[list[Part] | None] = ContextVar("collector", default=None)


@contextmanager
def collected() -> Iterator[list[Part]]:
    """Collect what is shown meanwhile, in its order, in the place of showing it."""
    parts: list[Part] = []
    before = _collector.set(parts)
    try:
        yield parts
    finally:
        _collector.reset(before)


def headline(text: str) -> None:
    """Show the answer, in words, as the first thing a reader sees."""
    style = "font-size:1.3em;line-height:1.35"  # for JupyterLab; a report has a style of its own
    html = f'<p class="headline" style="{style}"><strong>{_safe(text)}</strong></p>'
    _put(Text(html, text))


def note(text: str) -> None:
    """Show a sentence below the answer."""
    _put(Text(f"<p>{_safe(text)}</p>", text))


def block(text: str, *, caption: str, folded: bool = False) -> None:
    """Show a text of several lines as it is, to be copied.

    Args:
        text: the text.
        caption: what it is.
        folded: show the caption alone until a reader opens it.
    """
    said = "\n".join(escape(line) for line in clean_lines(text).split("\n"))
    html = f"<p><strong>{escape(caption)}</strong></p><pre>{said}</pre>"
    if folded:
        html = f"<details><summary>{escape(caption)}</summary><pre>{said}</pre></details>"
    _put(Text(html, f"{caption}\n{text}"))


def facts(values: Mapping[str, object]) -> None:
    """Show named values in two columns."""
    rows = "".join(
        f'<tr><th scope="row" style="{SET["text"]}">{escape(name)}</th>'
        f'<td style="{SET["text"]}">{_safe(value)}</td></tr>'
        for name, value in values.items()
    )
    plain = "\n".join(f"{name}: {clean(value)}" for name, value in values.items())
    _put(Text(f'<table class="facts"><tbody>{rows}</tbody></table>', plain))


def ordered(items: Sequence[Mapping[str, str]]) -> None:
    """Show numbered steps: each with ``title``, ``text`` lines and a ``state``.

    Args:
        items: ``title``, ``state`` (a word shown beside it) and any further texts, shown
            as lines named by their keys; an empty name shows the text alone.
    """
    html, plain = [], []
    for number, item in enumerate(items, start=1):
        lines = [(k, v) for k, v in item.items() if k not in {"title", "state"} and v]
        state = item.get("state", "")
        body = "".join(f"<br>{_label(k)}{_safe(v)}" for k, v in lines)
        mark = f' <span class="state {_slug(state)}">{escape(state)}</span>' if state else ""
        html.append(f"<li><strong>{_safe(item['title'])}</strong>{mark}{body}</li>")
        told = "".join(f"\n   {k + ': ' if k else ''}{clean(v)}" for k, v in lines)
        beside = f" [{state}]" if state else ""
        plain.append(f"{number}. {clean(item['title'])}{beside}{told}")
    _put(Text(f'<ol class="steps">{"".join(html)}</ol>', "\n".join(plain)))


def links(named: Sequence[tuple[str, str]], *, caption: str) -> None:
    """Show links that open in a tab of their own.

    Args:
        named: what each is called, and where it leads: an ``https`` address, or a file beside
            the notebook.
        caption: what they are.
    """
    items, plain = [], []
    for name, where in named:
        parts = urlsplit(where)
        assert parts.scheme == "https" or not (parts.scheme or parts.netloc), "no such link"
        items.append(
            f'<li><a href="{escape(where)}" target="_blank" rel="noopener noreferrer">'
            f"{_safe(name)}</a></li>"
        )
        plain.append(f"{clean(name)}: {where}")
    html = f"<p><strong>{_safe(caption)}</strong></p><ul>{''.join(items)}</ul>"
    _put(Text(html, "\n".join([caption, *plain])))


def table(
    rows: pd.DataFrame,
    *,
    caption: str,
    most: int = 50,
    empty: str = "None.",
    folded: bool = False,
) -> None:
    """Show a DataFrame as a plain table that also prints; in JupyterLab it can be sorted.

    Args:
        rows: what to show; times are UTC, ``rate`` is 0 to 1.
        caption: what the table shows, in words.
        most: the most rows that a report shows; the caption says how many there are.
        empty: what to say when there is none.
        folded: show the caption alone until a reader opens it.
    """
    _put(Table(rows, caption, most, empty, folded))


def listing(
    rows: pd.DataFrame,
    columns: Sequence[str],
    *,
    caption: str,
    narrow: Mapping[str, pd.Series[Any]],
    named: Sequence[str],
    opened: Callable[[pd.Series[Any]], None],
    act: tuple[str, Callable[[pd.Series[Any]], None]] | None = None,
    most: int = 50,
    empty: str = "None.",
    folded: bool = False,
) -> None:
    """Show rows as ``table`` does; in JupyterLab they can be narrowed, and each one opened.

    Args:
        rows: the rows, with an index of its own for each.
        columns: those that are shown.
        caption: what they are, in words.
        narrow: by what they can be narrowed: for each name what every row counts as.
        named: the columns that tell one row from another.
        opened: shows all about one of the rows.
        act: the name of what else can be done with it, and what does it.
        most: as for ``table``.
        empty: as for ``table``.
        folded: as for ``table``; in JupyterLab it is open.
    """
    shown = rows[list(columns)]
    _put(
        Listing(
            *(shown, caption, most, empty, folded),
            all=rows,
            narrow=narrow,
            named=tuple(named),
            open=opened,
            act=act,
        )
    )


def figure(draw: Callable[..., tuple[Figure, str]], *given: Any, **named: Any) -> None:
    """Show a figure as a picture whose finding is also said in words.

    Args:
        draw: gives the figure, which is closed afterwards, and its alt text.
        given: what it is drawn of, passed to *draw*.
        named: likewise.
    """
    _put(Picture(draw, *given, **named))


def publish(html: str, plain: str, **where: Any) -> None:
    """Put HTML of our own making into a cell's output.

    Args:
        html: the HTML. JupyterLab sets what stands between dollars as mathematics, which no
            text of an event is meant to be: it is told to leave all of it alone.
        plain: the same as text.
        where: as for IPython's ``publish_display_data``.
    """
    html = html and f'<div class="mathjax_ignore">{html}</div>'
    publish_display_data({"text/html": html, "text/plain": clean_lines(plain)}, **where)


def _put(part: Part) -> None:
    """Show a part, or leave it to who collects."""
    parts = _collector.get()
    if parts is not None:
        parts.append(part)
    elif isinstance(part, Text):
        publish(part.html, part.plain)
    elif isinstance(part, Table):
        publish(part.html(), part.plain())
    else:
        picture, alt, width = part.drawn
        publish_display_data(
            {"image/png": picture, "text/plain": alt},
            metadata={"image/png": {"alt": alt, "width": width}},
        )


def _safe(text: object) -> str:
    return escape(clean(text))


def _label(name: str) -> str:
    return f'<span class="label">{escape(name)}:</span> ' if name else ""


def _slug(state: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in state.casefold())
