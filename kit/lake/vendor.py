"""A vendor's records in a lake: Parquet by UTC day in ``_vendor/``, each record once.

Which files count, and what stretch of time each log is held for, stands in the manifest, so that
both change in the step that brings in an import's events. A record that comes again in a form that
says more of it is kept beside the poorer one; of both, the greater ``fullness`` counts.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kit.base.windows import Window, gaps, merged
from kit.lake.inventory import without
from kit.lake.pages import joint_spans, says_more_follows
from kit.lake.record_file import count_logs, open_record_file
from kit.vendors.forms import title_of, vendor_of_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kit.lake.files import Lake

__all__ = [
    "VENDOR",
    "Spans",
    "day_of_records",
    "lost_vendor_files",
    "vendor_coverage",
    "vendor_files",
    "vendor_overview",
    "windows_of",
    "with_coverage",
]

VENDOR = "_vendor"
"""The folder below the lake, and what the manifest says of it."""

_SECOND = timedelta(seconds=1)
"""Forms differ in how exact their times are: what lies in a second is covered with it."""
_NAME = re.compile(rf"{VENDOR}/date=(\d{{4}}-\d\d-\d\d)-[0-9a-f]{{32}}\.parquet")

Spans = dict[str, dict[str, tuple[datetime, datetime]]]
"""When the first and last record of each log happened, by source file."""


def with_coverage(
    facts: Mapping[str, Any],
    spans: Spans,
    covers: Window | None = None,
    more: Callable[[str], bool] = says_more_follows,
) -> dict[str, Any]:
    """What the manifest is to say, if files with a vendor's records were taken in.

    Args:
        facts: what it says of a vendor's records.
        spans: when the records of each file happened.
        covers: what the files hold in full, if somebody says so.
        more: whether a file says that another page follows.
    """
    coverage = {log: windows_of(some) for log, some in facts.get("coverage", {}).items()}
    for log, (first, last) in joint_spans(spans, more):
        since = first.replace(microsecond=0)
        window = covers or Window(since, last.replace(microsecond=0) + _SECOND)
        coverage[log] = merged([*coverage.get(log, []), window])
    return {
        **facts,
        "coverage": {log: [one.as_text() for one in some] for log, some in coverage.items()},
    }


def vendor_files(lake: Lake) -> list[str]:
    """The names of the files of a vendor's records that are there, below the lake.

    Raises:
        SourceError: the manifest cannot be read.
    """
    names = _names_in(lake.manifest())
    there = set(lake.storage.names(VENDOR)) if names else set()
    return [name for name in names if name in there]


def lost_vendor_files(lake: Lake) -> list[str]:
    """The names of the files that the manifest lists and that are gone."""
    return sorted(set(_names_in(lake.manifest())) - set(vendor_files(lake)))


def vendor_coverage(lake: Lake) -> dict[str, list[Window]]:
    """The stretches of time that a lake holds each of a vendor's logs for, oldest first.

    A day with a file that is gone is none of them, whatever log it held.
    """
    coverage = lake.manifest().get(VENDOR, {}).get("coverage", {})
    lost_days = {str(day) for name in lost_vendor_files(lake) if (day := day_of_records(name))}
    return {log: without(windows_of(some), lost_days) for log, some in coverage.items()}


def day_of_records(name: str) -> date | None:
    """The UTC day of a file of a vendor's records by its name; None if no lake named it."""
    match = _NAME.fullmatch(name)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _count_logs(lake: Lake, name: str) -> dict[str, int]:
    """How many records of each log a file holds of which the manifest does not say it."""
    with open_record_file(lake.storage.event_file(name), lake.address, name) as file:
        return count_logs(file)


def _names_in(manifest: Mapping[str, Any]) -> list[str]:
    return sorted(manifest.get(VENDOR, {}).get("files", {}))


def windows_of(some: Iterable[Mapping[str, str]]) -> list[Window]:
    """The stretches of time of a log, as the manifest has them."""
    return [
        Window(datetime.fromisoformat(one["since"]), datetime.fromisoformat(one["until"]))
        for one in some
    ]


def vendor_overview(lake: Lake) -> list[dict[str, Any]]:
    """What a lake holds of each of a vendor's logs.

    Returns:
        For each log ``vendor`` and ``title`` (what people call the two), ``log``, ``records`` (how
        many it holds), ``covered`` and ``gaps`` (``since`` and ``until``: what lies between two
        covered stretches).
    """
    files = lake.manifest().get(VENDOR, {}).get("files", {})
    counts: Counter[str] = Counter()
    for name in vendor_files(lake):
        counts.update(files[name].get("logs") or _count_logs(lake, name))
    logs = []
    for log, windows in sorted(vendor_coverage(lake).items()):
        whole = Window(windows[0].since, windows[-1].until) if windows else None
        vendor = vendor_of_log(log)
        logs.append(
            {
                "vendor": title_of(vendor),
                "log": log,
                "title": title_of(vendor, log),
                "records": counts[log],
                "covered": [one.as_text() for one in windows],
                "gaps": [one.as_text() for one in gaps(windows, whole)] if whole else [],
            }
        )
    return logs
