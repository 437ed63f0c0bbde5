"""Small tables of where attempts came from: failures beside successes, where the log says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kit
from factories import REFUSED, event, write_export

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

USER = "ada@example.com"


def sign_in(
    minute: int, country: str | None, *, works: bool = False, network: int = 0, user: str = USER
) -> dict[str, Any]:
    """A sign-in from somewhere."""
    place = {"geographicalContext": {"country": country}} if country else {}
    actor = {"id": f"00u{user}", "type": "User", "alternateId": user, "displayName": user}
    return event(
        f"2026-10-27T09:{minute:02d}:00.000Z",
        type_="user.session.start",
        result="SUCCESS" if works else "FAILURE",
        reason=None if works else "INVALID_CREDENTIALS",
        user=None,
        app=None,
        actor=actor,
        client={"userAgent": {"os": "iOS", "browser": "SAFARI"}, **place},
        securityContext={"asNumber": network, "asOrg": "Example Net"} if network else {},
        transaction=f"t{minute}",
    )


def rows_of(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """A table's rows."""
    return list(table.itertuples(index=False, name=None))


def origins(report: Any) -> list[tuple[Any, ...]]:
    """The rows of the table of a report, whichever section it stands in."""
    section = report.stands() if hasattr(report, "stands") else report.apps()
    tables = [part for part in section.parts if getattr(part, "anchor", "") == "origins"]
    return rows_of(tables[0].rows) if tables else []


EVENTS = [
    sign_in(1, "Norway", works=True),
    sign_in(2, "Norway", works=True),
    sign_in(3, "Peru", network=64500),
    sign_in(4, "Peru"),
    sign_in(5, None),
    sign_in(6, "Peru", works=True, user="bo@example.com"),
]


def test_a_users_failures_stand_beside_what_worked_by_where_they_came_from(tmp_path: Path) -> None:
    """Another user's do not count; of a network, what is not said is counted, too."""
    path = write_export(tmp_path / "log.ndjson", EVENTS)

    assert origins(kit.user_history_report(str(path), user=USER)) == [
        ("country", "Peru", 2, 0),
        ("country", "Norway", 0, 2),
        ("country", "not in the log", 1, 0),
        ("network", "AS64500 Example Net", 1, 0),
        ("network", "not in the log", 2, 2),
        ("client", "iOS, SAFARI", 3, 2),
    ]


def test_a_codes_failures_stand_beside_what_worked_at_the_same_operations(tmp_path: Path) -> None:
    """Of everybody, and of no other operation."""
    pushed = event("2026-10-27T09:07:00.000Z", reason=REFUSED, user=USER)
    path = write_export(tmp_path / "log.ndjson", [*EVENTS, pushed])

    report = kit.error_code_report(str(path), code="INVALID_CREDENTIALS")

    assert origins(report)[:3] == [
        ("country", "Peru", 2, 1),
        ("country", "Norway", 0, 2),
        ("country", "not in the log", 1, 0),
    ]


def test_nothing_is_shown_where_the_log_says_nothing_of_the_failures(tmp_path: Path) -> None:
    """That what worked came from somewhere is no answer to where failures came from."""
    worked = sign_in(1, "Norway", works=True)
    path = write_export(tmp_path / "log.ndjson", [worked, event(reason=REFUSED, user=USER)])

    report = kit.user_history_report(str(path), user=USER)

    assert origins(report) == []
    assert "came from" not in report.stands().text()


def test_many_values_are_summed_up_and_the_table_folded(tmp_path: Path) -> None:
    events = [sign_in(n, f"Country {n:02d}") for n in range(1, 12)]
    path = write_export(tmp_path / "log.ndjson", [*events, sign_in(12, "Country 01")])

    report = kit.user_history_report(str(path), user=USER)

    rows = origins(report)
    assert rows[0] == ("country", "Country 01", 2, 0)
    assert [row[1:] for row in rows if "other" in row[1]] == [("6 others", 6, 0)]
    assert sum(row[2] for row in rows if row[0] == "country") == 12
    assert "<summary>Where the failed" not in report.stands().html()
    assert len(rows) == 7
