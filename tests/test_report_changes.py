"""What changed since the run before, from two summaries."""

from __future__ import annotations

from typing import Any

import pytest

from kit.reports.changes import compare, previous_and_changes


def run(
    since: str, until: str, *rows: dict[str, Any], status: str = "ok", **more: Any
) -> dict[str, Any]:
    """A run of ``failure_trends``, as its summary."""
    return {
        "notebook": "failure_trends",
        "status": status,
        "parameters": {"source": "lake", "since": since, "until": until, "app": ""},
        "window": {"since": f"{since}T00:00:00Z", "until": f"{until}T00:00:00Z"},
        "coverage": {"complete": True, "gaps": []},
        "started": "2026-11-09T00:00:00Z",
        "results": {"totals": {}, "by_code": list(rows)},
    } | more


def row(code: str, failures: int, still: int = 0, users: int = 1) -> dict[str, Any]:
    """One row of ``by_code``."""
    return {
        "app": "Box",
        "code": code,
        "failures": failures,
        "users": users,
        "still_failing": still,
    }


def case(since: str, until: str, still: list[str], recovered: list[str], **more: Any) -> Any:
    """A run of ``remediation``."""
    results = {"code": "E1", "app": "Box", "still_failing": still, "recovered": recovered} | more
    return run(since, until, results=results)


def test_codes_are_new_gone_worse_or_better() -> None:
    """Users still failing count first, failures where these are as many."""
    before = run(
        "2026-11-01", "2026-11-02", row("A", 5), row("B", 5, 2), row("C", 5, 1), row("E", 9)
    )
    now = run("2026-11-02", "2026-11-03", row("B", 9, 1), row("C", 6, 1), row("D", 1), row("E", 9))

    found = compare(now, before)

    assert found.groups == (
        ("1 new code", ("D on Box: 1 failure, 1 user hit, 0 still failing",)),
        (
            "1 gone code",
            (
                "A on Box: no failure in this window, nobody still failing; "
                "before, 5 failures, 1 user hit, 0 still failing",
            ),
        ),
        (
            "1 worse",
            (
                "C on Box: 1 still failing (before, 1), 6 failures (before, 5), "
                "1 user hit (before, 1)",
            ),
        ),
        (
            "1 better",
            (
                "B on Box: 1 still failing (before, 2), 9 failures (before, 5), "
                "1 user hit (before, 1)",
            ),
        ),
    )
    assert found.short == "1 new code, 1 gone code, 1 worse, 1 better"


def test_windows_of_different_length_are_compared_by_the_day() -> None:
    """Ten failures in ten days are fewer a day than two in one."""
    before = run("2026-11-01", "2026-11-02", row("A", 2))
    now = run("2026-11-02", "2026-11-12", row("A", 10))

    found = compare(now, before)

    assert found.short == "1 better"
    assert "The windows differ in length, so failures are compared by the day." in found.remarks


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("2026-11-03", "The 24 hours between the two windows are in neither."),
        ("2026-11-01", "24 hours are in both windows, and what failed then counts in both."),
    ],
    ids=["a gap", "an overlap"],
)
def test_windows_that_do_not_meet_are_told(since: str, said: str) -> None:
    """What counts twice, and what nobody looked at."""
    before = run("2026-10-31", "2026-11-02", row("A", 2))

    assert said in compare(run(since, "2026-11-05", row("A", 2)), before).remarks


def test_a_user_who_left_the_window_did_not_recover() -> None:
    """Only a success says that somebody recovered."""
    before = case("2026-11-01", "2026-11-02", ["a", "b", "c"], ["d"])
    now = case("2026-11-02", "2026-11-03", ["c", "d", "e"], ["a"])

    assert compare(now, before).groups == (
        ("1 user newly failing", ("e",)),
        ("1 user failing again", ("d",)),
        ("1 user recovered", ("a",)),
        ("1 user not seen any more", ("b",)),
    )


def test_a_user_who_was_unassigned_is_told_as_such() -> None:
    """It is known what became of them, and it is no recovery."""
    before = case("2026-11-01", "2026-11-02", ["a", "b"], [])
    now = case("2026-11-02", "2026-11-03", ["b"], [])
    now["results"]["abandoned"] = ["a"]

    assert compare(now, before).groups == (("1 user unassigned", ("a",)),)


def test_users_of_another_code_are_not_compared() -> None:
    """A report that picks its code by itself may be about another one."""
    before = case("2026-11-01", "2026-11-02", ["a"], [])
    now = case("2026-11-02", "2026-11-03", ["b"], [], code="E2")

    found = compare(now, before)

    assert found.groups == ()
    assert "This run is about E2 on Box, that one about E1 on Box." in found.remarks


def test_the_verdict_on_a_fix_is_compared() -> None:
    """It held, and does no more."""
    before = case("2026-11-01", "2026-11-02", [], [], fix={"verdict": "holds"})
    now = case("2026-11-02", "2026-11-03", [], [], fix={"verdict": "not_fixed"})

    assert compare(now, before).groups == (("fix", ("not fixed; before, holds",)),)


def test_the_run_before_is_the_newest_good_one_with_an_earlier_window() -> None:
    """Not a failed one, not a later one, not the same window, not other parameters."""
    now = run("2026-11-05", "2026-11-06", row("A", 2))
    others = run("2026-11-04", "2026-11-05", row("X", 1))
    others["parameters"] |= {"app": "Box"}
    runs = [
        now,
        run("2026-11-01", "2026-11-02", row("OLD", 1)),
        run("2026-11-02", "2026-11-03", row("A", 1), started="2026-11-01T00:00:00Z"),
        run("2026-11-03", "2026-11-04", row("B", 1), status="failed"),
        run("2026-11-06", "2026-11-07", row("LATER", 1)),
        others,
    ]

    found = previous_and_changes(now, runs)

    assert found.short == "1 worse"
    assert "1 run between the two failed." in found.remarks


@pytest.mark.parametrize(
    ("status", "said"),
    [("failed", "No earlier run worked"), (None, "No earlier run to compare with")],
)
def test_without_a_run_before_it_is_said(status: str | None, said: str) -> None:
    """Nothing to compare with is not the same as nothing changed."""
    now = run("2026-11-05", "2026-11-06", row("A", 2))
    runs = [run("2026-11-03", "2026-11-04", row("B", 1), status=status)] if status else []

    found = previous_and_changes(now, runs)

    assert (found.short, found.compared) == (said, False)


def test_what_was_not_held_makes_no_certain_difference() -> None:
    """A code may be new because its day was missing before."""
    before = run("2026-11-01", "2026-11-02", coverage={"complete": False, "gaps": []})
    now = run("2026-11-02", "2026-11-03", row("A", 1))

    assert any("may be older" in line for line in compare(now, before).remarks)
