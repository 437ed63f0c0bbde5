"""A run without names: its kernel gets a copy of the source in which people are pseudonyms.

So the notebook never sees a name, and whatever it shows, a chart's pixels included, holds none.
The copy is a lake that lives as long as the run. The events' JSON is not in it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.base.errors import UsageError
from kit.base.object_store import is_store
from kit.lake import Lake
from kit.log.source import ANYTHING
from kit.reports.redact_records import copy_records, learn_accounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from kit.log.log import Log
    from kit.reports.people import People
    from kit.reports.pseudonyms import Key

__all__ = [
    "hide_source",
    "redacted_copy",
    "redacted_notebook",
    "redacted_values",
    "source_pseudonym",
]

_PEOPLE = (("user_login", "user_name", "user_id"), ("actor_login", "actor_name", "actor_id"))
_KINDS = ("login", "name", "id")
_ALONE = {
    "client_ip": "ip",
    "user_agent": "agent",
    "city": "place",
    "geo_state": "place",
    "session_id": "session",
    "device_id": "device",
    "device_name": "device",
    "client_device": "agent",
    "client_os": "agent",
    "client_browser": "agent",
}
_NOT_IN_TEXTS = {"client_ip", "client_device", "client_os", "client_browser"}
"""Columns whose values texts do not hold, or have replaced anyway: ``Unknown`` is any word."""
_TEXTS = ("display_message", "reason", "vendor_message", "hit_name")
_NAMES = (
    "app_name",
    "group_name",
    "actor_name",
    "actor_login",
    "app_id",
    "group_id",
    "transaction_id",
    "request_id",
    "trace_id",
    "correlation_id",
    "vendor_request_id",
    "country",
    "zone",
    "as_org",
    "policy_rule",
    "agent_name",
    "api_token_id",
)
"""Names and ids of what is nobody, in which somebody may be named; the same in every event."""
_WINDOW = ("since", "until")
_WORDS = {"sample", "lake", "okta"}
"""Sources that are no file."""


def redacted_copy(log: Log, folder: Path, people: People) -> None:
    """Copy a log without its people.

    Args:
        log: the opened source.
        folder: where the copy is made, which is read in the place of any source.
        people: learns who is in the log, and what each is replaced by; its key is saved.

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
    rows = log.events.drop("raw")
    for group in _PEOPLE:
        people_rows = rows.select(*group, rows.actor_type).distinct().to_pyarrow().to_pylist()
        for one in people_rows:
            if group[0] == "user_login" or _is_person(one):
                _pseudonyms(people, *(one[name] for name in group))
    learn_accounts(log, people)
    lake = Lake(folder)
    with lake.writing():
        batches = (_redacted(batch, people, schema()) for batch in rows.to_pyarrow_batches())
        dated_schema = schema().append(_date_field())
        ds.write_dataset(
            batches,
            lake.folder,
            schema=dated_schema,
            format="parquet",
            partitioning=ds.partitioning(_date_schema(), flavor="hive"),
            existing_data_behavior="overwrite_or_ignore",
        )
        unread = [replace(hole, file="").as_dict() for hole in log.holes]
        lacking = [replace(one, file="").as_dict() for one in log.lacking]
        facts = {
            "unread": unread,
            "lacking": lacking,
            "growing": log.growing,
            "repeats": log.repeats,
            "copy_of": ANYTHING,
            **copy_records(log, folder, people),
        }
        lake.cover(list(log.covered_windows), **facts)
        aside = [
            replace(
                one,
                file=source_pseudonym(one.file, people.key),
                reason=people.redact(one.reason),
                text=f"{n}",
            )
            for n, one in enumerate(log.skipped_lines)
        ]
        lake.keep_aside(aside)
    people.key.save()


def redacted_values(values: Mapping[str, Any], people: People) -> dict[str, Any]:
    """A run's parameters with pseudonyms in the places of people and of the source's files."""
    safe_values = {name: _value(name, value, people) for name, value in values.items()}
    people.key.save()
    return safe_values


def source_pseudonym(source: str, key: Key) -> str:
    """What a source, or several parted by commas, is called where no name may stand."""
    parts = [part.strip() for part in source.split(",")]
    return ",".join(
        one
        if one in _WORDS
        else key.pseudonym("source", one if is_store(one) else str(Path(one).absolute()))
        for one in parts
    )


def hide_source(text: str, source: str, key: Key) -> str:
    """A fault's text without the names of the source's files."""
    for one in sorted((part.strip() for part in source.split(",")), key=len, reverse=True):
        if one and one not in _WORDS:
            for spelling in (str(Path(one).absolute()), one, one.rpartition("/")[2]):
                text = text.replace(spelling, source_pseudonym(one, key)) if spelling else text
    return text


def _value(name: str, value: Any, people: People) -> Any:
    if name in _WINDOW or not value:
        return value
    if name == "source":
        for one in map(str.strip, value.split(",")):
            if one not in _WORDS:
                for spelling in (one, str(Path(one).absolute()), one.rpartition("/")[2]):
                    if len(spelling) > 3:
                        people.add_literal(spelling, source_pseudonym(one, people.key))
        return source_pseudonym(value, people.key)
    safe_value = people.redact_all(value)
    if name in {"user", "login"} and safe_value == value and isinstance(value, str):
        return people.key.pseudonym("login", value)
    return safe_value


def _is_person(row: Mapping[str, Any]) -> bool:
    """Whether an actor is somebody; systems and apps keep their names."""
    kind = (row["actor_type"] or "user").casefold()
    return "user" in kind or "admin" in kind


def _pseudonyms(
    people: People, login: str | None, name: str | None, number: str | None
) -> dict[str, str]:
    """The pseudonyms of one person, by what they stand for."""
    values = dict(zip(_KINDS, (login, name, number), strict=True))
    pseudonyms = {}
    for kind, value in values.items():
        if value:
            of = (login or "") if kind == "name" else ""
            pseudonyms[value] = people.key.pseudonym(kind, value, of=of)
            people.add(kind, value, pseudonyms[value])
    return pseudonyms


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
            alone = people.key.pseudonym(kind, row[name])
            own |= {row[name]: alone} if name not in _NOT_IN_TEXTS else {}
            row[name] = alone
    for name in _NAMES:
        if row[name]:
            row[name] = people.redact(row[name])
    for name in _TEXTS:
        if row[name]:
            row[name] = people.redact(row[name], own)
    row["raw"] = json.dumps({"uuid": row["uuid"]})
    row["date"] = str(row["published"].date())
    return row


def _date_field() -> pa.Field:
    import pyarrow as pa

    return pa.field("date", pa.string())


def _date_schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([_date_field()])


def redacted_notebook(notebook: Any, people: People) -> None:
    """Take people and the source's files out of what a notebook itself says, cell by cell.

    What its kernel showed holds no name but one that the notebook's own text brought in.
    """
    for cell in notebook.cells:
        for name, value in cell.items():
            cell[name] = _redact_output(value, people)


def _redact_output(value: Any, people: People) -> Any:
    if isinstance(value, str):
        return people.redact_output(value)
    if isinstance(value, list):
        return [_redact_output(one, people) for one in value]
    if isinstance(value, dict):
        for name, one in value.items():
            if not name.startswith("image/png"):
                value[name] = _redact_output(one, people)
    return value
