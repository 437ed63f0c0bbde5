"""Two windows beside each other: what began, what ended, what grew, what shrank.

Windows of different length are held against each other by the day, as far as the log holds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kit.analysis.attempts import attempts
from kit.analysis.failures import folded_failures
from kit.analysis.groups import find_group, with_group
from kit.analysis.kinds import find_kind, with_kind
from kit.analysis.names import find_apps
from kit.base.errors import UsageError
from kit.base.times import iso, parse_time
from kit.base.windows import Coverage, Window, gaps
from kit.display.in_lines import InLines
from kit.log.log import window_of

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from kit.log.log import Log

__all__ = ["Change", "Comparison", "compare_windows", "other_window"]

Change = Literal["began", "ended", "grew", "shrank", "same", "cannot_tell"]

_ORDER = ("began", "grew", "ended", "shrank", "same", "cannot_tell")
_FACTOR, _MIN_MORE = 1.5, 5
"""Grew: so many times the failures a day, and so many failures more than that pace would give."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, repr=False)
class Comparison(InLines):
    """A window held against another."""

    window: Window
    other: Window
    """The window that it is held against."""
    by: str
    """What failures are counted by."""
    rows: pd.DataFrame
    """One row an app and code, or a group, that failed in either window: what began first, then
    what grew, ended, shrank; of each that with most users first. ``app`` and ``app_key`` (by code),
    the group;
    ``change``; ``failures``, ``users``, ``attempts`` int64, ``a_day`` and ``rate`` float64 of the
    window; the same with ``_before`` of the other one."""
    coverage: Coverage
    """What the log lacks of the window."""
    other_coverage: Coverage
    """What it lacks of the other one."""

    @property
    def counts(self) -> dict[str, int]:
        """How many rows began, grew, ended and so on; only what there is any of."""
        changes = self.rows["change"].value_counts()
        return {name: int(changes[name]) for name in _ORDER if name in changes}

    def results(self) -> dict[str, Any]:
        """The comparison for a summary: times as ISO texts."""
        columns = [name for name in self.rows.columns if name != "app_key"]
        records = self.rows[columns].astype(object).to_dict("records")
        rows = [
            {k: None if v is None or v != v else _plain(v) for k, v in row.items()}
            for row in records
        ]
        return {
            "window": self.window.as_text(),
            "other": self.other.as_text(),
            "by": self.by,
            "coverage": self.coverage.as_dict(),
            "other_coverage": self.other_coverage.as_dict(),
            "rows": rows,
        }


def compare_windows(
    log: Log,
    window: Window | str | None = None,
    compare: str = "7d",
    *,
    since: str | date | None = None,
    until: str | date | None = None,
    by: str = "code",
    app: str = "",
    kind: str = "",
) -> Comparison:
    """Hold a window against another: what began, ended, grew.

    The rule, for each app and code: ``began``: it failed in the window and not in the other one;
    ``ended``: in the other one alone; ``grew``: half as often again a day, and at least five
    failures more than the other window's pace would give; ``shrank``: the same the other way round;
    else ``same``. Days are those that the log holds of each window. Where it holds nothing of one
    of them, it ``cannot_tell``.

    Args:
        log: the opened log.
        window: the window, or its start: ``7d`` before the end, a date or an ISO time.
        compare: the other window: ``7d`` is the seven days before the window begins, and
            ``2026-10-20..2026-10-27`` any stretch of time.
        since: the window's start, in the place of *window*; the log's first event if left out.
        until: the window's end, not included; the log's end if left out.
        by: what failures are counted by: ``code`` (on its app), ``kind``, ``app``, ``family``,
            ``owner`` or ``operation``.
        app: only this app, by name or id, without case.
        kind: only this kind of failure, as ``kinds.csv`` names it.

    Returns:
        Both windows, how far the log holds them, and a row for each app and code.

    Raises:
        UsageError: there is no such window, app, kind or grouping.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> beside = kit.compare(log, since="2026-10-27T14:00", compare="7d")
        >>> beside.counts
        {'began': 4, 'grew': 1, 'ended': 7, 'same': 4}
    """
    window = window_of(log, window, since, until)
    by = find_group(by, "by")
    other = other_window(log, window, compare)
    keys = ["app_key", "code"] if by == "code" else [by]
    apps = sorted(find_apps(log, app)) if app else []
    kind = find_kind(kind) if kind else ""
    now, before = (_counts(log, one, keys, apps, kind) for one in (window, other))
    # By their index: pandas cannot merge two tables without a row on keys of text.
    earlier = before.set_index(keys).add_suffix("_before")
    rows = now.set_index(keys).join(earlier, how="outer").reset_index()
    for name in ("failures", "users", "attempts"):
        for column in (name, f"{name}_before"):
            rows[column] = rows[column].fillna(0).astype("int64")
    days, other_days = (_held_days(log, one) for one in (window, other))
    rows["a_day"] = rows["failures"] / days if days else np.nan
    rows["a_day_before"] = rows["failures_before"] / other_days if other_days else np.nan
    rows["change"] = _changes(rows, days, other_days)
    if by == "code":
        rows["app"] = rows["app"].fillna(rows["app_before"])
    rank = rows["change"].map(_ORDER.index)
    most = rows[["users", "users_before"]].max(axis=1)
    order = rows.assign(rank=rank, most=most).sort_values(
        ["rank", "most", "failures", "failures_before", *keys],
        ascending=[True, False, False, False, *(True for _ in keys)],
    )
    names = ["app", *keys] if by == "code" else keys
    columns = [*names, "change", *(f"{n}{end}" for n in _FIGURES for end in ("", "_before"))]
    return Comparison(
        window=window,
        other=other,
        by=by,
        rows=order[columns].reset_index(drop=True),
        coverage=log.coverage(window),
        other_coverage=log.coverage(other),
    )


_FIGURES = ("failures", "users", "attempts", "a_day", "rate")


def other_window(log: Log, window: Window, compare: str) -> Window:
    """The window that another is held against.

    Args:
        log: the opened log.
        window: the window.
        compare: ``7d``, so long before the window begins, or ``2026-10-20..2026-10-27``.

    Raises:
        UsageError: it is no window.
    """
    start, both, end = compare.partition("..")
    if both:
        return log.window(start, end)
    since = parse_time("compare", start, window.since)
    if since >= window.since:
        raise UsageError(
            f"compare: {compare} begins at {iso(since)}, not before the window "
            f"({iso(window.since)}). Write how much before it, 7d, or a stretch of time, "
            "2026-10-20..2026-10-27."
        )
    return Window(since, window.since)


def _counts(log: Log, window: Window, keys: list[str], apps: list[str], kind: str) -> pd.DataFrame:
    rows = folded_failures(log, window)
    if kind:
        rows = with_kind(log, rows)
        rows = rows.filter(rows.kind == kind)
    rows = rows.filter(rows.app_key.isin(apps)) if apps else rows
    if "code" not in keys:
        rows = with_group(log, rows, keys[0])
    figures = {"users": rows.user_key.nullif("").nunique()}
    if "code" in keys:
        figures["app"] = rows.app.argmax(rows.published, where=rows.app.notnull())
    return attempts(log, window, rows, keys, **figures)


def _held_days(log: Log, window: Window) -> float:
    """Days that the log holds; of what it holds anything of, an hour at least."""
    lacking = sum((gap.until - gap.since for gap in gaps(log.covered_windows, window)), timedelta())
    length = window.until - window.since - lacking
    return max(length / _DAY, 1 / 24) if length > timedelta() else 0.0


def _changes(rows: pd.DataFrame, days: float, other_days: float) -> Any:
    """What became of each row, the first rule that fits."""
    now, before = rows["failures"], rows["failures_before"]
    if not days or not other_days:
        return np.full(len(rows), "cannot_tell")
    grows = (rows["a_day"] >= _FACTOR * rows["a_day_before"]) & (
        now - rows["a_day_before"] * days >= _MIN_MORE
    )
    shrinks = (rows["a_day_before"] >= _FACTOR * rows["a_day"]) & (
        before - rows["a_day"] * other_days >= _MIN_MORE
    )
    return np.select(
        [before == 0, now == 0, grows, shrinks], ["began", "ended", "grew", "shrank"], "same"
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
