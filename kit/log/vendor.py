"""The records of vendors' own logs that a source holds, as one Ibis table beside its events."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from kit.base.tempdirs import temporary_folder
from kit.lake.bucket import Bucket
from kit.lake.record_file import open_record_file
from kit.lake.vendor import vendor_files

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.lake import Lake
    from kit.log.log import Log

__all__ = ["vendor_records"]

_tables: WeakKeyDictionary[Any, ir.Table] = WeakKeyDictionary()


def vendor_records(log: Log) -> ir.Table | None:
    """The records of vendors' own logs that a source holds.

    Args:
        log: the opened log.

    Returns:
        One row a record, the columns of ``kit.vendors.COLUMNS``; of a record that came in several
        forms one row each, of which the one with the greatest ``fullness`` counts. None where the
        source holds none.
    """
    if not log.vendor_lakes:
        return None
    if log.answers not in _tables:
        paths = [path for lake in log.vendor_lakes for path in _paths(lake, log.answers.backend)]
        _tables[log.answers] = log.answers.backend.records(paths)
    return _tables[log.answers]


def _paths(lake: Lake, backend: Any) -> list[str]:
    """The files on the disk; those of a store are fetched for as long as questions are asked."""
    names = vendor_files(lake)
    folder = Path(lake.address).absolute()
    if isinstance(lake.storage, Bucket):
        context = temporary_folder()
        folder = context.__enter__()
        weakref.finalize(backend, context.__exit__, None, None, None)
    paths = lake.storage.local(names, folder)
    for path, name in zip(paths, names, strict=True):
        with open_record_file(path, lake.address, name):
            pass  # else the engine says in its own words what is wrong with a file
    return [str(path.absolute()) for path in paths]
