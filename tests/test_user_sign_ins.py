"""Whether a user can sign in is said by the latest attempt, not by any that worked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import kit
from factories import event, write_export
from kit.analysis.one_user import sign_ins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USER = "ada@example.com"
SESSION, FACTOR = "user.session.start", "user.authentication.auth_via_mfa"
SSO, DENIED_PUSH = "user.authentication.sso", "user.mfa.okta_verify.deny_push"
START = datetime(2026, 10, 27, 9, tzinfo=UTC)


def at(minute: int) -> datetime:
    """A moment so many minutes after the start."""
    return START + timedelta(minutes=minute)


def tried(minute: int, type_: str, *, works: bool, user: str = USER) -> dict[str, Any]:
    """An attempt that a user made."""
    actor = {"id": f"00u{user}", "type": "User", "alternateId": user, "displayName": user}
    return event(
        at(minute).isoformat().replace("+00:00", "Z"),
        type_=type_,
        result="SUCCESS" if works else "FAILURE",
        reason=None if works else "INVALID_CREDENTIALS",
        user=None,
        app=None,
        actor=actor,
        transaction=f"t{minute}",
    )


GOOD, BAD = tried(0, SESSION, works=True), tried(60, SESSION, works=False)
CASES = [
    ([GOOD], 0, None, 0, "Signing in works, last 27 Oct 2026, 09:00 UTC."),
    (
        [GOOD, BAD],
        0,
        60,
        1,
        "Signing in was refused, last 27 Oct 2026, 10:00 UTC; "
        "it worked before, last 27 Oct 2026, 09:00 UTC.",
    ),
    ([BAD, tried(90, SESSION, works=True)], 90, None, 1, "Signing in works, last"),
    ([BAD], None, 60, 1, "was refused, last 27 Oct 2026, 10:00 UTC; none worked in the window."),
    ([GOOD, tried(1, FACTOR, works=False)], 0, 1, 1, "Signing in was refused"),
    ([GOOD, tried(1, DENIED_PUSH, works=False)], 0, 1, 1, "Signing in was refused"),
    (
        [GOOD, tried(1, FACTOR, works=False), tried(2, FACTOR, works=True)],
        0,
        None,
        1,
        "Signing in works",
    ),
    ([GOOD, tried(5, SSO, works=False)], 0, None, 0, "Signing in works"),
    ([GOOD, tried(0, SESSION, works=False)], 0, 0, 1, "Signing in was refused"),
    ([tried(3, SESSION, works=False, user="bo@example.com")], None, None, 0, "No sign-in in the"),
]


@pytest.mark.parametrize(("events", "worked", "refused", "count", "words"), CASES)
def test_the_latest_attempt_says_whether_signing_in_works(
    log_of: Callable[..., Any],
    events: list[dict[str, Any]],
    worked: int | None,
    refused: int | None,
    count: int,
    words: str,
    tmp_path: Path,
) -> None:
    """The second factor's refusal is a sign-in's; an app's own says nothing of Okta's."""
    pushed = event(at(-5).isoformat().replace("+00:00", "Z"), user=USER)
    log = log_of(*events, pushed)

    answer = sign_ins(log, log.window(None, None), USER)

    assert answer.worked_at == (None if worked is None else at(worked))
    assert answer.refused_at == (None if refused is None else at(refused))
    assert answer.refused == count
    path = write_export(tmp_path / "log.ndjson", [*events, pushed])
    report = kit.user_history_report(str(path), user=USER)
    assert words in report.headline().text()


def test_refused_sign_ins_count_whatever_kind_of_failure_is_asked_for(tmp_path: Path) -> None:
    events = [GOOD, BAD, event(user=USER, reason="Matching user not found")]
    path = write_export(tmp_path / "log.ndjson", events)

    report = kit.user_history_report(str(path), user=USER, kind="not_found")

    text = report.headline().text()
    assert "Signing in was refused, last 27 Oct 2026, 10:00 UTC" in text
    assert "sign-ins that worked (on 1 day, 1 refused)" in text


def test_attempts_are_what_failed_and_what_worked_at_the_same_operations(tmp_path: Path) -> None:
    """An enrolment that worked is one, though it changes the account; pushes beside it are none."""
    enrolment: dict[str, Any] = {"type_": "user.mfa.factor.activate", "app": None, "user": USER}
    events = [
        event("2026-10-27T09:00:00Z", reason="User failed to set up", **enrolment),
        event("2026-10-27T09:05:00Z", result="SUCCESS", **enrolment),
        event("2026-10-27T09:10:00Z", result="SUCCESS", user=USER),
        event("2026-10-27T09:15:00Z", result="SUCCESS", user=USER),
    ]
    source = str(write_export(tmp_path / "export.ndjson", events))

    report = kit.user_history_report(source, since="", user=USER)

    assert "1 of 2 attempts failed" in report.headline().text()
