"""Make the sample: a synthetic org's System Log and its Entra's, the same bytes every time.

About 400 people, five apps and four weeks, with incidents whose answer is known:
``sample/truth.json`` says what an analysis has to find. Run without arguments to make
``sample/`` again, or with ``--events`` to make files of any size for a benchmark.

Everything is invented; names, addresses and ids belong to nobody.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import Pool
from pathlib import Path
from typing import Any, NamedTuple

from sample_entra import AUDIT_FILE, SIGN_IN_FILE, Request, entra_logs

HERE = Path(__file__).resolve().parent
START = datetime(2026, 10, 5, tzinfo=UTC)
END = datetime(2026, 11, 2, tzinfo=UTC)

M365 = ("0oa1m365synthetic0001", "Microsoft Office 365")
SLACK = ("0oa2slacksynthetic002", "Slack")
SALESFORCE = ("0oa3salessynthetic003", "Salesforce.com")
SCIM = ("0oa4fieldsynthetic004", "Fieldnotes SCIM")
AD = ("0oa5adsynthetic000005", "Active Directory")
APPS = (M365, SLACK, SALESFORCE, SCIM, AD)

PUSH = "application.provision.user.push"
PROFILE = "application.provision.user.push_profile"
SYNC = "application.provision.user.sync"
ACTIVATE = "application.provision.user.activate"
DEACTIVATE = "application.provision.user.deactivate"
ADMIN = "dana.velloway@example.com"

SAID = {
    PUSH: "Push new user to external application",
    PROFILE: "Push user's profile to external application",
    SYNC: "Sync user in external application",
    DEACTIVATE: "Deactivate user's application account",
    ACTIVATE: "Activate user's application account",
    "application.provision.user.push_password": "Push user's password to external application",
    "application.integration.rate_limit_exceeded": "API rate limit exceeded",
    "app.office365.api.error.validate.creds": "Could not validate Office 365 credentials",
    "application.configuration.update": "Update application configuration",
    "user.session.start": "User login to Okta",
    "user.authentication.sso": "User single sign on to app",
    "user.authentication.auth_via_mfa": "Authentication of user via MFA",
    "user.account.lock": "Max sign in attempts exceeded",
    "policy.evaluate_sign_on": "Evaluation of sign-on policy",
    "application.user_membership.add": "Add user to application membership",
    "group.user_membership.add": "Add user to group membership",
    "system.api_token.create": "Create API token",
}
TASK = {PUSH: "provisioning", PROFILE: "profile push"}

_GIVEN = (
    "Tamsin Brindle Corvin Delia Esmond Fennel Gorran Hespera Ivo Jessamy Kerrin Lorcan Maelle "
    "Nerys Osric Pascoe Quilla Rowena Sorrel Torvald Ulla Verity Wystan Xanthe Yorick Zoë"
).split()
_FAMILY = (
    "Orrelby Vantwick Hollisgate Marrowmere Pendlecroft Quillfeather Ashgrove Thistledown "
    "Underbarrow Wexcombe Yarrowby Zennorfield Ångholm Brackwater Cindermoor Dunmallow Eskbridge"
).split()
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.6 Safari",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
)
_PLACES = (("Germany", "Hamburg"), ("United Kingdom", "Leeds"), ("United States", "Denver"))
_MIX = (20, 60, 20, 6)
_PLAIN = str.maketrans({"ë": "e", "Å": "A", "å": "a"})


@dataclass(frozen=True)
class Person:
    """One invented user."""

    id: str
    name: str
    login: str


@dataclass
class Org:
    """The org's people and the events it has logged so far."""

    random: random.Random
    crowd: int = 400
    people: list[Person] = field(default_factory=list)
    events: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    """The sign-ins at Microsoft that were refused."""

    def __post_init__(self) -> None:
        """Invent the people, the same for every seed of the same count."""
        names = [(g, f) for f in _FAMILY for g in _GIVEN]
        for number in range(self.crowd):
            given, family = names[number % 400]
            more = str(number // 400) if number >= 400 else ""
            login = f"{given}.{family}{more}@example.com".lower().translate(_PLAIN)
            self.people.append(Person(f"00u{number:017d}", f"{given} {family}", login))

    def uuid(self) -> str:
        """A random uuid of version 4, from the org's own source of chance."""
        digits = f"{self.random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def transaction(self) -> str:
        """A new transaction's id."""
        return f"puj{self.random.getrandbits(80):020x}"

    def log(
        self,
        at: datetime,
        kind: str,
        *,
        result: str = "SUCCESS",
        reason: str | None = None,
        user: Person | None = None,
        app: tuple[str, str] | None = None,
        actor: str | Person | None = None,
        transaction: str | None = None,
        debug: dict[str, Any] | None = None,
        agent: str | None = None,
    ) -> dict[str, Any]:
        """Log one event, as Okta words it."""
        job = app is not None and actor is None
        targets: list[dict[str, Any]] = []
        if user is not None and not kind.startswith("user."):
            targets.append(_target(user.id, "User", user.login, user.name))
            if app is not None:
                targets.append(_target(f"0ua{user.id[3:]}", "AppUser", user.login, user.name))
        if app is not None:
            targets.append(_target(app[0], "AppInstance", app[1], app[1]))
        self.random.shuffle(targets)
        moment = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event = {
            "actor": _actor(actor or (None if job else user)),
            "client": None if job else self._client(agent),
            "displayMessage": SAID.get(kind, kind),
            "eventType": kind,
            "outcome": {"result": result, "reason": reason},
            "published": moment,
            "severity": "INFO" if result == "SUCCESS" else "WARN",
            "debugContext": {"debugData": {"requestId": f"a{self.random.getrandbits(96):024x}"}},
            "transaction": {
                "type": "JOB" if job else "WEB",
                "id": transaction or self.transaction(),
                "detail": {},
            },
            "uuid": self.uuid(),
            "version": "0",
            "target": targets or None,
        }
        event["debugContext"]["debugData"].update(debug or {})
        self.events.append((at, event))
        return event

    def _client(self, agent: str | None) -> dict[str, Any]:
        country, city = self.random.choice(_PLACES)
        net = self.random.choice(("192.0.2", "198.51.100", "203.0.113"))
        return {
            "ipAddress": f"{net}.{self.random.randint(1, 254)}",
            "userAgent": {"rawUserAgent": agent or self.random.choice(_AGENTS)},
            "geographicalContext": {"country": country, "city": city},
        }


def _target(id_: str, kind: str, alternate: str, name: str) -> dict[str, Any]:
    return {"id": id_, "type": kind, "alternateId": alternate, "displayName": name}


def _actor(actor: str | Person | None) -> dict[str, Any]:
    if actor is None:
        return _target("00uspokta0000000000", "SystemPrincipal", "system@okta.com", "Okta System")
    if isinstance(actor, Person):
        return _target(actor.id, "User", actor.login, actor.name)
    name = actor.partition("@")[0].replace(".", " ").title()
    return _target("00uadmin00000000000", "User", actor, name)


def at(text: str) -> datetime:
    """A time of the sample's weeks: ``"27 09:05"`` in October, ``"1 10:00"`` in November."""
    day, _, clock = text.partition(" ")
    month = 11 if int(day) < START.day else 10
    hour, minute, *second = map(int, clock.split(":"))
    return datetime(2026, month, int(day), hour, minute, *second, tzinfo=UTC)


def everyday(org: Org, day: datetime, *, volume: float, closed: bool = False) -> None:
    """Log one day without incident: sign-ins, and pushes that work.

    Args:
        org: the org.
        day: the day's start.
        volume: 1.0 for an ordinary weekday.
        closed: nothing is tried on Microsoft 365 that day, where an incident is told apart.
    """
    chance = org.random
    busy = volume if day.weekday() < 5 else volume * 0.12

    def moment() -> datetime:
        hour = chance.triangular(5.5, 19, 9.5)
        return day + timedelta(hours=hour, milliseconds=chance.randrange(1000))

    for _ in range(round(640 * busy)):
        user, when = chance.choice(org.people), moment()
        kind = chance.choices(
            ("user.session.start", "user.authentication.sso", "user.authentication.auth_via_mfa"),
            (5, 4, 3),
        )[0]
        app = chance.choice(APPS[:4]) if kind.endswith("sso") else None
        if kind == "user.session.start" and chance.random() < 0.035:
            org.log(when, kind, result="FAILURE", reason="INVALID_CREDENTIALS", user=user)
            when += timedelta(seconds=chance.randint(8, 90))
        org.log(when, kind, user=user, app=app, actor=user)
    for _ in range(round(3 * busy)):
        user = chance.choice(org.people)
        when = moment()
        org.log(when, "user.account.lock", result="FAILURE", reason="LOCKED_OUT", user=user)
        org.log(when + timedelta(minutes=chance.randint(9, 60)), "user.session.start", user=user)
    for _ in range(round(4 * busy)):
        user, reason = chance.choice(org.people), "Sign-on policy evaluation resulted in DENY"
        org.log(moment(), "policy.evaluate_sign_on", result="DENY", reason=reason, actor=user)
    for _ in range(round(170 * busy)):
        app = chance.choices(APPS, (6, 5, 4, 3, 2))[0]
        kind = chance.choices((ACTIVATE if app is AD else PUSH, PROFILE, SYNC, DEACTIVATE), _MIX)[0]
        if closed and app is M365:
            continue
        # The people of the incidents come from the list's start; everyday pushes do not touch
        # them, so that who failed and who recovered stays as the incidents tell it.
        org.log(moment(), kind, user=chance.choice(org.people[150:]), app=app)
    for _ in range(round(6 * busy)):
        user, when = chance.choice(org.people[150:]), moment()
        org.log(when, "group.user_membership.add", user=user, actor=ADMIN)
        org.log(when, "application.user_membership.add", user=user, app=SLACK, actor=ADMIN)


def failed(org: Org, when: str | datetime, kind: str, user: Person, app: Any, inner: str) -> Any:
    """Log one failed push with the whole sentence of Okta's task."""
    moment = at(when) if isinstance(when, str) else when
    operation = TASK.get(kind, kind.rpartition(".")[2].replace("deactivate", "deactivation"))
    operation = operation.replace("push_password", "password push").replace(
        "activate", "activation"
    )
    reason = f"Automatic {operation} of user {user.name} to app {app[1]} failed: {inner}"
    return org.log(moment, kind, result="FAILURE", reason=reason, user=user, app=app)


def outage(org: Org) -> dict[str, Any]:
    """The Microsoft 365 connection breaks on the 27th and is fixed on the 28th."""
    chance = org.random
    change = org.log(
        at("27 08:52:41"),
        "application.configuration.update",
        app=M365,
        actor=ADMIN,
        debug={"customMessage": "API credentials changed"},
    )
    hit, count = org.people[:45], 0
    kinds = {user: chance.choice((PUSH, PROFILE, PROFILE)) for user in hit}
    first = at("27 09:05:00")
    for number, user in enumerate(hit):
        moments = [first] if number == 0 else []
        for _ in range(chance.randint(0 if number == 0 else 1, 3)):
            hours = chance.triangular(0.02, 29.5, 3.0 if chance.random() < 0.7 else 24.5)
            moments.append(first + timedelta(hours=hours, milliseconds=chance.randrange(1000)))
        for when in moments:
            refused(org, when, kinds[user], user, form=count)
            count += 1
    batch, when = org.transaction(), at("27 11:30:00")
    of_app(org, when, batch)
    for user in hit[20:26]:
        org.log(when, kinds[user], result="FAILURE", user=user, app=M365, transaction=batch)
        count += 1
    org.log(at("28 15:20:12"), "application.configuration.update", app=M365, actor=ADMIN)
    recovered, still = hit[:37], hit[37:]
    for number, user in enumerate(recovered):
        mended = at("28 15:31:08") + timedelta(minutes=2.35 * number)
        org.log(mended, kinds[user], user=user, app=M365)
    return {
        "app": M365[1],
        "code": "AADSTS50126",
        "onset": "2026-10-27T09:05:00Z",
        "change": {
            "uuid": change["uuid"],
            "event_type": change["eventType"],
            "actor": ADMIN,
            "published": "2026-10-27T08:52:41Z",
        },
        "fix_at": "2026-10-28T15:20:12Z",
        "failures": count,
        "affected": len(hit),
        "recovered": sorted(user.login for user in recovered),
        "still_failing": sorted(user.login for user in still),
    }


def of_app(org: Org, when: datetime, transaction: str, user: Person | None = None) -> str:
    """Log the app's own event beside failing pushes; return Microsoft's words."""
    trace_id, correlation_id = org.uuid(), org.uuid()
    org.requests.append(Request(when, trace_id, correlation_id))
    said = (
        "Could not validate your Office 365 credentials, received error: 400 AADSTS50126: Error "
        "validating credentials due to invalid username or password. "
        f"Trace ID: {trace_id} Correlation ID: {correlation_id} "
        f"Timestamp: {when:%Y-%m-%d %H:%M:%S}Z"
    )
    kind = "app.office365.api.error.validate.creds"
    org.log(when, kind, result="FAILURE", reason=said, user=user, app=M365, transaction=transaction)
    return said


def refused(org: Org, when: datetime, kind: str, user: Person, *, form: int) -> None:
    """Log one push that Microsoft refused: the pair of events, in one of the ways it appears."""
    transaction = org.transaction()
    beside = when + timedelta(milliseconds=140)
    inner = of_app(org, beside, transaction, user if form % 3 == 2 else None)
    task = f"Automatic {TASK[kind]} of user {user.name} to app Microsoft Office 365 failed: {inner}"
    reason = (
        None,
        task,
        inner,
        task.replace(" Trace", "\r\nTrace")
        .replace(" Corr", "\r\nCorr")
        .replace(" Time", "\r\nTime"),
        task[:255],  # Okta cuts some reasons here
    )[form % 5]
    org.log(
        when, kind, result="FAILURE", reason=reason, user=user, app=M365, transaction=transaction
    )


def connector(call: str, status: str, said: str, code: int) -> str:
    """The way Slack's connector words a failure."""
    told = json.dumps({"Errors": {"description": said, "code": code}}, separators=(",", ":"))
    return (
        f"Errors during execution: Error executing {call}: {status}. "
        f"Errors reported by the connector : {told}. Error Code: null"
    )


def throttling(org: Org) -> int:
    """Slack takes no more for a while on the 21st; each user works within the hour."""
    hit = org.people[50:80]
    for number, user in enumerate(hit):
        when = at("21 13:00:10") + timedelta(seconds=75 * number)
        told = connector("createNewUser", "Too Many Requests", "ratelimited", 429)
        inner = f"Error while creating user {user.name}: {told}"
        inner = inner if number % 3 else "Rate Limit Exceeded"
        push = failed(org, when, PUSH, user, SLACK, inner)
        if number % 5 == 0:
            org.log(
                when,
                "application.integration.rate_limit_exceeded",
                result="FAILURE",
                reason="Rate Limit Exceeded",
                app=SLACK,
                transaction=push["transaction"]["id"],
            )
        org.log(when + timedelta(minutes=5 + number * 1.7), PUSH, user=user, app=SLACK)
    return len(hit)


def bad_data(org: Org, people: list[Person]) -> None:
    """One user's name, that Slack refuses again and again."""
    (bad,) = people
    for when in ("8 10:12", "9 09:40", "13 15:02", "19 08:31", "26 11:11", "30 09:25"):
        said = f"invalid_name_specials (user={bad.login})"
        told = connector("pushUserProfile", "Bad Request", said, 400)
        inner = f"Error while trying to push profile update for {bad.name}: {told}"
        failed(org, when, PROFILE, bad, SLACK, inner)


def seats_and_matches(org: Org, people: list[Person]) -> None:
    """Salesforce: three without a seat, of whom one gets one, and two without a match."""
    for number, user in enumerate(people[:3]):
        failed(org, f"{14 + number} 10:20", PUSH, user, SALESFORCE, "License Limit Exceeded.")
    org.log(at("20 09:00"), PUSH, user=people[0], app=SALESFORCE)
    for number, user in enumerate(people[3:]):
        failed(org, f"{22 + number} 14:05", PUSH, user, SALESFORCE, "Matching user not found.")


def left_behind(org: Org, people: list[Person]) -> None:
    """One leaver's deactivation fails and is never tried again."""
    (gone,) = people
    inner = (
        "The credentials used to connect to the API were invalid; please check your configuration"
    )
    failed(org, "30 16:12", DEACTIVATE, gone, SALESFORCE, inner)


def conflicts(org: Org, people: list[Person]) -> None:
    """Four accounts exist already in the SCIM app."""
    for number, user in enumerate(people):
        inner = (
            f"Error while creating user {user.name} : Conflict. Errors reported by remote server: "
            f'A user with userName "{user.login}" already exists.'
        )
        failed(org, f"{12 + number * 4} 11:45", PUSH, user, SCIM, inner)


def vendor_fault(org: Org, people: list[Person]) -> None:
    """The SCIM app has a bad morning, and works again by noon."""
    for number, user in enumerate(people):
        when = at("16 07:50") + timedelta(minutes=17 * number)
        inner = (
            f"Error while trying to push profile update for {user.name}: Internal Server Error. "
            "Errors reported by remote server: upstream timeout"
        )
        failed(org, when, PROFILE, user, SCIM, inner)
        org.log(at("16 12:40") + timedelta(minutes=number), PROFILE, user=user, app=SCIM)


def unknown_text(org: Org, people: list[Person]) -> None:
    """A message that no catalogue knows, with a number that differs."""
    for number, user in enumerate(people):
        said = f"Fieldnotes ledger {4417 + 31 * number} refused the row: quota bucket sealed"
        failed(org, f"{28 + number} 13:{20 + number}", PUSH, user, SCIM, said)


def directory(org: Org, people: list[Person]) -> None:
    """Active Directory: two activations without a match, one password refused."""
    for number, user in enumerate(people[:2]):
        failed(org, f"{20 + number} 08:15", ACTIVATE, user, AD, "Matching user not found.")
    reason = (
        "Error updating active_directory user password: The password does not meet the password "
        "policy requirements. Check the minimum password length, password complexity, and "
        "password history requirements. (Exception from HRESULT: 0x800708C5)"
    )
    kind = "application.provision.user.push_password"
    org.log(at("23 09:33"), kind, result="FAILURE", reason=reason, user=people[2], app=AD)


def reasonless(org: Org, people: list[Person]) -> None:
    """Okta says nothing but that it failed."""
    for number, user in enumerate(people):
        org.log(at(f"{7 + 4 * number} 18:02"), SYNC, result="FAILURE", user=user, app=SCIM)


def usage_location(org: Org, people: list[Person]) -> None:
    """Microsoft Graph wants a usage location; each is fixed within days."""
    for number, user in enumerate(people):
        when = at(f"{13 + number} 10:00")
        inner = (
            f"Could not push profile for Office 365 user {user.login}, received error: Received "
            "response with HTTP status code 400. httpStatusCode=400 errorCode=Request_BadRequest "
            'errorMessage="License assignment cannot be done for user with invalid usage '
            f'location." client-request-id={org.uuid()} request-id={org.uuid()} '
            f"timestamp='{when:%a, %d %b %Y %H:%M:%S} GMT' method=POST "
            f"url=https://graph.microsoft.com/v1.0/users/{org.uuid()}/assignLicense"
        )
        failed(org, when, PROFILE, user, M365, inner)
        org.log(when + timedelta(hours=5 + 20 * number), PROFILE, user=user, app=M365)


def small_troubles(org: Org) -> dict[str, Any]:
    """All that goes wrong beside the outage; return who is hit by what."""
    sizes = {
        bad_data: 1,
        seats_and_matches: 5,
        left_behind: 1,
        conflicts: 4,
        vendor_fault: 12,
        unknown_text: 3,
        directory: 3,
        reasonless: 5,
        usage_location: 3,
    }
    people, hit = iter(org.people[80:150]), {}
    for trouble, size in sizes.items():
        hit[trouble] = [next(people) for _ in range(size)]
        trouble(org, hit[trouble])
    return {
        "bad_data_user": hit[bad_data][0].login,
        "failed_deactivations": [hit[left_behind][0].login],
        "unknown_users": sorted(user.login for user in hit[unknown_text]),
    }


def hostile(org: Org) -> None:
    """Two events whose text would run in a careless report or spreadsheet."""
    mark = "<img src=x onerror=alert(1)>"
    one = Person("00uhostile000000001", f"Mallory {mark}", "mallory@example.com")
    two = Person("00uhostile000000002", '=HYPERLINK("https://example.com","x")', "eve@example.com")
    inner = "Errors reported by remote server: " + mark
    org.log(at("29 10:00"), "user.session.start", user=one, agent=mark, actor=one)
    failed(org, "29 10:01", PROFILE, one, SCIM, inner)
    failed(org, "29 10:02", PROFILE, two, SCIM, "=1+1 is no reason")


def sample() -> tuple[list[bytes], dict[str, bytes], dict[str, Any]]:
    """Make the lines of the sample's log, Entra's files by their names, and the truth."""
    org = Org(random.Random(20261005))
    day = START
    while day < END:
        everyday(
            org, day, volume=1.0, closed=day.date() in {at("27 0:0").date(), at("28 0:0").date()}
        )
        day += timedelta(days=1)
    truth = {"outage": outage(org), "throttled_users": throttling(org), **small_troubles(org)}
    for number in range(60):  # Microsoft 365 works for everyone else before and after
        begin = at("28 15:40") if number % 2 else at("27 06:30")
        when = begin + timedelta(minutes=org.random.randrange(140))
        org.log(when, PROFILE, user=org.random.choice(org.people[150:]), app=M365)
    hostile(org)
    org.events.sort(key=lambda pair: (pair[0], pair[1]["uuid"]))
    late = set(org.random.sample(range(len(org.events) - 400), 40))
    order = sorted(
        range(len(org.events)),
        key=lambda n: org.events[n][0] + timedelta(minutes=45 if n in late else 0),
    )
    lines = [_line(org.events[n][1]) for n in order]
    repeats = org.random.sample(lines, 60)
    for line in repeats:
        lines.insert(lines.index(line) + org.random.randrange(1, 200), line)
    broken = [
        lines[300][:120],
        _line({"eventType": "user.session.start", "published": "2026-10-06T08:00:00.000Z"}),
        lines[900].replace(b'"published":"2026', b'"published":"sometime 2026'),
    ]
    for number, line in enumerate(broken):
        lines.insert(4000 * (number + 1), line)
    counts = {"events": len(org.events), "repeats": len(repeats), "put_aside": len(broken)}
    logins = [user.login for user in org.people[150:]]
    sign_ins, audits, entra = entra_logs(org.requests, logins)
    files = {SIGN_IN_FILE: sign_ins, AUDIT_FILE: audits}
    return lines, files, {**counts, **truth, "entra": entra}


def _line(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def packed(text: bytes) -> bytes:
    """A text as gzip, without a name or a time of its own."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=9) as file:
        file.write(text)
    return out.getvalue()


def bulk(count: int, days: int, out: Path, files: int, *, plain: bool) -> None:
    """Write events of the same kinds, as whole as Okta sends them, for a benchmark.

    Args:
        count: how many events.
        days: over how many days they spread; they end with the sample.
        out: the folder.
        files: how many files, made side by side; each day lies in one of them.
        plain: not gzipped.
    """
    out.mkdir(parents=True, exist_ok=True)
    parts = [_Part(number, count, days, out, files, plain) for number in range(1, files + 1)]
    with Pool(min(files, os.cpu_count() or 1)) as pool:
        assert sum(pool.imap(_bulk_part, parts)) == count


class _Part(NamedTuple):
    """One of the files of a bulk."""

    number: int
    count: int
    days: int
    out: Path
    files: int
    plain: bool


def _bulk_part(part: _Part) -> int:
    """Write one file and say how many events are in it."""
    org, made = Org(random.Random(part.number), crowd=max(400, part.count // 500)), 0
    first = END - timedelta(days=part.days)
    path = part.out / f"part-{part.number:04d}.ndjson{'' if part.plain else '.gz'}"
    days = range(part.days * (part.number - 1) // part.files, part.days * part.number // part.files)
    with path.open("wb") as file:
        for day in days:
            wanted = part.count * (day + 1) // part.days - part.count * day // part.days
            while len(org.events) < wanted:
                _busy_day(org, first + timedelta(days=day), (wanted - len(org.events)) / 870)
            org.events.sort(key=lambda pair: pair[0])
            lines = [_line(_whole(event, org)) + b"\n" for _, event in org.events[:wanted]]
            org.events.clear()
            org.requests.clear()
            made += len(lines)
            text = b"".join(lines)
            file.write(text if part.plain else gzip.compress(text, 5, mtime=0))
    return made


def _busy_day(org: Org, day: datetime, volume: float) -> None:
    """An ordinary day, weekday or not, where about every twelfth push fails."""
    everyday(org, day, volume=volume / (1 if day.weekday() < 5 else 0.12))
    for _ in range(round(14 * volume)):
        user = org.random.choice(org.people[:150])
        when = day + timedelta(seconds=org.random.randrange(86_000))
        refused(org, when, PROFILE, user, form=org.random.randrange(15))
    for _ in range(round(8 * volume)):
        user, app = org.random.choice(org.people), org.random.choice(APPS[1:4])
        when = day + timedelta(seconds=org.random.randrange(86_000))
        told = connector("updateUser", "Bad Request", "invalid_name_specials", 400)
        failed(org, when, org.random.choice((PUSH, PROFILE)), user, app, told)


def _whole(event: dict[str, Any], org: Org) -> dict[str, Any]:
    """Add what Okta sends besides, so that an event has its usual size."""
    hexed = f"{org.random.getrandbits(160):040x}"
    client = event["client"] or {"ipAddress": None, "userAgent": {}, "geographicalContext": None}
    client["userAgent"] |= {"os": "Windows 10", "browser": "CHROME"}
    client |= {"zone": "null", "device": "Computer", "id": None}
    if client["geographicalContext"]:
        client["geographicalContext"] |= {
            "state": "Example State",
            "postalCode": "00000",
            "geolocation": {"lat": 53.5 + org.random.random(), "lon": 9.9 + org.random.random()},
        }
    event["debugContext"]["debugData"] |= {
        "requestUri": "/api/v1/authn",
        "url": f"/api/v1/internal/jobs/{hexed}?tenant=example&attempt=1",
        "dtHash": hexed + hexed[:24],
        "threatSuspected": "false",
        "risk": "{reasons=Anomalous Device, level=LOW}",
        "behaviors": "{New Geo-Location=NEGATIVE, New Device=NEGATIVE, New IP=NEGATIVE, "
        "New State=NEGATIVE, New Country=NEGATIVE, Velocity=NEGATIVE, New City=NEGATIVE}",
        "logOnlySecurityData": json.dumps(
            {"risk": {"level": "LOW"}, "behaviors": {"New IP": "NEGATIVE", "Velocity": "NEGATIVE"}}
        ),
        "traceId": org.uuid(),
    }
    for target in event["target"] or ():
        target["detailEntry"] = None
    return event | {
        "client": client,
        "device": None,
        "legacyEventType": f"legacy.{event['eventType']}",
        "authenticationContext": {
            "authenticationProvider": None,
            "credentialProvider": None,
            "credentialType": None,
            "issuer": None,
            "interface": None,
            "authenticationStep": 0,
            "rootSessionId": f"idx{hexed[:22]}",
            "externalSessionId": f"idx{hexed[:22]}",
        },
        "securityContext": {
            "asNumber": 64500 + org.random.randrange(8),
            "asOrg": "example networks gmbh",
            "isp": "example networks",
            "domain": "example.net",
            "isProxy": False,
            "userBehaviors": [],
        },
        "request": {
            "ipChain": [
                {
                    "ip": client["ipAddress"],
                    "geographicalContext": client["geographicalContext"],
                    "version": "V4",
                    "source": None,
                }
            ]
        },
    }


def main() -> None:
    """Make the sample, or files for a benchmark."""
    parser = argparse.ArgumentParser(description="Make the sample org's System Log.")
    parser.add_argument("--events", type=int, help="how many events, for a benchmark")
    parser.add_argument("--out", type=Path, default=HERE / "sample", help="where to write")
    parser.add_argument("--days", type=int, default=90, help="over how many days, with --events")
    parser.add_argument("--files", type=int, default=1, help="how many files, with --events")
    parser.add_argument("--plain", action="store_true", help="no gzip, with --events")
    options = parser.parse_args()
    if options.events:
        bulk(options.events, options.days, options.out, options.files, plain=options.plain)
        return
    lines, files, truth = sample()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in {"system_log.ndjson.gz": b"\n".join(lines) + b"\n", **files}.items():
        (options.out / name).write_bytes(packed(text))
    text = json.dumps(truth, indent=1, sort_keys=True, ensure_ascii=False)
    (options.out / "truth.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
