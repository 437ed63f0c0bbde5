"""What of the kit's own files is read when it is asked for.

A command that explains one code needs one remedy of two hundred. A name stands in its file as it
is written (a test sees to that), so only what has the name in its text is read; to look through
the texts takes a hundredth of the time of reading them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, overload

from kit.base.exclusive import exclusive

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.catalogue.model import Remedy

__all__ = ["Remedies", "RemedyFile", "Rows"]

T = TypeVar("T")

_FEW = 32
"""So many keys one command looks for; who looks for more finds them sooner among the rows."""


@exclusive
def _in_turn(read: Callable[[], T]) -> T:
    return read()


class Rows(Mapping[str, T]):
    """The rows of a list by their first column."""

    def __init__(self, text: str, read: Callable[[], dict[str, T]]) -> None:
        """Take in a list.

        Args:
            text: where each key of it stands.
            read: gives its rows.
        """
        self._text = text
        self._read = read
        self._looks = 0

    @cached_property
    def _rows(self) -> dict[str, T]:
        return _in_turn(self._read)

    def _may_hold(self, key: object) -> bool:
        if "_rows" in vars(self):
            return True
        self._looks += 1
        return self._looks > _FEW or (isinstance(key, str) and key in self._text)

    def __getitem__(self, key: str) -> T:
        if not self._may_hold(key):
            raise KeyError(key)
        return self._rows[key]

    # The two below would do without: they are asked for every event of a log.

    def __contains__(self, key: object) -> bool:
        return self._may_hold(key) and key in self._rows

    def get(self, key: str, default: Any = None) -> Any:
        """The row of a key, else what stands for none."""
        return self._rows.get(key, default) if self._may_hold(key) else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class RemedyFile:
    """A remedy's file, which is read once."""

    def __init__(self, text: str, read: Callable[[], Remedy]) -> None:
        """Take in a file.

        Args:
            text: its front matter, where each of its codes and subjects stands.
            read: gives its remedy.
        """
        self.folded_text = text.casefold()
        self._read = read

    @cached_property
    def remedy(self) -> Remedy:
        """The remedy.

        Raises:
            CatalogueError: the file does not fit; names it and the field.
        """
        return _in_turn(self._read)

    @property
    def is_read(self) -> bool:
        """Whether it was asked for before."""
        return "remedy" in vars(self)


class Remedies(Sequence["Remedy"]):
    """The remedies of a catalogue in their order."""

    def __init__(self, files: Sequence[RemedyFile]) -> None:
        """Take in their files."""
        self._files = files

    @cached_property
    def _all(self) -> tuple[Remedy, ...]:
        return tuple(file.remedy for file in self._files)

    def mentioning(self, name: str) -> Iterator[Remedy]:
        """Those in whose files a name stands, in any case, so those that it can be a code of.

        Args:
            name: a code, or a subject of the code lists.
        """
        folded = name.casefold()
        return (file.remedy for file in self._files if folded in file.folded_text)

    @property
    def are_read(self) -> bool:
        """Whether all were asked for before."""
        return "_all" in vars(self)

    @overload
    def __getitem__(self, at: int) -> Remedy: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Remedy, ...]: ...

    def __getitem__(self, at: int | slice) -> Remedy | tuple[Remedy, ...]:
        return self._all[at]

    def __iter__(self) -> Iterator[Remedy]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._files)
