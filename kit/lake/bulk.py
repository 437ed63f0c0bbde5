"""Files, folders and buckets are added to a lake; of the latter two, what is new there."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kit.base.errors import SourceError
from kit.base.object_store import is_store
from kit.lake.files import shortened
from kit.lake.ledger import Ledger
from kit.lake.store import AddResult, Pending, add
from kit.sources.exports import expand
from kit.sources.walk import StoredFile, Walk, ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from kit.base.windows import Window
    from kit.lake.files import Lake

__all__ = ["ImportResult", "add_all"]

_ROUND = 2_000
"""Files of a folder or bucket that are taken in at once: an import that is ended goes on there."""

_MAX_NAMED = 1_000


@dataclass(slots=True)
class ImportResult(AddResult):
    """What came of an import."""

    before: int = 0
    """Files and objects that are as they were when they were taken in before, and were not read."""
    passed_over: dict[str, int] = field(default_factory=dict)
    """How many files of folders were left out by their names, by suffix."""

    def follow(self, other: AddResult) -> None:
        """Take in what came of further files."""
        self.events += other.events
        self.repeats += other.repeats
        self.records += other.records
        self.record_repeats += other.record_repeats
        self.skipped_lines = shortened([*self.skipped_lines, *other.skipped_lines], _MAX_NAMED)
        self.covered_windows += other.covered_windows
        self.unknown |= other.unknown
        self.lacking |= other.lacking
        self.barren = [*self.barren, *other.barren][:_MAX_NAMED]


def add_all(
    lake: Lake,
    names: Sequence[str],
    *,
    covers: Window | None = None,
    date_order: str | None = None,
    since: datetime | None = None,
    again: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> ImportResult:
    """Add files, and what is new in folders and buckets, to a lake.

    Args:
        lake: the lake; made if missing.
        names: files, globs, folders or addresses such as ``s3://bucket/prefix/``.
        covers: as ``add`` takes it. All is read then, also what was taken in before, since it is
            said of all of it.
        date_order: as ``add`` takes it.
        since: folders that are named by a date before this are not looked into; UTC.
        again: read also what was taken in before.
        on_progress: is called with the number of events read since the last call.

    Returns:
        What was added.

    Raises:
        SourceError: a name stands for no file, or one cannot be read; else as ``add``.
        DiskFull, UsageError: as ``add``.
    """
    walks = [Walk(name, since) for name in names if _is_walked(name)]
    files: list[Path | StoredFile] = [*expand([name for name in names if not _is_walked(name)])]
    result, ledger = ImportResult(), Ledger(lake)
    new_files = _unknown(walks, None if again or covers else ledger, result)
    before = ledger.unfinished() if walks else []
    pending = Pending(covered_windows=before, events=bool(before))
    for some, pending.ends in _rounds(new_files, files):
        one = add(
            lake,
            _ahead(some),
            covers=covers,
            date_order=date_order,
            on_progress=on_progress,
            pending=pending,
        )
        result.follow(one)
        if walks:
            barren = _names_of(one.barren)
            read = (
                file for file in some if isinstance(file, StoredFile) and str(file) not in barren
            )
            ledger.note(read, [] if pending.ends else pending.covered_windows)
    return result


def _rounds(
    stored_files: Iterator[StoredFile], files: list[Path | StoredFile]
) -> Iterator[tuple[list[Path | StoredFile], bool]]:
    """What is taken in at once, and whether nothing follows; the named files with the first."""
    some = [*files, *islice(stored_files, _ROUND)]
    while some:
        following = list[Path | StoredFile](islice(stored_files, _ROUND))
        yield some, not following
        some = following


def _unknown(
    walks: Sequence[Walk], ledger: Ledger | None, result: ImportResult
) -> Iterator[StoredFile]:
    """What stands below the places and is not in the ledger."""
    for walk in walks:
        is_empty = True
        for file in walk.files():
            is_empty = False
            if ledger is not None and ledger.holds(file):
                result.before += 1
            else:
                yield file
        if is_empty:
            raise SourceError(_nothing_in(walk))
        for suffix, count in walk.passed_over.items():
            result.passed_over[suffix] = result.passed_over.get(suffix, 0) + count


def _ahead(files: Sequence[Path | StoredFile]) -> Iterator[Path | StoredFile]:
    """Files, of which objects are fetched ahead of their turn."""
    objects = ahead(file for file in files if isinstance(file, StoredFile))
    for file in files:
        yield next(objects) if isinstance(file, StoredFile) else file


def _names_of(barren: Sequence[str]) -> set[str]:
    """What may be the name of a file that, or a member of which, held something and no event."""
    marks = ((one, at) for one in barren for at, sign in enumerate(one) if sign == "!")
    return {*barren, *(one[:at] for one, at in marks)}


def _is_walked(name: str) -> bool:
    return is_store(name) or Path(name).expanduser().is_dir()


def _nothing_in(walk: Walk) -> str:
    left_out = sum(walk.passed_over.values())
    why = f"; {left_out:,} files have other suffixes" if left_out else ""
    since = f" since {walk.since:%Y-%m-%d}" if walk.since else ""
    return (
        f"{walk.place}: there is no export in it{since}{why}. Name a folder or prefix with exports "
        "(.ndjson, .json, .csv, .zip, no suffix; .gz or .zst), or the files themselves."
    )
