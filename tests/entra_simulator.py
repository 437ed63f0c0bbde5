"""An outage as both sides log it, with the truth: which record is of which failure, and why none.

Ids are shuffled, clocks differ, ids are missing on one side, several records are of one request,
other accounts and tenants fail with the same code at the same time.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from entra_forms import SignIn, graph_object, number

from kit.lake import Lake, add
from kit.log.log import Log, open_log
from kit.vendors import content_id, read_record

START = datetime(2026, 9, 14, 6, tzinfo=UTC)
APP = "Microsoft Office 365"


@dataclass
class Truth:
    """What is true of one failure."""

    uuid: str
    match: str = "none"
    records: set[str] = field(default_factory=set)
    """The records of its request."""
    reason: str | None = None
    kind: str = ""


@dataclass
class Outage:
    """Both logs, and the truth by failure."""

    events: list[dict[str, Any]]
    records: list[SignIn]
    truth: dict[str, Truth]

    def write_events(self, folder: Path) -> str:
        """Write Okta's log into a folder; return the file's name."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "okta.ndjson"
        path.write_text("\n".join(map(json.dumps, self.events)), encoding="utf-8")
        return str(path)


def log_of_files(folder: Path, paths: Iterable[str]) -> Log:
    """Open files as a source, taken in one by one: together they would start processes."""
    lake = Lake(folder / "lake")
    for path in paths:
        add(lake, [Path(path)])
    return open_log(str(lake.folder))


def failure(
    n: str, at: datetime, code: int, trace: str = "", correlation: str = "", *, app: str = APP,
    app_id: str = "0oa365", text: str = "",
) -> dict[str, Any]:  # fmt: skip
    """A profile push that failed."""
    ids = f" Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at:%Y-%m-%d %H:%M:%S}Z"
    said = text or f"400 AADSTS{code}: Error validating credentials.{ids}"
    return {
        "uuid": number(f"event {n}"),
        "published": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "eventType": "application.provision.user.push_profile",
        "outcome": {
            "result": "FAILURE",
            "reason": f"Automatic profile push of user Ada to app {app} failed: Could not validate "
            f"your Office 365 credentials, received error: {said}",
        },
        "actor": {"id": "s", "type": "SystemPrincipal"},
        "target": [
            {"id": app_id, "type": "AppInstance", "displayName": app},
            {"id": f"00u{n}", "type": "User", "alternateId": f"u{n}@example.com"},
        ],
        "transaction": {"id": f"t{n}", "type": "JOB"},
    }


KINDS = (
    "id",
    "several",
    "later success",
    "correlation",
    "shared",
    "likely",
    "no ids there",
    "absent",
)
"""How a failure and its records may hang together."""


@dataclass
class Simulation:
    """An outage in the making."""

    luck: random.Random
    seed: int
    skew: timedelta
    """How far Entra's clock is ahead."""
    account: SignIn
    codes: list[int]
    events: list[dict[str, Any]] = field(default_factory=list)
    records: list[SignIn] = field(default_factory=list)
    truth: dict[str, Truth] = field(default_factory=dict)
    shared: str = ""
    """The correlation id of the failure before, if the next shares it."""

    def attempt(self, n: int, at: datetime) -> None:
        """One attempt that fails, as both sides log it."""
        luck, name = self.luck, f"{self.seed} {n}"
        code = luck.choice(self.codes)
        kind = "id" if n < 2 else "shared" if self.shared else luck.choice(KINDS)
        trace = number(f"trace {name}")
        correlation = self.shared or number(f"corr {name}")
        theirs = at + self.skew + timedelta(seconds=luck.uniform(-4, 1))
        record = replace(self.account, at=theirs, code=code, id=trace, correlation=correlation)
        one = Truth(number(f"event {name}"), kind=kind)
        ids = (trace, correlation)
        mine = [record]
        if kind in {"id", "several", "later success"}:
            one.match = "request_id"
            if kind == "several":  # tried again at once, under one correlation id
                mine += [
                    replace(record, at=theirs + timedelta(seconds=7 * m), id=number(f"{name} {m}"))
                    for m in range(1, luck.randint(2, 3))
                ]
            if kind == "later success":
                success = theirs + timedelta(minutes=3)
                self.records.append(
                    replace(record, at=success, code=0, id=number(f"success {name}"))
                )
        elif kind in {"correlation", "shared"}:
            record.id = number(f"other {name}")
            one.match, ids = "correlation_id", (number(f"lost {name}"), correlation)
            self.shared = "" if self.shared or kind == "correlation" else correlation
        elif kind == "likely":
            record.id, record.correlation = number(f"other {name}"), number(f"elsewhere {name}")
            one.match, ids = "likely", ("", "")
        elif kind == "no ids there":
            record.id = record.correlation = ""
            one.match = "likely"
        else:
            mine, one.reason = [], "not_in_export"
        one.records = {id_of(each) for each in mine}
        self.records += mine
        self.truth[one.uuid] = one
        self.events.append(failure(name, at, code, *ids))
        self._noise(name, record, theirs)

    def _noise(self, name: str, record: SignIn, theirs: datetime) -> None:
        """Others who fail just then with the same code: people, apps, tenants."""
        for m in range(self.luck.randrange(3)):
            other = replace(
                record,
                at=theirs + timedelta(seconds=self.luck.uniform(-90, 90)),
                id=number(f"noise {name} {m}"),
                correlation=number(f"noise c {name} {m}"),
            )
            which = self.luck.randrange(3)
            if which == 0:
                other.account, other.account_id = f"user{m}@contoso.example", number(f"user{m}")
            elif which == 1:
                other.app, other.app_id = "Azure Portal", number("portal")
            else:
                other.tenant = number("other tenant")
            self.records.append(other)


def id_of(one: SignIn) -> str:
    """The id under which a record is known: its own, or a hash of what it says."""
    read = read_record(json.dumps(graph_object(one)).encode())
    assert read is not None
    return read.id or content_id(read)


def simulate_outage(seed: int, size: int = 40, *, part: bool = False) -> Outage:
    """Make an outage with known truth.

    Args:
        seed: of all that is left to chance.
        size: how many attempts fail.
        part: the export holds only a part of the time.
    """
    luck = random.Random(seed)  # a simulation
    skew = timedelta(seconds=luck.uniform(-115, 115))
    account = SignIn(START, account=f"svc{seed}@contoso.example", account_id=number(f"a{seed}"))
    made = Simulation(luck, seed, skew, account, luck.sample([50126, 50055, 53003], 2))
    at, times = START, []
    for n in range(size):
        at += timedelta(seconds=luck.uniform(300, 1200))
        times.append(at)
        made.attempt(n, at)
    since, until = START, at + timedelta(minutes=10)
    if part:
        first, last = sorted(luck.sample(range(1, size - 1), 2))
        quiet = timedelta(seconds=150)  # nothing happens so shortly before and after an attempt
        since, until = times[first] - quiet, times[last] + quiet
        _cut(made, since + skew, until + skew)
    # the log is held for the whole of it
    for name, moment in (("first", since + skew), ("last", until + skew)):
        own = {"id": number(f"{name} {seed}"), "correlation": number(f"{name} c {seed}")}
        made.records.append(replace(account, at=moment, account=f"{name}@contoso.example", **own))
    for n, (code, reason) in enumerate([(7000222, "other_log"), (50126, "outside_coverage")]):
        when = at if reason == "other_log" else at + timedelta(hours=2)
        name = f"{seed} reason {n}"
        made.events.append(failure(name, when, code, number(name), number(f"c {name}")))
        uuid = made.events[-1]["uuid"]
        made.truth[uuid] = Truth(uuid, reason=reason)
    luck.shuffle(made.records)
    luck.shuffle(made.events)
    return Outage(made.events, made.records, made.truth)


def _cut(made: Simulation, since: datetime, until: datetime) -> None:
    """Leave out what happened before and after, at Entra."""
    ids = {id_of(one) for one in made.records if since <= one.at < until}
    made.records = [one for one in made.records if since <= one.at < until]
    published = {event["uuid"]: datetime.fromisoformat(event["published"]) for event in made.events}
    for one in made.truth.values():
        inside = since <= published[one.uuid] + made.skew < until
        one.records &= ids
        if one.match != "none" and not one.records:
            one.match = "none"
        if one.match == "none":
            one.reason = "not_in_export" if inside else "outside_coverage"
