"""The rows of a BigQuery answer, whose values stand apart from their names.

``{"f": [{"v": …}]}``, in the order of the schema's fields; a record is a row again, a list has its
values one by one. https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

__all__ = ["rows_of"]

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def rows_of(schema: bytes, rows: bytes) -> list[bytes] | None:
    """Give rows their names.

    Args:
        schema: the fields of the answer's schema, JSON.
        rows: its rows, JSON.

    Returns:
        One JSON object a row; None if they are no such rows.
    """
    try:
        fields = msgspec.json.decode(schema, type=list[dict[str, Any]])
        every = [_row(fields, one) for one in msgspec.json.decode(rows)]
    except (msgspec.DecodeError, LookupError, TypeError, ValueError, RecursionError):
        return None
    return [json.dumps(one, ensure_ascii=False).encode("utf-8", "surrogatepass") for one in every]


def _row(fields: list[dict[str, Any]], row: dict[str, Any]) -> dict[str, Any]:
    pairs = zip(fields, row["f"], strict=True)
    return {str(field["name"]): _value(field, cell["v"]) for field, cell in pairs}


def _value(field: dict[str, Any], value: Any) -> Any:
    if field.get("mode") == "REPEATED" and isinstance(value, list):
        once = {**field, "mode": ""}
        return [_value(once, one["v"]) for one in value]
    if value is None:
        return None
    if field["type"] in {"RECORD", "STRUCT"}:
        return _row(field["fields"], value)
    if field["type"] == "TIMESTAMP":
        return _time(str(value))
    return value


def _time(text: str) -> str:
    """Seconds as ``1.793091900123E9``, or a whole number of microseconds."""
    if not text.replace(".", "").replace("E", "").replace("+", "").isdigit():
        return text
    whole = text.isdigit() and len(text) > 13
    micros = int(text) if whole else round(float(text) * 1_000_000)
    try:
        at = _BEGIN + timedelta(microseconds=micros)
    except OverflowError:
        return text
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
