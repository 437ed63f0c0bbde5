"""One code on one app: how wide, since when, and whether the fix holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from factories import M365, REFUSED, SLACK, event
from kit.base.errors import UsageError
from kit.cases.case import case

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.log.log import Log

CHANGED = "application.configuration.update"


def refused(at: str, user: str) -> dict[str, object]:
    """One failure with the seed's code, on the 27th."""
    return event(f"2026-10-27T{at}:00Z", reason=REFUSED, user=f"{user}@example.com")


def worked(at: str, user: str) -> dict[str, object]:
    """One success, on the 27th."""
    return event(f"2026-10-27T{at}:00Z", result="SUCCESS", user=f"{user}@example.com")


def changed(at: str) -> dict[str, object]:
    """One change of the app's configuration, on the 27th."""
    return event(f"2026-10-27T{at}:00Z", type_=CHANGED, result="SUCCESS", user=None)


IMPORT = event(
    "2026-10-27T10:00:00Z", type_="app.user_management.app_group_import", reason=REFUSED, user=None
)
"""A failure of the app's own, which is nobody's."""


@pytest.mark.parametrize(
    ("events", "radius"),
    [
        ([refused("09:00", "a"), refused("10:00", "b")], "connection"),
        ([refused("09:00", "a"), worked("09:30", "c"), refused("10:00", "b")], "group"),
        ([refused("09:00", "a"), refused("10:00", "a")], "user"),
        ([refused("09:00", "a"), IMPORT], "connection"),
        ([refused("09:00", "a"), worked("09:30", "c"), IMPORT], "user"),
    ],
)
def test_a_broken_connection_is_told_from_broken_users(
    log_of: Callable[..., Log], events: list[dict[str, object]], radius: str
) -> None:
    """Nothing works for several users or the app itself, others work, or it is one user."""
    log = log_of(*events)

    found = case(log, log.window())

    assert found is not None
    assert found.blast_radius == radius


def test_the_nearest_change_before_the_onset_is_the_candidate(log_of: Callable[..., Log]) -> None:
    """Not one after it, not one on another app, not one of last week."""
    other = event("2026-10-27T08:59:00Z", type_=CHANGED, result="SUCCESS", user=None, app=SLACK)
    old = event("2026-10-20T08:00:00Z", type_=CHANGED, result="SUCCESS", user=None)
    near, far, after = changed("08:50"), changed("07:00"), changed("11:00")
    log = log_of(old, far, near, other, refused("09:00", "a"), after)

    found = case(log, log.window())

    assert found is not None
    assert found.changes["uuid"].tolist() == [near["uuid"], far["uuid"]]


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([refused("09:00", "a"), changed("10:00"), worked("10:05", "a")], "holds"),
        ([refused("09:00", "a"), changed("10:00")], "unproven"),
        ([refused("09:00", "a"), changed("10:00"), refused("10:30", "b")], "not_fixed"),
        ([refused("09:00", "a")], "not_fixed"),
    ],
)
def test_a_fix_holds_only_when_attempts_work_and_none_fails(
    log_of: Callable[..., Log], events: list[dict[str, object]], verdict: str
) -> None:
    """A change alone proves nothing."""
    log = log_of(*events)

    found = case(log, log.window())

    assert found is not None
    assert found.fix.verdict == verdict


def test_a_silence_in_which_things_worked_ends_a_run_of_failures(
    log_of: Callable[..., Log],
) -> None:
    """A night in which nobody tried does not."""
    night = log_of(refused("01:00", "a"), refused("11:00", "b"), name="night.ndjson")
    mended = log_of(
        refused("01:00", "a"), worked("02:00", "a"), refused("11:00", "b"), name="mended.ndjson"
    )

    onsets = []
    for log in (night, mended):
        found = case(log, log.window())
        assert found is not None
        assert found.onset is not None
        onsets.append(found.onset.hour)

    assert onsets == [1, 11]


def test_a_failed_deactivation_is_named(log_of: Callable[..., Log]) -> None:
    """Access that was left behind; one that worked later is none."""
    kind = "application.provision.user.deactivate"
    log = log_of(
        event("2026-10-27T09:00:00Z", type_=kind, reason=REFUSED, user="a@example.com"),
        event("2026-10-27T09:01:00Z", type_=kind, reason=REFUSED, user="b@example.com"),
        event("2026-10-27T10:00:00Z", type_=kind, result="SUCCESS", user="b@example.com"),
    )

    found = case(log, log.window())

    assert found is not None
    assert found.failed_deactivations == ["a@example.com"]


def test_a_known_code_that_did_not_fail_is_no_case(log_of: Callable[..., Log]) -> None:
    """Nothing found is an answer."""
    log = log_of(refused("09:00", "a"))

    assert case(log, log.window(), code="AADSTS53003") is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"code": "AADSTS5012"}, "AADSTS50126"), ({"app": "Slak"}, "the log knows no 'Slak'")],
)
def test_a_wrong_name_is_told_with_the_nearest(
    log_of: Callable[..., Log], asked: dict[str, str], said: str
) -> None:
    """Of the log and the catalogue."""
    log = log_of(refused("09:00", "a"))

    with pytest.raises(UsageError, match=said):
        case(log, log.window(), **asked)


def test_an_app_is_found_by_name_without_case_or_by_id(log_of: Callable[..., Log]) -> None:
    """As a person types it."""
    log = log_of(refused("09:00", "a"))

    for name in (M365["name"].upper(), M365["id"]):
        assert case(log, log.window(), app=name) is not None
