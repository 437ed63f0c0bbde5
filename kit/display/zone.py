"""The reader's time zone: times are told there, with UTC beside them, and kept in UTC.

What is shown is told in a zone by asking for it inside ``reading_in``; a table or a chart that is
drawn later keeps the zone that it was made in.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from kit.base.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kit.base.windows import Window

__all__ = [
    "axis_label",
    "current_zone",
    "find_zone",
    "in_zone",
    "keeps_whole_hours",
    "local",
    "reading_in",
    "stamp",
    "utc_beside",
    "zone_of",
]

Moment = TypeVar("Moment", bound=datetime)

_zone: ContextVar[ZoneInfo | None] = ContextVar("zone", default=None)
_UTC_NAMES = frozenset({"", "utc", "z", "zulu", "gmt", "etc/utc", "etc/gmt", "universal"})


def find_zone(name: str, parameter: str = "timezone") -> ZoneInfo | None:
    """Find a time zone by its name.

    Args:
        name: as the IANA database has it, ``Europe/Berlin``, without case; UTC if empty.
        parameter: the parameter that it was written in.

    Returns:
        The zone; None for UTC.

    Raises:
        UsageError: there is no such zone; says the nearest.
    """
    text = "_".join(str(name).split())
    if text.casefold() in _UTC_NAMES:
        return None
    spelling = _spellings().get(text.casefold(), text)
    try:
        return ZoneInfo(spelling)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = nearest(text, _spellings().values())
        raise UsageError(
            f"{parameter}: there is no time zone {name!r}.{near} Write one as the IANA database "
            "names it, Europe/Berlin, or leave it empty for UTC."
        ) from None


def zone_of(facts: Mapping[str, Any]) -> ZoneInfo | None:
    """The zone that a run's parameters name; UTC if they name none that there is.

    Args:
        facts: the run's summary.
    """
    parameters = facts.get("parameters")
    name = parameters.get("timezone") if isinstance(parameters, dict) else None
    try:
        return find_zone(name) if isinstance(name, str) else None
    except UsageError:
        return None


@cache
def _spellings() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@contextmanager
def reading_in(zone: ZoneInfo | None) -> Iterator[None]:
    """Tell times in a zone for as long as this lasts.

    Args:
        zone: the zone; None for UTC.
    """
    token = _zone.set(zone)
    try:
        yield
    finally:
        _zone.reset(token)


def current_zone() -> ZoneInfo | None:
    """The zone that times are told in now; None for UTC."""
    return _zone.get()


def local(moment: Moment, zone: ZoneInfo | None = None) -> Moment:
    """A moment in the reader's zone; as it is in UTC, or where the calendar ends.

    Args:
        moment: a time with a zone, of Python or pandas.
        zone: the zone; the reader's if left out.
    """
    zone = zone or _zone.get()
    if zone is None or moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        return moment


def stamp(moment: datetime, *, seconds: bool = False, with_utc: bool = False) -> str:
    """A time as tables have it: ``2026-10-27 09:05``, or in a zone with UTC behind it.

    Args:
        moment: a UTC time.
        seconds: whether its seconds are told.
        with_utc: whether UTC is named where it is the reader's zone, too.
    """
    clock = "%H:%M:%S" if seconds else "%H:%M"
    here = local(moment)
    text = f"{here:%Y-%m-%d} {here.strftime(clock)}"
    if here.tzinfo is None or _zone.get() is None:
        return f"{text} UTC" if with_utc else text
    return f"{text} {here:%Z} ({utc_beside(moment, here, '%Y-%m-%d ', clock)})"


@cache
def keeps_whole_hours(zone: ZoneInfo) -> bool:
    """Whether a zone's clocks are whole hours apart from UTC, at any time of these decades."""
    months = (datetime(year, month, 1, tzinfo=UTC) for year in _YEARS for month in range(1, 13))
    return all(int(offset.total_seconds()) % 3600 == 0 for offset in map(_offset_in(zone), months))


_YEARS = range(1990, 2040)


def _offset_in(zone: ZoneInfo) -> Callable[[datetime], timedelta]:
    return lambda moment: moment.astimezone(zone).utcoffset() or timedelta()


def utc_beside(moment: datetime, here: datetime, day: str, clock: str) -> str:
    """The UTC time beside a reader's, with its day where that is another.

    Args:
        moment: the time.
        here: the same in the reader's zone.
        day: how a day is written.
        clock: how a time of the day is written.
    """
    there = moment.astimezone(UTC)
    day_text = f"{there:{day}}" if there.date() != here.date() else ""
    return f"{day_text}{there.strftime(clock)} UTC"


def in_zone(title: str) -> str:
    """A column's title with the reader's zone in the place of UTC."""
    zone = _zone.get()
    return title if zone is None else title.replace("(UTC)", f"({zone.key})")


def axis_label(window: Window) -> str:
    """What a time axis is called: the reader's zone, and how far it is from UTC in a window."""
    zone = _zone.get()
    if zone is None:
        return "UTC"
    ends = [local(window.since), local(window.until)]
    offsets = list(dict.fromkeys(_offset(one) for one in ends))
    return f"{zone.key} ({', then '.join(offsets)})"


def _offset(moment: datetime) -> str:
    """How far a zone is from UTC: ``UTC+1``, ``UTC-3:30``."""
    offset = moment.utcoffset()
    minutes = round(offset.total_seconds() / 60) if offset else 0
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")
