"""What is read by columns is what is read event by event, whatever stands in a log."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from entra_forms import SignIn, diagnostic_object
from hypothesis import given
from hypothesis import strategies as st

from factories import REFUSED, event
from forms import IN_JSON
from kit.catalogue import load
from kit.events import COLUMNS
from kit.events.columns import documents_source
from kit.lake import blocks
from kit.lake.blocks import (
    CodedBlock,
    code_block,
    code_one_by_one,
    events_by_columns,
)
from kit.sources.document import Document, Documents, Lines
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

TYPES = [
    *load().event_types,
    *(detail.event_type for detail in load().event_details.values()),
    "app.oauth2.as.token.grant",
    "user.unheard_of",
    "system.unheard_of.violation",
]
NUL, HALF, PAIR = "a\0b", "half \ud83d", "\U0001f600"
TEXTS = st.one_of(
    st.sampled_from(["", "unknown", "null", "ada@example.com", "Grüße", " x ", "Read timed out"]),
    st.sampled_from([REFUSED, REFUSED + " again", "HTTP 409 taken", "INVALID_CREDENTIALS", PAIR]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
)
ODD = st.one_of(
    st.sampled_from([NUL, HALF]), st.integers(), st.booleans(), st.just({}), st.just([])
)
"""What no text is: the event is read by itself, or is none."""
RESULTS = st.sampled_from(["SUCCESS", "FAILURE", "DENY", "SKIPPED", "CHALLENGE", "UNANSWERED", "X"])
TARGET_TYPES = st.sampled_from(
    [
        *"User AppUser AppInstance App UserGroup AppGroup PublicClientApp PolicyRule Rule".split(),
        *["Agent", "AD Agent", "Device", "InlineHook", "PolicyEntity", None],
    ]
)
TIMES = st.sampled_from(
    [
        "2026-10-27T23:59:59.999Z",
        "2026-10-28T00:00:00.000001Z",
        "2026-10-28T02:00:00+05:30",
        "2026-10-27T09:05:00Z",
        "1969-12-31T23:59:59.5Z",
    ]
)
ODD_TIMES = st.sampled_from(
    [
        *["2026-10-27 09:05:00Z", "2026-10-27T09:05:00", "2026-10-27T09:05:00.1234567Z", 5],
        *["soon", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "2026-02-30T00:00:00Z"],
    ]
)


def _party(types: Any, texts: Any = TEXTS) -> Any:
    names = st.none() | texts
    fields = {"id": names, "alternateId": names, "displayName": names, "type": types}
    return st.fixed_dictionaries({}, optional=fields)


def _object(**fields: Any) -> Any:
    return st.none() | st.fixed_dictionaries({}, optional=fields)


def _events(texts: Any, times: Any, numbers: Any) -> Any:
    agent = _object(rawUserAgent=texts, os=texts, browser=texts)
    place = _object(country=texts, city=texts, state=texts)
    debug_names = ["requestId", "clientId", "appname", "factor", "error_code", "errorMessage"]
    debug_names += [*load().debug_names, "other"]
    return st.fixed_dictionaries(
        {
            "uuid": st.uuids().map(str),
            "published": times,
            "eventType": st.sampled_from(TYPES),
            "outcome": st.fixed_dictionaries(
                {}, optional={"result": RESULTS, "reason": st.none() | texts}
            ),
        },
        optional={
            "displayMessage": texts,
            "severity": texts,
            "actor": st.none()
            | _party(
                st.sampled_from(["User", "SystemPrincipal", "PublicClientApp", "Agent"]), texts
            ),
            "client": _object(
                ipAddress=texts,
                userAgent=agent,
                geographicalContext=place,
                zone=texts,
                device=texts,
            ),
            "target": st.none() | st.lists(st.none() | _party(TARGET_TYPES, texts), max_size=4),
            "transaction": _object(
                id=texts, type=texts, detail=_object(requestApiTokenId=texts, other=texts)
            ),
            "debugContext": _object(debugData=_object(**dict.fromkeys(debug_names, texts))),
            "securityContext": _object(asNumber=numbers, asOrg=texts, isProxy=st.booleans()),
            "authenticationContext": _object(externalSessionId=texts, credentialType=texts),
            "device": _object(id=texts, name=texts),
            "request": _object(more=st.lists(st.integers() | texts, max_size=3)),
        },
    )


EVENTS = _events(TEXTS, TIMES, st.integers(0, 2**32 - 1))
ODD_EVENTS = _events(TEXTS | ODD, TIMES | ODD_TIMES, st.sampled_from([-1, 2**32, "7", 1.0, 1.5]))
ODD_LINES = st.sampled_from(
    [
        b"{}",
        b'{"uuid":"a"}',
        b'{"uuid":"","published":"2026-10-27T09:05:00Z","eventType":"x","outcome":{}}',
        b'{"uuid":"a","published":"2026-10-27T09:05:00Z","eventType":"x"}',
        b'{"uuid":"a","uuid":"b","published":"2026-10-27T09:05:00Z","eventType":"x","outcome":{}}',
        b'{"uuid":"a","published":"2026-10-27T09:05:00Z","eventType":"x","outcome":{}}{"x":1}',
        b'{"uuid":"\xff","published":"2026-10-27T09:05:00Z","eventType":"x","outcome":{}}',
        b'{"uuid":"a","published":"2026-10-27T09:05:00Z","eventType":"x","outcome":{},'
        b'"deep":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"uuid":"a","published":"2026-10-27T09:05:00Z","eventType":"x","outcome":{},"n":1e999}',
        b'{"cut',
        b'{"a":"}',
    ]
)


def _line(one: dict[str, Any], *, ascii_only: bool = True) -> bytes:
    text = json.dumps(one, ensure_ascii=ascii_only)
    return text.encode("utf-8", "surrogatepass")


LINES = st.builds(_line, EVENTS, ascii_only=st.booleans())
ANY_LINES = LINES | st.builds(_line, ODD_EVENTS, ascii_only=st.booleans()) | ODD_LINES


def _said(parts: list[CodedBlock]) -> dict[str, Any]:
    """What came of a block: its rows in their order, and all else."""
    rows, trails, aside, presences = [], {}, [], {}
    for number, coded in enumerate(parts):
        for part in coded.parts:
            for place, row in zip(part.places.tolist(), part.batch.to_pylist(), strict=True):
                rows.append((number, place, str(part.day), part.failing, row))
        for file, trail in coded.result.trails.items():
            if file in trails:
                trails[file].follow(trail)
                presences[file].follow(coded.result.presences[file])
            else:
                trails[file], presences[file] = trail, coded.result.presences[file]
        aside += coded.result.skipped_lines
    rows.sort(key=lambda one: one[:2])
    return {
        "rows": [one[2:] for one in rows],
        "trails": trails,
        "presences": presences,
        "aside": aside,
        "events": sum(coded.result.events for coded in parts),
    }


def _refuse(_: object) -> CodedBlock:
    raise AssertionError("it is not read by columns")


@max_examples(100)
@given(st.lists(LINES, min_size=1, max_size=8), st.sampled_from([b"\n", b"\r\n"]))
def test_events_as_okta_writes_them_are_read_by_columns_and_alike(
    lines: list[bytes], line_end: bytes
) -> None:
    block = Lines("a.ndjson", 7, line_end.join(lines) + (line_end if len(lines) % 2 else b""))

    # a last line without its end is read by itself where the others end with a return
    fits = line_end == b"\n" or len(lines) % 2
    by_columns = code_block(block, _refuse if fits else code_one_by_one)
    assert _said(by_columns) == _said([code_one_by_one(block)])


@max_examples(100)
@given(st.lists(ANY_LINES, min_size=1, max_size=8))
def test_whatever_else_stands_there_is_read_alike(lines: list[bytes]) -> None:
    before, blocks._FEWEST = blocks._FEWEST, 1
    try:
        block = Lines("a.ndjson", 1, b"\n".join(lines) + b"\n")
        parts = code_block(block, code_one_by_one)
    finally:
        blocks._FEWEST = before
    assert _said(parts) == _said([code_one_by_one(block)])


def _packed(one: dict[str, Any]) -> str:
    return b64encode(json.dumps(one).encode()).decode()


ENVELOPES: list[Callable[[Any, Any], Any]] = [
    lambda one, more: {"version": "0", "detail-type": "SystemLog", "detail": one, "id": more},
    lambda one, more: {"preview": False, "result": {"_raw": json.dumps(one), "host": more}},
    lambda one, more: {
        "time": 1,
        "event": json.dumps(one),
        "sourcetype": "s",
        "fields": {"a": more},
    },
    lambda one, more: {
        "_index": "i",
        "_id": "1",
        "_source": {"event": {"original": json.dumps(one), "x": more}},
    },
    lambda one, more: {"Body": json.dumps({"Message": json.dumps(one), "x": more}), "y": more},
    lambda one, more: {"message": more, "log": json.dumps(one)},
    lambda one, more: {"okta": one, "properties": more},
    lambda one, more: {"any": {"thing": one}, "records": [more]},
    lambda one, more: {"properties": one, "category": more},
    lambda one, more: {"a": {"data": _packed(one)}, "message": more},
    lambda one, more: {
        "_source": {
            "event": {"id": more, "original": json.dumps(one)},
            "okta": {"uuid": "x", "event_type": more},
        }
    },
    lambda one, _: one,
]
"""What products put around an event, with something beside it."""
HEADERS = [
    "<13>Jan  1 00:00:00 host okta[7]: ",
    '<134>1 - - [x@1 a="\\"{\\]"] ',
    "2027-01-01 ",
    "a{1} ",
]
"""What a relay puts before a line."""
BESIDE = st.one_of(
    TEXTS,
    st.recursive(
        st.none() | st.integers() | TEXTS,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    ["event", "_raw", "records", "createdDateTime", "uuid", "data", "x"]
                ),
                inner,
                max_size=2,
            )
        ),
        max_leaves=4,
    ),
    st.builds(lambda one: [json.dumps(one)], EVENTS),
    st.builds(lambda one: {"message": json.dumps(one)}, EVENTS),
    st.builds(lambda one: _packed(one), EVENTS),
    EVENTS,
    st.sampled_from(["uuid", "eyJhIjoxfQ==", '{"uuid": "a"}', "correlationId", '"@{'])
    | st.builds(json.dumps, EVENTS),
)


@max_examples(200)
@given(
    st.sampled_from(ENVELOPES),
    st.lists(st.tuples(EVENTS, TEXTS), min_size=1, max_size=4),
    st.lists(st.tuples(EVENTS | ODD_EVENTS, BESIDE), max_size=2),
    st.sampled_from(["", *HEADERS]),
    st.sampled_from([b"\n", b"\r\n"]),
    st.randoms(use_true_random=False),
)
def test_what_lies_in_envelopes_is_read_by_columns_and_alike(
    envelope: Callable[[Any, Any], Any],
    plain: list[tuple[Any, str]],
    odd: list[tuple[Any, Any]],
    header: str,
    line_end: bytes,
    chance: Random,
) -> None:
    every = [*plain, *odd]
    chance.shuffle(every)
    lines = [header.encode() + _line(envelope(*one)) for one in every]
    block = Lines("a.ndjson", 1, line_end.join(lines) + line_end)
    assert _said(code_block(block, code_one_by_one)) == _said([code_one_by_one(block)])


@pytest.mark.parametrize("header", ["", *HEADERS[:3]])
@pytest.mark.parametrize("envelope", [*ENVELOPES[:6], *ENVELOPES[8:11]])
def test_common_envelopes_go_by_columns(envelope: Callable[[Any, str], Any], header: str) -> None:
    lines = [
        header.encode() + _line(envelope(event(reason=REFUSED), f"host {number}"))
        for number in range(3)
    ]
    block = Lines("a.ndjson", 1, b"\n".join(lines) + b"\n")

    [coded] = code_block(block, _refuse)

    assert coded.result.events == 3
    assert _said([coded]) == _said([code_one_by_one(block)])


ANSWERS = [
    *("Okta Event Hook", "Amazon CloudWatch, get-log-events", "Amazon CloudWatch, Insights"),
    *("Amazon SQS", "Amazon SQS, of SNS", "Amazon Kinesis", "Splunk, results", "Splunk, json_rows"),
    *("Azure Event Hubs", "Google SecOps, entries", "Sumo Logic", "Grafana Loki"),
    *("Amazon CloudWatch to Kinesis", "snake case", "upper case"),
]
"""Forms of several events a document, and rows."""


@max_examples(200)
@given(
    st.sampled_from(ANSWERS),
    st.lists(st.lists(EVENTS | st.just(event(reason=REFUSED)), max_size=3), min_size=1, max_size=3),
    st.lists(ODD_EVENTS, max_size=2),
)
def test_what_lies_in_answers_and_rows_is_read_by_columns_and_alike(
    form: str, plain: list[list[dict[str, Any]]], odd: list[dict[str, Any]]
) -> None:
    texts = [IN_JSON[form](some).encode() for some in [*plain, odd]]
    raws = [raw for text in texts for raw in text.splitlines()]
    block = Documents([Document("a.json", n, raw) for n, raw in enumerate(raws, start=1)])
    if raws:
        assert _said(code_block(block, code_one_by_one)) == _said([code_one_by_one(block)])


@pytest.mark.parametrize("form", ANSWERS)
def test_common_answers_go_by_columns(form: str) -> None:
    raws = IN_JSON[form]([event(reason=REFUSED)] * 3).encode().splitlines()
    block = Documents([Document("a.json", n, raw) for n, raw in enumerate(raws, start=1)])

    [coded] = code_block(block, _refuse)

    assert coded.result.events == 3
    assert _said([coded]) == _said([code_one_by_one(block)])


RECORD = diagnostic_object(SignIn(datetime(2026, 10, 27, tzinfo=UTC)))
OTHER = json.dumps(event(reason=REFUSED, user="bo@example.com"))
HOSTILE: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a part is text": lambda one: {**one, "request": {"target": "[{}]"}},
    "a part is text behind blanks": lambda one: {**one, "request": {"actor": "  {}"}},
    "PowerShell printed it": lambda one: {**one, "request": {"x": "@{a=b}"}},
    "another time is printed": lambda one: {**one, "request": {"published": "Mon UTC"}},
    "a name is a column's": lambda one: {**one, "outcome_result": "SUCCESS"},
    "it has a record's names": lambda one: {**one, **RECORD},
    "it holds a record": lambda one: {**one, "message": json.dumps(RECORD)},
    "a name is an envelope's": lambda one: {**one, "properties": {"uuid": "x"}},
}
"""Events that are not what they seem."""
BESIDE_IT: list[dict[str, Any]] = [
    RECORD,
    {"message": json.dumps(RECORD)},
    {"result": RECORD},
    {"_raw": OTHER},
    {"_raw": " " + b64encode(OTHER.encode()).decode()},
    {"event": {"original": OTHER}},
    {"event": [json.loads(OTHER)]},
    {"message": f"<13>Jan 1 {OTHER}"},
    {"records": []},
    {"fields": {"records": []}},
    {"uuid": "x", "event_type": "y"},
    {"data": json.loads(OTHER)},
]
"""What leads elsewhere than to the event."""


@pytest.mark.parametrize("number", [*range(6), 8, 9, 10])
@pytest.mark.parametrize("header", ["", HEADERS[0]])
def test_what_is_another_thing_than_the_others_is_read_as_by_itself(
    number: int, header: str
) -> None:
    """Among envelopes that are as the first one: an odd event in one, or odd things beside one."""
    first = ENVELOPES[number](event(reason=REFUSED), "x")
    odd = [ENVELOPES[number](hostile(event(reason=REFUSED)), "x") for hostile in HOSTILE.values()]
    for where in [first, *(v for v in first.values() if isinstance(v, dict) and "uuid" not in v)]:
        for more in BESIDE_IT:
            before = where.copy()
            for both in ({**more, **before}, {**before, **more}):
                where.clear()
                where.update(both)
                odd.append(json.loads(json.dumps(first)))
            where.clear()
            where.update(before)
    for one in odd:
        lines = [header.encode() + _line(each) for each in (first, one, first)]
        block = Lines("a.ndjson", 1, b"\n".join(lines) + b"\n")
        assert _said(code_block(block, code_one_by_one)) == _said([code_one_by_one(block)]), one


@pytest.mark.parametrize(
    "form", [json.dumps, lambda text: json.dumps(b64encode(text.encode()).decode()), str]
)
def test_an_event_where_the_others_have_a_text_is_still_the_one_taken(
    form: Callable[[str], str],
) -> None:
    """A name that goes before the event's place: alike names do not lead to the same event."""
    first = json.dumps({"message": "a text", "detail": event(reason=REFUSED)})
    other = form(json.dumps(event(reason=REFUSED, user="bo@example.com")))
    lines = [first, first.replace('"a text"', other)]
    block = Lines("a.ndjson", 1, "\n".join(lines).encode())

    coded = code_block(block, code_one_by_one)

    rows = _said(coded)["rows"]
    assert [row[-1]["user_login"] for row in rows] == ["ada@example.com", "bo@example.com"]
    assert _said(coded) == _said([code_one_by_one(block)])


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (
            {"raw": json.dumps(event()), "okta": {"event_type": "a"}},
            {"raw": json.dumps(event()), "okta": {"eventType": "a"}},
        ),
        ({"okta": event()}, {"okta": {**event(), "event_type": "a"}}),
        (
            {"map": {"_raw": json.dumps(event())}},
            {"map": json.dumps({"_raw": json.dumps(event())})},
        ),
    ],
    ids=["beside the event", "in the event", "around the event"],
)
def test_a_product_is_told_by_names_that_stand_in_objects(
    first: dict[str, Any], other: dict[str, Any]
) -> None:
    for lines in ([first, other], [other, first]):
        block = Lines("a.ndjson", 1, b"\n".join(map(_line, lines)))
        assert _said(code_block(block, code_one_by_one)) == _said([code_one_by_one(block)])


@pytest.mark.parametrize("header", ["", HEADERS[0]])
@pytest.mark.parametrize("objects", [0, 1, 2, 4, 6])
@pytest.mark.parametrize("texts", [0, 1, 2, 3, 4])
def test_an_event_is_as_deep_by_itself_as_among_others(
    header: str, objects: int, texts: int
) -> None:
    one: dict[str, Any] = event()
    for level in range(objects + texts):
        one = {"data": one if level < objects else json.dumps(one)}
    block = Lines("a.ndjson", 1, b"\n".join([header.encode() + _line(one)] * 2))
    assert _said(code_block(block, code_one_by_one)) == _said([code_one_by_one(block)])


def test_a_printed_time_is_seen_beside_a_name_with_an_escaped_letter() -> None:
    odd = _line({"detail": event(request={"published": "Mon UTC"})})
    odd = odd.replace(b'"published"', b'"publ\\u0069shed"', 1)
    block = Lines("a.ndjson", 1, b"\n".join([_line({"detail": event()}), odd]))
    assert _said(code_block(block, code_one_by_one)) == _said([code_one_by_one(block)])


@pytest.mark.parametrize("number", ["NaN", "-NaN", "Infinity", "-Infinity", "Inf"])
@pytest.mark.parametrize("form", ['{"a": %s}', "[1, %s]", "%s"])
def test_a_number_that_json_does_not_have_costs_its_line(number: str, form: str) -> None:
    lines = [_line(event()), _line(event(more="THIS")), _line(event())]
    lines[1] = lines[1].replace(b'"THIS"', (form % number).encode())
    coded = code_block(Lines("a.ndjson", 1, b"\n".join(lines)), code_one_by_one)
    assert sum(part.result.events for part in coded) == 2
    assert [one.line for part in coded for one in part.result.skipped_lines] == [2]


@max_examples(40)
@given(st.lists(LINES, min_size=1, max_size=5))
def test_a_page_is_read_like_lines(lines: list[bytes]) -> None:
    page = Documents([Document("org", n, raw) for n, raw in enumerate(lines)])
    lines_block = Lines("org", 0, b"\n".join(lines))
    assert _said(code_block(page, code_one_by_one)) == _said([code_one_by_one(lines_block)])


def test_an_event_over_several_lines_keeps_its_text() -> None:
    raws = [json.dumps(event(reason=REFUSED), indent=1).encode() for _ in range(3)]
    coded = events_by_columns(documents_source(raws))
    assert coded is not None
    assert [one.encode() for one in coded[1].column("raw").to_pylist()] == raws


def test_one_odd_line_leaves_the_others_to_the_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_FEWEST", 2_000)
    lines = [_line(event()) for _ in range(400)]
    lines[211] = b'{"cut'
    alone = []

    def one_by_one(block: Any) -> CodedBlock:
        alone.extend(block.documents())
        return code_one_by_one(block)

    parts = code_block(Lines("a", 1, b"\n".join(lines)), one_by_one)
    assert sum(coded.result.events for coded in parts) == 399
    assert [one.line for coded in parts for one in coded.result.skipped_lines] == [212]
    assert len(alone) < 10


@pytest.mark.parametrize("reason", [REFUSED, REFUSED.replace("66666666", "11111111")])
def test_failures_that_differ_by_ids_alone_keep_their_own(reason: str) -> None:
    trace = "abcdef01-2345-6789-abcd-ef0123456789"
    lines = [
        _line(event(reason=reason)),
        _line(event(reason=reason.replace("1111-2222", "abcd-ef01"))),
    ]
    lines += [_line(event(reason=REFUSED.replace("11111111-2222-3333-4444-555555555555", trace)))]
    lines += [_line(event(reason=reason.upper())), _line(event(reason=reason))]
    block = Lines("a.ndjson", 1, b"\n".join(lines))
    assert _said(code_block(block, code_one_by_one)) == _said([code_one_by_one(block)])


def test_the_columns_have_the_tables_types() -> None:
    coded = events_by_columns(documents_source([_line(event())]))
    assert coded is not None
    assert coded[1].schema.names == [column.name for column in COLUMNS]
    assert isinstance(coded[1], pa.RecordBatch)
