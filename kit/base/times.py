"""Times as people and as Okta write them, all UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from dateutil.parser import isoparse

from kit.base.errors import UsageError

__all__ = ["iso", "moment_before", "parse_time"]

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def parse_time(name: str, text: str, anchor: datetime) -> datetime:
    """Read a time.

    Args:
        name: what the time is called, for the error.
        text: ``7d``, ``36h``, ``90m``, a date or an ISO time.
        anchor: what a relative time counts back from.

    Returns:
        The moment, in UTC.

    Raises:
        UsageError: it is no time, or reaches too far back.
    """
    text = text.strip()
    if text[:-1].isdecimal() and text[-1] in _UNITS:
        try:
            return anchor - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        except (OverflowError, ValueError):
            raise UsageError(f"{name}: {text!r} reaches too far back.") from None
    try:
        found = isoparse(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{name}: {text!r} is no time. Write 7d, 36h or 90m, a date (2026-10-27) or an "
            "ISO time (2026-10-27T09:05:00Z); all UTC."
        ) from None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


Moment = TypeVar("Moment", bound=datetime)
_FIRST = datetime.min.replace(tzinfo=UTC)


def moment_before(moment: Moment, span: timedelta) -> Moment:
    """A time before *moment* by *span*, but no earlier than the calendar begins.

    Args:
        moment: a UTC time; of a pandas Timestamp, a Timestamp comes back.
        span: how much before.
    """
    within: timedelta = moment - _FIRST  # type: ignore[operator]  # of any kind of datetime
    return moment - min(span, within)


def iso(moment: datetime) -> str:
    """A UTC time as Okta writes it."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z").replace(".000Z", "Z")
