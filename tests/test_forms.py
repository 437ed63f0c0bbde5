"""The log in every form that people have it reads to the failures of the plain log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from factories import REFUSED, SLACK, event, write_export
from forms import IN_JSON, IN_TABLES, console, snake, snaked, table
from kit.analysis.failures import failures
from kit.base.errors import SourceError, UsageError
from kit.commands.app import run_command
from kit.lake import Lake, add, recode
from kit.lake.ingest import decoded
from kit.log.log import open_log
from kit.reports.batch import read_once
from kit.reports.window import close_window
from kit.sources.document import Document
from kit.sources.exports import blocks
from kit.sources.questions import questions_by_line, questions_in
from kit.sources.wrappers import advice, tables, unwrap
from kit.sources.written_times import utc
from properties import max_examples

if TYPE_CHECKING:
    import pandas as pd

FIELD = Path(__file__).parent / "../../shared/field/forms"


def one(at: str, **more: Any) -> dict[str, Any]:
    """An event with all that the forms hold."""
    made = event(at, transaction=more.pop("transaction", "t1"), **more)
    made["client"] = {"ipAddress": "192.0.2.7"}
    made["debugContext"] = {"debugData": {"requestId": "r-1", "requestUri": "/api/v1"}}
    return made


EVENTS = [
    one("2026-10-27T09:05:00.000Z", reason=REFUSED),
    one("2026-10-27T09:06:00.000Z", user="doe.jane@example.com", transaction="t2", app=SLACK,
        reason='HTTP 409, "taken", {userName} }, {'),
    one("2026-10-27T09:07:00.000Z", result="SUCCESS", transaction="t3", app=SLACK),
    one("2026-10-27T09:08:00.000Z", user=None, reason="HTTP 503", transaction="t4"),
]  # fmt: skip
COLUMNS = (
    "uuid published event_type display_message severity result reason actor_id actor_type "
    "actor_login actor_name client_ip app_id app_name user_id user_login user_name "
    "transaction_id transaction_type request_id operation code http_status vendor_message"
).split()
COUNTED = "published app user operation code http_status reason transaction_id uuid".split()


def held(path: Path) -> list[dict[str, Any]]:
    """A log's events, as far as every form has them."""
    rows = open_log(path).events.select(*COLUMNS).order_by("uuid").to_pyarrow().to_pylist()
    return [dict(row) for row in rows]


def counted(path: Path) -> pd.DataFrame:
    """A log's failures."""
    return failures(open_log(path))[COUNTED].sort_values("uuid", ignore_index=True)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plain") / "log.ndjson"
    write_export(path, EVENTS)
    return path


def _without(form: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Elastic's pipeline drops the severity."""
    lost = form.startswith(("Elastic", "Kibana")) and form != "Elastic, original"
    return [{k: v for k, v in row.items() if k != "severity"} for row in rows] if lost else rows


@pytest.mark.parametrize("form", [*IN_JSON, *IN_TABLES])
def test_every_form_reads_to_what_the_plain_log_reads_to(
    tmp_path: Path, plain: Path, form: str
) -> None:
    """By its content; its times are the events', not those of the wrapper."""
    path = tmp_path / "a-file"
    content = IN_JSON[form](EVENTS).encode() if form in IN_JSON else IN_TABLES[form](EVENTS)
    path.write_bytes(content)

    assert open_log(path).put_aside == ()
    assert _without(form, held(path)) == _without(form, held(plain))
    assert counted(path).equals(counted(plain))


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


def local(order: str, days: list[str]) -> bytes:
    """The Console's CSV after a spreadsheet took its times for dates."""
    rows = []
    for each, day in zip(EVENTS, days, strict=False):
        number, month = (day[8:], day[5:7]) if order == "day-first" else (day[5:7], day[8:])
        rows.append(console(each) | {"timestamp": f"{int(number)}/{int(month)}/{day[:4]} 09:05"})
    return table(rows, ";").encode()


@pytest.mark.parametrize("order", ["day-first", "month-first"])
def test_local_dates_are_read_by_a_number_above_12_anywhere_in_the_file(
    tmp_path: Path, order: str
) -> None:
    """Also where it comes last."""
    path = tmp_path / "a.csv"
    path.write_bytes(local(order, ["2026-10-01", "2026-10-02", "2026-10-03", "2026-10-13"]))

    log = open_log(path)

    assert log.put_aside == ()
    assert (log.first.isoformat(), log.count) == ("2026-10-01T09:05:00+00:00", 4)


def test_local_dates_that_could_be_either_are_refused_with_what_to_do(tmp_path: Path) -> None:
    """The wrong month is worse than none."""
    path = tmp_path / "a.csv"
    path.write_bytes(local("day-first", ["2026-10-01", "2026-10-02", "2026-10-03", "2026-10-12"]))

    with pytest.raises(SourceError, match=r"local date.*--date-order day-first"):
        open_log(path)


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
    tmp_path: Path, plain: Path
) -> None:
    """Codes and times are the log's; transactions are not there, which changes the counts."""
    path = tmp_path / "udm.json"
    path.write_text(json.dumps({"events": [udm(each, n) for n, each in enumerate(EVENTS)]}))

    log = open_log(path)

    columns = ["published", "event_type", "result", "reason", "code", "client_ip", "uuid"]
    got, right = (
        one.events.select(*columns).order_by("uuid").to_pyarrow().to_pylist()
        for one in (log, open_log(plain))
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
    tmp_path: Path, plain: Path, unit: str
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

    assert held(path) == held(plain)
    assert counted(path).equals(counted(plain))


@pytest.mark.parametrize(("order", "month"), [("day-first", 4), ("month-first", 3)])
def test_the_option_says_what_comes_first_where_the_dates_do_not(
    tmp_path: Path, order: str, month: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such times are read as UTC, which the import says, and every report again."""
    path, lake = tmp_path / "a.csv", str(tmp_path / "lake")
    rows = [console(each) | {"timestamp": f"3/4/26 9:0{n}"} for n, each in enumerate(EVENTS)]
    path.write_text(table(rows, ";"), encoding="utf-8")

    assert run_command(["import", str(path), "--lake", lake]) == 3
    assert run_command(["import", str(path), "--lake", lake, "--date-order", order]) == 0

    log = open_log(lake)
    assert (log.first.month, log.first.day, log.count) == (month, 7 - month, 4)
    assert "a.csv: times name no zone and are read as UTC" in capsys.readouterr().err
    assert "In a.csv times name no zone" in " ".join(log.coverage(log.window()).notes)


def unclear(folder: Path) -> Path:
    """A file whose dates are 3 April or 4 March."""
    path = folder / "a.csv"
    rows = [console(each) | {"timestamp": f"3/4/26 9:0{n}"} for n, each in enumerate(EVENTS)]
    path.write_text(table(rows, ";"), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "command",
    [["failures"], ["codes"], ["new", "failure_trends", "case"]],
    ids=lambda command: command[0],
)
def test_every_command_with_a_source_takes_the_order_that_its_refusal_names(
    tmp_path: Path,
    command: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the option, or by the setting that also notebooks read."""
    monkeypatch.chdir(tmp_path)
    whole = [*command, "--source", str(unclear(tmp_path))]

    assert run_command(whole) == 3
    assert "--date-order day-first" in capsys.readouterr().err
    assert run_command([*whole, "--date-order", "day-first"]) == 0
    monkeypatch.setenv("OKTA_KIT_DATE_ORDER", "month-first")
    assert run_command([*command[:2], *(["again"] if command[2:] else []), *whole[-2:]]) == 0


def test_a_report_takes_the_order_of_local_dates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its kernel reads the copy that was made with it; several reports read one copy."""
    path = unclear(tmp_path)
    values = {"source": str(path), "since": "", "until": ""}

    for order, month in (("day-first", "04"), ("month-first", "03")):
        closed = close_window(values, tmp_path / order, date_order=order)
        assert closed["since"].startswith(f"2026-{month}-")
        with read_once([str(path)] * 2, order) as environment:
            (copy,) = environment.values()
            assert str(Lake(copy).days()[0])[5:7] == month


def test_an_order_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the setting has it, for any source."""
    with pytest.raises(UsageError, match=r"date_order: 'us' is no order. Write day-first or"):
        open_log(unclear(tmp_path), date_order="us")
    monkeypatch.setenv("OKTA_KIT_DATE_ORDER", "dmy")
    with pytest.raises(UsageError, match=r"\$OKTA_KIT_DATE_ORDER: 'dmy' is no order"):
        open_log("sample")
    assert open_log(unclear(tmp_path), date_order="day-first").first.month == 4


def test_a_date_that_shows_its_order_is_read_so_whatever_the_option_says(tmp_path: Path) -> None:
    """One option for many files, some of which need none."""
    days = ["2026-10-01", "2026-10-02", "2026-10-03", "2026-10-13"]
    files = [tmp_path / "day.csv", tmp_path / "month.csv"]
    files[0].write_bytes(local("day-first", days))
    files[1].write_bytes(local("month-first", days))
    lake = Lake(tmp_path / "lake")

    done = add(lake, files, date_order="month-first")

    assert (done.events, done.repeats, done.put_aside) == (4, 4, [])


def test_rows_that_contradict_the_option_are_skipped(tmp_path: Path) -> None:
    """Where a file shows both orders it is mixed; no row gets a 25th month."""
    path = tmp_path / "a.csv"
    times = ["3/25/2026 9:05", "25/3/2026 9:06", "3/4/2026 9:07", "4/3/2026 9:08"]
    rows = [console(each) | {"timestamp": at} for each, at in zip(EVENTS, times, strict=True)]
    path.write_text(table(rows, ";"), encoding="utf-8")
    lake = Lake(tmp_path / "lake")

    assert add(lake, [path]).events == 0
    assert add(lake, [path], date_order="day-first").events == 3


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
    assert sum(one.count for one in log.put_aside) == 2


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-10-27 09:05:00.123 UTC", "2026-10-27T09:05:00.123Z"),
        ("2026-10-27 09:05:00", "2026-10-27T09:05:00Z"),
        ("2026-10-27T11:05:00+0200", "2026-10-27T11:05:00+02:00"),
        ("2026-10-27T09:05:00,5Z", "2026-10-27T09:05:00.5Z"),
        ("27.10.2026 09:05", "2026-10-27T09:05:00Z"),
        ("2026/10/27 9:05", "2026-10-27T09:05:00Z"),
        ("Oct 27, 2026 @ 09:05:00.123", "2026-10-27T09:05:00.123Z"),
        ("/Date(1793091900123)/", "2026-10-27T09:05:00.123Z"),
        (1793091900, "2026-10-27T09:05:00.000Z"),
        ("1793091900123", "2026-10-27T09:05:00.123Z"),
        ("1793091900123000", "2026-10-27T09:05:00.123Z"),
        ("1793091900123000000", "2026-10-27T09:05:00.123Z"),
        ("03/04/2026 09:05", None),
        ("yesterday", None),
        ("12345", None),
    ],
)
def test_times_are_read_as_products_write_them(written: object, read: str | None) -> None:
    """What could be either is not guessed."""
    assert utc(written) == read


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
