"""A remedy's steps with their evidence, the ticket, and the retry list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from factories import REFUSED, event
from kit.cases.case import case
from kit.cases.ticket import retry_list, ticket, warnings
from kit.sources.okta import AppEvidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.cases.case import Case
    from kit.log.log import Log

SAVED = "application.configuration.update"


def failed(minute: int, user: str, reason: str = REFUSED) -> dict[str, Any]:
    """A failure on 27 October after nine."""
    return event(f"2026-10-27T09:{minute:02d}:00Z", reason=reason, user=f"{user}@example.com")


def saved(clock: str, result: str = "SUCCESS") -> dict[str, Any]:
    """The app's configuration is saved."""
    return event(f"2026-10-27T{clock}:00Z", type_=SAVED, result=result, user=None)


def worked(clock: str, user: str) -> dict[str, Any]:
    """A success."""
    return event(f"2026-10-27T{clock}:00Z", result="SUCCESS", user=f"{user}@example.com")


def found_in(log_of: Callable[..., Log], *events: dict[str, Any], **more: Any) -> Case:
    """The case of a log in which two users were refused."""
    log = log_of(failed(0, "a"), failed(1, "b"), *events)
    found = case(log, log.window(), code="AADSTS50126", **more)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("events", "state", "said"),
    [
        ([], "to_do", "No such event on the app since the onset"),
        ([saved("10:00", "FAILURE")], "to_do", "Tried, and it failed"),
        ([saved("10:00")], "done", "by admin@example.com, 27 Oct 2026, 10:00 UTC"),
        ([saved("08:00")], "to_do", "No such event"),
        (
            [saved("09:10"), failed(40, "a")],
            "to_do",
            "but 1 failure with this code came after it",
        ),
    ],
    ids=["nothing", "failed", "saved", "before the onset", "in vain"],
)
def test_a_step_is_done_by_an_event_after_the_onset_that_helped(
    log_of: Callable[..., Log], events: list[dict[str, Any]], state: str, said: str
) -> None:
    """With its time, actor and event."""
    found = found_in(log_of, *events)

    (step,) = [one for one in found.steps if one.title == "Save"]
    assert step.state == state
    assert said in step.evidence
    assert SAVED in step.shown_by
    if state == "done":
        assert (step.actor, step.event) == ("admin@example.com", events[0]["uuid"])


@pytest.mark.parametrize(
    ("live", "state"),
    [
        (None, "unknown"),
        (AppEvidence(not_checked={"users": "no rights"}), "unknown"),
        ([("A@example.com", "ERROR"), ("b@example.com", "SYNCHRONIZED")], "to_do"),
        ([("a@example.com", "SYNCHRONIZED"), ("z@example.com", "ERROR")], "done"),
    ],
    ids=["not asked", "no rights", "out of step", "in step"],
)
def test_the_live_org_says_whether_those_who_were_hit_are_in_step(
    log_of: Callable[..., Log], live: Any, state: str
) -> None:
    """What could not be looked at is unknown."""
    if isinstance(live, list):
        users = [{"login": login, "sync_state": sync} for login, sync in live]
        live = AppEvidence(users=users, asked=datetime(2026, 10, 28, tzinfo=UTC))

    found = found_in(log_of, ask=(lambda _: live) if live else None)

    (step,) = [one for one in found.steps if one.title == "See that all are back"]
    assert step.state == state


def test_a_ticket_holds_what_its_reader_asks_for_first(log_of: Callable[..., Log]) -> None:
    """Code, counts, times, owner, ids, people, and no line that a name could break."""
    found = found_in(log_of, saved("08:50"), worked("11:00", "b"))

    text = ticket(found)

    for part in (
        "AADSTS50126, 2 users hit, 1 still failing",
        "For: the Okta admin",
        "Since: 27 Oct 2026, 09:00 UTC",
        "Failures: 2 of 3 attempts (66.7 %)",
        "trace id 11111111-2222-3333-4444-555555555555",
        f"{SAVED} by admin@example.com",
        "Still failing: a@example.com",
    ):
        assert part in text


def test_the_retry_list_is_split_by_what_helps(log_of: Callable[..., Log]) -> None:
    """By the code of each one's last failure, the failed deactivations first."""
    kind = "application.provision.user.deactivate"
    left = event("2026-10-27T09:02:00Z", type_=kind, reason=REFUSED, user="leaver@example.com")

    before = retry_list(found_in(log_of, left, failed(30, "b", "Too Many Requests")))

    rows = before[["user", "helps"]].values.tolist()
    assert rows == [
        ["leaver@example.com", "fix first"],
        ["a@example.com", "fix first"],
        ["b@example.com", "wait"],  # Okta retries a 429 of a SCIM app by itself, not of this one
    ]


def test_who_is_left_after_a_fix_that_holds_can_be_retried(log_of: Callable[..., Log]) -> None:
    """Until then each retry is one more failure, and a warning says so."""
    mended = found_in(log_of, saved("10:00"), worked("10:05", "b"))
    broken = found_in(log_of)

    assert retry_list(mended)["helps"].tolist() == ["retry now"]
    assert any("not proven to work" in said for said in warnings(broken))
    assert not any("not proven to work" in said for said in warnings(mended))
