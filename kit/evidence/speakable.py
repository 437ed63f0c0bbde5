"""The failures of which a vendor's records can speak, with the ids that their texts carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from kit.analysis.failures import app_key_of, folded_failures, user_key_of, with_details
from kit.log.log import to_pandas
from kit.vendors.forms import vendors
from kit.vendors.values import guid

if TYPE_CHECKING:
    from collections.abc import Collection

    import ibis.expr.types as ir

    from kit.log.log import Log

__all__ = ["ID_COLUMNS", "speakable_failures", "with_ids_beside"]

ID_COLUMNS = ("trace_id", "correlation_id", "request_id")
"""Where a failure's text carries an id of the vendor's."""

_WHOLE = r"\{?[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\}?"
_BESIDE = pd.Timedelta(minutes=5)
"""How far apart the events of one attempt may be, where a day ends between them."""


def speakable_failures(log: Log, names: Collection[str] | None = None) -> pd.DataFrame:
    """List the failures of apps that a vendor's records can speak of.

    Those are failures with a code of the vendor's, failures on an app that is the vendor's by its
    name, and all others on an app whose failures the vendor's sign-in refused.

    Args:
        log: the opened log.
        names: those of the vendors; all, if left out.

    Returns:
        One row a failure, oldest first: the columns of ``failure_rows``, with ids lower case and
        without braces, ``vendor`` (its name in ``kit.vendors``) and ``logs`` (the tuple of logs in
        which such a refusal can stand) and ``record_code`` (the code that
        a record of it has). Where Okta cut a failure's text off before its ids, they
        are those of the other event of the same attempt.
    """
    rows = folded_failures(log)
    parts = []
    for vendor in vendors():
        if names is not None and vendor.name not in names:
            continue
        ours = _speaks(rows, vendor.name)
        mine = to_pandas(with_details(log, ours), by=["published", "uuid"])
        parts.append(mine.assign(vendor=vendor.name))
    failures = pd.concat(parts).drop_duplicates("uuid", ignore_index=True)
    failures = with_ids_beside(log, failures)
    for name in ID_COLUMNS:
        failures[name] = pd.Series(
            [guid(one) if isinstance(one, str) else None for one in failures[name].tolist()],
            dtype=object,
        )
    by_name = {vendor.name: vendor for vendor in vendors()}
    columns = ["vendor", "code", "family", "reason", "vendor_message", "request_id"]
    refusals = [
        by_name[vendor].refusal(code, _text(family), f"{_text(reason)} {_text(message)}", number)
        for vendor, code, family, reason, message, number in zip(
            *(failures[name].tolist() for name in columns), strict=True
        )
    ]
    logs = [tuple(one.logs) if one else () for one in refusals]
    failures["logs"] = pd.Series(logs, index=failures.index, dtype=object)
    codes = [(one and one.record_code) or None for one in refusals]
    other_codes = pd.Series(codes, index=failures.index, dtype=object)
    failures["record_code"] = other_codes.where(other_codes.notna(), failures["code"])
    return failures


def with_ids_beside(log: Log, failures: pd.DataFrame) -> pd.DataFrame:
    """Give failures without a whole id that of the other event of the attempt.

    That is one of the app's or user's in the same transaction, with the same code. Of several
    ids it has to be the one that the text, where it was cut off, begins; else nothing says whose
    they are.

    Args:
        log: the opened log.
        failures: as ``failure_rows`` lists them.

    Returns:
        The same rows.
    """
    names = list(ID_COLUMNS)
    entire = failures[names].apply(lambda ids: ids.str.fullmatch(_WHOLE, na=False))
    lacks = ~entire.any(axis=1) & (failures["app_key"] != "")
    lacking = failures[lacks & failures["transaction_id"].notna()]
    if lacking.empty:
        return failures
    around = [lacking["published"] - _BESIDE, lacking["published"] + _BESIDE]
    events = log.on_days(pd.concat(around).dt.floor("D").drop_duplicates())
    batches = log.answers.column(lacking["transaction_id"])  # too many to stand in a question
    events = events.filter(
        events.code.isin(sorted(set(lacking["code"]))), events.transaction_id.isin(batches)
    )
    rows = events.select(
        "transaction_id", "code", "trace_id", "correlation_id", request_id="vendor_request_id",
        app_key=app_key_of(events), of=user_key_of(events),
    )  # fmt: skip
    rows = rows.filter(ibis.or_(*(rows[name].notnull() for name in names)))
    keys = ["transaction_id", "app_key", "code"]
    beside = to_pandas(rows.distinct())
    entire = beside[names].apply(lambda ids: ids.str.fullmatch(_WHOLE, na=False))
    beside = beside[entire.any(axis=1)]
    beginning = {name: f"start_of_{name}" for name in names}
    # By the login that the events tell: who was renamed since has another key.
    logins = lacking["user"].str.lower().fillna(lacking["user_id"]).fillna("")
    mine = lacking[["uuid", *keys, *names]].rename(columns=beginning).assign(user_key=logins)
    is_apps = beside["of"] == ""
    users = beside[~is_apps].rename(columns={"of": "user_key"})
    # A batch has thousands of people, so those of each are looked up by the person, too.
    pairs = pd.concat(
        [mine.merge(beside[is_apps], on=keys), mine.merge(users, on=[*keys, "user_key"])],
        ignore_index=True,
    )
    fits = np.ones(len(pairs), bool)
    for name in names:
        both = zip(pairs[beginning[name]].tolist(), pairs[name].tolist(), strict=True)
        fits &= np.array([_goes_on(start, whole) for start, whole in both], dtype=bool)
    pairs = pairs[fits]
    pairs = pairs.drop_duplicates(["uuid", *names]).drop_duplicates("uuid", keep=False)
    ids = failures[["uuid"]].merge(pairs[["uuid", *names]], how="left", on="uuid")
    there = failures["uuid"].isin(pairs["uuid"])
    return failures.assign(
        **{name: failures[name].where(~there, ids[name].astype(object)) for name in names}
    )


def _goes_on(beginning: object, whole: object) -> bool:
    """Whether an id may be what is left of another, or nothing is left."""
    if not isinstance(beginning, str):
        return True
    return isinstance(whole, str) and whole.lower().startswith(beginning.strip("{ ").lower())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _speaks(rows: ir.Table, name: str) -> ir.Table:
    speaks = next(vendor.speaks for vendor in vendors() if vendor.name == name)
    no = ibis.literal(value=False)
    by_code = _any([rows.code.startswith(one) for one in speaks.codes])
    of_family = _any([rows.family.startswith(one) for one in speaks.families])
    by_name = _any([rows.app.lower().contains(one) for one in speaks.apps])
    own = ibis.coalesce(by_code, no) | ibis.coalesce(of_family, no)
    proven = rows.filter(own, rows.app_key != "").select("app_key").distinct()
    return rows.filter(own | ibis.coalesce(by_name, no) | rows.app_key.isin(proven.app_key))


def _any(conditions: list[ir.BooleanValue]) -> ir.BooleanValue:
    result: ir.BooleanValue = ibis.literal(value=False)
    for one in conditions:
        result = result | one
    return result
