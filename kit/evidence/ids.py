"""Failures and records that carry the same id: of a request, or of a chain of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from kit.evidence.records import fetch_records, seconds_of, text_column

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.log.log import Log

__all__ = ["by_correlation_id", "by_request_id", "clock_difference", "nearest_pairs",
           "records_with_ids"]  # fmt: skip

_SIGN_INS = ("interactive", "non_interactive", "service_principal", "managed_identity")


def records_with_ids(log: Log, table: ir.Table, failures: pd.DataFrame) -> pd.DataFrame:
    """The records that carry an id of a failure.

    The engine reads the table once, whatever the id is looked for in. Whether a Correlation ID
    comes with its own error code is left to ``by_correlation_id``.
    """
    ids = {*failures["trace_id"].dropna(), *failures["request_id"].dropna()}
    pairs = failures[["correlation_id", "code"]].dropna()
    carries: list[ir.BooleanValue] = []
    if ids:
        sought = text_column(log, ids)
        carries += [table[name].isin(sought) for name in ("id", "original_id")]
    if len(pairs):
        sought = text_column(log, pairs["correlation_id"])
        refused = table.code.isin(sorted(set(pairs["code"])))
        carries += [
            refused & table[name].isin(sought)
            for name in ("correlation_id", "other_correlation_id")
        ]
    return fetch_records([table.filter(ibis.or_(*carries))] if carries else [], table)


def by_request_id(failures: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """The pairs of a failure and a record that is of the same request."""
    sign_ins = records[records["log"].isin(_SIGN_INS)]
    calls = records[records["log"] == "graph_activity"]
    parts = [
        _pairs_on(failures, "trace_id", sign_ins, "id"),
        _pairs_on(failures, "trace_id", sign_ins, "original_id"),
        _pairs_on(failures, "request_id", calls, "id"),
    ]
    return pd.concat(parts).drop_duplicates(ignore_index=True)


def _pairs_on(failures: pd.DataFrame, mine: str, records: pd.DataFrame, name: str) -> pd.DataFrame:
    open_failures = failures[[mine]].reset_index(names="failure").dropna()
    right = records[[name, "row"]].dropna().rename(columns={name: mine, "row": "record"})
    return open_failures.merge(right, on=mine)[["failure", "record"]]


def by_correlation_id(
    failures: pd.DataFrame, records: pd.DataFrame, clock: pd.Timedelta
) -> pd.DataFrame:
    """The pairs of a failure and a record with its Correlation ID and its code."""
    open_failures = failures[["correlation_id", "code", "published", "trace_id"]]
    open_failures = open_failures.reset_index(names="failure").dropna(
        subset=["correlation_id", "code"]
    )
    open_failures["at"] = seconds_of(open_failures["published"]) + round(clock.total_seconds())
    parts = []
    for name in ("correlation_id", "other_correlation_id"):
        right = records[[name, "code", "row", "second", "id", "original_id", "attempts"]]
        right = right.rename(columns={name: "correlation_id", "row": "record"})
        parts.append(
            open_failures.merge(
                right.dropna(subset=["correlation_id"]), on=["correlation_id", "code"]
            )
        )
    both = pd.concat(parts).drop_duplicates(["failure", "record"], ignore_index=True)
    traces = set(failures["trace_id"].dropna())
    own = (both["id"] == both["trace_id"]) | (both["original_id"] == both["trace_id"])
    others = both["id"].isin(traces) | both["original_id"].isin(traces)
    return nearest_pairs(both[own | ~others])


def nearest_pairs(both: pd.DataFrame) -> pd.DataFrame:
    """Of failures that compete for a record, the nearest; a collapsed row takes several."""
    both = both.assign(apart=(both["second"] - both["at"]).abs())
    ordered = both.sort_values(["record", "apart", "at", "failure"], kind="stable")
    place = ordered.groupby("record").cumcount()
    return ordered.loc[place < ordered["attempts"], ["failure", "record"]].reset_index(drop=True)


def clock_difference(
    failures: pd.DataFrame, records: pd.DataFrame, pairs: pd.DataFrame
) -> pd.Timedelta:
    """How far the vendor's clock is ahead, by the median over id matches."""
    single = records.loc[pairs["record"], "attempts"].to_numpy() == 1
    some = pairs[single] if single.any() else pairs
    if some.empty:
        return pd.Timedelta(0)
    theirs = records.loc[some["record"], "second"].to_numpy()
    ours = seconds_of(failures.loc[some["failure"], "published"])
    return pd.Timedelta(seconds=float(np.median(theirs - ours)))
