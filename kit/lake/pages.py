"""Which files are pages of one export: by their names, or because they say that more follows.

A log is covered from a file's first record to its last; of an export in pages, from the first of
all pages to the last of them, also where nothing stands between two pages; and for a whole hour by
a file of a storage account that is named by it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Spans = Mapping[str, Mapping[str, tuple[datetime, datetime]]]

__all__ = ["joint_spans", "says_more_follows"]

_MORE = b"@odata.nextLink"
_LOOK = 16 << 10
"""Bytes at a file's ends in which an answer in pages says that more follows."""
_SUFFIXES = {".gz", ".zst", ".bz2", ".xz", ".json", ".csv", ".ndjson", ".jsonl", ".log", ".txt"}
_HOUR = re.compile(
    r"(?P<container>.*)/y=(\d{4})/m=(\d\d)/d=(\d\d)/h=(\d\d)/m=\d\d/PT1H\.json(?:\.gz)?", re.I
)
_LAST_SECOND = timedelta(minutes=59, seconds=59)
_PAGE = re.compile(
    r"(?P<of>.*?)(?:[-_. ]*\(?(?:page|part|chunk|seite)[-_. ]?(?P<word>\d{1,4})\)?"
    r"|[-_. ]?\((?P<copy>\d{1,3})\)|(?<![\d])[-_](?P<bare>\d{1,3}))",
    re.I,
)
_DATE = re.compile(r"\d{4}-?\d\d$|\d{4}-?\d\d-?\d\d|^\d{4}$|\d$")
"""What stands before a number that belongs to a date or a time."""


def says_more_follows(file: str) -> bool:
    """Whether a file on disk is one page of several, as Microsoft Graph answers."""
    try:
        with open(file, "rb") as stream:  # noqa: PTH123  # of names that are no text, too
            if _MORE in stream.read(_LOOK):
                return True
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - _LOOK))
            return _MORE in stream.read()
    except OSError:
        return False  # a member of an archive, or an object: their names may still say it


def joint_spans(
    spans: Spans, more: Callable[[str], bool] = says_more_follows
) -> Iterator[tuple[str, tuple[datetime, datetime]]]:
    """What each log is held for, pages of one export taken together.

    Args:
        spans: when the records of each log happened, by file.
        more: whether a file says that another page follows.

    Yields:
        A log, and when the first and the last record of it happened.
    """
    spans = dict(spans) | dict(_hours(spans))
    for files in _groups(list(spans), more):
        logs: dict[str, tuple[datetime, datetime]] = {}
        for file in files:
            for log, (first, last) in spans[file].items():
                before, after = logs.get(log, (first, last))
                logs[log] = (min(first, before), max(last, after))
        yield from logs.items()


def _hours(spans: Spans) -> Iterator[tuple[str, dict[str, tuple[datetime, datetime]]]]:
    """The files of a storage account, each held for the hour that its folders name.

    Diagnostic settings write one file an hour. The newest of a container may still grow, so it is
    held up to its last record.
    """
    hours: dict[str, list[tuple[datetime, str]]] = {}
    for file in spans:
        if match := _HOUR.fullmatch(file.replace("\\", "/")):
            with suppress(ValueError):
                year, month, day, hour = map(int, match.groups()[1:])
                at = datetime(year, month, day, hour, tzinfo=UTC)
                hours.setdefault(match["container"], []).append((at, file))
    for some in hours.values():
        newest = max(some)[0]
        for at, file in some:
            end = at + _LAST_SECOND
            yield (
                file,
                {
                    log: (min(first, at), last if at == newest else max(last, end))
                    for log, (first, last) in spans[file].items()
                },
            )


def _groups(files: list[str], more: Callable[[str], bool]) -> Iterable[list[str]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for file in files:
        groups.setdefault(_export_of(file), []).append(file)
    by_folder: dict[str, list[list[str]]] = {}
    for (folder, _), some in groups.items():
        by_folder.setdefault(folder, []).append(some)
    for some_groups in by_folder.values():
        if len(some_groups) > 1:
            paged = [any(map(more, some)) for some in some_groups]
            if any(paged) and paged.count(False) <= 1:  # the last page says nothing
                yield [file for some in some_groups for file in some]
                continue
        yield from some_groups


def _export_of(file: str) -> tuple[str, str]:
    """A file's folder, and its name without the number of a page."""
    path = PurePath(file)
    name = path.name
    while PurePath(name).suffix.lower() in _SUFFIXES:
        name = PurePath(name).stem
    match = _PAGE.fullmatch(name)
    if match and match["of"] and (match["word"] or match["copy"] or not _DATE.search(match["of"])):
        name = match["of"]
    return str(path.parent), name.rstrip("-_. ").casefold()
