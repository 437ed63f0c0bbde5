"""Which of a vendor's accounts Okta signs in with, where no id says so.

A vendor whose answers carry no id of its records leaves the time. One refusal at the time of one
failure proves nothing, many do: an account is shown to be an app's if it was refused at most times
when the app failed, and the app failed at most times when it was refused. An account that fails
round the clock by itself has too many refusals for that, one that failed once too few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kit.evidence.likely import REACH
from kit.evidence.records import fetch_records, seconds_of, with_record_keys, without_repeats
from kit.log.log import literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis.expr.types as ir

    from kit.base.windows import Window
    from kit.vendors.forms import Vendor

__all__ = ["coinciding_pairs"]

_MOST = 0.5
"""The share of the one side's times that the other side has, too."""
_TIMES = 2
"""Failures, more than ``REACH`` apart, that show an account whose application is not Okta's own."""


def coinciding_pairs(
    table: ir.Table,
    failures: pd.DataFrame,
    vendor: Vendor,
    coverage: Mapping[str, Sequence[Window]],
) -> pd.DataFrame:
    """Which account in which application was refused when an app failed.

    Args:
        table: the vendor's records.
        failures: those that its records can speak of, as ``speakable_failures`` has them.
        vendor: the vendor.
        coverage: the stretches of time that each of its logs is held for.

    Returns:
        ``app_key``, ``account_key``, ``application_key`` and ``tenant``: at most one row for each
        app and code, and none where two accounts fit equally well.
    """
    of_log = failures[failures["logs"].astype(bool)].assign(
        at=lambda rows: seconds_of(rows["published"])
    )
    windows = [one for log in of_log["logs"].explode().unique() for one in coverage.get(log, ())]
    of_log = of_log[_is_within(of_log["at"].to_numpy(), windows)]
    rows: list[dict[str, Any]] = []
    if len(of_log):
        records = with_record_keys(without_repeats(_refusals(table, of_log)))
        records = records[(records["account_key"] != "") & (records["application_key"] != "")]
        for (app_key, code), mine in of_log.groupby(["app_key", "record_code"]):
            one = _account_of(mine["at"].to_numpy(), records[records["code"] == code], vendor)
            if one is not None and app_key:
                rows.append({"app_key": app_key, **one})
    columns = ["account_key", "application_key", "tenant", "app_key"]
    return pd.DataFrame(rows, columns=columns, dtype=object).drop_duplicates(ignore_index=True)


def _refusals(table: ir.Table, failures: pd.DataFrame) -> pd.DataFrame:
    """The records with the codes of failures, at their times."""
    some = table.filter(
        table.code.isin(sorted(set(failures["record_code"]))),
        table.published >= literal(failures["published"].min().to_pydatetime() - REACH),
        table.published <= literal(failures["published"].max().to_pydatetime() + REACH),
    )
    return fetch_records([some], table)


def _account_of(times: np.ndarray, records: pd.DataFrame, vendor: Vendor) -> dict[str, Any] | None:
    """The account that was refused at most of some times, if there is one such."""
    best: list[tuple[float, dict[str, Any]]] = []
    keys = ["account_key", "application_key", "tenant"]
    for (account, application, tenant), theirs in records.groupby(keys, dropna=False):
        refusals = theirs["second"].to_numpy()
        here, there = _are_near(times, refusals), _are_near(refusals, times)
        share = min(here.mean(), there.mean())
        is_oktas = any(word in str(application) for word in vendor.okta.applications)
        if share >= _MOST and (is_oktas or _apart(times[here]) >= _TIMES):
            facts = {"account_key": account, "application_key": application}
            facts["tenant"] = tenant if isinstance(tenant, str) else None
            best.append((float(here.mean() * there.mean()) + is_oktas, facts))
    best.sort(key=lambda one: -one[0])
    if not best or (len(best) > 1 and best[0][0] == best[1][0]):
        return None
    return best[0][1]


def _are_near(times: np.ndarray, others: np.ndarray) -> np.ndarray:
    """At which times one of the others is within reach."""
    reach, others = int(REACH.total_seconds()), np.sort(others)
    low = np.searchsorted(others, times - reach, side="left")
    return np.asarray(np.searchsorted(others, times + reach, side="right") > low)


def _apart(times: np.ndarray) -> int:
    """How many of some times are each further than the reach from the one before."""
    ordered = np.sort(times)
    return int((np.diff(ordered, prepend=-np.inf) > REACH.total_seconds()).sum())


def _is_within(seconds: np.ndarray, windows: Sequence[Window]) -> np.ndarray:
    is_within = np.zeros(len(seconds), bool)
    for window in windows:
        is_within |= (seconds >= window.since.timestamp()) & (seconds < window.until.timestamp())
    return is_within
