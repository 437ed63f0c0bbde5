"""An event is once in the whole lake: the one that is held, else the first in the input's order.

The lake keeps the hashes of all its uuids in ``_uuids/``, in sorted files of which the manifest
says how many uuids they hold and their checksum. Where these do not add up to what the events are,
the files are rebuilt from the events. Hashes are looked at a range at a time, so memory is flat.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kit.lake.inventory import ERASURES, KEY, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from kit.lake.storage import Storage

__all__ = ["FORGOTTEN", "INDEX", "ROW", "Index", "index_of", "keys_beside", "news"]

INDEX = "_uuids"
"""The folder of the hashes."""

FORGOTTEN = "_forgotten"
"""The folder of the hashes of what was removed for good; sorted, and never listed elsewhere."""

ROW = np.dtype([("key", KEY), ("order", "<i8")])
"""What a coder keeps of each event beside its file: the uuid's hash, and its place in the input."""

_RANGE = 1 << 20
"""Hashes that are held at a time, and that a file grows to."""


@dataclass(frozen=True, slots=True)
class Index:
    """The hashes of a lake's uuids."""

    tallies: dict[str, dict[str, Any]]
    """As the manifest lists the files."""
    files: dict[str, np.ndarray]
    """Each file's hashes, sorted."""
    fresh: dict[str, Path]
    """Those of the files that are not in the lake yet."""
    barred: tuple[np.ndarray, ...] = ()
    """Hashes, sorted, of what was removed for good."""

    def hold(self, keys: np.ndarray) -> np.ndarray:
        """Which of some hashes, sorted, it holds."""
        mask = np.zeros(len(keys), dtype=bool)
        for file in (*self.files.values(), *self.barred):
            if not len(file):
                continue
            place = np.searchsorted(file, keys)
            place[place == len(file)] = 0
            mask |= file[place] == keys
        return mask

    def with_file(self, path: Path, staging: Path) -> Index:
        """It, with one more sorted file; small ones become one."""
        keys = _mapped(path)
        tallies, files, fresh = dict(self.tallies), dict(self.files), dict(self.fresh)
        for name in sorted(files, key=lambda one: len(files[one])):
            if len(files[name]) > 2 * len(keys) or len(files[name]) + len(keys) > _RANGE:
                break
            keys = np.sort(np.concatenate([keys, files.pop(name)]))
            del tallies[name]
            fresh.pop(name, None)
        new_path = staging / f"{uuid.uuid4().hex}.keys"
        keys.tofile(new_path)
        name = f"{INDEX}/{new_path.name}"
        tallies[name], fresh[name] = Tally.of(keys).as_dict(), new_path
        return Index(tallies, {**files, name: _mapped(new_path)}, fresh, self.barred)


def index_of(
    storage: Storage, manifest: Mapping[str, Any], staging: Path, keys: Callable[[str], np.ndarray]
) -> Index:
    """The hashes that a lake keeps, rebuilt where they are not those of its events.

    Args:
        storage: the lake's place.
        manifest: reconciled, so that it knows all files.
        staging: a folder for what is rebuilt.
        keys: reads the hashes of an event file.
    """
    events = sum(map(Tally.read, manifest["inventory"].values()), Tally())
    forgotten_names = storage.names(FORGOTTEN) if manifest.get(ERASURES) else []
    barred = tuple(map(storage.keys, forgotten_names))
    tallies = manifest.get("index", {})
    if sum(map(Tally.read, tallies.values()), Tally()) == events:
        try:
            files = {name: storage.keys(name) for name in tallies}
        except (OSError, ValueError):
            files = {}
        if all(
            name in files and len(files[name]) == one["events"] for name, one in tallies.items()
        ):
            return Index(dict(tallies), files, {}, barred)
    index, hash_arrays = Index({}, {}, {}, barred), []
    names = list(manifest["inventory"])
    for name in names:
        hash_arrays.append(keys(name))
        if name == names[-1] or sum(map(len, hash_arrays)) >= _RANGE:
            path = staging / f"{uuid.uuid4().hex}.keys"
            np.sort(np.concatenate(hash_arrays)).tofile(path)
            hash_arrays = []
            index = index.with_file(path, staging)
    return index


def keys_beside(path: Path) -> Path:
    """Where a coder keeps the hashes of an event file's uuids, in the order of its rows."""
    return path.with_suffix(".keys")


def news(paths: Iterable[Path], index: Index, news_path: Path) -> dict[Path, np.ndarray]:
    """Say which events of new files are in no other, and not in the lake.

    Args:
        paths: files that coders made.
        index: what the lake holds.
        news_path: a file to be written with the hashes of what is new, sorted.

    Returns:
        For each file, a mask of its rows.
    """
    rows = {path: _rows(path) for path in paths}
    masks = {path: np.zeros(len(one), dtype=bool) for path, one in rows.items()}
    every, total = list(rows), sum(map(len, rows.values()))
    if not total:
        news_path.touch()
        return masks
    with news_path.open("wb") as out:
        for ours in _ranges(total):
            places = [ours(rows[path]["key"]) for path in every]
            keys = np.concatenate([rows[p]["key"][at] for p, at in zip(every, places, strict=True)])
            order = np.concatenate(
                [rows[p]["order"][at] for p, at in zip(every, places, strict=True)]
            )
            by_key = np.lexsort((order, keys))
            keys = keys[by_key]
            is_new = np.ones(len(keys), dtype=bool)
            is_new[1:] = keys[1:] != keys[:-1]
            is_new &= ~index.hold(keys)
            out.write(keys[is_new].tobytes())
            is_new_row = np.zeros(len(keys), dtype=bool)
            is_new_row[by_key] = is_new
            ends = np.cumsum([len(at) for at in places])[:-1]
            for path, at, mine in zip(every, places, np.split(is_new_row, ends), strict=True):
                masks[path][at] = mine
    return masks


def _ranges(total: int) -> Iterator[Callable[[np.ndarray], np.ndarray]]:
    """Ranges of hashes, in their order; each gives the places of those that are in it."""
    count = min(max(-(-total // _RANGE), 1), 256)
    firsts = [number * 256 // count for number in range(count + 1)]
    for low, high in pairwise(firsts):

        def ours(keys: np.ndarray, low: int = low, high: int = high) -> np.ndarray:
            first = np.ascontiguousarray(keys).view(np.uint8)[:: KEY.itemsize]
            return np.flatnonzero((first >= low) & (first < high))

        yield ours


def _rows(path: Path) -> np.ndarray:
    place = keys_beside(path)
    return np.memmap(place, ROW, "r") if place.stat().st_size else np.empty(0, ROW)


def _mapped(path: Path) -> np.ndarray:
    return np.memmap(path, KEY, "r") if path.stat().st_size else np.empty(0, KEY)
