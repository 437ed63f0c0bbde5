"""The log in every form that people have it reads to the failures of the plain log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from factories import write_export
from form_logs import EVENTS, log_failures, log_rows
from forms import IN_JSON, IN_TABLES
from kit.analysis.failures import failures
from kit.base.errors import SourceError
from kit.lake import Lake, add, recode
from kit.lake.decoding import decoded
from kit.log.log import open_log
from kit.sources.document import Document
from kit.sources.exports import blocks
from kit.sources.questions import questions_by_line, questions_in
from kit.sources.wrappers import advice, tables, unwrap
from properties import max_examples

if TYPE_CHECKING:
    import pandas as pd

FIELD = Path(__file__).parent / "../../shared/field/forms"


@pytest.fixture(scope="module")
def plain(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """The rows and the failures of the events as Okta writes them."""
    log = open_log(write_export(tmp_path_factory.mktemp("plain") / "log.ndjson", EVENTS))
    return log_rows(log), log_failures(log)


def _without(form: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Elastic's pipeline drops the severity."""
    lost = form.startswith(("Elastic", "Kibana")) and form != "Elastic, original"
    return [{k: v for k, v in row.items() if k != "severity"} for row in rows] if lost else rows


@pytest.mark.parametrize("form", [*IN_JSON, *IN_TABLES])
def test_every_form_reads_to_what_the_plain_log_reads_to(
    tmp_path: Path, plain: tuple[list[dict[str, Any]], pd.DataFrame], form: str
) -> None:
    """By its content; its times are the events', not those of the wrapper."""
    path = tmp_path / "a-file"
    content = IN_JSON[form](EVENTS).encode() if form in IN_JSON else IN_TABLES[form](EVENTS)
    path.write_bytes(content)

    rows, counted = plain
    log = open_log(path)

    assert log.skipped_lines == ()
    assert _without(form, log_rows(log)) == _without(form, rows)
    assert log_failures(log).equals(counted)


@pytest.mark.parametrize(
    "form",
    ["Okta Event Hook", "Amazon EventBridge", "Amazon Firehose", "Splunk HEC", "Datadog, search",
     "Wazuh", "under okta", "Azure Event Hubs", "syslog, RFC 5424", "Okta's pages"],
)  # fmt: skip
def test_raw_is_the_event_as_okta_wrote_it(tmp_path: Path, form: str) -> None:
    """Byte for byte, spaces, escapes and numbers too."""
    first = json.dumps(EVENTS[0])[:-1] + ', "odd":  1e400, "same": "\\u00e4\\/\\ud800"}'
    path = tmp_path / "a-file"
    whole = IN_JSON[form]([{**EVENTS[0], "odd": "PLACE"}]).encode()
    text = json.dumps({**EVENTS[0], "odd": "PLACE"})
    assert text.encode() in whole
    path.write_bytes(whole.replace(text.encode(), first.encode()))

    assert open_log(path).events.raw.to_pyarrow().to_pylist() == [first]


def test_a_text_in_an_envelope_is_the_raw_of_its_event(tmp_path: Path) -> None:
    """Spaces, order and escapes are those of the text."""
    first = '{"version": "0",  "note": "\\u00e4\\/", ' + json.dumps(EVENTS[0])[1:]
    path = tmp_path / "a-file"
    path.write_text(json.dumps({"_raw": first, "sourcetype": "x"}), encoding="utf-8")

    assert open_log(path).events.raw.to_pyarrow().to_pylist() == [first]


@pytest.mark.parametrize(
    ("form", "wrapper"),
    [
        ("Okta's pages", None),
        ("jq", None),
        ("Console", None),
        ("Okta Event Hook", "Okta Event Hook"),
        ("Amazon EventBridge", "Amazon EventBridge"),
        ("Splunk, search", "Splunk"),
        ("Splunk, fields", "Splunk"),
        ("Splunk HEC", "Splunk HEC"),
        ("Elastic, original", "Elastic"),
        ("Elastic, no original", "Elastic"),
        ("Microsoft Sentinel", "Microsoft Sentinel"),
        ("Microsoft Sentinel, CSV", "Microsoft Sentinel"),
        ("Google SecOps", "Google SecOps"),
        ("Datadog, search", "Datadog"),
        ("Grafana Loki", "Grafana Loki"),
        ("Panther", "Panther"),
        ("OCSF", "OCSF"),
        ("syslog, RFC 5424", "syslog"),
    ],
)
def test_a_column_names_the_product(tmp_path: Path, form: str, wrapper: str | None) -> None:
    """It is null for what Okta itself gives."""
    path = tmp_path / "a-file"
    path.write_bytes(IN_JSON[form](EVENTS).encode() if form in IN_JSON else IN_TABLES[form](EVENTS))

    assert set(open_log(path).events.wrapper.to_pyarrow().to_pylist()) == {wrapper}


@max_examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(list(IN_JSON)), min_size=1, max_size=5),
    st.sampled_from([300, 4_000, 1 << 20]),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_any_mix_of_forms_in_one_file_gives_each_event(
    tmp_path: Path, forms: list[str], size: int, between: str
) -> None:
    """Each event once for each form, and nothing skipped."""
    path = tmp_path / "a-file"
    path.write_text(
        between.join(IN_JSON[form](EVENTS) for form in forms), encoding="utf-8", newline=""
    )
    uuids = []
    for block in blocks([path], size):
        for document, each, reason in decoded(block.documents()):
            assert each is not None, (document, reason)
            uuids.append(each.uuid)

    assert uuids == [each["uuid"] for each in EVENTS] * len(forms)


@pytest.mark.parametrize("path", sorted(FIELD.glob("*")), ids=lambda path: path.name)
def test_the_forms_in_the_field_read_to_the_same_failures(path: Path) -> None:
    """Three users refused by one app; a Workflows table has neither app nor user."""
    found = failures(open_log(path))

    assert found["code"].tolist() == ["AADSTS50126"] * 3
    assert [at.isoformat() for at in found["published"]] == [
        f"2026-10-27T09:0{n}:00+00:00" for n in (1, 2, 3)
    ]
    if path.name != "workflows-table.csv":
        assert found["user"].tolist() == [f"rosa{n}@meadow.example" for n in (1, 2, 3)]
        assert set(found["app"]) == {"Microsoft Office 365"}


@pytest.mark.parametrize(
    "document",
    [
        {"message": "Push new user to external application"},
        {"message": '{"level": "info", "uuid": "x"}'},
        {
            "event": {"id": "x", "action": "user.session.start"},
            "@timestamp": "2026-10-27T09:00:00Z",
        },
        {"uuid": "x", "eventType": "a", "timestamp": "2026-10-27T09:00:00Z"},
        {"id": "x", "time": "2026-10-27T09:00:00Z", "detail-type": "SystemLog", "detail": {}},
        {"eventType": "com.okta.event_hook", "eventTime": "2026-10-27T09:00:00Z", "data": {}},
        {"published": "2026-10-27T09:00:00Z", "eventType": "a", "data": {"uuid": "x"}},
        {"uuid": "x", "published": "2026-10-27T09:00:00", "eventType": "a"},
        {"data": "eyJub3QiOiAiYW4gZXZlbnQifQ=="},
    ],
    ids=lambda document: ",".join(document),
)
def test_what_merely_has_a_known_name_is_no_event(document: dict[str, Any]) -> None:
    """A guess would count what did not happen."""
    found = decoded([Document("a-file", 1, json.dumps(document).encode())])

    assert [each for _, each, _ in found] == [None]


def test_an_empty_envelope_holds_nothing_and_is_not_skipped(tmp_path: Path) -> None:
    """A hook's body, a page, a search without hits."""
    assert unwrap(b"[]") == []
    assert unwrap(b'{"events": []}') == []
    assert unwrap(b'{"took": 1, "hits": {"hits": []}}') == []
    assert unwrap(b'{"a": 1}') is None


def test_what_is_cut_off_is_called_so_in_the_products_words(tmp_path: Path) -> None:
    """Splunk cuts lines that are longer than TRUNCATE says."""
    cut = json.dumps({"_raw": json.dumps(EVENTS[0])[:300], "sourcetype": "OktaIM2:log"})

    assert "cut off after 300 bytes" in str(advice(cut.encode()))
    path = tmp_path / "a-file"
    path.write_text(cut, encoding="utf-8")
    with pytest.raises(SourceError, match=r"looks like Splunk.*TRUNCATE"):
        open_log(path)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"udm": {"metadata": {"productLogId": "x", "eventTimestamp": "y"}}}, "raw logs"),
        ({"metadata": {"productLogId": "x", "productEventType": "y"}}, "raw logs"),
        ({"detail-type": "SystemLog", "detail": {"user": "x"}}, "input transformer"),
        ({"_index": "x", "_id": "1", "_source": {"message": "x"}}, "preserve_original_event"),
        ({"EventOriginalUid": "x", "EventOriginalType": "y"}, "OktaV2_CL"),
    ],
)
def test_what_cannot_be_read_names_the_export_that_works(
    document: dict[str, Any], words: str
) -> None:
    """In the product's own words, in the reason of the skipped line."""
    [(_, each, reason)] = decoded([Document("a-file", 1, json.dumps(document).encode())])

    assert each is None
    assert words in reason


def test_targets_whose_lists_differ_in_length_are_not_put_together(tmp_path: Path) -> None:
    """A login is not given to the app that stands at its place."""
    row = {
        "fields": {
            "@timestamp": ["2026-10-27T09:05:00Z"],
            "okta.uuid": ["u1"],
            "okta.event_type": ["application.provision.user.push"],
            "okta.outcome.result": ["FAILURE"],
            "okta.target.id": ["0ua1", "0oa1"],
            "okta.target.type": ["AppUser", "AppInstance"],
            "okta.target.alternate_id": ["ada@example.com"],
            "okta.target.display_name": ["Ada, Example", "Slack"],
        }
    }
    path = tmp_path / "a-file"
    path.write_text(json.dumps(row), encoding="utf-8")

    [raw] = open_log(path).events.raw.to_pyarrow().to_pylist()

    targets = json.loads(raw)["target"]
    assert [(t["id"], t["type"], t["displayName"]) for t in targets] == [
        ("0ua1", "AppUser", "Ada, Example"),
        ("0oa1", "AppInstance", "Slack"),
    ]
    assert not any("alternateId" in t for t in targets)


@pytest.mark.parametrize(
    "form", ["Azure Log Analytics", "Grafana Loki", "Amazon CloudWatch, Insights"]
)
def test_a_long_answer_is_read_as_a_short_one_is(tmp_path: Path, form: str) -> None:
    """Rows keep the names of their columns, and pairs stay together, over the blocks' ends."""
    path = tmp_path / "a-file"
    path.write_text(IN_JSON[form](EVENTS * 3_000), encoding="utf-8")
    found = [
        each is not None for block in blocks([path]) for _, each, _ in decoded(block.documents())
    ]

    assert path.stat().st_size > 6 << 20
    assert found == [True] * 12_000


def test_an_array_of_texts_gives_the_events_in_them(tmp_path: Path) -> None:
    """What else stands between them is skipped, and counted."""
    path = tmp_path / "a-file"
    path.write_text(json.dumps([json.dumps(EVENTS[0]), "x", 5, json.dumps(EVENTS[1])]))
    log = open_log(path)

    assert log.count == 2
    assert sum(one.count for one in log.skipped_lines) == 2


def test_hostile_depth_ends(tmp_path: Path) -> None:
    """Envelopes in envelopes are looked into eight times."""
    document = EVENTS[0]
    for _ in range(40):
        document = {"event": document, "data": {"message": "x"}}

    assert unwrap(json.dumps(document).encode()) is None
    assert unwrap(b'{"event":' * 5_000 + b"1" + b"}" * 5_000) is None


@pytest.mark.parametrize("form", IN_JSON)
def test_explain_reads_an_event_in_any_form(form: str) -> None:
    """Pasted alone or on standard input; a table's row gives the event that it tells of."""
    text = IN_JSON[form](EVENTS[:2])
    for asked_for in (questions_in(text), questions_by_line(text)):
        assert [one["uuid"] for one in asked_for if isinstance(one, dict)][:1] == [
            EVENTS[0]["uuid"]
        ]
        assert not [one for one in asked_for if isinstance(one, str)]


def test_recoding_keeps_the_wrapper(tmp_path: Path) -> None:
    """It is told when a file is read, and stands nowhere in the event."""
    path = tmp_path / "a-file"
    path.write_text(IN_JSON["Splunk HEC"](EVENTS), encoding="utf-8")
    lake = Lake(tmp_path / "lake")
    add(lake, [path])
    recode(lake)

    assert set(open_log(lake.folder).events.wrapper.to_pyarrow().to_pylist()) == {"Splunk HEC"}


def test_each_product_is_told_apart_and_says_what_to_do() -> None:
    """An entry without signs would be every object's."""
    assert all(entry.name and entry.signs for entry in tables())
