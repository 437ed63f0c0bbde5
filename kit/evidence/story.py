"""What a vendor's records tell of one code on one app: who was refused, since when, by what.

The account is the one that id matches and likely ones show, in the application that they show: the
same account in another application or tenant says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from kit.base.times import iso
from kit.evidence.matching import evidence
from kit.evidence.records import account_key, application_key, without_repeats
from kit.log.log import literal, to_pandas
from kit.log.vendor import vendor_records
from kit.vendors.forms import audit_logs, vendor_of

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir

    from kit.base.windows import Window
    from kit.evidence.matching import VendorEvidence
    from kit.log.log import Log

__all__ = ["VendorStory", "vendor_story"]

_MATCHES = ("request_id", "correlation_id", "likely", "none")
_REFUSAL = (
    *("key", "fullness", "published", "id", "account", "account_id", "principal", "principal_id"),
    *("app", "app_id", "tenant", "code", "reason", "address", "attempts", "policies"),
    *("policy_ids", "vendor", "log"),
)
_AUDIT = (
    *("key", "fullness", "published", "id", "has_id", "activity", "actor", "targets"),
    *("target_ids", "result", "reason"),
)


@dataclass(frozen=True)
class VendorStory:
    """What the vendor's records say of one code on one app."""

    vendor: str
    """The vendor's name, as people have it."""
    account: str | None
    """The login, else the service principal's name."""
    application: str | None
    code: str
    failure_reason: str | None
    first_refused: pd.Timestamp
    last_refused: pd.Timestamp
    last_worked_before: pd.Timestamp | None
    first_worked_after: pd.Timestamp | None
    worked_id: str | None
    """The id of the first record of a sign-in that worked after."""
    addresses: tuple[str, ...]
    policies: tuple[str, ...]
    """Names of the policies that refused."""
    changes: pd.DataFrame
    """Audit records on the account, the application or a policy: ``published``, ``activity``,
    ``actor``, ``target``, ``touches`` (``account``, ``application`` or ``policy``), ``result``,
    ``id`` (null where the form has none), the latest first."""
    matches: dict[str, int]
    """The failures of the code, by how they matched."""
    accounts: tuple[str, ...]
    """All accounts that were refused so, the one refused most first."""
    log: str = ""
    """The log that most of the refusals stand in."""
    refused: int = 0
    """How many sign-ins were refused so, of that account in that application."""
    lists_policies: bool = False
    """Whether the form lists policies at all."""
    audit_windows: tuple[Window, ...] = ()
    """The stretches of time that the audit log is held for."""
    sign_in_windows: tuple[Window, ...] = ()
    """Those of the logs that the refusals stand in."""

    @property
    def changes_before(self) -> pd.DataFrame:
        """The changes before the first refusal, nearest first."""
        return self.changes[self.changes["published"] < self.first_refused]

    @property
    def changes_after(self) -> pd.DataFrame:
        """The changes since the first refusal, the first one first."""
        return self.changes[self.changes["published"] >= self.first_refused].iloc[::-1]

    def results(self) -> dict[str, Any]:
        """The story as a report's machine-readable results."""
        number = self.code.removeprefix("AADSTS")
        return {
            "name": self.vendor,
            "account": self.account,
            "application": self.application,
            "error_code": int(number) if number.isdigit() else self.code,
            "failure_reason": self.failure_reason,
            "first_refused": iso(self.first_refused),
            "last_refused": iso(self.last_refused),
            "last_worked_before": _iso(self.last_worked_before),
            "first_worked_after": _iso(self.first_worked_after),
            "addresses": list(self.addresses),
            "policies": list(self.policies),
            "changes": [
                {
                    "id": one["id"],
                    "activity": one["activity"],
                    "actor": one["actor"],
                    "target": one["target"],
                    "published": iso(one["published"]),
                }
                for one in self.changes_before.to_dict("records")
            ],
            "matched": {name: self.matches.get(name, 0) for name in _MATCHES},
            "accounts": list(self.accounts),
        }


def _iso(moment: pd.Timestamp | None) -> str | None:
    return None if moment is None else iso(moment)


def vendor_story(log: Log, app_key: str, code: str, until: datetime) -> VendorStory | None:
    """Tell what the vendor's records say of one code on one app.

    Args:
        log: the opened log.
        app_key: the app's key.
        code: the code.
        until: the end of what is asked about; where the source ends before it, all records count.

    Returns:
        The story; None where the source holds no record of a vendor, or none matched.
    """
    answer = evidence(log)
    table = vendor_records(log)
    if answer is None or table is None:
        return None
    rows = answer.failures
    mine = rows[(rows["app_key"] == app_key) & (rows["code"] == code)]
    mine = mine[mine["published"] < pd.Timestamp(until)]
    ids = {one for some in mine["records"] for one in some}
    codes = set(mine["record_code"])
    records = answer.records[answer.records["id"].isin(ids) & answer.records["code"].isin(codes)]
    if records.empty:
        return None
    if until <= log.last:
        end = until + answer.clock.to_pytimedelta() + timedelta(seconds=1)
        table = table.filter(table.published < literal(end))
    vendor = vendor_of(str(records["vendor"].iloc[0]))
    code = str(records["code"].iloc[0])
    table = table.filter(table.vendor == vendor.name)
    table = table.mutate(who_key=account_key(table), where_key=application_key(table))
    refusals = _refusals(table, _shown_pairs(answer, ids), code)
    if refusals.empty:
        return None
    weights = refusals.groupby(["who_key", "where_key"])["attempts"].sum()
    pairs = weights.sort_values(ascending=False, kind="stable")
    who, where = pairs.index[0]
    every = refusals
    refusals = refusals[(refusals["who_key"] == who) & (refusals["where_key"] == where)]
    first, last = refusals["published"].min(), refusals["published"].max()
    before, after, worked_id = _successes(table, (who, where), refusals, first, last)
    coverage = log.vendor_coverage()
    counts = mine["match"].value_counts()
    return VendorStory(
        vendor=vendor.title,
        account=_first(refusals, "account") or _first(refusals, "principal") or who,
        application=_first(refusals, "app") or _first(refusals, "app_id"),
        code=code,
        failure_reason=_first(refusals, "reason"),
        first_refused=first,
        last_refused=last,
        last_worked_before=before,
        first_worked_after=after,
        worked_id=worked_id,
        addresses=_most(refusals["address"]),
        policies=_flat(refusals["policies"]),
        changes=_changes(table, refusals),
        matches={str(name): int(count) for name, count in counts.items()},
        accounts=_accounts(every, pairs),
        log=str(refusals["log"].value_counts().index[0]),
        refused=int(refusals["attempts"].sum()),
        lists_policies=bool(refusals["policies"].notna().any()),
        audit_windows=tuple(coverage.get(vendor.audit, ())),
        sign_in_windows=tuple(
            window for one in sorted(set(refusals["log"])) for window in coverage.get(one, ())
        ),
    )


def _shown_pairs(answer: VendorEvidence, ids: set[str]) -> pd.DataFrame:
    """The account, application and tenant of each matched record."""
    records = answer.records[answer.records["id"].isin(ids)].astype(object)
    records = records.where(records.notna(), None)
    who = records["account"].str.lower()
    for name in ("account_id", "principal_id", "principal"):
        who = who.where(who.notna(), records[name].str.lower())
    where = records["app_id"].where(records["app_id"].notna(), records["app"].str.lower())
    pairs = pd.DataFrame(
        {"who": who.fillna(""), "where": where.fillna(""), "tenant": records["tenant"]}
    )
    return pairs.drop_duplicates(ignore_index=True)


def _refusals(table: ir.Table, pairs: pd.DataFrame, code: str) -> pd.DataFrame:
    """The records of these accounts in these applications with the code, matched or not."""
    rows = table.filter(table.code == code, table.where_key.isin(sorted(set(pairs["where"]))))
    rows = rows.filter(rows.who_key.isin(sorted(set(pairs["who"]))))
    records = without_repeats(to_pandas(rows.select(*_REFUSAL, "who_key", "where_key")))
    tenants: dict[tuple[str, str], set[str | None]] = {}
    for who, where, tenant in pairs.itertuples(index=False):
        tenants.setdefault((str(who), str(where)), set()).add(
            tenant if isinstance(tenant, str) else None
        )
    fits = [
        _fits(tenants.get((one["who_key"], one["where_key"])), one["tenant"])
        for one in records[["who_key", "where_key", "tenant"]].to_dict("records")
    ]
    return records[pd.Series(fits, index=records.index, dtype=bool)]


def _fits(tenants: set[str | None] | None, tenant: object) -> bool:
    """Whether a record's tenant is one of those that are known, as far as both are."""
    if tenants is None:
        return False
    certain = {one for one in tenants if one is not None}
    return not isinstance(tenant, str) or not certain or tenant in certain


def _successes(
    table: ir.Table,
    pair: tuple[str, str],
    refusals: pd.DataFrame,
    first: pd.Timestamp,
    last: pd.Timestamp,
) -> tuple[pd.Timestamp | None, pd.Timestamp | None, str | None]:
    """The last sign-in that worked before the refusals, and the first after them with its id."""
    rows = table.filter(
        table.result == "success",
        table.who_key == pair[0],
        table.where_key == pair[1],
        table.log.notin(["graph_activity", *audit_logs()]),
    )
    tenants = sorted({one for one in refusals["tenant"] if isinstance(one, str)})
    if tenants:
        rows = rows.filter(rows.tenant.isnull() | rows.tenant.isin(tenants))
    before = rows.filter(rows.published < literal(first.to_pydatetime()))
    after = rows.filter(rows.published > literal(last.to_pydatetime()))
    success = to_pandas(before.aggregate(at=before.published.max()))["at"].iloc[0]
    next_one = to_pandas(
        after.order_by([after.published, after.id]).limit(1).select("published", "id")
    )
    return (
        None if pd.isna(success) else pd.Timestamp(success),
        pd.Timestamp(next_one["published"].iloc[0]) if len(next_one) else None,
        str(next_one["id"].iloc[0]) if len(next_one) else None,
    )


def _changes(table: ir.Table, refusals: pd.DataFrame) -> pd.DataFrame:
    """The audit records whose target is the account, the application or a policy."""
    keys = {
        one.lower()
        for name in ("account", "account_id", "principal", "principal_id", "app", "app_id")
        for one in refusals[name]
        if isinstance(one, str)
    }
    keys |= {one.lower() for name in ("policies", "policy_ids") for one in _flat(refusals[name])}
    rows = table.filter(table.log.isin(audit_logs()))
    touches: ir.BooleanValue = ibis.literal(value=False)
    for key in sorted(keys):
        touches = touches | rows.target_ids.contains(key)
    records = without_repeats(to_pandas(rows.filter(touches).select(*_AUDIT)))
    second = records["published"].dt.floor("s")
    folded = records["activity"].fillna("").str.casefold()
    targets = [tuple(sorted(some)) if some is not None else () for some in records["target_ids"]]
    same = pd.DataFrame({"at": second, "activity": folded, "targets": targets})
    with_ids = same[records["has_id"]].drop_duplicates()
    again = same.merge(with_ids, how="left", indicator=True)["_merge"].to_numpy() == "both"
    records = records[records["has_id"] | ~again]
    target = [_target(some, keys) for some in records["targets"]]
    touches = [_touched(some, refusals) for some in records["target_ids"]]
    ids = [one if has else None for one, has in zip(records["id"], records["has_id"], strict=True)]
    table_of_changes = pd.DataFrame(
        {
            "published": records["published"].to_numpy(),
            "activity": records["activity"].to_numpy(),
            "actor": pd.Series(records["actor"].astype(object).to_numpy(), dtype=object),
            "target": pd.Series(target, dtype=object),
            "touches": pd.Series(touches, dtype=object),
            "result": records["result"].to_numpy(),
            "id": pd.Series(ids, dtype=object),
        }
    )
    table_of_changes["published"] = pd.to_datetime(table_of_changes["published"], utc=True).astype(
        "datetime64[us, UTC]"
    )
    table_of_changes["actor"] = [
        one if isinstance(one, str) else None for one in table_of_changes["actor"]
    ]
    return table_of_changes.sort_values(
        ["published", "activity"], ascending=[False, True], ignore_index=True
    )


def _target(names: Any, keys: set[str]) -> str | None:
    every = [str(one) for one in (names if names is not None else ())]
    return next((one for one in every if one.lower() in keys), every[0] if every else None)


def _touched(ids: Any, refusals: pd.DataFrame) -> str:
    """Which of the things that refused sign-ins name a change is about."""
    mine = {str(one) for one in (ids if ids is not None else ())}
    for what, names in (
        ("account", ("account", "account_id", "principal", "principal_id")),
        ("application", ("app", "app_id")),
    ):
        if mine & {one.lower() for n in names for one in refusals[n] if isinstance(one, str)}:
            return what
    return "policy"


def _accounts(refusals: pd.DataFrame, pairs: pd.Series[Any]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for who, _ in pairs.index:
        mine = refusals[refusals["who_key"] == who]
        names[_first(mine, "account") or _first(mine, "principal") or str(who)] = None
    return tuple(names)


def _first(rows: pd.DataFrame, column: str) -> str | None:
    values = _most(rows[column])
    return values[0] if values else None


def _most(values: pd.Series[Any]) -> tuple[str, ...]:
    """The texts of a column, the most frequent first."""
    counts = values.dropna().astype(str).value_counts()
    return tuple(sorted(counts.index, key=lambda one: (-int(counts[one]), one)))


def _flat(lists: pd.Series[Any]) -> tuple[str, ...]:
    """The texts of lists in a column, the most frequent first."""
    return _most(
        pd.Series([one for some in lists if some is not None for one in some], dtype=object)
    )
