"""The reader's days: from midnight to midnight of their clocks, 23 or 25 hours where they change.

Counts are by hours of UTC, or by such days; without a zone a day is UTC's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kit.display.zone import current_zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from kit.base.windows import Window

__all__ = ["begin_of", "clock", "days_of", "local_times", "zone_name"]

_FIRST = pd.Timestamp("0001-01-01", tz="UTC").as_unit("us")
_FLOOR = {"hour": "h", "day": "D"}


def begin_of(bucket: str, moments: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    """When the hours or days began that some moments lie in.

    Args:
        bucket: ``hour``, of UTC, or ``day``, of the reader's zone.
        moments: datetime64, UTC.

    Returns:
        datetime64, UTC: of a day the reader's midnight; where clocks skip it, the day's first
        moment, and where it comes twice, the first time.
    """
    zone = current_zone()
    if zone is None or bucket == "hour":
        return moments.dt.floor(_FLOOR[bucket])
    days = moments.dt.floor("D")
    try:
        midnights = _midnights(local_times(moments).dt.tz_localize(None).dt.floor("D"), zone)
    except (OverflowError, ValueError):  # where the calendar ends
        return days
    return midnights.where(midnights >= _FIRST, days)


def days_of(window: Window) -> pd.DatetimeIndex:
    """When each day of the reader's began that a window touches, UTC."""
    ends = pd.Series([window.since, window.until]).astype("datetime64[us, UTC]")
    ends[1] -= pd.Timedelta(microseconds=1)
    zone = current_zone()
    first, last = begin_of("day", ends)
    if zone is None:
        return pd.date_range(first, last, freq="D", unit="us")
    here = pd.date_range(
        first.tz_convert(zone).tz_localize(None).floor("D"),
        last.tz_convert(zone).tz_localize(None).floor("D"),
        freq="D",
        unit="us",
    )
    return pd.DatetimeIndex(_midnights(pd.Series(here), zone))


def local_times(moments: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    """Moments with the reader's zone, UTC if they have none."""
    zone = current_zone()
    return moments if zone is None else moments.dt.tz_convert(zone)


def clock(hour: int) -> str:
    """An hour of the reader's day: ``09:00 UTC``, ``09:00 Europe/Berlin``."""
    return f"{hour:02d}:00 {zone_name()}"


def zone_name() -> str:
    """The reader's zone by its name."""
    zone = current_zone()
    return "UTC" if zone is None else zone.key


def _midnights(days: pd.Series[pd.Timestamp], zone: ZoneInfo) -> pd.Series[pd.Timestamp]:
    # Some zones change their clocks at midnight, which then is missing or comes twice.
    first = np.ones(len(days), dtype=bool)
    local = days.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return local.dt.tz_convert("UTC")
