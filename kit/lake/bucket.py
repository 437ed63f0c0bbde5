"""A lake in an object store, where nothing is renamed and nobody can hold a lock.

The manifest decides: it lists the event files, and is replaced by a conditional write. Whoever
loses that race reads it again, looks again at the days that changed, and tries again. So a change
is there wholly or not at all, and no writer waits for another.

The glob follows, for tools that know no manifest. A file is sent to ``_staging/`` first and copied
to its day only once it is listed; a file that is listed no more is copied to ``_retired/`` and
removed from its day. A writer does that after its change, and ends what killed ones left undone:
what is listed and not in its day comes from ``_staging/``, what is in a day and not listed goes.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
import time
import uuid
from collections import OrderedDict
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

import numpy as np

from kit.base.errors import SourceError
from kit.base.files import unwritable
from kit.base.object_store import Objects
from kit.base.tempdirs import temporary_folder
from kit.base.threads import side_by_side
from kit.lake.inventory import KEY, Tally, inventoried, reconciled
from kit.lake.parquet import read_keys
from kit.lake.range_reader import RangeReader
from kit.lake.repeats import INDEX
from kit.lake.storage import MANIFEST, WHEN_FULL, Contents, is_event_file, read_manifest
from kit.lake.vendor import VENDOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from kit.base.object_store import Object
    from kit.lake.storage import Change

__all__ = ["Bucket"]

_Read = TypeVar("_Read")

KEEP = timedelta(days=1)
"""How long replaced files stay for those who read them, and what was sent and never listed."""

SENDING = KEEP / 2
"""How long sending may take: after that, what was sent first may soon go as never listed."""

PATIENCE = 120.0
"""Seconds that a writer goes on losing races."""

_OURS = re.compile(r"date=[0-9-]+/part-[0-9a-f]{32}\.parquet")
"""What a lake's writers name their files; nothing else is ever moved."""

_MAX_HASH_BYTES = 128 << 20
"""Bytes of hashes that are kept."""

_SMALL_BYTES = 1 << 20
"""Bytes of an event file that is fetched whole: its footer and columns are a request each."""

_MAX_SMALL_BYTES = 64 << 20
"""Bytes of such files that are held; of more, parts are fetched whenever they are read."""

_STAGING, _RETIRED = "_staging", "_retired"


class Bucket:
    """A folder of an object store."""

    def __init__(self, address: str) -> None:
        """Name the place; the store is not asked yet.

        Raises:
            UsageError: it names no bucket, or holds a password.
        """
        self.objects = Objects(address)
        self._sizes: dict[str, int] = {}
        """Of all files that were ever seen; a file never changes."""
        self._keys: OrderedDict[str, np.ndarray] = OrderedDict()
        """Files of hashes that were read, as far as they fit: a pull looks at them often."""
        self._small: dict[str, bytes] = {}
        """Small event files that were read: each question reads them again. None makes room for
        another, since questions read all of them in turn."""
        self._swept = False
        self._look: dict[str, Any] | None = None
        """What was asked of the store since a reader's look began, by what was asked for."""

    @property
    def address(self) -> str:
        """The place as a user names it."""
        return self.objects.address

    def sizes(self) -> dict[str, int]:
        """The event files that the manifest lists and that are there, each with its bytes."""
        sizes = self._manifest_sizes(read_manifest(self.address, self.manifest()))
        return self._present(sizes, self._look_at("files", self.objects.list)) if sizes else {}

    def _present(
        self, manifest_sizes: dict[str, int], there: Mapping[str, Object]
    ) -> dict[str, int]:
        """Those of some files that are there, wherever they lie by now."""
        sizes = {}
        for name in manifest_sizes:
            places = (there.get(one) for one in (name, _staged(name), _retired(name)))
            if (one := next(filter(None, places), None)) is not None:
                sizes[name] = one.size
        self._sizes |= sizes
        return sizes

    def days(self) -> bool:
        """Whether there are days' folders; records may be there before a first manifest."""
        return any(name.startswith("date=") for name in self.objects.folders())

    def odd(self) -> list[tuple[str, str]]:
        """Listed files that are empty."""
        return [(name, "it is empty") for name, size in self.sizes().items() if not size]

    def set_apart(self, name: str) -> str:
        """Move a file below ``_damaged/``; return its name there."""
        place = f"_damaged/{name}-{uuid.uuid4().hex[:8]}"
        for one in (name, _staged(name), _retired(name)) if is_event_file(name) else (name,):
            with suppress(FileNotFoundError):
                self.objects.write(place, self.objects.read(one))
                break
        self.objects.remove([name, _staged(name)] if is_event_file(name) else [name])
        return place

    def _manifest_sizes(self, manifest: dict[str, Any]) -> dict[str, int]:
        sizes: dict[str, int] | None = manifest.get("files")
        if sizes is None:  # a lake that was copied here from a disk
            every = self.objects.list() if manifest else {}
            sizes = {name: one.size for name, one in every.items() if is_event_file(name)}
        self._sizes |= sizes
        return sizes

    def manifest(self) -> bytes | None:
        """The manifest; None where there is none."""
        return self._look_at(MANIFEST, self._read_manifest)

    def _read_manifest(self) -> bytes | None:
        try:
            return self.objects.read(MANIFEST)
        except FileNotFoundError:
            return None

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """The manifest and the list of files are asked for once: each costs a request."""
        outer, self._look = self._look, {} if self._look is None else self._look
        try:
            yield
        finally:
            self._look = outer

    def _look_at(self, what: str, ask: Callable[[], _Read]) -> _Read:
        """An answer of the store, of the look that lasts."""
        if self._look is None:
            return ask()
        if what not in self._look:
            self._look[what] = ask()
        return cast("_Read", self._look[what])

    def caution(self) -> str:
        """That two writers at once are not seen, where the store has no conditional writes."""
        if self.objects.conditional or self.objects.scheme == "memory":
            return ""
        return (
            f"{self.address}: this store has no conditional writes, so let one okta-kit write at "
            "a time; of two at once, one's events may be lost."
        )

    def names(self, folder: str) -> list[str]:
        """The names of the files right below a folder, sorted."""
        begin = len(folder) + 1
        objects = self.objects.list(folder)
        names = sorted(name for name in objects if "/" not in name[begin:])
        self._sizes |= {name: objects[name].size for name in names}
        return names

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        return self.objects.read(name)

    def write(self, name: str, data: bytes) -> None:
        """Write a file; a store shows it whole or not at all."""
        self.objects.write(name, data)

    def save(self, name: str, write: Callable[[Path], object]) -> None:
        """Let a file be written on this machine, and send it."""
        with temporary_folder() as folder:
            path = folder / Path(name).name
            write(path)
            self.objects.put([(path, name)])

    def remove(self, names: Iterable[str]) -> None:
        """Remove files."""
        self.objects.remove(names)

    def event_file(self, name: str) -> BinaryIO:
        """An event file, to be read in parts."""
        size = self._sizes.get(name) or self.sizes()[name]
        address = f"{self.address}/{name}"
        return cast(
            "BinaryIO", RangeReader(lambda a, b: self._part(name, size, a, b), size, address)
        )

    def _part(self, name: str, size: int, start: int, end: int) -> bytes:
        if name not in self._small:
            if not self._fits(size):
                return self._range(name, start, end)
            self._small[name] = self._range(name, 0, size)
        return self._small[name][start:end]

    def _fits(self, size: int) -> bool:
        held_bytes = sum(map(len, list(self._small.values())))
        return size <= _SMALL_BYTES and held_bytes + size <= _MAX_SMALL_BYTES

    def _range(self, name: str, start: int, end: int) -> bytes:
        return self._anywhere(name, lambda place: self.objects.read(place, start, end))

    def keys(self, name: str) -> np.ndarray:
        """The hashes in a file of ``_uuids/``, not fetched twice if they can be kept."""
        if name not in self._keys:
            self._keys[name] = np.frombuffer(self.objects.read(name), KEY)
        self._keys.move_to_end(name)
        hashes = self._keys[name]
        while sum(one.nbytes for one in self._keys.values()) > _MAX_HASH_BYTES:
            self._keys.popitem(last=False)
        return hashes

    def _tally(self, name: str) -> Tally:
        return Tally.of(read_keys(self.event_file(name)))

    def local(self, names: Sequence[str], staging: Path) -> list[Path]:
        """Fetch files to the disk."""
        paths = [staging / f"{uuid.uuid4().hex}-{Path(name).name}" for name in names]
        side_by_side(self._fetch, zip(names, paths, strict=True))
        return paths

    def _fetch(self, pair: tuple[str, Path]) -> None:
        self._anywhere(pair[0], lambda place: self.objects.get(place, pair[1]))

    def _anywhere(self, name: str, read: Callable[[str], _Read]) -> _Read:
        """Read a file wherever it lies by now; it may be moved while it is looked for."""
        for place in (name, _staged(name), _retired(name)) * 2:
            with suppress(FileNotFoundError):
                return read(place)
        raise SourceError(
            f"{self.address}: {name} is not there any more. What was replaced is kept for a day; "
            "open the lake again."
        )

    def restore(self, name: str, size: int) -> bool:
        """Readers find what was replaced without that."""
        return False

    @contextmanager
    def writing(  # nobody waits here
        self, wait: float, apart: Callable[[str, str], object] | None = None
    ) -> Iterator[Path]:
        """A folder on this machine for work in progress."""
        try:
            with temporary_folder() as folder:
                yield folder
        except OSError as fault:
            raise unwritable(
                tempfile.gettempdir(),
                fault,
                when_full=WHEN_FULL,
                otherwise="Name another folder for temporary files with TMPDIR.",
            ) from None

    def commit(self, change: Callable[[Contents], Change]) -> None:
        """Make a change: send its files, then list them in the manifest if nobody was faster."""
        sent_paths: set[Path] = set()
        sent_names: set[str] = set()
        began = time.monotonic()
        for _ in self._tries():
            data, mark = self.objects.read_marked(MANIFEST)
            before = read_manifest(self.address, data)
            manifest_sizes, facts = self._manifest_sizes(before), _without_files(before)
            present = self._present(manifest_sizes, self.objects.list() if manifest_sizes else {})
            manifest = reconciled(facts, present, self._tally)
            manifest_names = {*manifest_sizes, *before.get(VENDOR, {}).get("files", {})}
            if sent_names and sent_names <= manifest_names:
                break  # the last write was done; its answer was lost on the way
            update = change(Contents(sorted(present), manifest))
            names = {p: f"date={day}/{p.name}" for day, paths in update.new.items() for p in paths}
            beside = {path: name for name, path in update.beside.items()}
            sent_names = {*names.values(), *(n for n in beside.values() if n.startswith(VENDOR))}
            places = {path: _staged(name) for path, name in names.items()} | beside
            self.objects.put(
                (path, place) for path, place in places.items() if path not in sent_paths
            )
            sent_paths |= set(places)
            if time.monotonic() - began > SENDING.total_seconds():
                raise SourceError(
                    f"{self.address}: sending took longer than {SENDING}. Add the files in parts."
                )
            after = {name: size for name, size in manifest_sizes.items() if name not in update.old}
            after |= {name: path.stat().st_size for path, name in names.items()}
            tallies = {
                path: tally for files in update.new.values() for path, tally in files.items()
            }
            new = {name: (after[name], tallies[path]) for path, name in names.items()}
            new_facts = inventoried(update.manifest, new, update.old)
            unchanged = after == before.get("files") and new_facts == facts
            if unchanged or self.objects.replace(MANIFEST, _manifest(new_facts, after), mark):
                break
        self._settle(update.old, sweep=not self._swept)
        self._swept = True

    def _tries(self) -> Iterator[None]:
        """Once, and again after each race that was lost, as long as that may go on."""
        yield
        start_s = time.monotonic()
        while time.monotonic() - start_s < PATIENCE:
            time.sleep(random.uniform(0.0, 0.5))  # noqa: S311  # so that two do not meet again
            yield
        raise SourceError(
            f"{self.address}: others have been writing for {PATIENCE:g} seconds. Run the same "
            "again: no event is added twice."
        )

    def _settle(self, old: Iterable[str] = (), *, sweep: bool = False) -> None:
        """Let the days hold what the manifest lists, also after another writer.

        Args:
            old: files that may have to go from their days.
            sweep: look through all days, for what killed writers left in them.
        """
        candidates = set(old)
        while True:
            # Listed first: a file that is in a day by then was in a manifest before.
            objects = self.objects.list("" if sweep else _STAGING)
            data = self.manifest()
            manifest_names = set(self._manifest_sizes(read_manifest(self.address, data)))
            staged = sorted(name for name in manifest_names if _staged(name) in objects)
            self.objects.copy((_staged(name), name) for name in staged)
            candidates |= {name for name in objects if _OURS.fullmatch(name)} | set(staged)
            removals = sorted(candidates - manifest_names)
            self.objects.copy((name, _retired(name)) for name in removals)
            self.objects.remove([*removals, *map(_staged, staged)])
            if self.manifest() == data:
                return
            candidates -= set(removals)

    def recover(self) -> bool:
        """Readers go by the manifest: nothing that they need is ever left undone."""
        return False

    def forget(self, *, at_once: bool = False) -> None:
        """Remove what was replaced a day ago, or at once, and what was sent and never listed."""
        objects = self.objects.list()
        manifest = read_manifest(self.address, self.manifest())
        names_to_keep = {
            *map(_staged, self._manifest_sizes(manifest)),
            *manifest.get("index", {}),
            *manifest.get(VENDOR, {}).get("files", {}),
        }
        before = datetime.now(UTC) - KEEP
        self.objects.remove(
            name
            for name, one in objects.items()
            if name.startswith((f"{_STAGING}/", f"{_RETIRED}/", f"{INDEX}/", f"{VENDOR}/"))
            and name not in names_to_keep
            and (one.modified_at < before or (at_once and name.startswith(f"{_RETIRED}/")))
        )


def _manifest(facts: dict[str, Any], sizes: dict[str, int]) -> bytes:
    """The manifest's bytes, never the same twice."""
    whole = {**facts, "revision": uuid.uuid4().hex, "files": dict(sorted(sizes.items()))}
    return (json.dumps(whole, indent=1) + "\n").encode()


def _without_files(manifest: dict[str, Any]) -> dict[str, Any]:
    """What a manifest says besides its files."""
    return {k: v for k, v in manifest.items() if k not in {"files", "revision"}}


def _staged(name: str) -> str:
    return f"{_STAGING}/{Path(name).name}"


def _retired(name: str) -> str:
    return f"{_RETIRED}/{Path(name).name}"
