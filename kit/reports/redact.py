"""A run without names: its kernel gets a copy of the source in which people are pseudonyms.

So the notebook never sees a name, and whatever it shows, a chart's pixels included, holds none.
The copy is a lake that lives as long as the run. The events' JSON is not in it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kit.errors import UsageError
from kit.held import ANYTHING
from kit.lake import Lake
from kit.reports.pseudonyms import Key, People

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from kit.engine import Log

__all__ = ["redacted_copy", "redacted_values"]

_PEOPLE = (("user_login", "user_name", "user_id"), ("actor_login", "actor_name", "actor_id"))
_KINDS = ("login", "name", "id")
_ALONE = {"client_ip": "ip", "user_agent": "agent", "city": "place"}
_TEXTS = ("display_message", "reason", "vendor_message", "hit_name")
_KEPT = ("source", "since", "until")
"""Parameters that are no text about people."""


def redacted_copy(log: Log, folder: Path, key: Key) -> People:
    """Copy a log without its people.

    Args:
        log: the opened source.
        folder: where the copy is made, which is read in the place of any source.
        key: makes the pseudonyms; it is saved.

    Returns:
        What the kernel's environment needs to read the copy in the source's place, and the
        people who were replaced.

    Raises:
        UsageError: the log is that of many orgs.
    """
    import pyarrow.dataset as ds

    from kit.events import schema

    if log.orgs:
        raise UsageError(
            "--redact: names are taken out of one org at a time. Choose it with --org, or --org "
            "each."
        )
    people = People(key)
    rows = log.events.drop("raw")
    for group in _PEOPLE:
        named = rows.select(*group, rows.actor_type).distinct().to_pyarrow().to_pylist()
        for one in named:
            if group[0] == "user_login" or _is_person(one):
                _pseudonyms(people, *(one[name] for name in group))
    lake = Lake(folder)
    with lake.writing():
        batches = (_redacted(batch, people, schema()) for batch in rows.to_pyarrow_batches())
        dated = schema().append(_date_field())
        ds.write_dataset(
            batches,
            lake.folder,
            schema=dated,
            format="parquet",
            partitioning=ds.partitioning(_date_schema(), flavor="hive"),
            existing_data_behavior="overwrite_or_ignore",
        )
        noted = {"growing": log.growing, "repeats": log.repeats, "copy_of": ANYTHING}
        lake.cover(list(log.covered), **noted)
        lake.keep_aside([replace(one, text=f"{n}") for n, one in enumerate(log.put_aside)])
    key.save()
    return people


def redacted_values(values: Mapping[str, Any], people: People) -> dict[str, Any]:
    """A run's parameters with pseudonyms in the places of people."""
    return {
        name: people.redact(value) if isinstance(value, str) and name not in _KEPT else value
        for name, value in values.items()
    }


def _is_person(row: Mapping[str, Any]) -> bool:
    """Whether an actor is somebody; systems and apps keep their names."""
    return row["actor_type"] in (None, "", "User", "AppUser")


def _pseudonyms(
    people: People, login: str | None, name: str | None, number: str | None
) -> dict[str, str]:
    """The pseudonyms of one person, by what they stand for."""
    values = dict(zip(_KINDS, (login, name, number), strict=True))
    made = {}
    for kind, value in values.items():
        if value:
            of = (login or "") if kind == "name" else ""
            made[value] = people.key.pseudonym(kind, value, of=of)
            people.add(kind, value, made[value])
    return made


def _redacted(batch: pa.RecordBatch, people: People, schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    rows = [_row(row, people) for row in batch.to_pylist()]
    return pa.RecordBatch.from_pylist(rows, schema=schema.append(_date_field()))


def _row(row: dict[str, Any], people: People) -> dict[str, Any]:
    own: dict[str, str] = {}
    for group in _PEOPLE:
        if group[0] == "user_login" or _is_person(row):
            mine = _pseudonyms(people, *(row[name] for name in group))
            own |= mine
            row.update({name: mine.get(row[name] or "", row[name]) for name in group})
    for name, kind in _ALONE.items():
        if row[name]:
            row[name] = people.key.pseudonym(kind, row[name])
    for name in _TEXTS:
        if row[name]:
            row[name] = people.redact(row[name], own)
    row["raw"] = json.dumps({"uuid": row["uuid"]})
    row["date"] = f"{row['published']:%Y-%m-%d}"
    return row


def _date_field() -> pa.Field:
    import pyarrow as pa

    return pa.field("date", pa.string())


def _date_schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([_date_field()])
