"""What a manifest knows of a lake's files, so that one that is gone is a gap and no silence.

For each event file it holds the bytes, the events and a checksum of their uuids: a sum, so that
those of files add up to that of a day, whatever the order. What is lost stays listed, with the
stretches that it took from the coverage, until they are covered again or the file is back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from kit.base.times import parse_iso
from kit.base.windows import Window, gaps, merged
from kit.base.windows import utc_day as day_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "ERASURES",
    "KEY",
    "Faults",
    "Tally",
    "day_of",
    "erasures_in",
    "find_faults",
    "inventoried",
    "keys_of",
    "reconciled",
    "stretches",
    "window_of_day",
    "without",
]

KEY = np.dtype("S16")
"""What stands for a uuid: 128 bits of its hash, so that two never have the same."""

ERASURES = "erasures"
"""What a manifest says of people who were forgotten: when, how many events of which UTC days."""

_MODULUS = 1 << 64


@dataclass(frozen=True, slots=True)
class Tally:
    """How many events, and the sum of the first 64 bits of their uuids' hashes, modulo 2^64."""

    events: int = 0
    uuids: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.events + other.events, (self.uuids + other.uuids) % _MODULUS)

    @classmethod
    def of(cls, keys: np.ndarray) -> Tally:
        """The tally of some uuids' hashes."""
        halves = np.ascontiguousarray(keys).view("<u8")[::2]
        return cls(len(keys), int(halves.sum(dtype=np.uint64)))

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Tally:
        """As a manifest has it."""
        return cls(facts["events"], int(facts["uuids"], 16))

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return {"events": self.events, "uuids": f"{self.uuids:016x}"}


def keys_of(uuids: Iterable[str]) -> np.ndarray:
    """The hashes of uuids, in their order."""
    digests = b"".join([blake2b(one.encode(), digest_size=16).digest() for one in uuids])
    return np.frombuffer(digests, dtype=KEY)


@dataclass(frozen=True, slots=True)
class Faults:
    """Where a lake's files are not what its manifest says; names below the lake, sorted."""

    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Of another size than was written."""
    unknown: tuple[str, ...] = ()
    """Read all the same: dropped in by hand, say."""
    before: tuple[str, ...] = ()
    """Missing or changed already when the lake was last written, and not covered again since."""

    @property
    def losses(self) -> tuple[str, ...]:
        """All that the lake once held and does not."""
        return tuple(sorted({*self.missing, *self.changed, *self.before}))

    @property
    def days(self) -> tuple[str, ...]:
        """The UTC days that lack events since the lake was last written."""
        return tuple(sorted({day_of(name) for name in (*self.missing, *self.changed)}))


def find_faults(manifest: Mapping[str, Any], sizes: Mapping[str, int]) -> Faults:
    """Compare what a manifest knows with the files that are there.

    Args:
        manifest: as it is; one of an older version knows of no files.
        sizes: the event files that are there, with their bytes.
    """
    inventory = manifest.get("inventory")
    if inventory is None:
        return Faults()
    missing = sorted(set(inventory) - set(sizes))
    changed = sorted(
        n for n, one in inventory.items() if sizes.get(n, one["bytes"]) != one["bytes"]
    )
    unknown = sorted(set(sizes) - set(inventory))
    return Faults(
        tuple(missing), tuple(changed), tuple(unknown), tuple(sorted(manifest.get("lost", {})))
    )


def reconciled(
    manifest: dict[str, Any], sizes: Mapping[str, int], tally: Callable[[str], Tally]
) -> dict[str, Any]:
    """What a manifest says once it agrees with the files that are there.

    Args:
        manifest: as it was; empty of a new lake.
        sizes: the event files that are there, with their bytes.
        tally: counts a file's events.

    Returns:
        A new manifest: the days of lost files are gaps, unknown files are taken in, and what is
        back is covered again.
    """
    inventory = dict(manifest.get("inventory", {}))
    faults, lost_files = find_faults(manifest, sizes), dict(manifest.get("lost", {}))
    covered_windows = stretches(manifest)
    counts = {name: tally(name) for name in sorted(set(sizes) - set(inventory))}
    for day in faults.days:
        cut = [w.as_text() for w in _within(covered_windows, day)]
        gone = [name for name in (*faults.missing, *faults.changed) if day_of(name) == day]
        come = [one for name, one in counts.items() if day_of(name) == day]
        if come and sum(come, Tally()) == sum((Tally.read(inventory[n]) for n in gone), Tally()):
            for name in gone:  # the same events, in other files
                del inventory[name]
            continue
        lost_files |= {name: {**inventory.pop(name), "covered": cut} for name in gone}
        covered_windows = without(covered_windows, [day])
    for name in sorted(set(sizes) - set(inventory)):
        file_tally = counts.get(name) or tally(name)
        inventory[name] = {"bytes": sizes[name], **file_tally.as_dict()}
        if name in lost_files and Tally.read(lost_files[name]) == file_tally:
            covered_windows = merged(
                [*covered_windows, *map(_window, lost_files.pop(name)["covered"])]
            )
    new_manifest = {**manifest, "inventory": inventory, "lost": lost_files}
    return (
        {**new_manifest, "covered": [w.as_text() for w in covered_windows]}
        if "covered" in manifest
        else new_manifest
    )


def inventoried(
    manifest: dict[str, Any], new: Mapping[str, tuple[int, Tally]], old: Iterable[str]
) -> dict[str, Any]:
    """A manifest after files came and went.

    Args:
        manifest: what a change made of a reconciled one.
        new: the files that came, with their bytes and tallies.
        old: the files that went.
    """
    inventory = {n: one for n, one in manifest.get("inventory", {}).items() if n not in set(old)}
    inventory |= {name: {"bytes": size, **tally.as_dict()} for name, (size, tally) in new.items()}
    covered_windows = stretches(manifest)
    lost_files = {
        name: one
        for name, one in manifest.get("lost", {}).items()
        if any(gaps(covered_windows, w) for w in map(_window, one["covered"]))
        or (not one["covered"] and gaps(covered_windows, window_of_day(day_of(name))))
    }
    return {**manifest, "inventory": dict(sorted(inventory.items())), "lost": lost_files}


def stretches(manifest: Mapping[str, Any]) -> list[Window]:
    """The stretches of time that a manifest calls held in full, oldest first."""
    return merged(map(_window, manifest.get("covered", [])))


def erasures_in(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a manifest says of people who were forgotten: ``at``, and ``days`` with their events."""
    return list(manifest.get(ERASURES, []))


def without(covered_windows: Iterable[Window], days: Iterable[str]) -> list[Window]:
    """What is left of a coverage without some UTC days."""
    windows, cuts = list(covered_windows), [window_of_day(day) for day in days]
    return [gap for window in windows for gap in gaps(cuts, window)]


def window_of_day(day: str) -> Window:
    """The window of a UTC day that is written as in a folder's name."""
    return day_window(date.fromisoformat(day))


def day_of(name: str) -> str:
    """The UTC day that an event file's name says."""
    return name.partition("/")[0].removeprefix("date=")


def _within(covered_windows: Iterable[Window], day: str) -> list[Window]:
    whole = window_of_day(day)
    cut = [Window(max(w.since, whole.since), min(w.until, whole.until)) for w in covered_windows]
    return [w for w in cut if w.since < w.until]


def _window(stretch: Mapping[str, str]) -> Window:
    return Window(parse_iso(stretch["since"]), parse_iso(stretch["until"]))
