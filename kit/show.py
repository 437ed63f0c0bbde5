"""What a notebook shows: sentences, tables and figures, safe with hostile text.

Everything in an event is somebody else's text. It is escaped here, once, and shown as
HTML with a plain text beside it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from IPython.display import publish_display_data

from kit import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

__all__ = ["block", "facts", "figure", "headline", "note", "ordered", "table"]

_SET = {
    "num": "text-align:right",
    "text": "text-align:left",
    "when": "text-align:left;white-space:nowrap",
}
"""How cells are set, in the cell itself: JupyterLab sets all to the right otherwise."""

_TITLES = {
    "first_seen": "first seen (UTC)",
    "last_seen": "last seen (UTC)",
    "published": "when (UTC)",
    "still_failing": "still failing",
    "first_failure": "first failure (UTC)",
    "last_failure": "last failure (UTC)",
    "recovered_at": "worked again (UTC)",
    "event_type": "event type",
    "user_name": "name",
    "http_status": "HTTP",
    "vendor_message": "the vendor's words",
    "start": "first failure (UTC)",
    "last": "last failure (UTC)",
    "peak": "most in an hour",
    "peak_at": "in the hour from (UTC)",
    "time_to_recover": "took",
    "abandoned_at": "unassigned (UTC)",
    "failing_since": "failing since (UTC)",
    "correlation_id": "correlation id",
    "trace_id": "trace id",
    "request_id": "request id",
    "operation": "operation",
    "uuid": "event",
}


def headline(text: str) -> None:
    """Show the answer, in words, as the first thing a reader sees."""
    _publish(f'<p class="headline"><strong>{escape(words.clean(text))}</strong></p>', text)


def note(text: str) -> None:
    """Show a sentence below the answer."""
    _publish(f"<p>{escape(words.clean(text))}</p>", text)


def block(text: str, *, caption: str) -> None:
    """Show a text of several lines as it is, to be copied.

    Args:
        text: the text.
        caption: what it is.
    """
    said = "\n".join(escape(line) for line in words.clean_lines(text).split("\n"))
    _publish(f"<p><strong>{escape(caption)}</strong></p><pre>{said}</pre>", f"{caption}\n{text}")


def facts(values: Mapping[str, object]) -> None:
    """Show named values in two columns."""
    rows = "".join(
        f'<tr><th scope="row" style="{_SET["text"]}">{escape(name)}</th>'
        f'<td style="{_SET["text"]}">{escape(words.clean(value))}</td></tr>'
        for name, value in values.items()
    )
    plain = "\n".join(f"{name}: {words.clean(value)}" for name, value in values.items())
    _publish(f'<table class="facts"><tbody>{rows}</tbody></table>', plain)


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
        body = "".join(f"<br>{_label(k)}{escape(words.clean(v))}" for k, v in lines)
        mark = f' <span class="state {_slug(state)}">{escape(state)}</span>' if state else ""
        html.append(f"<li><strong>{escape(words.clean(item['title']))}</strong>{mark}{body}</li>")
        told = "".join(f"\n   {k + ': ' if k else ''}{words.clean(v)}" for k, v in lines)
        plain.append(f"{number}. {words.clean(item['title'])} [{state}]{told}")
    _publish(f'<ol class="steps">{"".join(html)}</ol>', "\n".join(plain))


def table(
    rows: pd.DataFrame,
    *,
    caption: str,
    most: int = 50,
    empty: str = "None.",
    folded: bool = False,
) -> None:
    """Show a DataFrame as a plain table that also prints.

    Args:
        rows: what to show; times are UTC, ``rate`` is 0 to 1.
        caption: what the table shows, in words.
        most: the most rows to show; the caption says how many there are.
        empty: what to say when there is none.
        folded: show the caption alone until a reader opens it.
    """
    if rows.empty:
        note(f"{caption}: {empty}")
        return
    shown = rows.head(most)
    more = f" (the first {most:,} of {len(rows):,})" if len(rows) > most else ""
    kinds = [_kind(shown[name]) for name in shown.columns]
    head = "".join(
        f'<th scope="col" class="{kind}" style="{_SET[kind]}">{escape(_title(name))}</th>'
        for name, kind in zip(shown.columns, kinds, strict=True)
    )
    cells = [
        [_cell(str(name), value) for name, value in row.items()] for _, row in shown.iterrows()
    ]
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{k}" style="{_SET[k]}">{escape(c)}</td>'
            for k, c in zip(kinds, line, strict=True)
        )
        + "</tr>"
        for line in cells
    )
    said = escape(caption + more)
    name = "" if folded else f"<caption>{said}</caption>"
    html = (
        f'<div class="scroll"><table>{name}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    if folded:
        html = f"<details><summary>{said}</summary>{html}</details>"
    plain = pd.DataFrame(cells, columns=[_title(c) for c in shown.columns]).to_string(index=False)
    _publish(html, f"{caption}{more}\n{plain}")


def figure(drawn: Figure, alt: str) -> None:
    """Show a figure as a picture whose finding is also said in words.

    Args:
        drawn: the figure; it is closed.
        alt: what the picture shows, for who cannot see it.
    """
    import io

    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    picture = io.BytesIO()
    drawn.set_dpi(144)
    canvas = FigureCanvasAgg(drawn)
    # Laid out here, because savefig draws all a second time to do so.
    if (layout := drawn.get_layout_engine()) is not None:
        layout.execute(drawn)
        drawn.set_layout_engine("none")
    canvas.print_png(picture, metadata={"Software": None})
    size = drawn.get_size_inches()
    plt.close(drawn)
    publish_display_data(
        {"image/png": picture.getvalue(), "text/plain": words.clean(alt)},
        metadata={"image/png": {"alt": words.clean(alt), "width": int(size[0] * 96)}},
    )


def _publish(html: str, plain: str) -> None:
    publish_display_data({"text/html": html, "text/plain": words.clean_lines(plain)})


def _label(name: str) -> str:
    return f'<span class="label">{escape(name)}:</span> ' if name else ""


def _slug(state: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in state.casefold())


def _title(name: str) -> str:
    return _TITLES.get(name, name.replace("_", " "))


def _kind(values: pd.Series[Any]) -> str:
    """How a column is set: numbers to the right, times in one line."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return "when"
    if pd.api.types.is_timedelta64_dtype(values):
        return "num"
    number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return "num" if number else "text"


def _cell(name: str, value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, pd.Timedelta):
        return _length(value)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d %H:%M}"
    if name == "rate" and isinstance(value, float):
        return words.percent(value, fixed=True)
    if name == "http_status" and isinstance(value, float | int):
        return str(int(value))
    if isinstance(value, int):
        return f"{value:,}"
    text = words.clean(value)
    return text.replace("_", " ") if name == "state" else text


def _length(value: pd.Timedelta) -> str:
    seconds = value.total_seconds()
    if abs(seconds) < 90:
        return words.count(round(seconds), "second")
    return ("−" if seconds < 0 else "") + words.hours(abs(seconds))
