"""The catalogue's files are read and checked: the kit's own, and those of the user's folder.

A mistake in the kit's own files is an error. A mistake in the user's folder leaves out the
one file that it is in, and is one line: what the kit knows stays usable.
"""

from __future__ import annotations

import csv
import os
import re
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from kit.base.errors import nearest
from kit.base.exclusive import exclusive
from kit.catalogue.body import Body, CatalogueError, read_steps
from kit.catalogue.front_matter import check_fields, read_front, split, what_is_wrong
from kit.catalogue.lookup import Catalogue
from kit.catalogue.model import (
    HITS,
    EventDetail,
    EventType,
    KindMeaning,
    OktaRefusal,
    Remedy,
    SignInCode,
    WordForm,
    WordGroup,
)
from kit.catalogue.unread import Remedies, RemedyFile, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["HOME", "OWN", "check_event_types", "check_evidence", "load"]

HOME = Path(__file__).parent
"""The folder of the kit's own files."""

OWN = "OKTA_KIT_CATALOGUE"
"""The environment variable that names a folder of the user's own."""

_LISTS: dict[str, type[msgspec.Struct]] = {
    "aadsts.csv": SignInCode,
    "event_types.csv": EventType,
    "event_details.csv": EventDetail,
    "okta_errors.csv": OktaRefusal,
    "kinds.csv": KindMeaning,
    "kind_words.csv": WordForm,
    "word_groups.csv": WordGroup,
}
_OUT_OF_SCOPE = "event_types_out_of_scope.txt"
_WEIGHTS = "kind_weights.csv"

T = TypeVar("T")


def load(home: Path = HOME) -> Catalogue:
    """Read the catalogue.

    Args:
        home: the folder of the kit's own files.

    Returns:
        The catalogue with what the folder ``$OKTA_KIT_CATALOGUE`` adds; read once, and again
        when a file of that folder changes.

    Raises:
        CatalogueError: a file of the kit's own is missing. One that does not fit is named, with
            the field, when it is asked for: of the kit's own what is not needed is not read.
    """
    own = Path(os.environ[OWN]).expanduser() if os.environ.get(OWN) else None
    return _load(home, own, _stamp(own))


def _stamp(own: Path | None) -> tuple[tuple[str, int, int], ...]:
    """What tells one state of the user's folder from another."""
    if own is None:
        return ()
    return tuple((str(path), *_state(path)) for path in _files(own))


def _state(path: Path) -> tuple[int, int]:
    try:
        at = path.stat()
    except OSError:  # a link to nowhere; reading it says so
        return 0, 0
    return at.st_mtime_ns, at.st_size


def _files(folder: Path) -> list[Path]:
    """All files of a catalogue's folder, in the order in which they are read."""
    lists = (*_LISTS, _OUT_OF_SCOPE, _WEIGHTS)
    notes = sorted(path for path in folder.rglob("*.md") if path.name.casefold() != "readme.md")
    return [*notes, *(folder / name for name in lists if (folder / name).is_file())]


@exclusive
@lru_cache(maxsize=4)
def _load(home: Path, own: Path | None, _: tuple[tuple[str, int, int], ...]) -> Catalogue:
    ours, mine = _Folder(home), _Folder(own, own=True) if own else None
    folders = [folder for folder in (mine, ours) if folder]
    shared = {name: body for folder in reversed(folders) for name, body in folder.shared.items()}
    own_rows = {name: mine.rows(name) if mine else {} for name in _LISTS}
    groups = _merged(own_rows["word_groups.csv"], ours, "word_groups.csv")
    if mine:
        own_rows["kind_words.csv"] = _usable(own_rows["kind_words.csv"], groups, mine)
    lists = {name: _merged(own_rows[name], ours, name) for name in _LISTS}
    remedies = [folder.remedies(shared, lists["event_types.csv"]) for folder in folders]
    files = {id_: file for by_id in reversed(remedies) for id_, file in by_id.items()}
    return Catalogue(
        texts=tuple(chain.from_iterable(folder.texts.values() for folder in folders)),
        remedies=Remedies([files.pop(id_) for by_id in remedies for id_ in by_id if id_ in files]),
        sign_in_codes=lists["aadsts.csv"],
        event_types=lists["event_types.csv"],
        event_details=lists["event_details.csv"],
        okta_errors=lists["okta_errors.csv"],
        kinds=lists["kinds.csv"],
        word_forms=lists["kind_words.csv"],
        word_groups=groups,
        kind_weights=ours.weights(),
        out_of_scope={name: at for folder in folders for name, at in folder.out_of_scope()},
        mistakes=tuple(mine.mistakes) if mine else (),
    )


def _merged(own: dict[str, Any], ours: _Folder, name: str) -> Rows[Any]:
    """The rows of a list, the user's own first and before the kit's of the same key."""

    def rows() -> dict[str, Any]:
        return (own | ours.rows(name)) | own

    return Rows("\n".join([*own, ours.text(name)]), rows)


class _Folder:
    """The files of one folder."""

    def __init__(self, folder: Path, *, own: bool = False) -> None:
        self.folder, self.own = folder, own
        self.mistakes: list[str] = []
        self.texts: dict[Path, str] = {}
        if not folder.is_dir():
            self.tell(CatalogueError(f"${OWN}: there is no folder {folder}."))
        for path in _files(folder):
            if (text := self._read_or_tell(_text, path)) is not None:
                self.texts[path] = text
        steps = [path for path in self.texts if path.parent.name == "steps"]
        bodies = [self._read_or_tell(self._steps, path) for path in steps]
        self.shared = {path.stem: body for path, body in zip(steps, bodies, strict=True) if body}

    def text(self, name: str) -> str:
        """What stands in a list; nothing where a folder of the user's own lacks it."""
        text = self.texts.get(self.folder / name)
        if text is None and not self.own:
            raise CatalogueError(f"{name}: it is missing. Reinstall okta-kit.")
        return text or ""

    def rows(self, name: str) -> dict[str, Any]:
        """The rows of a list by their codes."""
        text = self.text(name)
        place = str(self.folder / name) if self.own else name
        return (self._read_or_tell(_rows, place, text, _LISTS[name]) if text else None) or {}

    def weights(self) -> str:
        """The learned weights, as they are written; they are read when they are first needed."""
        return self.text(_WEIGHTS)

    def out_of_scope(self) -> list[tuple[str, str]]:
        """The event types that are known and have no row, each with its ``listed_as``."""
        texts = (text for path, text in self.texts.items() if path.name == _OUT_OF_SCOPE)
        lines = (line.partition("#")[0].split() for line in next(texts, "").splitlines())
        return [(words[0], "".join(words[1:2])) for words in lines if words]

    def remedies(
        self, shared: Mapping[str, Body], event_types: Mapping[str, EventType]
    ) -> dict[str, RemedyFile]:
        """The files of remedies by their ids; a person's own are read at once, and only if fit."""
        files: dict[str, RemedyFile] = {}
        claimed: list[Remedy] = []
        for path, text in self.texts.items():
            if path.suffix == ".md" and path.parent.name != "steps":
                front = text.partition("\n---")[0]
                file = RemedyFile(front, partial(self._remedy, path, shared))
                if self.own:  # a test reads the kit's
                    remedy = self._read_or_tell(_check_own, file, event_types, claimed)
                    if remedy is None:
                        continue
                    claimed.append(remedy)
                files[path.stem] = file
        return files

    def _remedy(self, path: Path, shared: Mapping[str, Body]) -> Remedy:
        name = self._name(path)
        front, body = split(name, self.texts[path])
        remedy = Remedy(
            **msgspec.structs.asdict(read_front(name, front)),
            path=path,
            body=Body(name, body, shared),
            own=self.own,
        )
        check_fields(path, remedy)
        return remedy

    def _steps(self, path: Path) -> Body:
        body = Body(self._name(path), self.texts[path])
        if self.own:
            read_steps(body)
        return body

    def _name(self, path: Path) -> str:
        return str(path) if self.own else path.name

    def _read_or_tell(self, read: Callable[..., T], *arguments: Any) -> T | None:
        try:
            return read(*arguments)
        except CatalogueError as fault:
            self.tell(fault)
            return None

    def tell(self, fault: CatalogueError) -> None:
        """Note a mistake of the user's; one of the kit's own is an error."""
        if not self.own:
            raise fault
        self.mistakes.append(str(fault))


def _check_own(
    file: RemedyFile, event_types: Mapping[str, EventType], others: Iterable[Remedy]
) -> Remedy:
    """Read a person's own file whole, and see that no other one claims its codes."""
    remedy = file.remedy
    for other in others:
        if other.app == remedy.app and (twice := other.codes.keys() & remedy.codes.keys()):
            raise CatalogueError(
                f"{remedy.body.file}: codes: {min(twice)} stands in {other.id} already."
            )
    check_evidence(remedy, event_types)
    return remedy


def check_event_types(
    event_types: Mapping[str, EventType], details: Mapping[str, EventDetail]
) -> None:
    """See that the event types that the rows of the lists name are known.

    Raises:
        CatalogueError: one is not.
    """
    mentions = [
        ("event_types.csv", one.event_type, t)
        for one in event_types.values()
        for t in one.successes
    ]
    mentions += [("event_details.csv", one.detail, one.event_type) for one in details.values()]
    for file, row, event_type in mentions:
        if event_type not in event_types:
            hint = nearest(event_type, event_types) or " Add it to event_types.csv."
            raise CatalogueError(f"{file}: {row}: {event_type} is no known event type.{hint}")


def check_evidence(remedy: Remedy, event_types: Mapping[str, EventType]) -> None:
    """See that the event types a remedy names are known.

    Raises:
        CatalogueError: one is not; or the remedy's body does not fit.
    """
    evidence_types = [e for step in remedy.steps if step.evidence for e in step.evidence.events]
    for event_type in chain(evidence_types, remedy.event_types):
        if event_type not in event_types:
            hint = nearest(event_type, event_types) or " Add it to event_types.csv."
            raise CatalogueError(
                f"{remedy.body.file}: {event_type} is no event type of event_types.csv.{hint}"
            )


def _usable(
    forms: Mapping[str, WordForm], groups: Mapping[str, WordGroup], folder: _Folder
) -> dict[str, WordForm]:
    """The word forms whose groups are all there; what names another one is reported."""
    fit: dict[str, WordForm] = {}
    for words, form in forms.items():
        group_names = re.findall(r"\{(\w+)\}", f"{form.words} {form.beside} {form.unless}")
        missing = next((name for name in group_names if name not in groups), None)
        if missing is None:
            fit[words] = form
        else:
            hint = nearest(missing, groups) or " Add it to word_groups.csv."
            folder.tell(
                CatalogueError(
                    f"kind_words.csv: {form.words}: there is no group '{missing}'.{hint}"
                )
            )
    return fit


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        why = getattr(fault, "strerror", None) or "it is no UTF-8 text"
        raise CatalogueError(f"{path}: cannot be read ({why}).") from None


def _rows(name: str, text: str, kind: type[Any]) -> dict[str, Any]:
    """The rows of a list by their first column."""
    rows = [{k: v for k, v in row.items() if v} for row in csv.DictReader(text.splitlines())]
    for line, row in enumerate(rows, 2):
        if row.pop("failures_only", "").casefold() == "true":  # the column's name before
            row.setdefault("verdict", "only_fails")
        if name == "event_details.csv" and "value" in row:
            row["value"] = row["value"].casefold()
        for word in row.get("hit", "").split():
            if word not in HITS:
                allowed = ", ".join(HITS)
                raise CatalogueError(f"{name}: line {line}: hit: {word} is none of {allowed}.")
    try:
        records = msgspec.convert(rows, list[kind], strict=False)  # type: ignore[valid-type]
    except msgspec.ValidationError as fault:
        reason = str(fault)
        place = re.search(r"\$\[(\d+)\]", reason)
        where = f"line {int(place[1]) + 2}: " if place else ""
        raise CatalogueError(f"{name}: {where}{what_is_wrong(reason, kind)}") from None
    key = msgspec.structs.fields(kind)[0].name
    by_key = {getattr(row, key): row for row in records}
    if len(by_key) < len(records):
        codes = [getattr(row, key) for row in records]
        twice = next(code for code in codes if codes.count(code) > 1)
        raise CatalogueError(f"{name}: {key}: {twice} stands there twice.")
    return by_key
