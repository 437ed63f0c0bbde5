"""What a lake holds of old days is removed, and what it says that it holds with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kit.base.times import parse_iso
from kit.base.windows import Window
from kit.lake.holes import holes_in
from kit.lake.inventory import Tally, day_of, stretches
from kit.lake.storage import Change
from kit.lake.vendor import VENDOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from kit.lake.files import Lake
    from kit.lake.storage import Contents

__all__ = ["Pruning", "remove_days"]


@dataclass(slots=True)
class Pruning:
    """What was removed."""

    days: int = 0
    events: int = 0
    records: int = 0
    """A vendor's records."""


def remove_days(lake: Lake, before: date) -> Pruning:
    """Remove the events and vendors' records of the UTC days before a day.

    In one step: after a kill all is there, or nothing of it. What is removed counts as held no
    longer, so that a window that reaches back says that it is a gap, also in a
    log that is open. In an object store such a log reads on for a day.

    Args:
        lake: the lake.
        before: the first UTC day that is kept.

    Returns:
        What was removed.

    Raises:
        SourceError: another writer does not end, or the lake cannot be read.
        DiskFull, UsageError: it cannot be written.
    """
    first_day, start = str(before), datetime(before.year, before.month, before.day, tzinfo=UTC)
    pruning, old_records = Pruning(), list[str]()

    def change(contents: Contents) -> Change:
        nonlocal pruning, old_records
        old = [name for name in contents.events if day_of(name) < first_day]
        inventory = contents.manifest["inventory"]
        vendor = contents.manifest.get(VENDOR, {})
        files = vendor.get("files", {})
        old_records = [name for name in files if _record_day(name) < first_day]
        pruning = Pruning(
            days=len({day_of(name) for name in old}),
            events=sum((Tally.read(inventory[name]) for name in old), Tally()).events,
            records=sum(files[name]["records"] for name in old_records),
        )
        return Change(_manifest_from(contents.manifest, start, old_records), old=old)

    with lake.writing():
        lake.commit(change)
        lake.storage.remove(old_records)
        lake.storage.remove(lake.storage.names("_kept"))
    lake.storage.forget()
    return pruning


def _record_day(name: str) -> str:
    """The UTC day that the name of a file of a vendor's records begins with."""
    return name.partition("date=")[2][:10]


def _manifest_from(
    manifest: Mapping[str, Any], start: datetime, old_records: Iterable[str]
) -> dict[str, Any]:
    """What a manifest says, as far as it speaks of the time from *start* on."""
    windows = _from(stretches(manifest), start)
    facts = {
        **manifest,
        "covered": windows,
        "unread": [hole.as_dict() for hole in holes_in(manifest) if hole.until > start],
        "lacking": [
            one for one in manifest.get("lacking", []) if parse_iso(str(one["until"])) > start
        ],
        "lost": {
            name: one for name, one in manifest.get("lost", {}).items() if _is_kept(name, start)
        },
    }
    if vendor := manifest.get(VENDOR):
        gone = set(old_records)
        facts[VENDOR] = {
            **vendor,
            "files": {n: one for n, one in vendor.get("files", {}).items() if n not in gone},
            "coverage": {
                log: _from(stretches({"covered": some}), start)
                for log, some in vendor.get("coverage", {}).items()
            },
        }
    return facts


def _is_kept(name: str, start: datetime) -> bool:
    return day_of(name) >= str(start.date())


def _from(windows: Iterable[Window], start: datetime) -> list[dict[str, str]]:
    later = [Window(max(one.since, start), one.until) for one in windows if one.until > start]
    return [one.as_text() for one in later]
