"""A lake's files of a vendor's records, looked at and put in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.base.errors import SourceError
from kit.lake.inventory import without
from kit.lake.record_file import count_logs, open_record_file, read_spans
from kit.lake.vendor import VENDOR, day_of_records, windows_of, with_coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kit.lake.files import Lake

__all__ = ["examined_records", "repaired_records"]


def examined_records(lake: Lake, on_file: Callable[[str], None] | None = None) -> dict[str, str]:
    """Read all of a vendor's records, and count them against the manifest.

    Args:
        lake: the lake.
        on_file: is called with the name of each file that is looked at.

    Returns:
        By names below the lake what is wrong; a file that nobody lists is no fault.
    """
    files = lake.manifest().get(VENDOR, {}).get("files", {})
    wrong, there = {}, set(lake.storage.names(VENDOR)) if files else set()
    for name in sorted(files):
        if on_file:
            on_file(name)
        if name not in there:
            wrong[name] = "it is missing"
        elif why := _unreadable(lake, name, files[name]["records"]):
            wrong[name] = why
    return wrong


def repaired_records(
    lake: Lake, apart: Callable[[str, str], None], *, rebuilt: bool
) -> tuple[dict[str, Any], list[str]]:
    """Move what cannot be read out of the way; while writing.

    Args:
        lake: the lake.
        apart: moves a file, given its name and why.
        rebuilt: whether the manifest was lost, so that all files that are there count again, each
            covering what it holds.

    Returns:
        What the manifest is to say of a vendor's records, and the UTC days that lost some.
    """
    facts: dict[str, Any] = dict(lake.manifest().get(VENDOR, {}))
    files = dict(facts.get("files", {}))
    there = set(lake.storage.names(VENDOR))
    losses = [name for name in files if name not in there]
    for name in sorted(there if rebuilt else there & set(files)):
        if why := _unreadable(lake, name):
            apart(name, why)
            losses.append(name)
        elif rebuilt and day_of_records(name):
            facts, files[name] = _relisted(lake, name, facts)
    days = sorted({str(day) for name in losses if (day := day_of_records(name))})
    coverage = {
        log: [one.as_text() for one in without(windows_of(some), days)]
        for log, some in facts.get("coverage", {}).items()
    }
    files = {name: one for name, one in files.items() if name not in losses}
    return ({"files": files, "coverage": coverage} if files or coverage else {}), days


def _unreadable(lake: Lake, name: str, records: int | None = None) -> str:
    """Why a file's records cannot be read, all of them; nothing if they can."""
    try:
        with open_record_file(lake.storage.event_file(name), lake.address, name) as file:
            for number in range(file.num_row_groups):
                file.read_row_group(number, use_threads=False)
            if records is not None and file.metadata.num_rows != records:
                return "it holds other records than were written"
    except SourceError as fault:
        return str(fault).partition(": cannot be read (")[2].rpartition("). Run: ")[0] or str(fault)
    return ""


def _relisted(
    lake: Lake, name: str, facts: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    with open_record_file(lake.storage.event_file(name), lake.address, name) as file:
        spans = read_spans(file)
        one = {"records": file.metadata.num_rows, "logs": count_logs(file)}
    return with_coverage(facts, {name: spans}, more=lambda _: False), one
