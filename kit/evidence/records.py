"""A vendor's records as they are compared: each once, with the keys of accounts and applications.

Forms differ in how exact their times are, so whole seconds are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd

from kit.log.log import to_pandas

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir


__all__ = [
    "RECORD",
    "account_key",
    "application_key",
    "fetch_records",
    "seconds_of",
    "with_record_keys",
    "without_repeats",
]

RECORD = (
    *("id", "key", "fullness", "published", "vendor", "log", "original_id", "correlation_id"),
    *("other_correlation_id", "account", "account_id", "principal", "principal_id", "app"),
    *("app_id", "tenant", "result", "code", "attempts"),
)
"""The columns of a record that matching needs."""

_SECOND_US = np.int64(1_000_000)


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


def fetch_records(parts: Sequence[ir.Table], table: ir.Table) -> pd.DataFrame:
    """The records of some questions, as rows."""
    if not parts:
        return to_pandas(table.select(*RECORD).limit(0))
    picked = [part.select(*RECORD) for part in parts]
    rows = to_pandas(ibis.union(*picked) if len(picked) > 1 else picked[0])
    rows["id"] = rows["id"].str.lower()
    return rows


def with_record_keys(records: pd.DataFrame) -> pd.DataFrame:
    """Records with what they are compared by, and their place."""
    text = records[["account", "account_id", "principal_id", "principal", "app_id", "app"]]
    text = text.astype(object).where(text.notna(), None)
    account = text["account"].str.lower()
    for name in ("account_id", "principal_id", "principal"):
        account = account.where(account.notna(), text[name].str.lower())
    application = text["app_id"].where(text["app_id"].notna(), text["app"].str.lower())
    return records.assign(
        account_key=account.fillna(""),
        application_key=application.fillna(""),
        second=seconds_of(records["published"]),
        row=np.arange(len(records)),
    )


def seconds_of(times: pd.Series[Any]) -> np.ndarray:
    """Times as whole seconds since 1970."""
    return times.astype("datetime64[us, UTC]").astype("int64").to_numpy() // _SECOND_US
