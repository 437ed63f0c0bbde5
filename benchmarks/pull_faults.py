"""What a pull does at each fault of an org, and how many requests it makes for it.

An org on loopback answers with each fault in turn, while the real command pulls from it: three
days of events, in pages of 50. What is printed is the table in ``docs/pull.md``::

    python benchmarks/pull_faults.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
from measure import ROOT

sys.path.insert(0, str(ROOT / "tests"))
from factories import event
from fake_org import FakeOrg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNT, PAGE = 300, 50


@dataclass
class Case:
    """A fault, and the org that has it."""

    name: str
    org: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


def from_request(number: int, fault: str) -> Callable[[Any], str]:
    """A fault that stays, from that request of the log on."""
    asked = iter(range(1, 1_000_000))
    return lambda _: fault if next(asked) >= number else ""


def cases() -> Iterator[Case]:
    """The faults; each is met by the third request, after the first page."""
    yield Case("none")
    once = {
        "500, once": "500",
        "502, once": "502",
        "503, once": "503",
        "504, once": "504",
        "429 with X-Rate-Limit-Reset, once": "429 with reset",
        "429 without a reset, once": "429 without reset",
        "429 with Retry-After, once": "429 with Retry-After",
        "429 for too many at once (limit 0), once": "429 concurrent",
        "connection dropped, once": "drop",
        "answer cut off, once": "cut",
        "malformed JSON, once": "malformed",
        "a web page in place of JSON, once": "html",
        "an empty page in the middle": "empty",
        "no answer within the time-out, once": "slow",
    }
    patient = {"OKTA_CLIENT_REQUESTTIMEOUT": "2"}
    for name, fault in once.items():
        yield Case(name, {"faults": deque(["", "", fault])}, patient)
    forever = {
        "500, for good": "500",
        "connections dropped, for good": "drop",
        "a web page, for good (captive portal)": "html",
        "redirect to another host": "redirect",
        "401: the token ends midway": "401",
        "403: a right is lacking": "403",
    }
    for name, fault in forever.items():
        yield Case(name, {"fault_when": from_request(3, fault)}, patient)
    yield Case("`next` leads in a circle", {"fault_when": from_request(3, "loop")})
    other = "https://other.example.com/api/v1/logs?after=1"
    yield Case(
        "`next` leads to another host",
        {"link": lambda _me, _next: [("Link", f'<{other}>; rel="next"')]},
    )
    yield Case("the clock is an hour off", {"clock_off": 3600.0})
    yield Case("the org cannot be reached", variables={"OKTA_CLIENT_ORGURL": "http://127.0.0.1:9"})


def main() -> None:
    """Try each fault and print the table."""
    now = datetime.now(UTC)
    step = timedelta(days=3) / COUNT
    events = [event(_iso(now - step * (COUNT - n)), result="SUCCESS") for n in range(COUNT)]
    print("| fault | exit | events of 300 | requests | seconds | said last |")
    print("|---|---:|---:|---:|---:|---|")
    for case in cases():
        print(tried(case, events), flush=True)


def tried(case: Case, events: list[dict[str, Any]]) -> str:
    """One row of the table."""
    with (
        FakeOrg(events=events, page=PAGE, **case.org) as org,
        tempfile.TemporaryDirectory() as home,
    ):
        variables = {**org.environment(HOME=home), **case.variables}
        command = [sys.executable, "-m", "kit", "pull", "--since", "4d", "--rate-share", "1"]
        began = datetime.now(UTC)
        done = subprocess.run(
            [*command, "--lake", f"{home}/lake"],
            env={**os.environ, **variables},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = (datetime.now(UTC) - began).total_seconds()
        held = kept(f"{home}/lake")
        said = [line.removeprefix("okta-kit: ") for line in done.stderr.splitlines()]
        told = said[-1].replace(org.url.removeprefix("http://"), "ORG") if said else ""
        return (
            f"| {case.name} | {done.returncode} | {held} | {len(org.requests)} "
            f"| {seconds:.1f} | {told} |"
        )


def kept(lake: str) -> int:
    """How many events a lake holds."""
    try:
        rows = duckdb.sql(f"select count(distinct uuid) from '{lake}/date=*/*.parquet'")  # noqa: S608
    except duckdb.IOException:
        return 0
    [row] = rows.fetchall()
    return int(row[0])


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    main()
