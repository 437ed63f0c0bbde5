"""Failures and rates on a time axis."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kit.display import phrases
from kit.display.areas import note_areas
from kit.display.charts.base import (
    COLOURS,
    FAILED,
    HATCHES,
    INK,
    TITLE,
    WIDTH,
    WORKED,
    bars,
    bucket_areas,
    code_in_lines,
    days,
    figure_of,
    legend,
    marks,
    moment_of,
    shade_gaps,
    short,
    style,
    time_axis,
    whole_numbers,
    width_of,
)
from kit.display.code_names import split_code
from kit.display.days import begin_of, days_of, zone_name
from kit.display.zone import axis_label, local

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from kit.base.windows import Window

__all__ = [
    "code_by_app",
    "code_by_day",
    "failing_against_working",
    "failures_and_rate",
    "groups_over_time",
    "kinds_over_time",
    "over_time",
    "worked_over_time",
]

_MAX_SERIES = 6
"""Series that a reader can tell apart; the rest is drawn as one."""
_MAX_ROWS = 14
_EPISODE = "#F3D9C4"


def over_time(
    counts: pd.DataFrame,
    window: Window,
    bucket: str,
    *,
    moments: Mapping[str, Any] | None = None,
    about: str = "",
    gaps: Sequence[Window] = (),
) -> tuple[Figure, str]:
    """Draw failures over time, stacked by app and code.

    Args:
        counts: ``bucket`` datetime64[us, UTC], ``app``, ``code``, ``failures`` int64.
        window: the time axis.
        bucket: ``hour`` or ``day``.
        moments: moments to be marked, UTC: onset, change and fix.
        about: what the moments are of, for the title.
        gaps: what the source does not hold, shaded.

    Returns:
        The figure and its alt text.
    """
    names = counts["code"] + _BETWEEN + counts["app"]
    by = ", app and code" + (f"; marked: {short(about)}" if about else "")
    pairs = counts[["code", "app"]].drop_duplicates().itertuples(index=False, name=None)
    of = {f"{code}{_BETWEEN}{app}": _code_and_app(code, app) for code, app in pairs}
    return _stacked(_wide(counts, names, "codes"), window, bucket, by, moments or {}, of, gaps)


def kinds_over_time(counts: pd.DataFrame, window: Window, bucket: str) -> tuple[Figure, str]:
    """Draw failures over time, stacked by kind.

    Args:
        counts: ``bucket`` datetime64[us, UTC], ``kind``, ``failures`` int64.
        window: the time axis.
        bucket: ``hour`` or ``day``.

    Returns:
        The figure and its alt text.
    """
    names = counts["kind"].str.replace("_", " ").replace("", "not told")
    of = {name.replace("_", " "): {"kind": name} for name in counts["kind"].unique() if name}
    return _stacked(_wide(counts, names, "kinds"), window, bucket, " and kind", {}, of)


def groups_over_time(
    counts: pd.DataFrame, window: Window, bucket: str, *, by: str
) -> tuple[Figure, str]:
    """Draw failures over time, stacked by group.

    Args:
        counts: ``bucket`` datetime64[us, UTC], ``group``, ``failures`` int64.
        window: the time axis.
        bucket: ``hour`` or ``day``.
        by: what the groups are, in a word.

    Returns:
        The figure and its alt text.
    """
    names = counts["group"]
    of = {name: {by: name} for name in names.unique()} if by == "app" else {}
    return _stacked(_wide(counts, names, "groups"), window, bucket, f" and {by}", {}, of)


def _stacked(
    wide: pd.DataFrame,
    window: Window,
    bucket: str,
    by: str,
    moments: Mapping[str, Any],
    of: Mapping[str, Mapping[str, Any]],
    gaps: Sequence[Window] = (),
) -> tuple[Figure, str]:
    figure, axes = figure_of(f"Failures by {bucket}{by}", height=3.0 + 0.2 * len(wide.columns))
    bottom = pd.Series(0, index=wide.index)
    for place, name in enumerate(wide.columns):
        bars(
            axes,
            days(wide.index),
            wide[name],
            width_of(window, bucket),
            bottom=bottom,
            areas=bucket_areas(
                wide.index, bucket, _failures(wide[name]), str(name), of.get(str(name), {})
            ),
            label=_in_a_line(str(name)),
            facecolor=COLOURS[place],
            hatch=HATCHES[place],
            edgecolor="white",
            linewidth=0.3,
        )
        bottom = bottom + wide[name]
    axes.set_ylabel(f"failures {_each(bucket)}", fontsize=10.5)
    axes.set_ylim(0, max(bottom.max() * 1.06, 1))
    whole_numbers(axes)
    marks([axes], moments, window)
    missing = shade_gaps([axes], gaps, window)
    time_axis(axes, window, bucket)
    legend(axes, columns=1)
    return figure, f"{_peak_in_words(wide, bucket)}{_marks_in_words(moments)}{missing}"


def failing_against_working(
    attempts: pd.DataFrame, window: Window, bucket: str
) -> tuple[Figure, str]:
    """Draw the share of attempts that failed over time, one panel an app.

    Args:
        attempts: ``bucket`` datetime64[us, UTC], ``app``, ``failures`` and ``successes``
            int64.
        window: the time axis.
        bucket: ``hour`` or ``day``.

    Returns:
        The figure and its alt text.
    """
    worst = attempts.groupby("app")["failures"].sum().sort_values(ascending=False)
    apps = list(worst[worst > 0].index[:4])
    figure = Figure(figsize=(WIDTH, 0.9 + 1.1 * max(len(apps), 1)), layout="constrained")
    figure.suptitle(f"Share of attempts that failed, by {bucket}", **TITLE)
    panels = figure.subplots(max(len(apps), 1), 1, sharex=True, squeeze=False)[:, 0]
    parts = []
    for axes, app in zip(panels, apps, strict=False):
        rows = attempts[attempts["app"] == app].set_index("bucket")
        attempts_by_bucket = rows["failures"] + rows["successes"]
        rate = rows["failures"] / attempts_by_bucket
        shares = _shares(rows["failures"], attempts_by_bucket)
        of = {"app": str(app)}
        areas = bucket_areas(rows.index, bucket, shares, str(app), of)
        _rate(axes, rate, window, bucket, areas)
        total, tries = int(rows["failures"].sum()), int(attempts_by_bucket.sum())
        axes.set_title(
            f"{short(str(app), 44)}: {total:,} of {tries:,} attempts failed",
            fontsize=10.5,
            loc="left",
        )
        parts.append(
            f"{app} {phrases.percent(total / attempts_by_bucket.sum())}, at worst {_worst(rate)}"
        )
    time_axis(panels[-1], window, bucket)
    return figure, "Share of attempts that failed: " + ("; ".join(parts) or "none") + "."


def worked_over_time(counts: pd.DataFrame, window: Window, bucket: str) -> tuple[Figure, str]:
    """Draw what worked over time, for a page on which nothing failed.

    Args:
        counts: ``bucket`` datetime64[us, UTC], ``successes`` int64.
        window: the time axis.
        bucket: ``hour`` or ``day``.

    Returns:
        The figure and its alt text.
    """
    by_time = counts.groupby("bucket")["successes"].sum()
    figure, axes = figure_of(f"Nothing failed; what worked, by {bucket}", height=3.0)
    numbers = [f"{phrases.count(int(one), 'attempt')} worked" for one in by_time]
    areas = bucket_areas(by_time.index, bucket, numbers)
    bars(axes, days(by_time.index), by_time, width_of(window, bucket), areas=areas, color=WORKED)
    axes.set_ylabel(f"attempts {_each(bucket)}", fontsize=10.5)
    axes.set_ylim(0, max(float(by_time.max()) * 1.06 if len(by_time) else 0.0, 1.0))
    whole_numbers(axes)
    time_axis(axes, window, bucket)
    total = int(by_time.sum())
    return figure, f"Nothing failed; {phrases.count(total, 'attempt')} worked, by {bucket}."


def code_by_app(
    counts: pd.DataFrame,
    window: Window,
    bucket: str,
    *,
    apps: pd.DataFrame,
    moments: Mapping[str, Any],
) -> tuple[Figure, str]:
    """Draw one code's failures over time, one panel an app.

    Args:
        counts: ``bucket`` datetime64[us, UTC], ``app_key``, ``failures`` int64.
        window: the time axis.
        bucket: ``hour`` or ``day``.
        apps: the apps, the first first: ``app``, ``app_key``; ``failures``, ``attempts`` and
            ``users`` int64, of the same window or of a longer one. Four are drawn.
        moments: moments to be marked, UTC: onset, change and fix.

    Returns:
        The figure and its alt text.
    """
    rows = apps.head(_MAX_PANELS).to_dict("records")
    figure = Figure(figsize=(WIDTH, 1.6 + 1.25 * max(len(rows), 1)), layout="constrained")
    figure.suptitle(f"Failures with this code, by app and {bucket}", **TITLE)
    panels = figure.subplots(max(len(rows), 1), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    parts = []
    for place, (axes, row) in enumerate(zip(panels, rows, strict=False)):
        mine = counts[counts["app_key"] == row["app_key"]]
        colour = COLOURS[(place + 1) % len(COLOURS)]
        at, width = days(mine["bucket"]), width_of(window, bucket)
        name = str(row["app"])
        areas = bucket_areas(
            mine["bucket"], bucket, _failures(mine["failures"]), name, {"app": name}
        )
        look = {"facecolor": colour, "hatch": HATCHES[place]}
        bars(axes, at, mine["failures"], width, areas=areas, **look)
        numbers = (
            f"{row['failures']:,} of {phrases.count(row['attempts'], 'attempt')} failed, "
            f"{phrases.count(row['users'], 'user')}"
        )
        label = f"{short(name, 30)}: {numbers}"
        plate = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
        at_top: dict[str, Any] = {"transform": axes.transAxes, "va": "top", "zorder": 5}
        axes.text(0.01, 0.97, label, fontsize=10.5, color=INK, bbox=plate, **at_top)
        style(axes)
        parts.append(f"{name}: {numbers}")
    panels[0].set_ylim(0, max(float(counts["failures"].max() or 0) * 1.35, 1.0))
    whole_numbers(panels[0])
    panels[-1].set_ylabel(f"failures {_each(bucket)}", fontsize=10.5)
    marks(list(panels), moments, window)
    time_axis(panels[-1], window, bucket)
    others = len(apps) - len(rows)
    more = f"; and {phrases.count(others, 'other app')}" if others > 0 else ""
    return figure, (
        f"Failures with this code by app and {bucket}. {'; '.join(parts)}{more}."
        f"{_marks_in_words(moments)}"
    )


_MAX_PANELS = 4


def failures_and_rate(
    counts: pd.DataFrame,
    window: Window,
    bucket: str,
    *,
    episodes: pd.DataFrame,
    moments: Mapping[str, Any],
    gaps: Sequence[Window] = (),
) -> tuple[Figure, str]:
    """Draw one code's failures and their share of attempts on one time axis.

    Args:
        counts: ``bucket`` datetime64[us, UTC], ``failures`` and ``attempts`` int64.
        window: the time axis.
        bucket: ``hour`` or ``day``.
        episodes: ``start`` and ``last`` datetime64[us, UTC]; shaded.
        moments: moments to be marked, UTC: onset, change and fix.
        gaps: what the source does not hold, shaded in another way.

    Returns:
        The figure and its alt text.
    """
    figure = Figure(figsize=(WIDTH, 4.4), layout="constrained")
    figure.suptitle(f"Failures and share of attempts, by {bucket}", **TITLE)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    for start, last in episodes[["start", "last"]].itertuples(index=False):
        for axes in (above, below):
            axes.axvspan(mdates.date2num(start), mdates.date2num(last), color=_EPISODE, zorder=0)
    rows = counts.set_index("bucket")
    at = days(rows.index)
    areas = bucket_areas(rows.index, bucket, _failures(rows["failures"]), of={})
    bars(above, at, rows["failures"], width_of(window, bucket), areas=areas, color=FAILED)
    above.set_ylabel(f"failures {_each(bucket)}", fontsize=10.5)
    above.set_ylim(0, max(rows["failures"].max() * 1.06, 1))
    style(above)
    whole_numbers(above)
    rate = rows["failures"] / rows["attempts"]
    shares = _shares(rows["failures"], rows["attempts"])
    _rate(below, rate, window, bucket, bucket_areas(rows.index, bucket, shares, of={}))
    below.set_ylabel("share failed", fontsize=10.5)
    marks([above, below], moments, window)
    missing = shade_gaps([above, below], gaps, window)
    time_axis(below, window, bucket)
    label = f"{axis_label(window)}; shaded: episodes; dots: all worked"
    below.set_xlabel(label, fontsize=10.5)
    total, attempts = int(rows["failures"].sum()), int(rows["attempts"].sum())
    marks_in_words = [
        f"{name} {phrases.moment(pd.Timestamp(when))}"
        for name, when in moments.items()
        if when is not None and not pd.isna(when)
    ]
    share = phrases.percent(total / attempts) if attempts else "none"
    alt = (
        f"Failures and their share of attempts by {bucket}: {total:,} of {attempts:,} attempts "
        f"failed ({share}) in {phrases.count(len(episodes), 'episode')}; "
        f"{', '.join(marks_in_words) or 'no marks'}.{missing}"
    )
    return figure, alt


def code_by_day(counts: pd.DataFrame, window: Window) -> tuple[Figure, str]:
    """Draw how often each code failed on each day, as a heat map with its numbers.

    Args:
        counts: ``bucket`` datetime64[us, UTC], ``app``, ``code``, ``failures`` int64.
        window: the days that are shown; the last 28 at most.

    Returns:
        The figure and its alt text.
    """
    rows = counts.assign(
        day=begin_of("day", counts["bucket"]), name=counts["code"] + "\n" + counts["app"]
    )
    every = days_of(window)[-28:]
    rows = rows[rows["day"] >= every[0]]
    totals = rows.groupby("name")["failures"].sum().sort_values(ascending=False, kind="stable")
    wide = rows.groupby(["name", "day"])["failures"].sum().unstack(fill_value=0)
    wide = wide.reindex(index=totals.index[:_MAX_ROWS], columns=every, fill_value=0)
    figure, axes = figure_of("Failures by code and day", height=1.2 + 0.42 * max(len(wide), 2))
    axes.grid(visible=False)
    # By rank of size, so that one great day leaves the others visible.
    scale = (wide.to_numpy(dtype=float) / max(wide.to_numpy().max(initial=1), 1)) ** 0.4
    # A day without failures stays white.
    axes.imshow(np.ma.masked_equal(scale, 0), aspect="auto", cmap="Oranges", vmin=0, vmax=1.15)
    size = 9.5 if len(every) <= 10 else 6.5
    for y, name in enumerate(wide.index):
        for x, day in enumerate(wide.columns):
            if count := int(wide.loc[name, day]):
                ink = "white" if scale[y, x] > 0.72 else INK
                axes.text(x, y, _brief(count), ha="center", va="center", fontsize=size, color=ink)
    _note_days(axes, wide)
    axes.set_yticks(range(len(wide)), [_two_lines(str(name)) for name in wide.index], fontsize=9)
    step = max(1, -(-len(every) // 5))
    axes.set_xticks(
        range(0, len(every), step),
        [f"{d.day} {d:%b}" for d in map(local, every[::step])],
        fontsize=9,
    )
    axes.set_xlabel(f"day, {zone_name()}", fontsize=10.5)
    if wide.empty:
        return figure, "Failures by code and day: 0 in the days shown."
    most = wide.stack()
    name, day = list(most.index)[int(most.to_numpy().argmax())]
    return figure, (
        f"Failures by code and day, {phrases.count(len(wide), 'code')} over "
        f"{phrases.count(len(every), 'day')}: most on {local(moment_of(day)):%d %b} with "
        f"{str(name).replace(_BREAK, ' on ')} ({int(most.to_numpy().max()):,})."
    )


_BREAK = "\n"


def _note_days(axes: Axes, wide: pd.DataFrame) -> None:
    """What each square of the heat map says: a code's failures on a day."""
    counts = wide.to_numpy(dtype="int64")
    y, x = np.nonzero(counts)
    names = [str(name) for name in wide.index]

    def label(place: int) -> str:
        day = moment_of(wide.columns[x[place]])
        number = phrases.count(int(counts[y[place], x[place]]), "failure")
        return f"{day.day} {day:%b %Y} (UTC): {number}, {names[y[place]].replace(_BREAK, _BETWEEN)}"

    def of(place: int) -> dict[str, Any]:
        code, _, app = names[y[place]].partition(_BREAK)
        day = moment_of(wide.columns[x[place]])
        return {**_code_and_app(code, app), "since": day, "until": day + pd.Timedelta(days=1)}

    note_areas(axes, (x - 0.5, x + 0.5, y - 0.5, y + 0.5), label, of)


def _two_lines(name: str) -> str:
    code, _, app = name.partition("\n")
    return code_in_lines(code, app)


def _in_a_line(name: str) -> str:
    """A code and its app for a legend; of an unknown text some words, its digits and the app."""
    unknown = _UNKNOWN.fullmatch(name)
    if not unknown:
        return short(name, 56)
    return f"{short(unknown[1], 30)} ({unknown[2]}){_BETWEEN}{short(unknown[3], 20)}"


_BETWEEN = " · "
_UNKNOWN = re.compile(rf"(.*) \(UNKNOWN_([0-9a-f]{{8}})\){_BETWEEN}(.*)", re.DOTALL)


def _code_and_app(code: str, app: str) -> dict[str, str]:
    """What a series is of; an unknown text is drawn by its words, and narrowed to by its code."""
    return {"code": split_code(code)[1] or code, "app": app}


def _failures(counts: pd.Series[int]) -> list[str]:
    return [phrases.count(int(one), "failure") for one in counts]


def _shares(failures: pd.Series[int], attempts: pd.Series[int]) -> list[str]:
    return [
        f"{int(one):,} of {phrases.count(int(every), 'attempt')} failed"
        + (f" ({phrases.percent(one / every)})" if every else "")
        for one, every in zip(failures, attempts, strict=True)
    ]


def _rate(
    axes: Axes, rate: pd.Series[float], window: Window, bucket: str, areas: tuple[Any, Any]
) -> None:
    """Bars of a share from 0 to 1, and a dot where all worked."""
    bars(axes, days(rate.index), rate, width_of(window, bucket), areas=areas, color=FAILED)
    fine = rate[rate == 0]
    middle = days(fine.index) + width_of(window, bucket) / 2
    axes.plot(middle, fine + 0.05, "o", markersize=4, color=WORKED)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_yticks([0, 0.5, 1])
    style(axes)


def _each(bucket: str) -> str:
    return "an hour" if bucket == "hour" else "a day"


def _brief(count: int) -> str:
    return f"{count:,}" if count < 1000 else f"{count / 1000:.0f}k"


def _wide(counts: pd.DataFrame, names: pd.Series[str], what: str) -> pd.DataFrame:
    """Failures with one column a name, the largest first, the rest as one."""
    totals = counts.groupby(names)["failures"].sum().sort_values(ascending=False, kind="stable")
    top_names = list(totals.index[:_MAX_SERIES])
    rest = f"{len(totals) - _MAX_SERIES} other {what}"
    series = names.where(names.isin(top_names), rest)
    wide = counts.groupby(["bucket", series])["failures"].sum().unstack(fill_value=0)
    return wide[[name for name in [*top_names, rest] if name in wide.columns]]


def _marks_in_words(moments: Mapping[str, Any]) -> str:
    """The moments that are marked, as the end of an alt text; nothing where there are none."""
    texts = [
        f"{name} {phrases.moment(pd.Timestamp(when))}"
        for name, when in moments.items()
        if when is not None and not pd.isna(when)
    ]
    return f" Marked: {', '.join(texts)}." if texts else ""


def _peak_in_words(wide: pd.DataFrame, bucket: str) -> str:
    total = wide.sum(axis=1)
    at = total.idxmax()
    return (
        f"Failures by {bucket}: {int(total.sum()):,} in all, most in the {bucket} from "
        f"{phrases.moment(moment_of(at))} ({int(total.max()):,}). The largest series is "
        f"{wide.columns[0]} with {int(wide.iloc[:, 0].sum()):,}."
    )


def _worst(rate: pd.Series[float]) -> str:
    at = local(moment_of(rate.idxmax()))
    return f"{phrases.percent(float(rate.max()))} on {at:%d %b %H:%M}"
