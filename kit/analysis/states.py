"""How each code stands at a window's end, against the baseline before the window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pandas as pd

from kit.analysis.attempts import attempts
from kit.analysis.episodes import QUIET_GAP
from kit.analysis.failures import folded_failures
from kit.base.frame import Frame
from kit.base.times import moment_before
from kit.base.windows import Window, gaps
from kit.display.reasons import Reason, in_words
from kit.log.log import literal, to_pandas, window_of

if TYPE_CHECKING:
    from datetime import date

    from kit.log.log import Log

__all__ = ["State", "baseline", "states"]

State = Literal["new", "ongoing", "escalating", "regressed", "quiet"]

_DAY = timedelta(days=1)
_MAX_BASELINE = timedelta(days=28)
_ESCALATION_FACTOR, _ESCALATION_SHARE_FACTOR, _ESCALATION_MIN_MORE = 2.0, 1.5, 5
"""Escalating: so many times the failures a day, the share of attempts, and failures more."""


@dataclass(frozen=True)
class _StateFacts:
    """What a state follows from."""

    first: pd.Timestamp
    last: pd.Timestamp
    before: pd.Timestamp | None
    failures: int
    attempts: int
    earlier: int
    earlier_attempts: int


def baseline(log: Log, window: Window) -> Window | None:
    """The stretch before a window that it is held against.

    As long as the window, but one day at least and 28 at most, and not from before the
    source begins.

    Args:
        log: the opened log.
        window: the window.

    Returns:
        The stretch; None where less than a day of it is held.
    """
    length = min(max(window.until - window.since, _DAY), _MAX_BASELINE)
    start = max(moment_before(window.since, length), log.first)
    if start >= window.since:
        return None
    stretch = Window(start, window.since)
    return stretch if _held_time(log, stretch) >= _DAY else None


def states(
    log: Log,
    window: Window | str | None = None,
    *,
    since: str | date | None = None,
    until: str | date | None = None,
) -> pd.DataFrame:
    """Say how each code that failed up to a window's end stands there, and why.

    The first rule that fits; one that did not fail in the window is ``quiet`` or ``ongoing``:

    - ``quiet``: silent for longer than the quiet gap (6 h) before the window's end.
    - ``new``: it never failed before the window, and the source holds the whole day before
      its first failure. A source that begins later than that cannot tell.
    - ``regressed``: it failed before the window, then not for a day or more that the source
      holds, and then again.
    - ``escalating``: it failed in the baseline too, and in the window fails at least twice as
      often a day, at least five times more than that would be, and in a share of attempts that
      is half as large again: more work alone is no escalation.
    - ``ongoing``: else.

    Args:
        log: the opened log.
        window: the window, or its start: ``7d`` before the end, a date or an ISO time.
        since: the window's start, in the place of *window*; the log's first event if left out.
        until: the window's end, not included; the log's end if left out.

    Returns:
        One row an (app, code) with a failure before the window's end, those that failed in it
        first: ``app_key``, ``code``, ``state``; ``why`` in one line; ``failures`` and
        ``attempts`` in the window, ``baseline_failures`` and ``baseline_attempts`` int64, the
        latter two zero without a baseline. Attempts are of the operations that failed in that
        stretch: none where nothing did.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> table = kit.states(log, "7d")
        >>> table[table["code"] == "AADSTS50126"][["state", "why"]].to_dict("records")
        [{'state': 'quiet', 'why': "silent for 4.2 days before the window's end"}]
    """
    window = window_of(log, window, since, until)
    now = _failed(log, window)
    rows = folded_failures(log)
    rows = rows.filter(rows.published < literal(window.since))
    last_failures = to_pandas(
        rows.group_by(["app_key", "code"]).aggregate(last=rows.published.max())
    )
    before = dict(
        zip(
            zip(last_failures["app_key"], last_failures["code"], strict=True),
            last_failures["last"],
            strict=True,
        )
    )
    earlier = baseline(log, window)
    past = _failed(log, earlier) if earlier else now.iloc[:0]
    past_by_code = {(one["app_key"], one["code"]): one for one in past.to_dict("records")}
    state_rows = []
    for one in now.to_dict("records"):
        key = (one["app_key"], one["code"])
        was = past_by_code.get(key)
        facts = _StateFacts(
            first=one["first"],
            last=one["last"],
            before=before.get(key),
            failures=one["failures"],
            attempts=one["attempts"],
            earlier=was["failures"] if was else 0,
            earlier_attempts=was["attempts"] if was else 0,
        )
        state, reason = _state(facts, log, window, earlier)
        row = (*key, state, in_words(reason), facts.failures, facts.attempts)
        state_rows.append((*row, facts.earlier, facts.earlier_attempts))
        before.pop(key, None)
    for key, last in sorted(before.items()):
        was = past_by_code.get(key)
        past_counts = (was["failures"], was["attempts"]) if was else (0, 0)
        state, reason = _silent(last, window)
        state_rows.append((*key, state, in_words(reason), 0, 0, *past_counts))
    return Frame(state_rows, columns=_STATES)


_STATES = [
    "app_key",
    "code",
    "state",
    "why",
    "failures",
    "attempts",
    "baseline_failures",
    "baseline_attempts",
]


def _failed(log: Log, window: Window) -> pd.DataFrame:
    """Failures and attempts of a window, by app and code."""
    rows = folded_failures(log, window)
    ends = {"first": rows.published.min(), "last": rows.published.max()}
    return attempts(log, window, rows, ["app_key", "code"], **ends)


def _silent(last: pd.Timestamp, window: Window) -> tuple[State, Reason]:
    """The state of a code that did not fail in the window."""
    silent = {"silent_s": (window.until - last).total_seconds()}
    if window.until - last > QUIET_GAP:
        return "quiet", Reason("silent", silent)
    return "ongoing", Reason("failed_before_window", silent)


def _state(
    facts: _StateFacts, log: Log, window: Window, earlier: Window | None
) -> tuple[State, Reason]:
    if window.until - facts.last > QUIET_GAP:
        return _silent(facts.last, window)
    if facts.before is None:
        day = Window(moment_before(facts.first, _DAY), facts.first)
        if _held_time(log, day) >= _DAY:
            return "new", Reason("first_seen", {"first": facts.first})
        return "ongoing", Reason("too_little_before")
    silence = Window(facts.before, facts.first)
    if _held_time(log, silence) >= _DAY:
        silent_s = (facts.first - facts.before).total_seconds()
        return "regressed", Reason("came_back", {"silent_s": silent_s})
    return _against(facts, log, window, earlier)


def _against(
    facts: _StateFacts, log: Log, window: Window, earlier: Window | None
) -> tuple[State, Reason]:
    """Escalating or ongoing, by what a day of the baseline had."""
    if earlier is None:
        return "ongoing", Reason("nothing_to_compare")
    days, past = _days(log, window), _days(log, earlier)
    expected_failures = facts.earlier / past * days
    share = facts.failures / facts.attempts
    usual = facts.earlier / facts.earlier_attempts if facts.earlier else 0.0
    numbers = {
        "a_day": facts.failures / days,
        "rate": share,
        "earlier_a_day": facts.earlier / past,
        "earlier_rate": usual,
    }
    grew = (
        facts.failures >= _ESCALATION_FACTOR * expected_failures
        and facts.failures - expected_failures >= _ESCALATION_MIN_MORE
    )
    if facts.earlier and grew and share >= min(_ESCALATION_SHARE_FACTOR * usual, 1.0):
        return "escalating", Reason("daily", numbers)
    return "ongoing", Reason("daily", numbers)


def _held_time(log: Log, window: Window) -> timedelta:
    """How much of a stretch the source holds."""
    lacking = gaps(log.covered_windows, window)
    missing = sum((gap.until - gap.since for gap in lacking), timedelta())
    return window.until - window.since - missing


def _days(log: Log, window: Window) -> float:
    """Days that are held, at least one hour."""
    return float(max(_held_time(log, window) / _DAY, 1 / 24))
