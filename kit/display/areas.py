"""Which parts of a picture stand for which value: for whoever hovers over it or clicks on it.

A drawing notes the area of a bar or a point as it draws it, in the coordinates of its axes. Where
that lies in the picture is worked out when the picture was laid out, and only if somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from kit.base.text import clean
from kit.display import phrases
from kit.display.code_names import split_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Area", "areas_html", "areas_of", "note_areas", "rows_of", "words_of"]

_MOST = 2_000
"""Areas of a picture; of more, the largest are taken."""
_NAMES = ("code", "app", "kind", "user", "org")
"""What an area can be of, beside a stretch of time: columns of tables."""
_TIMES = ("published", "bucket", "peak_at")
"""Columns that say when something was; a table is narrowed in time by the first that it has."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a picture, and the value that it stands for."""

    left: float
    """As a share of the picture's width; ``width`` likewise."""
    top: float
    """As a share of the picture's height; ``height`` likewise."""
    width: float
    height: float
    label: str
    """The value with its unit, and what it is of."""
    of: Mapping[str, Any]
    """What tables can be narrowed to: ``code``, ``app``, ``kind``, ``user``, ``org`` by name,
    ``since`` and ``until`` as times, UTC; empty where there is nothing to narrow to."""


@dataclass(frozen=True, slots=True)
class _Group:
    axes: Axes
    corners: Any
    """Left, right, low and high in the coordinates of the axes, a row an area."""
    room: float
    """Points around it that belong to it."""
    label: Callable[[int], str]
    of: Callable[[int], Mapping[str, Any]]


_groups: WeakKeyDictionary[Any, list[_Group]] = WeakKeyDictionary()


def note_areas(
    axes: Axes,
    corners: tuple[Any, Any, Any, Any],
    label: Callable[[int], str],
    of: Callable[[int], Mapping[str, Any]] = lambda _: {},
    *,
    room: float = 0,
) -> None:
    """Note what bars or points stand for.

    Args:
        axes: where they are drawn.
        corners: left, right, low and high of each, as the axes count.
        label: gives the words of one by its place; called only if somebody is to read them.
        of: likewise, what tables can be narrowed to.
        room: points around each that belong to it; for what is drawn as a point.
    """
    columns = [np.asarray(one, dtype=float) for one in corners]
    _groups.setdefault(axes.figure, []).append(
        _Group(axes, np.column_stack(columns), room, label, of)
    )


def areas_of(figure: Figure) -> tuple[Area, ...]:
    """The areas of a picture, the larger ones first, so that a small one lies upon them.

    Args:
        figure: as it was laid out for the picture.
    """
    width, height = figure.get_size_inches() * figure.dpi
    areas = []
    for group in _groups.get(figure, []):
        room = group.room * figure.dpi / 72
        left, right, low, high = group.corners.T
        to_pixels = group.axes.transData.transform
        first, last = (
            to_pixels(np.column_stack([left, low])),
            to_pixels(np.column_stack([right, high])),
        )
        box = group.axes.bbox
        for place in range(len(left)):
            x = sorted((first[place, 0], last[place, 0]))
            y = sorted((first[place, 1], last[place, 1]))
            x0, x1 = max(x[0] - room, box.x0 - room), min(x[1] + room, box.x1 + room)
            y0, y1 = max(y[0] - room, box.y0 - room), min(y[1] + room, box.y1 + room)
            if not (x0 < x1 and y0 < y1):
                continue
            share = (x0 / width, 1 - y1 / height, (x1 - x0) / width, (y1 - y0) / height)
            areas.append((share, group, place))
    areas.sort(key=lambda one: -one[0][2] * one[0][3])
    return tuple(
        Area(*share, clean(group.label(place)), group.of(place))
        for share, group, place in areas[:_MOST]
    )


def areas_html(areas: Sequence[Area], picked: Mapping[str, Any]) -> str:
    """A drawing to lie upon the picture: what it shows is told without a script, too.

    Args:
        areas: the areas.
        picked: what the tables are narrowed to; its areas have a frame.
    """
    return "".join(
        f'<rect data-area="{place}"{_look(one, picked)} x="{one.left:.2%}" y="{one.top:.2%}" '
        f'width="{one.width:.2%}" height="{one.height:.2%}" fill="transparent">'
        f"<title>{escape(one.label)}</title></rect>"
        for place, one in enumerate(areas)
    )


def _look(area: Area, picked: Mapping[str, Any]) -> str:
    frame = ' stroke="#222222" stroke-width="2"' if area.of and area.of == picked else ""
    return f"{' data-of' if area.of else ''}{frame}"


def rows_of(rows: pd.DataFrame, picked: Mapping[str, Any]) -> tuple[pd.Series[bool], str]:
    """The rows of a table that are of what was picked.

    Args:
        rows: any table; its times are UTC.
        picked: as ``Area.of``.

    Returns:
        Whether each row is, and in words what of *picked* this table could be narrowed to; all
        rows and no words where it says nothing of it.
    """
    mask = pd.Series(data=True, index=rows.index)
    used: dict[str, Any] = {}
    for name in _NAMES:
        if name in picked and (column := _column(rows, name)) is not None:
            mask &= column == picked[name]
            used[name] = picked[name]
    if "since" in picked and (at := next((n for n in _TIMES if n in rows.columns), "")):
        mask &= (rows[at] >= picked["since"]) & (rows[at] < picked["until"])
        used |= {name: picked[name] for name in ("since", "until")}
    return mask.astype(bool), words_of(used)


def words_of(picked: Mapping[str, Any]) -> str:
    """What was picked, in words."""
    parts = [str(picked[name]) for name in _NAMES if name in picked]
    parts = [part.replace("_", " ") if part == picked.get("kind") else part for part in parts]
    text = " on ".join(parts[:2]) if "code" in picked and "app" in picked else ", ".join(parts)
    if "since" in picked:
        stretch = f"{phrases.moment(picked['since'])} to {phrases.moment(picked['until'])}"
        text = f"{text}, {stretch}" if text else stretch
    return clean(text)


def _column(rows: pd.DataFrame, name: str) -> Any:
    """A column to compare with; the user also goes by the name of whom a failure hits."""
    column = next((one for one in (name, *_ALSO.get(name, ())) if one in rows.columns), None)
    if column is None:
        return None
    values = rows[column].astype(object)
    if name == "app":
        return values.where(values.notna() & (values != ""), phrases.SIGN_IN)
    if name == "kind":
        return values.map(lambda one: str(one).replace(" ", "_"))
    return values.map(lambda one: split_code(one)[1] or one if isinstance(one, str) else one)


_ALSO = {"user": ("hit",)}
