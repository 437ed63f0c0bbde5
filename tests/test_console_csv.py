"""The Admin Console's CSV says the same as the events it was made of."""

from __future__ import annotations

import csv
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from factories import M365, REFUSED, event, write_export
from kit.lake import Lake, add
from kit.log.log import open_log

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "severity event_type display_message uuid version timestamp outcome.result outcome.reason "
    "actor.id actor.type actor.display_name actor.alternate_id client.ip_address "
    "client.user_agent.raw_user_agent client.geographical_context.country "
    "client.geographical_context.city transaction.id transaction.type "
    "debug_context.debug_data.request_uri target0.id target0.type target0.alternate_id "
    "target0.display_name target1.id target1.type target1.alternate_id target1.display_name"
).split()


def row_of(one: dict[str, Any]) -> list[str]:
    """An event as the Console's export would write it."""
    targets = [[t["id"], t["type"], t["alternateId"], t["displayName"]] for t in one["target"]]
    return [
        one["severity"],
        one["eventType"],
        one["displayMessage"],
        one["uuid"],
        "0",
        one["published"],
        one["outcome"]["result"],
        one["outcome"]["reason"] or "",
        *(one["actor"][k] for k in ("id", "type", "displayName", "alternateId")),
        "192.0.2.7",
        "An agent, with a comma",
        "Germany",
        "Hamburg",
        one["transaction"]["id"] or "",
        one["transaction"]["type"],
        "/api/v1",
        *(value for target in targets for value in target),
    ]


def write(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    """Write a CSV file, packed where its name says so."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def camel(name: str) -> str:
    """``actor.alternate_id`` as ``actor.alternateId``."""
    parts = []
    for part in name.split("."):
        first, *more = part.split("_")
        parts.append(first + "".join(word.title() for word in more))
    return ".".join(parts)


@pytest.mark.parametrize(
    "spelled",
    [str, camel, lambda n: n.replace(".", "_"), lambda n: n.replace("target0", "target[0]")],
    ids=["dotted", "camel", "snake", "brackets"],
)
@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_a_csv_export_gives_the_same_failures_as_the_json(
    tmp_path: Path, spelled: Any, name: str
) -> None:
    """Whatever the spelling and the order of its columns."""
    events = [
        event(reason=REFUSED + ', "quoted",\nand over two lines', transaction="t1"),
        event("2026-10-27T10:05:00.000Z", result="SUCCESS"),
    ]
    header = [spelled(n) for n in NAMES]
    order = list(reversed(range(len(header))))
    rows = [[row_of(e)[n] for n in order] for e in events]
    path = write(tmp_path / name, [header[n] for n in order], rows)
    plain = tmp_path / "log.ndjson"
    write_export(plain, events)

    columns = (
        "uuid published event_type result reason app_name user_login actor_login code "
        "trace_id transaction_id severity"
    ).split()
    found, wanted = (
        open_log(p).events.select(*columns).order_by("uuid").to_pyarrow() for p in (path, plain)
    )
    assert found.equals(wanted)
    assert found["app_name"][0].as_py() == M365["name"]


def test_columns_that_are_not_understood_are_told_and_kept(tmp_path: Path) -> None:
    """Nothing that stood in the file is lost."""
    path = write(tmp_path / "x.csv", [*NAMES, "colour", "mood"], [[*row_of(event()), "red", ""]])
    lake = Lake(tmp_path / "lake")

    done = add(lake, [path])

    assert done.unknown == {str(path): ("colour", "mood")}
    raw = json.loads(open_log(lake.folder).events.raw.to_pyarrow()[0].as_py())
    assert raw["fromCsv"]["colour"] == "red"


def test_rows_that_do_not_fit_are_skipped_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Too many fields, no uuid, no readable time; fewer targets are normal."""
    good = row_of(event())
    short = row_of(event())[:-4]
    no_uuid, no_time = row_of(event()), row_of(event())
    no_uuid[3], no_time[5] = "", "yesterday"
    rows = [good, [*good, "one more"], no_uuid, short, no_time]
    done = add(Lake(tmp_path / "lake"), [write(tmp_path / "x.csv", NAMES, rows)])

    assert done.events == 2
    assert [one.line for one in done.skipped_lines] == [3, 4, 6]


def test_a_time_without_a_zone_is_utc(tmp_path: Path) -> None:
    """Older exports write no zone."""
    row = row_of(event())
    row[5] = "2026-10-27 09:05:00.000"
    log = open_log(write(tmp_path / "x.csv", NAMES, [row]))

    assert log.first.isoformat() == "2026-10-27T09:05:00+00:00"


def test_another_csv_is_no_log(tmp_path: Path) -> None:
    """It is refused as what it is, not read as an empty log."""
    from kit.base.errors import SourceError

    with pytest.raises(SourceError, match="no System Log event"):
        open_log(write(tmp_path / "x.csv", ["a", "b"], [["1", "2"]]))


def test_something_broken_above_events_is_no_header(tmp_path: Path) -> None:
    """Each is a line by itself, whatever a table could make of it."""
    from kit.sources.console_csv import header_of

    line = json.dumps({"uuid": "1", "eventType": "x", "published": "2026-10-27T09:00:00Z"})

    assert header_of(f"broken\n{line}\n{line}\n".encode()) is None
    assert header_of(f"broken;off\n{line}\n".encode()) is None
