"""An outage that works for a while in its midst: one answer, wherever it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factories import REFUSED, event, write_export
from kit import case, open_log
from kit.analysis.incidents import incidents

if TYPE_CHECKING:
    from pathlib import Path

    from kit.analysis.incidents import Incident
    from kit.cases.case import Case


def attempt(at: str, user: str, *, worked: bool = False) -> dict[str, Any]:
    """A push for a user, at a time of one day."""
    return event(
        f"2026-10-27T{at}:00.000Z",
        result="SUCCESS" if worked else "FAILURE",
        reason=None if worked else REFUSED,
        user=f"{user}@example.com",
    )


BROKEN = [attempt("09:00", "ada"), attempt("09:30", "bob")]
WORKING = [attempt("10:45", "ada", worked=True), attempt("11:00", "cy", worked=True)]
BROKEN_AGAIN = [attempt("11:15", "dan"), attempt("11:45", "eve"), attempt("12:00", "fay")]


def both(path: Path, *events: dict[str, Any]) -> tuple[Case, Incident]:
    """The case and the incident of a log."""
    log = open_log(str(write_export(path / "log.ndjson", events)))
    found = case(log)
    (one,) = incidents(log, all=True)
    assert found is not None
    return found, one


def test_a_connection_that_broke_twice_is_one_in_the_list_and_in_its_case(tmp_path: Path) -> None:
    found, one = both(tmp_path, *BROKEN, *WORKING, *BROKEN_AGAIN)
    assert (one.state, one.width) == ("regressed", "connection")
    assert found.blast_radius == "connection"
    radius = found.proof.radius
    assert (radius.since, radius.failures, radius.successes) == (one.again_since, 3, 0)
    assert found.onset == one.since
    assert "failed again from 27 Oct 2026, 11:15 UTC" in found.since


def test_anybodys_success_proves_its_fix_in_both(tmp_path: Path) -> None:
    found, one = both(
        tmp_path, *BROKEN, *WORKING, *BROKEN_AGAIN, attempt("13:00", "gus", worked=True)
    )
    assert one.state == "fixed"
    assert (found.fix.verdict, found.fix.at) == ("holds", one.fixed_at)


def test_a_group_that_fails_beside_others_stays_one(tmp_path: Path) -> None:
    beside = [attempt("09:15", "cy", worked=True), attempt("11:30", "cy", worked=True)]
    found, one = both(tmp_path, *BROKEN, *WORKING, *BROKEN_AGAIN, *beside)
    assert (found.blast_radius, one.width) == ("group", "group")


def test_an_app_that_fails_now_and_then_stays_a_groups(tmp_path: Path) -> None:
    """Each attempt fails once and works at the second: no stretch of it is a broken connection."""
    events = []
    for hour, user in enumerate(("ada", "bob", "cy", "dan")):
        events += [
            attempt(f"{9 + hour:02}:00", user),
            attempt(f"{9 + hour:02}:05", user, worked=True),
        ]
    found, _ = both(tmp_path, *events)
    assert found.blast_radius == "group"
