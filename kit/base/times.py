"""Times as people and as Okta write them, all UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from kit.base.errors import UsageError

__all__ = ["iso", "moment_before", "parse_iso", "parse_time"]

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def parse_time(name: str, text: str | date, anchor: datetime) -> datetime:
    """Read a time.

    Args:
        name: what the time is called, for the error.
        text: ``7d``, ``36h``, ``90m``, a date or an ISO time; or a date or time of Python or
            pandas, without a zone UTC.
        anchor: what a relative time counts back from.

    Returns:
        The moment, in UTC.

    Raises:
        UsageError: it is no time, or reaches too far back.
    """
    if not isinstance(text, str):
        return _of_python(name, text)
    text = text.strip()
    if text[:-1].isdecimal() and text[-1] in _UNITS:
        try:
            return anchor - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        except (OverflowError, ValueError):
            raise UsageError(f"{name}: {text!r} reaches too far back.") from None
    try:
        return parse_iso(text)
    except ValueError:
        raise _no_time(name, text) from None


def _of_python(name: str, moment: object) -> datetime:
    """A date or a time as UTC."""
    if not isinstance(moment, date) or moment != moment:  # pandas' missing time is no time
        raise _no_time(name, moment)
    clock = moment.timetz() if isinstance(moment, datetime) else time()
    try:
        return datetime.combine(moment, clock.replace(tzinfo=clock.tzinfo or UTC)).astimezone(UTC)
    except OverflowError:
        raise _no_time(name, moment) from None


def _no_time(name: str, what: object) -> UsageError:
    return UsageError(
        f"{name}: {what!r} is no time. Write 7d, 36h or 90m, a date (2026-10-27) or an "
        "ISO time (2026-10-27T09:05:00Z); all UTC."
    )


def parse_iso(text: str) -> datetime:
    """Read an ISO time; one without a zone is UTC.

    Args:
        text: as ISO 8601 has it; a month alone (``2026-10``) is its beginning, and ``24:00`` the
            end of a day, which Python's own reader refuses.

    Returns:
        The moment, in UTC.

    Raises:
        ValueError: it is no time.
    """
    try:
        try:
            moment = datetime.fromisoformat(text)  # many times as fast
        except ValueError:
            from dateutil.parser import isoparse

            moment = isoparse(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError as fault:
        raise ValueError(str(fault)) from None


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
