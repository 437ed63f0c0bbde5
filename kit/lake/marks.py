"""What people say of incidents: acknowledged, muted, a note; a small file that many may write.

It is ``_incidents.json`` beside a lake's events, in its folder or bucket, or, for a source of
files, in the report store. Two writers never lose each other's marks: in a folder one waits for
the other's lock, in a store the later one reads and writes again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from filelock import FileLock, Timeout

from kit.base.errors import KitError, SourceError, UsageError
from kit.base.files import unwritable, write_whole
from kit.base.object_store import Objects, is_store
from kit.base.paths import place
from kit.base.times import iso, parse_iso
from kit.lake.files import Lake
from kit.lake.orgs import lakes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "FILE",
    "MARKS",
    "Kind",
    "Mark",
    "acknowledge_incident",
    "change_marks",
    "marks_place",
    "read_marks",
]

FILE = "_incidents.json"
"""The file's name."""

MARKS = "OKTA_KIT_MARKS"
"""Set for a report's kernel: the file with the marks of its source, if there are any."""

FORMAT = 1
_WAIT = 30.0
_TRIES = 50

Kind = Literal["acknowledged", "muted"]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What somebody said of an incident."""

    mark: Kind | None
    """None where there is a note alone."""
    note: str | None
    """Why."""
    by: str | None
    at: datetime
    """When it was said, UTC."""
    until: datetime | None = None
    """When the mark ends, UTC; the note stays."""

    def holds(self, moment: datetime) -> bool:
        """Whether the mark has not ended at a moment."""
        return self.until is None or moment < self.until

    def as_dict(self) -> dict[str, Any]:
        """The mark as the file has it."""
        times = {"at": iso(self.at), "until": iso(self.until) if self.until else None}
        return {**asdict(self), **times}


def marks_place(source: Sequence[str | Path], out: str | Path) -> str:
    """Say where marks of a source's incidents are kept.

    Args:
        source: the source's names.
        out: the place of the reports.

    Returns:
        A folder or an address: the lake's, if the source is one, else *out*.
    """
    if len(source) == 1 and source[0] != "sample":
        home = place("lake" if source[0] == "okta" else source[0])
        if source[0] in {"lake", "okta"} or is_store(home) or Lake(home).exists() or lakes(home):
            return home
    return str(out)


def read_marks(home: str | Path) -> dict[str, Mark]:
    """Read the marks that are kept at a place.

    Args:
        home: a folder or an address; or the file itself, if it is one.

    Returns:
        The marks by incident's id; empty where none were made.

    Raises:
        SourceError: the file cannot be read, or is no such file.
    """
    if is_store(home):
        return _decode(Objects(str(home)).read_marked(FILE)[0], home)
    path = Path(home)
    path = path / FILE if path.is_dir() else path
    try:
        return _decode(path.read_bytes(), path.parent) if path.is_file() else {}
    except OSError as fault:
        raise SourceError(
            f"{path}: cannot be read ({fault.strerror}). Let okta-kit's account read it."
        ) from None


def change_marks(
    home: str | Path, change: Callable[[Mapping[str, Mark]], Mapping[str, Mark]]
) -> None:
    """Change the marks that are kept at a place.

    Args:
        home: a folder, which is made if it is missing, or an address.
        change: given the marks as they are, gives what they are to be; called again where another
            writer was first.

    Raises:
        SourceError: what is there cannot be read.
        UsageError: it cannot be written.
    """
    if not is_store(home):
        _change_folder(Path(home), change)
        return
    store = Objects(str(home), UsageError)
    for _ in range(_TRIES):
        data, mark = store.read_marked(FILE)
        if store.replace(FILE, _encode(change(_decode(data, home)), data), mark):
            return
    raise UsageError(f"{home}/{FILE}: others write it all the time. Try again later.")


def acknowledge_incident(home: str | Path, id_: str, *, by: str | None, at: datetime) -> None:
    """Say that somebody works on an incident; its note stays.

    Args:
        home: where the marks are kept.
        id_: the incident's id.
        by: who says it.
        at: when, UTC.

    Raises:
        SourceError, UsageError: as ``change_marks`` raises them.
    """

    def change(marks: Mapping[str, Mark]) -> dict[str, Mark]:
        note = marks[id_].note if id_ in marks else None
        return {**marks, id_: Mark(mark="acknowledged", note=note, by=by, at=at)}

    change_marks(home, change)


def _change_folder(home: Path, change: Callable[[Mapping[str, Mark]], Mapping[str, Mark]]) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / f".{FILE}.lock", timeout=_WAIT):
            path = home / FILE
            before = path.read_bytes() if path.is_file() else None
            write_whole(path, _encode(change(_decode(before, home)), before))
    except Timeout:
        raise UsageError(f"{home}/{FILE}: another one writes it. Try again later.") from None
    except OSError as fault:
        free = "Free some space and try again."
        raise unwritable(
            home / FILE, fault, when_full=free, otherwise="Name a folder that you may write."
        ) from None


def _decode(data: bytes | None, home: str | Path) -> dict[str, Mark]:
    if not data:
        return {}
    try:
        content = json.loads(data)
        if content["format"] > FORMAT:
            raise SourceError(
                f"{home}/{FILE}: a newer okta-kit wrote it. Run: pip install -U okta-kit"
            )
        return {str(name): _mark(one) for name, one in content["marks"].items()}
    except KitError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise SourceError(
            f"{home}/{FILE}: it is no file of marks. Move it away; a new one will be made."
        ) from None


def _mark(one: Mapping[str, Any]) -> Mark:
    if one["mark"] not in (None, "acknowledged", "muted"):
        raise ValueError(one["mark"])
    until = one.get("until")
    return Mark(
        mark=one["mark"],
        note=None if one.get("note") is None else str(one["note"]),
        by=None if one.get("by") is None else str(one["by"]),
        at=parse_iso(str(one["at"])).astimezone(UTC),
        until=parse_iso(str(until)) if until else None,
    )


def _encode(marks: Mapping[str, Mark], before: bytes | None) -> bytes:
    """The file's bytes; its version counts up, so that they are never the same twice."""
    version = int(json.loads(before).get("version", 0)) + 1 if before else 1
    entries = {name: one.as_dict() for name, one in sorted(marks.items())}
    content = {"format": FORMAT, "version": version, "marks": entries}
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
