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
from kit.base.windows import whole_day as day_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "KEY",
    "Faults",
    "Tally",
    "compare",
    "day_of",
    "inventoried",
    "keys_of",
    "reconciled",
    "stretches",
    "whole_day",
    "without",
]

KEY = np.dtype("S16")
"""What stands for a uuid: 128 bits of its hash, so that two never have the same."""

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
    made = b"".join([blake2b(one.encode(), digest_size=16).digest() for one in uuids])
    return np.frombuffer(made, dtype=KEY)


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
    def lost(self) -> tuple[str, ...]:
        """All that the lake once held and does not."""
        return tuple(sorted({*self.missing, *self.changed, *self.before}))

    @property
    def days(self) -> tuple[str, ...]:
        """The UTC days that lack events since the lake was last written."""
        return tuple(sorted({day_of(name) for name in (*self.missing, *self.changed)}))


def compare(manifest: Mapping[str, Any], sizes: Mapping[str, int]) -> Faults:
    """Compare what a manifest knows with the files that are there.

    Args:
        manifest: as it is; one of an older version knows of no files.
        sizes: the event files that are there, with their bytes.
    """
    known = manifest.get("inventory")
    if known is None:
        return Faults()
    missing = sorted(set(known) - set(sizes))
    changed = sorted(n for n, one in known.items() if sizes.get(n, one["bytes"]) != one["bytes"])
    unknown = sorted(set(sizes) - set(known))
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
    known = dict(manifest.get("inventory", {}))
    faults, lost = compare(manifest, sizes), dict(manifest.get("lost", {}))
    covered = stretches(manifest)
    counts = {name: tally(name) for name in sorted(set(sizes) - set(known))}
    for day in faults.days:
        cut = [w.as_text() for w in _within(covered, day)]
        gone = [name for name in (*faults.missing, *faults.changed) if day_of(name) == day]
        come = [one for name, one in counts.items() if day_of(name) == day]
        if come and sum(come, Tally()) == sum((Tally.read(known[n]) for n in gone), Tally()):
            for name in gone:  # the same events, in other files
                del known[name]
            continue
        lost |= {name: {**known.pop(name), "covered": cut} for name in gone}
        covered = without(covered, [day])
    for name in sorted(set(sizes) - set(known)):
        counted = counts.get(name) or tally(name)
        known[name] = {"bytes": sizes[name], **counted.as_dict()}
        if name in lost and Tally.read(lost[name]) == counted:
            covered = merged([*covered, *map(_window, lost.pop(name)["covered"])])
    held = {**manifest, "inventory": known, "lost": lost}
    return {**held, "covered": [w.as_text() for w in covered]} if "covered" in manifest else held


def inventoried(
    manifest: dict[str, Any], new: Mapping[str, tuple[int, Tally]], old: Iterable[str]
) -> dict[str, Any]:
    """A manifest after files came and went.

    Args:
        manifest: what a change made of a reconciled one.
        new: the files that came, with their bytes and tallies.
        old: the files that went.
    """
    known = {n: one for n, one in manifest.get("inventory", {}).items() if n not in set(old)}
    known |= {name: {"bytes": size, **tally.as_dict()} for name, (size, tally) in new.items()}
    covered = stretches(manifest)
    lost = {
        name: one
        for name, one in manifest.get("lost", {}).items()
        if any(gaps(covered, w) for w in map(_window, one["covered"]))
        or (not one["covered"] and gaps(covered, whole_day(day_of(name))))
    }
    return {**manifest, "inventory": dict(sorted(known.items())), "lost": lost}


def stretches(manifest: Mapping[str, Any]) -> list[Window]:
    """The stretches of time that a manifest calls held in full, oldest first."""
    return merged(map(_window, manifest.get("covered", [])))


def without(covered: Iterable[Window], days: Iterable[str]) -> list[Window]:
    """What is left of a coverage without some UTC days."""
    left, cuts = list(covered), [whole_day(day) for day in days]
    return [gap for window in left for gap in gaps(cuts, window)]


def whole_day(day: str) -> Window:
    """The window of a UTC day that is written as in a folder's name."""
    return day_window(date.fromisoformat(day))


def day_of(name: str) -> str:
    """The UTC day that an event file's name says."""
    return name.partition("/")[0].removeprefix("date=")


def _within(covered: Iterable[Window], day: str) -> list[Window]:
    whole = whole_day(day)
    cut = [Window(max(w.since, whole.since), min(w.until, whole.until)) for w in covered]
    return [w for w in cut if w.since < w.until]


def _window(stretch: Mapping[str, str]) -> Window:
    return Window(parse_iso(stretch["since"]), parse_iso(stretch["until"]))
