"""Attempts and rates by any keys, and the failed deactivations that nothing made up for."""

from __future__ import annotations

import pandas as pd
import pytest

from kit.analysis.attempts import with_attempts
from kit.analysis.recovery import access_left_behind

FAILED = pd.DataFrame({"app_key": ["a", "b", "c"], "code": ["X", "X", "Y"], "failures": [3, 1, 0]})
DONE = pd.DataFrame(
    {
        "app_key": ["a", "a", "a", "b"],
        "operation": ["sync", "sync", "import", "sync"],
        "successes": [4, 5, 100, 7],
    }
)


def test_only_successes_of_the_operations_that_failed_are_attempts() -> None:
    tried = pd.DataFrame(
        {"app_key": ["a", "a", "c"], "code": ["X", "X", "Y"], "operation": ["sync", "sync", "sync"]}
    )
    rows = with_attempts(FAILED, DONE, ["app_key", "code"], operations=tried)
    assert rows["successes"].to_list() == [9, 0, 0]
    assert rows["attempts"].to_list() == [12, 1, 0]
    assert rows["rate"].to_list()[:2] == [0.25, 1.0]
    assert pd.isna(rows["rate"].iloc[2])
    assert {str(rows[name].dtype) for name in ("failures", "successes", "attempts")} == {"int64"}


def test_what_only_worked_is_a_row_where_it_is_asked_for() -> None:
    failed = FAILED[["app_key", "failures"]].iloc[[1]]
    assert with_attempts(failed, DONE, ["app_key"])["app_key"].to_list() == ["b"]
    rows = with_attempts(failed, DONE, ["app_key"], how="outer").set_index("app_key")
    assert rows["attempts"].to_dict() == {"a": 109, "b": 8}
    assert rows["rate"].to_dict() == {"a": 0.0, "b": 0.125}


@pytest.mark.parametrize("how", ["left", "outer"])
def test_nothing_tried_is_an_empty_table(how: str) -> None:
    rows = with_attempts(FAILED.head(0), DONE.head(0).assign(code=""), ["app_key", "code"], how=how)
    assert rows.columns.to_list() == "app_key code failures successes attempts rate".split()
    assert rows.empty


def test_only_a_deactivation_that_still_fails_leaves_access_behind() -> None:
    rows = pd.DataFrame(
        [
            ("deactivation", "still_failing"),
            ("deprovisioning", "still_failing"),
            ("deletion", "recovered"),
            ("sync", "still_failing"),
            ("deactivation", ""),
        ],
        columns=["operation", "state"],
    )
    assert access_left_behind(rows).index.to_list() == [0, 1]
