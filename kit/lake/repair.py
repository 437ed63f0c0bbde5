"""What of a lake cannot be read is moved out of the way, and its days become gaps.

Nothing is deleted: it lies in ``_damaged/`` afterwards, and can be put back. What a lost manifest
said of the coverage is not known any more, so nothing counts as covered then.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kit.base.errors import SourceError
from kit.lake.inventory import Tally, day_of, stretches, without
from kit.lake.parquet import opened, read_keys
from kit.lake.storage import FORMAT, MANIFEST, Change, is_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.lake.files import Lake
    from kit.lake.storage import Contents, Storage

__all__ = ["examined", "repair"]


def examined(lake: Lake, told: Callable[[str], None] | None = None) -> list[tuple[str, str]]:
    """Read all events of a lake, and count them against the manifest.

    Args:
        lake: the lake.
        told: is called with the name of each file that is looked at.

    Returns:
        Names below the lake, each with what is wrong with it; those that are missing, too.
    """
    try:
        known = lake.manifest().get("inventory", {})
    except SourceError as fault:
        return [(MANIFEST, _why(fault))]
    wrong, there = dict(lake.storage.odd()), lake.storage.sizes()
    for name in sorted({*there, *known} - set(wrong)):
        if told:
            told(name)
        if name not in there:
            wrong[name] = "it is missing"
        elif why := _unreadable(lake, name):
            wrong[name] = why
        elif name in known and _tally(lake, name) != Tally.read(known[name]):
            wrong[name] = "it holds other events than were written"
    return sorted(wrong.items())


def repair(lake: Lake, told: Callable[[str], None] | None = None) -> list[str]:
    """Move what cannot be read out of a lake's way, and go on with the rest.

    Args:
        lake: the lake.
        told: is called with the name of each file that is looked at.

    Returns:
        What was done, a line each; nothing where there is nothing to repair.

    Raises:
        SourceError: there is no lake, or it is of a newer version.
        DiskFull, UsageError: it cannot be written.
    """
    if not lake.exists():
        raise SourceError(f"{lake.address}: there is no lake. Nothing was repaired.")
    done: list[str] = []
    with lake.storage.writing(120.0, lambda *what: done.append(_apart(lake, *what))):
        lost_manifest = _manifest(lake, done)
        _check_newer(lake)
        for name in lake.storage.names("_put_aside"):
            done += [_apart(lake, name, why) for why in _unfit_lines(lake.storage, name)]
        days = _files(lake, done, told)
        _restore(lake, done)
        before = lake.faults()

        def change(held: Contents) -> Change:
            covered = [] if lost_manifest else without(stretches(held.manifest), days)
            return Change({**held.manifest, "covered": [w.as_text() for w in covered]})

        lake.commit(change)
    done += [f"{name} is missing" for name in before.missing if _is_new(name, done)]
    done += [f"{name} is not as it was written; it is read" for name in before.changed]
    done += [f"{name} was not known; it is read" for name in before.unknown if not lost_manifest]
    gone = sorted({*days, *before.days})
    done += [f"{day} is a gap now: import its export again, or pull" for day in gone]
    return done


def _manifest(lake: Lake, done: list[str]) -> bool:
    """Put a manifest in the place of one that is lost; tell whether it was."""
    try:
        found = lake.manifest()
    except SourceError as fault:
        done.append(_apart(lake, MANIFEST, _why(fault)))
        found = {}
    if found:
        return False
    fresh: dict[str, Any] = {"format": FORMAT, "covered": []}
    lake.storage.write(MANIFEST, (json.dumps(fresh) + "\n").encode())
    done.append("the manifest was made anew from the files; what they cover is not known any more")
    return True


def _check_newer(lake: Lake) -> None:
    if lake.manifest()["format"] > FORMAT:
        lake.open()


def _files(lake: Lake, done: list[str], told: Callable[[str], None] | None) -> set[str]:
    """Move what is no event file out of the way; return the days that lost something."""
    days = set()
    wrong = dict(lake.storage.odd())
    known = lake.manifest().get("inventory", {})
    for name in lake.names():
        if told:
            told(name)
        if name not in wrong and (why := _unreadable(lake, name)):
            wrong[name] = why
    for name, why in sorted(wrong.items()):
        done.append(_apart(lake, name, why))
        if is_day(day_of(name)):
            days.add(day_of(name))
    for name in lake.names():
        if name in known and _tally(lake, name) != Tally.read(known[name]):
            done.append(f"{name} holds other events than were written; it is read")
            days.add(day_of(name))
    return days


def _restore(lake: Lake, done: list[str]) -> None:
    """Bring back what a broken plan had replaced, where nothing came in its place."""
    faults, known = lake.faults(), lake.manifest().get("inventory", {})
    come = {day_of(name) for name in faults.unknown}
    done += [
        f"{name} was brought back from _retired"
        for name in faults.missing
        if day_of(name) not in come and lake.storage.restore(name, known[name]["bytes"])
    ]


def _unreadable(lake: Lake, name: str) -> str:
    """Why a file's events cannot be read, all of them; nothing if they can."""
    try:
        with opened(lake.storage.opened(name)) as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number, use_threads=False)
                if group["uuid"].null_count or group["published"].null_count:
                    return "an event has no uuid or time"
    except SourceError as fault:
        return _why(fault)
    return ""


def _tally(lake: Lake, name: str) -> Tally:
    return Tally.of(read_keys(lake.storage.opened(name)))


def _unfit_lines(storage: Storage, name: str) -> list[str]:
    try:
        for line in storage.read(name).decode().splitlines():
            json.loads(line)["reason"]
    except (OSError, ValueError, TypeError, LookupError) as fault:
        return [str(fault)]
    return []


def _apart(lake: Lake, name: str, why: str) -> str:
    return f"{name} was moved to {lake.storage.set_apart(name)} ({why})"


def _why(fault: SourceError) -> str:
    """What was wrong, without what to do about it."""
    said = str(fault).partition(": cannot be read (")[2]
    return said.rpartition("). Run: ")[0] or str(fault)


def _is_new(name: str, done: list[str]) -> bool:
    return not any(line.startswith(f"{name} was moved") for line in done)
