"""The event's time, in the ways in which products and spreadsheets write it, as RFC 3339 in UTC."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import Literal, cast, get_args

from kit.base.errors import UsageError
from kit.base.patterns import lazy_pattern

__all__ = [
    "ORDER",
    "UNCLEAR",
    "Order",
    "first_above_twelve",
    "is_local",
    "is_of_spreadsheet",
    "names_no_zone",
    "order_of",
    "utc",
]

Order = Literal["day-first", "month-first"]
"""Which of a local date's first two numbers comes first."""

ORDER = "OKTA_KIT_DATE_ORDER"
"""Names the order where neither the file shows it nor an option says it."""


UNCLEAR = (
    "its time {time} is a local date of which it is not clear what is the day and what the month, "
    "since no number of the file's dates is above 12 in one place alone. Say it with "
    "--date-order day-first or --date-order month-first (in Python date_order=…, for notebooks "
    f"${ORDER}), or export the log again and do not save it from a spreadsheet"
)
"""Why an event with a local date is not read."""


def order_of(order: str | None) -> Order | None:
    """The order of local dates that somebody says.

    Args:
        order: ``day-first`` or ``month-first``; ``$OKTA_KIT_DATE_ORDER`` if left out or empty.

    Raises:
        UsageError: it is neither.
    """
    name = order or os.environ.get(ORDER)
    if not name:
        return None
    if name not in get_args(Order):
        where = "date_order" if order else f"${ORDER}"
        raise UsageError(f"{where}: {name!r} is no order. Write day-first or month-first.")
    return cast("Order", name)


_ISO = lazy_pattern(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?([.,]\d+)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE,
)
_LOCAL = lazy_pattern(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d),?\s+(\d{1,2}):(\d\d)(?::(\d\d)(\.\d+)?)?\s*([AP]M)?",
    re.IGNORECASE,
)
_YEAR_FIRST = lazy_pattern(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})\s+(\d{1,2}):(\d\d(?::\d\d)?)")
_KIBANA = lazy_pattern(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4}) @ (\d\d:\d\d:\d\d(?:\.\d+)?)")
_POWERSHELL = lazy_pattern(r"\\?/Date\((-?\d{1,16})(?:[+-]\d{4})?\)\\?/")
_EPOCH = lazy_pattern(r"\d{9,10}(?:\.\d+)?|\d{12,13}(?:\.\d+)?|\d{15,16}|\d{18,19}")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def utc(value: object, order: Order | None = None) -> str | None:
    """Read a time in any writing that exports have, as Okta writes it.

    Args:
        value: ISO 8601 with any separator, seconds since 1970 (or milli-, micro-, nanoseconds),
            PowerShell's ``/Date(…)/``, Kibana's ``Oct 27, 2026 @ 09:05:00.000``, or a local date.
            Without a zone it is read as UTC.
        order: which number of a local date comes first; one with dots is day first.

    Returns:
        It as RFC 3339, or None if it cannot be read.
    """
    text = str(value).strip()
    if match := _ISO.fullmatch(text):
        day, minutes, seconds, fraction, zone = match.groups()
        zone = "Z" if not zone or zone[0] not in "+-" else zone
        if len(zone) in {3, 5}:
            zone = f"{zone[:3]}:{zone[3:] or '00'}"
        return f"{day}T{minutes}{seconds or ':00'}{(fraction or '').replace(',', '.')}{zone}"
    if match := _LOCAL.fullmatch(text):
        return _from_local(match, order)
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day, hour, rest = match.groups()
        return utc(f"{year}-{int(month):02}-{int(day):02} {int(hour):02}:{rest}")
    if match := _KIBANA.fullmatch(text):
        month, day, year, clock = match.groups()
        if month not in _MONTHS:
            return None
        return f"{year}-{_MONTHS.index(month) + 1:02}-{int(day):02}T{clock}Z"
    if match := _POWERSHELL.fullmatch(text):
        return _from_epoch(int(match[1]) / 1000)
    if _EPOCH.fullmatch(text):
        whole = len(text.partition(".")[0])
        return _from_epoch(float(text) / 10 ** (0 if whole < 11 else 3 * ((whole - 9) // 3)))
    return None


def is_of_spreadsheet(value: str) -> bool:
    """Whether it is a date with day or month first, as spreadsheets write it."""
    return _LOCAL.fullmatch(value.strip()) is not None


def is_local(value: str) -> bool:
    """Whether it is a date whose order of day and month is not plain."""
    match = _LOCAL.fullmatch(value.strip())
    return match is not None and match[2] != "."


def names_no_zone(value: str) -> bool:
    """Whether it is a date and a clock's time that do not say of which zone."""
    text = value.strip()
    iso = _ISO.fullmatch(text)
    return not iso[5] if iso else bool(_LOCAL.fullmatch(text) or _YEAR_FIRST.fullmatch(text))


def first_above_twelve(value: str) -> Order | None:
    """What a local date tells of its order by a number that is no month."""
    match = _LOCAL.fullmatch(value.strip())
    if match is None:
        return None
    first, second = int(match[1]) > 12, int(match[3]) > 12
    return None if first == second else "day-first" if first else "month-first"


def _from_local(match: re.Match[str], order: Order | None) -> str | None:
    one, dots, other, year, hour, minute, second, fraction, half = match.groups()
    order = order or ("day-first" if dots == "." else None)
    if order is None:
        return None
    day, month = (one, other) if order == "day-first" else (other, one)
    if not 0 < int(month) <= 12:
        return None
    hours = int(hour) % 12 + 12 * (half.upper() == "PM") if half else int(hour)
    date = f"{year if len(year) == 4 else f'20{year}'}-{int(month):02}-{int(day):02}"
    return f"{date}T{hours:02}:{minute}:{second or '00'}{fraction or ''}Z"


def _from_epoch(seconds: float) -> str | None:
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
