"""What a person who types pandas gets: windows in any writing, frames, and answers in a line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

import kit
from factories import REFUSED, SLACK, event
from kit.base.errors import KitError, UsageError
from kit.commands.listing import COLUMNS

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def log():
    """The sample."""
    return kit.open_log("sample")


@pytest.mark.parametrize(
    "asked",
    [
        {"window": "2026-10-27..2026-10-28"},
        {"since": "2026-10-27", "until": "2026-10-28"},
        {"window": "2026-10-27", "until": "2026-10-28"},
        {"window": "24h", "until": "2026-10-28"},
        {"since": date(2026, 10, 27), "until": date(2026, 10, 28)},
        {
            "since": datetime(2026, 10, 27, tzinfo=UTC),
            "until": datetime.fromisoformat("2026-10-28"),
        },
        {"since": pd.Timestamp("2026-10-27 02:00", tz="Europe/Berlin") - timedelta(hours=1),
         "until": pd.Timestamp("2026-10-28")},
    ],
)  # fmt: skip
def test_a_window_may_be_written_in_any_way(log, asked) -> None:
    rows = kit.failures(log, **asked)

    assert len(rows) == 84
    assert (rows["published"].dt.date == date(2026, 10, 27)).all()


@pytest.mark.parametrize(
    "ask",
    [
        lambda log, **window: kit.trends(log, **window).by_code,
        kit.states,
        kit.episodes,
        kit.recovery,
        kit.incidents,
        lambda log, **window: kit.compare(log, **window).rows,
        lambda log, **window: kit.case(log, **window).failures,
        lambda log, **window: kit.events(log, columns="uuid", **window),
    ],
)
def test_every_question_takes_the_window_alike(log, ask) -> None:
    closed = log.window("2026-10-25", "2026-10-29")
    frames = [
        ask(log, window=closed),
        ask(log, window="2026-10-25..2026-10-29"),
        ask(log, since="2026-10-25", until="2026-10-29"),
    ]

    assert len(frames[0]) > 0
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0])


def test_failures_have_the_columns_of_the_command_first(log) -> None:
    """Their state and kind, too, and whole numbers where some are missing."""
    rows = kit.failures(log, "7d")

    assert tuple(rows.columns[: len(COLUMNS)]) == COLUMNS
    assert rows["http_status"].dtype == "Int64"
    assert rows["http_status"].isna().any()
    assert rows["events"].dtype == "int64"
    assert rows["published"].dtype == "datetime64[us, UTC]"
    assert set(rows["state"]) == {"recovered", "still_failing"}
    assert (kit.failures(log, "7d", still_failing=True)["state"] == "still_failing").all()


def test_failures_are_narrowed_as_on_the_command_line(log) -> None:
    """Without case, and a misspelt name is answered with the nearest."""
    assert set(kit.failures(log, app="slack")["app"]) == {"Slack"}
    assert set(kit.failures(log, code="aadsts50126")["code"]) == {"AADSTS50126"}
    with pytest.raises(UsageError, match="Did you mean 'Slack'"):
        kit.failures(log, app="Slak")


def test_an_empty_answer_keeps_its_columns_and_types(log_of) -> None:
    empty = log_of(event(result="SUCCESS"))
    for rows in (kit.failures(empty), kit.incidents(empty)):
        assert len(rows) == 0
    assert kit.failures(empty)["http_status"].dtype == "Int64"
    assert kit.incidents(empty)["since"].dtype == "datetime64[us, UTC]"
    assert kit.incidents(empty)["users"].dtype == "int64"
    assert kit.compare(empty, compare="1d").counts == {}


def test_events_give_the_columns_that_are_asked_for(log) -> None:
    """All but the JSON if none is; whole numbers stay whole."""
    assert "raw" not in kit.events(log, "1h").columns
    rows = kit.events(log, "24h", columns=["published", "http_status", "raw"])
    assert list(rows.columns) == ["published", "http_status", "raw"]
    assert rows["http_status"].dtype == "Int64"
    assert rows["published"].is_monotonic_increasing
    failed = kit.events(log, "7d", columns="result,code", result="FAILURE")
    assert set(failed["result"]) == {"FAILURE"}
    with pytest.raises(UsageError, match="Did you mean 'result'"):
        kit.events(log, columns=["reslt"])


def test_incidents_are_a_frame_with_the_names_of_the_command(log) -> None:
    rows = kit.incidents(log)
    values = kit.analysis.incidents.incidents(log)

    assert list(rows.columns) == list(values[0].as_dict())
    assert list(rows["id"]) == [one.id for one in values]
    assert list(rows["left"]) == [list(one.left) for one in values]
    assert rows["fixed_at"].dtype == "datetime64[us, UTC]"
    assert len(kit.incidents(log, all=True)) > len(rows)


def test_a_log_says_what_it_holds_in_ten_lines_and_names_nobody(log_of) -> None:
    """Its source's name is text, whoever chose it."""
    one = log_of(event(reason=HOSTILE, user="ada@example.com"), name=f"{HOSTILE[:7]}.ndjson")

    for text in (repr(one), one._repr_html_()):
        assert "ada" not in text
        assert "2026-10-27T09:05:00Z" in text
    assert 5 < len(repr(one).splitlines()) <= 12
    assert "<script" not in one._repr_html_()


def test_an_answer_of_many_parts_shows_a_line_for_each_and_names_nobody(log) -> None:
    for answer in (
        kit.trends(log, "7d"),
        kit.case(log, "7d", code="AADSTS50126"),
        kit.case(log, "7d", code="AADSTS50126").history,
        kit.compare(log, "7d"),
    ):
        assert len(repr(answer).splitlines()) < 20
        assert "@example.com" not in repr(answer) + answer._repr_html_()


def test_a_row_is_explained_as_its_message_is(log) -> None:
    rows = kit.failures(log, "7d", code="AADSTS50126")
    answer = kit.explain(rows.iloc[0])

    assert answer.code == "AADSTS50126"
    assert answer.fields()["steps"] == kit.explain("aadsts50126").fields()["steps"]
    assert "You should see" in repr(answer)
    assert "<script" not in kit.explain(f"{HOSTILE} was not found")._repr_html_()


WRONG = [
    (lambda log: kit.failures("sample"), 'kit.open_log("sample"); kit.failures(log, "7d"'),
    (lambda log: kit.failures(log, 7), "kit.failures: window has to be"),
    (lambda log: kit.failures(log, "7 days"), "Write 7d, 36h or 90m"),
    (lambda log: kit.failures(log, "7d", since="7d"), "not both"),
    (lambda log: kit.failures(log, log.window("7d"), until="1d"), "not both"),
    (lambda log: kit.failures(log, since=pd.NaT), "NaT is no time"),
    (lambda log: kit.failures(log, "7d", ap="x"), "Did you mean 'app'"),
    (lambda log: kit.recovery(log, usr="x"), "Did you mean 'user'"),
    (lambda log: kit.trends(log, apps="x"), "Did you mean 'app'"),
    (lambda log: kit.trends(log, bucket="week"), "hour, day or auto"),
    (lambda log: kit.trends(), "For example: log = kit.open_log"),
    (lambda log: kit.case(log, fixed="soon"), "fixed: 'soon' is no time"),
    (lambda log: kit.history(kit.trends(log)), "log has to be a Log, and is a Trends"),
    (lambda log: kit.compare(log, "7d", "soon"), "compare: 'soon' is no time"),
    (lambda log: kit.compare(log, "7d", by="aps"), "Did you mean 'app'"),
    (lambda log: kit.compare(log, "7d", "2026-12-01"), "not before the window"),
    (lambda log: kit.chart("x"), "rows has to be a DataFrame"),
    (lambda log: kit.chart(kit.failures(log), "overtime"), "Did you mean 'over_time'"),
    (lambda log: kit.chart(kit.failures(log)[["uuid"]]), "no drawing fits"),
    (lambda log: kit.chart(kit.failures(log).head(0)), "none to draw"),
    (lambda log: kit.explain(5), 'kit.explain("AADSTS50126")'),
    (lambda log: kit.open_log(5), "is no name of a source"),
    (lambda log: kit.open_log([]), "is no name of a source"),
    (lambda log: kit.trends_report("sample", timezone="Mars/Base"), "no time zone"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_wrong_call_is_answered_in_one_line(log, call, words: str) -> None:
    """By the kit, with what to write instead, and in a notebook without a traceback."""
    with pytest.raises(KitError) as fault:
        call(log)

    assert words in str(fault.value)
    assert "\n" not in str(fault.value)
    assert fault.value._render_traceback_() == [f"UsageError: {fault.value}"]


def test_the_room_of_events_and_the_function_share_a_name() -> None:
    """Whichever is imported first."""
    from kit.events import COLUMNS as columns

    assert columns
    assert callable(kit.events)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        ("", "5 in all"),
        ("kinds_over_time", "5 in all"),
        ("code_by_day", "2 codes over 2 days"),
        ("times_of_day", "5 failures by weekday"),
        ("by_code", "3 users, 2 still failing"),
        ("users_by_code", "4 users and 2 codes"),
    ],
)
def test_rows_that_somebody_filtered_are_drawn(log_of, draw: str, words: str) -> None:
    """The counts are those of the rows."""
    logged = log_of(
        *(event(reason=REFUSED, user=f"{name}@example.com", transaction=name) for name in "abc"),
        event("2026-10-27T10:00:00Z", result="SUCCESS", user="a@example.com"),
        event("2026-10-30T23:00:00Z", reason="seats are full", user="d@example.com", app=SLACK),
        event("2026-10-31T23:00:00Z", reason=REFUSED, user="b@example.com"),
        event("2026-11-09T23:00:00Z", reason=REFUSED, user="z@example.com"),
    )
    rows = kit.failures(logged)
    rows = rows[rows["user"] != "z@example.com"]
    if draw == "code_by_day":
        rows = rows[rows["published"] > pd.Timestamp("2026-10-30", tz="UTC")]

    chart = kit.chart(rows, draw)

    assert words in chart.text()
    assert "data:image/png" in chart._repr_html_()


def test_the_frames_of_other_answers_are_drawn(log) -> None:
    counts = kit.trends(log, "7d")

    assert "45 users, 8 still failing" in kit.chart(counts.by_code).text()
    assert "Share of attempts" in kit.chart(counts.attempts_over_time).text()
    assert "Time to recover" in kit.chart(counts.recovery).text()
