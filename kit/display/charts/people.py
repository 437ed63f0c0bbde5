"""Who is hit: by code, over time, and how long it took to recover."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.display import phrases
from kit.display.areas import note_areas
from kit.display.charts.base import (
    FAILED,
    GIVEN_UP,
    INK,
    WORKED,
    code_in_lines,
    days,
    figure_of,
    legend,
    marks,
    moment_of,
    short,
    stacked,
    style,
    time_axis,
    whole_numbers,
)
from kit.display.code_names import split_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from kit.base.windows import Window

__all__ = ["by_code", "people_over_time", "time_to_recover", "timeline", "users_by_code"]

_BOTH = "users and operations"
_MOST_USERS, _MOST_CODES, _MOST_LANES = 12, 8, 14
_LIMITS = (60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400, 2 * 86400, 3 * 86400, 7 * 86400)


def by_code(table: pd.DataFrame) -> tuple[Figure, str]:
    """Draw who is hit by which code: users still failing, recovered and unassigned.

    Args:
        table: ``app``, ``code``, ``users``, ``still_failing``, ``abandoned``, ``recovered``
            int64.

    Returns:
        The figure and its alt text.
    """
    rows = table[(table["users"] > 0) | (table["still_failing"] > 0)].head(12).iloc[::-1]
    figure, axes = figure_of(
        "Users hit or still failing, by app and code", height=1.3 + 0.46 * max(len(rows), 2)
    )
    apps = rows["app"].fillna("")
    names = [code_in_lines(code, app) for code, app in zip(rows["code"], apps, strict=True)]
    parts = (
        (rows["still_failing"], "still failing", FAILED, "//"),
        (rows["recovered"], "recovered", WORKED, ""),
        (rows["abandoned"], "unassigned since", GIVEN_UP, "xx"),
    )
    stacked(axes, names, parts, [_of(c, a) for c, a in zip(rows["code"], apps, strict=True)])
    axes.set_xlabel("users", fontsize=10.5)
    legend(axes, columns=3)

    def on(app: object) -> str:
        return f" on {app}" if isinstance(app, str) else ""

    top = [
        f"{r['code']}{on(r['app'])}: {phrases.count(r['users'], 'user')}, "
        f"{r['still_failing']:,} still failing"
        for r in rows.iloc[::-1].head(3).to_dict("records")
    ]
    return figure, "Users hit by code. " + "; ".join(top) + "."


def _of(code: str, app: str = "") -> dict[str, str]:
    return {"code": split_code(code)[1] or code, "app": app or phrases.SIGN_IN}


def people_over_time(
    people: pd.DataFrame, window: Window, moments: Mapping[str, Any]
) -> tuple[Figure, str]:
    """Draw who is hit and who recovered over time, down to who is left: a burn-down.

    Args:
        people: one row an app, user and operation: ``user_key``; ``first_failure``,
            ``recovered_at`` and ``abandoned_at`` datetime64[us, UTC], the latter two
            missing while they do not apply.
        window: the time axis.
        moments: moments to be marked, UTC: onset, change and fix.

    Returns:
        The figure and its alt text.
    """
    end = people["recovered_at"].fillna(people["abandoned_at"])
    by_user = people.assign(ended=end, open=end.isna()).groupby("user_key")
    users = by_user.agg(
        first=("first_failure", "min"), ended=("ended", "max"), open=("open", "any")
    )
    end_times = users.loc[~users["open"], "ended"]
    ends = pd.DatetimeIndex([pd.Timestamp(window.since), pd.Timestamp(window.until)])
    at = ends.union(pd.DatetimeIndex(users["first"])).union(pd.DatetimeIndex(end_times))
    hit = pd.Series(np.searchsorted(np.sort(users["first"]), at, side="right"), index=at)
    over = pd.Series(np.searchsorted(np.sort(end_times), at, side="right"), index=at)
    failing = hit - over
    figure, axes = figure_of("Users hit, and users still failing", height=3.5)
    where = days(at)
    axes.step(where, hit, where="post", color=WORKED, linewidth=1.6, label="hit so far")
    axes.fill_between(where, failing, step="post", color=FAILED, alpha=0.35, hatch="//")
    axes.step(where, failing, where="post", color=FAILED, linewidth=1.8, label="failing")
    axes.set_ylabel("users", fontsize=10.5)
    whole_numbers(axes)
    axes.set_ylim(0, max(hit.max() * 1.08, 1))
    remaining = int(failing.iloc[-1])
    axes.annotate(
        f"{remaining:,} left",
        (where[-1], remaining),
        xytext=(-4, 5),
        textcoords="offset points",
        ha="right",
        fontsize=10.5,
        color=INK,
    )
    marks([axes], moments, window)
    time_axis(axes, window)
    legend(axes)
    peak = int(failing.max())
    return figure, (
        f"Users over time: {int(hit.iloc[-1]):,} hit in all, at most {peak:,} failing at once, "
        f"first {phrases.moment(moment_of(failing.idxmax()))}; {remaining:,} at the end."
    )


def time_to_recover(people: pd.DataFrame) -> tuple[Figure, str]:
    """Draw how long it took until the operation worked again, by classes of time.

    Args:
        people: ``time_to_recover`` timedelta64[us], missing while it has not worked.

    Returns:
        The figure and its alt text.
    """
    took = people["time_to_recover"].dropna().dt.total_seconds()
    limits = [limit for limit in _LIMITS if limit < took.max() * 2] or [_LIMITS[0]]
    names = [f"up to {phrases.duration(limit)}" for limit in limits]
    longer = f"more than {phrases.duration(limits[-1])}"
    classes = np.digitize(took, limits, right=True)
    counts = pd.Series(np.bincount(classes, minlength=len(limits) + 1), index=[*names, longer])
    nonzero = np.flatnonzero(counts.to_numpy())
    counts = counts.iloc[: nonzero.max() + 1].iloc[nonzero.min() :] if len(nonzero) else counts
    median = phrases.duration(float(took.median())) if len(took) else "none"
    rows = counts.iloc[::-1]
    figure, axes = figure_of(
        f"Time until it worked again: half within {median}", height=1.2 + 0.34 * max(len(rows), 2)
    )
    axes.barh(list(rows.index), rows, color=WORKED)
    for place, count in enumerate(rows):
        axes.text(count, place, f" {count:,}", va="center", fontsize=10.5, color=INK)
    places, lengths = np.arange(len(rows)), list(rows)
    note_areas(
        axes,
        (0 * places, rows, places - 0.4, places + 0.4),
        lambda place: (
            f"{rows.index[place]}: "
            f"{phrases.count(int(lengths[place]), 'user and operation', _BOTH)}"
        ),
    )
    axes.set_xlabel("users and operations", fontsize=10.5)
    whole_numbers(axes, on="x")
    axes.margins(x=0.1)
    style(axes, grid="x")
    most = phrases.duration(float(took.max())) if len(took) else "none"
    return figure, (
        f"Time to recover of {len(took):,} users and operations: half within {median}, the longest "
        f"{most}."
    )


def users_by_code(counts: pd.DataFrame) -> tuple[Figure, str]:
    """Draw which users failed with which codes, those who still fail first.

    Args:
        counts: one row a user and code: ``user``, ``code``, ``failures`` int64, ``still``
            bool (the last attempt failed).

    Returns:
        The figure and its alt text.
    """
    per_code = counts.groupby("code")["user"].nunique().sort_values(ascending=False, kind="stable")
    codes = list(per_code.index[:_MOST_CODES])
    rows = counts[counts["code"].isin(codes)]
    per_user = rows.groupby("user", as_index=False).agg(
        still=("still", "sum"), codes=("code", "nunique"), failures=("failures", "sum")
    )
    per_user = per_user.sort_values(
        ["still", "codes", "failures", "user"], ascending=[False, False, False, True]
    )
    users = list(per_user["user"][:_MOST_USERS])
    rows = rows[rows["user"].isin(users)]
    figure, axes = figure_of(
        f"Users against codes ({len(users):,} of {counts['user'].nunique():,} users)",
        height=1.9 + 0.25 * max(len(users), 3),
    )
    x, y = rows["code"].map(codes.index), rows["user"].map(users.index)
    for still, label, colour, shape in (
        (True, "still failing", FAILED, "s"),
        (False, "worked since", WORKED, "o"),
    ):
        mine = rows["still"] == still
        axes.scatter(x[mine], y[mine], s=70, marker=shape, color=colour, label=label)
        points = rows[mine].to_dict("records")
        at = (x[mine], x[mine], y[mine], y[mine])
        note_areas(axes, at, partial(_pair_label, points, label), partial(_pair, points), room=6)
    for place_x, place_y, number in zip(x, y, rows["failures"], strict=True):
        axes.text(
            place_x + 0.16,
            place_y,
            f"{number:,}" if number else "",
            va="center",
            fontsize=9.5,
            color=INK,
        )
    axes.set_xticks(
        range(len(codes)),
        [code_in_lines(code) for code in codes],
        rotation=30,
        ha="right",
        fontsize=9,
    )
    axes.set_yticks(range(len(users)), [short(user, 28) for user in users], fontsize=9.5)
    axes.set_xlim(-0.5, max(len(codes) - 0.3, 0.7))
    axes.set_ylim(max(len(users) - 0.5, 0.5), -0.5)
    style(axes, grid="both")
    axes.tick_params(axis="y", labelsize=9.5)
    legend(axes)
    several = int((counts.groupby("user")["code"].nunique() > 1).sum())
    return figure, (
        f"Users against codes: {counts['user'].nunique():,} users and {counts['code'].nunique():,} "
        f"codes; {several:,} of the users fail with more than one."
    )


def _pair_label(points: Sequence[Mapping[Any, Any]], label: str, place: int) -> str:
    one = points[place]
    return f"{one['user']}, {one['code']}: {phrases.count(one['failures'], 'failure')}, {label}"


def _pair(points: Sequence[Mapping[Any, Any]], place: int) -> dict[str, str]:
    code = points[place]["code"]
    return {"user": points[place]["user"], "code": split_code(code)[1] or code}


def timeline(events: pd.DataFrame, window: Window) -> tuple[Figure, str]:
    """Draw what happened to one user, one line an app and operation.

    Args:
        events: ``published`` datetime64[us, UTC], ``lane`` and ``what``: ``failed``,
            ``worked``, ``assigned`` or ``unassigned``.
        window: the time axis.

    Returns:
        The figure and its alt text.
    """
    first = events.groupby("lane")["published"].min().sort_values()
    failing = events[events["what"] == "failed"].groupby("lane").size()
    lanes = sorted(first.index, key=lambda lane: (-int(failing.get(lane, 0)), lane))[:_MOST_LANES]
    rows = events[events["lane"].isin(lanes)]
    figure, axes = figure_of(
        "What failed and what worked, by app and operation",
        height=1.5 + 0.4 * max(len(lanes), 2),
    )
    y = rows["lane"].map(lanes.index)
    for what, shape, colour in (
        ("worked", "o", WORKED),
        ("failed", "X", FAILED),
        ("assigned", "^", "#009E73"),
        ("unassigned", "v", GIVEN_UP),
    ):
        mine = rows["what"] == what
        if mine.any():
            axes.scatter(
                days(rows.loc[mine, "published"]),
                y[mine],
                s=58,
                marker=shape,
                color=colour,
                edgecolor="white",
                linewidth=0.5,
                label=what,
                zorder=3,
            )
            points, at = rows[mine].to_dict("records"), days(rows.loc[mine, "published"])
            label = partial(_point_label, points)
            note_areas(axes, (at, at, y[mine], y[mine]), label, partial(_day_of, points), room=5)
    axes.set_yticks(range(len(lanes)), [short(lane, 30) for lane in lanes], fontsize=9.5)
    axes.set_ylim(max(len(lanes) - 0.5, 0.5), -0.5)
    time_axis(axes, window)
    style(axes, grid="both")
    axes.tick_params(axis="y", labelsize=9.5)
    legend(axes, columns=4)
    failed = int((events["what"] == "failed").sum())
    return figure, (
        f"One user's time line over {phrases.count(len(first), 'app and operation', 'lines')}: "
        f"{failed:,} failed and {int((events['what'] == 'worked').sum()):,} worked."
    )


def _point_label(points: Sequence[Mapping[Any, Any]], place: int) -> str:
    one = points[place]
    return f"{phrases.moment(one['published'])}: {one['lane']} {one['what']}"


def _day_of(points: Sequence[Mapping[Any, Any]], place: int) -> dict[str, Any]:
    """The UTC day of a failure: its table is of failures alone."""
    if points[place]["what"] != "failed":
        return {}
    day = points[place]["published"].floor("D")
    return {"since": day, "until": day + pd.Timedelta(days=1)}
