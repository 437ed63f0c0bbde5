"""What tests put into lakes, and how they read them back."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from factories import REFUSED, event
from kit.base.errors import SourceError
from kit.log.log import open_log

if TYPE_CHECKING:
    from kit.lake import Lake

T0 = datetime(2026, 10, 1, tzinfo=UTC)
"""When the spread events begin."""

DAYS = 3
"""How many the recent events are spread over, unless a test says so."""


def spread_events(count: int, *, days: int = 4) -> list[dict[str, Any]]:
    """Events spread evenly over days from ``T0``, every third of them failing."""
    return [
        event(
            (T0 + timedelta(minutes=n * days * 1440 // count)).isoformat(),
            result="SUCCESS" if n % 3 else "FAILURE",
            reason=None if n % 3 else REFUSED,
            user=f"u{n % 7}@example.com",
        )
        for n in range(count)
    ]


def stamp(moment: datetime) -> str:
    """A time as Okta writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def recent_events(count: int, days: float = DAYS) -> list[dict[str, Any]]:
    """Events up to now, every tenth failing with a reason of 278 characters and more."""
    now = datetime.now(UTC)
    step = timedelta(days=days) / count
    return [
        event(
            stamp(now - step * (count - n)),
            user=f"u{n}@example.com",
            result="SUCCESS" if n % 10 else "FAILURE",
            reason=None if n % 10 else REFUSED,
        )
        for n in range(count)
    ]


def memory_address() -> str:
    """A lake's address in memory where nothing is yet."""
    return f"memory://{uuid.uuid4().hex}/lake"


def opened_uuids(address: str) -> list[str]:
    """The uuids that a reader of the kit finds, sorted; none where there is no event yet."""
    try:
        return sorted(open_log(address).events.uuid.to_pyarrow().to_pylist())
    except SourceError:
        return []


def parquet_uuids(lake: Lake) -> list[str]:
    """The uuids that any Parquet tool finds in a lake on disk, sorted, repeats among them."""
    if not lake.names():
        return []
    rows = duckdb.sql(f"select uuid from read_parquet('{lake.pattern}')").fetchall()
    return sorted(row[0] for row in rows)


def glob_uuids(address: str) -> list[str]:
    """The uuids that any Parquet tool finds in the days' folders of a store, sorted."""
    import fsspec
    import pyarrow.parquet as pq

    fs, root = fsspec.core.url_to_fs(address, use_listings_cache=False)
    fs.invalidate_cache()
    uuids = []
    for path in fs.glob(f"{root}/date=*/[!_]*.parquet"):
        with fs.open(path) as file:
            uuids += pq.read_table(file, columns=["uuid"])["uuid"].to_pylist()
    return sorted(uuids)


def forty_events() -> list[dict[str, Any]]:
    """Forty events over four days, every fourth of them failing."""
    return [
        event(
            f"2026-10-{26 + n % 4}T{n % 24:02d}:05:00Z",
            result="FAILURE" if n % 4 == 0 else "SUCCESS",
            reason=REFUSED if n % 4 == 0 else None,
            user=f"u{n}@example.com",
        )
        for n in range(40)
    ]
