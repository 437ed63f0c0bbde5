"""What stood in a source where events should stand, whole or in blocks."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from kit.sources.written_times import Order

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Block", "Document", "Documents", "Lines", "base_name", "origin_of"]

_WHITE = b" \t\r\n"


def base_name(file: str) -> str:
    """A file's name without its folder; of an archive's member ``archive.zip!folder/member``."""
    archive, mark, member = file.partition("!")
    return f"{PurePath(archive).name}{mark}{member}"


@lru_cache(maxsize=1024)
def origin_of(file: str) -> str:
    """What tells files of one name in different folders apart; it does not say the folder.

    Args:
        file: a file's name, with its folder or below the working directory, or an address.
    """
    place = file.partition("!")[0]
    folder = place.rpartition("/")[0] if "://" in place else os.path.dirname(os.path.abspath(place))  # noqa: PTH100, PTH120  # of bytes that are no text, too
    data = folder.encode("utf-8", "surrogateescape")
    return hashlib.blake2b(data, digest_size=6).hexdigest() if place else ""


class Document(msgspec.Struct, frozen=True, gc=False):
    """One thing that stood where an event should stand."""

    file: str
    line: int
    """The line that it begins on, counted from 1; in a file that is one JSON array its place
    in the array."""
    raw: bytes
    fault: str | None = None
    """Why this is no event, or why the file cannot be read from here on; None for JSON."""
    unknown: tuple[str, ...] = ()
    """In a CSV file's first document, the columns that were not understood."""
    columns: tuple[str, ...] = ()
    """Likewise, where in a LogEvent the values of its columns stand: ``outcome.reason``."""
    wrapper: str = ""
    """The product whose envelope or table it lay in; empty for Okta's own forms."""
    lacks: tuple[str, ...] = ()
    """What it lacks by its form, as ``kit.lake.lacking`` names it: ``zone``."""
    count: int = 1
    """How many things it stands for: values in a row that are no events count as one."""
    order: Order | None = None
    """What comes first in its local dates; None where nothing tells."""


class Lines(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Some lines of an NDJSON file, not yet told apart: cheap to hand to another process."""

    file: str
    first: int
    """The first line's number, counted from 1."""
    text: bytes
    order: Order | None = None
    """As of a document."""

    @property
    def size(self) -> int:
        """How many bytes they are."""
        return len(self.text)

    def raws(self) -> Iterator[bytes]:
        """The text of each line that is not empty."""
        return filter(None, (line.strip(_WHITE) for line in self.text.split(b"\n")))

    def documents(self) -> Iterator[Document]:
        """Each line that is not empty."""
        for number, line in enumerate(self.text.split(b"\n"), start=self.first):
            if raw := line.strip(_WHITE):
                yield Document(self.file, number, raw, order=self.order)


class Documents(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Some documents of a file that is not read by lines."""

    items: list[Document]

    @property
    def size(self) -> int:
        """How many bytes they are."""
        return sum(len(one.raw) for one in self.items)

    def documents(self) -> Iterator[Document]:
        """Each document."""
        yield from self.items


Block = Lines | Documents
