"""What a lake was asked once is kept beside it, and never outlives its files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import kit
from factories import M365, REFUSED, SLACK, event, write_export
from kit.analysis.changes import logged_changes
from kit.analysis.failures import failures, folded_failures
from kit.analysis.incidents import incidents
from kit.analysis.recovery import assignments, recovery
from kit.analysis.successes import every_hour
from kit.analysis.traits import traits_of_people
from kit.analysis.trends import prepare, trends
from kit.commands.app import run_command
from kit.lake import Lake, add, compact
from kit.log.log import open_log, to_pandas
from properties import max_examples

if TYPE_CHECKING:
    import pandas as pd

REFUSAL = event("2026-10-27T09:05:00Z", reason=REFUSED)
SUCCESS = event("2026-10-27T10:05:00Z", result="SUCCESS")


def added(folder: Path, *events: dict[str, object]) -> Lake:
    """Add events to a lake as an export file."""
    file = folder.parent / "export.ndjson"
    write_export(file, events)
    lake = Lake(folder)
    add(lake, [file])
    return lake


def recovery_of(lake: Lake) -> pd.DataFrame:
    """Who recovered, of the whole lake."""
    log = open_log(lake.folder)
    return recovery(log, log.window())


def cached_names(lake: Lake) -> list[str]:
    """The kept answers' names, each with one file and the record of what it speaks of."""
    answers = sorted(path.name.partition("-")[0] for path in lake.folder.glob("_kept/*.parquet"))
    assert answers == sorted(path.stem for path in lake.folder.glob("_kept/*.json"))
    return answers


ATTEMPTS = st.builds(
    dict,
    at=st.sampled_from(
        [
            "2026-10-27T09:05:00Z",
            "2026-10-27T09:05:00.500Z",
            "2026-10-27T23:59:59.999Z",
            "2026-10-28T00:00:00Z",
            "2026-10-28T08:00:00Z",
        ]
    ),
    type_=st.sampled_from(
        [
            "application.provision.user.push",
            "application.provision.user.deactivate",
            "app.office365.api.error.create.user",
            "application.user_membership.remove",
            "application.configuration.update",
        ]
    ),
    result=st.sampled_from(["SUCCESS", "FAILURE"]),
    reason=st.sampled_from([None, REFUSED, "Unauthorized", "A new fault"]),
    user=st.sampled_from([None, "ada@example.com", "ADA@example.com", "bo@example.com"]),
    app=st.sampled_from([M365, SLACK]),
    transaction=st.sampled_from([None, "t1", "t2"]),
)


GROWING = st.lists(st.lists(ATTEMPTS, min_size=1, max_size=8), min_size=2, max_size=4)
"""What a lake gets, part by part."""


@max_examples(2)
@given(cases=st.lists(GROWING, min_size=6, max_size=12))
def test_a_lake_that_grew_answers_as_one_that_was_filled_at_once(
    cases: list[list[list[dict[str, Any]]]],
) -> None:
    """Whatever comes late: half a transaction, a success before a failure, a better code.

    Cases stand in one lake, since a question costs as much of one as of ten; each has apps, users
    and transactions of its own.
    """
    with TemporaryDirectory() as name:
        several, once = Path(name) / "several", Path(name) / "once"
        parts: list[list[dict[str, object]]] = [[] for _ in range(max(map(len, cases)))]
        for number, case in enumerate(cases):
            for part, attempts in zip(parts, case, strict=False):
                part += [event(**_of_case(number, **one)) for one in attempts]
        for part in parts:
            added(several, *part)
            log = open_log(several)
            prepare(log)
        added(once, *(one for part in parts for one in part))
        other = open_log(once)

        assert_frame_equal(failures(log), failures(other))
        assert incidents(log, all=True) == incidents(other, all=True)
        window = log.window()
        assert_frame_equal(recovery(log, window), recovery(other, window))
        for question in (every_hour, logged_changes, assignments):
            one, same = to_pandas(question(log)), to_pandas(question(other))
            by = list(one.columns)
            assert_frame_equal(
                one.sort_values(by, ignore_index=True), same.sort_values(by, ignore_index=True)
            )


def _of_case(
    number: int, *, user: str | None, app: dict[str, str], transaction: str | None, **more: Any
) -> dict[str, Any]:
    return {
        "user": user and f"{number}{user}",
        "app": {"id": f"{app['id']}{number}", "name": app["name"]},
        "transaction": transaction and f"{transaction}-{number}",
        **more,
    }


def test_the_kept_answer_is_what_is_read_next(tmp_path: Path) -> None:
    """Another lake's answer in its place is believed, so the events were not read again."""
    lake, other = (
        added(tmp_path / "lake", REFUSAL),
        added(tmp_path / "other", REFUSAL | {"uuid": "x"}),
    )
    log = open_log(other.folder)
    assert failures(open_log(lake.folder))["uuid"].tolist() == [REFUSAL["uuid"]]
    assert folded_failures(log).uuid.to_pyarrow().to_pylist() == ["x"]
    [mine], [theirs] = (list(one.folder.glob("_kept/failures-*")) for one in (lake, other))

    theirs.replace(mine)

    assert folded_failures(open_log(lake.folder)).uuid.to_pyarrow().to_pylist() == ["x"]


def test_a_lake_that_grew_is_asked_anew(tmp_path: Path) -> None:
    """A recovery that arrives later is seen, and the old answer goes."""
    lake = added(tmp_path / "lake", REFUSAL)
    before, names = recovery_of(lake), cached_names(lake)

    added(lake.folder, SUCCESS)

    assert before["state"].tolist() == ["still_failing"]
    assert recovery_of(lake)["state"].tolist() == ["recovered"]
    assert cached_names(lake) == names


def test_a_failure_that_arrives_after_its_success_is_seen_as_recovered(tmp_path: Path) -> None:
    """The success is in a file that was asked before."""
    lake = added(tmp_path / "lake", SUCCESS)
    recovery_of(lake)

    added(lake.folder, REFUSAL)

    assert recovery_of(lake)["recovered_at"].astype(str).tolist() == ["2026-10-27 10:05:00+00:00"]


def test_an_operation_that_a_later_event_names_is_followed_from_the_beginning(
    tmp_path: Path,
) -> None:
    """The event that speaks stays the same; what counts as its success does not."""
    only_fails = "app.office365.api.error.push.profile"
    said = event("2026-10-27T09:05:00Z", type_=only_fails, reason=REFUSED, transaction="t1")
    lake = added(tmp_path / "lake", said, SUCCESS)
    before = recovery_of(lake)

    added(lake.folder, event("2026-10-27T09:05:01Z", reason=None, transaction="t1"))

    assert before["state"].tolist() == [""]  # a type that only fails shows no success
    assert recovery_of(lake)["state"].tolist() == ["recovered"]


def test_an_open_log_keeps_its_answer_when_the_lake_grows(tmp_path: Path) -> None:
    """A notebook's numbers do not change between two of its cells."""
    lake = added(tmp_path / "lake", REFUSAL)
    recovery_of(lake)
    log = open_log(lake.folder)
    first = failures(log)

    added(lake.folder, event("2026-10-27T11:00:00Z", reason=REFUSED, user="bo@example.com"))
    recovery_of(lake)

    assert failures(log).equals(first)


def test_a_broken_answer_is_worked_out_again(tmp_path: Path) -> None:
    """A disk may lose what it said it wrote."""
    lake = added(tmp_path / "lake", REFUSAL, SUCCESS)
    whole = recovery_of(lake)
    for path in lake.folder.glob("_kept/*"):
        path.write_bytes(path.read_bytes()[:50])

    assert recovery_of(lake).equals(whole)


def test_a_lake_that_cannot_be_written_is_asked_all_the_same(tmp_path: Path) -> None:
    """A file stands where the folder would be, which stops root too."""
    lake = added(tmp_path / "lake", REFUSAL)
    (lake.folder / "_kept").write_text("", encoding="utf-8")

    assert recovery_of(lake)["state"].tolist() == ["still_failing"]


def test_compacting_and_asking_again_gives_the_same(tmp_path: Path) -> None:
    """Other files, the same events."""
    lake = added(tmp_path / "lake", REFUSAL)
    added(lake.folder, SUCCESS)
    first = recovery_of(lake)

    compact(lake)

    assert recovery_of(lake).equals(first)


def test_compacting_prepares_what_all_questions_begin_with(tmp_path: Path) -> None:
    """So that a question after it is as fast as a second one."""
    lake = added(tmp_path / "lake", REFUSAL)
    added(lake.folder, SUCCESS)

    assert run_command(["compact", "--lake", str(lake.folder)]) == 0

    names = cached_names(lake)
    for report in (kit.trends_report, kit.remediation_report, kit.error_code_report):
        pages = report(str(lake.folder))
        for view in SECTIONS & {*dir(pages)}:
            for part in getattr(pages, view)().parts:
                part.text()
    assert cached_names(lake) == names


SECTIONS = {"headline", "by_code", "by_kind", "over_time", "people", "common", "retry", "unknown"}
"""Sections of the reports that ask most."""


def test_what_is_told_of_people_grows_with_the_lake_and_ends_with_the_window(
    tmp_path: Path,
) -> None:
    """Who left a group is still in it in a window that ends before."""
    group = [{"id": "00g1", "type": "UserGroup", "displayName": "Contractors"}]
    moves = []
    for day, change in ((26, "add"), (28, "remove")):
        at = f"2026-10-{day}T09:00:00Z"
        one = event(at, type_=f"group.user_membership.{change}", result="SUCCESS", app=None)
        moves.append(one | {"target": [*one["target"], *group]})
    lake = added(tmp_path / "lake", moves[0], REFUSAL)
    log = open_log(lake.folder)
    app_key = failures(log)["app_key"].iloc[0]
    before = traits_of_people(log, log.window(), app_key)["group"]
    added(lake.folder, moves[1])

    log = open_log(lake.folder)
    earlier, later = log.window(until="2026-10-28"), log.window()

    assert before == {"ada@example.com": {"Contractors"}}
    assert traits_of_people(log, later, app_key)["group"] == {}
    assert traits_of_people(log, earlier, app_key)["group"] == before


def test_an_incident_that_is_kept_grows_older(tmp_path: Path) -> None:
    """No event needs to come for it."""
    lake = added(tmp_path / "lake", REFUSAL)

    days = [incidents(open_log(lake.folder), until)[0].day for until in (None, "2026-10-30")]

    assert "incidents" in cached_names(lake)
    assert days == [1, 4]


@pytest.mark.parametrize(
    ("since", "until", "successes"),
    [
        ("2026-10-27T10:30:00Z", "2026-10-27T12:30:00Z", 4),
        ("2026-10-27T10:00:00Z", "2026-10-27T12:00:00Z", 4),
        ("2026-10-27T10:30:00Z", "2026-10-27T10:50:00Z", 1),
        ("2026-10-27T10:30:00Z", "2026-10-27T11:00:00Z", 1),
        ("2026-10-27T12:00:01Z", "2026-10-27T13:00:00Z", 1),
    ],
)
def test_successes_are_counted_to_the_windows_edge(
    tmp_path: Path, since: str, until: str, successes: int
) -> None:
    """Whole hours come from what is kept, the rest from the events."""
    at = ["10:10", "10:40", "11:00", "11:59", "12:00", "12:40"]
    done = [event(f"2026-10-27T{t}:00Z", result="SUCCESS", user=f"u{t}@example.com") for t in at]
    lake = added(tmp_path / "lake", *done, event(f"{since[:14]}45:00Z", reason=REFUSED))
    log = open_log(lake.folder)

    found = trends(log, log.window(since, until), bucket="hour")

    assert found.totals["attempts"] - found.totals["failures"] == successes
