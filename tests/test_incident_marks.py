"""What people say of incidents: kept beside the lake or the reports, by many writers."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from factories import event, write_export
from kit.analysis.incidents import condition, incidents
from kit.base.errors import SourceError
from kit.commands.app import run_command
from kit.lake import Lake
from kit.lake.marks import FILE, Mark, change_marks, marks_place, read_marks
from kit.log.log import open_log

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAID = Mark(mark="muted", note="retired", by="ada", at=datetime(2026, 10, 28, tzinfo=UTC))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """One failure of one user."""
    reason = "Remote API returned 409 username_taken"
    return write_export(tmp_path / "log.ndjson", [event(reason=reason)])


@pytest.fixture
def okta_kit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run ``okta-kit incidents`` on a source, its reports in a folder of their own."""

    def ask(*words: str, source: Path) -> tuple[int, str, str]:
        code = run_command(
            ["incidents", *words, "--source", str(source), "--out", str(tmp_path / "out")]
        )
        return code, *capsys.readouterr()

    return ask


def test_a_mark_of_a_file_source_lies_in_the_report_store(
    export: Path, okta_kit: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, said, _ = okta_kit("list", "--format", "json", source=export)
    (one,) = json.loads(said)
    assert (code, one["mark"], one["note"]) == (0, None, None)

    words = "mute", one["id"][:8], "--why", "retired", "--by", "ada"
    assert okta_kit(*words, source=export)[:2] == (0, one["id"] + "\n")

    (marked,) = json.loads(okta_kit("list", "--format", "json", source=export)[1])
    assert marked == {**one, "mark": "muted", "note": "retired"}
    kept = json.loads((tmp_path / "out" / FILE).read_bytes())
    assert (kept["format"], kept["version"], kept["marks"][one["id"]]["by"]) == (1, 1, "ada")
    okta_kit("note", one["id"], "still retired", source=export)
    (noted,) = json.loads(okta_kit("list", "--format", "json", source=export)[1])
    assert (noted["mark"], noted["note"]) == ("muted", "still retired")
    okta_kit("unmark", one["id"], source=export)
    assert json.loads(okta_kit("show", one["id"], source=export)[1]) == one


def test_a_mark_of_a_lake_lies_beside_it_and_counts_wherever_it_is_read(
    export: Path, okta_kit: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    assert run_command(["import", str(export), "--lake", str(lake)]) == 0
    (one,) = incidents(open_log(lake))
    okta_kit("ack", one.id, source=lake)

    (marked,) = incidents(open_log(lake))

    assert marked.mark == "acknowledged"
    assert (lake / FILE).is_file()
    assert not (tmp_path / "out").exists()
    assert Lake(lake).faults().losses == ()


def test_a_mark_ends_and_its_note_stays(log_of: Callable[..., Any]) -> None:
    from dataclasses import replace

    from kit.analysis.incidents import with_marks

    (one,) = incidents(log_of(event()))
    until = datetime(2026, 11, 1, tzinfo=UTC)
    marks = {one.id: replace(SAID, until=until)}

    (before,) = with_marks([one], marks, datetime(2026, 10, 31, tzinfo=UTC))
    (after,) = with_marks([one], marks, until)

    assert (before.mark, after.mark, after.note) == ("muted", None, "retired")
    said = [condition([each], coverage_complete=True) for each in (before, after)]
    assert said == ["all_clear", "some_failing"]


def test_two_writers_lose_no_mark(tmp_path: Path) -> None:
    def say(number: int) -> None:
        change_marks(tmp_path, lambda known: {**known, f"inc-{number}": SAID})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(say, range(24)))

    assert sorted(read_marks(tmp_path)) == sorted(f"inc-{n}" for n in range(24))


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 1, "marks": {"a": {"mark": "x"}}}', "1"])
def test_a_file_that_holds_no_marks_is_told_and_stays(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)

    with pytest.raises(SourceError, match="no file of marks"):
        change_marks(tmp_path, lambda known: known)

    assert (tmp_path / FILE).read_text() == text


def test_marks_of_a_newer_kit_are_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"format": 2, "marks": {}}')

    with pytest.raises(SourceError, match="newer"):
        read_marks(tmp_path)


def test_two_writers_to_a_store_lose_no_mark(bucket: Callable[..., str]) -> None:
    home = bucket()

    def say(number: int) -> None:
        change_marks(home, lambda known: {**known, f"inc-{number}": SAID})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(say, range(8)))

    assert sorted(read_marks(home)) == sorted(f"inc-{n}" for n in range(8))


def test_the_sample_and_files_have_their_marks_in_the_report_store(export: Path) -> None:
    assert marks_place(["sample"], "here") == marks_place([str(export)], "here") == "here"
    assert marks_place(["s3://bucket/lake"], "here") == "s3://bucket/lake"


def test_the_list_says_what_the_source_does_not_hold(
    export: Path, okta_kit: Callable[..., tuple[int, str, str]]
) -> None:
    """Silence after the last event is no sign that somebody succeeded, nor that nobody fails."""
    _, _, now = okta_kit("list", source=export)
    _, _, later = okta_kit("list", "--until", "2027-01-01", source=export)
    _, _, before = okta_kit("list", "--until", "2020-01-01", source=export)

    assert "not held" not in now
    assert re.search(r"at 2027-01-01T00:00:00Z; not held: .* to 1 Jan 2027, 00:00 UTC\.", later)
    assert re.search(r"0 over, at 2020-01-01T00:00:00Z; nothing before .* is held\.", before)


def test_an_unknown_id_is_a_mistake_and_an_empty_window_is_none(
    export: Path, okta_kit: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, said = okta_kit("ack", "inc-zzz", source=export)
    assert code == 2
    assert said.count("\n") == 1
    empty = "--since", "2026-12-01", "--until", "2026-12-01"
    code, listed, _ = okta_kit("list", "--format", "json", *empty, source=export)
    assert (code, len(json.loads(listed))) == (0, 1)
    code, listed, _ = okta_kit("list", "--format", "json", "--until", "2020-01-01", source=export)
    assert (code, json.loads(listed)) == (0, [])
    assert okta_kit("list", "--since", "soon", source=export)[0] == 2
    assert okta_kit("list", source=export.with_name("none.ndjson"))[0] == 3


def test_since_changes_nothing_and_the_list_of_the_sample_is_that_of_the_function(
    capsys: pytest.CaptureFixture[str],
) -> None:
    until = "2026-10-29"
    words = ["incidents", "list", "--source", "sample", "--until", until, "--format", "json"]
    answers = []
    for since in ("1d", "2026-10-05", "2026-10-29"):
        assert run_command([*words, "--since", since]) == 0
        answers.append(json.loads(capsys.readouterr().out))

    expected = [one.as_dict() for one in incidents(open_log("sample"), until)]
    assert answers == [expected] * 3
    words.remove("list")  # what the group does without a subcommand's name
    assert run_command(words) == 0
    assert json.loads(capsys.readouterr().out) == expected
