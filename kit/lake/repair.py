"""What of a lake cannot be read is moved out of the way, and its days become gaps.

Nothing is deleted: it lies in ``_damaged/`` afterwards, and can be put back. What a lost manifest
said of the coverage is not known any more, so nothing counts as covered then.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kit.base.errors import SourceError
from kit.lake.inventory import Tally, day_of, stretches, without
from kit.lake.parquet import open_event_file, read_keys
from kit.lake.storage import FORMAT, MANIFEST, Change, is_day
from kit.lake.vendor import VENDOR
from kit.lake.vendor_repair import examined_records, repaired_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.lake.files import Lake
    from kit.lake.storage import Contents, Storage

__all__ = ["examined", "repair"]


def examined(lake: Lake, on_file: Callable[[str], None] | None = None) -> list[tuple[str, str]]:
    """Read all events of a lake, and count them against the manifest.

    Args:
        lake: the lake.
        on_file: is called with the name of each file that is looked at.

    Returns:
        Names below the lake, each with what is wrong with it; those that are missing, too.
    """
    try:
        inventory = lake.manifest().get("inventory", {})
    except SourceError as fault:
        return [(MANIFEST, _why(fault))]
    wrong, there = dict(lake.storage.odd()), lake.storage.sizes()
    wrong |= examined_records(lake, on_file)
    for name in sorted({*there, *inventory} - set(wrong)):
        if on_file:
            on_file(name)
        if name not in there:
            wrong[name] = "it is missing"
        elif why := _unreadable(lake, name):
            wrong[name] = why
        elif name in inventory and _tally(lake, name) != Tally.read(inventory[name]):
            wrong[name] = "it holds other events than were written"
    return sorted(wrong.items())


def repair(lake: Lake, on_file: Callable[[str], None] | None = None) -> list[str]:
    """Move what cannot be read out of a lake's way, and go on with the rest.

    Args:
        lake: the lake.
        on_file: is called with the name of each file that is looked at.

    Returns:
        What was done, a line each; nothing where there is nothing to repair.

    Raises:
        SourceError: there is no lake, or it is of a newer version.
        DiskFull, UsageError: it cannot be written.
    """
    if not lake.exists():
        raise SourceError(f"{lake.address}: there is no lake. Nothing was repaired.")
    lines: list[str] = []
    with lake.storage.writing(120.0, lambda *what: lines.append(_apart(lake, *what))):
        lost_manifest = _manifest(lake, lines)
        _check_newer(lake)
        for name in lake.storage.names("_put_aside"):
            lines += [_apart(lake, name, why) for why in _unfit_lines(lake.storage, name)]
        days = _files(lake, lines, on_file)
        facts, vendor_days = repaired_records(
            lake, lambda *what: lines.append(_apart(lake, *what)), rebuilt=lost_manifest
        )
        _restore(lake, lines)
        before = lake.faults()

        def change(contents: Contents) -> Change:
            covered_windows = [] if lost_manifest else without(stretches(contents.manifest), days)
            stretches_left = [w.as_text() for w in covered_windows]
            manifest = {**contents.manifest, "covered": stretches_left}
            return Change({**manifest, VENDOR: facts} if facts else manifest)

        lake.commit(change)
    lines += [f"{name} is missing" for name in before.missing if _is_new(name, lines)]
    lines += [f"{name} is not as it was written; it is read" for name in before.changed]
    lines += [f"{name} was not known; it is read" for name in before.unknown if not lost_manifest]
    gone = sorted({*days, *before.days})
    lines += [
        f"{day}: some of a vendor's records are lost, so no log is held for it: import them again"
        for day in vendor_days
    ]
    lines += [f"{day} is a gap now: import its export again, or pull" for day in gone]
    return lines


def _manifest(lake: Lake, lines: list[str]) -> bool:
    """Put a manifest in the place of one that is lost; tell whether it was."""
    try:
        manifest = lake.manifest()
    except SourceError as fault:
        lines.append(_apart(lake, MANIFEST, _why(fault)))
        manifest = {}
    if manifest:
        return False
    fresh: dict[str, Any] = {"format": FORMAT, "covered": []}
    lake.storage.write(MANIFEST, (json.dumps(fresh) + "\n").encode())
    lines.append("the manifest was rebuilt from the files; what they cover is not known any more")
    return True


def _check_newer(lake: Lake) -> None:
    if lake.manifest()["format"] > FORMAT:
        lake.open()


def _files(lake: Lake, lines: list[str], on_file: Callable[[str], None] | None) -> set[str]:
    """Move what is no event file out of the way; return the days that lost something."""
    days = set()
    wrong = dict(lake.storage.odd())
    inventory = lake.manifest().get("inventory", {})
    for name in lake.names():
        if on_file:
            on_file(name)
        if name not in wrong and (why := _unreadable(lake, name)):
            wrong[name] = why
    for name, why in sorted(wrong.items()):
        lines.append(_apart(lake, name, why))
        if is_day(day_of(name)):
            days.add(day_of(name))
    for name in lake.names():
        if name in inventory and _tally(lake, name) != Tally.read(inventory[name]):
            lines.append(f"{name} holds other events than were written; it is read")
            days.add(day_of(name))
    return days


def _restore(lake: Lake, lines: list[str]) -> None:
    """Bring back what a broken plan had replaced, where nothing came in its place."""
    faults, inventory = lake.faults(), lake.manifest().get("inventory", {})
    come = {day_of(name) for name in faults.unknown}
    lines += [
        f"{name} was brought back from _retired"
        for name in faults.missing
        if day_of(name) not in come and lake.storage.restore(name, inventory[name]["bytes"])
    ]


def _unreadable(lake: Lake, name: str) -> str:
    """Why a file's events cannot be read, all of them; nothing if they can."""
    try:
        with open_event_file(lake.storage.event_file(name)) as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number, use_threads=False)
                if group["uuid"].null_count or group["published"].null_count:
                    return "an event has no uuid or time"
    except SourceError as fault:
        return _why(fault)
    return ""


def _tally(lake: Lake, name: str) -> Tally:
    return Tally.of(read_keys(lake.storage.event_file(name)))


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
    reason = str(fault).partition(": cannot be read (")[2]
    return reason.rpartition("). Run: ")[0] or str(fault)


def _is_new(name: str, lines: list[str]) -> bool:
    return not any(line.startswith(f"{name} was moved") for line in lines)
