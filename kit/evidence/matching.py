"""Failures joined with the vendor's records of the same requests.

The rules, the strongest first:

1. ``request_id``: the record whose id, or whose first request's id, is the Trace ID of a refused
   sign-in, or the request id of a refused call.
2. ``correlation_id``: records with the failure's Correlation ID **and its error code**, but for
   those whose id is another failure's Trace ID. Where failures share a Correlation ID, the nearest
   in time has the record.
3. ``likely``: exactly one record, claimed by no id, with the failure's error code, of an account in
   an application that id matches have shown to be this app's, at most two minutes apart once the
   clocks' usual difference, the median over the id matches, is taken off. A record goes to one
   failure, a collapsed row to as many as it counts. Of a vendor whose answers carry no ids, the
   accounts are those of ``coincidence``.

The engine picks the few records that may match; which of them do is worked out of those, the first
two rules in ``ids``, the third in ``likely``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from kit.evidence.coincidence import coinciding_pairs
from kit.evidence.ids import by_correlation_id, by_request_id, clock_difference, records_with_ids
from kit.evidence.likely import likely_pairs, likely_records, shown_pairs
from kit.evidence.records import RECORD, seconds_of, with_record_keys, without_repeats
from kit.evidence.speakable import speakable_failures
from kit.log.log import to_pandas
from kit.log.vendor import vendor_records
from kit.vendors.forms import vendor_of, vendor_of_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import ibis.expr.types as ir

    from kit.base.windows import Window
    from kit.log.log import Log
    from kit.vendors.forms import Vendor

__all__ = ["Match", "VendorEvidence", "evidence"]

Match = Literal["request_id", "correlation_id", "likely", "none"]

_answers: WeakKeyDictionary[Any, VendorEvidence | None] = WeakKeyDictionary()


@dataclass(frozen=True)
class VendorEvidence:
    """The failures that a vendor's records can speak of, each with what matched it."""

    failures: pd.DataFrame
    """One row a failure, oldest first: ``speakable_failures`` with ``match``, ``records`` (the
    list of the records' ids, lower case) and ``reason_none`` (null where matched, else
    ``not_logged``, ``other_log``, ``outside_coverage`` or ``not_in_export``)."""
    records: pd.DataFrame
    """The matched records: the columns ``RECORD``, each once."""
    pairs: pd.DataFrame
    """What id matches, or times, have shown: ``app_key`` of Okta's app, ``account_key`` and
    ``application_key`` of the vendor's account in its application, ``tenant``."""
    clock: pd.Timedelta
    """How far the vendor's clock is ahead of Okta's, usually."""


def evidence(log: Log) -> VendorEvidence | None:
    """Join all failures of a log with the vendor's records of the same requests, once.

    A window, an app or a code changes nothing in the answer for a failure, so they are for the
    caller to filter by.

    Args:
        log: the opened log.

    Returns:
        The failures and what matched them; None where the source holds no record of a vendor.
    """
    if log.answers not in _answers:
        table = vendor_records(log)
        _answers[log.answers] = None if table is None else _evidence_of(log, table)
    return _answers[log.answers]


def _evidence_of(log: Log, table: ir.Table) -> VendorEvidence:
    names = sorted({vendor_of_log(one) for one in log.vendor_coverage()} - {""})
    if not names:  # the manifest was written by something else
        names = sorted(to_pandas(table.select("vendor").distinct())["vendor"])
    failures = speakable_failures(log, names)
    parts = []
    for name in names:
        theirs = table if len(names) == 1 else table.filter(table.vendor == name)
        mine = failures[failures["vendor"] == name].reset_index(drop=True)
        parts.append(_of_vendor(log, theirs, mine, vendor_of(name)))
    if len(parts) == 1:
        return parts[0]
    every = pd.concat([one.failures for one in parts])
    return VendorEvidence(
        every.sort_values(["published", "uuid"], ignore_index=True),
        pd.concat([one.records for one in parts], ignore_index=True),
        pd.concat([one.pairs for one in parts], ignore_index=True),
        next((one.clock for one in parts if one.clock), pd.Timedelta(0)),
    )


def _of_vendor(log: Log, table: ir.Table, failures: pd.DataFrame, vendor: Vendor) -> VendorEvidence:
    coverage = log.vendor_coverage()
    records = with_record_keys(without_repeats(records_with_ids(log, table, failures, vendor)))
    by_id = by_request_id(failures, records)
    clock = clock_difference(failures, records, by_id)
    by_correlation = by_correlation_id(failures, records, clock)
    id_matches = pd.concat([by_id, by_correlation], ignore_index=True)
    if by_id.empty:
        clock = clock_difference(failures, records, by_correlation)
    if vendor.has_request_ids:
        pairs = shown_pairs(failures, records, id_matches)
    else:
        pairs = coinciding_pairs(table, failures, vendor, coverage)
    others = with_record_keys(
        without_repeats(likely_records(log, table, failures, id_matches, pairs, clock))
    )
    likely = likely_pairs(failures, others, records, id_matches, pairs, clock)
    matched = {"request_id": by_id, "correlation_id": by_correlation}
    ids = _ids(len(failures), [(one, records) for one in matched.values()], (likely, others))
    match = np.full(len(failures), "none", dtype=object)
    for name, one in (("likely", likely), *reversed(matched.items())):
        match[one["failure"].to_numpy(dtype=int)] = name
    times = seconds_of(failures["published"]) + round(clock.total_seconds())
    reasons = [
        None if name != "none" else _reason(logs, int(at), coverage)
        for name, logs, at in zip(match, failures["logs"], times, strict=True)
    ]
    matches = pd.concat(
        [
            records[records["row"].isin(id_matches["record"])],
            others[others["row"].isin(likely["record"])],
        ]
    )
    return VendorEvidence(
        failures.assign(
            match=match,
            records=pd.Series(ids, dtype=object),
            reason_none=pd.Series(reasons, dtype=object),
        ),
        matches[list(RECORD)].drop_duplicates("key").reset_index(drop=True),
        pairs,
        clock,
    )


def _ids(
    count: int,
    id_matches: Iterable[tuple[pd.DataFrame, pd.DataFrame]],
    likely: tuple[pd.DataFrame, pd.DataFrame],
) -> list[list[str]]:
    ids: list[dict[str, None]] = [{} for _ in range(count)]
    for pairs, records in (*id_matches, likely):
        names = records["id"].tolist()
        for failure, record in zip(
            pairs["failure"].tolist(), pairs["record"].tolist(), strict=True
        ):
            ids[failure][names[record]] = None
    return [list(some) for some in ids]


def _reason(logs: Sequence[str], second: int, coverage: Mapping[str, Sequence[Window]]) -> str:
    """Why nothing matched a failure."""
    if not logs:
        return "not_logged"
    windows = [window for log in logs for window in coverage.get(log, ())]
    if not windows:
        return "other_log"
    for window in windows:
        if window.since.timestamp() <= second < window.until.timestamp():
            return "not_in_export"
    return "outside_coverage"
