"""A person is forgotten: their events and names go from a lake, or a pseudonym stands for them.

An event that is about the person alone goes; in another one, which somebody else is hit in, a
pseudonym stands for them, so that nobody else's failure is lost. The hashes of the uuids of what
went stay in ``_forgotten/``: importing the same export again brings none of it back.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kit.base.tempdirs import temporary_folder
from kit.base.times import iso
from kit.catalogue import load
from kit.catalogue.coding import code_event
from kit.events import decode, row
from kit.lake.blocks import as_batch
from kit.lake.identity import Person, event_of
from kit.lake.inventory import ERASURES, Tally, day_of, erasures_in, keys_of
from kit.lake.parquet import open_event_file, write_events
from kit.lake.record_file import RecordFile
from kit.lake.repeats import FORGOTTEN
from kit.lake.storage import Change
from kit.lake.upkeep import event_batches
from kit.lake.vendor import VENDOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kit.lake.files import Lake
    from kit.lake.storage import Contents

__all__ = ["Erasure", "erase", "find_person"]

_ROUNDS = 4
"""How often a lake is looked through for further ids and logins: each may lead to one more."""


@dataclass(slots=True)
class Erasure:
    """What became of what names a person."""

    person: Person
    removed: int = 0
    """Events."""
    replaced: int = 0
    """Events in which a pseudonym stands for the person."""
    records: int = 0
    """A vendor's records that were removed, or in which a pseudonym stands."""
    skipped_lines: int = 0
    """Skipped lines whose text was removed; they count as before."""
    days: set[str] = field(default_factory=set)
    """UTC days of which events were removed or replaced."""
    at: str = field(default_factory=lambda: iso(datetime.now(UTC)))
    """When it began, by which the manifest tells one erasure from another."""
    unseen: int = 0
    """Files in ``_damaged/``, which nobody can look into."""


def find_person(lake: Lake, login: str) -> Person:
    """Find all that names a person, until no event leads further.

    Args:
        lake: the lake.
        login: the person's login.

    Returns:
        The person by their logins, ids and names.

    Raises:
        SourceError: the lake cannot be read.
    """
    person = Person(login)
    for _ in range(_ROUNDS):
        news = False
        for name in lake.names():
            for raw in _raws(lake, name, person):
                news |= person.learn(event_of(raw))
        if not news:
            break
    return person


def erase(
    lake: Lake,
    person: Person,
    *,
    pseudonymise: bool = False,
    on_day: Callable[[str], None] | None = None,
) -> Erasure:
    """Forget a person.

    Events come last, since by them the person is found: after a kill, run the same again. Each UTC
    day is done in one step. Of what was replaced nothing is kept for those who still read it: a
    question that is under way may end with an error.

    Args:
        lake: the lake.
        person: who is forgotten.
        pseudonymise: whether all their events stay, with a pseudonym.
        on_day: is called with each UTC day that is done.

    Returns:
        What was done; nothing where nothing names the person.

    Raises:
        SourceError: another writer does not end, or the lake cannot be read.
        DiskFull, UsageError: it cannot be written.
    """
    result = Erasure(person)
    with lake.writing():
        _erase_records(lake, result, pseudonymise=pseudonymise)
        _erase_aside(lake, result)
        for name in ("_apps.json", "_incidents.json"):
            _erase_text(lake, name, person)
    while names := _naming(lake, person, lake.names()):
        # Another writer may bring more in the meantime: until none is left.
        for day in sorted({day_of(name) for name in names}):
            _erase_day(lake, day, result, pseudonymise=pseudonymise)
            if on_day:
                on_day(day)
    with lake.writing():
        lake.storage.remove(lake.storage.names("_kept"))
    lake.storage.forget(at_once=True)
    result.unseen = len(lake.storage.names("_damaged"))
    return result


def _raws(lake: Lake, name: str, person: Person) -> Iterator[str]:
    """The events of a file in which a login or an id of the person may stand."""
    with open_event_file(lake.storage.event_file(name), f"{lake.address}/{name}") as file:
        for number in range(file.num_row_groups):
            column = file.read_row_group(number, columns=["raw"])["raw"]
            yield from column.filter(_mask(column, person)).to_pylist()


def _mask(texts: pa.ChunkedArray, person: Person) -> pa.ChunkedArray:
    """Which texts may name the person; not told from a longer login that holds theirs."""
    terms = {
        json.dumps(one, ensure_ascii=escaped)[1:-1]
        for one in person.terms
        for escaped in (False, True)
    }
    mask = pa.chunked_array([pa.nulls(len(texts), pa.bool_()).fill_null(False)])  # noqa: FBT003
    for term in sorted(terms):
        mask = pc.or_(mask, pc.match_substring(texts, term, ignore_case=True))
    return pc.fill_null(mask, False)  # noqa: FBT003


def _naming(lake: Lake, person: Person, names: Iterable[str]) -> list[str]:
    """Those of some event files in which the person is named."""
    return [
        name
        for name in names
        if any(person.is_named_in(event_of(raw)) for raw in _raws(lake, name, person))
    ]


@dataclass(slots=True)
class _Rewritten:
    """What comes in the place of a day's files."""

    path: Path
    keys_path: Path
    """The hashes of the uuids of what is gone."""
    kept_uuids: list[str] = field(default_factory=list)
    removed_uuids: list[str] = field(default_factory=list)
    replaced: int = 0


def _erase_day(lake: Lake, day: str, result: Erasure, *, pseudonymise: bool) -> None:
    """Put a file that does not name the person in the place of those that do, in one step."""
    rewritten_by_old: dict[tuple[str, ...], _Rewritten] = {}
    last = _Rewritten(Path(), Path())
    with lake.writing() as staging:

        def change(contents: Contents) -> Change:
            nonlocal last
            last = _Rewritten(Path(), Path())
            old = _naming(lake, result.person, contents.of_day(day))
            if not old:
                return Change(contents.manifest)
            if tuple(old) not in rewritten_by_old:
                rewritten_by_old[tuple(old)] = _rewrite(
                    lake, old, staging, result.person, pseudonymise=pseudonymise
                )
            last = rewritten_by_old[tuple(old)]
            tally = Tally.of(keys_of(last.kept_uuids))
            gone = len(last.removed_uuids)
            return Change(
                _with_note(contents.manifest, result.at, day, gone),
                {day: {last.path: tally}} if tally.events else {},
                {f"{FORGOTTEN}/{last.keys_path.name}": last.keys_path} if gone else {},
                old,
            )

        lake.commit(change)
    result.removed += len(last.removed_uuids)
    result.replaced += last.replaced
    result.days.add(day)


def _with_note(manifest: dict[str, Any], at: str, day: str, gone: int) -> dict[str, Any]:
    """A manifest that says of a day that events were removed from it."""
    if not gone:
        return manifest
    entries = {one["at"]: one["days"] for one in erasures_in(manifest)}
    days = entries.get(at, {})
    entries[at] = dict(sorted({**days, day: days.get(day, 0) + gone}.items()))
    return {**manifest, ERASURES: [{"at": one, "days": entries[one]} for one in sorted(entries)]}


def _rewrite(
    lake: Lake, old: list[str], staging: Path, person: Person, *, pseudonymise: bool
) -> _Rewritten:
    name = uuid.uuid4().hex
    rewritten = _Rewritten(staging / f"part-{name}.parquet", staging / f"{name}.keys")

    def batches() -> Iterator[pa.RecordBatch]:
        pairs = zip(lake.storage.local(old, staging), old, strict=True)
        for batch in event_batches(lake, pairs):
            raws = batch.column("raw")
            mask = _mask(pa.chunked_array([raws]), person)
            yield _without(batch, mask, rewritten)
            naming = batch.filter(mask.combine_chunks())
            if naming.num_rows:
                yield _forgotten(naming, person, rewritten, pseudonymise=pseudonymise)

    write_events(batches(), rewritten.path)
    np.sort(keys_of(rewritten.removed_uuids)).tofile(rewritten.keys_path)
    return rewritten


def _without(batch: pa.RecordBatch, mask: pa.ChunkedArray, rewritten: _Rewritten) -> pa.RecordBatch:
    rest: pa.RecordBatch = batch.filter(pc.invert(mask).combine_chunks())
    rewritten.kept_uuids += rest.column("uuid").to_pylist()
    return rest


def _forgotten(
    batch: pa.RecordBatch, person: Person, rewritten: _Rewritten, *, pseudonymise: bool
) -> pa.RecordBatch:
    """The events that stay, of some that may name the person, without their name."""
    catalogue, rows = load(), []
    columns = (batch.column(name).to_pylist() for name in ("raw", "wrapper", "uuid"))
    for raw, wrapper, key in zip(*columns, strict=True):
        json_event, text = event_of(raw), raw
        if person.is_named_in(json_event):
            if not pseudonymise and person.is_who_was_hit(json_event):
                rewritten.removed_uuids.append(key)
                continue
            text = json.dumps(person.replaced_in_event(json_event), ensure_ascii=False)
            rewritten.replaced += 1
        event, text = decode(text.encode(errors="surrogatepass"))
        rows.append(row(event, text, code_event(event, catalogue), wrapper))
        rewritten.kept_uuids.append(key)
    return as_batch(rows) if rows else batch.slice(0, 0)


@dataclass(frozen=True, slots=True)
class _RecordsWithout:
    """A file of a vendor's records without the person; the same file where they are not in it."""

    name: str
    records: int
    named: int
    """Records that named the person."""


def _erase_records(lake: Lake, result: Erasure, *, pseudonymise: bool) -> None:
    """Remove a vendor's records that name the person, or replace them there; while writing."""
    without: dict[str, _RecordsWithout] = {}
    names: list[str] = []

    def change(contents: Contents) -> Change:
        nonlocal names
        facts = contents.manifest.get(VENDOR, {})
        files, names = dict(facts.get("files", {})), sorted(facts.get("files", {}))
        for name in names:
            if name not in without:
                without[name] = _records_without(
                    lake, name, result.person, pseudonymise=pseudonymise
                )
            new = without[name]
            if new.named:
                del files[name]
                files |= {new.name: {"records": new.records}} if new.records else {}
        manifest = {**contents.manifest, VENDOR: {**facts, "files": files}}
        return Change(manifest if facts else contents.manifest)

    lake.commit(change)
    result.records = sum(without[name].named for name in names)
    lake.storage.remove(name for name in names if without[name].named)


def _records_without(
    lake: Lake, name: str, person: Person, *, pseudonymise: bool
) -> _RecordsWithout:
    with temporary_folder() as folder:
        (path,) = lake.storage.local([name], folder)
        table = pq.read_table(path, partitioning=None)
    mask = [person.stands_in(text) for text in table["raw"].to_pylist()]
    if not any(mask):
        return _RecordsWithout(name, table.num_rows, 0)
    if pseudonymise:
        pairs = zip(table.to_pylist(), mask, strict=True)
        rows = [_replace_in(one, person) if hit else one for one, hit in pairs]
        table = pa.Table.from_pylist(rows, schema=table.schema)
    else:
        table = table.filter(pa.array([not hit for hit in mask]))
    day = name.partition("date=")[2][:10]
    new_name = f"{VENDOR}/date={day}-{uuid.uuid4().hex}.parquet"
    if table.num_rows:
        lake.storage.save(new_name, lambda place: _write_records(table, place))
    return _RecordsWithout(new_name, table.num_rows, sum(mask))


def _replace_in(record: dict[str, Any], person: Person) -> dict[str, Any]:
    """A record in which a pseudonym stands for the person."""
    return {name: person.replaced_in(value) for name, value in record.items()}


def _write_records(table: pa.Table, place: Path) -> None:
    file = RecordFile(place)
    for batch in table.combine_chunks().to_batches():
        file.add(batch)
    file.close()


def _erase_aside(lake: Lake, result: Erasure) -> None:
    """Remove the text of skipped lines that name the person; while writing."""
    for name in lake.storage.names("_put_aside"):
        lines = lake.storage.read(name).decode().splitlines()
        new_lines = []
        for line in lines:
            fields = json.loads(line)
            if result.person.stands_in(f"{fields.get('text', '')} {fields['reason']}"):
                fields |= {"text": "", "reason": "it named a person who was forgotten"}
                result.skipped_lines += 1
            new_lines.append(json.dumps(fields))
        if new_lines != lines:
            lake.storage.write(name, "".join(f"{line}\n" for line in new_lines).encode())


def _erase_text(lake: Lake, name: str, person: Person) -> None:
    """Replace the person in a small file beside the events, if there is one; while writing."""
    try:
        before = lake.storage.read(name).decode()
    except FileNotFoundError:
        return
    if (after := person.replaced_in_text(before)) != before:
        lake.storage.write(name, after.encode())
