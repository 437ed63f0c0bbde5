"""A vendor's own records without the people, tenants and applications in them.

Who signs in has the pseudonym that the same login has in Okta's log. Names of applications,
service principals and policies stay, as apps' names do, but for people who are named in them.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from kit.lake.record_file import RecordFile
from kit.lake.vendor import VENDOR
from kit.log.vendor import vendor_records
from kit.vendors import record_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kit.log.log import Log
    from kit.reports.people import People

__all__ = ["copy_records", "learn_accounts"]

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
_IDS = ("account_id", "principal_id", "app_id", "tenant")
_THINGS = ("app", "principal", "policies")
"""Where the names of what is nobody stand."""


def learn_accounts(log: Log, people: People) -> None:
    """Note the accounts, tenants and applications of a vendor's records.

    Before any text is redacted: Okta's own texts may name them, too.

    Args:
        log: the opened source.
        people: learns what each is replaced by.
    """
    table = vendor_records(log)
    if table is None:
        return
    for column in ("account", "actor", *_IDS):
        for value in _distinct(table, column):
            if column in _IDS or "@" in value:
                pseudonym = _hidden(value, people, frozenset())
                people.add("id" if pseudonym.startswith("id-") else "login", value, pseudonym)


def copy_records(log: Log, folder: Path, people: People) -> dict[str, Any]:
    """Copy a vendor's records into a lake, without who and what is named in them.

    Args:
        log: the opened source.
        folder: the lake's folder.
        people: what is replaced by what.

    Returns:
        What the lake's manifest says of them; empty where the source holds none.
    """
    import pyarrow as pa

    table = vendor_records(log)
    if table is None:
        return {}
    names = {value for column in _THINGS for value in _distinct(table, column)}
    things = frozenset(name.casefold() for name in names)
    name = f"{VENDOR}/{uuid.uuid4().hex}.parquet"
    file, count = RecordFile(folder / name), 0
    schema = record_schema()
    for batch in table.select(*(one for one in schema.names if one != "raw")).to_pyarrow_batches():
        rows = [_row(row, people, things) for row in batch.to_pylist()]
        count += len(rows)
        file.add(pa.RecordBatch.from_pylist(rows, schema=schema))
        file.flush()
    file.close()
    coverage = {
        of: [window.as_text() for window in windows]
        for of, windows in log.vendor_coverage().items()
    }
    return {VENDOR: {"files": {name: {"records": count}}, "coverage": coverage}}


def _distinct(table: Any, column: str) -> list[str]:
    values = table[column].unnest() if column == "policies" else table[column]
    rows = table.select(value=values).distinct().to_pyarrow()
    return [value for value in rows["value"].to_pylist() if value]


def _row(row: dict[str, Any], people: People, things: frozenset[str]) -> dict[str, Any]:
    def hide(value: str) -> str:
        return _hidden(value, people, things)

    own = {row[name]: hide(row[name]) for name in ("account", *_IDS) if row[name]}

    def of_text(value: str) -> str:
        return people.redact(_without_ids(value, people), own)

    ways: dict[str, Callable[[str], str]] = {
        **dict.fromkeys(("account", "actor", *_IDS, "policy_ids", "targets"), hide),
        **dict.fromkeys(("app", "principal", "policies"), people.redact),
        **dict.fromkeys(("reason", "activity"), of_text),
        "address": lambda value: people.key.pseudonym("ip", value),
        "target_ids": lambda value: hide(value).lower(),
    }
    for name, way in ways.items():
        if value := row[name]:
            row[name] = way(value) if isinstance(value, str) else [way(one) for one in value]
    if not row["has_id"]:
        row["id"] = people.key.pseudonym("id", row["id"])
    row["raw"] = json.dumps({"id": row["id"]})
    return row


def _hidden(value: str, people: People, things: frozenset[str]) -> str:
    """A login, an id or a name as its pseudonym; what is a thing by its name keeps it."""
    if "@" in value:
        return people.key.pseudonym("login", value)
    if _GUID.fullmatch(value):
        return people.key.pseudonym("id", value)
    if value.casefold() in things:
        return people.redact(value)
    return people.key.pseudonym("name", value)


def _without_ids(text: str, people: People) -> str:
    return _GUID.sub(lambda match: people.key.pseudonym("id", match[0]), text)
