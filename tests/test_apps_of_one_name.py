"""Two apps of one name, as where an app was deleted and made again: each page is of its own."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from factories import REFUSED, event, write_export
from kit.views.failure_trends import trends_report
from kit.views.remediation import remediation_report

if TYPE_CHECKING:
    from pathlib import Path

OLD = {"id": "0oaorders0000000old", "name": "Orders"}
NEW = {"id": "0oaorders0000000new", "name": "Orders"}


@pytest.fixture
def export(tmp_path: Path) -> str:
    """Two fail on the old app, which works again for both of them; one fails on the new one."""
    return str(
        write_export(
            tmp_path / "export.ndjson",
            [
                event("2026-10-20T09:00:00Z", user="a@example.com", app=OLD, reason=REFUSED),
                event("2026-10-20T09:01:00Z", user="b@example.com", app=OLD, reason=REFUSED),
                event("2026-10-20T10:00:00Z", user="a@example.com", app=OLD, result="SUCCESS"),
                event("2026-10-20T10:01:00Z", user="b@example.com", app=OLD, result="SUCCESS"),
                event("2026-10-20T11:00:00Z", user="c@example.com", app=NEW, reason=REFUSED),
            ],
        )
    )


def test_a_command_and_a_way_lead_to_the_page_of_the_app_that_fails(export: str) -> None:
    """Not to that of the app of its name with more users, which is over."""
    report = trends_report(export, since="")

    (deed,) = report.first_screen.deeds
    words = shlex.split(deed.command)
    (app,) = [word.removeprefix("app=") for word in words if word.startswith("app=")]
    page = remediation_report(export, since="", code="AADSTS50126", app=app)
    assert page.case is not None
    assert page.case.still_failing == ["c@example.com"]
    assert app in deed.way


def test_the_command_that_lists_whom_to_retry_names_the_page_s_own_app(export: str) -> None:
    """Where the name alone would list those of the other app, too."""
    page = remediation_report(export, since="", code="AADSTS50126", app=NEW["id"])

    (command,) = [line for line in page.headline().text().splitlines() if "--still-failing" in line]
    assert f"--app {NEW['id']}" in command
