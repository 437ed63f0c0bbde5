"""Simulated incidents whose truth is known: what an analysis has to find, and a log to find it in.

Every incident is drawn from a seed: how wide, how Okta logs it, what changed before, what noise
lies around it, who recovers, who does not, and whether the fix holds. The truth is written
down while the events are made, never computed from them.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

CODE = "AADSTS50126"
APP = ("0oasimapp0000000001", "Microsoft Office 365")
OTHERS = [("0oasimapp0000000002", "Slack"), ("0oasimapp0000000003", "Org: failed: to app")]
PUSH, PROFILE = "application.provision.user.push", "application.provision.user.push_profile"
DEACTIVATE = "application.provision.user.deactivate"
CONFIGURE = "application.configuration.update"
ADMIN, SERVICE, HELPER = "root.admin@example.com", "svc-office365@example.com", "it@example.com"
_NAMES = [
    "Ada O'Neil",
    'Bo "the" User',
    "Ünal Çelik",
    "=HYPERLINK(1)",
    "user to app Slack failed: x",
    "<b>Cy</b>",
    "李 小龍",
    "Di\u202eana",
]
_DAY = timedelta(days=1)


@dataclass
class Truth:
    """What an analysis has to find."""

    onset: datetime
    change: str | None
    radius: str
    still_failing: list[str]
    recovered: list[str]
    abandoned: list[str]
    failed_deactivations: list[str]
    fix_at: datetime | None
    verdict: str
    failures: int
    """Failures of the code on the app, the stray ones of earlier days included."""
    since: datetime
    """A window that begins here holds the incident alone."""
    until: datetime


@dataclass
class Incident:
    """A log and its truth."""

    events: list[dict[str, Any]]
    truth: Truth


@dataclass
class _Org:
    chance: random.Random
    events: list[dict[str, Any]] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def log(
        self,
        at: datetime,
        kind: str,
        *,
        user: str | None = None,
        app: tuple[str, str] | None = APP,
        actor: str | None = None,
        result: str = "SUCCESS",
        reason: str | None = None,
        batch: str | None = None,
    ) -> str:
        number = next(self.numbers)
        uuid = f"00000000-0000-4000-a000-{self.chance.getrandbits(40):010x}{number:02x}"[:36]
        uuid = f"{number:08d}-{uuid[9:]}"
        targets = []
        if app:
            targets.append({"id": app[0], "type": "AppInstance", "displayName": app[1]})
        if user:
            # The same login in another case is the same user.
            spelt = user.upper() if self.chance.random() < 0.15 else user
            name = _NAMES[sum(map(ord, user)) % len(_NAMES)]
            one = {"id": f"00u{user}", "alternateId": spelt, "displayName": name}
            targets.append({**one, "type": self.chance.choice(["User", "AppUser"])})
        self.chance.shuffle(targets)
        login = actor or "system@okta.com"
        self.events.append(
            {
                "uuid": uuid,
                "published": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "eventType": kind,
                "outcome": {"result": result, "reason": reason},
                "actor": {
                    "id": f"00u{login}",
                    "type": "User" if actor else "SystemPrincipal",
                    "alternateId": login,
                    "displayName": login.title(),
                },
                "transaction": {"id": batch or f"t{number}", "type": "JOB"},
                "target": targets,
            }
        )
        return uuid

    def fail(self, at: datetime, kind: str, user: str, app: tuple[str, str] = APP) -> None:
        """One failed attempt, in one of the ways Okta logs it."""
        form, batch = self.chance.randrange(5), f"b{next(self.numbers)}"
        said = (
            "Could not validate your Office 365 credentials, received error: 400 AADSTS50126: "
            "Error validating credentials due to invalid username or password. Trace ID: "
            f"{self.chance.getrandbits(60):x} Timestamp: {at:%Y-%m-%d %H:%M:%S}Z"
        )
        task = f"Automatic profile push of user {user} to app {app[1]} failed: {said}"
        detail = "app.office365.api.error.validate.creds"
        beside = at + timedelta(milliseconds=self.chance.randrange(900))
        failed = {"result": "FAILURE", "app": app, "batch": batch}
        if form == 0:  # the whole sentence, once
            self.log(at, kind, user=user, reason=task, **failed)
        elif form == 1:  # no reason, and the app's own event beside it
            self.log(at, kind, user=user, **failed)
            self.log(beside, detail, reason=said, **failed)
        elif form == 2:  # a pair, both of the user
            self.log(at, kind, user=user, reason=said, **failed)
            self.log(beside, detail, user=user, reason=said, **failed)
        elif form == 3:  # cut in the middle of the sentence
            self.log(at, kind, user=user, reason=task[:255], **failed)
            self.log(at, detail, reason=said, **failed)
        else:  # a retry within one job is the same failure
            self.log(at, kind, user=user, reason=said, **failed)
            self.log(beside, kind, user=user, reason=said, **failed)


def simulate(seed: int) -> Incident:
    """Draw one incident."""
    chance = random.Random(seed)
    org = _Org(chance)
    start = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=chance.randrange(20))
    midnight = chance.random() < 0.15
    onset = start + 6 * _DAY
    if not midnight:
        onset += timedelta(minutes=chance.randrange(1440), seconds=chance.randrange(60))
    lasts = timedelta(hours=chance.choice([1, 3, 5, 20, 30]))
    radius = chance.choice(["connection", "connection", "group", "user"])
    end, until = onset + lasts, onset + lasts + timedelta(hours=chance.choice([7, 30, 60]))
    users = [f"user{n}@example.com" for n in range(40)]
    count = {"connection": chance.randint(3, 15), "group": chance.randint(3, 8), "user": 1}[radius]
    hit, others = users[:count], users[20:]
    kinds = {user: chance.choice([PUSH, PROFILE]) for user in hit}
    verdict = chance.choice(["holds", "holds", "not_fixed", "unproven"])

    failures = _outage(org, onset, end, hit, kinds)
    _background(org, start, until, others, onset, end, radius, verdict)
    strays = _strays(org, onset, others)
    change = _changes(org, onset)
    fix_at, became = _mend(org, end, until, hit, kinds, verdict, radius)
    left = _left_behind(org, onset, end, until, became, radius)
    _noise(org, start, until, users)
    failures += strays + len(left) + (verdict == "not_fixed")
    # Reads best oldest first, but events come late and pages repeat.
    late = sorted(org.events, key=lambda one: (one["published"], chance.random()))
    for _ in range(10):
        late.insert(chance.randrange(len(late)), late.pop(chance.randrange(len(late))))
    repeats = chance.sample(late, 5)
    truth = Truth(
        onset=onset,
        change=change,
        radius=radius,
        still_failing=sorted({*became["still"], *left}),
        recovered=sorted(set(became["recovered"]) - set(left)),
        abandoned=sorted(set(became["abandoned"]) - set(left)),
        failed_deactivations=sorted(left),
        fix_at=fix_at,
        verdict=verdict,
        failures=failures,
        since=onset - timedelta(hours=1),
        until=until,
    )
    return Incident([*late, *repeats], truth)


def _outage(
    org: _Org, onset: datetime, end: datetime, hit: list[str], kinds: dict[str, str]
) -> int:
    """Everybody who is hit fails; the first at the onset, one just before the end."""
    org.fail(onset, kinds[hit[0]], hit[0])
    total = 1
    for place, user in enumerate(hit):
        for _ in range(org.chance.randint(1 if place else 0, 3)):
            span = (end - onset).total_seconds()
            at = onset + timedelta(seconds=org.chance.uniform(1, span * 0.98))
            org.fail(at.replace(microsecond=0), kinds[user], user)
            total += 1
    # No gap that would end the episode, and a last failure shortly before the fix.
    at = onset + timedelta(hours=4)
    while at < end - timedelta(minutes=3):
        user = org.chance.choice(hit)
        org.fail(at, kinds[user], user)
        total += 1
        at += timedelta(hours=4)
    user = org.chance.choice(hit)
    org.fail(end - timedelta(minutes=2), kinds[user], user)
    return total + 1


def _background(
    org: _Org,
    start: datetime,
    until: datetime,
    others: list[str],
    onset: datetime,
    end: datetime,
    radius: str,
    verdict: str,
) -> None:
    """Others work: on this app except while its connection is broken, on other apps always."""
    if radius != "connection":
        org.log(onset + (end - onset) / 2, PROFILE, user=others[0])
    at = start
    while at < until:
        at += timedelta(minutes=org.chance.uniform(20, 80))
        user, kind = org.chance.choice(others), org.chance.choice([PUSH, PROFILE])
        org.log(at, "user.authentication.sso", user=user, actor=user)
        org.log(at, kind, user=user, app=org.chance.choice(OTHERS))
        # After a broken connection's end, what works is up to the fix.
        if at < onset or radius != "connection" or (at > end and verdict == "holds"):
            if radius == "connection" and end < at < end + timedelta(minutes=12):
                continue
            if at < until:
                org.log(at, kind, user=user)


def _strays(org: _Org, onset: datetime, others: list[str]) -> int:
    """The same code now and then, days before; each worked again."""
    number = org.chance.choice([0, 0, 1, 2])
    for place in range(number):
        at = onset - timedelta(days=2 + place, hours=org.chance.randrange(12))
        user = others[place]
        org.fail(at, PROFILE, user)
        org.log(at + timedelta(hours=1), PROFILE, user=user)
    return number


def _changes(org: _Org, onset: datetime) -> str | None:
    """What changed before, and what only looks like it."""
    chance, minute = org.chance, timedelta(minutes=1)
    slack = OTHERS[0]
    org.log(onset - 3 * minute, CONFIGURE, app=slack, actor=HELPER)
    org.log(onset - 2 * minute, "policy.lifecycle.update", app=None, actor=HELPER)
    org.log(onset - 4 * minute, "user.account.update_password", user="user30@example.com", app=None)
    org.log(
        onset - 5 * minute, CONFIGURE, actor=HELPER, result="FAILURE", reason="Could not verify"
    )
    org.log(onset - 3 * _DAY, CONFIGURE, actor=ADMIN)
    what = chance.choice(["configuration", "configuration", "password", "admin", "nothing"])
    before = timedelta(minutes=chance.choice([0, 1, 12, 90, 600]))
    if what == "configuration":
        org.log(onset - before - 5 * minute, "application.lifecycle.update", actor=ADMIN)
        return org.log(onset - before, CONFIGURE, actor=ADMIN)
    if what == "password":
        kind = "user.account.update_password"
        return org.log(onset - before, kind, user=SERVICE, app=None, actor=SERVICE)
    if what == "admin":
        kind = "user.account.reset_password"
        return org.log(onset - before, kind, user=ADMIN, app=None, actor=HELPER)
    return None


def _mend(
    org: _Org,
    end: datetime,
    until: datetime,
    hit: list[str],
    kinds: dict[str, str],
    verdict: str,
    radius: str,
) -> tuple[datetime | None, dict[str, list[str]]]:
    """The fix, and what becomes of everybody."""
    became: dict[str, list[str]] = {"still": [], "recovered": [], "abandoned": []}
    logged = verdict == "unproven" or org.chance.random() < 0.7
    at = end if logged else None
    if logged:
        org.log(end, CONFIGURE, actor=ADMIN)
    if org.chance.random() < 0.3:
        org.log(end - timedelta(hours=0.7), CONFIGURE, actor=ADMIN)  # tried before, in vain
    works = end + timedelta(minutes=org.chance.randint(1, 10))
    for place, user in enumerate(hit):
        fate = _fate(org.chance, verdict, first=place == 0)
        became[fate].append(user)
        _became(org, fate, user, kinds[user], end, works + timedelta(minutes=2 * place), verdict)
    if verdict == "not_fixed":
        user = hit[0]
        for became_of in became.values():
            if user in became_of:
                became_of.remove(user)
        became["still"].append(user)
        last = min(end + timedelta(hours=5), until - timedelta(minutes=10))
        # Assigned again, whoever was unassigned: it is retried, and fails.
        org.log(last - timedelta(minutes=1), "application.user_membership.add", user=user)
        org.log(last, kinds[user], user=user, result="FAILURE", reason="AADSTS50126: Error")
        return (end if logged else None), became
    return (at or works if verdict == "holds" else at), became


def _became(
    org: _Org, fate: str, user: str, kind: str, end: datetime, at: datetime, verdict: str
) -> None:
    """What the log shows of one user after the fix."""
    if fate == "recovered":
        org.log(at, kind, user=user)
    elif fate == "abandoned":
        gone = at + timedelta(minutes=1)
        org.log(gone, "application.user_membership.remove", user=user, actor=ADMIN)
    else:
        org.log(end - timedelta(minutes=1), "user.authentication.sso", user=user)
        if verdict == "holds":  # another operation works, which is no recovery
            org.log(at, PROFILE if kind == PUSH else PUSH, user=user)


def _fate(chance: random.Random, verdict: str, *, first: bool) -> str:
    """Nobody recovers before a fix that holds, and then the first does."""
    fate = chance.choice(["recovered", "recovered", "still", "abandoned"])
    if verdict == "holds":
        return "recovered" if first else fate
    return "still" if fate == "recovered" else fate


def _left_behind(
    org: _Org,
    onset: datetime,
    end: datetime,
    until: datetime,
    became: dict[str, list[str]],
    radius: str,
) -> list[str]:
    """Somebody's deactivation fails in the outage too, after they were unassigned."""
    if radius == "user" or org.chance.random() < 0.5:
        return []
    at = onset + (end - onset) / 2
    user = "leaver@example.com"
    org.log(at - timedelta(seconds=2), "application.user_membership.remove", user=user, actor=ADMIN)
    org.fail(at, DEACTIVATE, user)
    return [user]


def _noise(org: _Org, start: datetime, until: datetime, users: list[str]) -> None:
    """Other apps fail with the same code, Okta gives no reason, people mistype."""
    span = (until - start).total_seconds()
    for _ in range(12):
        at = start + timedelta(seconds=org.chance.uniform(60, span - 60))
        user = org.chance.choice(users[20:])
        org.fail(at, PROFILE, user, OTHERS[0])
        kind = "application.provision.user.sync"
        org.log(at, kind, user=user, result="FAILURE")
        org.log(
            at,
            "user.session.start",
            user=user,
            app=None,
            actor=user,
            result="FAILURE",
            reason="INVALID_CREDENTIALS",
        )
    org.log(start, "user.session.start", user=users[0], app=None, actor=users[0])
    last = until - timedelta(milliseconds=1)
    org.log(last, "user.session.start", user=users[0], app=None, actor=users[0])
