"""Both sides of one id: the failures whose text carries it, and the vendor's records that do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from kit.analysis.failures import failure_rows
from kit.evidence.records import RECORD, without_repeats
from kit.evidence.speakable import ID_COLUMNS, with_ids_beside
from kit.log.log import to_pandas
from kit.log.vendor import vendor_records
from kit.vendors.forms import vendors
from kit.vendors.schema import key_of
from kit.vendors.values import guid

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.log.log import Log

__all__ = ["BothSides", "look_up"]

_CHAIN_IDS = ("correlation_id", "other_correlation_id")
_MORE = ("activity", "actor", "reason", "address")


@dataclass(frozen=True)
class BothSides:
    """What carries an id; nothing further along the chain."""

    id: str
    """The id as it was looked for: lower case, without braces; empty where it is none."""
    failures: pd.DataFrame
    """Failures, oldest first, the columns of ``failure_rows``."""
    records: pd.DataFrame | None
    """A vendor's records, oldest first: ``RECORD`` and ``activity actor reason address``; None
    where the source holds no record of a vendor."""


def look_up(log: Log, text: str) -> BothSides:
    """Find what carries an id of a vendor's, whatever its result.

    Args:
        log: the opened log.
        text: a Trace ID, Correlation ID, Request ID or an audit record's id, in any case.

    Returns:
        The failures and the records.
    """
    number = guid(text) or ""
    table = vendor_records(log)
    records = None
    if table is not None:
        names = [*RECORD, *_MORE]
        own = table.key.isin([key_of(vendor.name, number) for vendor in vendors()])
        first = ibis.coalesce(table.original_id.lower(), "") == number
        chain = [ibis.coalesce(table[name], "") == number for name in _CHAIN_IDS]
        carries = _any([own, first, *chain])
        some = table.filter(carries & ibis.literal(number != "")).select(*names)
        records = without_repeats(to_pandas(some)).sort_values(
            ["published", "id"], ignore_index=True
        )
        records["id"] = records["id"].str.lower()
    return BothSides(number, _failures(log, number), records)


def _failures(log: Log, number: str) -> pd.DataFrame:
    rows = failure_rows(log)
    if not number:
        return to_pandas(rows.limit(0))
    ids = [ibis.coalesce(rows[name].lower(), "") for name in ID_COLUMNS]
    texts = [ibis.coalesce(rows[name].lower(), "") for name in ("reason", "vendor_message")]
    carries = _any([one.contains(number) for one in (*ids, *texts)])
    own = to_pandas(rows.filter(carries))
    both = pd.concat([own, _cut_off(log, rows, number)]).drop_duplicates("uuid")
    return both.sort_values(["published", "uuid"], ignore_index=True)


def _cut_off(log: Log, rows: ir.Table, number: str) -> pd.DataFrame:
    """Failures whose own text was cut off before the id, which the event beside them carries."""
    events = log.events.filter(log.events.code.notnull(), log.events.transaction_id.notnull())
    names = ("trace_id", "correlation_id", "vendor_request_id")
    ids = [ibis.coalesce(events[name].lower(), "") for name in names]
    carries = _any([one.contains(number) for one in ids])
    batches = events.filter(carries).select("transaction_id").distinct()
    mine = to_pandas(rows.filter(rows.transaction_id.isin(batches.transaction_id)))
    filled = with_ids_beside(log, mine)
    fits = (filled[list(ID_COLUMNS)].map(guid) == number).any(axis=1)
    return mine[fits.astype(bool)]


def _any(conditions: list[ir.BooleanValue]) -> ir.BooleanValue:
    result: ir.BooleanValue = ibis.literal(value=False)
    for one in conditions:
        result = result | one
    return result
