"""The index begins with how things stand, taken from the newest window of the newest source."""

from __future__ import annotations

from typing import Any

import pytest
from test_ways import run

from kit.reports.front_page import front_page

OPEN = {
    "id": "inc-1",
    "app": "Slack",
    "code": "AADSTS50126",
    "state": "open",
    "width": "connection",
    "since": "2026-10-20T00:00:00Z",
    "last_failure": "2026-10-27T00:00:00Z",
    "fixed_at": None,
    "left": ["a@example.com", "b@example.com", "c@example.com", "d@example.com"],
    "leavers": [],
    "mark": None,
}
FIXED = {**OPEN, "id": "inc-2", "state": "fixed", "fixed_at": "2026-10-26T00:00:00Z", "left": ["e"]}
OVER = {**OPEN, "id": "inc-3", "state": "over", "left": []}
WHOLE = {"complete": True, "gaps": []}


def case(folder: str = "remediation/a", **facts: Any) -> dict[str, Any]:
    """A report on one incident, which lists all."""
    base: dict[str, Any] = {"coverage": WHOLE, "condition": "over", "incidents": [OVER]}
    return run(folder, **{**base, **facts})


def test_no_run_that_knows_of_incidents_gives_no_front_page() -> None:
    assert front_page([]) is None
    assert front_page([run("own/a", incidents=[], condition="cannot_tell")]) is None
    assert front_page([case(status="failed")]) is None
    assert front_page([run("own/a", incidents=[1], condition="broken")]) is None


@pytest.mark.parametrize(
    ("incidents", "coverage", "condition"),
    [
        ([OPEN, FIXED], WHOLE, "broken"),
        ([FIXED, OVER], WHOLE, "fixed_some_left"),
        ([{**OPEN, "width": "user"}], WHOLE, "some_failing"),
        ([{**OPEN, "mark": "muted"}, OVER], WHOLE, "over"),
        ([OVER], {"complete": False, "gaps": []}, "cannot_tell"),
    ],
)
def test_its_condition_is_of_all_incidents_whatever_the_run_is_about(
    incidents: list[dict[str, Any]], coverage: dict[str, Any], condition: str
) -> None:
    page = front_page([case(incidents=incidents, coverage=coverage, condition="all_clear")])
    assert page
    assert page.screen.condition == condition
    assert 3 <= len(page.screen.tiles) <= 6
    wrong = any(one["state"] != "over" and one["mark"] is None for one in incidents)
    assert bool(page.screen.deeds) == wrong


def test_it_lists_what_is_not_over_and_leads_to_its_page() -> None:
    way = {"inc-1": "remediation?app=Slack&code=AADSTS50126"}
    about = case(parameters={"code": "AADSTS50126", "app": "Slack"})
    base = case("failure_trends/b", incidents=[OPEN, FIXED, OVER], ways=way, started="2026-10-29")
    page = front_page([base, about])
    assert page
    assert [(one["id"], one["page"]) for one in page.incidents] == [
        ("inc-1", "remediation/a/report.html"),
        ("inc-2", ""),
    ]
    assert page.incidents[0]["names"] == "a@example.com, b@example.com, c@example.com and 1 more"
    assert [one["id"] for one in page.over] == ["inc-3"]


def test_a_newer_window_counts_and_a_rerun_of_an_older_one_does_not() -> None:
    newest = case("remediation/a", incidents=[OPEN], started="2026-10-28T06:00:00Z")
    rerun = case("remediation/b", started="2026-10-29T06:00:00Z", until="2026-10-20T00:00:00Z")
    page = front_page([rerun, newest])
    assert page
    assert page.screen.condition == "broken"


def test_another_source_has_a_line_and_an_owner_s_run_none() -> None:
    other = case("remediation/b", source="sample", incidents=[OPEN])
    owned = case("failure_trends/c", owner={"name": "Ada"}, incidents=[OPEN])
    page = front_page([owned, case(), other])
    assert page
    assert page.screen.condition == "over"
    assert [(one["source"], one["condition"]) for one in page.sources] == [("sample", "broken")]


def test_a_newer_run_that_failed_is_said() -> None:
    failed = run("failure_trends/b", status="failed", started="2026-10-29T06:00:00Z")
    page = front_page([failed, case()])
    assert page
    assert page.failed == "failure_trends/b/report.html"
    older = front_page([case(), {**failed, "started": "2026-10-27"}])
    assert older
    assert older.failed == ""


def test_the_picture_reaches_back_four_weeks_and_no_further() -> None:
    old = {**OPEN, "since": "2025-01-01T00:00:00Z"}
    page = front_page([case(incidents=[old, FIXED])])
    assert page
    assert page.begin == "30 Sep 2026, 00:00 UTC"
    (lane, fixed) = page.lanes
    assert lane.spans == (("failing", 0.0, 100.0),)
    kinds = [kind for kind, _, _ in fixed.spans]
    assert kinds == ["failing", "left"]
    assert all(at + width <= 100.6 for _, at, width in (*lane.spans, *fixed.spans))


def test_a_first_screen_of_another_form_does_not_break_the_index() -> None:
    page = front_page([case(first_screen={"tiles": [{"no": "tile"}]}, incidents=[OPEN])])
    assert page
    assert page.screen.condition == "broken"


@pytest.mark.parametrize("wrong", [{"left": 3}, {"fixed_at": 1}])
def test_incidents_of_another_form_leave_the_list_of_runs(wrong: dict[str, Any]) -> None:
    assert front_page([case(incidents=[{**FIXED, **wrong}])]) is None
