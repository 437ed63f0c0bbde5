"""Entra's records in every form: told by content, read to the same, once each."""

# ruff: noqa: E501

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from entra_forms import FORMS, SignIn, audit_object, audit_row, number, table, write_form

from kit.base.windows import Window
from kit.lake import Lake, add
from kit.lake.pages import joint_spans
from kit.lake.vendor import vendor_coverage, vendor_files
from kit.vendors import read_record

AT = datetime(2026, 9, 14, 7, 12, 31, tzinfo=UTC)
SIGN_INS = [
    SignIn(AT, 50126, id=number("1"), correlation=number("c1")),
    SignIn(AT + timedelta(hours=1), 53003, id=number("2"), correlation=number("c2"),
           policies=[("Block places", "failure"), ("Watch", "reportOnlyFailure")]),
    SignIn(AT + timedelta(hours=2), 0, id=number("3"), correlation=number("c1")),
    SignIn(AT + timedelta(hours=3), 7000222, id=number("4"), correlation=number("c4"),
           principal="Okta provisioning", account="", app_id=number("app")),
]  # fmt: skip

SAME = ["id", "published", "log", "correlation_id", "account", "principal", "app_id", "result",
        "code", "address", "attempts"]  # fmt: skip


def rows_of(lake: Lake) -> list[dict[str, object]]:
    """The records of a lake, oldest first."""
    rows = [
        row
        for name in vendor_files(lake)
        for row in pq.read_table(lake.folder / name, partitioning=None).to_pylist()
    ]
    return sorted(rows, key=lambda row: (row["published"], row["id"]))


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    folder = tmp_path_factory.mktemp("graph")
    lake = Lake(folder / "lake")
    add(lake, map(Path, write_form("graph", SIGN_INS, folder)))
    return rows_of(lake)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_reads_to_the_same(
    form: str, tmp_path: Path, graph: list[dict[str, object]]
) -> None:
    lake = Lake(tmp_path / "lake")
    result = add(lake, map(Path, write_form(form, SIGN_INS, tmp_path / "files")))
    assert (result.records, result.events, result.skipped_lines) == (len(SIGN_INS), 0, [])
    rows = rows_of(lake)
    for row, same in zip(rows, graph, strict=True):
        assert {n: row[n] for n in SAME} == {n: same[n] for n in SAME}
        assert row["raw"]


def test_what_a_record_says(graph: list[dict[str, object]]) -> None:
    wrong, blocked, good, expired = graph
    assert wrong["code"] == "AADSTS50126"
    assert wrong["account"] == "svc_okta@contoso.example"
    assert (blocked["policies"], wrong["policies"]) == (["Block places"], [])
    assert (good["result"], good["code"], good["reason"]) == ("success", None, None)
    assert (expired["log"], expired["account"]) == ("service_principal", None)


def test_a_record_in_several_forms_is_one_and_the_one_that_says_most_counts(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path / "lake")
    poor = write_form("portal CSV", SIGN_INS, tmp_path / "csv")
    rich = write_form("graph", SIGN_INS, tmp_path / "json")
    assert add(lake, map(Path, poor)).records == 4
    result = add(lake, map(Path, [*rich, *poor]))
    assert (result.records, result.record_repeats) == (0, 8)
    best = max(
        (row for row in rows_of(lake) if row["code"] == "AADSTS53003"),
        key=lambda row: int(str(row["fullness"])),
    )
    assert best["policies"] == ["Block places"]
    again = add(lake, map(Path, [*rich, *poor]))
    assert (again.records, again.record_repeats) == (0, 8)


def test_unreadable_lines_are_skipped_and_no_hole_in_oktas_log(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    lines = FORMS["diagnostic lines"](SIGN_INS)["PT1H.json"].split("\n")
    no_time = json.loads(lines[0])
    no_time["properties"]["createdDateTime"] = "yesterday"
    path = tmp_path / "files" / "PT1H.json"
    path.write_text(
        "\n".join([*lines[:2], '{"time": "2026-09-14T', *lines[2:], json.dumps(no_time)])
    )
    lake = Lake(tmp_path / "lake")
    result = add(lake, [path])
    assert result.records == 4
    assert [one.line for one in result.skipped_lines] == [3, 6]
    assert "yesterday" in result.skipped_lines[1].reason
    assert lake.manifest().get("unread", []) == []


def test_each_log_is_covered_from_its_first_to_its_last_record_by_file(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    early = write_form("graph", SIGN_INS[:2], tmp_path / "a")
    late = write_form("diagnostic records", SIGN_INS[2:], tmp_path / "b")
    add(lake, map(Path, [*early, *late]))
    second = timedelta(seconds=1)
    spans = [(one.since, one.until) for one in vendor_coverage(lake)["interactive"]]
    hour = timedelta(hours=1)
    assert spans == [(AT, AT + hour + second), (AT + 2 * hour, AT + 2 * hour + second)]
    assert len(vendor_coverage(lake)["service_principal"]) == 1


def test_an_audit_record_says_who_did_what_to_whom() -> None:
    graph = audit_object(AT, "Reset user password", target="svc@contoso.example", target_id="u1")
    for record in (graph, audit_row(graph), {"category": "AuditLogs", "properties": graph}):
        read = read_record(json.dumps(record).encode())
        assert read is not None
        assert (read.log, read.activity, read.actor) == (
            "audit", "Reset user password", "admin@contoso.example"
        )  # fmt: skip
        assert read.published.replace(microsecond=0) == AT
        assert {"svc@contoso.example", "u1"} <= set(read.target_ids or ())
    assert "Activity" in table([audit_row(graph)])


@pytest.mark.parametrize(
    "other",
    [
        {"id": number("u"), "createdDateTime": "2026-09-14T07:12:31Z", "userPrincipalName": "a@b.c"},
        {"id": number("a"), "appId": number("b"), "createdDateTime": "2026-09-14T07:12:31Z",
         "displayName": "An application"},
        {"TimeGenerated": "2026-09-14T07:12:31Z", "Computer": "x", "Message": "text"},
    ],
)  # fmt: skip
def test_what_is_no_record_is_none(other: dict[str, object]) -> None:
    assert read_record(json.dumps(other).encode()) is None


def test_a_zero_or_empty_id_is_none_and_the_content_tells_the_record(tmp_path: Path) -> None:
    zero = "00000000-0000-0000-0000-000000000000"
    lakes = []
    for name, number_of in (("a", zero), ("b", "")):
        lake = Lake(tmp_path / name)
        add(
            lake,
            map(
                Path, write_form("graph", [SignIn(AT, 50126, id=number_of)], tmp_path / f"f{name}")
            ),
        )
        lakes.append(rows_of(lake)[0]["id"])
    assert lakes[0] == lakes[1] != zero


@pytest.mark.parametrize(
    ("names", "stretches"),
    [
        (("signins-page1.json", "signins-page2.json"), 1),
        (("signins_1.json", "signins_2.json"), 1),
        (("InteractiveSignIns (1).json", "InteractiveSignIns (2).json"), 1),
        (("signins-2026-09-14.json", "signins-2026-09-15.json"), 2),
        (("signins-20260914.json", "signins-20260915.json"), 2),
        (("monday.json", "tuesday.json"), 2),
    ],
)
def test_pages_of_one_export_cover_what_lies_between_them(
    names: tuple[str, str], stretches: int
) -> None:
    day = timedelta(days=1)
    spans = {f"/x/{name}": {"audit": (AT + n * day, AT + n * day)} for n, name in enumerate(names)}
    assert len(list(joint_spans(spans))) == stretches


def test_a_page_that_says_that_more_follows_is_one_export_with_the_next(tmp_path: Path) -> None:
    for name, some, more in (("a", SIGN_INS[:1], "https://graph/x"), ("b", SIGN_INS[1:3], None)):
        page = json.loads(FORMS["graph"](some)["signins.json"])
        head = {"@odata.nextLink": more} if more else {}
        (tmp_path / f"{name}.json").write_text(json.dumps(head | page))
    lake = Lake(tmp_path / "lake")
    add(lake, [tmp_path / "a.json", tmp_path / "b.json"])
    assert len(vendor_coverage(lake)["interactive"]) == 1


def test_covers_says_more_than_the_records_and_nothing_of_oktas_log(tmp_path: Path) -> None:
    lake, window = Lake(tmp_path / "lake"), Window(AT - timedelta(days=1), AT + timedelta(days=1))
    add(lake, map(Path, write_form("graph", SIGN_INS[:1], tmp_path)), covers=window)
    assert vendor_coverage(lake) == {"interactive": [window]}
    assert lake.covered_windows() == []
