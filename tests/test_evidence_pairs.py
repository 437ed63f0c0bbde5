"""Failures and records that share a Correlation ID, however many share it."""

from itertools import chain
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.evidence.ids import by_correlation_id
from kit.evidence.nearest import pairs_in_reach

START = pd.Timestamp("2026-09-14T06:00:00Z")
IDS = [None, "a", "b", "c"]
CODES = ["AADSTS50126", "AADSTS50055"]

FAILURES = st.tuples(
    st.sampled_from(["x", "y", None]), st.sampled_from(CODES), st.integers(0, 6),
    st.sampled_from(IDS),
)  # fmt: skip
RECORDS = st.tuples(
    st.sampled_from(["x", "y", None]), st.sampled_from(["x", "y", None]),
    st.sampled_from([*CODES, None]), st.integers(0, 6), st.sampled_from(IDS),
    st.sampled_from(IDS), st.sampled_from([1, 1, 1, 2, 3, 2**31 - 1]),
)  # fmt: skip


def failures_of(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Failures of a Correlation ID, a code, a second and a Trace ID."""
    names = ["correlation_id", "code", "second", "trace_id"]
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    return frame.assign(published=[START + pd.Timedelta(seconds=n) for n in frame["second"]])


def records_of(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Records of both correlation ids, a code, a second, both ids and a count."""
    names = ["correlation_id", "other_correlation_id", "code", "second", "id", "original_id",
             "attempts"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    frame["second"] = frame["second"].astype("int64") + START.value // 10**9
    return frame.assign(attempts=frame["attempts"].astype("int32"), row=range(len(frame)))


def by_the_rule(failures: pd.DataFrame, records: pd.DataFrame, clock: int) -> set[tuple[int, int]]:
    """The pairs as the rule says them: all that share id and code, and the nearest of those."""
    traces = set(failures["trace_id"].dropna())
    matched = set()
    for record in records.to_dict("records"):
        own = {record["id"], record["original_id"]} - {None}
        chains = {record["correlation_id"], record["other_correlation_id"]} - {None}
        rivals = []
        for place, failure in enumerate(failures.to_dict("records")):
            shared = failure["correlation_id"] in chains and failure["code"] == record["code"]
            if shared and (not own & traces or failure["trace_id"] in own):
                at = int(failure["published"].timestamp()) + clock
                rivals.append((abs(record["second"] - at), at, place))
        matched |= {(place, record["row"]) for *_, place in sorted(rivals)[: record["attempts"]]}
    return matched


@given(
    st.lists(FAILURES, min_size=1, max_size=12),
    st.lists(RECORDS, max_size=12),
    st.integers(-3, 3),
)
def test_the_nearest_failures_of_an_id_and_a_code_have_a_record(
    some: list[tuple[Any, ...]], others: list[tuple[Any, ...]], clock: int
) -> None:
    failures, records = failures_of(some), records_of(others)
    pairs = by_correlation_id(failures, records, pd.Timedelta(seconds=clock))
    found = list(zip(pairs["failure"].tolist(), pairs["record"].tolist(), strict=True))
    assert pairs.dtypes.tolist() == ["int64", "int64"]
    assert len(found) == len(set(found))
    assert set(found) == by_the_rule(failures, records, clock)


@pytest.mark.parametrize(
    ("times", "second", "attempts", "right"),
    [
        ([2, 0], 1, 1, [1]),
        ([0, 0], 1, 1, [0]),
        ([1, 1], 0, 1, [0]),
        ([1, 1], 1, 1, [0]),
        ([3, 1, 0], 2, 1, [1]),
        ([0, 4, 5, 9], 4, 2, [1, 2]),
        ([0, 3, 3, 6, 9], 3, 3, [0, 1, 2]),
        ([5, 7], 1, 9, [0, 1]),
        ([], 1, 9, []),
    ],
)
def test_of_failures_that_share_an_id_the_nearest_and_of_these_the_earliest_has_the_record(
    times: list[int], second: int, attempts: int, right: list[int]
) -> None:
    """A row of several sign-ins has as many; another id's failures at its very time none."""
    before, behind = [("w", CODES[0]), ("x", CODES[1])], [("y", CODES[0])]
    mine = [("x", CODES[0], at, None) for at in times]
    failures = failures_of(
        [(*other, second, None) for other in before]
        + mine
        + [(*other, second, None) for other in behind]
    )
    records = records_of([("x", "x", CODES[0], second, "r", None, attempts)])
    pairs = by_correlation_id(failures, records, pd.Timedelta(0))
    assert sorted(pairs["failure"] - len(before)) == right


def test_a_batch_of_one_id_is_matched_in_a_space_that_grows_with_it() -> None:
    """Twenty thousand failures and as many records: all their pairs would be 400 million."""
    many = 20_000
    failures = failures_of([("x", CODES[0], n, None) for n in range(many)])
    records = records_of([("x", "x", CODES[0], n, f"r{n}", None, 1) for n in range(many)])
    pairs = by_correlation_id(failures, records, pd.Timedelta(0))
    assert (pairs["failure"] == pairs["record"]).all()
    assert len(pairs) == many


def test_no_more_pairs_are_made_than_twice_what_the_records_count() -> None:
    failures = pd.DataFrame({"key": "x", "at": range(500), "failure": range(500)})
    counts = list(chain([1] * 498, [3, 2**31 - 1]))
    records = pd.DataFrame(
        {"key": "x", "record": range(500), "second": range(500), "attempts": counts}
    )
    pairs = pairs_in_reach(failures, records, ["key"])
    assert len(pairs) <= 2 * (498 + 3) + 500
    assert pairs.groupby("record").size().loc[499] == 500
