"""What all charts share: size, colours, axes, and names that fit.

Colours are Okabe and Ito's, told apart by the colour-blind; what matters also differs in
hatch, line or mark, for print. Source: https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kit.base.text import clean
from kit.display import phrases
from kit.display.areas import note_areas
from kit.display.code_names import split_code
from kit.display.days import begin_of
from kit.display.zone import axis_label, current_zone, local

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

    from kit.base.windows import Window

__all__ = [
    "COLOURS",
    "DAY",
    "FAILED",
    "GIVEN_UP",
    "HATCHES",
    "INK",
    "SOFT",
    "TITLE",
    "WIDTH",
    "WORKED",
    "bars",
    "bucket_areas",
    "code_in_lines",
    "days",
    "figure_of",
    "legend",
    "marks",
    "moment_of",
    "shade_gaps",
    "short",
    "style",
    "time_axis",
    "whole_numbers",
    "width_of",
]

WIDTH = 5.8
"""Inches: as wide as a column of text, and still readable when a phone makes it smaller."""
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#7F7F7F"]
HATCHES = ["", "//", "..", "xx", "\\\\", "++", ""]
WORKED, FAILED, GIVEN_UP, INK, SOFT = "#0072B2", "#D55E00", "#7F7F7F", "#222222", "#5A6068"
DAY = {"hour": 1 / 24, "day": 1.0}
TITLE: dict[str, Any] = {"fontsize": 12, "fontweight": "bold", "x": 0.01, "ha": "left"}


def figure_of(title: str, *, height: float) -> tuple[Figure, Axes]:
    """A figure of one panel with its title."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(title, **TITLE)
    style(axes)
    return figure, axes


def style(axes: Axes, *, grid: Literal["x", "y", "both"] = "y") -> None:
    """Quiet axes: no frame above and beside, a light grid behind."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis=grid, color="#DDDDDD", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=10.5, colors=INK)


def bars(
    axes: Axes,
    at: Any,
    heights: Any,
    width: float,
    *,
    bottom: Any = 0.0,
    areas: tuple[Callable[[int], str], Callable[[int], Mapping[str, Any]]] | None = None,
    **look: Any,
) -> None:
    """Upright bars as one shape: hundreds of single ones, an hour each, take seconds.

    Args:
        axes: where; its limits are set by the caller.
        at: the bars' left edges.
        heights: their heights; what is nothing is not drawn.
        width: of each.
        bottom: where they begin, one for all or one each.
        areas: by a bar's place, what it says and what it is of, as ``note_areas`` takes them.
        look: as for ``PolyCollection``.
    """
    start, high = np.asarray(at, dtype=float), np.asarray(heights, dtype=float)
    low = np.broadcast_to(np.asarray(bottom, dtype=float), high.shape)
    there = high > 0
    start, low, top = start[there], low[there], (low + high)[there]
    end = start + width
    corners = [(start, low), (start, top), (end, top), (end, low)]
    outlines = np.stack([np.column_stack(corner) for corner in corners], axis=1)
    axes.add_collection(PolyCollection(list(outlines), **look), autolim=False)
    if areas is not None:
        places, (label, of) = np.flatnonzero(there), areas
        corner = (start, end, low, top)
        note_areas(axes, corner, lambda n: label(places[n]), lambda n: of(places[n]))


def bucket_areas(
    buckets: Any,
    bucket: str,
    numbers: Sequence[str],
    what: str = "",
    of: Mapping[str, Any] | None = None,
) -> tuple[Callable[[int], str], Callable[[int], Mapping[str, Any]]]:
    """What bars on a time axis say, and what each is of.

    Args:
        buckets: when each bar begins, UTC.
        bucket: ``hour`` or ``day``.
        numbers: each bar's value with its unit.
        what: the series that they belong to.
        of: what the series is of, as ``Area.of`` has it; nothing to narrow to if None.
    """
    starts = pd.DatetimeIndex(buckets)
    length = pd.Timedelta(days=1) if bucket == "day" else pd.Timedelta(hours=1)

    def label(place: int) -> str:
        start = starts[place]
        when = f"{start.day} {start:%b %Y} (UTC)" if bucket == "day" else phrases.moment(start)
        return f"{when}: {numbers[place]}{f', {what}' if what else ''}"

    def area_of(place: int) -> Mapping[str, Any]:
        if of is None:
            return {}
        return {**of, "since": starts[place], "until": starts[place] + length}

    return label, area_of


def stacked(
    axes: Axes,
    names: Sequence[str],
    parts: Sequence[tuple[pd.Series[int], str, str, str]],
    of: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Draw a horizontal bar for each name, of parts behind each other, with their sum beside it.

    Args:
        axes: where.
        names: what the bars are called, from below.
        parts: the lengths, the label, the colour and the hatch of each; one that is all zero
            is left out.
        of: what each bar is of, as ``Area.of`` has it.
    """
    places, offsets = np.arange(len(names)), np.zeros(len(names))
    for lengths, label, colour, hatch in parts:
        if not lengths.any():
            continue
        axes.barh(
            places,
            lengths,
            left=offsets,
            color=colour,
            label=label,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.3,
        )
        note_areas(
            axes,
            (offsets, offsets + lengths.to_numpy(), places - 0.4, places + 0.4),
            partial(_stacked_label, list(names), list(lengths), label),
            lambda place: of[place] if of else {},
        )
        offsets = offsets + lengths.to_numpy()
    for place, total in enumerate(offsets.astype(int)):
        axes.text(total, place, f" {total:,}", va="center", fontsize=10.5, color=INK)
    axes.set_yticks(places, names)
    whole_numbers(axes, on="x")
    axes.margins(x=0.1)
    style(axes, grid="x")
    axes.tick_params(axis="y", labelsize=9.5)


def _stacked_label(names: Sequence[str], lengths: Sequence[int], label: str, place: int) -> str:
    name = names[place].replace("\n", " on ").replace(r"\$", "$")
    return f"{name}: {phrases.count(int(lengths[place]), 'user')} {label}"


def legend(axes: Axes, *, columns: int = 2) -> None:
    """A legend below the picture, where there is something to tell apart."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.figure.legend(
            handles, labels, loc="outside lower left", ncols=columns, frameon=False, fontsize=10.5
        )


def time_axis(axes: Axes, window: Window, bucket: str = "") -> None:
    """Show the window, widened to whole buckets, so that none is cut off."""
    since, until = pd.Timestamp(window.since), pd.Timestamp(window.until)
    if bucket:
        since, until = _whole_buckets(window, bucket)
    # Beside the calendar's ends matplotlib finds no ticks.
    first, last = mdates.date2num([_FIRST, _LAST])
    axes.set_xlim(*(min(max(_days_of(at), first), last) for at in (since, until)))
    zone = current_zone()
    locator = mdates.AutoDateLocator(minticks=3, maxticks=6, tz=zone)
    # Else it finds none for 71 hours: what lies between is no three days.
    locator.intervald[mdates.HOURLY] = [1, 2, 3, 4, 6, 12, 24]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(
        mdates.ConciseDateFormatter(
            locator,
            tz=zone,
            formats=["%Y", "%b %Y", "%-d %b", "%H:%M", "%H:%M", "%H:%M:%S"],
            zero_formats=["", "%b %Y", "%-d %b", "%-d %b", "%H:%M", "%H:%M"],
            show_offset=False,
        )
    )
    axes.set_xlabel(axis_label(window), fontsize=10.5)


def _whole_buckets(window: Window, bucket: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """A window's ends, moved outwards to those of whole hours, or of days of the reader's."""
    since, until = pd.Timestamp(window.since), pd.Timestamp(window.until)
    if bucket == "hour":
        return since.floor("h"), until.ceil("h")
    first, last = begin_of("day", pd.Series([since, until]))
    if until == last:
        return first, until
    # A day is 23 to 25 hours long: so much after its beginning it is the next one.
    return first, begin_of("day", pd.Series([last + pd.Timedelta(hours=36)]))[0]


_FIRST, _LAST = datetime(500, 1, 1, tzinfo=UTC), datetime(9500, 1, 1, tzinfo=UTC)


def _days_of(at: pd.Timestamp) -> float:
    """A moment as matplotlib counts it, also where Python's calendar has ended."""
    return float((at - pd.Timestamp("1970-01-01", tz="UTC")) / pd.Timedelta(days=1))


def width_of(window: Window, bucket: str) -> float:
    """How wide a bucket's bar is, in days; it can be seen on an axis of any length."""
    return max(DAY[bucket] * 0.92, (window.until - window.since).total_seconds() / 86400 / 600)


def marks(panels: Sequence[Axes], moments: Mapping[str, Any], window: Window) -> None:
    """Mark moments by numbered lines through all panels, named above the first.

    Those outside the window are named with an arrow at the edge that they lie behind.
    """
    since, until = mdates.date2num(window.since), mdates.date2num(window.until)
    pairs = [(k, pd.Timestamp(v)) for k, v in moments.items() if v is not None and not pd.isna(v)]
    pairs.sort(key=lambda pair: pair[1])
    for place, (name, when) in enumerate(pairs):
        at = mdates.date2num(when)
        inside = since <= at <= until
        for axes in panels if inside else ():
            axes.axvline(at, color=INK, linewidth=1.1, linestyle=_LINES.get(name, "--"))
        at = min(max(at, since), until)
        on_left = at > since + 0.6 * (until - since)
        arrow = "" if inside else ("← " if when < window.since else "→ ")
        panels[0].annotate(
            f"{arrow}{name} {_day_and_clock(when)}",
            (at, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-5 if on_left else 5, 3 + 13.5 * (len(pairs) - 1 - place)),
            textcoords="offset points",
            ha="right" if on_left else "left",
            fontsize=10.5,
            color=INK,
        )
        panels[0].annotate(
            "",
            (at, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 12 + 13.5 * (len(pairs) - 1 - place)),
            textcoords="offset points",
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.8},
        )


def shade_gaps(panels: Sequence[Axes], gaps: Sequence[Window], window: Window) -> str:
    """Shade what the source does not hold of a window: there, nothing drawn means nothing known.

    Args:
        panels: where.
        gaps: the stretches that are missing.
        window: the time axis.

    Returns:
        The same as the end of an alt text; nothing where nothing is missing.
    """
    inside = [
        (max(gap.since, window.since), min(gap.until, window.until))
        for gap in gaps
        if gap.until > window.since and gap.since < window.until
    ]
    for place, axes in enumerate(panels):
        for since, until in inside:
            first, last = mdates.date2num([since, until])
            axes.axvspan(
                first,
                last,
                zorder=0,
                linewidth=0,
                facecolor="#ECEFF2",
                edgecolor="#B8C0C8",
                hatch="////",
            )
            if place == 0 and (until - since) * 8 > window.until - window.since:
                box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
                axes.text(
                    (first + last) / 2,
                    0.5,
                    "no data",
                    transform=axes.get_xaxis_transform(),
                    ha="center",
                    fontsize=10.5,
                    color=SOFT,
                    bbox=box,
                )
    texts = [f"{phrases.moment(since)} to {phrases.moment(until)}" for since, until in inside[:3]]
    return f" No data from {phrases.join(texts)}." if texts else ""


def _day_and_clock(when: pd.Timestamp) -> str:
    here = local(when)
    return f"{here.day} {here:%b %H:%M}"


_LINES = {"change": ":", "first failure": "-.", "onset": "-", "latest outage": "-", "again": "-"}
"""How a moment's line is drawn; a fix, and any other, is dashed."""


def whole_numbers(axes: Axes, *, on: Literal["x", "y"] = "y") -> None:
    """Count in whole numbers."""
    axis = axes.yaxis if on == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))


def moment_of(label: object) -> pd.Timestamp:
    """A label of a time index as the time it is."""
    return pd.Timestamp(label)  # type: ignore[arg-type]  # an index knows no types


def days(moments: Any) -> Any:
    """Moments as matplotlib counts them."""
    return mdates.date2num(pd.DatetimeIndex(moments).to_pydatetime())


def short(name: str, most: int = 34) -> str:
    """Fit a name into a chart; matplotlib reads ``$`` as mathematics, so it is escaped."""
    text = clean(name)
    text = text if len(text) <= most else text[: most - 1] + "…"
    return text.replace("$", r"\$")


def code_in_lines(code: str, app: str = "", *, most: int = 24) -> str:
    """A code and its app as a label of two lines.

    An unknown text is its words, with the digits of its code before the app.

    Args:
        code: the code, or ``words (UNKNOWN_…)``.
        app: the app; no line of its own without it.
        most: letters in a line.
    """
    words, unknown = split_code(code)
    if not unknown:
        return "\n".join(short(part, most) for part in (code, app) if part)
    digits = unknown.removeprefix("UNKNOWN_")
    return f"{short(words, most + 6)}\n{short(f'{digits} · {app}' if app else digits, most + 6)}"


def _fonts() -> None:
    """Prefer fonts that hold more scripts, where they are installed, for users' names."""
    import matplotlib as mpl

    installed = {font.name for font in font_manager.fontManager.ttflist}
    families = ["DejaVu Sans", "Noto Sans", "Noto Sans CJK SC", "Noto Sans Arabic"]
    mpl.rcParams["font.family"] = [name for name in families if name in installed] or ["sans-serif"]


_fonts()
