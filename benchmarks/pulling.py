"""How fast a pull is, beside the SDK's own loop on the same org on loopback.

The org answers after 50 ms, and allows as much as is asked. The SDK's loop is what its README
shows, ``list_log_events`` from page to page, and keeps the events as dicts; okta-kit parses
them and keeps them in a lake. Reasons are short and cursors hold no comma, since the SDK
rejects a page with a reason of more than 255 characters, and takes such a cursor for the end.
Whole processes, in pairs::

    python benchmarks/pulling.py --events 100000 --pairs 3
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from measure import ROOT, Run, run

sys.path.insert(0, str(ROOT / "tests"))
from factories import event
from fake_org import FakeOrg

SDK = """
import asyncio
from okta.client import Client
from okta.pagination import PaginationHelper

async def main():
    events, cursor = [], None
    async with Client() as client:
        while True:
            page, response, error = await client.list_log_events(
                since={since!r}, until={until!r}, limit=1000, after=cursor)
            if error:
                raise SystemExit(str(error))
            events += [one.model_dump(by_alias=True) for one in page]
            cursor = PaginationHelper.extract_next_cursor(response.headers)
            if cursor is None:
                break
    print(len(events))

asyncio.run(main())
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds")
    options = parser.parse_args()
    until = datetime.now(UTC) - timedelta(minutes=5)
    step = timedelta(days=5) / options.events
    times = [until - step * (options.events - n) for n in range(options.events)]
    padding = {"debugContext": {"debugData": {"requestUri": "/api/v1/x" + "y" * 1300}}}
    events = [
        event(_iso(at), result="SUCCESS", user=f"u{n % 5000}@example.com", **padding)
        for n, at in enumerate(times)
    ]
    python, kit, sdk = sys.executable, [], []
    with (
        FakeOrg(events=events, latency=options.latency, limit=10**6, cursor="c") as org,
        tempfile.TemporaryDirectory() as name,
    ):
        os.environ.update(org.environment(HOME=name, OKTA_TESTING_TESTINGDISABLEHTTPSCHECK="1"))
        since = _iso(times[0] - timedelta(hours=1))
        own = SDK.format(since=since, until=_iso(until))
        command = [python, "-m", "kit", "pull", "--rate-share", "1", "--lake", f"{name}/lake"]
        for _ in range(options.pairs):
            kit.append(run(*command, "--since", since, "--until", _iso(until)))
            shutil.rmtree(Path(name) / "lake")
            sdk.append(run(python, "-c", own))
    print(f"{options.events:,} events, {options.latency * 1000:.0f} ms an answer: medians")
    show("okta-kit pull", kit, options.events)
    show("the SDK's loop", sdk, options.events)
    ratio = statistics.median(s.seconds / k.seconds for k, s in zip(kit, sdk, strict=True))
    print(f"okta-kit is {ratio:.1f} times as fast")


def show(name: str, runs: list[Run], events: int) -> None:
    """Print the medians of some runs."""
    seconds = statistics.median(one.seconds for one in runs)
    memory = statistics.median(one.megabytes for one in runs)
    print(f"{name:<16}{seconds:>7.1f} s{events / seconds:>10,.0f} events/s{memory:>8,.0f} MB")
    print(f"{'':<16}{runs[0].printed.strip()}")


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    main()
