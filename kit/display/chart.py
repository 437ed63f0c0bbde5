"""A chart of a DataFrame that somebody filtered: ``kit.chart(rows)``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from kit.base.errors import UsageError, nearest
from kit.base.windows import TICK, Window
from kit.display import charts, phrases
from kit.display.days import begin_of, local_times
from kit.display.parts import Chart

__all__ = ["chart"]

_HOURS_UP_TO = pd.Timedelta(days=3)
"""So long a window is drawn in hours, a longer one in days."""


def chart(
    rows: pd.DataFrame,
    draw: str = "",
    *,
    window: Window | None = None,
    bucket: str = "auto",
) -> Chart:
    """Draw rows of the kit's answers, as they are or as somebody filtered them.

    Args:
        rows: failures, as ``kit.failures`` lists them, or an answer's DataFrame with the columns
            that the drawing needs, such as ``kit.trends(…).by_code`` or ``kit.recovery(…)``.
        draw: what is drawn: ``over_time``, ``kinds_over_time``, ``code_by_day``, ``times_of_day``,
            ``by_code``, ``failing_against_working``, ``users_by_code`` or ``time_to_recover``;
            the first that the columns allow if left out.
        window: the time axis; from the first row to the last if left out.
        bucket: ``hour``, ``day``, or ``auto``: hours up to three days, else days.

    Returns:
        The chart, which shows itself as a cell's last line; ``figure()`` gives matplotlib's figure
        and its finding in words.

    Raises:
        UsageError: there is no such drawing, or the rows lack columns that it needs.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> rows = kit.failures(log, "7d", app="Microsoft Office 365")
        >>> kit.chart(rows, "by_code")
        <Chart by_code: 1 row>
    """
    if draw and draw not in _NEEDS:
        raise UsageError(
            f"draw: there is no {draw!r}.{nearest(draw, _NEEDS)} It is one of {', '.join(_NEEDS)}."
        )
    if bucket not in ("auto", "hour", "day"):
        raise UsageError(f"bucket: {bucket!r} is none. Write 'hour', 'day' or 'auto'.")
    drawing = draw or next((name for name in _NEEDS if not _lacking(name, rows)), "")
    if not drawing or _lacking(drawing, rows):
        what = f"{drawing} needs {', '.join(_NEEDS[drawing])}" if drawing else "no drawing fits"
        raise UsageError(
            f"rows: {what}; they have {', '.join(map(str, rows.columns))}. "
            'For example: kit.chart(kit.failures(log, "7d"), "over_time").'
        )
    if rows.empty:
        raise UsageError("rows: there is none to draw. Take a longer window, or filter less.")
    window = window or _window_of_rows(rows)
    hours = window.until - window.since <= _HOURS_UP_TO
    bucket = ("hour" if hours else "day") if bucket == "auto" else bucket
    if not set(_NEEDS[drawing]) <= set(rows.columns):
        rows = _COUNTS[drawing][1](rows, bucket)
    function = getattr(charts, drawing)
    known_options: dict[str, Any] = {"window": window, "bucket": bucket}
    takes = inspect.signature(function).parameters
    return Chart(function, rows, **{k: v for k, v in known_options.items() if k in takes})


_NEEDS: dict[str, tuple[str, ...]] = {
    "over_time": ("bucket", "app", "code", "failures"),
    "kinds_over_time": ("bucket", "kind", "failures"),
    "code_by_day": ("bucket", "app", "code", "failures"),
    "times_of_day": ("weekday", "hour", "failures"),
    "by_code": ("app", "code", "users", "still_failing", "abandoned", "recovered"),
    "failing_against_working": ("bucket", "app", "failures", "successes"),
    "users_by_code": ("user", "code", "failures", "still"),
    "time_to_recover": ("time_to_recover",),
}
"""The columns that each drawing is made of."""


def _lacking(drawing: str, rows: pd.DataFrame) -> list[str]:
    """The columns that a drawing lacks; of failures it may be counted instead."""
    columns = set(rows.columns)
    if drawing in _COUNTS and set(_COUNTS[drawing][0]) <= columns:
        return []
    return [name for name in _NEEDS[drawing] if name not in columns]


def _window_of_rows(rows: pd.DataFrame) -> Window:
    """From the first row to the last."""
    times = next((rows[name].dropna() for name in ("published", "bucket") if name in rows), None)
    if times is None or times.empty:
        return Window(_EPOCH, _EPOCH + TICK)
    return Window(times.min().to_pydatetime(), times.max().to_pydatetime() + TICK)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _counts(rows: pd.DataFrame, bucket: str, *by: str) -> pd.DataFrame:
    """Failures by bucket and some columns."""
    at = begin_of(bucket, rows["published"])
    app = rows["app"].fillna(phrases.SIGN_IN)
    groups = rows.assign(bucket=at, app=app).groupby(["bucket", *by], as_index=False)
    return groups.size().rename(columns={"size": "failures"})


def _by_hour_of_day(rows: pd.DataFrame, _: str) -> pd.DataFrame:
    at = local_times(rows["published"]).dt
    groups = rows.assign(weekday=at.day_of_week, hour=at.hour).groupby(["weekday", "hour"])
    counts: pd.DataFrame = groups.size().rename("failures").reset_index().astype("int64")
    return counts


def _users_by_code(rows: pd.DataFrame, _: str) -> pd.DataFrame:
    rows = rows[rows["hit"].notna()]
    still = rows["state"] == "still_failing"
    groups = rows.assign(user=rows["hit"], still=still).groupby(["user", "code"], as_index=False)
    counts: pd.DataFrame = groups.agg(failures=("uuid", "count"), still=("still", "any"))
    return counts


def _by_code(rows: pd.DataFrame, _: str) -> pd.DataFrame:
    rows = rows.assign(app=rows["app"].fillna(""), still=rows["state"] == "still_failing")
    keys = ["app", "code"]
    by_user = rows[rows["hit"].notna()].groupby([*keys, "hit"], as_index=False)["still"].any()
    groups = pd.DataFrame(by_user).groupby(keys, as_index=False)
    table = pd.DataFrame(groups.agg(users=("hit", "count"), still_failing=("still", "sum")))
    recovered = table["users"] - table["still_failing"]
    table = table.assign(recovered=recovered, abandoned=0)
    return table.sort_values(["users", *keys], ascending=[False, True, True])


_FAILURE = ("published", "app", "code")
_COUNTS: dict[str, tuple[tuple[str, ...], Callable[[pd.DataFrame, str], pd.DataFrame]]] = {
    "over_time": (_FAILURE, lambda rows, bucket: _counts(rows, bucket, "app", "code")),
    "kinds_over_time": (
        (*_FAILURE, "kind"),
        lambda rows, bucket: _counts(rows, bucket, "kind"),
    ),
    "code_by_day": (_FAILURE, lambda rows, _: _counts(rows, "day", "app", "code")),
    "times_of_day": (_FAILURE, _by_hour_of_day),
    "by_code": ((*_FAILURE, "hit", "state"), _by_code),
    "users_by_code": ((*_FAILURE, "hit", "state", "uuid"), _users_by_code),
}
"""For what can be drawn of failures: the columns that it needs, and what counts them."""
