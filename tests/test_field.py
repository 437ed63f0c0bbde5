"""Any field of an event's JSON: its value, its type, and what is said of a path that is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kit
from factories import event
from form_logs import EVENTS
from forms import IN_JSON
from kit.base.errors import UsageError
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kit.log.log import Log

DEBUG: list[dict[str, Any]] = [
    {
        "risk": "{level=LOW}",
        "n": 5,
        "truth": True,
        "f": 1.5,
        "mixed": 1,
        "items": [1, "x", {"z": None}],
        "part": {"z": 1},
        "a.b": "dot",
        "a/b~c": "pointer",
        "it's": "quote",
        "big": 12345678901234567890,
        "digits": "5",
        "none": None,
    },
    {
        "risk": "half \ud800 pair \ud83d\ude00 text \\ud800",
        "n": -7,
        "truth": False,
        "f": 2,
        "mixed": "x",
    },
    {},
]


@pytest.fixture
def log(log_of: Callable[..., Any]) -> Log:
    """Three events with odd debugData."""
    opened: Log = log_of(
        *(
            event(
                f"2026-10-27T09:0{minute}:00Z",
                debugContext={"debugData": one},
                securityContext={"asNumber": 64500 + minute, "isProxy": minute == 0},
                request={"ipChain": [{"ip": "192.0.2.1"}, {"ip": f"192.0.2.{minute}"}]},
            )
            for minute, one in enumerate(DEBUG)
        )
    )
    return opened


def values_of(log: Log, path: Any, type_: str | None = None) -> tuple[str, list[Any]]:
    """The type and the values of a field, oldest event first."""
    value = kit.field(log.events, path, type=type_)
    rows = log.events.select("published", value=value).order_by("published").to_pyarrow()
    return str(value.type()), rows["value"].to_pylist()


@pytest.mark.parametrize(
    ("path", "type_", "values"),
    [
        ("debugContext.debugData.risk", "string", ["{level=LOW}", None, None]),
        ("debugContext.debugData.n", "int64", [5, -7, None]),
        ("debugContext.debugData.truth", "boolean", [True, False, None]),
        ("debugContext.debugData.f", "float64", [1.5, 2.0, None]),
        ("debugContext.debugData.mixed", "string", ["1", "x", None]),
        ("debugContext.debugData.digits", "string", ["5", None, None]),
        ("debugContext.debugData.big", "string", ["12345678901234567890", None, None]),
        ("debugContext.debugData.items", "string", ['[1,"x",{"z":null}]', None, None]),
        ("debugContext.debugData.part", "string", ['{"z":1}', None, None]),
        ("debugContext.debugData.part.z", "int64", [1, None, None]),
        ("debugContext.debugData.none", "string", [None, None, None]),
        ('debugContext.debugData."a.b"', "string", ["dot", None, None]),
        (("debugContext", "debugData", "a.b"), "string", ["dot", None, None]),
        (["debugContext", "debugData", "a/b~c"], "string", ["pointer", None, None]),
        (("debugContext", "debugData", "it's"), "string", ["quote", None, None]),
        ("securityContext.asNumber", "int64", [64500, 64501, 64502]),
        ("securityContext.isProxy", "boolean", [True, False, False]),
        ("request.ipChain[1].ip", "string", ["192.0.2.0", "192.0.2.1", "192.0.2.2"]),
        (("request", "ipChain", 7, "ip"), "string", [None] * 3),
        ("target[User].alternateId", "string", ["ada@example.com"] * 3),
        ("target[App|AppInstance].id", "string", ["0oam365000000000app1"] * 3),
        ("target[Nobody].id", "string", [None] * 3),
        ("no.such.field", "string", [None] * 3),
        ("uuid.beyond", "string", [None] * 3),
    ],
)
def test_a_field_has_its_value_and_its_type(
    log: Log, path: Any, type_: str, values: list[Any]
) -> None:
    """Integers stay integers, true and false boolean; lists and objects are JSON."""
    found_type, found = values_of(log, path)
    if path == "debugContext.debugData.risk":
        found[1] = None  # looked at below

    assert (found_type, found) == (type_, values)


def test_half_a_sign_is_replaced_and_the_rest_of_the_event_is_read(log: Log) -> None:
    """DuckDB refuses such a JSON; what only looks like one stays."""
    _, found = values_of(log, "debugContext.debugData.risk")

    assert found[1] == "half \ufffd pair \U0001f600 text \\ud800"


@pytest.mark.parametrize(
    ("path", "type_", "values"),
    [
        ("debugContext.debugData.items", "array<string>", [["1", "x", '{"z":null}'], None, None]),
        ("debugContext.debugData.digits", "int64", [5, None, None]),
        ("debugContext.debugData.n", "string", ["5", "-7", None]),
        ("debugContext.debugData.mixed", "int64", [1, None, None]),
        ("debugContext.debugData.risk", "boolean", [None, None, None]),
    ],
)
def test_a_type_can_be_asked_for(log: Log, path: str, type_: str, values: list[Any]) -> None:
    """What does not fit is null."""
    assert values_of(log, path, type_) == (type_, values)


def test_it_is_a_value_to_count_and_filter_by(log: Log) -> None:
    """And has the key's name."""
    number = kit.field(log.events, "debugContext.debugData.n")

    assert number.get_name() == "n"
    assert log.events.filter(number < 0).count().to_pyarrow().as_py() == 1
    assert log.events.aggregate(total=number.sum()).to_pyarrow()["total"].to_pylist() == [-2]


@pytest.mark.parametrize(
    "path", ["", ".", "a..b", ".a", "a.", "a[", "a[0]b", 'a"b', 'a."b', [], "a]b"]
)
def test_a_path_that_is_none_is_told_in_a_line(log: Log, path: Any) -> None:
    """With an example of one."""
    with pytest.raises(UsageError, match=r"debugContext\.debugData\.risk") as fault:
        kit.field(log.events, path)
    assert "\n" not in str(fault.value)


def test_no_such_type_and_no_raw_are_told_in_a_line(log: Log) -> None:
    """Each with what to do."""
    with pytest.raises(UsageError, match=r"'whole' is no type. Try string"):
        kit.field(log.events, "uuid", type="whole")
    with pytest.raises(UsageError, match=r"no column raw. Take log.events"):
        kit.field(log.events.drop("raw"), "uuid")


KEYS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=6)
VALUES = st.one_of(
    st.integers(-(10**12), 10**12), st.booleans(), st.text(max_size=8).filter("\0".__ne__)
)


@max_examples(40)
@given(KEYS, VALUES)
def test_any_key_leads_to_its_value(key: str, value: Any) -> None:
    """Dots, quotes, slashes and signs of any script; as Python reads the same JSON."""
    raw = json.dumps({"debugContext": {"debugData": {"": 1, key: value}}})
    events = ibis.memtable(pa.table({"raw": [raw]}))

    found = kit.field(events, ("debugContext", "debugData", key)).to_pyarrow().to_pylist()

    assert found == [value]


@pytest.mark.parametrize("form", sorted(IN_JSON))
def test_forms_that_keep_the_event_keep_its_fields(tmp_path: Path, form: str) -> None:
    """Where ``raw`` is the event as Okta wrote it, each field is that of the plain log."""
    path = tmp_path / "a-file"
    path.write_text(IN_JSON[form](EVENTS), encoding="utf-8")
    log = kit.open_log(path)
    reason = kit.field(log.events, "outcome.reason")
    rows = log.events.select("uuid", "reason", value=reason).to_pyarrow().to_pylist()

    assert [one["value"] for one in rows] == [one["reason"] for one in rows]
