"""A source is read once for a report, and a question reads the days that it is about."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

import kit.analysis.failures
from factories import M365, REFUSED, SLACK, event
from kit.analysis.failures import failures
from kit.analysis.names import find_user
from kit.analysis.one_user import user_events
from kit.analysis.recovery import recovery
from kit.analysis.successes import count_successes
from kit.analysis.trends import examples
from kit.base.paths import COPY
from kit.base.windows import Window
from kit.log.log import open_log, to_pandas
from kit.log.source import open_source
from kit.reports import run_report
from kit.reports.batch import read_once
from kit.views import trends_report
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit.log.log import Log

FACTS = (
    "source",
    "first",
    "last",
    "count",
    "covered_windows",
    "growing",
    "skipped_lines",
    "repeats",
    "end",
)


def flawed_export(path: Path, *events: dict[str, Any]) -> Path:
    """Write events to an export file, the first of them twice, and a broken line."""
    lines = [json.dumps(one) for one in (*events, events[0])]
    path.write_text("\n".join([*lines, '{"uuid": "broken"}']) + "\n", encoding="utf-8")
    return path


def facts_of(log: Log) -> dict[str, Any]:
    """All that a report says of its source."""
    return {name: getattr(log, name) for name in FACTS}


def test_a_copy_is_read_in_the_place_of_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that was said of the source, repeats and put-aside lines included."""
    path = flawed_export(
        tmp_path / "a.ndjson", event(reason=REFUSED), event("2026-10-28T00:00:00Z")
    )
    itself = facts_of(open_log(path))
    held = open_source(path, tmp_path / "copy")
    path.unlink()
    monkeypatch.setenv(COPY, str(held.lakes[""].folder))

    copied = open_log([str(path)])

    assert facts_of(copied) == itself
    assert (copied.repeats, len(copied.skipped_lines)) == (1, 1)
    assert copied.lakes[""].address == held.lakes[""].address


def test_a_copy_of_another_source_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook may open more than the source that its report is about."""
    one = flawed_export(tmp_path / "a.ndjson", event())
    other = flawed_export(tmp_path / "b.ndjson", event(), event())
    monkeypatch.setenv(COPY, str(open_source(one, tmp_path / "copy").lakes[""].folder))

    assert (open_log(other).count, open_log([one, other]).count) == (2, 3)


def test_a_report_says_the_same_of_a_copy(tmp_path: Path) -> None:
    """As one whose kernel reads the source itself, and its kernel does not."""
    path = flawed_export(tmp_path / "a.ndjson", event(reason=REFUSED), event(result="SUCCESS"))
    notebook = tmp_path / "question.ipynb"
    notebook.write_text(json.dumps(_notebook(path)), encoding="utf-8")

    made = run_report(notebook, {}, out=tmp_path / "out")

    results = made.facts["results"]
    itself = trends_report(str(path))
    assert made.error is None
    assert results["headline"] == itself.headline_text
    assert results["repeats"] == itself.log.repeats == 1
    assert results["lake"].endswith("/source/lake")
    assert not Path(results["lake"]).exists()


def test_a_log_that_is_too_large_to_be_held_gives_the_same(
    log_of: Callable[..., Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a small one the rows that questions pick are held in memory, of others they are read."""
    events = [
        event("2026-10-26T08:00:00Z", reason=REFUSED),
        event("2026-10-26T09:00:00Z", reason=REFUSED, app=SLACK),
        event("2026-10-26T10:00:00Z", result="SUCCESS"),
        event("2026-10-28T08:00:00Z", reason=REFUSED, user=None),
    ]
    small = log_of(*events)
    held = [failures(small), recovery(small), count_successes(small, small.window())]
    monkeypatch.setattr(kit.analysis.failures, "_MAX_HELD_EVENTS", 0)

    large = log_of(*events)

    read = [failures(large), recovery(large), count_successes(large, large.window())]
    for one, other in zip(held, read, strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert set(recovery(large)["state"]) == {"recovered", "still_failing"}


def _notebook(path: Path) -> dict[str, Any]:
    code = (
        "import kit\nfrom kit.reports import publish\n"
        "found = kit.trends_report(source)\n"
        "publish({'results': {'headline': found.headline_text, 'repeats': found.log.repeats,"
        " 'lake': str(found.log.lakes[''].folder)}})"
    )
    cells = [(f'source: str = "{path}"  # the export', ["parameters"]), (code, [])]
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {"tags": tags},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for number, (source, tags) in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def test_what_several_reports_share_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source of one report is left to it; one that cannot be read, to all of its reports."""
    shared, alone = (
        flawed_export(tmp_path / "a.ndjson", event()),
        flawed_export(tmp_path / "b.ndjson", event()),
    )
    sources = [str(shared), str(alone), str(shared), "missing.ndjson", "missing.ndjson", "", ""]

    with read_once(sources) as known:
        monkeypatch.setenv(COPY, known[COPY])
        (place,) = known[COPY].split(os.pathsep)
        read = (
            str(open_log(str(shared)).lakes[""].folder),
            str(open_log(str(alone)).lakes[""].folder),
        )

    assert read[0] == place != read[1]
    assert not Path(place).exists()


MOMENTS = st.sampled_from(
    [
        "2026-10-26T23:59:59.999Z",
        "2026-10-27T00:00:00Z",
        "2026-10-27T00:00:00.001Z",
        "2026-10-27T12:00:00Z",
        "2026-10-28T00:00:00Z",
        "2026-10-29T05:00:00Z",
    ]
)


@max_examples(15, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MOMENTS, min_size=1, max_size=8), MOMENTS, MOMENTS)
def test_a_window_reads_its_own_events_and_all_of_them(
    tmp_path_factory: pytest.TempPathFactory, at: list[str], since: str, until: str
) -> None:
    """Whatever day they lie in; midnight belongs to the day that it begins."""
    path = flawed_export(tmp_path_factory.mktemp("log") / "a.ndjson", *(event(one) for one in at))
    log = open_log(path)
    start, end = (datetime.fromisoformat(one).astimezone(UTC) for one in (since, until))

    found = to_pandas(log.within(Window(start, end)), by=["published", "uuid"])

    assert list(found["published"]) == sorted(
        moment for moment in map(datetime.fromisoformat, at) if start <= moment < end
    )
    assert (log.first, log.last) == (
        min(map(datetime.fromisoformat, at)),
        max(map(datetime.fromisoformat, at)),
    )


def test_a_user_is_found_however_the_events_write_the_login(log_of: Callable[..., Log]) -> None:
    """Okta compares logins without case; where there is no login, the id tells who it is."""
    idle = event("2026-10-27T08:00:00Z", user=None, type_="user.account.update_profile", app=None)
    idle["target"] = [{"id": "ada@example.com", "type": "User", "alternateId": None}]
    log = log_of(
        event("2026-10-27T09:00:00Z", user="Ada@Example.com", result="SUCCESS"),
        event("2026-10-27T10:00:00Z", user="ada@example.com", result="SUCCESS"),
        event("2026-10-27T11:00:00Z", user="bo@example.com", result="SUCCESS"),
        event("2026-10-27T12:00:00Z", user=None, result="SUCCESS"),
        idle | {"outcome": {"result": "SUCCESS"}},
    )

    key = find_user(log, "ADA@example.COM")
    failed = failures(log, log.window(), user_key=key)
    found = user_events(log, log.window(), key, failed)

    assert key == "ada@example.com"
    assert [f"{at:%H}" for at in found["published"]] == ["08", "09", "10"]
    assert user_events(log, log.window(), "", failed).empty


def test_an_unknown_code_is_shown_by_its_latest_failure(log_of: Callable[..., Log]) -> None:
    """With that event's own words and type, on each app; what is known needs no example."""
    push, profile = "application.provision.user.push", "application.provision.user.push_profile"
    log = log_of(
        event("2026-10-27T09:00:00Z", reason="Wibble 1 went wrong", type_=push),
        event("2026-10-28T09:00:00Z", reason="Wibble 2 went wrong", type_=profile),
        event("2026-10-27T09:00:00Z", reason=None, app=SLACK),
        event("2026-10-27T10:00:00Z", reason=REFUSED),
    )

    found = examples(log, log.window())

    assert list(found["app_key"]) == [M365["id"], SLACK["id"]]
    assert list(found["event_type"]) == [profile, push]
    assert found["example"][0] == "Wibble 2 went wrong"
    assert pd.isna(found["example"][1])


def test_a_reason_of_oktas_that_begins_with_unknown_is_a_code(log_of: Callable[..., Log]) -> None:
    """``UNKNOWN_USER`` needs no example, and speaks rather than a text without a name."""
    log = log_of(
        event("2026-10-27T09:00:00Z", reason="Wibble 1 went wrong", transaction="t1"),
        event("2026-10-27T09:01:00Z", reason="UNKNOWN_USER", transaction="t1"),
    )

    assert list(failures(log, log.window())["code"]) == ["UNKNOWN_USER"]
    assert examples(log, log.window()).empty


def test_texts_that_are_all_value_have_two_codes(log_of: Callable[..., Log]) -> None:
    """What stands in braces, or is nothing but an address, is still two faults."""
    reasons = ("{disk full on the drive}", "Wibble@LedgerImport.com", "{schema is not a known one}")
    log = log_of(*(event(reason=reason, transaction=reason) for reason in reasons))

    assert failures(log, log.window())["code"].nunique() == len(reasons)
