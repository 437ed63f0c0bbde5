"""A person is forgotten: nothing names them any more, and nobody else's failure is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from entra_forms import SignIn, write_form

import kit
from commands import command
from factories import REFUSED, event, write_export
from kit.base.errors import SourceError
from kit.base.windows import Window
from kit.lake import Lake, add
from kit.lake.erasure import erase, find_person
from kit.reports import run_report
from lakes import memory_address, parquet_uuids

if TYPE_CHECKING:
    from collections.abc import Callable

ADA = "ada@example.com"


def entity(login: str, id_: str = "", name: str = "") -> dict[str, str]:
    """An actor or target."""
    return {
        "id": id_ or f"00u{login}",
        "type": "User",
        "alternateId": login,
        "displayName": name or login.partition("@")[0].title() + " Lovelace",
    }


def failed(at: str, login: str, **more: Any) -> dict[str, Any]:
    """A failure of somebody's."""
    return event(at, reason=REFUSED, user=login, transaction=f"t{len(login)}{at}", **more)


def history() -> list[dict[str, Any]]:
    """Failures of several people on three days, in some of which Ada acts for others."""
    events = [
        failed(f"2026-10-0{day}T08:0{n}:00.000Z", login)
        for day in (1, 2, 3)
        for n, login in enumerate(
            (ADA, "bob@example.com", "ada@example.com.au", "nada@example.com")
        )
    ]
    acting = failed("2026-10-02T09:00:00.000Z", "eve@example.com")
    acting["actor"] = entity(ADA, name="Ada Lovelace")
    acting["displayMessage"] = "Pushed by Ada Lovelace (ADA@example.com)"
    renamed = failed("2026-10-03T09:00:00.000Z", "ada.king@example.com")
    renamed["target"][-1] = entity("ada.king@example.com", f"00u{ADA}", "Ada King")
    return [*events, acting, renamed]


def texts(lake: Lake) -> str:
    """All that a lake holds, as text: of event files every value."""
    parts = []
    for path in sorted(lake.folder.rglob("*")):
        if path.suffix == ".parquet":
            parts.append(
                json.dumps(pq.read_table(path, partitioning=None).to_pylist(), default=str)
            )
        elif path.is_file():
            parts.append(path.read_bytes().decode(errors="replace"))
    return "\n".join(parts).casefold()


@pytest.fixture
def filled(lake: Lake, tmp_path: Path) -> Lake:
    """A lake of that history."""
    add(lake, [write_export(tmp_path / "log.ndjson", history())])
    return lake


def logins(lake: Lake) -> list[str]:
    """Whose failures a lake holds."""
    return sorted(kit.failures(kit.open_log(lake.address))["user"])


@pytest.mark.parametrize("pseudonymise", [False, True])
def test_nothing_names_the_person_any_more(filled: Lake, *, pseudonymise: bool) -> None:
    """Neither by login, id or name, nor by the login that the id has later."""
    kit.failures(kit.open_log(filled.address))  # so that answers are kept

    erase(filled, find_person(filled, ADA.upper()), pseudonymise=pseudonymise)

    left = texts(filled)
    for text in ('"ada@example.com"', f'00u{ADA}"', "ada.king@", "ada king", "(ada@"):
        assert text not in left
    assert "ada@example.com.au" in left
    assert "nada@example.com" in left


def test_only_events_about_the_person_are_removed(filled: Lake) -> None:
    """In one that somebody else was hit in, a pseudonym stands for them."""
    before = logins(filled)

    done = erase(filled, find_person(filled, ADA))

    mine = {ADA, "ada.king@example.com"}
    assert logins(filled) == [login for login in before if login not in mine]
    assert (done.removed, done.replaced) == (4, 1)
    (acting,) = [
        json.loads(raw)
        for path in filled.folder.glob("date=2026-10-02/*.parquet")
        for raw in pq.read_table(path, partitioning=None)["raw"].to_pylist()
        if "eve@" in raw
    ]
    assert acting["actor"]["displayName"] == done.person.name
    assert "lovelace" not in acting["displayMessage"].casefold()


@pytest.mark.parametrize("pseudonymise", [False, True])
def test_what_okta_writes_for_nobody_in_particular_names_nobody(
    lake: Lake, tmp_path: Path, *, pseudonymise: bool
) -> None:
    """The id *unknown* of a refused sign-in is everybody's, as is a name of one word."""
    people = (ADA, "bob@example.com", "eve@example.com")
    refused = [
        event(
            f"2026-10-01T08:0{n}:00.000Z",
            type_="user.session.start",
            reason="INVALID_CREDENTIALS",
            user=None,
            app=None,
            actor={"id": "unknown", "type": "User", "alternateId": one, "displayName": "unknown"},
            client={"device": "Unknown"},
        )
        for n, one in enumerate(people)
    ]
    add(lake, [write_export(tmp_path / "log.ndjson", refused)])

    done = erase(lake, find_person(lake, ADA), pseudonymise=pseudonymise)

    assert (done.removed, done.replaced) == ((0, 1) if pseudonymise else (1, 0))
    assert not done.person.stands_in("an unknown user")
    devices = [
        pq.read_table(path)["client_device"] for path in lake.folder.glob("date=*/*.parquet")
    ]
    assert {one for column in devices for one in column.to_pylist()} == {"Unknown"}
    assert {"bob@example.com", "eve@example.com"} <= set(logins(lake))


@pytest.mark.parametrize("pseudonymise", [False, True])
def test_an_account_in_an_app_is_the_users_whatever_it_is_called(
    lake: Lake, tmp_path: Path, *, pseudonymise: bool
) -> None:
    """Also where only its id stands; a shared account leads to nobody else."""
    account = {"type": "AppUser", "alternateId": "alovelace", "displayName": "A. King-Lovelace"}
    pushed = failed("2026-10-01T08:00:00.000Z", ADA)
    pushed["target"].append({**account, "id": "0ua1234567890"})
    alone = failed("2026-10-01T09:00:00.000Z", ADA)
    alone["target"][-1] = {**account, "id": "0ua1234567890"}
    shared = failed("2026-10-01T10:00:00.000Z", "bob@example.com")
    shared["target"].append({**account, "id": "0ua0987654321", "displayName": "Team"})
    add(lake, [write_export(tmp_path / "log.ndjson", [pushed, alone, shared])])

    done = erase(lake, find_person(lake, ADA), pseudonymise=pseudonymise)

    assert (done.removed, done.replaced) == ((0, 2) if pseudonymise else (2, 0))
    assert "king-lovelace" not in texts(lake)
    assert texts(lake).count("alovelace") == texts(lake).count("0ua0987654321")
    assert "bob@example.com" in logins(lake)


def test_a_pseudonym_keeps_all_counts(filled: Lake) -> None:
    """Failures, people, and who belongs to which."""
    before = kit.failures(kit.open_log(filled.address))

    done = erase(filled, find_person(filled, ADA), pseudonymise=True)

    after = kit.failures(kit.open_log(filled.address))
    assert (done.removed, done.replaced) == (0, 5)
    columns = ["published", "code", "app", "state"]
    assert after[columns].to_dict("records") == before[columns].to_dict("records")
    # Two logins of one id were two users, and have one pseudonym.
    assert after["user_key"].nunique() == before["user_key"].nunique() - 1


def test_the_lake_says_that_events_were_removed_and_covers_what_it_covered(filled: Lake) -> None:
    """Only in windows that it concerns."""
    before = filled.covered_windows()

    erase(filled, find_person(filled, ADA))

    log = kit.open_log(filled.address)
    assert filled.covered_windows() == before
    (note,) = log.coverage(log.window()).notes
    assert note.startswith("4 events of a person who was forgotten on ")
    day = datetime(2026, 10, 1, tzinfo=UTC)
    (note,) = log.coverage(Window(day, day + timedelta(hours=12))).notes
    assert note.startswith("1 event of a person")
    assert command("lake", "--check", "--lake", filled.address).returncode == 0


def test_the_same_export_brings_nothing_back(filled: Lake, tmp_path: Path) -> None:
    """Also after the lake's hashes had to be worked out again."""
    erase(filled, find_person(filled, ADA))
    before = parquet_uuids(filled)
    for path in filled.folder.glob("_uuids/*"):
        path.unlink()

    done = add(filled, [tmp_path / "log.ndjson"])

    assert (done.events, parquet_uuids(filled)) == (0, before)


def test_what_another_writer_adds_meanwhile_is_found(filled: Lake, tmp_path: Path) -> None:
    """On a day that was done already."""
    late = write_export(tmp_path / "late.ndjson", [failed("2026-10-01T20:00:00.000Z", ADA)])
    days: list[str] = []

    def pull(day: str) -> None:
        if not days:
            add(filled, [late])
        days.append(day)

    erase(filled, find_person(filled, ADA), on_day=pull)

    assert days == ["2026-10-01", "2026-10-02", "2026-10-03", "2026-10-01"]
    assert ADA not in logins(filled)


def test_an_erasure_that_was_ended_is_finished_by_the_next_one(filled: Lake) -> None:
    """Each day is done in one step."""

    def end(day: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        erase(filled, find_person(filled, ADA), on_day=end)
    assert "ada.king@example.com" in logins(filled)

    erase(filled, find_person(filled, ADA))

    assert '"ada@example.com"' not in texts(filled)


def test_a_lake_in_a_store_forgets_too(tmp_path: Path) -> None:
    """And keeps nothing of what was replaced."""
    lake = Lake(memory_address())
    add(lake, [write_export(tmp_path / "log.ndjson", history())])

    done = erase(lake, find_person(lake, ADA))

    assert done.removed == 4
    assert ADA not in logins(lake)
    assert lake.storage.names("_retired") == []


def test_skipped_lines_and_marks_lose_the_name(filled: Lake, tmp_path: Path) -> None:
    """A line counts as before."""
    torn = json.dumps(failed("2026-10-02T10:00:00.000Z", ADA))[:-40]
    (tmp_path / "torn.ndjson").write_text(torn + "\n", encoding="utf-8")
    add(filled, [tmp_path / "torn.ndjson"])
    (filled.folder / "_incidents.json").write_text(json.dumps({"note": f"ask {ADA}"}))

    done = erase(filled, find_person(filled, ADA))

    assert done.skipped_lines == 1
    assert len(filled.skipped_lines()) == 1
    assert f"ask {ADA}" not in texts(filled)


def test_reports_that_name_the_person_go_and_others_stay(
    filled: Lake, notebook: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index, too, and what a redacted report's key says of them."""
    out, key = tmp_path / "reports", tmp_path / "key.json"
    key.write_text(
        json.dumps({"secret": "00", "known": {"user-x": ADA, "user-y": "b@example.com"}})
    )
    monkeypatch.setenv("OKTA_KIT_REDACT_KEY", str(key))
    naming = run_report(notebook(f"print('{ADA}')"), {"days": "1"}, out=out)
    other = run_report(notebook("print('nobody')"), {"days": "2"}, out=out)

    done = command("lake", "forget", ADA, "--lake", filled.address, "--out", out)

    assert done.returncode == 0, done.stderr
    assert "4 events removed, 1 report removed, 1 event with a pseudonym" in done.stdout
    assert "1 pseudonym resolved no longer" in done.stdout
    assert (naming.folder.exists(), other.folder.exists()) == (False, True)
    assert naming.folder.name not in (out / "index.html").read_text(encoding="utf-8")
    assert list(json.loads(key.read_text())["known"]) == ["user-y"]


def test_nobody_of_that_name_is_said(filled: Lake, tmp_path: Path) -> None:
    """Nothing is changed."""
    before = parquet_uuids(filled)

    done = command(
        "lake", "forget", "zoe@example.com", "--lake", filled.address, "--out", tmp_path / "none"
    )

    assert done.returncode == SourceError.exit_code
    assert "nothing names zoe@example.com" in done.stderr
    assert parquet_uuids(filled) == before


def test_a_vendors_records_of_the_person_go(filled: Lake) -> None:
    """Those of others stay."""
    records = [
        SignIn(datetime(2026, 10, 2, 8, n, tzinfo=UTC), 50126, id=f"id-{n}", account=account)
        for n, account in enumerate((ADA, "bob@example.com"))
    ]
    add(filled, map(Path, write_form("graph", records, filled.folder.parent)))

    done = erase(filled, find_person(filled, ADA))

    assert done.records == 1
    (file,) = filled.folder.glob("_vendor/*.parquet")
    assert pq.read_table(file)["account"].to_pylist() == ["bob@example.com"]
