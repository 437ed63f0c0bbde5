"""Reports that name a person who is forgotten go with what the lake held of them."""

from __future__ import annotations

import shutil
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from kit.reports.index import reports, write_index
from kit.reports.pseudonyms import Key, key_path
from kit.reports.staging import locked

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["forget_in_key", "naming_files", "remove_reports"]

_TEXTS = {".html", ".ipynb", ".json", ".csv", ".ics", ".md", ".txt"}


def remove_reports(out: Path, is_named: Callable[[str], bool]) -> list[str]:
    """Remove the reports that name a person, and write the index again.

    A page's pictures show names, too, so a report that names the person goes as a whole. It can be
    made again from the lake.

    Args:
        out: the folder of all reports.
        is_named: whether a text names the person.

    Returns:
        The folders that were removed, below *out*.

    Raises:
        OSError: a report cannot be removed.
    """
    if not out.is_dir():
        return []
    with locked(out):
        gone = [run for run in reports(out) if naming_files(out / run["folder"], is_named)]
        for run in gone:
            folder = out / run["folder"]
            doomed = folder.with_name(f".old-{folder.name}")
            folder.rename(doomed)
            shutil.rmtree(doomed)
    if gone:
        write_index(out, gone)
    return [str(run["folder"]) for run in gone]


def naming_files(folder: Path, is_named: Callable[[str], bool]) -> list[Path]:
    """The text files below a folder that name a person.

    Args:
        folder: the folder; there may be none.
        is_named: whether a text names the person.
    """
    paths = (path for path in sorted(folder.rglob("*")) if path.suffix in _TEXTS)
    return [path for path in paths if path.is_file() and is_named(_text(path))]


def _text(path: Path) -> str:
    """What a reader sees: in a page, without its escapes."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return unescape(text) if path.suffix in {".html", ".ipynb"} else text


def forget_in_key(is_named: Callable[[str], bool]) -> int:
    """Let the key of redacted reports say no longer which pseudonym a person has.

    Args:
        is_named: whether a value names the person.

    Returns:
        How many pseudonyms lead nowhere from now on.

    Raises:
        UsageError: the file is no key, or cannot be written.
    """
    path = key_path()
    return Key(path).forget(is_named) if path.exists() else 0
