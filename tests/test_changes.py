"""What changed before an onset: candidates, ranked by what they are and how near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from factories import M365, REFUSED, SLACK, event
from kit.analysis.changes import changes
from kit.analysis.episodes import history, onset

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.analysis.changes import CandidateChanges
    from kit.log.log import Log

AD = {"id": "0oaad", "name": "Active Directory"}
CONFIGURE = "application.configuration.update"
JOB = {"actor": {"id": "job", "type": "SystemPrincipal", "alternateId": "system@okta.com"}}


def on(at: str, kind: str = CONFIGURE, **more: Any) -> dict[str, Any]:
    """A change on 27 October that worked."""
    defaults = {"result": "SUCCESS", "user": None, "app": M365}
    return event(f"2026-10-27T{at}:00Z", type_=kind, **(defaults | more))


def by(login: str) -> dict[str, Any]:
    """Done by somebody."""
    return {"actor": {"id": f"00u{login}", "type": "User", "alternateId": login}}


def found_in(
    log_of: Callable[..., Log], *events: dict[str, Any], app: Any = M365
) -> CandidateChanges:
    """The candidates for an outage that begins at 09:00, logged by jobs."""
    outage = [
        event(f"2026-10-27T09:0{n}:00Z", reason=REFUSED, user=f"u{n}@example.com", app=app, **JOB)
        for n in range(3)
    ]
    log = log_of(event("2026-10-20T00:00:00Z", result="SUCCESS", **JOB), *events, *outage)
    known = history(log, log.window(), app["id"], "AADSTS50126")
    return changes(known, onset(known))


def test_what_comes_after_the_onset_is_no_candidate_and_at_the_onset_is(
    log_of: Callable[..., Log],
) -> None:
    """Credentials that are updated later belong to the fix."""
    at, after = on("09:00"), on("09:01")

    found = found_in(log_of, at, after)

    assert found.rows["uuid"].tolist() == [at["uuid"]]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (CONFIGURE, {"app": SLACK}),
        (CONFIGURE, {"result": "FAILURE", "reason": "Could not verify"}),
        ("policy.lifecycle.update", {"app": None}),
        ("user.account.update_password", {"app": None, "user": "somebody@example.com"}),
        ("user.account.update_password", {"app": None, "user": "svc-slack@example.com"}),
        ("application.configuration.update_logo", {}),
        ("system.org.rate_limit.warning", {"app": None}),
        ("system.agent.ad.deactivate", {"app": None}),
    ],
    ids=[
        "another app",
        "a change that failed",
        "a policy",
        "anybody's password",
        "another app's service account",
        "a logo",
        "the org's limit",
        "an agent",
    ],
)
def test_what_has_nothing_to_do_with_the_app_is_no_candidate(
    log_of: Callable[..., Log], kind: str, more: dict[str, Any]
) -> None:
    """Nothing in the log is an answer."""
    slack = event("2026-10-27T08:00:00Z", result="SUCCESS", app=SLACK, **JOB)
    broken = event("2026-10-27T08:00:00Z", reason="Conflict", app=SLACK, **JOB)

    found = found_in(log_of, slack, broken, on("08:58", kind, **more))

    assert found.rows.empty
    assert not found.not_held


@pytest.mark.parametrize(
    ("login", "touches"),
    [
        ("svc.okta-sync@example.com", "a service account, by its name"),
        ("office365@example.com", "a service account, by its name"),
        ("Dana@example.com", "who configured the app"),
    ],
)
def test_a_password_of_an_account_that_the_app_depends_on_is_a_candidate(
    log_of: Callable[..., Log], login: str, touches: str
) -> None:
    """By its name, or because its owner configured the app, however long ago."""
    configured = event(
        "2026-10-19T08:00:00Z", type_=CONFIGURE, result="SUCCESS", user=None,
        **by("dana@example.com"),
    )  # fmt: skip
    changed = on("08:30", "user.account.update_password", app=None, user=login, **by(login))

    found = found_in(log_of, configured, changed)

    assert found.rows[["uuid", "touches"]].values.tolist() == [[changed["uuid"], touches]]


def test_kinds_that_can_bring_it_about_come_first_and_of_these_the_nearest(
    log_of: Callable[..., Log],
) -> None:
    """A group's assignment near the onset does not hide the credentials."""
    near = on("08:59", "group.application_assignment.add")
    password = on("08:20", "user.account.update_password", app=None, user="svc@example.com")
    configured = on("08:40")

    found = found_in(log_of, password, configured, near)

    assert found.rows["uuid"].tolist() == [configured["uuid"], password["uuid"], near["uuid"]]


def test_of_one_transaction_the_most_telling_event_is_listed(log_of: Callable[..., Log]) -> None:
    """Saving a form logs more than one event."""
    saved = on("08:40", transaction="t1")
    beside = on("08:41", "application.lifecycle.update", transaction="t1")

    found = found_in(log_of, saved, beside)

    assert found.rows["uuid"].tolist() == [saved["uuid"]]


def test_an_agent_is_a_candidate_for_a_directory(log_of: Callable[..., Log]) -> None:
    """Although the event names no app."""
    stopped = on("08:50", "system.agent.ad.deactivate", app=None)

    found = found_in(log_of, stopped, app=AD)

    assert found.rows["touches"].tolist() == ["the directory's agents"]


def test_a_change_long_before_counts_if_nothing_worked_since(log_of: Callable[..., Log]) -> None:
    """A connection that breaks on Friday fails on Monday, when it is tried."""
    friday = event("2026-10-25T08:00:00Z", type_=CONFIGURE, result="SUCCESS", user=None, **JOB)
    worked = event("2026-10-25T07:00:00Z", result="SUCCESS", **JOB)
    later = event("2026-10-26T20:00:00Z", result="SUCCESS", **JOB)

    silent = found_in(log_of, worked, friday)
    tried = found_in(log_of, worked, friday, later)

    assert silent.rows["uuid"].tolist() == [friday["uuid"]]
    assert tried.rows.empty


def test_a_log_that_does_not_reach_back_says_so(log_of: Callable[..., Log]) -> None:
    """No candidate, and which part is not held."""
    log = log_of(
        event("2026-10-27T08:00:00Z", result="SUCCESS", **JOB),
        event("2026-10-27T09:00:00Z", reason=REFUSED, **JOB),
    )
    known = history(log, log.window(), M365["id"], "AADSTS50126")

    found = changes(known, onset(known))

    assert found.rows.empty
    assert [gap.as_text() for gap in found.not_held] == [
        {"since": "2026-10-26T09:00:00Z", "until": "2026-10-27T08:00:00Z"}
    ]
