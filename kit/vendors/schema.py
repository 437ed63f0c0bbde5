"""The table of a vendor's records: its columns, declared once, and a record as one row."""

from __future__ import annotations

import hashlib
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kit.vendors.record import Record, content_id

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COLUMNS", "FIELDS", "POLICIES_WEIGHT", "key_bytes", "key_of", "record_row",
           "record_schema"]  # fmt: skip

_TEXT, _TIME, _LIST = "string", "timestamp[us, UTC]", "list<string>"

COLUMNS: dict[str, str] = {
    "id": _TEXT,
    "published": _TIME,
    "vendor": _TEXT,
    "log": _TEXT,
    "original_id": _TEXT,
    "correlation_id": _TEXT,
    "other_correlation_id": _TEXT,
    "account": _TEXT,
    "account_id": _TEXT,
    "principal": _TEXT,
    "principal_id": _TEXT,
    "app": _TEXT,
    "app_id": _TEXT,
    "tenant": _TEXT,
    "result": _TEXT,
    "code": _TEXT,
    "reason": _TEXT,
    "address": _TEXT,
    "policies": _LIST,
    "policy_ids": _LIST,
    "attempts": "int32",
    "activity": _TEXT,
    "actor": _TEXT,
    "targets": _LIST,
    "target_ids": _LIST,
    "has_id": "bool",
    "key": "int64",
    "fullness": "int16",
    "raw": "large_string",
}
"""The columns and their Arrow types: the fields of ``Record``, of which ``id`` is never null, and
``has_id`` (whether the id is the vendor's own, not a hash of the content), ``key`` (a hash of the
id), ``fullness`` (how much the record says, to choose among forms of it) and ``raw`` (the record
as received)."""

FIELDS = tuple(name for name in COLUMNS if name in Record.__struct_fields__)
"""The columns that a record says itself."""
_values_of = attrgetter(*FIELDS)
POLICIES_WEIGHT = 100
"""What the list of policies weighs beside single values: most forms have none."""


def record_row(record: Record, raw: str) -> tuple[Any, ...]:
    """Lay a record out as one row, in the order of ``COLUMNS``.

    Args:
        record: the record.
        raw: its JSON as received.
    """
    values = list(_values_of(record))
    has_id = record.id is not None
    if not has_id:
        values[0] = content_id(record)
    key = key_of(record.vendor, values[0])
    fullness = len(values) - values.count(None)
    fullness += POLICIES_WEIGHT if record.policies is not None else 0
    return (*values, has_id, key, fullness, raw)


def key_of(vendor: str, number: str) -> int:
    """The key of a record with an id."""
    return int.from_bytes(key_bytes(vendor, number), "little", signed=True)


def key_bytes(vendor: str, number: str) -> bytes:
    """The eight bytes, the lowest first, of the key of a record with an id."""
    name = f"{vendor} {number.lower()}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name, digest_size=8).digest()


@cache
def record_schema() -> pa.Schema:
    """The table's Arrow schema."""
    import pyarrow as pa

    def arrow(name: str) -> pa.DataType:
        if name == _TIME:
            return pa.timestamp("us", tz="UTC")
        return pa.list_(pa.string()) if name == _LIST else pa.type_for_alias(name)

    return pa.schema([pa.field(name, arrow(kind)) for name, kind in COLUMNS.items()])
