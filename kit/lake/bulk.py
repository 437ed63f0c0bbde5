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
from kit.lake.store import Added, Pending, add
from kit.sources.exports import expand
from kit.sources.walk import Stored, Walk, ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from kit.base.windows import Window
    from kit.lake.files import Lake

__all__ = ["Imported", "add_all"]

_ROUND = 2_000
"""Files of a folder or bucket that are taken in at once: an import that is ended goes on there."""

_NAMED = 1_000


@dataclass(slots=True)
class Imported(Added):
    """What came of an import."""

    before: int = 0
    """Files and objects that are as they were when they were taken in before, and were not read."""
    passed_over: dict[str, int] = field(default_factory=dict)
    """How many files of folders were left out by their names, by suffix."""

    def follow(self, other: Added) -> None:
        """Take in what came of further files."""
        self.events += other.events
        self.repeats += other.repeats
        self.put_aside = shortened([*self.put_aside, *other.put_aside], _NAMED)
        self.covered += other.covered
        self.unknown |= other.unknown
        self.lacking |= other.lacking
        self.barren = [*self.barren, *other.barren][:_NAMED]


def add_all(
    lake: Lake,
    names: Sequence[str],
    *,
    covers: Window | None = None,
    date_order: str | None = None,
    since: datetime | None = None,
    again: bool = False,
    told: Callable[[int], None] | None = None,
) -> Imported:
    """Add files, and what is new in folders and buckets, to a lake.

    Args:
        lake: the lake; made if missing.
        names: files, globs, folders or addresses such as ``s3://bucket/prefix/``.
        covers: as ``add`` takes it. All is read then, also what was taken in before, since it is
            said of all of it.
        date_order: as ``add`` takes it.
        since: folders that are named by a date before this are not looked into; UTC.
        again: read also what was taken in before.
        told: is called with the number of events read since the last call.

    Returns:
        What was added.

    Raises:
        SourceError: a name stands for no file, or one cannot be read; else as ``add``.
        DiskFull, UsageError: as ``add``.
    """
    walks = [Walk(name, since) for name in names if _is_walked(name)]
    files: list[Path | Stored] = [*expand([name for name in names if not _is_walked(name)])]
    done, ledger = Imported(), Ledger(lake)
    stored = _unknown(walks, None if again or covers else ledger, done)
    before = ledger.unfinished() if walks else []
    pending = Pending(covered=before, events=bool(before))
    for some, pending.ends in _rounds(stored, files):
        one = add(
            lake, _ahead(some), covers=covers, date_order=date_order, told=told, pending=pending
        )
        done.follow(one)
        if walks:
            barren = _names_of(one.barren)
            read = (file for file in some if isinstance(file, Stored) and str(file) not in barren)
            ledger.note(read, [] if pending.ends else pending.covered)
    return done


def _rounds(
    stored: Iterator[Stored], files: list[Path | Stored]
) -> Iterator[tuple[list[Path | Stored], bool]]:
    """What is taken in at once, and whether nothing follows; the named files with the first."""
    some = [*files, *islice(stored, _ROUND)]
    while some:
        following = list[Path | Stored](islice(stored, _ROUND))
        yield some, not following
        some = following


def _unknown(walks: Sequence[Walk], ledger: Ledger | None, done: Imported) -> Iterator[Stored]:
    """What stands below the places and is not in the ledger."""
    for walk in walks:
        is_empty = True
        for file in walk.files():
            is_empty = False
            if ledger is not None and ledger.holds(file):
                done.before += 1
            else:
                yield file
        if is_empty:
            raise SourceError(_nothing_in(walk))
        for suffix, count in walk.passed_over.items():
            done.passed_over[suffix] = done.passed_over.get(suffix, 0) + count


def _ahead(files: Sequence[Path | Stored]) -> Iterator[Path | Stored]:
    """Files, of which objects are fetched ahead of their turn."""
    stored = ahead(file for file in files if isinstance(file, Stored))
    for file in files:
        yield next(stored) if isinstance(file, Stored) else file


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
