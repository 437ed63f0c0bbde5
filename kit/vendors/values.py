"""Values as vendors write them: ids, times, texts that hold JSON, names of columns."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from kit.base.patterns import lazy_pattern

__all__ = ["as_json", "guid", "plain_name", "text", "token_id", "utc_moment"]

_JUNK = lazy_pattern(r"[^\w#]+|_")
_GUID = lazy_pattern(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_LENGTH = 36
_NO_GUID = "00000000-0000-0000-0000-000000000000"
_LOCAL = lazy_pattern(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}),? +(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r" *([AP]M)? *(Z|UTC|GMT|[+-]\d\d:?\d\d|[A-Z]{3,4})?",
    re.I,
)
_ZONES = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 1,
    "BST": 1,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "PST": -8,
    "PDT": -7,
    "MST": -7,
    "MDT": -6,
    "CST": -6,
    "CDT": -5,
    "EST": -5,
    "EDT": -4,
    "AKST": -9,
    "AKDT": -8,
    "HST": -10,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
    "NZST": 12,
    "NZDT": 13,
    "SGT": 8,
    "HKT": 8,
}
"""Hours by which zones are ahead of UTC, as exports shorten their names; those of the United States
where several have one name."""
_COMPACT = lazy_pattern(r"(\d{8})(\d{6}(?:\.\d+)?)")
_DATE = lazy_pattern(r"\\?/Date\((-?\d+)(?:[+-]\d{4})?\)\\?/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=8192)
def plain_name(name: str) -> str:
    """A name without what forms differ in: case, blanks, underscores, brackets, a zone."""
    return _JUNK.sub("", name.removesuffix(" [UTC]").casefold())


def text(value: Any) -> str | None:
    """A value as text; None where there is nothing."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list) and len(value) == 1:  # so search engines give their fields
        return text(value[0])
    return None if isinstance(value, dict | list) else str(value)


def guid(value: Any) -> str | None:
    """An id, lower case and without braces; None where it is empty or all zeros."""
    if value is None:
        return None
    if type(value) is str and len(value) == _LENGTH and value[8] == value[13] == value[23] == "-":
        return None if value == _NO_GUID else value.lower()
    value = text(value)
    if value is None:
        return None
    value = value.strip("{}() \t'\"").lower()
    return None if not value or not value.strip("0-") else value


def token_id(value: Any) -> str | None:
    """The request's id that a token identifier holds: its text, or its 16 bytes, in base64."""
    value = text(value)
    if value is None:
        return None
    plain = value.replace("-", "+").replace("_", "/")
    with suppress(binascii.Error, ValueError):
        data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        if len(data) == 16:
            return guid(str(uuid.UUID(bytes_le=data)))
        text_id = data.decode().lower()
        return guid(text_id) if _GUID.fullmatch(text_id) else None
    return None


def as_json(value: Any) -> Any:
    """What stands as JSON in a text; any other value as it is."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        with suppress(msgspec.DecodeError, RecursionError):
            return msgspec.json.decode(value)
    return value


def utc_moment(value: Any) -> datetime | None:
    """A time as exports write it, in UTC; without a zone it is UTC.

    ISO 8601 with up to nine decimals, ``/Date(ms)/``, ``9/14/2026, 7:12:31.441 AM`` (the month
    first, as Microsoft writes it, unless that is no month) and ``14.09.2026 07:12:31``.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_number(value)
    value = text(value)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return _local(value)
    with suppress(OverflowError, ValueError):
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        return at if 1 < at.year < 9999 else None
    return None


def _of_number(value: float) -> datetime | None:
    seconds = value / 1000 if abs(value) > 1e11 else value
    with suppress(OverflowError, ValueError):
        at = _EPOCH + timedelta(seconds=seconds)
        return at if 1 < at.year < 9999 else None
    return None


def _local(value: str) -> datetime | None:
    if date := _DATE.fullmatch(value):
        return _of_number(int(date[1]) if abs(int(date[1])) > 1e11 else int(date[1]) / 1000)
    if value.endswith((" UTC", " GMT")):
        with suppress(ValueError):
            return datetime.fromisoformat(value[:-4]).replace(tzinfo=UTC)
    if compact := _COMPACT.fullmatch(value):  # 20231218054831.655
        return utc_moment(f"{compact[1]}T{compact[2]}")
    match = _LOCAL.fullmatch(value)
    if match is None:
        return None
    first, sign, second, year, hour, minute, sec, decimals, half, zone = match.groups()
    month, day = int(first), int(second)
    if sign == "." or month > 12:
        month, day = day, month
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.upper() == "PM" else 0)
    micro = int((decimals or "0")[:6].ljust(6, "0"))
    with suppress(ValueError, OverflowError):
        at = datetime(int(year), month, day, hours, int(minute), int(sec or 0), micro, tzinfo=UTC)
        if zone and zone[0] in "+-":
            plain = zone.replace(":", "")
            away = timedelta(hours=int(plain[1:3]), minutes=int(plain[3:5]))
            at = at - away if zone[0] == "+" else at + away
        elif zone:
            if zone.upper() not in _ZONES:
                return None
            at -= timedelta(hours=_ZONES[zone.upper()])
        return at if 1 < at.year < 9999 else None
    return None
