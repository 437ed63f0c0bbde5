"""What an event of a type means beside its result, by the lists of event types."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kit.events.hit import DEFAULT

if TYPE_CHECKING:
    from kit.catalogue.model import EventDetail, EventType

__all__ = ["TypeMeaning", "known_type", "unknown_type"]


@dataclass(frozen=True, slots=True)
class TypeMeaning:
    """What an event of a type means beside its result."""

    operation: str | None = None
    verdict: str = ""
    hits: tuple[str, ...] = DEFAULT
    """Who or what is hit where no user is a target, the likeliest first."""
    factor: bool = False
    """Whether debugData's factor tells one attempt from another."""
    code: str = ""
    details: tuple[EventDetail, ...] = ()
    fields: tuple[str, ...] = ()
    """The fields that the details look at."""
    reasons: frozenset[str] = frozenset()
    """The reasons that they ask for."""
    meaning_by_values: dict[tuple[str | None, ...], TypeMeaning] = field(
        default_factory=dict, compare=False
    )
    """What it means with some values of these, worked out once."""


@lru_cache(4096)
def unknown_type(event_type: str) -> TypeMeaning:
    """A type that no row names: a violation fails; users' and OAuth events hit their actor."""
    hits: tuple[str, ...] = DEFAULT
    if event_type.startswith("app.oauth2."):
        hits = ("actor", "client", *DEFAULT)
    elif event_type.startswith("user."):
        hits = ("actor", *DEFAULT)
    return TypeMeaning(verdict="fails" if event_type.endswith(".violation") else "", hits=hits)


def known_type(
    event_type: str, row: EventType | None, details: tuple[EventDetail, ...]
) -> TypeMeaning:
    """What the lists say of a type.

    Args:
        event_type: its name.
        row: its row in ``event_types.csv``; None where it has none.
        details: its rows in ``event_details.csv``.
    """
    unknown = unknown_type(event_type)
    turns: dict[str, Any] = {
        "details": details,
        "fields": tuple(dict.fromkeys(detail.field for detail in details)),
        "reasons": frozenset().union(*(one.reasons for one in details if one.reason)),
    }
    if row is None:
        return replace(unknown, **turns)
    return TypeMeaning(
        operation=row.operation or None,
        verdict=row.verdict or unknown.verdict,
        hits=row.hits or unknown.hits,
        factor=row.credential == "factor",
        code=row.code,
        **turns,
    )
