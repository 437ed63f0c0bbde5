"""Failures and records that carry the same id: of a request, or of a chain of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from kit.evidence.nearest import nearest_pairs, pairs_in_reach
from kit.evidence.records import fetch_records, seconds_of
from kit.log.log import to_pandas
from kit.vendors import REFUSED
from kit.vendors.schema import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from kit.log.log import Log
    from kit.vendors.forms import Vendor

__all__ = ["by_correlation_id", "by_request_id", "clock_difference", "records_with_ids"]

_SIGN_INS = ("interactive", "non_interactive", "service_principal", "managed_identity")


def records_with_ids(
    log: Log, table: ir.Table, failures: pd.DataFrame, vendor: Vendor
) -> pd.DataFrame:
    """The records that carry an id of a failure.

    Refusals, which lie apart from other records, are read once, whatever the id is looked for in.
    Of the many others hashes are read first, since hardly any is of a failure's own request.
    Whether a Correlation ID comes with its own error code is left to ``by_correlation_id``.
    """
    ids = {*failures["trace_id"].dropna(), *failures["request_id"].dropna()}
    chains = failures["correlation_id"].dropna()
    if not ids and chains.empty:
        return fetch_records([], table)
    keys = log.answers.column([key_of(vendor.name, one) for one in ids])
    texts = log.answers.column([*ids, *chains])
    own = table.key.isin(keys) | table.original_id.isin(texts)
    codes = sorted({"", *failures.loc[chains.index, "code"]})
    of_chain = table.correlation_id.isin(texts) | table.other_correlation_id.isin(texts)
    refused = table.result.isin(REFUSED)
    some = [table.filter(refused, own | (table.code.isin(codes) & of_chain))]
    rest = table.filter(~ibis.coalesce(refused, ibis.literal(value=False)))
    keys_of_rest = to_pandas(rest.filter(own).select("key"))["key"]
    if len(keys_of_rest):
        some.append(rest.filter(rest.key.isin(log.answers.column(keys_of_rest))))
    return fetch_records(some, table)


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
    open_failures = open_failures.reset_index(names="failure")
    open_failures["at"] = seconds_of(open_failures["published"]) + round(clock.total_seconds())
    # A record that is of a failure's own request is nobody else's.
    traces = set(failures["trace_id"].dropna())
    both_ids = zip(records["id"].tolist(), records["original_id"].tolist(), strict=True)
    is_own = np.array([not traces.isdisjoint(some) for some in both_ids], dtype=bool)
    keys, parts = ["correlation_id", "code"], []
    for theirs in _by_each_name(records, ("correlation_id", "other_correlation_id")):
        parts.append(pairs_in_reach(open_failures, theirs[~is_own], keys))
        parts += [
            pairs_in_reach(open_failures, own, [*keys, "trace_id"])
            for own in _by_each_name(theirs[is_own], ("id", "original_id"), "trace_id")
        ]
    return nearest_pairs(pd.concat(parts).drop_duplicates(["failure", "record"]))


def _by_each_name(
    records: pd.DataFrame, names: tuple[str, str], sought: str = ""
) -> Iterator[pd.DataFrame]:
    """Records with what stands under one name, then those with another under a second."""
    first, second = names
    sought = sought or first
    theirs = records.assign(record=records["row"])
    yield theirs.assign(**{sought: records[first]})
    differs = records[second].notna() & (records[second] != records[first])
    yield theirs.assign(**{sought: records[second].where(differs)})


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
