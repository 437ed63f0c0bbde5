"""An outage as both sides log it, with the truth: which record is of which failure, and why none.

Ids are shuffled, clocks differ, ids are missing on one side, several records are of one request,
other accounts and tenants fail with the same code at the same time.
"""

import json
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from entra_forms import SignIn, number

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


def simulate_outage(seed: int, size: int = 40) -> Outage:  # noqa: PLR0915  # one story
    """Make an outage with known truth."""
    luck = random.Random(seed)  # a simulation
    skew = timedelta(seconds=luck.uniform(-110, 110))
    account = SignIn(START, account=f"svc{seed}@contoso.example", account_id=number(f"a{seed}"))
    codes = luck.sample([50126, 50055, 53003], 2)
    events, records, truth = [], [], {}
    at = START
    for n in range(size):
        at += timedelta(seconds=luck.uniform(300, 1200))
        code = luck.choice(codes)
        name = f"{seed} {n}"
        trace, correlation = number(f"trace {name}"), number(f"corr {name}")
        theirs = at + skew + timedelta(seconds=luck.uniform(-4, 1))
        record = replace(account, at=theirs, code=code, id=trace, correlation=correlation)
        kind = luck.choice(["id", "id", "correlation", "likely", "absent", "later success"])
        one = Truth(number(f"event {name}"))
        if kind in {"id", "later success"} or n < 2:
            records.append(record)
            one.match, one.records = "request_id", {trace}
            events.append(failure(name, at, code, trace, correlation))
            if kind == "later success":  # it shares the correlation id
                records.append(replace(record, at=theirs + timedelta(minutes=3), code=0,
                                       id=number(f"success {name}")))  # fmt: skip
        elif kind == "correlation":
            record.id = number(f"other {name}")
            records.append(record)
            one.match, one.records = "correlation_id", {record.id}
            events.append(failure(name, at, code, number(f"lost {name}"), correlation))
        elif kind == "likely":
            record.id, record.correlation = number(f"other {name}"), number(f"elsewhere {name}")
            records.append(record)
            one.match, one.records = "likely", {record.id}
            events.append(failure(name, at, code))
        else:
            one.reason = "not_in_export"
            events.append(failure(name, at, code, trace, correlation))
        truth[one.uuid] = one
        for m in range(luck.randrange(3)):  # others who fail just then
            other = replace(
                record,
                at=theirs + timedelta(seconds=luck.uniform(-90, 90)),
                id=number(f"noise {name} {m}"),
                correlation=number(f"noise c {name} {m}"),
            )
            which = luck.randrange(3)
            if which == 0:
                other.account, other.account_id = f"user{m}@contoso.example", number(f"user{m}")
            elif which == 1:
                other.app, other.app_id = "Azure Portal", number("portal")
            else:
                other.tenant = number("other tenant")
            records.append(other)
    # the log is held for the whole of it
    records.append(replace(account, at=START, id=number(f"first {seed}"), correlation=number("f")))
    end = at + timedelta(minutes=10)
    records.append(replace(account, at=end, id=number(f"last {seed}"), correlation=number("l")))
    for n, (code, reason) in enumerate([(7000222, "other_log"), (50126, "outside_coverage")]):
        when = at if reason == "other_log" else end + timedelta(hours=2)
        name = f"{seed} reason {n}"
        events.append(failure(name, when, code, number(name), number(f"c {name}")))
        truth[events[-1]["uuid"]] = Truth(events[-1]["uuid"], reason=reason)
    luck.shuffle(records)
    return Outage(events, records, truth)
