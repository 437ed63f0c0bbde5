"""A case is a notebook of its own: dated, its window closed, its parameters set.

It is kept, rerun and handed over, while the kit's own notebooks stay clean.
"""

from __future__ import annotations

import ast
import json
import os
import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from kit.base.errors import KitError, UsageError
from kit.base.files import unwritable, write_whole
from kit.base.parameters import check_values, read_parameters
from kit.base.tempdirs import temporary_folder
from kit.base.version import installed_from
from kit.reports.window import close_window

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

__all__ = ["BLANK", "begin"]

BLANK = Path(__file__).with_name("templates") / "blank.ipynb"
"""A notebook that asks nothing yet, and has what a report needs."""

_SOURCES = ("sample", "lake", "okta")
"""What stands for a source by its name; all else is a path."""

_NO_HOME = "PATH-OF-OKTA-KIT"
"""In a notebook's first cell: what is installed where a kernel has no kit."""

_LINK = re.compile(r"(\]\(\s*<?|^ {0,3}\[[^\]]+\]:\s*<?)([^)\s>#?]+)", re.M)
"""Where a Markdown link names its file: in its brackets, or in a line of its own."""

_DATE_PREFIX = re.compile(r"^\d{4}-\d\d-\d\d-")
"""An investigation may be copied into another one."""


def begin(
    notebook: Path,
    parameters: Mapping[str, Any],
    *,
    name: str = "",
    folder: Path,
    day: date,
    date_order: str | None = None,
    numbered: bool = False,
) -> Path:
    """Copy a notebook into a folder of investigations, ready to run there.

    Its window is closed as that of a report is, so that it says the same whenever it is run
    again. Files it reads are named in full, and its links to its neighbours lead back to them.

    Args:
        notebook: what is copied, without its outputs.
        parameters: parameters by name, as values or as text; the others keep their defaults.
        name: what the case is called; as the notebook, if empty.
        folder: of the investigations; made if missing.
        day: stands at the head of the file's name.
        date_order: of local dates in the source, as ``open_log`` takes it. The copy does not keep
            it: its kernel reads ``$OKTA_KIT_DATE_ORDER``.
        numbered: give a further copy a number, instead of an error; one with the same parameters
            that is there already is taken as it is.

    Returns:
        The path of the copy, ``folder/DAY-NAME.ipynb``.

    Raises:
        UsageError: a parameter is wrong, *name* is no file's name, the copy is there already,
            or it cannot be written.
        SourceError, OktaError: the source cannot be read, or holds nothing.
        DiskFull: there is no space for it.
    """
    stem = _file_name(name) if name else _DATE_PREFIX.sub("", notebook.stem)
    path = folder / f"{day.isoformat()}-{stem}.ipynb"
    if path.exists() and not numbered:
        raise _there(path)
    declarations = read_parameters(notebook)
    values = check_values(declarations, parameters)
    if isinstance(source := values.get("source"), str):
        values["source"] = ",".join(_in_full(part.strip()) for part in source.split(","))
    with temporary_folder() as scratch:
        values = close_window(values, scratch, date_order=date_order)
    defaults = check_values(declarations, {})
    changed = {k: v for k, v in values.items() if v != defaults[k]}
    if numbered:
        path, is_there = _numbered(path, values)
        if is_there:
            return path
    copy = json.loads(notebook.read_text(encoding="utf-8"))
    copy["cells"] = [
        _copied(cell, changed, notebook.parent, folder)
        for cell in copy["cells"]
        if "injected-parameters" not in cell["metadata"].get("tags", [])
    ]
    _write(path, json.dumps(copy, ensure_ascii=False, indent=1) + "\n")
    return path


def _numbered(path: Path, values: Mapping[str, Any]) -> tuple[Path, bool]:
    """The first of a name's numbers that is free, or taken by a copy with the same parameters."""
    for number in count(2):
        if not path.exists():
            return path, False
        try:
            if check_values(read_parameters(path), {}) == values:
                return path, True
        except KitError:
            pass  # it was changed into something else
        stem = path.stem if number == 2 else path.stem.rpartition("-")[0]
        path = path.with_name(f"{stem}-{number}.ipynb")
    raise AssertionError


def _file_name(name: str) -> str:
    stem = "-".join(name.removesuffix(".ipynb").split())
    if not re.fullmatch(r"\w[\w.@+-]{0,99}", stem):
        raise UsageError(f"{name!r} cannot be a file's name. Use letters, digits, - and _.")
    return stem


def _in_full(source: str) -> str:
    """A path that means the same wherever the notebook runs."""
    return source if source in _SOURCES else str(Path(source).expanduser().absolute())


def _copied(
    cell: dict[str, Any], values: Mapping[str, Any], old: Path, new: Path
) -> dict[str, Any]:
    """A cell without outputs, with the parameters set, or with links that still lead there."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return {**cell, "source": _lines(_relinked(source, old, new))}
    if cell["cell_type"] != "code":
        return cell
    if "parameters" in cell["metadata"].get("tags", []):
        source = _with_values(source, values)
    elif home := installed_from():
        # Away from the kit, a kernel without it could not say where to take it from.
        source = source.replace(_NO_HOME, json.dumps(home, ensure_ascii=False)[1:-1])
    return {**cell, "source": _lines(source), "outputs": [], "execution_count": None}


def _with_values(source: str, values: Mapping[str, Any]) -> str:
    """The parameters cell with other values; types and comments stay.

    Papermill would add a cell that overrules this one: a case would show two values for each
    parameter, and the one that a reader changes would do nothing.
    """
    lines = source.encode().splitlines(keepends=True)  # ast counts columns in bytes
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data = b"".join(lines)
    for statement in reversed(ast.parse(source).body):
        name, value = _assigned(statement)
        if value is None or name not in values:
            continue
        first = starts[value.lineno - 1] + value.col_offset
        last = starts[(value.end_lineno or value.lineno) - 1] + (value.end_col_offset or 0)
        data = data[:first] + _literal(values[name]).encode() + data[last:]
    return data.decode()


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id, statement.value
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, statement.value
    return "", None


def _literal(value: Any) -> str:
    if isinstance(value, str) and value.isprintable():
        return json.dumps(value, ensure_ascii=False)  # with the quotes that the notebooks use
    return repr(value)


def _relinked(text: str, old: Path, new: Path) -> str:
    """Markdown whose links to files beside the old place lead there from the new one."""

    def relink(link: re.Match[str]) -> str:
        target = old / unquote(link[2])
        if link[2].startswith("/") or not target.exists():
            return link[0]
        way = Path(os.path.relpath(target.resolve(), new.resolve()))
        return link[1] + quote(way.as_posix())

    return _LINK.sub(relink, text)


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)


def _write(path: Path, text: str) -> None:
    """Write a new file, all of it or nothing, and never over another."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("x").close()  # the name is ours from here on
        try:
            write_whole(path, text)
        except BaseException:
            path.unlink()
            raise
    except OSError as fault:
        if path.exists():
            raise _there(path) from None
        raise unwritable(
            path.parent,
            fault,
            when_full="Free some space, and try again.",
            otherwise="Start in a folder of your own.",
        ) from None


def _there(path: Path) -> UsageError:
    return UsageError(f"{path} is there already. Open it, or give the new one another name.")
