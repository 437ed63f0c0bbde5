"""Which files and objects a lake has taken in already, so that the next import reads the new ones.

``_imported/….keys`` holds a hash of each one's name, size and ETag (on disk: the time at which it
was written). One that was changed has another hash, and is read again. What is lost of the ledger
is read again too: no event comes twice.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING

import numpy as np

from kit.base.times import parse_iso
from kit.base.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kit.lake.files import Lake
    from kit.sources.walk import StoredFile

__all__ = ["Ledger"]

_FOLDER = "_imported"
_UNFINISHED = f"{_FOLDER}/unfinished.json"
"""What an import that has not ended covers so far: the one that goes on there needs to know."""
_LENGTH = 16
_FILES = 20
"""Files of hashes; of more, all become one."""


class Ledger:
    """The ledger of one lake."""

    def __init__(self, lake: Lake) -> None:
        """Read it; a file that is cut off counts as far as it goes."""
        self._lake = lake
        names = lake.storage.names(_FOLDER)
        self._names = [name for name in names if name.endswith(".keys")]
        self._is_unfinished = _UNFINISHED in names
        parts = [self._read(name) for name in self._names]
        self._known = np.unique(np.concatenate([np.empty(0, f"S{_LENGTH}"), *parts]))

    def _read(self, name: str) -> np.ndarray:
        data = self._lake.storage.read(name)
        return np.frombuffer(data, f"S{_LENGTH}", len(data) // _LENGTH)

    def unfinished(self) -> list[Window]:
        """What an import covered that was ended before it was through; empty if none was."""
        if not self._is_unfinished:
            return []
        try:
            windows = json.loads(self._lake.storage.read(_UNFINISHED))
            return [Window(parse_iso(one["since"]), parse_iso(one["until"])) for one in windows]
        except (OSError, ValueError, LookupError, TypeError):
            return []

    def holds(self, file: StoredFile) -> bool:
        """Whether a file was taken in as it is now."""
        key = np.array([_key(file)], f"S{_LENGTH}")
        place = int(np.searchsorted(self._known, key)[0])
        return place < len(self._known) and self._known[place] == key[0]

    def note(self, files: Iterable[StoredFile], unfinished: Sequence[Window] = ()) -> None:
        """Note files that were taken in, after their events were.

        Args:
            files: the files.
            unfinished: what the import covers so far, if more of it follows.
        """
        fresh = np.array([_key(file) for file in files], f"S{_LENGTH}")
        if not (len(fresh) or unfinished or self._is_unfinished):
            return
        full = len(self._names) >= _FILES
        name = f"{_FOLDER}/{uuid.uuid4().hex}.keys"
        with self._lake.writing():
            if unfinished:  # before the names, so that a kill in between costs time alone
                text = json.dumps([window.as_text() for window in unfinished])
                self._lake.storage.write(_UNFINISHED, text.encode())
            if len(fresh):
                self._known = np.union1d(self._known, fresh)
                self._lake.storage.write(name, (self._known if full else fresh).tobytes())
                if full:
                    self._lake.storage.remove(self._names)
                self._names = [name] if full else [*self._names, name]
            if not unfinished and self._is_unfinished:
                self._lake.storage.remove([_UNFINISHED])
        self._is_unfinished = bool(unfinished)


def _key(file: StoredFile) -> bytes:
    text = f"{file.address}\0{file.size}\0{file.mark}"
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=_LENGTH).digest()
