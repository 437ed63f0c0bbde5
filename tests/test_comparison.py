"""Two windows beside each other, and what failures are grouped by."""

from __future__ import annotations

import pytest

import kit
from factories import M365, REFUSED, SLACK, event
from kit.analysis.by_kind import by_group, counts_of_groups
from kit.analysis.comparison import other_window
from kit.analysis.groups import GROUPS
from kit.base.errors import UsageError

TAKEN = "User already exists in the target system"
OLD, STEADY, LESS = ({"id": f"0oa{n}", "name": n} for n in ("Old", "Steady", "Less"))


def failures(day: int, count: int, app: dict[str, str], reason: str = REFUSED) -> list[dict]:
    """So many on a day, each in a transaction and of a user of its own."""
    return [
        event(f"2026-10-{day:02d}T09:{n % 60:02d}:00Z", reason=reason, app=app,
              user=f"u{n}@example.com", transaction=f"{app['id']}-{day}-{n}")
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def log(log_of):
    """Two weeks, the second from 8 October: what began, grew, ended, shrank, stayed."""
    return log_of(
        event("2026-10-01T00:00:00Z", result="SUCCESS"),
        *failures(3, 4, SLACK, TAKEN),
        *failures(4, 3, OLD),
        *failures(5, 6, STEADY),
        *failures(6, 20, LESS),
        *failures(9, 2, M365),
        *failures(10, 12, SLACK, TAKEN),
        *failures(11, 7, STEADY),
        *failures(12, 6, LESS),
        event("2026-10-14T23:59:59.999Z", result="SUCCESS"),
    )


def test_a_window_beside_the_one_before_it(log) -> None:
    """What began, grew, ended, shrank, and what stayed."""
    beside = kit.compare(log, since="2026-10-08", compare="7d")
    changes = beside.rows.set_index("app")["change"].to_dict()

    assert beside.other == log.window("2026-10-01", "2026-10-08")
    assert changes == {
        "Microsoft Office 365": "began",
        "Slack": "grew",
        "Old": "ended",
        "Less": "shrank",
        "Steady": "same",
    }
    assert list(beside.counts.items())[:3] == [("began", 1), ("grew", 1), ("ended", 1)]
    slack = beside.rows.set_index("app").loc["Slack"]
    assert (slack["failures"], slack["failures_before"]) == (12, 4)
    assert (slack["users"], slack["users_before"]) == (12, 4)
    assert slack["a_day"] == pytest.approx(12 / 7, rel=1e-6)


def test_windows_of_different_length_are_compared_by_the_day(log) -> None:
    """Twelve in a day are more than twelve in a week."""
    before = kit.compare(log, "2026-10-10..2026-10-11", "2026-10-08..2026-10-15", app="slack")
    assert before.rows["change"].tolist() == ["grew"]
    assert before.rows["a_day"].item() == pytest.approx(12)
    assert before.rows["a_day_before"].item() == pytest.approx(12 / 7)


def test_what_happened_before_and_after_a_moment(log) -> None:
    """Also with the windows the other way round."""
    after = kit.compare(log, since="2026-10-08", compare="2026-10-01..2026-10-08")
    turned = kit.compare(log, "2026-10-01..2026-10-08", "2026-10-08..2026-10-15")
    other_way = {"began": "ended", "ended": "began", "grew": "shrank", "shrank": "grew"}

    one = after.rows.set_index("app")["change"]
    assert one.map(lambda name: other_way.get(name, name)).to_dict() == (
        turned.rows.set_index("app")["change"].to_dict()
    )


def test_nothing_is_said_to_begin_where_nothing_before_is_held(log) -> None:
    beside = kit.compare(log, since="2026-10-01", compare="7d")

    assert set(beside.rows["change"]) == {"cannot_tell"}
    assert not beside.other_coverage.complete


def test_one_kind_and_one_app_are_compared_alone(log) -> None:
    asked = {"since": "2026-10-08", "compare": "7d"}
    assert kit.compare(log, **asked, app="Slack").rows["app"].tolist() == ["Slack"]
    by_kind = kit.compare(log, **asked, kind="already exists", by="kind").rows
    assert by_kind["kind"].tolist() == ["already_exists"]
    assert by_kind["failures"].tolist() == [12]


@pytest.mark.parametrize("group", GROUPS)
def test_groups_add_up_to_the_failures(log, group: str) -> None:
    """By whatever they are counted: in both windows, over time, and in the table."""
    counts = kit.trends(log, since="2026-10-08")
    table, over_time = by_group(counts, group), counts_of_groups(counts, group)
    beside = kit.compare(log, since="2026-10-08", by=group).rows

    assert table["failures"].sum() == over_time["failures"].sum() == counts.totals["failures"] == 27
    assert beside["failures"].sum() == 27
    assert beside["failures_before"].sum() == 33
    assert table[group].is_unique


def test_an_app_goes_by_its_present_name(log_of) -> None:
    """One app that was renamed is one group."""
    renamed = {**SLACK, "name": "Slack new"}
    log = log_of(*failures(3, 2, SLACK), *failures(9, 3, renamed))

    assert by_group(kit.trends(log), "app")[["app", "failures"]].to_dict("records") == [
        {"app": "Slack new", "failures": 5}
    ]


@pytest.mark.parametrize(
    ("compare", "words"),
    [
        ("soon", "no time"),
        ("2026-12-01", "not before the window"),
        ("2026-10-05..2026-10-01", "Swap"),
        ("999999d", "too far back"),
    ],
)
def test_a_window_that_is_none_is_answered_in_one_line(log, compare: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        other_window(log, log.window("7d"), compare)


def test_the_notebook_groups_its_table_and_chart_and_compares(log, tmp_path) -> None:
    source = log.source
    report = kit.trends_report(source, since="2026-10-08", group_by="owner", compare="7d")

    assert "by owner" in report.by_code().text()
    assert "owner" in report.by_code().frame.columns
    assert "Okta admin" in report.by_code().text()
    assert "Held against 1 Oct 2026" in report.comparison().text()
    results = report.summary().value["results"]
    assert results["comparison"]["by"] == "owner"
    assert results["totals"]["failures"] == 27
    plain = kit.trends_report(source, since="2026-10-08")
    assert plain.comparison().parts == ()
    assert "comparison" not in plain.summary().value["results"]
    with pytest.raises(UsageError, match="Did you mean 'owner'"):
        report.ask(group_by="ownr")


def test_a_user_and_many_orgs_are_looked_at_by_kind(log) -> None:
    """Only failures of that kind, and who is chosen where nobody is named."""
    of_user = kit.user_history_report(log.source, user="u0@example.com", kind="already exists")
    assert set(of_user.failed["app"]) == {"Slack"}
    assert set(of_user.recovery["app"]) == {"Slack"}
    chosen = kit.user_history_report(log.source, kind="already_exists")
    assert set(chosen.failed["app"]) == {"Slack"}
    every, some = (kit.orgs_report(log.source, kind=kind) for kind in ("", "already_exists"))
    assert (every.states[0].failures, some.states[0].failures) == (60, 16)
    assert set(some.broken["app"]) <= {"Slack"}
    with pytest.raises(UsageError, match="kind"):
        kit.user_history_report(log.source, kind="no such kind")
