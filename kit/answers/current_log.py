"""The log that an assistant's questions are put to, as it is now; without names where asked for."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kit.base.tempdirs import temporary_folder
from kit.lake.marks import marks_place, read_marks
from kit.log.log import open_log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kit.lake.marks import Mark
    from kit.log.log import Log
    from kit.reports.people import People

__all__ = ["CurrentLog"]


class CurrentLog:
    """A source that stays open, and is opened anew when its lake has changed."""

    def __init__(self, names: Sequence[str], open_: Callable[[], Log], *, redact: bool) -> None:
        """Open it.

        Args:
            names: the source's names, as ``open_log`` takes them.
            open_: opens it.
            redact: put pseudonyms in the places of people and of the source's files.

        Raises:
            SourceError: it cannot be read, or holds nothing.
            UsageError: it is that of many orgs, whose names are not taken out at once.
        """
        self._names = [*names]
        self._open = open_
        self.redacted = redact
        self._people: People | None = None
        self._files = ExitStack()
        self._log, self._state = self._open_anew()

    def log(self) -> Log:
        """The log, with what was imported or pulled since the last question.

        Raises:
            SourceError: it cannot be read any more.
        """
        if self._state is not None and _state_of(self._original) != self._state:
            before, self._files = self._files, ExitStack()
            try:
                self._log, self._state = self._open_anew()
            except BaseException:
                self._files = before
                raise
            before.close()
        return self._log

    def marks(self) -> dict[str, Mark]:
        """What people say of its incidents, by incident's id."""
        marks = read_marks(marks_place(self._names, "reports"))
        return {
            name: replace(one, by=None, note=one.note and self.safe(one.note))
            for name, one in marks.items()
        }

    def safe(self, text: str) -> str:
        """A text as it may be handed on: without people and the source's files, if so asked for."""
        if self._people is None:
            return text
        from kit.reports.redact import hide_source

        safe_text = hide_source(text, ",".join(self._names), self._people.key)
        return self._people.redact(safe_text)

    def safe_message(self, login: str | None, *texts: str) -> tuple[str | None, list[str]]:
        """The person whom a message names, and parts of it, as they may be handed on."""
        if self._people is None or not login:
            return login, [self.safe(text) for text in texts]
        name = self.safe(login)
        if name == login:  # nobody whom the log knows
            name = self._people.key.pseudonym("login", login)
        return name, [self.safe(text.replace(login, name)) for text in texts]

    def keep_pseudonyms(self) -> None:
        """Keep what each new pseudonym stands for, so that the key resolves it."""
        if self._people is not None:
            self._people.key.save()

    def close(self) -> None:
        """Remove what was made to answer."""
        self._files.close()

    def _open_anew(self) -> tuple[Log, Any]:
        self._original = log = self._open()
        state = _state_of(log)
        return (self._without_people(log) if self.redacted else log), state

    def _without_people(self, log: Log) -> Log:
        from kit.reports.people import People
        from kit.reports.pseudonyms import Key, key_path
        from kit.reports.redact import redacted_copy, source_pseudonym

        people = People(Key.load_or_make(key_path()))
        folder = self._files.enter_context(temporary_folder()) / "without-names"
        redacted_copy(log, folder, people)
        self._people = people
        source = source_pseudonym(",".join(self._names), people.key)
        people.key.save()
        copy = open_log(folder)
        return replace(copy, source=source, growing=log.growing, repeats=log.repeats)


def _state_of(log: Log) -> list[Any] | None:
    """What changes with a lake that may grow; None of files, which were read as a whole."""
    if not log.growing:
        return None
    return [lake.manifest() for lake in log.lakes.values()]
