"""An incident and its latest outage may begin apart: sentence and picture say both, by one name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from incident_histories import CODES, DEACTIVATE, failed, on

import kit
from factories import write_export
from kit.display.parts import Chart

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from incident_histories import Attempt

APART = [on(0, "z"), failed(1, "a"), on(1.2, "z"), on(2.9, "z"), failed(3, "b"), on(3.2, "z")]
AT_ONCE = [on(0, "z"), failed(3, "a"), failed(3.01, "b")]
BACK = [on(0, "z"), failed(1), on(1.5), on(7, "z"), failed(8, "a"), failed(8.01, "b")]
FOR_SOME = [on(0, "z"), failed(1, "a"), on(1.2, "z"), failed(3, "b"), on(3.2, "z"), on(4, "a")]
IN_BETWEEN = [
    on(0, "z"),
    failed(3, "a"),
    failed(3.01, "b"),
    on(3.04, "a"),
    on(3.05, "b"),
    failed(3.09, "c"),
    failed(3.1, "d"),
]


def report(folder: Path, history: Sequence[Attempt], name: str = "remediation") -> Any:
    """The report of one code on one app."""
    path = write_export(folder / "log.ndjson", [one.event() for one in history])
    if name == "failure_trends":
        return kit.trends_report(str(path))
    make: Any = {"remediation": kit.remediation_report, "error_code": kit.error_code_report}[name]
    return make(str(path), code=CODES[0])


def picture(one: Any) -> str:
    """What the page's picture says, in words."""
    (chart,) = [part for part in one.headline().parts if isinstance(part, Chart)]
    return str(chart.figure()[1])


@pytest.mark.parametrize("name", ["remediation", "error_code", "failure_trends"])
def test_a_picture_marks_the_first_failure_apart_from_the_latest_outage(
    tmp_path: Path, name: str
) -> None:
    text = picture(report(tmp_path, APART, name))

    assert "first failure 3 Mar 2026, 00:00 UTC" in text
    assert "latest outage 5 Mar 2026, 00:00 UTC" in text
    assert "onset" not in text


@pytest.mark.parametrize("name", ["remediation", "error_code", "failure_trends"])
def test_what_began_once_has_one_onset(tmp_path: Path, name: str) -> None:
    one = report(tmp_path, AT_ONCE, name)

    assert "onset 5 Mar 2026, 00:00 UTC" in picture(one)
    assert "latest outage" not in picture(one) + one.headline().text() + one.headline_text


def test_the_sentence_names_both_beginnings_as_the_picture_does(tmp_path: Path) -> None:
    one = report(tmp_path, APART)

    sentence = one.headline().text().splitlines()[1]
    assert "since 3 Mar 2026, 00:00 UTC" in sentence
    assert sentence.endswith("The latest outage began 5 Mar 2026, 00:00 UTC.")
    both = "since 3 Mar 2026, 00:00 UTC (the latest outage since 5 Mar 2026, 00:00 UTC)"
    assert both in one.headline_text
    assert f"Since: {both[6:]}" in one.ticket().text()
    assert f"Since: {both[6:]}" in one.cause().text()
    assert "1 user hit in the latest outage and 1 before it" in one.headline_text


def test_what_came_back_has_its_first_failure_and_its_return_marked(tmp_path: Path) -> None:
    one = report(tmp_path, BACK)

    assert "again since 10 Mar 2026, 00:00 UTC" in one.headline().text()
    assert "first failure 3 Mar 2026, 00:00 UTC" in picture(one)
    assert "latest outage 10 Mar 2026, 00:00 UTC" in picture(one)
    assert "again 10 Mar" not in picture(one)


def test_what_came_back_names_those_left_beside_all_who_were_hit(tmp_path: Path) -> None:
    text = report(tmp_path, BACK, "failure_trends").headline().text()

    assert "broken again since 10 Mar 2026, 00:00 UTC: all fail with AADSTS50126, 2 people" in text
    assert "2 people left of 2 since 3 Mar 2026, 00:00 UTC." in text


def test_a_leaver_is_said_to_have_access_still(tmp_path: Path) -> None:
    history = [on(0, "z"), failed(1, "gone", DEACTIVATE), on(2, "z")]
    for name in ("remediation", "failure_trends"):
        sentence = report(tmp_path, history, name).headline().text().splitlines()[1]
        assert sentence == (
            "gone@example.com still has Microsoft Office 365: deactivating fails since "
            "3 Mar 2026, 00:00 UTC with AADSTS50126."
        )


def test_a_picture_shows_what_the_source_does_not_hold(tmp_path: Path) -> None:
    """A day without data is no day without failures."""
    path = write_export(tmp_path / "log.ndjson", [one.event() for one in APART])
    for make in (kit.trends_report, kit.remediation_report):
        text = picture(make(str(path), since="2026-03-02", until="2026-03-10"))
        assert "No data from 5 Mar 2026, 04:48 UTC to" in text
    assert "No data" not in picture(report(tmp_path, APART))


def test_what_works_for_some_of_those_hit_is_not_said_to_be_not_fixed(tmp_path: Path) -> None:
    """The status word, the tile and the headline say the same."""
    one = report(tmp_path, FOR_SOME)
    text = one.headline().text()

    assert one.condition == "fixed_some_left"
    assert "in part fixed (it works for some of those hit)" in text
    assert "of 2 hit" in text
    assert "It is not fixed" not in one.headline_text
    assert "It works again for some since 6 Mar 2026, 00:00 UTC." in one.headline_text


def test_one_person_is_not_told_to_be_retried_before_the_rest(tmp_path: Path) -> None:
    assert "one first" not in report(tmp_path, FOR_SOME).headline().text()
    assert "2 people, one first, then the rest" in report(tmp_path, APART).headline().text()


@pytest.mark.parametrize("name", ["remediation", "error_code", "failure_trends"])
def test_an_outage_that_worked_in_its_midst_began_before_it_came_again(
    tmp_path: Path, name: str
) -> None:
    text = picture(report(tmp_path, IN_BETWEEN, name))

    assert "onset 5 Mar 2026, 00:00 UTC" in text
    assert "again 5 Mar 2026, 02:09 UTC" in text
    assert "latest outage" not in text
