"""What a vendor's records cost: their import beside Okta's events, and the join with failures.

Entra's sign-ins are made in the forms that are read most (Microsoft Graph's objects a line and in
pages, Log Analytics' rows a line, diagnostic records a line, the portal's CSV), as many as Okta's
events, and each is imported into a lake of its own. Then all lie in one lake, and ``evidence`` is
asked beside ``failures``, each of the opened lake. Processes one after the other, by their
processor time, which says the same on a machine that does other work, too::

    python benchmarks/vendor_records.py --events 2000000 --records 1000000 --pairs 3
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import re
import statistics
import sys
import tempfile
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from measure import Run, median, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = datetime(2026, 8, 1, tzinfo=UTC)
"""Okta's events of ``make_sample`` lie in the 90 days after it."""
SPAN = timedelta(days=90)
PAGE = 1_000
_TRACE = re.compile(r"Trace ID: ([0-9a-f-]{36}) Correlation ID: ([0-9a-f-]{36})")


ASK = """
import sys, time
from kit.analysis.failures import failures
from kit.evidence.lookup import look_up
from kit.evidence.matching import evidence
from kit.log.log import open_log

log = open_log(sys.argv[1])
questions = {
    "failures": failures, "evidence": evidence, "lookup": lambda log: look_up(log, sys.argv[3])}
began = time.process_time()
questions[sys.argv[2]](log)
print(time.process_time() - began)
"""
"""A question to an opened lake, in a process of its own; printed is its processor time."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--imported", type=int, default=200_000, help="of each form, to compare")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--scratch", help="a folder for some gigabytes")
    parser.add_argument("--only", choices=["import", "join"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        if options.only != "join":
            compare_imports(Path(name), options.imported, options.pairs)
        if options.only != "import":
            compare_questions(Path(name), options.events, options.records, options.pairs)


def compare_imports(folder: Path, count: int, pairs: int) -> None:
    """Import as many records as events, and say what one costs of the other."""
    exports = {
        "okta": make_okta(folder / "okta", count),
        "okta, light": [make_light(folder / "light.ndjson", count)],
    }
    for form in FORMS:
        exports[form] = make_entra(folder / form.replace(" ", "_"), form, count, [])
    runs: dict[str, list[Run]] = {name: [] for name in exports}
    for _ in range(pairs):
        for name, files in exports.items():
            lake = folder / "lake"
            runs[name].append(
                run(sys.executable, "-m", "kit", "import", *files, "--lake", f"{lake}")
            )
            rmtree(lake)
    print(f"import of {count:,}, medians of {pairs}:")
    okta, light = median(runs["okta"]), median(runs["okta, light"])
    for name, some in runs.items():
        one = median(some)
        each, speed = one.processor / count * 1e6, okta.processor / one.processor
        print(f"  {name:18} {one.processor:7.1f} s {each:6.1f} µs each {one.megabytes:6.0f} MB, "
              f"{speed:5.2f} of an event's speed, "
              f"{light.processor / one.processor:5.2f} of a light one's")  # fmt: skip


def compare_questions(folder: Path, events: int, records: int, pairs: int) -> None:
    """Ask for failures and for evidence over the same lake."""
    exports = make_okta(folder / "many", events)
    lake = f"{folder}/joint"
    run(sys.executable, "-m", "kit", "import", *exports, "--lake", lake)
    pairs_of_ids = ids_of(exports)
    rmtree(folder / "many")
    entra = make_entra(folder / "entra", "diagnostic lines", records, pairs_of_ids)
    one = run(sys.executable, "-m", "kit", "import", *entra, "--lake", lake)
    print(f"import of {records:,} records beside {events:,} events: {one.seconds:.1f} s, "
          f"{one.megabytes:.0f} MB")  # fmt: skip
    again = run(sys.executable, "-m", "kit", "import", *entra, "--lake", lake)
    print(f"the same again: {again.seconds:.1f} s, {again.megabytes:.0f} MB")
    rmtree(folder / "entra")
    run(sys.executable, "-m", "kit", "compact", "--lake", lake)
    questions: dict[str, list[Run]] = {"failures": [], "evidence": [], "lookup": []}
    for _ in range(pairs):
        for name, some in questions.items():
            some.append(run(sys.executable, "-c", ASK, lake, name, pairs_of_ids[0][0]))
    print(f"{events:,} events, {records:,} records, {len(pairs_of_ids):,} ids; medians of {pairs}:")
    seconds = {name: [float(one.printed) for one in some] for name, some in questions.items()}
    for name, some in questions.items():
        both = zip(seconds[name], seconds["failures"], strict=True)
        times = statistics.median(one / other for one, other in both)
        more = median(some).megabytes - median(questions["failures"]).megabytes
        print(f"  {name:10} {statistics.median(seconds[name]):6.2f} s "
              f"{median(some).megabytes:6.0f} MB {times:5.2f} {more:+5.0f} MB")  # fmt: skip


def make_okta(folder: Path, count: int) -> list[str]:
    """Okta's events as files of lines."""
    files = max(1, count // 100_000)
    run(sys.executable, "data/make_sample.py", "--events", str(count), "--plain", "--files",
        str(files), "--out", str(folder))  # fmt: skip
    return sorted(str(path) for path in folder.iterdir())


def make_light(path: Path, count: int) -> str:
    """Sign-ins that worked, with little said of each: the events that cost least."""
    luck = random.Random(3)  # noqa: S311  # no secret
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            file.write(json.dumps({
                "uuid": str(uuid.UUID(int=luck.getrandbits(128))),
                "published": f"{START + SPAN * (n / count):%Y-%m-%dT%H:%M:%S}.000Z",
                "eventType": "user.session.start", "severity": "INFO", "version": "0",
                "displayMessage": "User login to Okta",
                "outcome": {"result": "SUCCESS"},
                "actor": {"id": f"00u{n % 4000}", "type": "User", "displayName": "Ada Example",
                          "alternateId": f"user{n % 4000}@example.com"},
                "client": {"ipAddress": f"203.0.113.{n % 250}",
                           "userAgent": {"rawUserAgent": "Mozilla/5.0", "os": "Windows"}},
                "transaction": {"id": f"t{n}", "type": "WEB"},
                "target": [],
            }) + "\n")  # fmt: skip
    return str(path)


def ids_of(exports: list[str]) -> list[tuple[str, str, str]]:
    """The Trace ID, Correlation ID and time of each refused sign-in."""
    ids = []
    for name in exports:
        with Path(name).open(encoding="utf-8") as file:
            for line in file:
                match = _TRACE.search(line) if "Trace ID" in line else None
                if match is not None:
                    ids += [(match[1], match[2], json.loads(line)["published"])]
    return ids


def sign_ins(count: int, ids: list[tuple[str, str, str]]) -> Iterator[dict[str, Any]]:
    """Sign-ins as Microsoft Graph has them; those with given ids first."""
    luck = random.Random(7)  # noqa: S311  # no secret
    for n in range(count):
        refused = n < len(ids) or n % 7 == 0
        at = START + SPAN * (n / count)
        number, correlation = (str(uuid.UUID(int=luck.getrandbits(128))) for _ in range(2))
        when = at.isoformat(timespec="microseconds").replace("+00:00", "0Z")
        if n < len(ids):
            number, correlation, when = ids[n]
        user = "svc_okta" if n < len(ids) else f"user{n % 4000}"
        yield {
            "id": number,
            "createdDateTime": when,
            "userDisplayName": f"{user} Example",
            "userPrincipalName": f"{user}@contoso.example",
            "userId": str(uuid.UUID(int=n % 4000 + 1)),
            "appId": "1b730954-1685-4b74-9bfd-dac224a7b894",
            "appDisplayName": "Azure Active Directory PowerShell",
            "ipAddress": f"203.0.113.{n % 250}",
            "clientAppUsed": "Mobile Apps and Desktop clients",
            "correlationId": correlation,
            "conditionalAccessStatus": "notApplied",
            "isInteractive": True,
            "riskDetail": "none",
            "riskLevelAggregated": "none",
            "riskLevelDuringSignIn": "none",
            "riskState": "none",
            "riskEventTypes_v2": [],
            "resourceDisplayName": "Windows Azure Active Directory",
            "resourceId": "00000002-0000-0000-c000-000000000000",
            "status": {
                "errorCode": 50126 if refused else 0,
                "failureReason": "Invalid username or password." if refused else "Other.",
                "additionalDetails": None,
            },
            "deviceDetail": {
                "deviceId": "", "displayName": "", "operatingSystem": "", "browser": "",
                "isCompliant": False, "isManaged": False, "trustType": "",
            },
            "location": {
                "city": "Springfield", "state": "Illinois", "countryOrRegion": "US",
                "geoCoordinates": {"altitude": None, "latitude": 39.8, "longitude": -89.6},
            },
            "appliedConditionalAccessPolicies": [],
        }  # fmt: skip


def _lines(records: Iterator[dict[str, Any]]) -> Iterator[str]:
    for one in records:
        yield json.dumps(one) + "\n"


def _analytics(records: Iterator[dict[str, Any]]) -> Iterator[str]:
    for one in records:
        yield json.dumps({
            "TenantId": "22222222-2222-3333-4444-555555555555",
            "TimeGenerated": one["createdDateTime"],
            "Category": "SignInLogs",
            "ResultType": str(one["status"]["errorCode"]),
            "ResultDescription": one["status"]["failureReason"],
            "CorrelationId": one["correlationId"],
            "Id": one["id"],
            "AppId": one["appId"],
            "AppDisplayName": one["appDisplayName"],
            "UserPrincipalName": one["userPrincipalName"],
            "UserId": one["userId"],
            "IPAddress": one["ipAddress"],
            "AADTenantId": "11111111-2222-3333-4444-555555555555",
            "Status": json.dumps(one["status"]),
            "LocationDetails": json.dumps(one["location"]),
            "ConditionalAccessPolicies": "[]",
            "Type": "SigninLogs",
        }) + "\n"  # fmt: skip


def _pages(records: Iterator[dict[str, Any]]) -> Iterator[str]:
    page: list[dict[str, Any]] = []
    for one in records:
        page.append(one)
        if len(page) == PAGE:
            yield json.dumps({"@odata.context": "x", "value": page}) + "\n"
            page = []
    if page:
        yield json.dumps({"@odata.context": "x", "value": page}) + "\n"


def _diagnostic(records: Iterator[dict[str, Any]]) -> Iterator[str]:
    for one in records:
        yield json.dumps({
            "time": one["createdDateTime"],
            "resourceId": "/tenants/0/providers/Microsoft.aadiam",
            "operationName": "Sign-in activity",
            "category": "SignInLogs",
            "tenantId": "11111111-2222-3333-4444-555555555555",
            "resultType": str(one["status"]["errorCode"]),
            "callerIpAddress": one["ipAddress"],
            "correlationId": one["correlationId"],
            "Level": 4,
            "properties": one,
        }) + "\n"  # fmt: skip


def _rows(records: Iterator[dict[str, Any]]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Date (UTC)", "Request ID", "User agent", "Correlation ID", "User ID", "User",
                     "Username", "Application", "Application ID ", "Resource", "Resource ID ",
                     "Resource tenant ID", "IP address", "Location", "Status",
                     "Sign-in error code", "Failure reason", "Client app"])  # fmt: skip
    for one in records:
        code = one["status"]["errorCode"]
        writer.writerow([one["createdDateTime"], one["id"], "", one["correlationId"], one["userId"],
                         one["userDisplayName"], one["userPrincipalName"], one["appDisplayName"],
                         one["appId"], one["resourceDisplayName"], one["resourceId"],
                         "11111111-2222-3333-4444-555555555555", one["ipAddress"],
                         "Springfield, Illinois, US", "Failure" if code else "Success", code or "",
                         one["status"]["failureReason"], one["clientAppUsed"]])  # fmt: skip
        if out.tell() > 1 << 20:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


FORMS: dict[str, tuple[str, Callable[[Iterator[dict[str, Any]]], Iterator[str]]]] = {
    "graph lines": ("signins.ndjson", _lines),
    "log analytics": ("rows.ndjson", _analytics),
    "graph pages": ("signins.json", _pages),
    "diagnostic lines": ("PT1H.json", _diagnostic),
    "portal csv": ("InteractiveSignIns_a.csv", _rows),
}


def make_entra(folder: Path, form: str, count: int, ids: list[tuple[str, str, str]]) -> list[str]:
    """Entra's sign-ins in a form."""
    name, texts = FORMS[form]
    folder.mkdir(parents=True)
    with (folder / name).open("w", encoding="utf-8") as file:
        file.writelines(texts(sign_ins(count, ids)))
    return [str(folder / name)]


if __name__ == "__main__":
    main()
