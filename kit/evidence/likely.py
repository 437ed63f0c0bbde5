"""Records that are likely of a failure's request, where no id says so."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.evidence.nearest import nearest_pairs
from kit.evidence.records import account_key, application_key, fetch_records, seconds_of
from kit.log.log import literal

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.log.log import Log

__all__ = ["REACH", "likely_pairs", "likely_records", "shown_pairs"]

REACH = timedelta(minutes=2)
"""How far apart a likely match may be, once the clocks' difference is taken off."""


def shown_pairs(
    failures: pd.DataFrame, records: pd.DataFrame, id_matches: pd.DataFrame
) -> pd.DataFrame:
    """Which account in which application id matches have shown to be an app's."""
    mine = records.loc[id_matches["record"], ["account_key", "application_key", "tenant"]]
    apps = failures.loc[id_matches["failure"], "app_key"].to_numpy()
    pairs = mine.assign(app_key=apps).drop_duplicates(ignore_index=True)
    return pairs[(pairs["account_key"] != "") & (pairs["application_key"] != "")]


def likely_records(
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
        return fetch_records([], table)
    sought = log.answers.table(
        f"accounts_{uuid.uuid4().hex}",
        pairs[["account_key", "application_key"]]
        .drop_duplicates()
        .rename(columns={"account_key": "who", "application_key": "where"}),
    )
    reach = clock.to_pytimedelta() + timedelta(seconds=1)
    first = still["published"].min().to_pydatetime() + reach - REACH - timedelta(seconds=2)
    last = still["published"].max().to_pydatetime() + reach + REACH
    some = table.filter(
        table.code.isin(sorted(set(still["record_code"]))),
        table.published >= literal(first),
        table.published <= literal(last),
    )
    some = some.mutate(who_key=account_key(some), where_key=application_key(some))
    part = some.semi_join(
        sought, [some.who_key == sought["who"], some.where_key == sought["where"]]
    )
    return fetch_records([part], table)


def likely_pairs(
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
    open_failures = still[still["logs"].astype(bool)][["app_key", "record_code", "published"]]
    open_failures = open_failures.reset_index(names="failure")
    open_failures["at"] = seconds_of(open_failures["published"]) + round(clock.total_seconds())
    parts = []
    for (app_key, code), mine in open_failures.groupby(["app_key", "record_code"]):
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
    return nearest_pairs(pd.concat(parts, ignore_index=True))


def _is_shown(records: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Which records are of an account in an application that was shown, in no other tenant."""
    tenants: dict[tuple[str, str], set[Any]] = {}
    names = ["account_key", "application_key", "tenant"]
    for who, where, tenant in pairs[names].itertuples(index=False):
        tenants.setdefault((who, where), set()).add(tenant if isinstance(tenant, str) else None)
    return np.array(
        [
            (some := tenants.get((who, where))) is not None
            and (not isinstance(tenant, str) or tenant in some or None in some)
            for who, where, tenant in zip(*(records[name].tolist() for name in names), strict=True)
        ],
        dtype=bool,
    )
