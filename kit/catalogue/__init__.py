"""What codes and event types mean, and the remedies: data files and one loader.

The files are the catalogue: ``remedies/*.yaml``, ``steps.yaml``, ``aadsts.csv``,
``event_types.csv`` and ``okta_errors.csv``. Adding a code, a remedy or an event type is a line
in one of them.
``README.md`` beside them describes their fields.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import yaml

from kit.errors import KitError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Catalogue",
    "CatalogueError",
    "EventType",
    "Evidence",
    "KnownText",
    "OktaRefusal",
    "Remedy",
    "SignInCode",
    "Step",
    "load",
]

HOME = Path(__file__).parent

Owner = Literal[
    "okta_admin", "microsoft_admin", "app_owner", "data_owner", "directory_admin", "wait"
]
Retry = Literal["after_fix", "wait", "reassign", "automatic"]


class CatalogueError(KitError):
    """A data file of the catalogue is wrong; says which and where."""


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a data file; a misspelt field is an error, no silence."""


class Evidence(_Strict, frozen=True):
    """How the log shows that a step was done."""

    kind: Literal["event", "first_success", "no_recurrence", "all_recovered", "sync_state"]
    events: tuple[str, ...] = ()
    """For ``event``: the event types on the app that show it."""


class Step(_Strict, frozen=True):
    """One step of a remedy: what to do, and what to see after it."""

    title: str
    do: str
    see: str
    evidence: Evidence | None = None


class KnownText(_Strict, frozen=True):
    """A text that has a name: ``code`` where all of ``contains`` stand in it, without case."""

    code: str
    contains: tuple[str, ...]


class Remedy(_Strict, frozen=True):
    """Cause, owner and steps for one or more codes."""

    id: str
    title: str
    family: str
    codes: dict[str, str]
    """Each code with its meaning, in a sentence."""
    cause: str
    owner: Owner
    retry: Retry
    blast_radius: Literal["connection", "group", "user"]
    steps: tuple[Step, ...]
    verify: tuple[str, ...]
    app: str | None = None
    texts: tuple[KnownText, ...] = ()
    retry_note: str = ""
    avoid: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    background: str = ""


class SignInCode(msgspec.Struct, frozen=True):
    """One row of ``aadsts.csv``: a code of Microsoft's sign-in service."""

    code: str
    symbol: str
    subject: str
    retry: str
    meaning: str


class EventType(msgspec.Struct, frozen=True):
    """One row of ``event_types.csv``."""

    event_type: str
    operation: str
    failures_only: bool
    meaning: str


class OktaRefusal(msgspec.Struct, frozen=True):
    """One row of ``okta_errors.csv``: what Okta's API or its sign-in answers."""

    code: str
    """``E0000011``, ``invalid_scope``, or ``HTTP_401`` where the answer holds no code."""
    retry: str
    meaning: str
    do: str


@dataclass(frozen=True)
class Catalogue:
    """All that the data files say."""

    version: str
    """Twelve hex digits that change with any data file."""
    remedies: tuple[Remedy, ...]
    sign_in_codes: Mapping[str, SignInCode]
    event_types: Mapping[str, EventType]
    okta_errors: Mapping[str, OktaRefusal]

    @cached_property
    def failure_types(self) -> frozenset[str]:
        """Event types that exist only for failures."""
        return frozenset(t.event_type for t in self.event_types.values() if t.failures_only)

    @cached_property
    def _by_code(self) -> dict[str, Remedy]:
        return {code: remedy for remedy in self.remedies for code in remedy.codes}

    @cached_property
    def _texts(self) -> list[tuple[tuple[str, ...], str]]:
        """Known texts, the most specific first."""
        texts = [(t.contains, t.code) for remedy in self.remedies for t in remedy.texts]
        return sorted(texts, key=lambda t: (-sum(map(len, t[0])), t[1]))

    def remedy(self, code: str) -> Remedy | None:
        """The remedy for a code."""
        return self._by_code.get(code)

    def okta_error(self, code: str) -> OktaRefusal | None:
        """What an error code of Okta's API means."""
        return self.okta_errors.get(code)

    def meaning(self, code: str) -> str | None:
        """What a code means, in a sentence without its full stop."""
        if remedy := self.remedy(code):
            return remedy.codes[code]
        known = self.sign_in_codes.get(code)
        return (known.meaning or None) if known else None

    def family(self, code: str) -> str:
        """The subject a code belongs to; never empty."""
        if remedy := self.remedy(code):
            return remedy.family
        if code.startswith("AADSTS"):
            known = self.sign_in_codes.get(code)
            subject = known.subject.replace("_", " ") if known else ""
            return f"Microsoft sign-in: {subject}" if subject else "Microsoft sign-in"
        if code.startswith("UNKNOWN_"):
            return "Unknown text"
        if code.startswith("HTTP_"):
            return code.replace("_", " ")
        if code.startswith("E0000"):
            return "Okta API"
        return "Other"

    def retry(self, code: str) -> str | None:
        """Whether a retry helps."""
        if remedy := self.remedy(code):
            return remedy.retry
        known = self.sign_in_codes.get(code)
        return (known.retry or None) if known else None

    def owner(self, code: str) -> str | None:
        """Whose job it is."""
        if remedy := self.remedy(code):
            return remedy.owner
        return "microsoft_admin" if code in self.sign_in_codes else None

    def links(self, code: str) -> list[str]:
        """Pages to read on about a code."""
        remedy = self.remedy(code)
        found = list(remedy.links) if remedy else []
        if code.startswith("AADSTS"):
            found.append(f"https://login.microsoftonline.com/error?code={code[6:]}")
        return found

    def name_text(self, text: str, vendor_code: str | None, http_status: int | None) -> str | None:
        """Name a known text.

        Args:
            text: what is left of a message inside all its layers.
            vendor_code: the vendor's code in it; a name refines it, but never contradicts.
            http_status: the HTTP status in it; a name for a known text goes before it.

        Returns:
            The name; None where the catalogue does not know the text.
        """
        del http_status
        folded = text.casefold()
        for parts, code in self._texts:
            fits = vendor_code is None or code.partition("#")[0] == vendor_code
            if fits and all(part in folded for part in parts):
                return code
        return None

    def operation(self, event_type: str) -> str | None:
        """What an event type attempts, in the words of Okta's tasks."""
        known = self.event_types.get(event_type)
        return (known.operation or None) if known else None

    def nearest(self, code: str) -> str:
        """A sentence with the known code nearest to a wrong one, or nothing."""
        return nearest(code, [*self._by_code, *self.sign_in_codes])


@cache
def load(home: Path = HOME) -> Catalogue:
    """Read the catalogue.

    Args:
        home: the folder of its data files.

    Returns:
        The catalogue; read once a process.

    Raises:
        CatalogueError: a file is missing or does not fit; names the file and the field.
    """
    files = [
        *sorted((home / "remedies").glob("*.yaml")),
        home / "steps.yaml",
        home / "aadsts.csv",
        home / "event_types.csv",
        home / "okta_errors.csv",
    ]
    contents = {path: _text(path) for path in files}
    digest = hashlib.sha256("\0".join(contents.values()).encode()).hexdigest()
    shared = _yaml(home / "steps.yaml", contents)
    remedies = tuple(_remedy(path, contents, shared) for path in files[:-4])
    _no_code_twice(remedies)
    return Catalogue(
        version=digest[:12],
        remedies=remedies,
        sign_in_codes={r.code: r for r in _rows(home / "aadsts.csv", contents, SignInCode)},
        event_types={r.event_type: r for r in _rows(home / "event_types.csv", contents, EventType)},
        okta_errors={r.code: r for r in _rows(home / "okta_errors.csv", contents, OktaRefusal)},
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise CatalogueError(f"{path}: cannot be read ({fault.strerror}).") from None


def _yaml(path: Path, contents: dict[Path, str]) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(contents[path], Loader=loader)  # noqa: S506  # the safe one, in C
    except yaml.YAMLError as fault:
        raise CatalogueError(f"{path.name}: {' '.join(str(fault).split())}") from None


def _remedy(path: Path, contents: dict[Path, str], shared: dict[str, Any]) -> Remedy:
    found = _yaml(path, contents)
    steps: list[Any] = []
    for step in found.get("steps") or []:
        if (name := step.get("use")) is None:
            steps.append(step)
        elif name in shared:
            steps.extend(shared[name])
        else:
            raise CatalogueError(f"{path.name}: no steps {name!r}.{nearest(name, shared)}")
    try:
        return msgspec.convert({**found, "steps": steps}, Remedy)
    except msgspec.ValidationError as fault:
        raise CatalogueError(f"{path.name}: {fault}") from None


def _rows(path: Path, contents: dict[Path, str], kind: type[Any]) -> list[Any]:
    try:
        rows = list(csv.DictReader(contents[path].splitlines()))
        return [msgspec.convert(row, kind, strict=False) for row in rows]
    except msgspec.ValidationError as fault:
        raise CatalogueError(f"{path.name}: {fault}") from None


def _no_code_twice(remedies: tuple[Remedy, ...]) -> None:
    seen: dict[str, str] = {}
    for remedy in remedies:
        for code in remedy.codes:
            if code in seen:
                raise CatalogueError(f"{code} stands in {seen[code]} and in {remedy.id}.")
            seen[code] = remedy.id
