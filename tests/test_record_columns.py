"""Entra's sign-ins read by columns: the rows are those of the way that looks at each record."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from entra_forms import SignIn, analytics_object, diagnostic_object, graph_object, number
from entra_simulator import START
from hypothesis import given
from hypothesis import strategies as st

from kit.lake import blocks
from kit.lake.blocks import CodedBlock, code_documents, code_one_by_one
from kit.sources.document import Document, Documents, Lines
from properties import max_examples

OBJECTS = {"graph": graph_object, "diagnostic": diagnostic_object, "analytics": analytics_object}
PORTAL_NAMES = {
    "Date (UTC)": "2026-09-14T06:00:00Z", "Request ID": number("p"), "Correlation ID": number("c"),
    "Username": "a@contoso.example", "Application": "Azure Portal", "Application ID ": number("a"),
    "IP address": "192.0.2.1", "Status": "Failure", "Sign-in error code": "50126",
    "Failure reason": "Wrong.", "# sign-ins": "3",
}  # fmt: skip

SIGN_INS = st.builds(
    lambda n, seconds, code, principal, policies, odd: SignIn(
        START + timedelta(seconds=seconds), code, id=number(f"r{n}") if n else odd,
        correlation=number(f"c{n % 3}"), principal=principal, policies=policies,
        account=f"user{n % 4}@contoso.example", address=f"192.0.2.{n % 5}",
    ),
    st.integers(0, 50), st.integers(0, 200_000), st.sampled_from([0, 50126, 53003]),
    st.sampled_from(["", "", "Okta Microsoft Graph Client"]),
    st.sampled_from([[], [], [("Block", "failure"), ("MFA", "reportOnlyFailure")]]),
    st.sampled_from(["", "{" + number("x").upper() + "}", "00000000-0000-0000-0000-000000000000"]),
)  # fmt: skip
ODD = st.sampled_from(
    [None, "", " ", 0, 7, -1, True, False, 1.5, [], ["x"], {}, {"a": 1}, '{"errorCode": 1}', "é",
     "success", "/Date(1789365600000)/", "9/14/2026, 7:12:31.441 AM", "2026-09-14T06:00:00+02:00",
     "0001-01-01T00:00:00Z", "2026-09-14T24:00:00Z", "2026-09-14 06:00:00.123456789", "50126",
     number("odd").upper()]
)  # fmt: skip
CHANGES = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.sampled_from(["drop", "set", "set inside", "add", "respell"]),
        st.integers(0, 40),
        ODD,
    ),
    max_size=3,
)
NEW_NAMES = ["uuid", "eventType", "properties", "activityDisplayName", "AADTenantId", "Category",
             "isInteractive", "correlation_id", "TimeGenerated", "responseStatusCode", "azure",
             "managedIdentityType", "created_at", "note"]  # fmt: skip


def changed(records: list[dict[str, Any]], changes: list[tuple[int, str, int, Any]]) -> list[bytes]:
    """Records with some of their values, names or objects changed, as JSON."""
    for at, kind, place, odd in changes:
        record = records[at % len(records)]
        inner = record.get("properties")
        if kind == "set inside" and isinstance(inner, dict):
            record = inner
        name = list(record)[place % len(record)] if record else "note"
        if kind == "drop":
            record.pop(name, None)
        elif kind == "add":
            record[NEW_NAMES[place % len(NEW_NAMES)]] = odd
        elif kind == "respell":
            record[name.swapcase()] = record.pop(name, None)
        else:
            record[name] = odd
    return [json.dumps(one).encode() for one in records]


def said(block: CodedBlock) -> Any:
    """What came of a block, to be compared."""
    result = block.result
    rows = {day: batch.to_pylist() for day, batch in block.records.items()}
    return rows, result.spans, result.skipped_lines, len(block.parts), result.unknown


@max_examples(300)
@given(st.sampled_from(sorted(OBJECTS)), st.lists(SIGN_INS, min_size=1, max_size=8), CHANGES,
       st.sampled_from(["export.json", "NonInteractiveSignIns_a.json"]))  # fmt: skip
def test_records_are_read_by_columns_as_one_by_one(
    form: str, some: list[SignIn], changes: list[tuple[int, str, int, Any]], file: str
) -> None:
    raws = changed([OBJECTS[form](one) for one in some], changes)
    block = Lines(file, 1, b"\n".join(raws))
    assert said(code_documents(block)) == said(code_one_by_one(block))


@pytest.mark.parametrize("form", sorted(OBJECTS))
def test_plain_forms_go_by_columns(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = SignIn(START, 50126, id=number("r"), correlation=number("c"), policies=[("A", "failure")])
    some = [one, replace(one, id=number("s"), code=0, at=START + timedelta(days=1))]
    raws = [json.dumps(OBJECTS[form](each)).encode() for each in some]
    lines = Lines("export.json", 1, b"\r\n".join(raws) + b"\r\n")
    documents = Documents([Document("export.json", n, raw) for n, raw in enumerate(raws)])
    right = said(code_one_by_one(lines))
    monkeypatch.setattr(blocks, "code_one_by_one", lambda _: pytest.fail("one by one"))
    assert said(code_documents(lines)) == said(code_documents(documents)) == right
    assert len(right[0]) == 2


def test_rows_of_the_portals_table_go_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [PORTAL_NAMES, PORTAL_NAMES | {"Request ID": number("q"), "Status": "Success",
                                          "Sign-in error code": ""}]  # fmt: skip
    block = Documents(
        [Document("InteractiveSignIns_a.csv", n, json.dumps(row).encode(), unknown=("Extra",))
         for n, row in enumerate(rows)]
    )  # fmt: skip
    right = said(code_one_by_one(block))
    monkeypatch.setattr(blocks, "code_one_by_one", lambda _: pytest.fail("one by one"))
    assert said(code_documents(block)) == right
    assert right[4] == {"InteractiveSignIns_a.csv": ("Extra",)}


@pytest.mark.parametrize(
    "odd",
    [b"[1]", b"{", b'{"createdDateTime": "\xff"}', b'{"a": 1, "createdDateTime": [[', b"null"],
)
def test_what_is_no_record_is_put_aside_and_the_rest_goes_on(odd: bytes) -> None:
    raws = [json.dumps(graph_object(SignIn(START, id=number(f"r{n}")))).encode() for n in range(3)]
    block = Lines("export.json", 1, b"\n".join([*raws, odd]))
    one = code_documents(block)
    assert said(one) == said(code_one_by_one(block))
    assert [len(batch) for batch in one.records.values()] == [3]
    assert [line.line for line in one.result.skipped_lines] == [4]


def test_a_number_out_of_range_does_not_lose_a_record() -> None:
    text = json.dumps(graph_object(SignIn(START, id=number("r")))).replace('"US"', "1e999")
    block = Lines("export.json", 1, text.encode())
    assert said(code_documents(block)) == said(code_one_by_one(block))
    assert [len(batch) for batch in code_one_by_one(block).records.values()] == [1]
