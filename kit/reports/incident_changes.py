"""What became of incidents since the report before: computed from two ``summary.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.display import phrases
from kit.display.first_screen import STATUSES, condition_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["CONDITIONS", "change_in_words", "changes_since"]

CONDITIONS = {name: condition_in_words(name) for name in STATUSES}
"""A condition in words, for the index and a notice."""

_FAILING = ("open", "regressed")
_OPENED = {"open": "opened", "regressed": "regressed", "fixed": "fixed", "over": "over"}


def changes_since(
    now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Say what became of incidents since an earlier report.

    Args:
        now: the incidents of a report, as its ``summary.json`` has them.
        before: those of the earlier one.

    Returns:
        One for each kind and incident: ``kind`` (``opened``, ``grew``, ``fixed``, ``over``,
        ``regressed``, ``leaver``), ``incident`` (its id), and of the incident ``app``, ``code``,
        ``state`` and ``users``; ``logins``, of a leaver those that are new. Muted incidents, fewer
        users left, and noise are none.
    """
    earlier = {str(one.get("id")): one for one in before}
    return [
        {
            "kind": kind,
            "incident": one.get("id"),
            **{name: one.get(name) for name in ("app", "code", "state", "users")},
            **more,
        }
        for one in now
        if one.get("mark") != "muted"
        for kind, more in _kinds(one, earlier.get(str(one.get("id")), {}))
    ]


def _kinds(one: Mapping[str, Any], was: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    state, same = one.get("state"), _present(one) == _present(was)
    if not was or state != was.get("state") or not same:
        yield _OPENED.get(str(state), "opened"), {}
    elif state in _FAILING and _number(one) > _number(was):
        yield "grew", {"users_before": _number(was)}
    if fresh := sorted({*(one.get("leavers") or ())} - {*(was.get("leavers") or ())}):
        yield "leaver", {"logins": fresh}


def _present(one: Mapping[str, Any]) -> object:
    """What tells the present run; a later one has come back."""
    return one.get("again_since")


def _number(one: Mapping[str, Any]) -> int:
    users = one.get("users")
    return users if isinstance(users, int) else 0


def change_in_words(change: Mapping[str, Any]) -> str:
    """A change in a line, for a notice."""
    app, code = change.get("app") or phrases.SIGN_IN, change.get("code")
    users = phrases.count(_number(change), "user")
    logins = ", ".join(change.get("logins") or ())
    lines = {
        "opened": f"New: {code} on {app}, {users} hit",
        "grew": f"Grew: {code} on {app}, {users} hit, before {change.get('users_before', 0):,}",
        "fixed": f"Fixed, users left to retry: {code} on {app}",
        "over": f"Over: {code} on {app}",
        "regressed": f"Came back: {code} on {app}, {users} hit",
        "leaver": f"Left the company and still has {app} ({code}): {logins}",
    }
    return lines[str(change.get("kind"))]
