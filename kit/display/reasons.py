"""Why a question was answered as it was: the reason as data, and the sentence that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kit.display import phrases

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

__all__ = ["Reason", "in_words"]


@dataclass(frozen=True, slots=True)
class Reason:
    """A kind of reason, with the numbers, times and durations that it rests on."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """Counts int, rates of 0 to 1 float, times UTC timestamps, durations in seconds (``…_s``)."""


def in_words(reason: Reason) -> str:
    """Say a reason in one sentence or a part of one.

    Raises:
        KeyError: nobody wrote a sentence for this kind.
    """
    return _SENTENCES[reason.kind](**reason.values)


def _width(
    *,
    failures: int,
    hit: Mapping[str, int],
    successes: int,
    users_worked: int | None,
    since: datetime,
    until: datetime,
) -> str:
    with_users = successes and users_worked is not None
    who = f" of {phrases.count(users_worked or 0, 'user')}" if with_users else ""
    return (
        f"{phrases.count(failures, 'failure')} of {phrases.hit_in_words(hit)} beside "
        f"{phrases.count(successes, 'success', 'successes')}{who} of the same operations on "
        f"the app, from {phrases.moment(since)} to {phrases.moment(until)}."
    )


def _worked_since(*, successes: int, anybody: bool, fixed_at: datetime) -> str:
    return (
        f"{phrases.count(successes, 'attempt')} {_whose(anybody=anybody)} worked since "
        f"{phrases.moment(fixed_at)}, and none failed with this code."
    )


def _worked_after_stragglers(
    *, successes: int, anybody: bool, failures: int, fixed_at: datetime, grace_s: float
) -> str:
    return (
        f"{phrases.count(successes, 'attempt')} {_whose(anybody=anybody)} worked since, and none "
        f"failed with this code; {_came_after(failures, fixed_at)}, but within "
        f"{phrases.duration(grace_s)}, so under way before it."
    )


def _failed_after(*, failures: int, fixed_at: datetime, last: datetime) -> str:
    return f"{_came_after(failures, fixed_at)}, the last {phrases.moment(last)}."


def _came_after(failures: int, fixed_at: datetime) -> str:
    later = phrases.count(failures, "failure")
    return f"{later} with this code came after the fix ({phrases.moment(fixed_at)})"


def _whose(*, anybody: bool) -> str:
    return "on the app" if anybody else "of those who were hit"


def _daily(*, a_day: float, rate: float, earlier_a_day: float, earlier_rate: float) -> str:
    return (
        f"{a_day:,.1f} failures a day, {phrases.percent(rate)} of attempts, after "
        f"{earlier_a_day:,.1f} and {phrases.percent(earlier_rate)}"
    )


_SENTENCES: dict[str, Callable[..., str]] = {
    # How wide a failure is.
    "nothing_failed": lambda: "Nothing failed.",
    "width": _width,
    # How a fix stands.
    "no_failure": lambda: "nothing failed",
    "no_success": lambda last: (
        f"no attempt has worked since the last failure ({phrases.moment(last)})."
    ),
    "no_proof": lambda fixed_at: (
        f"nothing that would prove it has worked since ({phrases.moment(fixed_at)})."
    ),
    "failed_after": _failed_after,
    "worked_since": _worked_since,
    "worked_after_stragglers": _worked_after_stragglers,
    # How a code stands at a window's end.
    "silent": lambda silent_s: f"silent for {phrases.duration(silent_s)} before the window's end",
    "failed_before_window": lambda silent_s: (
        f"last failed {phrases.duration(silent_s)} before the window's end, before it began"
    ),
    "first_seen": lambda first: f"first seen {phrases.moment(first)}, not before in what is held",
    "too_little_before": lambda: "the source holds less than a day before it, so it may be old",
    "came_back": lambda silent_s: f"came back after {phrases.duration(silent_s)} of silence",
    "nothing_to_compare": lambda: "it failed before; the source holds too little to compare",
    "daily": _daily,
}
