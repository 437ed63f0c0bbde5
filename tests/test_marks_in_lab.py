"""In JupyterLab an incident is acknowledged where it is shown; a page shows what people said."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest
from incident_histories import failed

import kit.views.base
from factories import write_export
from kit.display.parts import Listing
from kit.lake.marks import read_marks
from kit.views.failure_trends import trends_report

if TYPE_CHECKING:
    from pathlib import Path

    from kit.views.failure_trends import TrendsReport


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrendsReport:
    """A report on two incidents, whose marks lie in a folder of the test's."""
    monkeypatch.setattr(kit.views.base, "REPORTS", tmp_path / "reports")
    history = [failed(1, "a"), failed(1.1, "b", code="AADSTS700016")]
    log = write_export(tmp_path / "log.ndjson", [one.event() for one in history])
    return trends_report(str(log))


def listing_of(report: TrendsReport) -> Listing:
    """The incidents with their marks."""
    (part,) = report.marks().parts
    assert isinstance(part, Listing)
    return part


def test_the_button_acknowledges_an_incident_for_the_next_report(
    report: TrendsReport, tmp_path: Path
) -> None:
    listing = listing_of(report)
    assert "nobody said anything" in listing.html()
    assert listing.act
    name, acknowledge = listing.act

    answer = acknowledge(listing.all.iloc[0])

    assert name == "Acknowledge"
    one = report.incidents[0]
    assert (listing.all["id"][0], one.mark) == (one.id, "acknowledged")
    assert f"{one.id} is acknowledged" in answer.text()
    assert read_marks(tmp_path / "reports")[one.id].mark == "acknowledged"
    assert "acknowledged" in listing_of(report).html()


def test_two_who_press_it_at_once_are_both_heard(report: TrendsReport, tmp_path: Path) -> None:
    listing = listing_of(report)
    assert listing.act
    presses = [Thread(target=listing.act[1], args=(row,)) for _, row in listing.all.iterrows()]
    for one in presses:
        one.start()
    for one in presses:
        one.join()

    assert len(read_marks(tmp_path / "reports")) == 2


def test_the_opened_row_says_what_else_can_be_said(report: TrendsReport) -> None:
    listing = listing_of(report)
    text = listing.open(listing.all.iloc[0]).text()

    assert f"okta-kit incidents mute {listing.all['id'][0]} --until 30d" in text
