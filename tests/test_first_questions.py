"""The first question of a large lake waits no longer than those after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from commands import command
from factories import event, write_export
from kit.analysis import trends
from kit.base.errors import SourceError
from kit.commands import lake as lake_commands
from kit.lake import Lake

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """One failing event and one that worked."""
    events = [
        event("2026-10-27T09:00:00Z", reason="AADSTS50126: no"),
        event("2026-10-27T10:00:00Z", result="SUCCESS"),
    ]
    return write_export(tmp_path / "export.ndjson", events)


def test_import_into_a_large_lake_leaves_what_all_questions_begin_with(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small lake is left to its first question, which is quick anyway."""
    place = tmp_path / "lake"
    assert command("import", str(export), "--lake", str(place)).returncode == 0
    assert not (place / "_kept").exists()

    monkeypatch.setattr(lake_commands, "_LARGE", 3)
    more = write_export(tmp_path / "more.ndjson", [event("2026-10-28T10:00:00Z")])
    assert command("import", str(more), "--lake", str(place)).returncode == 0
    answers = {path.stem for path in (place / "_kept").glob("*.json")}
    assert {"failures", "worked", "worked_again", "incidents", "episodes"} <= answers


def test_import_ends_well_where_the_questions_cannot_be_asked_ahead(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The events are in; who asks next meets the fault."""

    def fail(_: object) -> None:
        raise SourceError("it cannot be read")

    monkeypatch.setattr(lake_commands, "_LARGE", 1)
    monkeypatch.setattr(trends, "prepare", fail)
    assert command("import", str(export), "--lake", str(tmp_path / "lake")).returncode == 0
    assert len(Lake(tmp_path / "lake").names()) == 1
