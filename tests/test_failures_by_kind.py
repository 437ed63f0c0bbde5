"""Failures by kind: filtered and grouped."""

from __future__ import annotations

import pytest

import kit
from factories import M365, REFUSED, SLACK, event, write_export
from kit.analysis.by_kind import by_kind, counts_of_kinds, guesses_by_kind
from kit.analysis.failures import folded_failures
from kit.analysis.kinds import find_kind, guesses_in, kinds_of, with_kind
from kit.base.errors import UsageError
from kit.commands.listing import listing
from kit.log.log import to_pandas
from kit.views import trends_report
from kit.views.sections import kind_and_meaning

VAGUE = "Api validation failed: HTTP 400, Okta E0000001 (E0000001): {}"


@pytest.fixture
def source(tmp_path) -> str:
    """Refused credentials for two, a vague code of two kinds, no reason, an unknown text."""
    said = [
        ("ada", REFUSED, M365), ("bob", REFUSED, M365),
        ("ada", VAGUE.format("login: An object with this field already exists"), SLACK),
        ("bob", VAGUE.format("The field cannot be left blank"), SLACK),
        ("cy", None, SLACK), ("cy", "The flux wobbles oddly", SLACK),
    ]  # fmt: skip
    events = [
        event(f"2026-10-27T09:{n:02d}:00Z", reason=reason, user=f"{user}@example.com", app=app,
              transaction=f"t{n}")
        for n, (user, reason, app) in enumerate(said)
    ]  # fmt: skip
    return str(write_export(tmp_path / "log.ndjson", events))


def test_the_engine_tells_the_kinds_that_the_listing_tells(source: str) -> None:
    """Also where a code is vague, and where the text alone tells."""
    log = kit.open_log(source)
    rows = kit.failures(log)
    told = to_pandas(with_kind(log, folded_failures(log))).set_index("uuid")["kind"]

    assert list(told[rows["uuid"]]) == kinds_of(rows)
    assert told.nunique() >= 4


def test_kinds_add_up_to_the_failures(source: str) -> None:
    """Each failure is of one kind."""
    log = kit.open_log(source)
    found = kit.trends(log, log.window())
    rows = by_kind(found).set_index("kind")

    assert rows["failures"].sum() == found.totals["failures"] == 6
    assert counts_of_kinds(found)["failures"].sum() == 6
    refused = rows.loc["credentials_refused"]
    assert (refused["users"], refused["codes"], refused["still_failing"]) == (2, 1, 2)


def test_a_guess_is_never_read_as_knowledge(tmp_path) -> None:
    """A kind that only similar messages tell is said to be one wherever a page shows it."""
    learned = "Only userName eq and externalId eq filters are supported."
    said = [learned, learned, "Unsupported operation: malformed request"]
    events = [
        event(f"2026-10-27T09:{n:02d}:00Z", reason=reason, user=f"u{n}@example.com", app=SLACK)
        for n, reason in enumerate(said)
    ]
    source = str(write_export(tmp_path / "log.ndjson", events))
    log = kit.open_log(source)
    rows = kit.failures(log)
    counted = kit.trends(log, log.window())

    assert set(rows["code"]) == {"exchange_malformed"}
    assert guesses_in(rows) == [True, True, False]
    assert guesses_by_kind(counted) == {"exchange_malformed": 2}
    assert "exchange malformed (2 failures by a guess)" in kind_and_meaning(rows)
    assert kind_and_meaning(rows.head(2)).startswith("looks like exchange malformed, a guess")
    assert "exchange malformed (2 by a guess)" in trends_report(source).by_kind().text()
    by_kind_shown = trends_report(source, group_by="kind").by_code().text()
    assert "exchange malformed (2 by a guess)" in by_kind_shown
    assert kit.error_code_report(source, code="exchange_malformed").headline().text().count("guess")


def test_one_kind_is_kept_everywhere(source: str) -> None:
    """In Python, on the command line and in the notebook."""
    log = kit.open_log(source)
    asked = {"since": None, "until": None, "app": None, "code": None, "still_failing": False}
    rows = listing([source], **asked, kind="Credentials refused").rows
    report = trends_report(source, kind="credentials-refused")

    assert len(kit.failures(log, kind="credentials_refused")) == 2
    assert set(rows["kind"]) == {"credentials_refused"}
    assert len(rows) == 2
    assert report.trends.totals["failures"] == len(report.trends.failures) == 2
    assert list(report.by_code().frame["code"]) == ["AADSTS50126"]
    assert report.trends.recovery["failures"].sum() == 2
    assert list(report.by_kind().frame["kind"]) == ["credentials refused"]


def test_a_kind_without_failures_is_said(source: str) -> None:
    """It names the kind, so that it is no all-clear."""
    report = trends_report(source, kind="rate_limited")

    assert "\nNo rate limited failures" in report.headline().text()
    assert report.by_kind().frame.empty


def test_a_wrong_kind_names_the_right_ones() -> None:
    """The nearest first, in a line."""
    with pytest.raises(UsageError, match=r"--kind: .*Did you mean 'already_exists'.*no_reason\.$"):
        find_kind("already_exist", "--kind")
