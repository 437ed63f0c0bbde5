"""Sign-in noise is no incident, unless it rises against the same weekday of the weeks before."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from incident_histories import START, rising

from factories import SLACK, event
from kit.analysis.incidents import Incident, condition, incidents
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kit.log.log import Log

few = max_examples(2, suppress_health_check=[HealthCheck.function_scoped_fixture])
APPS = 11
"""Apps that are signed in to, in one log: eleven cost hardly more than one."""
DAYS = 36
"""The last eight have four of their weekday before them."""


def wrong(day: int, number: int, **more: Any) -> list[dict[str, Any]]:
    """So many mistyped passwords on a day, and sign-ins that worked, early on it and late."""

    def one(minute: int, result: str, user: int) -> dict[str, Any]:
        at = START + timedelta(days=day, hours=1, minutes=minute)
        return event(
            at.isoformat().replace("+00:00", "Z"),
            result=result,
            reason="INVALID_CREDENTIALS" if result == "FAILURE" else None,
            user=f"u{user}@example.com",
            **{"app": None, "type_": "user.session.start", **more},
        )

    events = [one(minute, "FAILURE", minute % 7) for minute in range(number)]
    return [one(-30, "SUCCESS", 1), *events, one(22 * 60, "SUCCESS", 1)]


def days(log_of: Callable[..., Log], counts: Sequence[int]) -> Log:
    """A log of so many mistyped passwords on each day."""
    return log_of(*(one for day, number in enumerate(counts) for one in wrong(day, number)))


def at(log: Log, day: float, **more: bool) -> tuple[Incident, ...]:
    """The incidents so many days after the start."""
    return incidents(log, START + timedelta(days=day), **more)


def test_a_rise_is_open_from_the_days_first_failure_until_a_usual_day_has_ended(
    log_of: Callable[..., Log],
) -> None:
    log = days(log_of, [2] * 14 + [12, 30, 2, 2])

    (one,) = at(log, 14.5)
    assert (one.state, one.width, one.app, one.app_id) == ("open", "rise", None, None)
    assert one.since == START + timedelta(days=14, hours=1)
    assert (one.failures, one.users, one.left, one.fixed_at) == (12, 7, (), None)
    assert condition([one], coverage_complete=True) == "some_failing"
    (still,) = at(log, 16.9)
    assert (still.state, still.id, still.failures, still.day) == ("open", one.id, 42, 3)
    (over,) = at(log, 17)
    assert (over.state, over.id, over.over_since) == ("over", one.id, START + timedelta(days=17))


def test_eleven_against_a_usual_of_two_is_no_rise(log_of: Callable[..., Log]) -> None:
    assert at(days(log_of, [2] * 14 + [11]), 15, all=True) == ()


def test_less_than_three_times_as_many_is_no_rise(log_of: Callable[..., Log]) -> None:
    assert at(days(log_of, [8] * 14 + [23]), 15, all=True) == ()
    assert len(at(days(log_of, [8] * 14 + [24]), 15)) == 1


def test_fewer_than_two_such_weekdays_cannot_tell(log_of: Callable[..., Log]) -> None:
    assert at(days(log_of, [0] * 13 + [50]), 14, all=True) == ()


def test_a_rise_that_comes_back_is_the_same_incident(log_of: Callable[..., Log]) -> None:
    log = days(log_of, [0] * 14 + [20, 0, 0, 20, 0, 0])

    (again,) = at(log, 17.9)

    assert (again.state, again.since.date(), again.failures) == ("regressed", date(2026, 3, 16), 40)
    assert again.again_since == START + timedelta(days=17, hours=1)


def test_an_app_rises_by_itself(log_of: Callable[..., Log]) -> None:
    """What rises on an app is not made up for by quiet without one."""
    usual = [one for day in range(14) for one in wrong(day, 3)]
    log = log_of(*usual, *wrong(14, 20, app=SLACK, type_="user.authentication.sso"))

    (one,) = at(log, 15)

    assert (one.app, one.width, one.failures) == ("Slack", "rise", 20)


@few
@given(st.integers(0, 10_000))
def test_every_rise_is_the_one_of_the_rule(log_of: Callable[..., Log], seed: int) -> None:
    """At the end of any day and of the last, from the whole log and from the log as it was then.

    Sign-ins without an app, and those to some apps, in one log: each rises by itself.
    """
    chance = random.Random(seed)
    counts = {
        name: [chance.choice([0, 1, 3, 5, 12, 20]) for _ in range(DAYS)]
        for name in (None, *map("App {}".format, range(APPS)))
    }
    made = [
        [one for name in counts for one in wrong(day, counts[name][day], **_signs_in_to(name))]
        for day in range(DAYS)
    ]
    log = log_of(*(one for events in made for one in events))
    for day in (chance.randrange(14, DAYS - 1), DAYS - 1):
        found = at(log, day + 1, all=True)
        told = {name: [one for one in found if one.app == name] for name in counts}
        assert sum(map(len, told.values())) == len(found)
        for name, mine in told.items():
            rose = [d for d in range(day + 1) if rising(counts[name], d)]
            assert [one.state in ("open", "regressed") for one in mine] == (
                [day in rose] if rose else []
            )
            assert sum(one.failures for one in mine) == sum(counts[name][d] for d in rose)
        before = [one for events in made[: day + 1] for one in events]
        assert at(log_of(*before, name="before.ndjson"), day + 1, all=True) == found


def _signs_in_to(name: str | None) -> dict[str, Any]:
    """What an event of a sign-in to an app has, or of one to Okta itself."""
    if name is None:
        return {}
    return {"app": {"id": f"0oa{name}", "name": name}, "type_": "user.authentication.sso"}
