"""Numbers, times and coverage in words, one way everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.display.zone import current_zone, local, utc_beside

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from kit.base.windows import Coverage, Window

__all__ = [
    "SIGN_IN",
    "count",
    "coverage_in_words",
    "duration",
    "hit_in_words",
    "join",
    "moment",
    "percent",
    "span",
]


SIGN_IN = "Okta sign-in"
"""What stands for the app where a failure concerns none."""


def count(number: int, one: str, many: str | None = None) -> str:
    """``count(1, "user")`` is "1 user"; ``count(1204, "user")`` is "1,204 users"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(rate: float, *, fixed: bool = False) -> str:
    """A rate of 0 to 1 as a percentage that never rounds something to nothing.

    With *fixed* it has one decimal always, so that a column of them lines up.
    """
    if 0 < rate < 0.001:
        return "< 0.1 %" if fixed else "under 0.1 %"
    if 0.9995 <= rate < 1:
        return "> 99.9 %" if fixed else "over 99.9 %"
    text = f"{rate:.1%}".replace("%", " %")
    return text if fixed else text.replace(".0 %", " %")


def moment(when: datetime) -> str:
    """A UTC time as a person reads it: "27 Oct 2026, 09:05 UTC"; in their zone, UTC beside it."""
    here = local(when)
    text = f"{here.day} {here:%b %Y, %H:%M}"
    if current_zone() is None or here.tzinfo is None:
        return f"{text} UTC"
    return f"{text} {here:%Z} ({utc_beside(when, here, '%-d %b, ', '%H:%M')})"


def span(window: Window) -> str:
    """A window in words."""
    return f"{moment(window.since)} to {moment(window.until)}"


def coverage_in_words(coverage: Coverage, skipped_lines: int = 0) -> str:
    """Say whether the source holds the whole window, and what of it could not be read.

    Args:
        coverage: of the window.
        skipped_lines: skipped lines in the whole source.
    """
    parts = []
    if coverage.missing:
        parts.append("not held: " + _some([span(gap) for gap in coverage.missing]))
    if coverage.unread:
        lines = count(coverage.skipped, "line")
        where = _some([_stretch(gap) for gap in coverage.unread])
        parts.append(f"{lines} in the window could not be read: {where}")
    elif skipped_lines:
        parts.append(f"{count(skipped_lines, 'skipped line')} in the source")
    if coverage.complete:
        parts.insert(0, "the whole window is held")
    if coverage.provisional:
        parts.append(f"events since {moment(coverage.provisional.since)} may still arrive")
    return "; ".join(parts)


_MAX_STRETCHES = 5
"""Stretches that are named one by one."""


def _some(parts: Sequence[str]) -> str:
    """A list in words, of many the first."""
    if len(parts) <= _MAX_STRETCHES:
        return join(parts)
    return join([*parts[:_MAX_STRETCHES], f"{len(parts) - _MAX_STRETCHES:,} more stretches"])


def _stretch(window: Window) -> str:
    """A stretch in words, which may be a moment."""
    first, last = moment(window.since), moment(window.until)
    return f"at {first}" if first == last else f"{first} to {last}"


def duration(seconds: float) -> str:
    """A stretch of time in the unit that suits it."""
    minutes = round(seconds / 60)
    if minutes < 90:
        return count(minutes, "minute")
    if minutes < 48 * 60:
        return f"{minutes / 60:.1f} hours".replace(".0 ", " ")
    return f"{minutes / 1440:.1f} days".replace(".0 ", " ")


def join(parts: Sequence[str]) -> str:
    """A list in words: "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def hit_in_words(counts: Mapping[str, int]) -> str:
    """How many are hit: ``hit_in_words({"user": 3, "group": 1})`` is "3 users and 1 group"."""
    return join([count(number, kind) for kind, number in counts.items()]) or "0 users"
