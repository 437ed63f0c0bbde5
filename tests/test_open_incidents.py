"""Incidents: what opens one, when it is fixed, who is left, when it is over, and what returns."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from incident_histories import (
    CODES,
    DEACTIVATE,
    IN,
    OUT,
    PROFILE,
    PUSH,
    START,
    Attempt,
    Truth,
    failed,
    on,
    truth,
)

from factories import event
from kit.analysis.incidents import Incident, condition, incidents
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kit.log.log import Log

few = max_examples(2, suppress_health_check=[HealthCheck.function_scoped_fixture])
APPS = 20
"""Histories of one log, each on an app of its own: twenty cost hardly more than one."""


def after(days: float) -> datetime:
    """A moment so many days after the start."""
    return START + timedelta(days=days)


@pytest.fixture
def of(log_of: Callable[..., Log]) -> Callable[..., tuple[Incident, ...]]:
    """List the incidents of a history at a moment, so many days after the start."""

    def listed(*history: Attempt, at: float = 50, **more: bool) -> tuple[Incident, ...]:
        # Something that happens to nobody, so that the log begins and ends somewhere.
        ends = [Attempt(after(-30), "zed", IN), Attempt(after(120), "zed", IN)]
        log = log_of(*(one.event() for one in [*history, *ends]))
        return incidents(log, after(at), **more)

    return listed


Listed = "Callable[..., tuple[Incident, ...]]"


def test_one_failure_of_one_user_opens_an_incident_at_once(of: Listed) -> None:
    (one,) = of(failed(1, "a"), at=1.001)

    assert (one.state, one.width, one.users, one.failures, one.day) == ("open", "user", 1, 1, 1)
    assert one.left == ("a@example.com",)
    assert (one.app, one.code, one.since) == ("Microsoft Office 365", CODES[0], after(1))
    assert (one.again_since, one.fixed_at, one.mark, one.note) == (None, None, None, None)


def test_it_stays_open_over_silent_days_while_only_others_work(of: Listed) -> None:
    (one,) = of(failed(1, "a"), *(on(day, "b") for day in range(2, 40)), at=40)

    assert (one.state, one.day, one.left) == ("open", 40, ("a@example.com",))


def test_a_broken_connection_is_fixed_by_anyones_success_and_some_are_left(of: Listed) -> None:
    (one,) = of(failed(1, "a"), failed(1.1, "b"), on(1.5, "c"), on(2, "a"), at=3)

    assert (one.state, one.width, one.fixed_at) == ("fixed", "connection", after(1.5))
    assert one.left == ("b@example.com",)


def test_a_group_is_fixed_by_one_of_those_hit_alone(of: Listed) -> None:
    hit = failed(1, "a"), on(1.1, "c"), failed(1.2, "b")

    (still,) = of(*hit, on(2, "c"), at=3)
    (fixed,) = of(*hit, on(2, "c"), on(2.5, "b"), at=3)

    assert (still.state, still.width, still.fixed_at) == ("open", "group", None)
    assert (fixed.state, fixed.fixed_at, fixed.left) == ("fixed", after(2.5), ("a@example.com",))


def test_another_operation_proves_no_fix(of: Listed) -> None:
    (one,) = of(failed(1, "a"), failed(1.1, "b"), on(2, "a", PROFILE), at=3)

    assert one.state == "open"


def test_it_is_over_since_the_later_of_fix_and_the_last_one_left(of: Listed) -> None:
    history = failed(1, "a"), failed(1.1, "b"), on(1.5, "a"), on(4, "b")

    states = [of(*history, at=at)[0].state for at in (1.2, 3, 4.001, 11)]

    assert states == ["open", "fixed", "over", "over"]
    assert of(*history, at=11.001) == ()
    assert [one.state for one in of(*history, at=11.001, all=True)] == ["over"]


def test_who_was_unassigned_is_not_left_until_assigned_again(of: Listed) -> None:
    history = failed(1, "a"), failed(1.1, "b"), on(1.5, "a"), on(2, "b", OUT)

    assert of(*history, at=3)[0].state == "over"
    assert of(*history, on(4, "b", IN), at=5)[0].left == ("b@example.com",)


def test_a_leaver_is_left_until_the_same_operation_worked(of: Listed) -> None:
    history = failed(1, "a", DEACTIVATE), on(2, "b", DEACTIVATE), on(2.5, "a", OUT)

    (one,) = of(*history, at=3)

    assert (one.state, one.left, one.leavers) == ("open", ("a@example.com",), one.left)
    assert of(*history, on(4, "a"), at=5)[0].leavers == ("a@example.com",)
    (done,) = of(*history, on(4, "a", DEACTIVATE), at=5)
    assert (done.state, done.leavers) == ("over", ())


def test_a_deletion_that_is_planned_or_could_not_be_leaves_a_leaver(of: Listed) -> None:
    """Access ends with the deletion itself, for whoever it was planned."""
    delete, plan = "delete", "delete.schedule"

    (failing,) = of(failed(1, "a", delete), on(2, "a", plan), at=3)
    (unplanned,) = of(failed(1, "a", plan), at=3)
    (done,) = of(failed(1, "a", plan), on(2, "a", delete), at=3)

    assert (failing.state, failing.leavers) == ("open", ("a@example.com",))
    assert (unplanned.state, unplanned.leavers) == ("open", ("a@example.com",))
    assert (done.state, done.leavers) == ("over", ())


@pytest.mark.parametrize(
    ("fails", "begins"),
    [
        ("system.import.complete", "system.import.start"),
        (
            "app.app_instance.provision_sync_job.failed",
            "app.app_instance.provision_sync_job.started",
        ),
    ],
)
def test_a_job_that_begins_again_proves_no_fix(
    log_of: Callable[..., Log], fails: str, begins: str
) -> None:
    """Whether an import or a sync works again is known when it is done."""
    log = log_of(
        event(type_=fails, user=None, reason="500 Internal Server Error"),
        event("2026-10-28T09:05:00Z", type_=begins, result="SUCCESS", user=None),
    )

    (one,) = incidents(log)

    assert (one.state, one.fixed_at) == ("open", None)


def test_what_returns_within_28_days_is_the_same_incident(of: Listed) -> None:
    history = failed(1, "a"), on(2, "a"), failed(30, "b")

    (before,) = of(*history, at=3)
    (again,) = of(*history, at=31)

    assert (again.state, again.id, again.since) == ("regressed", before.id, after(1))
    assert (again.again_since, again.fixed_at, again.users) == (after(30), None, 2)
    (over,) = of(*history, on(32, "b"), at=33)
    assert (over.state, over.again_since, over.fixed_at) == ("over", after(30), after(32))


def test_what_returns_more_than_28_days_after_it_was_over_is_a_new_incident(of: Listed) -> None:
    history = failed(1, "a"), on(2, "a"), failed(30.01, "b")

    (new,) = of(*history, at=31)

    assert (new.state, new.since, new.again_since) == ("open", after(30.01), None)
    assert len(of(*history, at=31, all=True)) == 2


def test_what_returns_later_while_somebody_was_left_is_the_same(of: Listed) -> None:
    history = failed(1, "a"), failed(1.1, "b"), on(2, "a"), failed(45, "c")

    (one,) = of(*history, at=46)

    assert (one.state, one.since, one.left) == (
        "regressed",
        after(1),
        ("b@example.com", "c@example.com"),
    )


def test_two_codes_in_one_outage_name_each_other(of: Listed) -> None:
    history = failed(1, "a"), failed(1.1, "b", code=CODES[1]), failed(20, "c", PROFILE, CODES[1])

    one, other = of(*history, at=2)

    assert (one.related, other.related) == ((other.id,), (one.id,))


def test_who_fails_a_retry_with_another_code_is_left_of_both(of: Listed) -> None:
    found = of(failed(1, "a"), failed(2, "a", code=CODES[1]), at=3)

    assert [one.left for one in found] == [("a@example.com",)] * 2


def test_sign_in_noise_opens_none(log_of: Callable[..., Log]) -> None:
    from factories import SLACK, event

    types = ("user.session.start", "user.authentication.auth_via_mfa", "user.authentication.sso")
    only_fail = ("user.mfa.okta_verify.deny_push", "app.generic.unauth_app_access_attempt")
    log = log_of(*(event(type_=one, app=SLACK) for one in (*types, *only_fail)))

    assert incidents(log, all=True) == ()


@few
@given(st.integers(0, 10_000))
def test_every_history_has_the_incidents_that_the_contract_says(
    log_of: Callable[..., Log], seed: int
) -> None:
    """At any moment; from the whole log, and from the log as it was then, in any order.

    The users of all apps are the same, and no app's attempts change what is said of another.
    """
    chance = random.Random(seed)
    histories = {name: _history(chance, name) for name in map("App {}".format, range(APPS))}
    every = [one for history in histories.values() for one in history]
    events = {one: one.event() for one in every}
    log = log_of(*events.values())
    ends = [one.at + timedelta(hours=chance.choice([0, 1, 100])) for one in every]
    for end in chance.sample(ends, 2):
        found, listed = incidents(log, end, all=True), incidents(log, end)
        assert {one.app for one in found} <= set(histories)
        for app, history in histories.items():
            expected = truth(history, end)
            told = sorted(_told(one) for one in found if one.app == app)
            assert told == sorted(map(_expected, expected)), (app, end)
            assert {(one.code, one.since) for one in listed if one.app == app} == {
                (one.code, one.since) for one in expected if one.listed
            }
        before = [events[one] for one in every if one.at < end]
        if before:
            chance.shuffle(before)
            assert incidents(log_of(*before, name="before.ndjson"), end, all=True) == found


def _history(chance: random.Random, app: str) -> list[Attempt]:
    """Attempts of a few users in bursts, days and weeks apart; no two at one instant."""
    at, found = START, []
    for _ in range(chance.randrange(3, 40)):
        at += timedelta(
            minutes=chance.choice([1, 30, 400]), days=chance.choice([0, 0, 0, 0, 3, 15, 29])
        )
        user, what = chance.choice("aabc"), chance.choice([PUSH, PUSH, PROFILE, DEACTIVATE])
        code = chance.choice([None, CODES[0], CODES[0], CODES[1]])
        if chance.random() < 0.1:
            what, code = chance.choice([OUT, OUT, IN]), None
        found.append(Attempt(at, user, what, code, app))
    return found


def _told(one: Incident) -> tuple[object, ...]:
    return _row(one, (one.again_since or START, one.fixed_at or START))


def _expected(one: Truth) -> tuple[object, ...]:
    return _row(one, (one.again_since or START, one.fixed_at or START))


def _row(one: Incident | Truth, times: Sequence[datetime]) -> tuple[object, ...]:
    told = one.code, one.since, one.state, one.last_failure, one.failures, one.users, one.width
    return (*told, one.left, one.leavers, *times)


def test_the_condition_is_that_of_the_worst_incident(of: Listed) -> None:
    (broken,) = of(failed(1, "a"), failed(1.1, "b"), at=2)
    (some_left,) = of(failed(1, "a"), failed(1.1, "b"), on(1.5, "a"), at=2)
    (single,) = of(failed(1, "a"), at=2)
    (over,) = of(failed(1, "a"), on(1.5, "a"), at=2)

    said = [
        condition(listed, complete)
        for listed, complete in (
            ((over, single, some_left, broken), False),
            ((over, single, some_left), False),
            ((over, single), False),
            ((over,), False),
            ((over,), True),
            ((), True),
            ((), False),
        )
    ]

    assert said == [
        "broken",
        "fixed_some_left",
        "some_failing",
        "cannot_tell",
        "over",
        "all_clear",
        "cannot_tell",
    ]
