"""A list of Okta's event types compared with those that the catalogue knows.

Okta publishes its list as CSV
(https://developer.okta.com/docs/reference/api/event-types/, "Download the CSV").
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from kit.base.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kit.catalogue.lookup import Catalogue

__all__ = ["COLUMNS", "TypeChanges", "compare_types"]

COLUMNS = ("change", "event_type", "now", "release")
"""The columns of ``okta-kit codes --event-types``: ``change`` is ``came``, ``went`` or ``renamed``,
``now`` the new name of what was renamed, ``release`` that of the list where it has one."""

_TYPE = re.compile(r"[A-Za-z]\w*(?:\.[\w-]+)+")
_NAME_COLUMNS = ("eventtype", "type", "id", "name")
_RELEASE_COLUMNS = ("release", "releasedate", "version")
_ALIKE = 0.75
"""How alike two names are, 0 to 1, before one is taken for the other's new name."""
_SAME_ACT = 4
"""So many letters the last words of two names share that differ in nothing else: ``created`` and
``create`` are one act, ``activate`` and ``deactivate`` are two."""


@dataclass(frozen=True)
class TypeChanges:
    """How a list of event types differs from what the catalogue knows."""

    rows: tuple[dict[str, str], ...]
    """One row a type with ``COLUMNS``: what came, what went, what was renamed."""
    listed: int
    """How many event types the list names."""
    skipped: int
    """How many of its lines name none."""

    def count(self, change: str) -> int:
        """How many types came, went or were renamed."""
        return sum(row["change"] == change for row in self.rows)


def compare_types(path: Path, catalogue: Catalogue) -> TypeChanges:
    """Compare a list of Okta's event types with those of the catalogue.

    A type that went and one that came are one that was renamed where their names are alike. Types
    that the catalogue knows from elsewhere, and the old names that it still reads, are expected to
    be missing.

    Args:
        path: the list: CSV, TSV, or one name a line; with a header, the column of the names is
            ``event_type``, ``Event Type`` or the like. Lines that begin with ``#`` are remarks.
        catalogue: what is known.

    Returns:
        What differs, by ``change`` and name.

    Raises:
        SourceError: the list cannot be read, or names no event type.
    """
    releases, skipped = _read(path)
    listed_as = {row.event_type: row.listed_as for row in catalogue.event_types.values()}
    listed_as |= dict(catalogue.out_of_scope)
    came = sorted(releases.keys() - listed_as.keys())
    went = sorted(name for name, at in listed_as.items() if not at and name not in releases)
    renamed = _new_names(went, came)
    rows = [_row("came", name, releases) for name in came if name not in renamed.values()]
    rows += [_row("went", name, releases) for name in went if name not in renamed]
    rows += [_row("renamed", name, releases, now) for name, now in renamed.items()]
    return TypeChanges(tuple(rows), len(releases), skipped)


def _row(change: str, name: str, releases: Mapping[str, str], now: str = "") -> dict[str, str]:
    release = releases.get(now or name, "")
    return {"change": change, "event_type": name, "now": now, "release": release}


def _read(path: Path) -> tuple[dict[str, str], int]:
    """The event types of a list with their releases, and how many lines name none."""
    try:
        data = path.read_bytes()
        utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        why = getattr(fault, "strerror", None) or "it is no UTF-8 text"
        raise SourceError(f"{path}: cannot be read ({why}).") from None
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    first = lines[0] if lines else ""
    try:
        rows = list(csv.reader(lines, delimiter=max(",\t;", key=first.count)))
    except csv.Error as fault:
        raise SourceError(f"{path}: cannot be read ({fault}).") from None
    names, release = 0, -1
    if rows and not any(_TYPE.fullmatch(cell.strip()) for cell in rows[0]):
        header = [re.sub(r"\W|_", "", cell).casefold() for cell in rows.pop(0)]
        names = next((header.index(one) for one in _NAME_COLUMNS if one in header), 0)
        release = next((header.index(one) for one in _RELEASE_COLUMNS if one in header), -1)
    releases: dict[str, str] = {}
    skipped = 0
    for row in rows:
        name = row[names].strip() if names < len(row) else ""
        if _TYPE.fullmatch(name):
            releases[name] = row[release].strip() if 0 <= release < len(row) else ""
        else:
            skipped += 1
    if not releases:
        raise SourceError(
            f"{path}: it names no event type. Take Okta's list as CSV, with a column 'Event Type'."
        )
    return releases, skipped


def _new_names(went: Sequence[str], came: Sequence[str]) -> dict[str, str]:
    """The new names of types that went, by their likeness; the most alike first."""
    pairs = sorted((-_likeness(old, new), old, new) for old in went for new in came)
    new_names: dict[str, str] = {}
    for less, old, new in pairs:
        if -less >= _ALIKE and old not in new_names and new not in new_names.values():
            new_names[old] = new
    return dict(sorted(new_names.items()))


def _likeness(old: str, new: str) -> float:
    """How alike two names are, by their words or their letters, 0 to 1."""
    *before, last = old.split(".")
    *after, now = new.split(".")
    if before == after and not _one_act(last, now):
        return 0.0
    return max(_ratio(_words(old), _words(new)), _ratio(old, new))


def _one_act(last: str, now: str) -> bool:
    """Whether the last parts of two names that differ in nothing else name one act."""
    if _words(last) == _words(now):
        return True
    return last[:_SAME_ACT].casefold() == now[:_SAME_ACT].casefold()


def _words(name: str) -> list[str]:
    return [word.casefold() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)]


def _ratio(old: Sequence[str], new: Sequence[str]) -> float:
    return SequenceMatcher(None, old, new, autojunk=False).ratio()
