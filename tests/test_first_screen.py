"""What a first screen says: values, before anything is drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import kit
from factories import M365, REFUSED, SLACK, event, write_export
from kit.analysis.incidents import Incident
from kit.analysis.trends import trends
from kit.analysis.usual import usual_rate
from kit.base.windows import Coverage, Window
from kit.display.first_screen import Deed, FirstScreen, Tile
from kit.reports.layout import fold_sections, opening_in_order, with_working_links
from kit.views.open_words import deeds_of, open_in_words
from kit.views.tiles import broken_tile, coverage_tile, leavers_tile, left_tile, rate_tile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kit.log.log import Log

START = datetime(2026, 10, 27, 9, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=4))
HELD = Coverage()


def incident(**more: Any) -> Incident:
    """An open incident of two people on Slack, or what is said otherwise."""
    values: dict[str, Any] = {
        "id": "inc-1",
        "app": "Slack",
        "app_id": "0oa1",
        "code": "no_such_code",
        "family": None,
        "state": "open",
        "since": START,
        "again_since": None,
        "last_failure": START,
        "fixed_at": None,
        "day": 1,
        "failures": 2,
        "users": 2,
        "left": ("ada@example.com", "bo@example.com"),
        "leavers": (),
        "width": "group",
    }
    return Incident(**{**values, **more})


def command(one: Incident) -> str:
    """A command that names the incident."""
    return f"okta-kit report {one.id}"


def test_tiles_count_a_person_once() -> None:
    """However many codes somebody fails with, and in whatever case the login is written."""
    same = incident(id="inc-2", code="other", left=("ADA@example.com",), app="Box")
    muted = incident(id="inc-3", left=("cy@example.com",), mark="muted", app="Asana")
    leaver = incident(id="inc-4", left=("eve@example.com",), leavers=("eve@example.com",))
    twice = replace(leaver, id="inc-5", app="Box", width="connection")
    every = [incident(), same, muted, leaver, twice]

    assert left_tile(every, "#x").number == "3"
    assert leavers_tile(every, "#x") == Tile("1", "leaver with access", "#x", "", "bad")
    assert broken_tile(every, "#x").number == "2"
    assert broken_tile(every, "#x").note == "1 wholly, 1 for some people only"


def test_a_rate_stands_out_at_twice_its_usual() -> None:
    assert rate_tile(10, 100, 0.02, "#r").note == "usually 2 %"
    assert rate_tile(10, 100, 0.02, "#r").tone == "bad"
    assert rate_tile(10, 100, 0.08, "#r").tone == ""
    assert rate_tile(2, 2, 0.0, "#r").tone == ""
    assert rate_tile(10, 100, None, "#r").note == "no usual yet"
    assert (rate_tile(0, 0, None, "#r").number, rate_tile(0, 9, 0.1, "#r").number) == ("–", "0 %")


def test_coverage_is_never_rounded_to_all() -> None:
    day = Window(START, START + timedelta(days=1))
    second = Window(START, START + timedelta(seconds=1))

    assert coverage_tile(WINDOW, HELD, "#c").number == "100 %"
    assert coverage_tile(WINDOW, Coverage(missing=(day,)), "#c").number == "75 %"
    assert coverage_tile(WINDOW, Coverage(missing=(second,)), "#c").number == "over 99.9 %"
    assert coverage_tile(WINDOW, Coverage(missing=(WINDOW,)), "#c").note == "no data"
    unread = Coverage(unread=(Window(START, START),), skipped=2)
    assert coverage_tile(WINDOW, unread, "#c").note == "2 unread lines"


def test_a_leaver_comes_first_then_the_worst_then_whom_to_retry() -> None:
    fixed = incident(id="inc-2", state="fixed", app="Box", fixed_at=START)
    leaver = incident(id="inc-3", width="user", left=("eve@example.com",))
    leaver = replace(leaver, leavers=leaver.left)
    muted = incident(id="inc-4", mark="muted")

    deeds = deeds_of([incident(), leaver, fixed, muted], command, "open")

    assert [one.incident for one in deeds] == ["inc-3", "inc-1", "inc-2"]
    assert [one.warning for one in deeds] == [True, False, False]
    assert deeds[0].names == ("eve@example.com",)
    assert "Slack" in deeds[0].sentence
    assert deeds[2].sentence.startswith("Retry 2 people on Box")
    assert [one.command for one in deeds] == [command(one) for one in (leaver, incident(), fixed)]
    assert deeds_of([incident(state="over", left=()), muted], command, "open") == ()


def test_a_leaver_alone_is_one_deed() -> None:
    leaver = incident(left=("eve@example.com",), leavers=("eve@example.com",))

    assert len(deeds_of([leaver], command, "open")) == 1


@pytest.mark.parametrize(
    ("condition", "more", "words"),
    [
        ("broken", {"width": "connection"}, "Slack is broken since 27 Oct"),
        ("broken", {}, "2 people fail on Slack"),
        ("broken", {"state": "regressed", "again_since": START}, "again since 27 Oct"),
        ("fixed_some_left", {"state": "fixed", "fixed_at": START}, "2 of 2 people are left"),
        ("some_failing", {"width": "user", "left": ("ada@example.com",)}, "ada@example.com fails"),
        ("some_failing", {"width": "rise", "app": None}, "on Okta sign-in is far above its usual"),
        ("over", {"state": "over", "left": ()}, "nobody is left"),
        ("all_clear", {"mark": "muted"}, "Nothing is open"),
    ],
)
def test_each_condition_has_a_short_sentence(
    condition: Any, more: dict[str, Any], words: str
) -> None:
    sentence = open_in_words(condition, [incident(**more)], WINDOW, HELD)

    assert words in sentence
    assert len(sentence) < 130


def test_what_cannot_be_told_says_how_much_is_missing() -> None:
    half = Coverage(missing=(Window(START, START + timedelta(days=2)),))

    assert "2 days of the window are not held" in open_in_words("cannot_tell", [], WINDOW, half)
    nothing = Coverage(missing=(WINDOW,))
    assert "holds nothing of the window" in open_in_words("cannot_tell", [], WINDOW, nothing)


def test_a_frame_says_the_same_as_text() -> None:
    screen = FirstScreen(
        "fixed_some_left",
        "Slack works again.",
        tiles=(Tile("8", "users still failing", "#open", "of 45 hit"),),
        deeds=(Deed("Retry:", tuple(f"u{n}@example.com" for n in range(8)), command="okta-kit x"),),
        to_retry=8,
    )

    assert screen.text() == (
        "↻ Fixed, 8 to retry\nSlack works again.\n8 users still failing (of 45 hit)\nDo next:\n"
        "1. Retry: u0@example.com, u1@example.com, u2@example.com and 5 others\n   okta-kit x"
    )
    html = screen.html()
    assert 'data-condition="fixed_some_left"' in html
    assert "u2@example.com</strong> and 5 others" in html


def test_hostile_text_stays_text_in_a_frame() -> None:
    odd = '"><script>alert(1)</script>\u202e'
    screen = FirstScreen(
        "broken",
        odd,
        origin=odd,
        tiles=(Tile(odd, odd, "#x", odd),),
        deeds=(Deed(odd, (odd,), (odd, "#x"), odd, incident=odd),),
        scope=odd,
    )

    html = screen.html()

    assert "<script" not in html
    assert "\u202e" not in html
    assert "\u202e" not in screen.text()


def test_the_usual_rate_is_that_of_the_weeks_before(log_of: Callable[..., Log]) -> None:
    """At the operations that failed in the window; none where too little before it is held."""
    push, other = "application.provision.user.push", "application.provision.user.deactivate"
    log = log_of(
        event("2026-10-10T09:00:00Z", reason=REFUSED),
        event("2026-10-11T09:00:00Z", reason=REFUSED, type_=other),
        *(event(f"2026-10-{day}T10:00:00Z", result="SUCCESS") for day in (12, 13, 14)),
        event("2026-10-27T09:00:00Z", reason=REFUSED, type_=push),
        event("2026-10-27T09:01:00Z", reason=REFUSED, type_=push, app=SLACK),
        event("2026-10-28T09:01:00Z", result="SUCCESS"),
    )

    assert usual_rate(trends(log, log.window("2026-10-27"))) == 0.25
    assert usual_rate(trends(log, log.window("2026-10-27"), app=M365["name"])) == 0.25
    assert usual_rate(trends(log, log.window("2026-10-27"), app="Slack")) is None
    assert usual_rate(trends(log, log.window("2026-10-10"))) is None


def test_the_steps_that_a_fix_settles_are_settled_in_the_ticket_as_well() -> None:
    """Those before the retries; whom to retry is still to be done."""
    report = kit.remediation_report("sample", since="7d", code="AADSTS50126")
    steps = {one.title: one for one in report.case.steps} if report.case else {}
    ticket = report.ticket().text()

    assert steps["Open the connection"].settled
    assert steps["Open the connection"].state == "unknown"
    assert not steps["Save"].settled
    assert not steps["Retry the rest"].settled
    assert "[x] Open the connection (settled by the fix)" in ticket
    assert "[ ] Retry the rest" in ticket
    assert "settled by the fix" in report.steps().html()


def test_the_list_of_whom_to_retry_is_a_file_beside_a_report_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In an open notebook there is none, so the link leads to the table."""
    report = kit.remediation_report("sample", code="AADSTS50126", app="Microsoft Office 365")

    in_notebook = report.headline().html()
    monkeypatch.setenv("OKTA_KIT_PLAIN", "1")
    in_report = report.headline().html()

    assert ("retry.csv" in in_notebook, 'href="retry.csv"' in in_report) == (False, True)
    assert '<a href="#left">the list</a>' in in_notebook


def test_no_step_is_settled_while_it_fails(tmp_path: Path) -> None:
    rows = [event(f"2026-10-27T09:0{n}:00Z", reason=REFUSED, user=f"u{n}@x.y") for n in range(3)]
    report = kit.remediation_report(str(write_export(tmp_path / "log.ndjson", rows)))

    assert report.case
    assert not any(one.settled for one in report.case.steps)


def test_what_is_open_is_listed_by_how_it_stands_now() -> None:
    """Not only what is quiet; what is over and what is usual follow apart."""
    report = kit.trends_report("sample", since="7d")
    is_open, rest = report.by_code().frames

    assert list(is_open["now"].unique()) == ["fails", "works again"]
    assert set(rest["now"]) == {"usual"}
    assert "Okta sign-in" in set(rest["app"])
    assert len(is_open) + len(rest) == len(report.trends.by_code)


def test_a_user_who_signs_in_is_told_so_beside_what_fails() -> None:
    report = kit.user_history_report("sample", since="14d")
    text = report.headline().text()

    assert "Signing in works, last " in text
    assert "3 of 3 attempts failed" in text
    assert "sign-ins that worked" in text
    lanes = set(report.headline().frame["lane"])
    assert {"Slack · profile push", "Okta · sign-in"} <= lanes


FACTS = {"status": "ok", "condition": "broken"}
FRAME = FirstScreen("broken", "It is broken.", tiles=(Tile("1", "a", "#there"),)).html()


def test_a_page_begins_with_the_first_screen_and_its_picture() -> None:
    opening = (
        '<h1>Title</h1><details class="about" id="about"><summary>About</summary></details>'
        f'{FRAME}<figure>one</figure><table class="facts"></table><p class="parameters">p</p>'
    )

    page = opening_in_order(opening, "<section>changes</section>", "<p>remark</p>", FACTS)

    order = ["<h1", "first-screen", "<figure", "changes", 'id="about"', "facts", "parameters"]
    places = [page.index(word) for word in [*order, "remark"]]
    assert places == sorted(places)
    assert page.index("remark") < page.index("</details>")


def test_a_failed_run_cannot_tell_whatever_its_cells_said() -> None:
    failed = {"status": "failed", "condition": "cannot_tell"}

    for opening in (f"<h1>Title</h1>{FRAME}", "<h1>Title</h1>"):
        page = opening_in_order(opening, "", "", failed)
        assert page.count("data-condition") == 1
        assert 'data-condition="cannot_tell"' in page


def test_links_that_lead_nowhere_are_none() -> None:
    page = f'{FRAME}<a href="#elsewhere">x</a>'

    assert 'href="#there"' not in with_working_links(page)
    assert 'href="#elsewhere"' in with_working_links(page)
    assert 'href="#there"' in with_working_links(f'{page}<p id="there">')


def test_sections_are_folded_up_to_the_next_one() -> None:
    body = (
        '<!--section--><h2 data-fold="" id="a">A</h2><p>1</p><details>'
        '<summary>t</summary></details><!--section--><h2 id="b">B</h2><p>2</p><footer>f</footer>'
    )

    assert fold_sections(body) == (
        '<details class="section"><summary><h2 id="a">A</h2></summary><p>1</p>'
        '<details open=""><summary>t</summary></details></details>'
        '<h2 id="b">B</h2><p>2</p><footer>f</footer>'
    )
