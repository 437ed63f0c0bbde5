"""Every fault a user can meet, each with the exit code that a scheduler reads.

::

    KitError
    ├── UsageError            2   wrong option, notebook name or parameter
    ├── SourceError           3   the source cannot be read, or holds nothing
    ├── CoverageError         4   the window is not covered and had to be
    ├── OktaError             5   Okta refused, or could not be reached
    └── RunError                  the notebook did not run to its end
        ├── WrongParameter    2   a parameter that only the notebook could check
        ├── CellError        10   a cell raised
        ├── KernelDied       11   the kernel process ended
        ├── CellTimeout      12   one cell took too long
        ├── RunTimeout       13   the whole run took too long
        ├── LeftEarly        14   the notebook called ``sys.exit``
        ├── KernelNotStarted 15   no kernel came up
        ├── NotRendered      16   the page could not be made
        ├── DiskFull         74   no space left to write
        ├── Interrupted     130   SIGINT
        └── Terminated      143   SIGTERM

A message is one line: what is wrong, where, and what to do about it.
"""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CellError",
    "CellTimeout",
    "CoverageError",
    "DiskFull",
    "Interrupted",
    "KernelDied",
    "KernelNotStarted",
    "KitError",
    "LeftEarly",
    "NotRendered",
    "OktaError",
    "RunError",
    "RunTimeout",
    "SourceError",
    "Terminated",
    "UsageError",
    "WrongParameter",
    "is_full",
    "nearest",
    "source_fault_in",
]


class KitError(Exception):
    """A fault that okta-kit explains in one line."""

    exit_code: ClassVar[int] = 1

    def _render_traceback_(self) -> list[str]:
        """In a notebook, one line in the place of a traceback; IPython asks for it."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(KitError):
    """Something the caller wrote is wrong: an option, a name, a parameter, a time."""

    exit_code = 2


class SourceError(KitError):
    """The source cannot be read, is no System Log, or holds no event."""

    exit_code = 3


class CoverageError(KitError):
    """The window had to be covered by the source, and is not."""

    exit_code = 4


class OktaError(KitError):
    """Okta refused a request, or could not be reached."""

    exit_code = 5

    def __init__(self, text: str, status: int | None = None) -> None:
        """Say what went wrong.

        Args:
            text: one line.
            status: the HTTP status that Okta answered with; None where it did not.
        """
        super().__init__(text)
        self.status = status


class RunError(KitError):
    """A notebook did not run to its end."""

    exit_code = 10


class WrongParameter(RunError):
    """A name or time in a parameter is unknown to the notebook's source."""

    exit_code = 2


class CellError(RunError):
    """A cell of the notebook raised."""


class KernelDied(RunError):
    """The kernel's process ended while a cell ran."""

    exit_code = 11


class CellTimeout(RunError):
    """One cell ran longer than it may."""

    exit_code = 12


class RunTimeout(RunError):
    """The notebook as a whole ran longer than it may."""

    exit_code = 13


class LeftEarly(RunError):
    """The notebook left by ``sys.exit`` before its last cell."""

    exit_code = 14


class KernelNotStarted(RunError):
    """No kernel came up to run the notebook."""

    exit_code = 15


class NotRendered(RunError):
    """The notebook ran, but its page could not be made."""

    exit_code = 16


class DiskFull(RunError):
    """There was no space left to write the report or the lake."""

    exit_code = 74


class Interrupted(RunError):
    """The runner was interrupted (SIGINT)."""

    exit_code = 130


class Terminated(RunError):
    """The runner was asked to end (SIGTERM)."""

    exit_code = 143


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NUMBER = re.compile(r"\[Errno (\d+)\]")


def is_full(fault: OSError | str) -> bool:
    """Whether a fault says that there is no space left: on the disk, in a quota, or for one file.

    Args:
        fault: the fault, or its text from another process (``[Errno 28] No space left …``).
    """
    if isinstance(fault, OSError):
        return fault.errno in _FULL
    number = _NUMBER.match(fault)
    return number is not None and int(number[1]) in _FULL


_IN_STORE = "SourceError: "
"""How DuckDB begins when reading from a store failed while it answered a question; it hands our
fault on as text of its own."""


def source_fault_in(fault: BaseException) -> str:
    """The line of a ``SourceError`` that an engine hands on as a fault of its own.

    Args:
        fault: the engine's.

    Returns:
        Our line; empty if it is another fault.
    """
    text = str(fault)
    return text.removeprefix(_IN_STORE).splitlines()[0] if text.startswith(_IN_STORE) else ""


_MIN_PART_CHARS = 3
"""Letters that a part of a name has at least."""


def nearest(word: str, names: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the known word nearest to *word*, or nothing.

    Nearest is who is spelt alike, else the shortest name that begins with the word, or holds it.

    By difflib: rapidfuzz finds as many of 250 misspelt codes (208, not 204), and takes longer to
    be imported (90 ms) than it saves in a command's one or two searches (28 ms each).

    Args:
        word: what the user wrote.
        names: the words that would have been right.

    Returns:
        A sentence with a leading space, to be put behind an error, or ``""``.
    """
    from difflib import get_close_matches

    by_folded = {name.casefold(): name for name in names}
    needle = word.strip().casefold()
    match = get_close_matches(needle, by_folded, n=1, cutoff=0.5)
    if not match and len(needle) >= _MIN_PART_CHARS:
        holding = (name for name in by_folded if needle in name)
        match = sorted(holding, key=lambda name: (not name.startswith(needle), len(name), name))
    return f" Did you mean '{by_folded[match[0]]}'?" if match else ""
