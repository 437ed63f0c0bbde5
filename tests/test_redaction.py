"""A report without names: nothing that names a person is in any byte of it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from kit.reports.people import People
from kit.reports.pseudonyms import Key
from made import REFUSED, event

if TYPE_CHECKING:
    from pathlib import Path

NAMED = "Quillon Brackwater"
LOGIN = "quillon.brackwater@example.com"
ADMIN = "Zephyrine Oxtoby"
PLANTED = (
    "Quillon",
    "Brackwater",
    "quillon.brackwater",
    "00uquillon",
    "Zephyrine",
    "Oxtoby",
    "zoxtoby",
    "203.0.113.77",
    "2001:db8:77::5",
    "PlantedPhone",
    "Plantedville",
    "stranger.elsewhere",
)


def planted(path: Path) -> None:
    """An export whose every field about people is planted with names."""
    agent = {"rawUserAgent": "PlantedPhone/7.7", "os": "PlantedPhone OS", "browser": "PlantedPhone"}
    more: dict[str, Any] = {
        "actor": {
            "id": "00uzoxtoby",
            "type": "User",
            "alternateId": "zoxtoby@example.com",
            "displayName": ADMIN,
        },
        "client": {
            "ipAddress": "203.0.113.77",
            "device": "PlantedPhone",
            "userAgent": agent,
            "geographicalContext": {"city": "Plantedville", "country": "Nowhere"},
        },
        "debugContext": {"debugData": {"who": LOGIN, "requestId": "r1"}},
    }
    told = (
        f"Automatic provisioning of user {NAMED} to app Microsoft Office 365 failed: "
        f"{REFUSED} (asked by {ADMIN}, brackwater, {LOGIN.upper()}, "
        "stranger.elsewhere@example.org, 203.0.113.77, 2001:db8:77::5)"
    )
    target = [
        {
            "id": "0oa1",
            "type": "AppInstance",
            "alternateId": "Microsoft Office 365",
            "displayName": "Microsoft Office 365",
        },
        {"id": "00uquillon", "type": "User", "alternateId": LOGIN, "displayName": NAMED},
    ]
    events = [
        event(f"2026-10-27T09:{minute:02}:00Z", transaction=f"t{minute}", reason=told, **more)
        | {"target": target}
        for minute in range(5, 15)
    ]
    events += [event("2026-10-27T08:00:00Z", user="b@example.com", result="SUCCESS")]
    text = "".join(json.dumps(one) + "\n" for one in events)
    path.write_text(text + '{"uuid": "broken", "who": "Quillon Brackwater"}\n', encoding="utf-8")


def okta_kit(*words: str, key: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with a key."""
    return subprocess.run(
        [sys.executable, "-m", "kit", *words],
        env={**os.environ, "OKTA_KIT_REDACT_KEY": str(key)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both notebooks run without names on planted events."""
    folder = tmp_path_factory.mktemp("redacted")
    planted(folder / "export.ndjson")
    key, out = folder / "key.json", folder / "out"
    for name in ("failure_trends", "remediation"):
        source = ["--source", str(folder / "export.ndjson"), "--redact"]
        done = okta_kit("report", name, *source, "--out", str(out), key=key)
        assert done.returncode == 0, done.stderr
    return {"key": key, "out": out, "export": folder / "export.ndjson"}


def test_no_planted_name_is_in_any_byte_of_the_reports(made: dict[str, Path]) -> None:
    """Page, notebook, summary and index, without case."""
    files = [path for path in made["out"].rglob("*") if path.is_file()]

    assert len(files) == 8  # three each, the index and its lock
    for path in files:
        held = path.read_bytes().decode().casefold()
        assert [name for name in PLANTED if name.casefold() in held] == []


def test_the_answer_is_the_same_without_names(made: dict[str, Path]) -> None:
    """Counts, codes and coverage do not depend on who it was; the page says what was done."""
    (folder,) = (made["out"] / "remediation").glob("*/")
    facts = json.loads((folder / "summary.json").read_text(encoding="utf-8"))

    assert (facts["results"]["code"], facts["results"]["affected"]) == ("AADSTS50126", 1)
    assert [gap["until"] for gap in facts["coverage"]["gaps"]] == ["2026-10-27T08:00:00Z"]
    assert facts["source"] == str(made["export"])
    assert facts["redacted"] is True
    assert "replaced by pseudonyms" in (folder / "report.html").read_text(encoding="utf-8")


def test_the_key_resolves_a_pseudonym_and_is_the_owners_alone(made: dict[str, Path]) -> None:
    """Whoever holds the key learns whom a pseudonym stands for."""
    (folder,) = (made["out"] / "remediation").glob("*/")
    facts = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    (login,) = facts["results"]["still_failing"]

    done = okta_kit("reports", "resolve", login, key=made["key"])
    wrong = okta_kit("reports", "resolve", "user-nobody", key=made["key"])

    assert login.startswith("user-")
    assert done.stdout == f"{LOGIN}\n"
    assert stat.S_IMODE(made["key"].stat().st_mode) == 0o600
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def test_a_key_inside_the_reports_is_refused(made: dict[str, Path], tmp_path: Path) -> None:
    """It would lie beside what it protects."""
    done = okta_kit(
        "report", "failure_trends", "--redact", "--out", str(tmp_path), key=tmp_path / "key.json"
    )

    assert done.returncode == 2
    assert "must not lie in" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_same_value_has_the_same_pseudonym_in_every_text(tmp_path: Path) -> None:
    """Without case, in a sentence as alone, and after the key was read anew."""
    key = Key.made(tmp_path / "key.json")
    people = People(key)
    login = key.pseudonym("login", LOGIN)
    people.add("login", LOGIN, login)
    people.add("name", NAMED, key.pseudonym("name", NAMED, of=LOGIN))
    key.save()

    again = Key(tmp_path / "key.json")

    assert again.pseudonym("login", LOGIN.upper()) == login
    assert again.resolve(login) == LOGIN
    assert people.redact(f"{NAMED}, ({LOGIN}): quillon.brackwater") == (
        f"Person {login[5:]}, ({login}): {login}"
    )
