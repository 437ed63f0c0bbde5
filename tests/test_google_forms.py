"""Google's own data model, and the rows of BigQuery's REST answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from factories import write_export
from form_logs import EVENTS, log_failures, log_rows
from forms import snake, snaked
from kit.log.log import open_log

if TYPE_CHECKING:
    from kit.log.log import Log


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """The events as Okta writes them."""
    return open_log(write_export(tmp_path_factory.mktemp("plain") / "log.ndjson", EVENTS))


def udm(each: dict[str, Any], number: int) -> dict[str, Any]:
    """An event in Google's data model, its names and times in one of the ways of its exports."""
    seconds = 1793091900 + 60 * number
    one: dict[str, Any] = {
        "metadata": {
            "productLogId": each["uuid"],
            "productEventType": each["eventType"],
            "eventTimestamp": each["published"],
            "vendorName": "Okta",
        },
        "principal": {"user": {"emailAddresses": ["api@example.com"]}, "ip": ["192.0.2.7"]},
        "target": {"user": {"userid": "ada@example.com"}},
        "securityResult": [
            {
                "action": ["BLOCK" if each["outcome"]["result"] == "FAILURE" else "ALLOW"],
                "categoryDetails": [each["outcome"]["reason"] or ""],
                "summary": each["displayMessage"],
            }
        ],
    }
    if number % 2:
        one["metadata"]["eventTimestamp"] = {"seconds": seconds, "nanos": 0}
        return snaked(one)
    return {"name": "an-id", "udm": one}


def test_udm_is_read_as_far_as_it_goes_and_what_is_lacking_is_said(
    tmp_path: Path, plain: Log
) -> None:
    """Codes and times are the log's; transactions are not there, which changes the counts."""
    path = tmp_path / "udm.json"
    path.write_text(json.dumps({"events": [udm(each, n) for n, each in enumerate(EVENTS)]}))

    log = open_log(path)

    columns = ["published", "event_type", "result", "reason", "code", "client_ip", "uuid"]
    got, right = (
        one.events.select(*columns).order_by("uuid").to_pyarrow().to_pylist()
        for one in (log, plain)
    )
    assert got == right
    assert set(log.events.wrapper.to_pyarrow().to_pylist()) == {"Google SecOps UDM"}
    assert any("transaction" in one for one in log.coverage(log.window()).notes)


def cell(value: Any) -> Any:
    """A value in a BigQuery row."""
    if isinstance(value, dict):
        return {"v": {"f": [cell(one) for one in value.values()]}}
    return {"v": [cell(one) for one in value] if isinstance(value, list) else value}


def field(name: str, value: Any) -> dict[str, Any]:
    """A field of a BigQuery schema."""
    some = value[0] if isinstance(value, list) else value
    one: dict[str, Any] = {"name": snake(name), "type": "STRING"}
    if name == "published":
        one["type"] = "TIMESTAMP"
    if isinstance(some, dict):
        one |= {"type": "RECORD", "fields": [field(*each) for each in some.items()]}
    return one | ({"mode": "REPEATED"} if isinstance(value, list) else {})


@pytest.mark.parametrize("unit", ["seconds", "microseconds"])
def test_bigquery_rows_find_their_names_in_the_schema(
    tmp_path: Path, plain: Log, unit: str
) -> None:
    """Records, lists of records, and times as seconds or microseconds."""
    rows = []
    for number, each in enumerate(EVENTS):
        seconds = 1793091900 + 60 * number
        at = f"{seconds / 1e9!r}E9" if unit == "seconds" else str(seconds * 1_000_000)
        rows.append(cell(each | {"published": at})["v"])
    schema = {"fields": [field(*each) for each in EVENTS[0].items()]}
    answer = {"kind": "bigquery#queryResponse", "schema": schema, "rows": rows}
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer), encoding="utf-8")

    log = open_log(path)
    assert log_rows(log) == log_rows(plain)
    assert log_failures(log).equals(log_failures(plain))
