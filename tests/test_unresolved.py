"""What is still open is a state at a window's end, wherever the window begins."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from factories import M365, REFUSED, event, write_export
from incidents import APP, CODE, simulate
from kit.analysis.failures import KEYS
from kit.analysis.orgs import broken_connections
from kit.analysis.recovery import recovery
from kit.analysis.trends import Trends, trends
from kit.base.paths import NOTEBOOKS, SAMPLE
from kit.base.windows import Window
from kit.cases.case import Case, case
from kit.cases.ticket import retry_list
from kit.log.log import Log, open_log
from kit.reports.changes import compare
from kit.reports.run import run_report
from kit.views.failure_trends import trends_report
from kit.views.remediation import remediation_report
from kit.views.user_history import user_history_report
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

M365_REFUSED = ("Microsoft Office 365", "AADSTS50126")
DAY = timedelta(days=1)


def _day(number: int) -> Window:
    since = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=number - 1)
    return Window(since, since + DAY)


def _refused(day: int, user: str, **more: Any) -> dict[str, Any]:
    return event(f"2026-10-{day}T09:00:00Z", reason=REFUSED, user=f"{user}@example.com", **more)


def _worked(day: int, user: str, **more: Any) -> dict[str, Any]:
    return event(f"2026-10-{day}T10:00:00Z", result="SUCCESS", user=f"{user}@example.com", **more)


def _row(found: Trends, app: str, code: str) -> dict[str, Any]:
    rows = found.by_code
    (row,) = rows[(rows["app"] == app) & (rows["code"] == code)].to_dict("records")
    return {str(name): value for name, value in row.items()}


@pytest.fixture(scope="module")
def sample() -> Log:
    """The sample, opened once."""
    return open_log("sample")


@pytest.fixture(scope="module")
def outage() -> dict[str, Any]:
    """What is true of the sample's outage."""
    text = (SAMPLE.parent / "truth.json").read_text(encoding="utf-8")
    truth: dict[str, Any] = json.loads(text)["outage"]
    return truth


@pytest.mark.parametrize("number", [28, 29, 30, 31, 32])
def test_every_day_since_an_outage_names_its_onset_and_who_still_fails(
    sample: Log, outage: dict[str, Any], number: int
) -> None:
    """Day by day, though nothing failed so on most of these days."""
    found = trends(sample, _day(number))
    row = _row(found, *M365_REFUSED)
    assert row["still_failing"] == len(outage["still_failing"])
    assert row["since"] == pd.Timestamp(outage["onset"])
    assert row["failures"] == (33 if number == 28 else 0)
    assert pd.isna(row["first_seen"]) == (number != 28)

    whole = case(sample, _day(number))
    assert whole is not None
    results = whole.results()
    assert (results["app"], results["code"]) == M365_REFUSED
    assert results["onset"] == outage["onset"]
    assert results["change"] == outage["change"]
    assert results["blast_radius"] == "connection"
    assert results["affected"] == outage["affected"]
    assert results["still_failing"] == outage["still_failing"]
    assert results["recovered"] == outage["recovered"]
    assert results["fix"] == {"at": outage["fix_at"], "verdict": "holds"}
    assert sorted(retry_list(whole)["user"]) == outage["still_failing"]
    assert len(whole.in_window) == (33 if number == 28 else 0)


def test_a_report_of_a_day_after_an_outage_still_tells_it(
    tmp_path: Path, outage: dict[str, Any]
) -> None:
    """On the page and for machines: since when really, and what failed that day apart from it."""
    given = {"since": "2026-10-31", "until": "2026-11-01"}
    made = run_report(NOTEBOOKS / "failure_trends.ipynb", given, out=tmp_path)
    facts = json.loads((made.folder / "summary.json").read_text(encoding="utf-8"))
    (row,) = [r for r in facts["results"]["by_code"] if r["code"] == M365_REFUSED[1]]
    assert (row["failures"], row["users"], row["events"]) == (0, 0, 0)
    assert (row["first_seen"], row["last_seen"]) == (None, None)
    assert (row["still_failing"], row["since"]) == (8, outage["onset"])
    assert row["state"] == "quiet"
    assert facts["results"]["totals"]["failures"] == 0
    assert "8 users still failing, since 27 Oct 2026, 09:05 UTC" in facts["headline"]
    assert "nothing failed in it" in facts["headline"]
    assert "What is open, by code and app" in made.page.read_text(encoding="utf-8")


def test_nothing_failed_is_said_where_nothing_is_open_either(tmp_path: Path) -> None:
    """Not while somebody still fails, nor while nobody tried a broken connection again."""
    imports = event(
        "2026-10-20T09:00:00Z",
        type_="app.user_management.app_group_import",
        reason=REFUSED,
        user=None,
    )
    logs = {
        "all work again": [_refused(20, "a"), _worked(20, "a")],
        "one still fails": [_refused(20, "a"), _worked(19, "a")],
        "an import that nobody tried again": [imports],
    }
    said = {}
    for name, events in logs.items():
        path = tmp_path / f"{name}.ndjson"
        rows = [*events, _worked(26, "z", type_="user.session.start", app=None)]
        write_export(path, rows)
        given = {"since": "2026-10-25", "until": "2026-10-26"}
        said[name] = trends_report(str(path), **given).headline_text

    assert said["all work again"].startswith("No failures between")
    assert "still failing" not in said["all work again"]
    assert "1 user still failing, since 20 Oct 2026, 09:00 UTC" in said["one still fails"]
    assert "No failures" not in said["one still fails"]
    never = said["an import that nobody tried again"]
    assert "nothing has worked on Microsoft Office 365 since 20 Oct 2026, 09:00 UTC" in never


def test_who_worked_after_a_code_is_not_open_under_it(log_of: Callable[..., Log]) -> None:
    """Though the same operation fails again with another; who never worked is open under both."""
    other = event("2026-10-22T09:00:00Z", reason="Too Many Requests", user="a@example.com")
    worse = event("2026-10-22T09:00:00Z", reason="Too Many Requests", user="b@example.com")
    log = log_of(_refused(20, "a"), _worked(20, "a"), other, _refused(20, "b"), worse)

    found = trends(log, Window(_day(22).since, log.window().until))

    rows = {row["code"]: row["still_failing"] for row in found.by_code.to_dict("records")}
    assert rows[M365_REFUSED[1]] == 1
    assert max(rows.values()) == 2


def test_a_retry_list_has_the_ids_of_the_last_failure_whatever_its_code(
    log_of: Callable[..., Log],
) -> None:
    """A retry that failed with another code is what the vendor is asked about."""
    retried = event(
        "2026-10-22T09:00:00Z",
        reason="Too Many Requests",
        user="a@example.com",
        transaction="second",
    )
    log = log_of(_refused(20, "a", transaction="first"), retried, _refused(20, "b"))

    found = case(log, log.window("2026-10-20", "2026-10-23"), code=M365_REFUSED[1])

    assert found is not None
    (mine,) = retry_list(found).query("user == 'a@example.com'").to_dict("records")
    assert (mine["transaction_id"], mine["uuid"]) == ("second", retried["uuid"])
    assert mine["code"] != M365_REFUSED[1]


def test_a_page_lists_to_retry_what_still_fails_and_not_what_works_beside_it(
    tmp_path: Path,
) -> None:
    """One of two factors works again: the other alone is left, since its own first failure."""
    enrolment: dict[str, Any] = {"type_": "user.mfa.factor.activate", "app": None}
    first, second = (
        {"debugContext": {"debugData": {"factor": name}}}
        for name in ("FIDO2_WEBAUTHN", "SMS_FACTOR")
    )
    export = write_export(
        tmp_path / "export.ndjson",
        [
            _refused(20, "a", **enrolment, **first),
            _refused(21, "a", **enrolment, **second),
            _worked(22, "a", **enrolment, **second),
        ],
    )

    report = remediation_report(str(export), since="", app="Okta sign-in")

    lines = [line for line in report.retry().text().splitlines() if "factor enrolment" in line]
    assert len(lines) == 1
    assert "2026-10-21" not in lines[0]
    assert lines[0].count("2026-10-20 09:00") == 2


def test_a_connection_that_broke_before_the_window_is_still_broken(
    log_of: Callable[..., Log],
) -> None:
    """Until something works on the app at the same operation."""
    log = log_of(_refused(20, "a"), _refused(20, "b"), _worked(26, "z"))

    before = broken_connections(log, _day(24))
    after = broken_connections(log, _day(26))

    assert before[["app", "users"]].to_dict("records") == [{"app": M365["name"], "users": 2}]
    assert after.empty


def test_a_users_history_tells_what_is_open_from_before(tmp_path: Path) -> None:
    """In its headline, with the last failure; a user named is looked for in all that is held."""
    path = tmp_path / "log.ndjson"
    rows = [_refused(20, "a"), _worked(20, "b"), _worked(26, "b")]
    write_export(path, rows)
    given = {"since": "2026-10-24", "until": "2026-10-26"}

    for user in ("a@example.com", ""):
        report = user_history_report(str(path), user=user, **given)
        assert "since 20 Oct 2026, 09:00 UTC" in report.headline_text
        assert report.open_before["uuid"].tolist() == [rows[0]["uuid"]]


def test_a_code_open_from_before_is_no_new_one() -> None:
    """An earlier report that did not list it knew less; a code is gone when nobody is left."""

    def run(day: int, *rows: dict[str, Any]) -> dict[str, Any]:
        window = _day(day).as_text()
        results = {"by_code": [{"app": "Box", "family": "x", **row} for row in rows]}
        return {"window": window, "results": results, "coverage": {"complete": True}}

    stuck = {"code": "A", "failures": 0, "users": 0, "still_failing": 2}
    failed = {"code": "A", "failures": 4, "users": 3, "still_failing": 2}
    old = {**stuck, "since": "2026-10-20T09:00:00.000Z"}
    fresh = {**stuck, "since": "2026-10-24T09:00:00.000Z"}

    assert compare(run(24, old), run(23)).short == "no change"
    assert compare(run(24, fresh), run(23)).short == "1 new code"
    assert compare(run(24, old), run(23, failed)).short == "1 better"
    assert compare(run(24), run(23, failed)).short == "1 gone code"


def test_a_client_that_still_fails_is_named_as_what_it_is(tmp_path: Path) -> None:
    """In the headline, the lists of a case and the retry list; no user is counted for it."""
    client = {"id": "0oa8", "type": "PublicClientApp", "alternateId": "0oa8"}
    grant = event(
        "2026-10-20T09:00:00Z",
        type_="app.oauth2.as.token.grant",
        reason="invalid_client",
        user=None,
    )
    grant["actor"] = {**client, "displayName": "Billing"}
    path = tmp_path / "log.ndjson"
    rows = [grant, _worked(19, "z"), _worked(26, "z")]
    write_export(path, rows)
    report = trends_report(str(path), since="2026-10-24", until="2026-10-26")

    (row,) = report.trends.by_code.to_dict("records")
    assert (row["users"], row["failures"], row["still_failing"]) == (0, 0, 1)
    assert "1 client still failing, since 20 Oct 2026, 09:00 UTC" in report.headline_text
    found = case(report.log, report.window)
    assert found is not None
    (mine,) = retry_list(found).to_dict("records")
    assert found.still_failing == [mine["user"]]
    assert (mine["hit_type"], mine["uuid"]) == ("client", grant["uuid"])
    assert found.hit == "1 client hit"


few = max_examples(6, suppress_health_check=[HealthCheck.function_scoped_fixture])
shares = st.floats(0.02, 0.98)


@few
@given(st.integers(0, 100_000), shares, shares, shares)
def test_who_still_fails_at_an_end_is_the_same_for_every_window_that_ends_there(
    log_of: Callable[..., Log], seed: int, first: float, second: float, end: float
) -> None:
    """By user and operation, by code, and in a case; only what fell in the window differs."""
    log = log_of(*simulate(seed).events)
    whole = log.window()
    until = whole.since + max(end, 0.05) * (whole.until - whole.since)
    starts = [whole.since + share * (until - whole.since) for share in (0, first, second)]
    windows = [Window(since, until) for since in starts]

    stands = [_stands(recovery(log, window)) for window in windows]
    codes = [_still(trends(log, window)) for window in windows]
    cases = [case(log, window, code=CODE, app=APP[1]) for window in windows]

    assert stands[0] == stands[1] == stands[2]
    assert codes[0] == codes[1] == codes[2]
    still = {_key(one) for one in cases if one is not None and one.still_failing}
    assert len(still) <= 1
    if still:
        assert None not in cases


@few
@given(st.integers(0, 100_000), shares, shares)
def test_counts_of_a_window_and_its_neighbours_are_the_whole(
    log_of: Callable[..., Log], seed: int, one: float, other: float
) -> None:
    """Failures, attempts of what failed, and failures of each user, wherever it is cut."""
    log = log_of(*simulate(seed).events)
    whole = log.window()
    length = whole.until - whole.since
    cuts = [whole.since, *(whole.since + share * length for share in sorted((one, other)))]
    cuts = sorted({*cuts, whole.until})
    parts = [Window(since, until) for since, until in itertools.pairwise(cuts)]

    for counts in (_by_code, _by_user):
        split = pd.concat([counts(log, part) for part in parts]).groupby(level=[0, 1, 2]).sum()
        split = split[split > 0]
        pd.testing.assert_series_equal(split, counts(log, whole), check_dtype=False)


def _stands(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    kept = rows[[*KEYS, "state", "first_failure", "last_failure", "recovered_at"]].astype(str)
    return sorted(kept.itertuples(index=False, name=None))


def _still(found: Trends) -> list[tuple[str, ...]]:
    rows = found.by_code[found.by_code["still_failing"] > 0]
    kept = rows[["app_key", "code", "still_failing", "since", "last_failure"]].astype(str)
    return sorted(kept.itertuples(index=False, name=None))


def _key(found: Case) -> tuple[str, ...]:
    return tuple(found.still_failing)


def _by_code(log: Log, window: Window) -> pd.Series[int]:
    rows = trends(log, window).by_code.assign(app=lambda t: t["app"].fillna(""))
    counts = rows[rows["failures"] > 0].groupby(["app_key", "app", "code"])["failures"].sum()
    return counts.sort_index()


def _by_user(log: Log, window: Window) -> pd.Series[int]:
    rows = recovery(log, window)
    rows = rows[rows["failures"] > 0]
    return rows.groupby(["app_key", "user_key", "operation"])["failures"].sum().sort_index()
