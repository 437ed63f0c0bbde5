"""A DataFrame becomes a figure, with its finding in words for who cannot see it.

Each function returns the figure and its alt text. Colours are Okabe and Ito's, told
apart by the colour-blind; apps and codes also differ in hatch, for print.
Source: https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import matplotlib.dates as mdates
import pandas as pd
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from kit import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kit.lake.coverage import Window

__all__ = ["by_code", "failing_against_working", "over_time", "people_over_time"]

_COLOURS = ["#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#7F7F7F"]
_HATCHES = ["", "//", "..", "xx", "\\\\", "++", ""]
_WORKED, _FAILED, _INK = "#9CC9E3", "#D55E00", "#222222"
_MOST = 6
"""Series that a reader can tell apart; the rest is drawn as one."""
_DAY = {"hour": 1 / 24, "day": 1.0}


def over_time(counts: pd.DataFrame, window: Window, bucket: str) -> tuple[Figure, str]:
    """Draw failures over time, stacked by app and code.

    Args:
        counts: ``bucket`` datetime64[us, UTC], ``app``, ``code``, ``failures`` int64.
        window: the time axis.
        bucket: ``hour`` or ``day``.

    Returns:
        The figure and its alt text.
    """
    wide = _wide(counts)
    figure, axes = _figure(f"Failures by {bucket}, app and code", height=3.9)
    bottom = pd.Series(0, index=wide.index)
    for place, name in enumerate(wide.columns):
        axes.bar(
            _days(wide.index),
            wide[name],
            bottom=bottom,
            width=_DAY[bucket] * 0.92,
            align="edge",
            label=_short(str(name)),
            color=_COLOURS[place],
            hatch=_HATCHES[place],
            edgecolor="white",
            linewidth=0.3,
        )
        bottom = bottom + wide[name]
    axes.set_ylabel(f"failures {'an hour' if bucket == 'hour' else 'a day'}")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    _time_axis(axes, window, bucket)
    _legend(axes)
    return figure, _peak_in_words(wide, bucket)


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
    figure = Figure(figsize=(8.2, 0.9 + 1.45 * max(len(apps), 1)), layout="constrained")
    figure.suptitle(f"Share of attempts that failed, by {bucket} and app", **_TITLE)
    panels = figure.subplots(max(len(apps), 1), 1, sharex=True, squeeze=False)[:, 0]
    said = []
    for axes, app in zip(panels, apps, strict=False):
        rows = attempts[attempts["app"] == app].set_index("bucket")
        tried = rows["failures"] + rows["successes"]
        rate = rows["failures"] / tried
        axes.bar(_days(rows.index), rate, width=_DAY[bucket] * 0.92, align="edge", color=_FAILED)
        fine = rate[rate == 0]
        middle = _days(fine.index) + _DAY[bucket] * 0.46
        axes.plot(middle, fine + 0.05, "o", markersize=4, color=_WORKED)
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_yticks([0, 0.5, 1])
        total = int(rows["failures"].sum())
        axes.set_title(
            f"{_short(str(app))}: {total:,} of {int(tried.sum()):,} attempts failed",
            fontsize=9.5,
            loc="left",
        )
        _style(axes)
        said.append(f"{app} {words.percent(total / tried.sum())}, at worst {_worst(rate)}")
    _time_axis(panels[-1], window, bucket)
    return figure, "Share of attempts that failed: " + ("; ".join(said) or "none") + "."


def by_code(table: pd.DataFrame) -> tuple[Figure, str]:
    """Draw who is hit by which code: users still failing and recovered.

    Args:
        table: ``app``, ``code``, ``users``, ``still_failing``, ``recovered`` int64.

    Returns:
        The figure and its alt text.
    """
    rows = table[table["users"] > 0].head(12).iloc[::-1]
    figure, axes = _figure("Users hit, by app and code", height=1.1 + 0.36 * max(len(rows), 2))
    apps = rows["app"].fillna("")
    names = [
        _short(f"{code} · {app}" if app else code, 44)
        for code, app in zip(rows["code"], apps, strict=True)
    ]
    axes.barh(
        names,
        rows["still_failing"],
        color=_FAILED,
        label="still failing",
        hatch="//",
        edgecolor="white",
        linewidth=0.3,
    )
    axes.barh(
        names,
        rows["recovered"],
        left=rows["still_failing"],
        color=_WORKED,
        label="recovered",
        edgecolor="white",
        linewidth=0.3,
    )
    for place, users in enumerate(rows["users"].astype(int)):
        axes.text(users, place, f" {users:,}", va="center", fontsize=9, color=_INK)
    axes.set_xlabel("users")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(x=0.08)
    _style(axes, grid="x")
    _legend(axes)

    def on(app: object) -> str:
        return f" on {app}" if isinstance(app, str) else ""

    top = [
        f"{r['code']}{on(r['app'])}: {words.count(r['users'], 'user')}, "
        f"{r['still_failing']:,} still failing"
        for r in rows.iloc[::-1].head(3).to_dict("records")
    ]
    return figure, "Users hit by code. " + "; ".join(top) + "."


def people_over_time(
    people: pd.DataFrame, window: Window, marks: dict[str, Any]
) -> tuple[Figure, str]:
    """Draw how many users were failing at each moment.

    Args:
        people: one row an app, user and operation: ``first_failure`` and
            ``recovered_at`` datetime64[us, UTC], the latter missing while it fails.
        window: the time axis.
        marks: named moments (UTC) to be marked, e.g. onset, change and fix.

    Returns:
        The figure and its alt text.
    """
    steps = (
        pd.concat(
            [
                pd.Series(1, index=people["first_failure"]),
                pd.Series(-1, index=people["recovered_at"].dropna()),
            ]
        )
        .groupby(level=0)
        .sum()
        .sort_index()
        .cumsum()
    )
    ends = [pd.Timestamp(window.since), pd.Timestamp(window.until)]
    steps = pd.concat([pd.Series([0, steps.iloc[-1]], index=ends), steps]).sort_index()
    figure, axes = _figure("Users failing at each moment", height=3.2)
    axes.fill_between(_days(steps.index), steps, step="post", color=_FAILED, alpha=0.35)
    axes.step(_days(steps.index), steps, where="post", color=_FAILED, linewidth=1.6)
    axes.set_ylabel("users")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(0, max(steps.max() * 1.3, 1))
    shown = {k: pd.Timestamp(v) for k, v in marks.items() if v is not None}
    for place, (name, when) in enumerate(sorted(shown.items(), key=lambda kv: kv[1])):
        axes.axvline(mdates.date2num(when), color=_INK, linewidth=1, linestyle="--")
        axes.annotate(
            f"{name} {when:%H:%M}",
            (mdates.date2num(when), 1.0 - 0.09 * place),
            xycoords=("data", "axes fraction"),
            xytext=(4, -10),
            textcoords="offset points",
            fontsize=9,
        )
    _time_axis(axes, window)
    peak, at = int(steps.max()), steps.idxmax()
    return figure, (
        f"Users failing over time: at most {peak:,}, reached {words.moment(_time(at))}; "
        f"{int(steps.iloc[-1]):,} at the end."
    )


_TITLE: dict[str, Any] = {"fontsize": 11.5, "fontweight": "bold", "x": 0.01, "ha": "left"}


def _figure(title: str, *, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8.2, height), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(title, **_TITLE)
    _style(axes)
    return figure, axes


def _style(axes: Axes, *, grid: Literal["x", "y"] = "y") -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis=grid, color="#DDDDDD", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9, colors=_INK)


def _legend(axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.figure.legend(
            handles, labels, loc="outside lower left", ncols=2, frameon=False, fontsize=8.5
        )


def _time_axis(axes: Axes, window: Window, bucket: str = "") -> None:
    """Show the window, widened to whole buckets, so that none is cut off."""
    since, until = pd.Timestamp(window.since), pd.Timestamp(window.until)
    if bucket:
        whole = {"hour": "h", "day": "D"}[bucket]
        since, until = since.floor(whole), until.ceil(whole)
    axes.set_xlim(mdates.date2num(since), mdates.date2num(until))
    locator = mdates.AutoDateLocator(minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    axes.set_xlabel("UTC", fontsize=9)


def _time(label: object) -> pd.Timestamp:
    """A label of a time index as the time it is."""
    return pd.Timestamp(label)  # type: ignore[arg-type]  # an index knows no types


def _days(moments: pd.Index[Any]) -> Any:
    return mdates.date2num(pd.DatetimeIndex(moments).to_pydatetime())


def _wide(counts: pd.DataFrame) -> pd.DataFrame:
    """Failures with one column an app and code, the largest first, the rest as one."""
    names = counts["code"] + " · " + counts["app"]
    totals = counts.groupby(names)["failures"].sum().sort_values(ascending=False, kind="stable")
    kept = list(totals.index[:_MOST])
    rest = f"{len(totals) - _MOST} other codes"
    shown = names.where(names.isin(kept), rest)
    wide = counts.groupby(["bucket", shown])["failures"].sum().unstack(fill_value=0)
    return wide[[name for name in [*kept, rest] if name in wide.columns]]


def _peak_in_words(wide: pd.DataFrame, bucket: str) -> str:
    total = wide.sum(axis=1)
    at = total.idxmax()
    return (
        f"Failures by {bucket}: {int(total.sum()):,} in all, most in the {bucket} from "
        f"{words.moment(_time(at))} ({int(total.max()):,}). The largest series is "
        f"{wide.columns[0]} with {int(wide.iloc[:, 0].sum()):,}."
    )


def _worst(rate: pd.Series[float]) -> str:
    return f"{words.percent(float(rate.max()))} on {rate.idxmax():%d %b %H:%M}"


def _short(name: str, most: int = 40) -> str:
    """Fit a name into a legend; matplotlib reads ``$`` as mathematics, so it is escaped."""
    text = words.clean(name)
    text = text if len(text) <= most else text[: most - 1] + "…"
    return text.replace("$", r"\$")


def _fonts() -> None:
    """Prefer fonts that hold more scripts, where they are installed, for users' names."""
    import matplotlib as mpl

    installed = {font.name for font in font_manager.fontManager.ttflist}
    wanted = ["DejaVu Sans", "Noto Sans", "Noto Sans CJK SC", "Noto Sans Arabic"]
    mpl.rcParams["font.family"] = [name for name in wanted if name in installed] or ["sans-serif"]


_fonts()
