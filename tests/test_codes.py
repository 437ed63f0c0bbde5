"""codes lists the catalogue, and what a source holds that it does not know."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from factories import write_export
from kit.analysis.unknown_codes import drift
from kit.catalogue import OWN, load
from kit.catalogue.coding import code_message
from kit.commands.app import run_command
from kit.messages import parse

if TYPE_CHECKING:
    from pathlib import Path

SAID = "Automatic provisioning of user {} to app Ledger failed: Ledger {} refused the row: sealed"


def _codes(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run_command(["codes", *words]) == 0
    return capsys.readouterr().out


def _refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run_command(["codes", *words]) == 2
    return capsys.readouterr().err


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Five failures that nobody knows, one known one, and two events of an unknown type."""
    events = [
        _event(1, reason=SAID.format("Ada", 4417)),
        _event(2, reason=SAID.format("Bo", 9)),
        _event(3, reason=SAID.format("=Cy", 12)),
        _event(4, reason='{"error": {"code": "LEDGER_GONE", "message": "gone"}}'),
        _event(5, reason="The quux would not frobnicate"),
        _event(6, reason="400 AADSTS50126: Error validating credentials"),
        _event(7, event_type="ledger.period.closed", result="SUCCESS"),
        _event(8, event_type="ledger.period.closed", result="SUCCESS"),
        _event(9, reason="HTTP 418 I'm a teapot"),
    ]
    path = tmp_path / "export.ndjson"
    write_export(path, events)
    return path


def _event(
    number: int,
    *,
    reason: str | None = None,
    event_type: str = "application.provision.user.push",
    result: str = "FAILURE",
) -> dict[str, Any]:
    return {
        "uuid": f"e{number}",
        "published": f"2026-10-27T09:0{number}:00Z",
        "eventType": event_type,
        "displayMessage": f"What {event_type} says",
        "outcome": {"result": result, "reason": reason},
        "target": [{"type": "AppInstance", "id": "a1", "displayName": "Ledger"}],
    }


def test_the_catalogue_is_listed_with_all_that_a_person_filters_by(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One row a code, in a fixed order of columns."""
    rows = list(csv.DictReader(io.StringIO(_codes(capsys, "--format", "csv"))))

    assert list(rows[0]) == [
        "code",
        "family",
        "owner",
        "retry",
        "blast_radius",
        "evidence",
        "remedy",
        "meaning",
        "kind",
    ]
    assert {row["code"] for row in rows} == set(load().codes)
    (seed,) = [row for row in rows if row["code"] == "AADSTS50126"]
    assert seed["owner"] == "okta_admin"
    assert seed["kind"] == "credentials_refused"
    assert seed["remedy"] == "office365_credential"


def test_the_list_is_filtered_by_words_family_and_owner(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All filters have to fit; words in any order, the family by its beginning."""
    found = json.loads(
        _codes(
            capsys,
            *("--search", "seats PRODUCT", "--family", "microsoft graph"),
            *("--owner", "microsoft_admin", "--format", "json"),
        )
    )

    assert [row["code"] for row in found] == ["CountViolation"]


def test_a_wrong_filter_is_refused_with_the_right_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt owner or family is no empty list."""
    assert "it is one of app_owner, " in _refused(capsys, "--owner", "me")
    assert "Did you mean 'Slack data'?" in _refused(capsys, "--family", "Slak data")
    assert "leave --source out" in _refused(capsys, "--search", "x", "--source", "sample")
    assert "belong to --source" in _refused(capsys, "--since", "7d")


def test_what_a_source_holds_and_the_catalogue_not_is_listed_by_count(export: Path) -> None:
    """Codes first, the most frequent on top, each with the earliest example; then event types."""
    found = drift([str(export)])

    told = [(row["kind"], row["events"], row["app"]) for row in found.rows]
    assert told == [
        ("code", 3, "Ledger"),
        ("code", 1, "Ledger"),
        ("code", 1, "Ledger"),
        ("event type", 2, "Ledger"),
    ]
    assert found.rows[0]["name"].startswith("UNKNOWN_")
    assert found.rows[0]["example"] == SAID.format("Ada", 4417)
    assert found.rows[0]["first_seen"] == "2026-10-27T09:01:00Z"
    assert found.rows[0]["last_seen"] == "2026-10-27T09:03:00Z"
    assert {row["name"] for row in found.rows[1:]} > {"LEDGER_GONE", "ledger.period.closed"}
    assert found.sentence.startswith("3 codes and 1 event type that the catalogue does not know")


def test_drift_keeps_to_the_window(export: Path) -> None:
    """Events before it count as little as events after it."""
    found = drift([str(export)], since="2026-10-27T09:02:00Z", until="2026-10-27T09:03:00Z")

    assert [row["events"] for row in found.rows] == [1]
    assert found.rows[0]["example"] == SAID.format("Bo", 9)


def test_a_source_without_anything_unknown_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty list, and a sentence on what was looked at."""
    path = tmp_path / "one.ndjson"
    path.write_text(json.dumps(_event(1, reason="Unauthorized")), encoding="utf-8")

    assert run_command(["codes", "--source", str(path), "--format", "json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == []
    assert "0 codes and 0 event types" in printed.err


def test_a_cell_cannot_become_a_formula(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An example is somebody else's text."""
    path = tmp_path / "one.ndjson"
    path.write_text(json.dumps(_event(1, reason="=1+1 is no reason")), encoding="utf-8")

    (row,) = csv.DictReader(io.StringIO(_codes(capsys, "--source", str(path), "--format", "csv")))
    assert row["example"] == "'=1+1 is no reason"


def test_what_is_unknown_becomes_a_remedy_that_works(
    export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The printed file, saved under its id, knows the text for every user from then on."""
    unknown = drift([str(export)]).rows[0]["name"]
    text = _codes(capsys, "--source", str(export), "--as-remedy", unknown)
    name = next(line for line in text.splitlines() if line.startswith("id: "))[4:]
    own = tmp_path / "own"
    own.mkdir()
    (own / f"{name}.md").write_text(text, encoding="utf-8")
    monkeypatch.setenv(OWN, str(own))
    catalogue = load()

    assert catalogue.mistakes == ()
    for user, ledger in (("Dee", 7), ("Ada Lovelace", 123456)):
        code = code_message(parse(SAID.format(user, ledger)), catalogue)
        remedy = catalogue.remedy(code)
        assert remedy is not None
        assert remedy.id == name
    after = drift([str(export)])
    assert unknown not in [row["name"] for row in after.rows]


@pytest.mark.parametrize(
    "asked",
    [
        SAID.format("Ada", 4417),
        "LEDGER_GONE",
        'Ledger said: "no" \\ : # {x} [y] & *z',
        "Ledger said\x1b[2J - no: 'quotes' and ''",
        "…",
    ],
)
def test_any_text_begins_a_remedy(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever stands in a message, the file can be read back."""
    text = _codes(capsys, "--as-remedy", asked)
    name = next(line for line in text.splitlines() if line.startswith("id: "))[4:]
    (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    monkeypatch.setenv(OWN, str(tmp_path))

    assert load().mistakes == ()
    assert "\x1b" not in text


def test_a_known_code_gives_its_own_file_and_an_event_type_a_row(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To be changed in a folder of one's own; a type is a line of event_types.csv."""
    assert "id: slack_data" in _codes(capsys, "--as-remedy", "long_username")

    row = _codes(capsys, "--source", str(export), "--as-remedy", "ledger.period.closed")
    assert row == (
        "event_type,operation,verdict,meaning\n"
        'ledger.period.closed,,,"What ledger.period.closed says"\n'
    )
    assert "Did you mean 'LEDGER_GONE'?" in _refused(
        capsys, "--source", str(export), "--as-remedy", "LEDGR_GONE"
    )


def test_a_mistake_in_the_users_folder_is_said_beside_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, in a line; the answer comes all the same."""
    (tmp_path / "x.md").write_text("no front matter\n", encoding="utf-8")
    monkeypatch.setenv(OWN, str(tmp_path))

    for words in (["codes", "--search", "50126"], ["explain", "AADSTS50126"]):
        assert run_command(words) == 0
        printed = capsys.readouterr()
        assert "AADSTS50126" in printed.out
        (line,) = printed.err.splitlines()
        assert "x.md: it does not begin with front matter" in line
