"""Events at the edges of the calendar are counted as all others, and nothing fails for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from factories import REFUSED, event
from kit.analysis.failures import failures
from kit.analysis.trends import trends
from kit.cases.case import case
from kit.commands.app import run_command
from kit.views.sections import close

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kit.log.log import Log

DAY = [f"2026-10-27T09:{minute:02d}:00.000Z" for minute in range(5)]


@pytest.mark.parametrize("at", ["1969-12-31T23:30:00.250Z", "1901-03-01T00:00:00.000Z"])
def test_a_failure_before_1970_is_counted_in_its_own_hour(
    at: str, log_of: Callable[..., Log]
) -> None:
    """Engines cut a remainder towards zero, and would look for it in the hour behind."""
    log = log_of(event(at, reason=REFUSED), event(at[:10] + "T23:50:00.000Z", result="SUCCESS"))
    window = log.window()

    counts = trends(log, window, bucket="hour")

    assert list(failures(log, window)["published"].dt.strftime("%Y-%m-%dT%H")) == [at[:13]]
    assert counts.totals["failures"] == counts.over_time["failures"].sum() == 1
    assert list(counts.over_time["bucket"].dt.strftime("%Y-%m-%dT%H")) == [at[:13]]
    assert counts.by_code["recovered"].sum() == 1


@pytest.mark.parametrize("far", ["0001-01-01T00:00:00.000Z", "9999-12-30T00:00:00.000Z"])
def test_one_event_far_away_costs_nobody_an_answer(far: str, log_of: Callable[..., Log]) -> None:
    """What is looked for shortly before it ends where the calendar does."""
    log = log_of(*(event(at, reason=REFUSED, user=f"u@{at}") for at in [*DAY, far]))
    window = log.window()

    incident = case(log, window)

    assert incident is not None
    assert close(incident).since < close(incident).until
    assert trends(log, window).totals["failures"] == len(DAY) + 1
    assert len(trends(log, window).over_time) <= len(DAY) + 1


def test_a_lake_lists_the_days_between_as_a_stretch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two thousand years of days without an event are one line."""
    export = tmp_path / "log.ndjson"
    lines = [json.dumps(event(at)) for at in ["0001-01-01T00:00:00.000Z", *DAY]]
    export.write_text("\n".join(lines), encoding="utf-8")

    assert run_command(["import", str(export), "--lake", str(tmp_path / "lake")]) == 0
    capsys.readouterr()
    assert run_command(["lake", "--lake", str(tmp_path / "lake"), "--json"]) == 0

    days = json.loads(capsys.readouterr().out)["days"]
    assert [day["events"] for day in days] == [1, 0, len(DAY)]
