"""The catalogue's files are read and checked: the kit's own, and those of the user's folder.

A mistake in the kit's own files is an error. A mistake in the user's folder leaves out the
one file that it is in, and is one line: what the kit knows stays usable.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

import msgspec
import yaml

from kit.base.errors import nearest
from kit.base.exclusive import exclusive
from kit.catalogue.body import Body, CatalogueError, read_steps
from kit.catalogue.lookup import Catalogue
from kit.catalogue.model import (
    HITS,
    EventDetail,
    EventType,
    FrontMatter,
    KindMeaning,
    OktaRefusal,
    Remedy,
    SignInCode,
    WordForm,
    WordGroup,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

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
_FRONT = re.compile(r"---\n(.*?)\n---(?:\n|$)", re.DOTALL)

T = TypeVar("T")


def load(home: Path = HOME) -> Catalogue:
    """Read the catalogue.

    Args:
        home: the folder of the kit's own files.

    Returns:
        The catalogue with what the folder ``$OKTA_KIT_CATALOGUE`` adds; read once, and again
        when a file of that folder changes.

    Raises:
        CatalogueError: a file of the kit's own is missing or does not fit; names the file and
            the field.
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
    lists = {name: (own_rows[name] | ours.rows(name)) | own_rows[name] for name in _LISTS}
    forms = _usable(lists["kind_words.csv"].values(), lists["word_groups.csv"], mine or ours)
    remedies = list(chain.from_iterable(folder.remedies(shared, lists) for folder in folders))
    own_ids = {remedy.id for remedy in remedies if remedy.own}
    digest = hashlib.sha256("\0".join(chain(*(f.texts.values() for f in folders))).encode())
    return Catalogue(
        version=digest.hexdigest()[:12],
        remedies=tuple(r for r in remedies if r.own or r.id not in own_ids),
        sign_in_codes=lists["aadsts.csv"],
        event_types=lists["event_types.csv"],
        event_details=lists["event_details.csv"],
        okta_errors=lists["okta_errors.csv"],
        kinds=lists["kinds.csv"],
        word_forms=tuple(forms),
        word_groups=lists["word_groups.csv"],
        kind_weights=ours.weights(),
        out_of_scope={name: at for folder in folders for name, at in folder.out_of_scope()},
        mistakes=tuple(mine.mistakes) if mine else (),
    )


class _Folder:
    """The files of one folder."""

    def __init__(self, folder: Path, *, own: bool = False) -> None:
        self.own = own
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

    def rows(self, name: str) -> dict[str, Any]:
        """The rows of a list by their codes; a folder of the user's own may lack it."""
        path = next((path for path in self.texts if path.name == name), None)
        if path is None:
            if not self.own:
                raise CatalogueError(f"{name}: it is missing. Reinstall okta-kit.")
            return {}
        return self._read_or_tell(_rows, self._name(path), self.texts[path], _LISTS[name]) or {}

    def weights(self) -> str:
        """The learned weights, as they are written; they are read when they are first needed."""
        path = next((path for path in self.texts if path.name == _WEIGHTS), None)
        if path is None:
            raise CatalogueError(f"{_WEIGHTS}: it is missing. Reinstall okta-kit.")
        return self.texts[path]

    def out_of_scope(self) -> list[tuple[str, str]]:
        """The event types that are known and have no row, each with its ``listed_as``."""
        texts = (text for path, text in self.texts.items() if path.name == _OUT_OF_SCOPE)
        lines = (line.partition("#")[0].split() for line in next(texts, "").splitlines())
        return [(words[0], "".join(words[1:2])) for words in lines if words]

    def remedies(self, shared: Mapping[str, Body], lists: Mapping[str, Any]) -> list[Remedy]:
        """The remedies whose files fit."""
        remedies: list[Remedy] = []
        for path in self.texts:
            if path.suffix == ".md" and path.parent.name != "steps":
                remedy = self._read_or_tell(
                    self._remedy, path, shared, lists["event_types.csv"], remedies
                )
                remedies += [remedy] if remedy else []
        return remedies

    def _remedy(
        self,
        path: Path,
        shared: Mapping[str, Body],
        event_types: Mapping[str, EventType],
        others: Sequence[Remedy],
    ) -> Remedy:
        name = self._name(path)
        front, body = _split(name, self.texts[path])
        remedy = Remedy(
            **msgspec.structs.asdict(front),
            path=path,
            body=Body(name, body, shared),
            own=self.own,
        )
        _check(path, remedy)
        for other in others:
            if other.app == remedy.app and (twice := other.codes.keys() & remedy.codes.keys()):
                raise CatalogueError(f"{name}: codes: {min(twice)} stands in {other.id} already.")
        if self.own:  # a person's own file is read whole at once; a test reads the kit's
            check_evidence(remedy, event_types)
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
    forms: Iterable[WordForm], groups: Mapping[str, WordGroup], folder: _Folder
) -> list[WordForm]:
    """The word forms whose groups are all there; what names another one is reported."""
    fit: list[WordForm] = []
    for form in forms:
        group_names = re.findall(r"\{(\w+)\}", f"{form.words} {form.beside} {form.unless}")
        missing = next((name for name in group_names if name not in groups), None)
        if missing is None:
            fit.append(form)
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


def _split(name: str, text: str) -> tuple[FrontMatter, str]:
    """The front matter and the body of a remedy's file."""
    match = _FRONT.match(text)
    if not match:
        raise CatalogueError(f"{name}: it does not begin with front matter between two '---'.")
    try:
        front = yaml.load(match[1], Loader=_Yaml)  # noqa: S506  # a safe one, in C
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 2 if fault.problem_mark else 1
        raise CatalogueError(f"{name}: line {line}: {fault.problem}.") from None
    except yaml.YAMLError as fault:
        raise CatalogueError(f"{name}: {' '.join(str(fault).split())}.") from None
    except ValueError as fault:  # YAML makes a date of what looks like one
        raise CatalogueError(f"{name}: checked: {fault}.") from None
    try:
        return msgspec.convert(front, FrontMatter), text[match.end() :]
    except msgspec.ValidationError as fault:
        raise CatalogueError(f"{name}: {_in_words(str(fault), FrontMatter)}") from None


class _Yaml(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Refuses a field that stands there twice, of which YAML keeps the last in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        keys: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key.value, str):
                continue  # no scalar; what comes of it is refused with its field
            if key.value in keys:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value} stands there twice", key.start_mark
                )
            keys.add(key.value)
        return super().construct_mapping(node, deep)


def _check(path: Path, remedy: Remedy) -> None:
    """See that the fields of a front matter fit one another."""
    name = remedy.body.file
    if remedy.id != path.stem:
        raise CatalogueError(f"{name}: id: it is {remedy.id!r}; write the file's name.")
    if not remedy.codes and not remedy.subjects:
        raise CatalogueError(f"{name}: codes: there is none.")
    for field in ("texts", "event_types", "wrappers", "only_listed", "kinds"):
        entries = getattr(remedy, field)
        for code in entries.values() if field in ("texts", "event_types") else entries:
            if code not in remedy.codes:
                raise CatalogueError(
                    f"{name}: {field}: {code} is none of its codes.{nearest(code, remedy.codes)}"
                )
    if not all(all(text.contains) for text in remedy.known_texts):
        raise CatalogueError(f"{name}: texts: words stand before and after '…'.")


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
        raise CatalogueError(f"{name}: {where}{_in_words(reason, kind)}") from None
    key = msgspec.structs.fields(kind)[0].name
    by_key = {getattr(row, key): row for row in records}
    if len(by_key) < len(records):
        codes = [getattr(row, key) for row in records]
        twice = next(code for code in codes if codes.count(code) > 1)
        raise CatalogueError(f"{name}: {key}: {twice} stands there twice.")
    return by_key


def _in_words(reason: str, kind: type[Any]) -> str:
    """What msgspec refused, with the field first and what would have been right."""
    fields = get_type_hints(kind, include_extras=True)
    what, _, place = reason.partition(" - at ")
    if match := re.search(r"missing required field `(\w+)`", what):
        return f"{match[1]}: it is missing."
    if match := re.search(r"unknown field `(\w+)`", what):
        return f"{match[1]}: there is no such field.{nearest(match[1], fields)}"
    path = re.search(r"\$(?:\[\d+\])?\.(\w+)", place)
    field = path[1] if path else ""
    allowed = [str(v) for v in _values(fields.get(field)) if v]
    what = what.replace("Object", "A mapping", 1) if not field else what
    hint = f"; it is one of {', '.join(allowed)}" if allowed and "enum" in what else ""
    return f"{field}: {what}{hint}." if field else f"{what}{hint}."


def _values(hint: Any) -> Iterable[Any]:
    """The values of a Literal, or of a union of them."""
    for value in get_args(hint):
        yield from _values(value) if get_args(value) else [value]
