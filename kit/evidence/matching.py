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
   failure, a collapsed row to as many as it counts.

The engine picks the few records that may match; which of them do is worked out of those. Forms
differ in how exact their times are, so whole seconds are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import ibis
import numpy as np
import pandas as pd

from kit.evidence.speakable import speakable_failures
from kit.log.log import literal, to_pandas
from kit.log.vendor import vendor_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import ibis.expr.types as ir

    from kit.base.windows import Window
    from kit.log.log import Log

__all__ = ["REACH", "RECORD", "VendorEvidence", "evidence", "without_repeats"]

REACH = timedelta(minutes=2)
"""How far apart a likely match may be, once the clocks' difference is taken off."""

RECORD = (
    *("id", "key", "fullness", "published", "vendor", "log", "original_id", "correlation_id"),
    *("other_correlation_id", "account", "account_id", "principal", "principal_id", "app"),
    *("app_id", "tenant", "result", "code", "attempts"),
)
"""The columns of a record that matching needs."""

_SIGN_INS = ("interactive", "non_interactive", "service_principal", "managed_identity")
_S = np.int64(1_000_000)

Match = Literal["request_id", "correlation_id", "likely", "none"]


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
    """What id matches have shown: ``app_key`` of Okta's app, ``account_key`` and
    ``application_key`` of the vendor's account in its application, ``tenant``."""
    clock: pd.Timedelta
    """How far the vendor's clock is ahead of Okta's, usually."""


def evidence(log: Log) -> VendorEvidence | None:
    """Join all failures of a log with the vendor's records of the same requests.

    A window, an app or a code changes nothing in the answer for a failure, so they are for the
    caller to filter by.

    Args:
        log: the opened log.

    Returns:
        The failures and what matched them; None where the source holds no record of a vendor.
    """
    table = vendor_records(log)
    if table is None:
        return None
    failures = speakable_failures(log)
    records = _with_keys(without_repeats(_candidates(log, table, failures)))
    by_id = _by_request_id(failures, records)
    clock = _clock(failures, records, by_id)
    by_correlation = _by_correlation_id(failures, records, clock)
    id_matches = pd.concat([by_id, by_correlation], ignore_index=True)
    if by_id.empty:
        clock = _clock(failures, records, by_correlation)
    pairs = _pairs(failures, records, id_matches)
    others = _with_keys(
        without_repeats(_likely_records(log, table, failures, id_matches, pairs, clock))
    )
    likely = _likely(failures, others, records, id_matches, pairs, clock)
    matched = {"request_id": by_id, "correlation_id": by_correlation}
    ids = _ids(len(failures), [(one, records) for one in matched.values()], (likely, others))
    match = np.full(len(failures), "none", dtype=object)
    for name, one in (("likely", likely), *reversed(matched.items())):
        match[one["failure"].to_numpy(dtype=int)] = name
    coverage = log.vendor_coverage()
    times = _seconds(failures["published"]) + round(clock.total_seconds())
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


def without_repeats(records: pd.DataFrame) -> pd.DataFrame:
    """Records each once: of several forms of one, that which says most."""
    ordered = records.sort_values(["key", "fullness"], ascending=[True, False], kind="stable")
    return ordered.drop_duplicates("key", ignore_index=True)


def account_key(records: ir.Table) -> ir.StringValue:
    """What tells accounts apart: the login, else the ids and the name of the service principal."""
    return ibis.coalesce(
        records.account.lower(),
        records.account_id,
        records.principal_id,
        records.principal.lower(),
        "",
    )


def application_key(records: ir.Table) -> ir.StringValue:
    """What tells applications apart: the id, else the name."""
    return ibis.coalesce(records.app_id, records.app.lower(), "")


def _candidates(log: Log, table: ir.Table, failures: pd.DataFrame) -> pd.DataFrame:
    """The records that carry an id of a failure."""
    ids = {*failures["trace_id"].dropna(), *failures["request_id"].dropna()}
    pairs = failures[["correlation_id", "code"]].dropna().drop_duplicates()
    parts: list[ir.Table] = []
    if ids:
        sought = log.answers.table("wanted_ids", pd.DataFrame({"sought": sorted(ids)}))
        parts += [
            table.semi_join(sought, table[name] == sought.sought) for name in ("id", "original_id")
        ]
    if len(pairs):
        sought = log.answers.table(
            "wanted_correlations", pairs.rename(columns={"correlation_id": "sought", "code": "of"})
        )
        parts += [
            table.semi_join(sought, [table[name] == sought.sought, table.code == sought["of"]])
            for name in ("correlation_id", "other_correlation_id")
        ]
    return _fetched(parts, table)


def _fetched(parts: Sequence[ir.Table], table: ir.Table) -> pd.DataFrame:
    """The records of some questions, as rows."""
    if not parts:
        return to_pandas(table.select(*RECORD).limit(0))
    picked = [part.select(*RECORD) for part in parts]
    rows = to_pandas(ibis.union(*picked) if len(picked) > 1 else picked[0])
    rows["id"] = rows["id"].str.lower()
    return rows


def _with_keys(records: pd.DataFrame) -> pd.DataFrame:
    """Records with what they are compared by, and their place."""
    text = records.astype(object).where(records.notna(), None)
    account = text["account"].str.lower()
    for name in ("account_id", "principal_id", "principal"):
        account = account.where(account.notna(), text[name].str.lower())
    application = text["app_id"].where(text["app_id"].notna(), text["app"].str.lower())
    return records.assign(
        account_key=account.fillna(""),
        application_key=application.fillna(""),
        second=_seconds(records["published"]),
        row=np.arange(len(records)),
    )


def _seconds(times: pd.Series[Any]) -> np.ndarray:
    """Times as whole seconds since 1970."""
    return times.astype("datetime64[us, UTC]").astype("int64").to_numpy() // _S


def _by_request_id(failures: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
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


def _by_correlation_id(
    failures: pd.DataFrame, records: pd.DataFrame, clock: pd.Timedelta
) -> pd.DataFrame:
    """The pairs of a failure and a record with its Correlation ID and its code."""
    open_failures = failures[["correlation_id", "code", "published", "trace_id"]]
    open_failures = open_failures.reset_index(names="failure").dropna(
        subset=["correlation_id", "code"]
    )
    open_failures["at"] = _seconds(open_failures["published"]) + round(clock.total_seconds())
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
    return _nearest(both[own | ~others])


def _nearest(both: pd.DataFrame) -> pd.DataFrame:
    """Of failures that compete for a record, the nearest; a collapsed row takes several."""
    both = both.assign(apart=(both["second"] - both["at"]).abs())
    ordered = both.sort_values(["record", "apart", "at", "failure"], kind="stable")
    place = ordered.groupby("record").cumcount()
    return ordered.loc[place < ordered["attempts"], ["failure", "record"]].reset_index(drop=True)


def _clock(failures: pd.DataFrame, records: pd.DataFrame, pairs: pd.DataFrame) -> pd.Timedelta:
    """How far the vendor's clock is ahead, by the median over id matches."""
    single = records.loc[pairs["record"], "attempts"].to_numpy() == 1
    some = pairs[single] if single.any() else pairs
    if some.empty:
        return pd.Timedelta(0)
    theirs = records.loc[some["record"], "second"].to_numpy()
    ours = _seconds(failures.loc[some["failure"], "published"])
    return pd.Timedelta(seconds=float(np.median(theirs - ours)))


def _pairs(failures: pd.DataFrame, records: pd.DataFrame, id_matches: pd.DataFrame) -> pd.DataFrame:
    """Which account in which application id matches have shown to be an app's."""
    mine = records.loc[id_matches["record"], ["account_key", "application_key", "tenant"]]
    apps = failures.loc[id_matches["failure"], "app_key"].to_numpy()
    pairs = mine.assign(app_key=apps).drop_duplicates(ignore_index=True)
    return pairs[(pairs["account_key"] != "") & (pairs["application_key"] != "")]


def _likely_records(
    log: Log,
    table: ir.Table,
    failures: pd.DataFrame,
    id_matches: pd.DataFrame,
    pairs: pd.DataFrame,
    clock: pd.Timedelta,
) -> pd.DataFrame:
    """Records of the accounts that were shown, with a code and near the time of open failures."""
    still = failures[~failures.index.isin(id_matches["failure"])]
    still = still[still["app_key"].isin(pairs["app_key"]) & still["logs"].astype(bool)]
    if still.empty:
        return _fetched([], table)
    sought = log.answers.table(
        "shown_accounts",
        pairs[["account_key", "application_key"]]
        .drop_duplicates()
        .rename(columns={"account_key": "who", "application_key": "where"}),
    )
    reach = clock.to_pytimedelta() + timedelta(seconds=1)
    first = still["published"].min().to_pydatetime() + reach - REACH - timedelta(seconds=2)
    last = still["published"].max().to_pydatetime() + reach + REACH
    some = table.filter(
        table.code.isin(sorted(set(still["code"]))),
        table.published >= literal(first),
        table.published <= literal(last),
    )
    some = some.mutate(who_key=account_key(some), where_key=application_key(some))
    part = some.semi_join(
        sought, [some.who_key == sought["who"], some.where_key == sought["where"]]
    )
    return _fetched([part], table)


def _likely(
    failures: pd.DataFrame,
    others: pd.DataFrame,
    records: pd.DataFrame,
    id_matches: pd.DataFrame,
    pairs: pd.DataFrame,
    clock: pd.Timedelta,
) -> pd.DataFrame:
    """The pairs of a failure and the one record that is likely of the same request."""
    claims = records.loc[id_matches["record"], "key"].value_counts()
    rest = others["attempts"] - others["key"].map(claims).fillna(0).astype(int)
    rest = rest.where((others["attempts"] > 1) | ~others["key"].isin(claims.index), 0)
    free = others.assign(attempts=rest)[rest > 0]
    still = failures[~failures.index.isin(id_matches["failure"])]
    open_failures = still[still["logs"].astype(bool)][["app_key", "code", "published"]]
    open_failures = open_failures.reset_index(names="failure")
    open_failures["at"] = _seconds(open_failures["published"]) + round(clock.total_seconds())
    parts = []
    for (app_key, code), mine in open_failures.groupby(["app_key", "code"]):
        theirs = free[free["code"] == code]
        theirs = theirs[_is_shown(theirs, pairs[pairs["app_key"] == app_key])]
        theirs = theirs.sort_values(["second", "row"])
        times, reach = theirs["second"].to_numpy(), int(REACH.total_seconds())
        at = mine["at"].to_numpy()
        low = np.searchsorted(times, at - reach, side="left")
        high = np.searchsorted(times, at + reach, side="right")
        one = high - low == 1
        picked = theirs.iloc[low[one]]
        parts.append(
            pd.DataFrame(
                {
                    "failure": mine["failure"].to_numpy()[one],
                    "record": picked["row"].to_numpy(),
                    "at": at[one],
                    "second": picked["second"].to_numpy(),
                    "attempts": picked["attempts"].to_numpy(),
                }
            )
        )
    if not parts:
        return id_matches.head(0)
    return _nearest(pd.concat(parts, ignore_index=True))


def _is_shown(records: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Which records are of an account in an application that was shown, in no other tenant."""
    tenants: dict[tuple[str, str], set[Any]] = {}
    for who, where, tenant in pairs[["account_key", "application_key", "tenant"]].itertuples(
        index=False
    ):
        tenants.setdefault((who, where), set()).add(tenant if isinstance(tenant, str) else None)
    return np.array(
        [
            (some := tenants.get((who, where))) is not None
            and (not isinstance(tenant, str) or tenant in some or None in some)
            for who, where, tenant in zip(
                records["account_key"], records["application_key"], records["tenant"], strict=True
            )
        ],
        dtype=bool,
    )


def _ids(
    count: int,
    id_matches: Iterable[tuple[pd.DataFrame, pd.DataFrame]],
    likely: tuple[pd.DataFrame, pd.DataFrame],
) -> list[list[str]]:
    ids: list[list[str]] = [[] for _ in range(count)]
    for pairs, records in (*id_matches, likely):
        names = records["id"].to_numpy()
        for failure, record in zip(pairs["failure"], pairs["record"], strict=True):
            if names[record] not in ids[failure]:
                ids[failure].append(names[record])
    return ids


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
