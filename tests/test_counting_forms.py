"""The same five questions, answered from failures and from events with an end at 5,000.

``okta/okta-mcp-server`` (1.1.4) hands events to the assistant: by ``outcome.result``, the oldest
first, fifty pages of a hundred at most, with ``stopped_early`` where there were more. What is
counted then are events. ``docs/mcp.md`` shows both; here its figures are worked out.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

import kit
from factories import M365, REFUSED, event, write_export
from kit.answers.current_log import CurrentLog
from kit.answers.one_code import answer_who_is_hit
from kit.answers.questions import answer_coverage, answer_failures
from kit.base.paths import NOTEBOOKS
from kit.log.log import Log, to_pandas

if TYPE_CHECKING:
    from pathlib import Path

PAGE = NOTEBOOKS.parent / "docs" / "mcp.md"
APP, CODE = M365["name"], "AADSTS50126"
MOST = 50 * 100

USERS = 3_000
"""Of an outage in which each attempt fails with two events, and the first half works again."""


def by_events(events: list[dict[str, Any]]) -> tuple[list[Any], bool]:
    """Answer the five questions from what the event form hands over.

    Args:
        events: the org's log, oldest first.

    Returns:
        Events of that code, users in them, users in them with no success after, the last of them,
        and whether anything is missing, as far as it says; then whether it stopped early.
    """

    def handed_over(result: str) -> tuple[list[dict[str, Any]], bool]:
        every = [one for one in events if one["outcome"]["result"] == result]
        return every[:MOST], len(every) > MOST

    failing, failing_cut = handed_over("FAILURE")
    working, working_cut = handed_over("SUCCESS")
    mine = [one for one in failing if CODE in (one["outcome"]["reason"] or "")]
    last: dict[str, str] = {}
    for one in mine:
        for user in _users(one):
            last[user] = max(last.get(user, ""), one["published"])
    worked: dict[str, str] = defaultdict(str)
    for one in working:
        if any(target["displayName"] == APP for target in one["target"] or []):
            for user in _users(one):
                worked[user] = max(worked[user], one["published"])
    still = [user for user, at in last.items() if worked[user] <= at]
    stopped = failing_cut or working_cut
    said = "stopped early" if stopped else "nothing said"
    return [len(mine), len(last), len(still), max(last.values()), said], stopped


def _users(one: dict[str, Any]) -> list[str]:
    targets = one["target"] or []
    return [t["alternateId"] for t in targets if t["type"] in {"User", "AppUser"}]


def by_failures(log: Log) -> list[Any]:
    """Answer them as the tools of ``okta-kit mcp`` do."""
    current = CurrentLog(["sample"], lambda: log, redact=False)
    every = answer_failures(current, "", "", APP, CODE, still_failing=False)
    hit = answer_who_is_hit(current, APP, CODE)
    coverage = answer_coverage(current).coverage
    missing = f"{coverage.skipped_lines} lines" if coverage.gaps else "no"
    return [every.total, hit.hit, hit.still_failing, every.failures[0].published, missing]


def events_of(log: Log) -> list[dict[str, Any]]:
    rows = to_pandas(log.events.select("published", "uuid", "raw"), by=["published", "uuid"])
    return [json.loads(raw) for raw in rows["raw"]]


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three thousand users who fail one after the other, two seconds apart."""
    events = []
    for n in range(USERS):
        who = {"user": f"user{n}@example.com", "transaction": f"t{n}", "reason": REFUSED}
        at = f"2026-10-27T{9 + n // 1800:02d}:{n // 30 % 60:02d}:{2 * (n % 30):02d}"
        events.append(event(f"{at}.000Z", **who))
        events.append(event(f"{at}.500Z", type_="application.provision.user.push_profile", **who))
        if n < USERS // 2:
            later = f"2026-10-28{at[10:]}.000Z"
            works = {**who, "result": "SUCCESS", "reason": None, "transaction": f"again{n}"}
            types = [f"application.provision.user.{name}" for name in ("push", "push_profile")]
            events += [event(later, type_=type_, **works) for type_ in types]
    events.sort(key=lambda one: one["published"])
    return write_export(tmp_path_factory.mktemp("outage") / "outage.ndjson", events)


def test_an_outage_of_three_thousand_users(outage: Path) -> None:
    log = kit.open_log(str(outage))
    theirs, stopped = by_events(events_of(log))
    ours = by_failures(log)

    assert stopped
    assert ours == [USERS, USERS, USERS // 2, "2026-10-27T10:39:58Z", "no"]
    assert theirs[:3] == [MOST, MOST // 2, MOST // 2 - USERS // 2]
    assert theirs[3] < ours[3]
    assert rows_of_the_page("3,000 users") == side_by_side(theirs, ours)


def test_the_sample() -> None:
    log = kit.open_log("sample")
    theirs, _ = by_events(events_of(log))
    ours = by_failures(log)

    assert rows_of_the_page("The sample") == side_by_side(theirs, ours)


def rows_of_the_page(title: str) -> list[list[str]]:
    """The two columns of figures below a heading of the page."""
    page = PAGE.read_text(encoding="utf-8")
    (part,) = re.findall(rf"^\| {title}[^\n]*\n\|---[^\n]*\n((?:\|[^\n]*\n)+)", page, re.M)
    return [[cell.strip() for cell in row.split("|")[2:4]] for row in part.splitlines()]


def side_by_side(theirs: list[Any], ours: list[Any]) -> list[list[str]]:
    """Both answers to each question, as the page writes them."""
    return [[_in_words(one) for one in pair] for pair in zip(theirs, ours, strict=True)]


def _in_words(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
