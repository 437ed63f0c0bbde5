"""Whether a fix holds, and who recovered, was given up, or still fails."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from factories import REFUSED, SLACK, event
from kit.analysis.recovery import recovery
from kit.cases.case import case
from kit.cases.ticket import ticket
from kit.display.reasons import in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.cases.case import Case
    from kit.log.log import Log

CONFIGURE = "application.configuration.update"
UNASSIGNED, ASSIGNED = (f"application.user_membership.{word}" for word in ("remove", "add"))
DEACTIVATE = "application.provision.user.deactivate"


def at(clock: str, user: str | None = None, **more: Any) -> dict[str, Any]:
    """An event on 27 October."""
    return event(f"2026-10-27T{clock}:00Z", user=user and f"{user}@example.com", **more)


def failed(clock: str, user: str, **more: Any) -> dict[str, Any]:
    """A failure with the seed's code."""
    return at(clock, user, reason=REFUSED, **more)


def worked(clock: str, user: str, **more: Any) -> dict[str, Any]:
    """A success."""
    return at(clock, user, result="SUCCESS", **more)


def changed(clock: str, **more: Any) -> dict[str, Any]:
    """A change of the app's configuration."""
    return at(clock, type_=CONFIGURE, **({"result": "SUCCESS"} | more))


def end(clock: str = "23:00") -> dict[str, Any]:
    """Something that concerns no app, so that the log reaches so far."""
    return at(clock, "someone", type_="user.session.start", result="SUCCESS", app=None)


def found_in(log_of: Callable[..., Log], *events: dict[str, Any], **more: Any) -> Case:
    """The case of a log."""
    log = log_of(*events, end())
    found = case(log, log.window(), **more)
    assert found is not None
    return found


def test_one_stray_later_does_not_move_the_fix(log_of: Callable[..., Log]) -> None:
    """The change parts the failures no worse than the first success after it."""
    log_end = event("2026-10-31T00:00:00Z", type_="user.session.start", app=None, result="SUCCESS")
    stray = event("2026-10-30T09:00:00Z", user="e@example.com", reason=REFUSED)
    back = event("2026-10-30T10:00:00Z", user="e@example.com", result="SUCCESS")
    many = [failed(f"09:{minute}", f"u{minute}") for minute in range(10, 40)]
    again = [worked(f"13:{minute}", f"u{minute}") for minute in range(10, 40)]

    found = found_in(log_of, *many, changed("11:00"), *again, stray, back, log_end)

    assert f"{found.fix.at:%d %H:%M}" == "27 11:00"
    assert found.still_failing == []


def test_a_success_in_the_first_second_of_an_hour_counts_where_the_window_ends_in_it(
    log_of: Callable[..., Log],
) -> None:
    """Hours are counted whole, and the last one begins before the end."""
    back = event("2026-10-27T10:00:00.400Z", user="a@example.com", result="SUCCESS")
    log = log_of(failed("09:00", "a"), failed("09:05", "b"), back)

    found = case(log, log.window())

    assert found is not None
    assert (found.fix.verdict, found.recovered) == ("holds", ["a@example.com"])


def test_what_may_have_begun_before_the_source_does_is_said_so(log_of: Callable[..., Log]) -> None:
    """Not where it worked before the onset."""
    sooner = found_in(log_of, *OUTAGE)
    later = found_in(log_of, worked("08:30", "z"), *OUTAGE)

    assert (sooner.may_be_older, later.may_be_older) == (True, False)
    assert sooner.since == "27 Oct 2026, 09:00 UTC or earlier"
    assert "does not reach back" in ticket(sooner)


def test_users_are_counted_since_the_onset_that_is_named(log_of: Callable[..., Log]) -> None:
    """Whoever failed in an incident before it, and still does, is counted apart."""
    before = [at(clock, user, reason=REFUSED) for clock, user in (("01:00", "x"), ("01:30", "y"))]

    found = found_in(log_of, *before, worked("02:00", "z"), *OUTAGE)

    assert f"{found.onset:%H:%M}" == "09:00"
    assert found.hit == "3 users hit in the latest outage and 2 before it"


OUTAGE = [failed("09:00", "a"), failed("09:30", "b"), failed("10:00", "c")]


@pytest.mark.parametrize(
    ("events", "fixed", "verdict"),
    [
        ([changed("11:00"), worked("11:05", "z")], "11:00", "holds"),
        ([worked("11:05", "z")], "11:05", "holds"),
        ([changed("11:00")], "11:00", "unproven"),
        ([changed("09:45"), changed("11:00"), worked("11:05", "a")], "11:00", "holds"),
        ([changed("09:45"), worked("11:05", "a")], "11:05", "holds"),
        ([changed("11:00"), worked("11:05", "a"), changed("20:00")], "11:00", "holds"),
        ([changed("11:00"), failed("11:30", "a")], "11:00", "not_fixed"),
        ([changed("11:00"), failed("11:02", "a"), worked("11:04", "a")], "11:04", "holds"),
        (
            [changed("11:00"), worked("11:01", "b"), worked("11:01", "c"), failed("14:00", "a")],
            "11:00",
            "not_fixed",
        ),
        ([changed("11:00", app=SLACK)], None, "not_fixed"),
        ([changed("11:00", reason="No", result="FAILURE")], None, "not_fixed"),
    ],
    ids=[
        "anybody proves a connection",
        "no trace in Okta",
        "nothing tried",
        "the second attempt",
        "a change in vain",
        "a later change is another one",
        "it goes on",
        "a job was under way",
        "it came back",
        "another app's change",
        "a change that failed",
    ],
)
def test_a_broken_connections_fix_parts_failures_from_successes(
    log_of: Callable[..., Log], events: list[dict[str, Any]], fixed: str | None, verdict: str
) -> None:
    """The change with least astray on both sides, else the first success."""
    found = found_in(log_of, *OUTAGE, *events)

    when = None if found.fix.at is None else f"{found.fix.at:%H:%M}"
    assert (when, found.fix.verdict) == (fixed, verdict)


def test_where_others_work_only_who_was_hit_can_prove_a_fix(log_of: Callable[..., Log]) -> None:
    """A group's fix is not proven by somebody who never failed."""
    meanwhile = worked("09:10", "z")
    others = found_in(log_of, *OUTAGE, meanwhile, worked("11:00", "z"))
    theirs = found_in(log_of, *OUTAGE, meanwhile, worked("11:00", "z"), worked("12:00", "b"))

    assert (others.blast_radius, others.fix.verdict) == ("group", "not_fixed")
    assert (theirs.fix.verdict, theirs.fix.at and theirs.fix.at.hour) == ("holds", 12)


@pytest.mark.parametrize(
    ("fixed", "verdict"), [("09:50", "holds"), ("09:10", "not_fixed"), ("12:30", "unproven")]
)
def test_a_given_fix_is_held_to_what_came_after_it(
    log_of: Callable[..., Log], fixed: str, verdict: str
) -> None:
    """Within 15 minutes jobs are under way; after the last attempt nothing is known."""
    moment = log_moment(fixed)

    found = found_in(log_of, *OUTAGE, worked("12:00", "a"), fixed=moment)

    assert (found.fix.verdict, found.fix.how) == (verdict, "given")
    assert found.proof.sides["side"].tolist() == ["before", "after"]


def log_moment(clock: str) -> Any:
    """A time on 27 October."""
    from kit.base.times import parse_time

    return parse_time("fixed", f"2026-10-27T{clock}:00Z", None)  # type: ignore[arg-type]  # not relative


def test_how_often_a_code_came_is_told_with_its_interval(log_of: Callable[..., Log]) -> None:
    """Each time that it came back after it had worked."""

    def day(number: int) -> list[dict[str, Any]]:
        when = f"2026-10-{number:02d}T09:00:00Z"
        return [
            event(when, reason=REFUSED),
            event(when.replace("09", "10", 1), result="SUCCESS"),
            event(f"2026-10-{number:02d}T12:00:00Z", result="SUCCESS"),
        ]  # fmt: skip

    log = log_of(*day(1), *day(11), *day(21))

    found = case(log, log.window())

    assert found is not None
    came = found.proof.outages
    assert came["interval"].dropna().tolist() == [timedelta(days=10)] * 2


def test_who_was_unassigned_since_is_given_up_and_who_was_assigned_again_is_not(
    log_of: Callable[..., Log],
) -> None:
    """Nothing is left to retry; but a failed deactivation left access behind."""
    moved = {"result": "SUCCESS"}
    log = log_of(
        failed("09:00", "gone"),
        failed("09:00", "back"),
        failed("09:05", "stays"),
        at("09:59", "leaver", type_=UNASSIGNED, **moved),
        failed("10:00", "leaver", type_=DEACTIVATE),
        at("08:00", "stays", type_=UNASSIGNED, **moved),
        at("10:00", "gone", type_=UNASSIGNED, **moved),
        at("10:00", "back", type_=UNASSIGNED, **moved),
        at("11:00", "back", type_=ASSIGNED, **moved),
        at("11:00", "leaver", type_=UNASSIGNED, **moved),
        end(),
    )

    rows = recovery(log, log.window())

    assert rows["user"].tolist()[0] == "leaver@example.com"  # deactivations first
    states = dict(zip(rows["user"].str.partition("@")[0], rows["state"], strict=True))
    assert states == {
        "leaver": "still_failing",
        "gone": "abandoned",
        "back": "still_failing",
        "stays": "still_failing",
    }


def test_the_time_to_recover_counts_from_the_first_failure_since_it_last_worked(
    log_of: Callable[..., Log],
) -> None:
    """Though the window begins later."""
    log = log_of(
        failed("01:00", "a"),
        worked("02:00", "a"),
        failed("03:00", "a"),
        failed("09:00", "a"),
        worked("10:30", "a"),
        end(),
    )

    row = recovery(log, log.window("2026-10-27T08:00Z")).iloc[0]

    assert f"{row['failing_since']:%H:%M}" == "03:00"
    assert row["time_to_recover"] == timedelta(hours=7, minutes=30)


def test_a_user_stands_in_one_list_whatever_the_spelling_and_the_operation(
    log_of: Callable[..., Log],
) -> None:
    """Any operation that still fails counts before those that recovered."""
    profile = "application.provision.user.push_profile"
    found = found_in(
        log_of,
        failed("09:00", "ADA"),
        failed("09:01", "ada", type_=profile),
        worked("10:00", "Ada"),
        failed("09:02", "bo"),
        worked("10:00", "bo"),
    )

    assert (found.still_failing, found.recovered) == (["ada@example.com"], ["bo@example.com"])
    assert found.results()["affected"] == 2


def test_a_radius_is_told_with_the_numbers_it_rests_on(log_of: Callable[..., Log]) -> None:
    """Failures, users, successes, and the stretch."""
    found = found_in(log_of, *OUTAGE, worked("09:10", "y"), worked("09:20", "z"))

    radius = found.proof.radius
    assert (radius.failures, radius.users, radius.successes, radius.users_worked) == (3, 3, 2, 2)
    assert "3 failures of 3 users beside 2 successes of 2 users" in in_words(radius.reason)


@pytest.mark.parametrize(
    "extra",
    [
        worked("09:30", "z", type_="user.authentication.sso"),
        worked("09:30", "z", app=SLACK),
        worked("09:00", "z"),
    ],
    ids=["a sign-in", "another app", "the same instant"],
)
def test_what_is_no_attempt_meanwhile_does_not_make_a_connection_a_group(
    log_of: Callable[..., Log], extra: dict[str, Any]
) -> None:
    """Only the operations that failed, on the app, while it failed."""
    assert found_in(log_of, *OUTAGE, extra).blast_radius == "connection"


def test_failures_without_a_user_are_the_apps_own(log_of: Callable[..., Log]) -> None:
    """Nobody is hit, and the connection fails."""
    kind = "app.office365.api.error.validate.creds"
    found = found_in(log_of, at("09:00", type_=kind, reason=REFUSED))

    assert found.blast_radius == "connection"
    assert found.results()["still_failing"] == []
