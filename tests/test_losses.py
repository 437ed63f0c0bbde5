"""Events that a table cut off or wrote unreadably are skipped, counted and named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from factories import REFUSED, event
from forms import console, table
from kit.lake import Lake, add
from kit.log.log import open_log

if TYPE_CHECKING:
    from pathlib import Path

FIRST, SECOND = (
    {
        **event(f"2026-10-27T09:0{n}:00Z", reason=REFUSED),
        "client": {"ipAddress": "192.0.2.7"},
        "debugContext": {"debugData": {"requestId": "r"}},
    }
    for n in (1, 2)
)
LONG = {**SECOND, "note": "ä€𝄞" * 20_000}


def cut(text: str) -> str:
    """A text as a spreadsheet keeps it."""
    return text.encode("utf-16-le")[: 2 * 32_767].decode("utf-16-le", "ignore")


def flat(one: dict[str, Any], target: str) -> dict[str, Any]:
    """A row with targets as text."""
    row = {k: v for k, v in console(one).items() if not k.startswith("target")}
    return {**row, "target": target}


STRUCT = "[{id=0oa1, type=AppInstance, alternateid=a, displayname=Slack, Inc}]"
ROWS = {
    "an event": [{"id": n, "_raw": cut(json.dumps(one, ensure_ascii=False))}
                 for n, one in enumerate((FIRST, LONG))],
    "its targets": [
        flat(FIRST, json.dumps(FIRST["target"])),
        flat(SECOND, cut(json.dumps([{"id": "x" * 40_000}]))),
    ],
}  # fmt: skip


@pytest.mark.parametrize("what", ROWS)
def test_a_cell_that_a_spreadsheet_cut_off_is_skipped_and_said(tmp_path: Path, what: str) -> None:
    """An event without its targets would be counted as another failure."""
    path = tmp_path / "a.csv"
    path.write_text(table(ROWS[what]), encoding="utf-8")
    lake = Lake(tmp_path / "lake")

    done = add(lake, [path])

    (line,) = done.skipped_lines
    assert done.events == 1
    assert "is cut off by a spreadsheet at 32,767 characters" in line.reason
    assert "failures and recoveries may be too few" in line.reason
    assert [hole.lines for hole in open_log(lake.address).holes] == [1]


def test_a_value_that_is_cut_elsewhere_says_where(tmp_path: Path) -> None:
    """A store that truncates fields, in JSON as in CSV."""
    rows = [flat(FIRST, json.dumps(FIRST["target"])), flat(SECOND, '[{"id": "0oa1", "ty')]
    for name, text in (("a.csv", table(rows)), ("b.json", "\n".join(map(json.dumps, rows)))):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")

        done = add(Lake(tmp_path / f"lake-{name}"), [path])

        assert (done.events, len(done.skipped_lines)) == (1, 1)
        assert "target is cut off after 19 characters" in done.skipped_lines[0].reason


def test_athenas_text_of_a_struct_is_refused_with_the_export_that_works(tmp_path: Path) -> None:
    """Its values may hold commas and signs of equality."""
    path = tmp_path / "a.csv"
    path.write_text(table([flat(FIRST, STRUCT)]), encoding="utf-8")

    done = add(Lake(tmp_path / "lake"), [path])

    assert done.events == 0
    assert "Amazon Athena" in done.skipped_lines[0].reason
    assert "UNLOAD" in done.skipped_lines[0].reason
