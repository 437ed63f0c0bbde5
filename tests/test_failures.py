"""The counting rule, on truth made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from factories import M365, REFUSED, SLACK, event
from kit.analysis.failures import failures
from kit.analysis.recovery import recovery, with_state
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.log.log import Log


def test_two_failing_events_of_one_transaction_app_and_user_are_one_failure(
    log_of: Callable[..., Log],
) -> None:
    """A summary and its detail count once, and the coded one speaks."""
    summary = event(transaction="t1", type_="application.provision.user.sync")
    detail = event(transaction="t1", reason=REFUSED)

    found = failures(log_of(summary, detail))

    assert found[["uuid", "code", "events"]].to_dict("records") == [
        {"uuid": detail["uuid"], "code": "AADSTS50126", "events": 2}
    ]


def test_a_reasonless_user_event_takes_the_code_of_the_apps_event_beside_it(
    log_of: Callable[..., Log],
) -> None:
    """The app's event lends its code and is no failure by itself."""
    of_app = event(
        transaction="t1", user=None, reason=REFUSED, type_="app.office365.api.error.validate.creds"
    )
    of_user = event(transaction="t1")

    found = failures(log_of(of_app, of_user))

    assert found[["uuid", "user", "code", "events"]].to_dict("records") == [
        {"uuid": of_user["uuid"], "user": "ada@example.com", "code": "AADSTS50126", "events": 2}
    ]
    assert found["trace_id"].tolist() == ["11111111-2222-3333-4444-555555555555"]


def test_an_apps_event_shared_by_two_users_is_counted_with_the_first(
    log_of: Callable[..., Log],
) -> None:
    """The events of all failures add up to the failing events."""
    of_app = event("2026-10-27T09:05:09Z", transaction="t1", user=None, reason=REFUSED)
    first = event("2026-10-27T09:05:01Z", transaction="t1", user="ada@example.com")
    second = event("2026-10-27T09:05:02Z", transaction="t1", user="bob@example.com")

    found = failures(log_of(of_app, second, first))

    assert found["user"].tolist() == ["ada@example.com", "bob@example.com"]
    assert found["events"].tolist() == [2, 1]
    assert found["code"].tolist() == ["AADSTS50126", "AADSTS50126"]


def test_an_apps_event_does_not_explain_a_user_with_a_reason_of_their_own(
    log_of: Callable[..., Log],
) -> None:
    """A code of one's own is kept."""
    of_app = event(transaction="t1", user=None, reason=REFUSED)
    of_user = event(transaction="t1", reason="Conflict")

    found = failures(log_of(of_app, of_user))

    assert found[["code", "events"]].values.tolist() == [["HTTP_409", 2]]


def test_an_apps_event_does_not_explain_another_app_or_transaction(
    log_of: Callable[..., Log],
) -> None:
    """Explaining stays within one app and one transaction."""
    of_app = event(transaction="t1", user=None, reason=REFUSED)
    other_app = event(transaction="t1", app=SLACK)
    other_transaction = event(transaction="t2")

    found = failures(log_of(of_app, other_app, other_transaction))

    assert sorted(found["code"]) == ["AADSTS50126", "NO_REASON", "NO_REASON"]


def test_an_apps_event_alone_is_a_failure_without_a_user(log_of: Callable[..., Log]) -> None:
    """It has no user and no state."""
    log = log_of(event(transaction="t1", user=None, reason=REFUSED))

    found = with_state(failures(log), recovery(log, log.window()))

    assert found["user"].isna().tolist() == [True]
    assert found["state"].tolist() == [""]


@pytest.mark.parametrize("transaction", [None, ""], ids=["null", "empty"])
def test_without_a_transaction_nothing_is_merged(
    log_of: Callable[..., Log], transaction: str | None
) -> None:
    """Each event is its own failure, an app's event included."""
    log = log_of(
        event(transaction=transaction),
        event(transaction=transaction, reason=REFUSED),
        event(transaction=transaction, user=None, reason=REFUSED),
    )

    assert failures(log)["events"].tolist() == [1, 1, 1]


def test_a_repeated_page_changes_nothing(log_of: Callable[..., Log]) -> None:
    """The same event delivered twice is one event."""
    page = [event(transaction="t1"), event(transaction="t2", reason=REFUSED)]

    once, twice = failures(log_of(*page)), failures(log_of(*page, *page, name="twice.ndjson"))

    assert once.equals(twice)


def test_users_are_told_apart_by_login_without_case(log_of: Callable[..., Log]) -> None:
    """Okta's logins know no case, so two spellings are one user."""
    log = log_of(
        event(transaction="t1", user="Ada@example.com"),
        event(transaction="t1", user="ada@example.com", reason=REFUSED),
    )

    assert len(failures(log)) == 1


def test_an_event_type_that_exists_only_for_failures_fails_whatever_its_outcome(
    log_of: Callable[..., Log],
) -> None:
    """Its result may say SUCCESS."""
    kind = "application.integration.rate_limit_exceeded"

    assert len(failures(log_of(event(type_=kind, result="SUCCESS")))) == 1


def test_a_failure_lies_in_exactly_one_of_two_adjacent_windows(
    log_of: Callable[..., Log],
) -> None:
    """A transaction cut by a window's edge is dated by the event that speaks for it."""
    log = log_of(
        event("2026-10-27T09:00:00Z", transaction="t1"),
        event("2026-10-27T11:00:00Z", transaction="t1", reason=REFUSED),
    )

    before = failures(log, log.window("2026-10-27T08:00Z", "2026-10-27T10:00Z"))
    after = failures(log, log.window("2026-10-27T10:00Z", "2026-10-27T12:00Z"))

    assert (len(before), len(after)) == (0, 1)


def test_a_later_success_of_the_same_operation_is_a_recovery(log_of: Callable[..., Log]) -> None:
    """Another operation's success, another user's or an earlier one is none."""
    worked = {"result": "SUCCESS"}
    log = log_of(
        event("2026-10-27T08:00:00Z", user="dan@example.com", **worked),
        *(event(user=f"{name}@example.com") for name in ("ada", "bob", "cyd", "dan")),
        event("2026-10-27T10:00:00Z", user="ada@example.com", **worked),
        event(
            "2026-10-27T10:00:00Z",
            user="bob@example.com",
            type_="application.provision.user.push_profile",
            **worked,
        ),
        event("2026-10-27T10:00:00Z", user="cyd@example.com", app=SLACK, **worked),
    )

    found = recovery(log, log.window()).set_index("user")["state"]

    assert found.to_dict() == {
        "ada@example.com": "recovered",
        "bob@example.com": "still_failing",
        "cyd@example.com": "still_failing",
        "dan@example.com": "still_failing",
    }


def test_a_success_after_the_windows_end_is_not_looked_at(log_of: Callable[..., Log]) -> None:
    """A rerun of a closed window says what it said before."""
    log = log_of(event(), event("2026-10-27T10:00:00Z", result="SUCCESS"))

    found = recovery(log, log.window("1d", "2026-10-27T09:30Z"))

    assert found["state"].tolist() == ["still_failing"]


def test_a_detail_that_can_only_fail_recovers_by_the_summarys_operation(
    log_of: Callable[..., Log],
) -> None:
    """The pair's operation is the one that can be seen to work again."""
    log = log_of(
        event(transaction="t1", type_="application.provision.user.push_profile"),
        event(transaction="t1", type_="app.office365.api.error.validate.creds", reason=REFUSED),
        event(
            "2026-10-27T10:00:00Z",
            type_="application.provision.user.push_profile",
            result="SUCCESS",
        ),
    )

    assert recovery(log, log.window())["state"].tolist() == ["recovered"]


@pytest.mark.parametrize(
    ("first", "second", "operation"),
    [
        ("application.provision.user.sync", "app.office365.api.error.deactivate.user", "deactivat"),
        ("application.provision.user.sync", "app.office365.api.error.push.profile", "profile push"),
        (
            "app.office365.api.error.deactivate.user",
            "app.office365.api.error.validate.creds",
            "deactivat",
        ),
        (
            "application.provision.user.push_profile",
            "application.provision.user.deactivate",
            "deactivat",
        ),
    ],
)
def test_what_was_wanted_names_the_operation_and_access_comes_first(
    log_of: Callable[..., Log], first: str, second: str, operation: str
) -> None:
    """Not a step on the way to it, whichever of the two has the code."""
    for reasons in ((None, REFUSED), (REFUSED, None)):
        pair = zip((first, second), reasons, strict=True)
        log = log_of(*(event(transaction="t1", type_=kind, reason=said) for kind, said in pair))

        assert [one[: len(operation)] for one in failures(log)["operation"]] == [operation]


def test_a_reason_that_was_cut_off_before_its_code_takes_that_of_the_apps_event(
    log_of: Callable[..., Log],
) -> None:
    """Wherever it was cut; a code of its own is its own, and a whole text, too."""
    of_app = {"user": None, "type_": "app.office365.api.error.push.profile"}
    said = "received error: Received response with HTTP status code 403. errorCode=Authorization_R"
    whole = f"Automatic profile push of user Ada to app Office failed: {said}equestDenied"
    events = []
    for number, length in enumerate((0, 3, 9, 40)):
        name = "N" * (255 - len(whole) + len("Ada") + length)
        cut = whole.replace("Ada", name)[:255]
        events.append(event(transaction=f"t{number}", reason=cut, user=f"u{number}@example.com"))
        events.append(event(transaction=f"t{number}", reason=whole, **of_app))
    events.append(event(transaction="t9", reason="Conflict", user="whole@example.com"))
    events.append(event(transaction="t9", reason=whole, **of_app))
    log = log_of(*events)

    found = failures(log)

    assert found["code"].tolist() == ["Authorization_RequestDenied"] * 4 + ["HTTP_409"]
    assert found["events"].tolist() == [2] * 5
    assert found["event_type"].notna().all()


def test_a_vendors_code_speaks_before_an_http_status_and_that_before_an_unknown_text(
    log_of: Callable[..., Log],
) -> None:
    """However late the better-coded event comes."""
    log = log_of(
        event("2026-10-27T09:05:00Z", transaction="t1", reason="Something odd happened"),
        event("2026-10-27T09:05:01Z", transaction="t1", reason="Conflict"),
        event("2026-10-27T09:05:02Z", transaction="t1", reason=REFUSED),
        event("2026-10-27T09:06:00Z", transaction="t2", reason="Something odd happened"),
        event("2026-10-27T09:06:01Z", transaction="t2", reason="Conflict"),
    )

    assert failures(log)["code"].tolist() == ["AADSTS50126", "HTTP_409"]


def test_a_success_of_another_operation_or_app_or_user_is_no_recovery(
    log_of: Callable[..., Log],
) -> None:
    """Each app, user and operation recovers by itself."""
    later = "2026-10-27T10:00:00Z"
    log = log_of(
        event(reason=REFUSED),
        event(later, result="SUCCESS", type_="application.provision.user.push_profile"),
        event(later, result="SUCCESS", app=SLACK),
        event(later, result="SUCCESS", user="bo@example.com"),
    )

    assert recovery(log, log.window())["state"].tolist() == ["still_failing"]


def test_a_success_at_the_moment_of_the_failure_is_not_after_it(
    log_of: Callable[..., Log],
) -> None:
    """A recovery comes later than what it recovers from."""
    log = log_of(event(reason=REFUSED), event(result="SUCCESS"))

    assert recovery(log, log.window())["state"].tolist() == ["still_failing"]


_made = st.fixed_dictionaries(
    {
        "transaction": st.sampled_from([None, "t1", "t2"]),
        "user": st.sampled_from([None, "ada@example.com", "bob@example.com"]),
        "app": st.sampled_from([None, M365, SLACK]),
        "reason": st.sampled_from([None, REFUSED, "Conflict", "Some odd text"]),
        "minute": st.integers(0, 59),
        "result": st.sampled_from(["FAILURE", "FAILURE", "DENY", "SUCCESS"]),
    }
)


@max_examples(20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_made, min_size=1, max_size=12), st.integers(0, 59))
def test_events_add_up_windows_agree_and_nobody_both_fails_and_recovers(
    log_of: Callable[..., Log], made: list[dict[str, Any]], cut: int
) -> None:
    """Whatever the log holds, no failing event is lost or counted twice."""
    events = [event(f"2026-10-27T09:{one.pop('minute'):02d}:00Z", **one) for one in map(dict, made)]
    log = log_of(*events)

    found = failures(log)

    failing = sum(one["outcome"]["result"] != "SUCCESS" for one in events)
    assert found["events"].sum() == failing
    assert found["uuid"].is_unique
    assert (found["code"].str.len() > 0).all()
    edge = f"2026-10-27T09:{cut:02d}:30Z"
    left = failures(log, log.window("2026-10-27T08:00Z", edge))
    right = failures(log, log.window(edge, "2026-10-27T11:00Z"))
    assert sorted([*left["uuid"], *right["uuid"]]) == sorted(found["uuid"])
    people = recovery(log, log.window())
    assert not people.duplicated(["app_key", "user_key", "operation"]).any()
