"""How things stand, in a word; asks no log, so that what reads summaries alone can say it too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Condition", "condition"]

Condition = Literal["broken", "fixed_some_left", "some_failing", "over", "all_clear", "cannot_tell"]

_BROKEN = ("connection", "group")
_FAILING = ("open", "regressed")


class _Standing(Protocol):
    """What of an incident decides."""

    @property
    def state(self) -> str: ...
    @property
    def width(self) -> str: ...
    @property
    def mark(self) -> str | None: ...


def condition(incidents: Iterable[_Standing], coverage_complete: bool) -> Condition:  # noqa: FBT001
    """Say in a word how things stand: the condition of the worst incident.

    What is known to be wrong is said though data is missing; only the good news needs it all.

    Args:
        incidents: the incidents that count; muted ones are passed over.
        coverage_complete: whether the source holds the whole window.

    Returns:
        The condition.
    """
    relevant = [one for one in incidents if one.mark != "muted"]
    failing = [one for one in relevant if one.state in _FAILING]
    states = {one.state for one in relevant}
    rules: tuple[tuple[bool, Condition], ...] = (
        (any(one.width in _BROKEN for one in failing), "broken"),
        ("fixed" in states, "fixed_some_left"),
        (bool(failing), "some_failing"),
        (not coverage_complete, "cannot_tell"),
        ("over" in states, "over"),
    )
    return next((word for holds, word in rules if holds), "all_clear")
