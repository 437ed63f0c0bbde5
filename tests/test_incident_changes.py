"""What became of incidents since the report before, by their summaries."""

from __future__ import annotations

from typing import Any

from kit.display.code_names import CodeNames
from kit.reports.changes import RunChanges
from kit.reports.incident_changes import change_in_words, changes_since


def incident(state: str = "open", id_: str = "inc-1", **more: Any) -> dict[str, Any]:
    """An incident as a summary has it."""
    told = {"id": id_, "app": "Slack", "code": "username_taken", "state": state, "users": 1}
    return {**told, "again_since": None, "leavers": [], "mark": None, **more}


def kinds(now: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The changes, each as its kind and incident."""
    return [(one["kind"], one["incident"]) for one in changes_since(now, before)]


def test_what_was_not_there_says_how_it_stands() -> None:
    for state, kind in (("open", "opened"), ("fixed", "fixed"), ("over", "over")):
        assert kinds([incident(state)], []) == [(kind, "inc-1")]


def test_what_stands_as_before_is_no_change() -> None:
    for state in ("open", "fixed", "over", "regressed"):
        assert kinds([incident(state)], [incident(state, left=["a", "b"])]) == []
    assert kinds([], [incident("over")]) == []


def test_more_users_hit_is_told_while_it_is_open_only() -> None:
    assert kinds([incident(users=3)], [incident(users=2)]) == [("grew", "inc-1")]
    assert kinds([incident("fixed", users=3)], [incident("fixed", users=2)]) == []
    assert kinds([incident("fixed", users=3)], [incident(users=2)]) == [("fixed", "inc-1")]


def test_what_is_over_at_once_says_over_alone() -> None:
    assert kinds([incident("over")], [incident("open")]) == [("over", "inc-1")]


def test_what_came_back_says_so_each_time() -> None:
    back = incident("regressed", again_since="2026-10-28T00:00:00Z")
    again = incident("regressed", again_since="2026-10-29T00:00:00Z")

    assert kinds([back], [incident("over")]) == [("regressed", "inc-1")]
    assert kinds([again], [back]) == [("regressed", "inc-1")]
    assert kinds([back], []) == [("regressed", "inc-1")]


def test_a_new_leaver_is_told_beside_the_rest_and_once() -> None:
    two = incident(leavers=["a", "b"])

    assert kinds([two], []) == [("opened", "inc-1"), ("leaver", "inc-1")]
    assert kinds([two], [incident(leavers=["a"])]) == [("leaver", "inc-1")]
    assert kinds([two], [two]) == []


def test_what_is_muted_is_no_change() -> None:
    assert kinds([incident(mark="muted", leavers=["a"])], []) == []


def test_every_kind_has_its_words() -> None:
    before = [incident(id_=f"inc-{n}") for n in range(2)]
    now = [
        incident(id_="inc-0", users=2, leavers=["ada@example.com"]),
        incident("regressed", id_="inc-1"),
        *(incident(state, id_=state) for state in ("open", "fixed", "over")),
    ]

    assert [change_in_words(one) for one in changes_since(now, before)] == [
        "Grew: username_taken on Slack, 2 users hit, before 1",
        "Left the company and still has Slack (username_taken): ada@example.com",
        "Came back: username_taken on Slack, 1 user hit",
        "New: username_taken on Slack, 1 user hit",
        "Fixed, users left to retry: username_taken on Slack",
        "Over: username_taken on Slack",
    ]


def test_a_notice_says_the_words_of_an_unknown_text() -> None:
    code = "UNKNOWN_0123abcd"
    changes = RunChanges((), incidents=(f"New: {code} on Slack, 1 user hit",))

    (line,) = changes.in_words(CodeNames({code: "The seat is gone"})).incidents

    assert line == f"New: “The seat is gone” ({code}) on Slack, 1 user hit"
