"""Export files of every form, and what does not fit."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from factories import REFUSED, event, ndjson
from kit.analysis.failures import failures
from kit.base.errors import SourceError
from kit.log.log import open_log
from kit.sources import exports, json_stream
from kit.sources.exports import blocks
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVENTS = [event(f"2026-10-27T09:0{n}:00Z", transaction=f"t{n}", reason=REFUSED) for n in range(4)]
NDJSON = ndjson(EVENTS).encode()


@pytest.mark.parametrize(
    "content",
    [
        NDJSON,
        b"\xef\xbb\xbf" + NDJSON.replace(b"\n", b"\r\n\r\n"),
        json.dumps(EVENTS).encode(),
        json.dumps(EVENTS, indent=2).encode(),
        json.dumps({"logEvents": EVENTS, "next": None}, indent=1).encode(),
        gzip.compress(NDJSON),
        gzip.compress(NDJSON[:900]) + gzip.compress(NDJSON[900:]),
        zstandard.compress(NDJSON),
        zstandard.compress(json.dumps(EVENTS).encode()),
    ],
    ids=[
        "ndjson",
        "BOM, CRLF, blank lines",
        "array",
        "indented array",
        "array in an object",
        "gzip",
        "two gzip members",
        "zstd",
        "zstd array",
    ],
)
def test_every_form_of_an_export_holds_the_same_events(tmp_path: Path, content: bytes) -> None:
    """A file is told by its content, whatever its name says."""
    path = tmp_path / "export"
    path.write_bytes(content)

    log = open_log(path)

    assert (log.count, log.skipped_lines) == (4, ())
    assert failures(log)["uuid"].tolist() == [one["uuid"] for one in EVENTS]


@pytest.mark.parametrize("printed", ["@{}", "@{a}"])
def test_an_object_that_is_printed_without_names_costs_no_event(
    tmp_path: Path, printed: str
) -> None:
    path = tmp_path / "export.ndjson"
    path.write_bytes(NDJSON + json.dumps(event(client=printed)).encode())

    log = open_log(path)

    assert (log.count, log.skipped_lines) == (5, ())


@pytest.mark.parametrize(
    "line",
    [
        b'{"uuid": "x", "published"',
        b"not json at all",
        b'{"published": "2026-10-27T09:00:00Z", "eventType": "a"}',
        b'{"uuid": null, "published": "2026-10-27T09:00:00Z", "eventType": "a"}',
        b'{"uuid": "", "published": "2026-10-27T09:00:00Z", "eventType": "a"}',
        b'{"uuid": "x", "published": "yesterday", "eventType": "a"}',
        b'{"uuid": "x", "published": "2026-10-27T09:00:00", "eventType": "a"}',
        b'{"uuid": "x", "published": "2026-10-27T09:00:00Z", "eventType": "a", "actor": "b"}',
        b'{"uuid": "x", "published": "2026-10-27T09:00:00Z", "eventType": "a", "target": {}}',
        b'{"uuid": "x", "published": "2026-10-27T09:00:00Z", "eventType": "a", "k": "\xff"}',
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
        b"[1]",
        b'{"results": [[{"field": ["a"], "value": "b"}]]}',
        b'{"preview": false, "result": {"_raw": "{\\"uuid\\": \\"\xee"}}',
        b'{"okta": {"uuid": 1, "\xff": 2}}',
        b'"text"',
    ],
    ids=[
        "truncated",
        "no JSON",
        "uuid missing",
        "uuid null",
        "uuid empty",
        "unreadable time",
        "time without zone",
        "actor is text",
        "target is no list",
        "invalid UTF-8",
        "nested too deep",
        "array",
        "field without a name",
        "invalid UTF-8 in a text that is cut off",
        "invalid UTF-8 in a name",
        "text",
    ],
)
def test_what_does_not_fit_is_skipped_and_the_rest_goes_on(tmp_path: Path, line: bytes) -> None:
    """One bad line costs that line, and is counted with its place and reason."""
    path = tmp_path / "export.ndjson"
    path.write_bytes(NDJSON + line + b"\n" + json.dumps(event(transaction="last")).encode())

    log = open_log(path)

    assert log.count == 5
    assert [(aside.file, aside.line) for aside in log.skipped_lines] == [(str(path), 5)]
    assert log.skipped_lines[0].reason


def test_unknown_fields_and_values_are_normal(log_of: Callable[..., object]) -> None:
    """Okta adds fields, event types and enum values; none of them is a fault."""
    odd = event(type_="some.new.type", result="PONDERED", newField={"a": [1]}, severity="LOUD")

    log = log_of(odd)

    assert (log.count, len(log.skipped_lines)) == (1, 0)


def test_targets_are_found_by_type_wherever_they_stand(log_of: Callable[..., object]) -> None:
    """Order of targets, nulls among them and unknown types do not matter."""
    shuffled = event()
    shuffled["target"] = [None, {"type": "Zebra"}, *reversed(shuffled["target"])]

    row = log_of(shuffled).events.to_pyarrow().to_pandas().iloc[0]

    assert (row["app_name"], row["user_login"]) == ("Microsoft Office 365", "ada@example.com")


def test_an_app_users_login_stands_in_its_alternate_id(log_of: Callable[..., object]) -> None:
    """Where the event names no User, the AppUser says who it is."""
    one = event(user=None)
    one["target"].append({"type": "AppUser", "id": "0ua1", "alternateId": "eve@example.com"})

    assert log_of(one).events.to_pyarrow().to_pandas()["user_login"].tolist() == ["eve@example.com"]


def test_a_refused_sign_in_is_about_its_actor(log_of: Callable[..., object]) -> None:
    """A user event without a user target concerns who acted; an admin's event does not."""
    refused = event(type_="user.session.start", user=None, app=None, reason="INVALID_CREDENTIALS")
    changed = event(type_="application.configuration.update", user=None)

    rows = (
        log_of(refused, changed)
        .events.to_pyarrow()
        .to_pandas()
        .set_index("event_type")["user_login"]
    )

    assert rows["user.session.start"] == "admin@example.com"
    assert rows.isna()["application.configuration.update"]


def test_raw_keeps_what_okta_sent_to_the_letter(tmp_path: Path) -> None:
    """Nothing is normalised away."""
    line = json.dumps(EVENTS[0], ensure_ascii=False) + "  "
    path = tmp_path / "one.ndjson"
    path.write_text(line, encoding="utf-8")

    assert open_log(path).events.to_pyarrow().to_pandas()["raw"].tolist() == [line.strip()]


def test_a_gzip_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    """The events before the break are kept, the break is counted."""
    path = tmp_path / "cut.ndjson.gz"
    many = ndjson(event(transaction=str(n)) for n in range(3000)).encode()
    path.write_bytes(gzip.compress(many)[:-4000])

    log = open_log(path)

    assert 0 < log.count < 3000
    assert "breaks off" in log.skipped_lines[-1].reason


def test_an_array_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    """The whole elements are kept, the broken one is counted."""
    path = tmp_path / "cut.json"
    path.write_text(json.dumps(EVENTS)[:-40], encoding="utf-8")

    log = open_log(path)

    assert (log.count, len(log.skipped_lines)) == (3, 1)


@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "indented"])
def test_a_long_array_is_told_apart_piece_by_piece(tmp_path: Path, indent: int | None) -> None:
    """Each element comes as it was sent, wherever the pieces are cut."""
    many = [event(transaction=f"t{n}", reason='}, {"uuid": "x"}') for n in range(50)]
    path = tmp_path / "many.json"
    path.write_text(json.dumps(many, indent=indent), encoding="utf-8")

    for size in (700, 3001, 20_000):
        found = [one for block in blocks([path], size) for one in block.documents()]

        assert [json.loads(one.raw) for one in found] == many
        assert [one.line for one in found] == list(range(1, 51))


def test_what_is_no_event_in_an_array_costs_that_alone(tmp_path: Path) -> None:
    """Elements behind something that cannot be read are kept."""
    one, two, *more = [json.dumps(one) for one in EVENTS]
    path = tmp_path / "odd.json"
    path.write_text(f"[{one}, {two[:300]}, {', '.join(more)}]", encoding="utf-8")

    log = open_log(path)

    assert (log.count, [aside.line for aside in log.skipped_lines]) == (3, [2])


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"\n\n", "empty"), (b"a,b\n1,2\n", "no System Log event")],
    ids=["empty", "blank", "CSV"],
)
def test_a_file_without_an_event_is_refused_in_one_line(
    tmp_path: Path, content: bytes, said: str
) -> None:
    """It says which file, what is wrong and what to do."""
    path = tmp_path / "export.ndjson"
    path.write_bytes(content)

    with pytest.raises(SourceError, match=said) as refused:
        open_log(path)

    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["missing.ndjson", "*.nothing"], ids=["file", "glob"])
def test_a_name_that_stands_for_no_file_is_refused(tmp_path: Path, name: str) -> None:
    """A typo is no empty log."""
    with pytest.raises(SourceError, match="no such file"):
        open_log(tmp_path / name)


def test_a_glob_and_a_folder_name_their_files(tmp_path: Path) -> None:
    """Overlapping files give each event once."""
    (tmp_path / "a.ndjson").write_bytes(NDJSON)
    (tmp_path / "b.ndjson.gz").write_bytes(gzip.compress(NDJSON))

    counts = [(open_log(p).count, open_log(p).repeats) for p in (tmp_path, tmp_path / "*")]

    assert counts == [(4, 4), (4, 4)]


_PIECES = st.sampled_from(
    [
        b'<13>Jan  1 host okta[7]: {"uuid": "a", "eventType": "b"}',
        b'<134>1 - [x a="{\\"] {"uuid": "a", "more": [{}]}',
        b'2027-01-01 {"uuid": "a"}',
        b'2027-01-01 {"cut',
        b'2 <13>{"uuid": "a"}',
        b'20 <13>1 {"uuid": "a"}',
        b'  "uuid": "set in"}',
        b'{"uuid": "plain"}',
        b'{"cut": {"uuid": "a"}',
        b'[{"uuid": "a"}',
        b'"uuid": "a"}',
        b"<13> no JSON",
        b"}",
        b"",
    ]
)


@max_examples(200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(_PIECES | st.just(b'<13>Jan {"uuid": "a"}'), min_size=1, max_size=8),
    st.sampled_from([b"\n", b"\r\n"]),
    st.sampled_from([0, 1]),
    st.sampled_from([40, 1 << 20]),
)
def test_lines_behind_headers_are_those_that_are_told_apart(
    tmp_path: Path, lines: list[bytes], line_end: bytes, last_ends: int, size: int
) -> None:
    path = tmp_path / "a-file"
    path.write_bytes(line_end.join(lines) + line_end * last_ends)

    def documents() -> list[tuple[int, bytes, str | None]]:
        return [(d.line, d.raw, d.fault) for b in blocks([path], size) for d in b.documents()]

    at_once, breaks_of_lines = documents(), exports._breaks_of_lines

    def without_headers(text: bytes, end: int) -> int | None:
        return breaks_of_lines(text, end) if text.startswith(b"{") else None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exports, "_breaks_of_lines", without_headers)
        assert at_once == documents()


_ELEMENTS = st.sampled_from(
    [
        *['{"uuid": "a", "n": 1}', '{"uuid": "b",\n "target": [{"uuid": "c"}, {"uuid": "d"}]}'],
        *['{"uuid": "\\ud800"}', '{"uuid": "[{\\"uuid\\": 1}, "}', '{"other": {"uuid": "a"}}'],
        *["[]", '["x"]', "5", '"uuid"', '{"cut', '{"uuid": "a"', "}", "{}", "]", '{"uuid": 1}]['],
    ]
)


@max_examples(200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["[", '{"records": [', "[[", '{"a": 1}\n[', ""]),
    st.lists(st.just('{"uuid": "a", "n": [{"uuid": 1}]}') | _ELEMENTS, min_size=2, max_size=12),
    st.sampled_from([", ", ",\n", ",", ",\r\n  ", "\n"]),
    st.sampled_from(["]", "]}", "", "]\n", '], "more": 1}']),
    st.sampled_from([60, 1 << 20]),
)
@example("[", [*['{"uuid": "a", "n": 1}'] * 2, '{"uuid": "a"', '{"uuid": "b"}'], ",\r\n  ", "]", 60)
def test_an_arrays_elements_are_those_that_are_told_apart_by_their_brackets(
    tmp_path: Path, begin: str, elements: list[str], between: str, end: str, size: int
) -> None:
    path = tmp_path / "a-file"
    path.write_text(begin + between.join(elements) + end, encoding="utf-8", newline="")

    def documents() -> list[tuple[int, bytes, str | None]]:
        return [(d.line, d.raw, d.fault) for b in blocks([path], size) for d in b.documents()]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_MAX_ENVELOPE_BYTES", 50)
        at_once = documents()
        patch.setattr(json_stream.JsonStream, "_elements", lambda *_: ([], 0))
        one_by_one = documents()
    assert at_once == one_by_one
