"""Where reports are kept: a folder, or an address in an object store.

Whoever makes, lists or removes reports works in a folder. For a store it is a copy on this machine,
of the summaries alone: what else a report consists of is there by name. A report is sent from it
page first and summary last; as lists go by summaries, none shows a report that is not all there.
The index is written again from the summaries as long as another run was faster.
"""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.base.errors import UsageError
from kit.base.object_store import Objects, is_store
from kit.base.tempdirs import temporary_folder
from kit.lake.marks import FILE
from kit.reports.index import reports, write_index
from kit.reports.upkeep import prune
from kit.reports.ways import link_pages, linked_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

__all__ = ["Shelf", "shelf"]

_SUMMARY, _INDEX, _PAGE = "summary.json", "index.html", "report.html"


@dataclass(frozen=True)
class Shelf:
    """A place of reports, and the folder that stands in for it."""

    address: str
    """The place as the user named it."""
    folder: Path
    objects: Objects | None = None
    """The store; None where the place is a folder."""

    def keep(self, folder: Path) -> str:
        """Bring a report that was made in the folder to its place.

        Returns:
            The address of its page.

        Raises:
            UsageError: the store cannot be written.
        """
        name = folder.relative_to(self.folder).as_posix()
        if self.objects:
            before = set(self.objects.list(name))
            files = {f"{name}/{path.name}": path for path in sorted(folder.iterdir())}
            last = f"{name}/{_SUMMARY}"
            self.objects.put((path, one) for one, path in files.items() if one != last)
            self.objects.put([(files[last], last)])
            self.objects.remove(before - set(files))
            self._index([_facts(folder / _SUMMARY, name)])
        return f"{self.address}/{name}/report.html"

    def prune(self, before: datetime) -> list[dict[str, Any]]:
        """Remove the reports that were run before a moment, and nothing else; return them.

        Args:
            before: UTC.

        Raises:
            UsageError: the store cannot be written.
        """
        files = [path for path in self.folder.glob("*/*/*") if self.objects]
        gone = prune(self.folder, before)
        if self.objects and gone:
            names = [p.relative_to(self.folder).as_posix() for p in files if not p.exists()]
            self.objects.remove(name for name in names if name.endswith(_SUMMARY))
            self.objects.remove(name for name in names if not name.endswith(_SUMMARY))
            self._index(gone)
        return gone

    def link(self, until: str) -> None:
        """Set the links of the reports of one window once more, when all of them are there.

        In a store, those that were made side by side may not have seen each other.

        Args:
            until: the window's end, as their summaries have it.

        Raises:
            UsageError: the store cannot be written.
        """
        if self.objects:
            runs = reports(self.folder)
            self._index([r for r in runs if (r.get("window") or {}).get("until") == until])

    def _index(self, changed: Iterable[Mapping[str, Any]] = ()) -> None:
        """Write the store's index and its links from the summaries that it holds then."""
        assert self.objects
        while True:
            _, mark = self.objects.read_marked(_INDEX)
            with temporary_folder() as folder:
                _copy(self.objects, folder)
                self._link(folder, changed)
                page = write_index(folder).read_bytes()
            # Never the same twice: an index of before must not pass for today's.
            if self.objects.replace(_INDEX, page + b"<!-- %s -->\n" % _chance(), mark):
                return

    def _link(self, folder: Path, changed: Iterable[Mapping[str, Any]]) -> None:
        """Fetch the pages whose links may change, set them, and send those that did."""
        assert self.objects
        runs = reports(folder)
        pages = {run["folder"]: run for one in changed for run in linked_runs(one, runs)}
        names = {name: folder / name for name in (f"{one}/{_PAGE}" for one in pages)}
        self.objects.get_all((name, path) for name, path in names.items() if path.is_file())
        linked = link_pages(folder, pages.values(), runs)
        self.objects.put((path, path.relative_to(folder).as_posix()) for path in linked)


@contextmanager
def shelf(out: str) -> Iterator[Shelf]:
    """Open a place of reports.

    Args:
        out: a folder, or an address like ``s3://bucket/prefix``.

    Yields:
        The place.

    Raises:
        UsageError: the store cannot be read or written.
    """
    if not is_store(out):
        yield Shelf(out, Path(out))
        return
    objects = Objects(out, UsageError)
    with temporary_folder() as folder:
        _copy(objects, folder)
        yield Shelf(objects.address, folder, objects)


def _copy(objects: Objects, folder: Path) -> None:
    """Fetch the summaries of a store's reports, and the names of their other files."""
    every = list(objects.list())
    names = [name for name in every if name.count("/") == 2 and "/." not in f"/{name}"]
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    objects.get_all((name, folder / name) for name in every if name == FILE)
    summaries = [name for name in names if name.endswith(f"/{_SUMMARY}")]
    objects.get_all((name, folder / name) for name in summaries)


def _facts(path: Path, folder: str) -> dict[str, Any]:
    return {**json.loads(path.read_text(encoding="utf-8")), "folder": folder}


def _chance() -> bytes:
    return uuid.uuid4().hex.encode()
