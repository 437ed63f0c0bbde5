"""Histories of attempts on one app, and what an incident is by the contract, attempt by attempt.

The truth is worked out here in the plainest way, from the words of ``docs/incidents.md``: no table,
no query, every list looked through again for each question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from factories import M365, REFUSED, event

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
PUSH, PROFILE, DEACTIVATE = "push", "push_profile", "deactivate"
OUT, IN = "remove", "add"
CODES = ("AADSTS50126", "AADSTS700016")
_SAME, _LISTED = timedelta(days=28), timedelta(days=7)


@dataclass(frozen=True, order=True)
class Attempt:
    """One attempt on an app, or a change of who is assigned to it."""

    at: datetime
    user: str
    what: str = PUSH
    code: str | None = None
    """None if it worked."""
    app: str = "Microsoft Office 365"

    def event(self) -> dict[str, Any]:
        """The attempt as Okta logs it."""
        type_ = f"application.provision.user.{self.what}"
        if self.what in (OUT, IN):
            type_ = f"application.user_membership.{self.what}"
        return event(
            self.at.isoformat().replace("+00:00", "Z"),
            type_=type_,
            result="FAILURE" if self.code else "SUCCESS",
            reason=REFUSED.replace("AADSTS50126", self.code) if self.code else None,
            user=f"{self.user}@example.com",
            app=M365 if self.app == M365["name"] else {"id": f"0oa{self.app}", "name": self.app},
        )


def on(day: float, user: str = "a", what: str = PUSH, code: str | None = None) -> Attempt:
    """An attempt so many days after the start."""
    return Attempt(START + timedelta(days=day), user, what, code)


def failed(day: float, user: str = "a", what: str = PUSH, code: str = CODES[0]) -> Attempt:
    """A failure so many days after the start."""
    return on(day, user, what, code)


@dataclass(frozen=True)
class Truth:
    """What an incident is, at a moment."""

    code: str
    state: str
    since: datetime
    again_since: datetime | None
    last_failure: datetime
    fixed_at: datetime | None
    failures: int
    users: int
    left: tuple[str, ...]
    leavers: tuple[str, ...]
    width: str
    listed: bool


def truth(history: Sequence[Attempt], end: datetime) -> list[Truth]:
    """The incidents of one app's attempts, as they stand at a moment."""
    known = sorted(one for one in history if one.at < end)
    found = []
    for code in sorted({one.code for one in known if one.code}):
        every: list[list[list[Attempt]]] = []
        for run in _runs(known, code):
            before = [one for one in known if one.at < run[0].at]
            over = _over(before, every[-1]) if every else None
            if not every or (over and run[0].at - over > _SAME):
                every.append([])
            every[-1].append(run)
        found += [_told(known, runs, end) for runs in every]
    return found


def _runs(known: Sequence[Attempt], code: str) -> list[list[Attempt]]:
    found: list[list[Attempt]] = []
    for one in known:
        if one.code == code:
            before = [other for other in known if other.at < one.at]
            if not found or _fixed(before, found[-1]):
                found.append([])
            found[-1].append(one)
    return found


def _worked(known: Sequence[Attempt]) -> list[Attempt]:
    return [one for one in known if not one.code and one.what not in (OUT, IN)]


def _width(known: Sequence[Attempt], run: Sequence[Attempt]) -> str:
    if len({one.user for one in run}) == 1:
        return "user"
    tried = {one.what for one in run}
    meanwhile = [one for one in _worked(known) if run[0].at < one.at < run[-1].at]
    return "group" if any(one.what in tried for one in meanwhile) else "connection"


def _fixed(known: Sequence[Attempt], run: Sequence[Attempt]) -> datetime | None:
    tried, hit = {one.what for one in run}, {one.user for one in run}
    anyone = _width(known, run) == "connection"
    for one in _worked(known):
        if one.at > run[-1].at and one.what in tried and (anyone or one.user in hit):
            return one.at
    return None


def _left(
    known: Sequence[Attempt], runs: Sequence[Sequence[Attempt]]
) -> tuple[set[tuple[str, str]], list[datetime]]:
    """Who is left at which operation, and when those who are not left were done with."""
    mine = [one for run in runs for one in run]
    left, done = set(), []
    for user, what in {(one.user, one.what) for one in mine}:
        last = max(one.at for one in mine if (one.user, one.what) == (user, what))
        works = [one.at for one in _worked(known) if (one.user, one.what) == (user, what)]
        again = [at for at in works if at > last]
        tries = [one.at for one in known if one.code and (one.user, one.what) == (user, what)]
        moves = [one for one in known if one.user == user and one.what in (OUT, IN)]
        gone = bool(moves) and moves[-1].what == OUT and moves[-1].at > max(tries)
        if again:
            done.append(again[0])
        elif gone and what != DEACTIVATE:
            done.append(moves[-1].at)
        else:
            left.add((user, what))
    return left, done


def _over(known: Sequence[Attempt], runs: Sequence[Sequence[Attempt]]) -> datetime | None:
    fixed = _fixed(known, runs[-1])
    left, done = _left(known, runs)
    return max([fixed, *done]) if fixed and not left else None


def _told(known: Sequence[Attempt], runs: Sequence[Sequence[Attempt]], end: datetime) -> Truth:
    mine = [one for run in runs for one in run]
    fixed, over = _fixed(known, runs[-1]), _over(known, runs)
    left, _ = _left(known, runs)
    failing = "regressed" if len(runs) > 1 else "open"
    return Truth(
        code=str(mine[0].code),
        state="over" if over else "fixed" if fixed else failing,
        since=mine[0].at,
        again_since=runs[-1][0].at if len(runs) > 1 else None,
        last_failure=mine[-1].at,
        fixed_at=fixed,
        failures=len(mine),
        users=len({one.user for one in mine}),
        left=tuple(sorted({f"{user}@example.com" for user, _ in left})),
        leavers=tuple(sorted({f"{user}@example.com" for user, w in left if w == DEACTIVATE})),
        width=_width(known, runs[-1]),
        listed=over is None or end - over <= _LISTED,
    )


def rising(counts: Sequence[int], day: int) -> bool:
    """Whether a day rises, of the failures of each day since the start."""
    before = [counts[day - 7 * week] for week in (1, 2, 3, 4) if day >= 7 * week]
    if len(before) < 2:
        return False
    usual = median(before)
    return counts[day] >= 3 * usual and counts[day] >= usual + 10
