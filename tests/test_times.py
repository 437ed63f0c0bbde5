"""Times that others wrote are read by one rule: UTC, whatever zone they name or lack."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kit.base.times import parse_iso

NINE = datetime(2026, 10, 27, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-27T09:05:00Z", NINE),
        ("2026-10-27T09:05:00.000Z", NINE),
        ("2026-10-27T11:05:00+02:00", NINE),
        ("2026-10-27 09:05", NINE),
        ("20261027T0905Z", NINE),
        ("2026-10-27", datetime(2026, 10, 27, tzinfo=UTC)),
        ("2026-10", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-10-27T24:00", datetime(2026, 10, 28, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_utc(text: str, moment: datetime) -> None:
    assert parse_iso(text) == moment
    assert parse_iso(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+02:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each reader has its own words
        parse_iso(text)
