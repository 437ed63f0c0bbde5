"""A user whose login changed is one person: under the old login and under the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from factories import event, write_export
from kit import case, open_log, recovery
from kit.analysis.failures import failures
from kit.analysis.incidents import incidents
from kit.analysis.names import find_user
from kit.analysis.one_user import user_events
from kit.analysis.retry import retry_rows
from kit.lake import Lake, add

if TYPE_CHECKING:
    from pathlib import Path

    from kit.log.log import Log

OLD, NEW = "ada.lovelace@example.com", "ada.lovelace@subsidiary.example.com"
ADA, BOB, CY = "00uadaaaaaaaaaaaaaaa", "00ubobbbbbbbbbbbbbbb", "00ucyyyyyyyyyyyyyyyy"


def attempt(
    hour: int, login: str, number: str, *, worked: bool = False, name: str | None = None
) -> dict[str, Any]:
    """A push for a user of an id, at an hour of one day."""
    made = event(
        f"2026-10-27T{hour:02}:00:00.000Z",
        result="SUCCESS" if worked else "FAILURE",
        reason=None if worked else "AADSTS50126: Error validating credentials",
        user=login,
    )
    made["target"][-1]["id"] = number
    if name:
        made["target"][-1]["displayName"] = name
    return made


def profile_change(hour: int, login: str, number: str) -> dict[str, Any]:
    """A change of a user's profile."""
    made = attempt(hour, login, number, worked=True)
    return made | {"eventType": "user.account.update_profile", "target": made["target"][-1:]}


def log_of(path: Path, *events: dict[str, Any]) -> Log:
    """Open a file of some events."""
    return open_log(str(write_export(path / "log.ndjson", events)))


def left(log: Log) -> tuple[str, ...]:
    """Who is left of the one incident of a log."""
    (one,) = incidents(log, all=True)
    return one.left


def test_what_works_under_the_new_login_ends_what_failed_under_the_old_one(tmp_path: Path) -> None:
    log = log_of(
        tmp_path,
        attempt(9, OLD, ADA),
        attempt(10, "bob@example.com", BOB),
        profile_change(11, NEW, ADA),
        attempt(12, NEW, ADA, worked=True),
        attempt(13, "bob@example.com", BOB, worked=True),
    )
    assert left(log) == ()
    assert set(recovery(log)["state"]) == {"recovered"}


def test_a_renamed_user_who_still_fails_is_one_and_listed_by_the_new_login(tmp_path: Path) -> None:
    zoe = "zoe@example.com"
    log = log_of(
        tmp_path, attempt(9, zoe, ADA), profile_change(10, zoe, ADA), attempt(11, NEW, ADA)
    )
    (one,) = incidents(log)
    assert (one.users, one.left, one.width) == (1, (NEW,), "user")
    found = case(log)
    assert found is not None
    assert found.still_failing == [NEW]
    assert list(retry_rows(log, [one], log.window().until)["user"]) == [NEW]


def test_where_no_change_shows_an_id_is_shared(tmp_path: Path) -> None:
    """Exports may be masked: one id for all people, who come one after the other."""
    log = log_of(
        tmp_path,
        attempt(9, OLD, ADA, name="Ada"),
        attempt(12, "bo@example.com", ADA, worked=True, name="Ada"),
    )
    assert left(log) == (OLD,)


def test_before_the_new_login_was_seen_the_old_one_is_left(tmp_path: Path) -> None:
    log = log_of(
        tmp_path,
        attempt(9, OLD, ADA),
        profile_change(11, NEW, ADA),
        attempt(12, NEW, ADA, worked=True),
    )
    (one,) = incidents(log, "2026-10-27T10:00:00Z")
    assert one.left == (OLD,)
    assert list(recovery(log, until="2026-10-27T10:00:00Z")["user"]) == [OLD]


@pytest.mark.parametrize("name", [OLD, NEW, NEW.upper(), ADA])
def test_a_users_history_is_whole_under_each_name(name: str, tmp_path: Path) -> None:
    log = log_of(
        tmp_path,
        attempt(9, OLD, ADA),
        profile_change(11, NEW, ADA),
        attempt(12, NEW, ADA, worked=True),
    )
    key = find_user(log, name)
    window = log.window()
    rows = user_events(log, window, key, failures(log, window, user_key=key))
    assert [one for one in rows["what"] if one in {"failed", "worked"}] == ["failed", "worked"]


def test_a_login_that_was_given_to_somebody_else_is_nobodys_alone(tmp_path: Path) -> None:
    """Ada became another, and a new Ada got her login: the first one's success is not hers."""
    log = log_of(
        tmp_path,
        attempt(8, OLD, ADA, worked=True),
        profile_change(9, NEW, ADA),
        attempt(10, NEW, ADA, worked=True),
        attempt(11, OLD, CY),
        attempt(12, NEW, ADA, worked=True),
    )
    assert left(log) == (OLD,)


def test_an_id_that_many_share_at_a_time_makes_nobody_one_person(tmp_path: Path) -> None:
    log = log_of(
        tmp_path,
        attempt(9, "ada@example.com", ADA),
        attempt(10, "bob@example.com", ADA),
        attempt(11, "ada@example.com", ADA),
        attempt(12, "bob@example.com", ADA, worked=True),
    )
    assert left(log) == ("ada@example.com",)


def test_the_id_of_an_app_user_is_no_users(tmp_path: Path) -> None:
    number = "0uaaaaaaaaaaaaaaaaaa"
    log = log_of(tmp_path, attempt(9, OLD, number), attempt(12, NEW, number, worked=True))
    assert left(log) == (OLD,)


def test_a_lake_that_was_asked_before_the_rename_knows_of_it_after(tmp_path: Path) -> None:
    first = [attempt(9, OLD, ADA), attempt(10, "bob@example.com", BOB)]
    second, third = (
        attempt(12, NEW, ADA, worked=True),
        attempt(13, "bob@example.com", BOB, worked=True),
    )
    lake = Lake(tmp_path / "lake")
    for events, who in (
        (first, (OLD, "bob@example.com")),
        ([profile_change(11, NEW, ADA), second], ("bob@example.com",)),
        ([third], ()),
    ):
        add(lake, [write_export(tmp_path / "export.ndjson", events)])
        assert left(open_log(lake.address)) == who
