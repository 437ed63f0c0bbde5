"""Log streams and agents that stopped in a window: a reason why events may be missing in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kit.base.text import clean
from kit.display import phrases
from kit.log.log import to_pandas

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from datetime import datetime

    from kit.base.windows import Coverage, Window
    from kit.log.log import Log

__all__ = ["SourceStop", "coverage_of", "stops"]

_FAILED = ("FAILURE", "DENY")
_MAX_NOTES = 3
"""Stops that are listed one by one."""


@dataclass(frozen=True, slots=True)
class _Source:
    """What events come through, and the ends of the event types that say how it stands."""

    prefix: str
    name: str
    target: str
    """The type of the target that names it; empty if the actor does."""
    off: tuple[str, ...]
    on: tuple[str, ...]
    consequence: str


_SOURCES = (
    _Source(
        "system.log_stream.",
        "the log stream",
        "LogStream",
        ("deactivate", "delete"),
        ("activate", "create"),
        "a source that is fed by it lacks what came after",
    ),
    _Source(
        "system.agent.",
        "the agent",
        "",
        ("disconnect", "deactivate", "delete"),
        ("connect", "reconnect", "reactivate", "start"),
        "what it would have done and logged since is missing",
    ),
)


@dataclass(frozen=True, slots=True)
class SourceStop:
    """A log stream or an agent that stopped."""

    source: _Source
    name: str
    at: datetime
    again: datetime | None = None
    """When it worked again; None if it did not in the window."""

    @property
    def sentence(self) -> str:
        """In a sentence."""
        label = f"{self.source.name} {self.name}" if self.name else self.source.name
        until = f" and came back {phrases.moment(self.again)}" if self.again else ""
        return (
            f"{label[0].upper()}{label[1:]} stopped {phrases.moment(self.at)}{until}: "
            f"{self.source.consequence}."
        )


def coverage_of(log: Log, window: Window) -> Coverage:
    """Say which parts of a window a log does not hold, and why events may be missing in others."""
    coverage, all_stops = log.coverage(window), stops(log, window)
    notes = [one.sentence for one in all_stops[:_MAX_NOTES]]
    if len(all_stops) > _MAX_NOTES:
        notes.append(
            f"{len(all_stops) - _MAX_NOTES:,} more log streams and agents stopped in the window."
        )
    return replace(coverage, notes=(*coverage.notes, *notes))


def stops(log: Log, window: Window) -> list[SourceStop]:
    """Find the log streams and agents that stopped in a window, oldest first.

    Args:
        log: the opened log.
        window: the window.

    Returns:
        One for each stop; a stream or agent that stops again before it worked again is one.
    """
    events = log.within(window)
    kinds = events.event_type
    is_relevant = kinds.startswith(_SOURCES[0].prefix)
    for source in _SOURCES[1:]:
        is_relevant |= kinds.startswith(source.prefix)
    rows = events.filter(is_relevant).select(
        "published", "uuid", "event_type", "result", "actor_id", "actor_name", "raw"
    )
    all_stops: list[SourceStop] = []
    running: dict[tuple[str, str], int] = {}
    for row in to_pandas(rows, by=["published", "uuid"]).to_dict("records"):
        source = next(one for one in _SOURCES if row["event_type"].startswith(one.prefix))
        end, failed = row["event_type"].rpartition(".")[2], row["result"] in _FAILED
        name, at = _name(source, row), row["published"].to_pydatetime()
        which = (source.prefix, name)
        if (end in source.off and not failed) or (end in source.on and failed):
            if which not in running:
                running[which] = len(all_stops)
                all_stops.append(SourceStop(source, name, at))
        elif end in source.on and which in running:
            place = running.pop(which)
            all_stops[place] = replace(all_stops[place], again=at)
    return all_stops


def _name(source: _Source, row: Mapping[Hashable, Any]) -> str:
    """What a stream or agent is called: as its target has it, else the actor."""
    try:
        targets = json.loads(row["raw"]).get("target") or []
    except (ValueError, AttributeError):
        targets = []
    for target in targets:
        kind = str(target.get("type") or "") if isinstance(target, dict) else ""
        display_name = target.get("displayName") if kind else None
        if display_name and (
            kind == source.target or (not source.target and "agent" in kind.casefold())
        ):
            return clean(display_name)
    actor = row["actor_name"]
    return clean(actor) if not source.target and isinstance(actor, str) else ""
