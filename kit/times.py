"""Times as people write them: so far before another, a date, or an ISO time; all UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dateutil.parser import isoparse

from kit.errors import UsageError

__all__ = ["moment"]

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def moment(name: str, text: str, anchor: datetime) -> datetime:
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
