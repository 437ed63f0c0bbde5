"""Messages from public places are read as a person reads them."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from kit.messages import Message, parse

DATA = Path(__file__).parent / "data"
KNOWN = Path(__file__).resolve().parents[2] / "shared" / "knowledge" / "messages.jsonl"
FIELD = Path(__file__).resolve().parents[2] / "shared" / "field" / "messages"
RENAMED = {"op": "operation", "http": "http_status", "code": "vendor_code"}
READ = (
    "operation", "user", "group", "app", "http_status", "vendor_code", "vendor_message", "trace_id",
    "correlation_id", "request_id", "client_request_id", "timestamp", "exception",
)  # fmt: skip


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


COLLECTED = [*_lines(DATA / "messages.jsonl"), *_lines(DATA / "layouts.jsonl")]


@pytest.mark.parametrize("known", COLLECTED, ids=lambda known: known["id"])
def test_a_collected_message_gives_its_parts_and_no_other(known: dict[str, Any]) -> None:
    """What a person read is found, and nothing is found that is not there."""
    found = parse(known["message"])

    asked = [part for part in READ if part not in known.get("open", ())]
    assert {part: getattr(found, part) for part in asked} == {
        part: known["expect"].get(part) for part in asked
    }


@pytest.mark.parametrize("known", COLLECTED, ids=lambda known: known["id"])
def test_a_collected_message_says_where_it_is_from(known: dict[str, Any]) -> None:
    """Each has a source, and expects parts that a message has."""
    assert known["source"]
    assert {*known["expect"], *known.get("open", ())} <= set(Message.__struct_fields__)


def test_no_message_is_collected_twice() -> None:
    """Ids and texts are unique, and there are enough to be a measure."""
    assert len({known["id"] for known in COLLECTED}) == len(COLLECTED)
    assert len({known["message"] for known in COLLECTED}) == len(COLLECTED) >= 120


@pytest.mark.parametrize("known", COLLECTED, ids=lambda known: known["id"])
@pytest.mark.parametrize(
    "wrapper",
    [
        "Automatic profile push of user Ada Lovelace to app Anvil Works failed: {}",
        "Automatic import of user Ada Lovelace to app Anvil Works failed: Error while creating "
        "user ada@example.com: {}",
    ],
    ids=["task", "task and operation"],
)
def test_oktas_wrapper_changes_nothing_inside(known: dict[str, Any], wrapper: str) -> None:
    """The same answer in a task of Okta's has the same code, status and ids."""
    bare, wrapped = parse(known["message"]), parse(wrapper.format(known["message"]))

    assert (wrapped.user, wrapped.app) == ("Ada Lovelace", "Anvil Works")
    for part in ("http_status", "vendor_code", "trace_id", "correlation_id", "request_id"):
        assert getattr(wrapped, part) == getattr(bare, part), part


@pytest.mark.parametrize("known", COLLECTED, ids=lambda known: known["id"])
def test_a_collected_message_may_end_anywhere(known: dict[str, Any]) -> None:
    """A text cut off at any place is read without an error."""
    for end in range(len(known["message"])):
        assert isinstance(parse(known["message"][:end]), Message)


@pytest.mark.skipif(not KNOWN.exists(), reason="the collected messages are not beside the project")
def test_every_message_of_the_knowledge_is_read() -> None:
    """Messages from public pages, with the parts that a person found in them."""
    wrong = []
    for known in _lines(KNOWN):
        found = parse(known["message"])
        for name, value in known["expect"].items():
            got = getattr(found, RENAMED.get(name, name))
            if got != value:
                wrong.append((known["id"], name, got, value))

    assert wrong == []


@pytest.mark.skipif(not FIELD.exists(), reason="the field's messages are not beside the project")
def test_nearly_all_parts_of_the_fields_messages_are_read() -> None:
    """Messages that the grammar was not made for; ``benchmarks/parts.py`` names the wrong ones."""
    spec = spec_from_file_location("parts", Path(__file__).parents[1] / "benchmarks" / "parts.py")
    assert spec
    assert spec.loader
    parts = module_from_spec(spec)
    spec.loader.exec_module(parts)
    known = [one for path in sorted(FIELD.glob("*.jsonl")) for one in _lines(path)]
    right = [got == wanted for one in known for _, got, wanted in parts.compared(one)]

    assert len(right) > 600
    assert sum(right) / len(right) >= 0.97
