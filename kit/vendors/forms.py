"""The vendors whose records are read, as the ``.toml`` files of this folder tell of them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kit.base.exclusive import exclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

__all__ = [
    "Layout",
    "Logged",
    "RecordKind",
    "Vendor",
    "audit_logs",
    "record_marks",
    "title_of",
    "vendor_of",
    "vendor_of_log",
    "vendors",
]


class RecordKind(msgspec.Struct, frozen=True):
    """One kind of record."""

    name: str
    signs: list[list[str]]
    """A record has a name of each line."""
    names: dict[str, list[str]]
    """Under which names what it says may stand, the best first."""
    never: list[str] = []
    """Names that a record of this kind has not."""

    def fits(self, names: AbstractSet[str]) -> bool:
        """Whether a record with these names, plain_name, is of this kind."""
        return all(any(one in names for one in line) for line in self.signs) and not any(
            one in names for one in self.never
        )


class Speaks(msgspec.Struct, frozen=True):
    """Of which failures a vendor's records can speak."""

    codes: list[str] = []
    """How their codes begin."""
    families: list[str] = []
    """How their families begin."""
    apps: list[str] = []
    """Words of the names of apps, lower case."""


class Logged(msgspec.Struct, frozen=True):
    """In which logs some refusals can stand."""

    logs: list[str]
    codes: list[str] = []
    begins: list[str] = []
    """How their codes begin."""
    families: list[str] = []
    """How their families begin."""
    texts: list[str] = []
    """What stands in their texts, lower case."""
    request_id: bool = False
    """Whether a request id in a text says so."""
    record_code: str = ""
    """The code that a record of such a refusal has, if it is not the failure's."""

    def fits(self, code: str, family: str, text: str, request_id: str | None) -> bool:
        """Whether a failure is one of these."""
        return (
            code in self.codes
            or code.startswith(tuple(self.begins))
            or family.startswith(tuple(self.families))
            or (self.request_id and request_id is not None)
            or any(one in text for one in self.texts)
        )


class OktaSide(msgspec.Struct, frozen=True):
    """How the vendor's records show that it was Okta who asked."""

    applications: list[str] = []
    """Words of the names of Okta's own applications, lower case."""


class Vendor(msgspec.Struct, frozen=True):
    """One vendor."""

    name: str
    title: str
    marks: list[str]
    """A record in any form has one of these texts in it."""
    kind: list[RecordKind]
    logs: dict[str, str] = {}
    """Tables, categories, event types and beginnings of file names, plain_name: to the log."""
    titles: dict[str, str] = {}
    """What people call a log."""
    speaks: Speaks = Speaks()
    logged: list[Logged] = []
    exports: dict[str, str] = {}
    """Where a person exports a log."""
    audit: str = "audit"
    """The log of changes."""
    has_request_ids: bool = True
    """Whether Okta's texts carry ids of the vendor's records."""
    okta: OktaSide = OktaSide()
    types: dict[str, str] = {}
    """Words for what some forms write as a letter."""

    def logs_of(
        self, code: str, family: str = "", text: str = "", request_id: str | None = None
    ) -> tuple[str, ...]:
        """The logs in which a refusal can stand; none where it is no refusal of the vendor's.

        Args:
            code: the failure's code.
            family: its family.
            text: its text.
            request_id: the vendor's request id in that text.
        """
        line = self.refusal(code, family, text, request_id)
        return tuple(line.logs) if line else ()

    def refusal(
        self, code: str, family: str = "", text: str = "", request_id: str | None = None
    ) -> Logged | None:
        """What is known of refusals such as a failure; see ``logs_of``."""
        low = text.casefold()
        return next((one for one in self.logged if one.fits(code, family, low, request_id)), None)

    def kind_of(self, names: AbstractSet[str]) -> RecordKind | None:
        """The kind of a record with these names, plain_name."""
        return next((kind for kind in self.kind if kind.fits(names)), None)


@dataclass(frozen=True, slots=True)
class Layout:
    """Records of one kind that have the same names."""

    vendor: Vendor
    kind: RecordKind
    columns: tuple[str, ...]
    """What these records can say."""
    firsts: Callable[[dict[str, Any]], tuple[Any, ...]]
    """What stands under the best name of each column."""
    others: tuple[tuple[str, tuple[str, ...]], ...]
    """Further names of a column, where it may stand under several."""

    @classmethod
    def of(cls, vendor: Vendor, kind: RecordKind, names: Iterable[str]) -> Layout:
        """The layout of records with these names."""
        there = set(names)
        places = {
            column: some_there
            for column, some in kind.names.items()
            if (some_there := tuple(name for name in some if name in there))
        }
        others = {column: some[1:] for column, some in places.items() if len(some) > 1}
        bests = [some[0] for some in places.values()]  # two at least, as signs demand
        return cls(vendor, kind, tuple(places), itemgetter(*bests), tuple(others.items()))

    def values(self, fields: dict[str, Any]) -> dict[str, Any]:
        """What a record says: by column the first value that is not empty."""
        values = dict(zip(self.columns, self.firsts(fields), strict=True))
        for column, names in self.others:
            if values[column] in _EMPTY:
                values[column] = next(
                    (v for one in names if (v := fields[one]) not in _EMPTY), None
                )
        return values


_EMPTY = (None, "")


@exclusive
@cache
def vendors() -> tuple[Vendor, ...]:
    """All vendors."""
    texts = (path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.toml")))
    entries = [entry for text in texts for entry in tomllib.loads(text)["vendor"]]
    return msgspec.convert(entries, tuple[Vendor, ...])


@cache
def record_marks() -> tuple[bytes, ...]:
    """Of these a text has one in it that may be a record, the most frequent first."""
    return tuple(dict.fromkeys(mark.encode() for vendor in vendors() for mark in vendor.marks))


def vendor_of(name: str) -> Vendor:
    """A vendor by its name."""
    return next(one for one in vendors() if one.name == name)


def vendor_of_log(log: str) -> str:
    """The name of the vendor that has a log; logs of two vendors have no name in common."""
    return next((one.name for one in vendors() if log in one.titles), "")


def audit_logs() -> tuple[str, ...]:
    """The logs of changes of all vendors."""
    return tuple(sorted({one.audit for one in vendors()}))


def title_of(vendor: str, log: str | None = None) -> str:
    """What people call a vendor, or one of its logs."""
    for one in vendors():
        if one.name == vendor:
            return one.title if log is None else one.titles.get(log, log)
    return vendor if log is None else log
