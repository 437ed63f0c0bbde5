"""What a lake in an object store costs beside one on disk.

The store is moto's on loopback, in a process of its own on the same machine: so this shows the work
that the kit does besides, not a network. Each request of a real store adds its latency; how many
there are is counted. Whole processes, in pairs::

    python benchmarks/store.py --events 200000 --pairs 3
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from measure import ROOT, run

sys.path.insert(0, str(ROOT / "tests"))
from factories import event
from fake_org import FakeOrg

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = ROOT / "tests" / "s3_server.py"
KIT = (sys.executable, "-m", "kit")
QUESTION = """
import sys
from kit import open_log
from kit.analysis.recovery import recovery
log = open_log(sys.argv[2])
print(len(recovery(log, log.window())))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--pulled", type=int, default=20_000, help="events that are pulled")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--only-pull", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, store(Path(name) / "requests"):
        folder = Path(name)
        make = (sys.executable, "data/make_sample.py", "--events", str(options.events))
        run(*make, "--files", "4", "--out", f"{folder}/exports")
        exports = sorted(map(str, (folder / "exports").iterdir()))
        places = {"disk": f"{folder}/lake", "store": "s3://measured/lake"}
        steps = {
            f"import of {options.events:,} events": ("import", *exports),
            "import of the same again": ("import", *exports),
            "who recovered, first": ("-c", QUESTION),
            "who recovered, again": ("-c", QUESTION),
            "lake": ("lake",),
            "compact": ("compact",),
        }
        if not options.only_pull:
            show(steps, places, options.pairs, folder)
        now = datetime.now(UTC)
        step = timedelta(days=3) / options.pulled
        events = [
            event((now - timedelta(minutes=5) - step * n).isoformat())
            for n in range(options.pulled)
        ]
        with FakeOrg(events=events, page=1000, latency=0.05) as org:
            os.environ.update(org.environment(HOME=name))
            pull = {f"pull of {options.pulled:,} events": ("pull", "--since", "4d")}
            show(pull, places, options.pairs, folder)


def show(
    steps: dict[str, tuple[str, ...]], places: dict[str, str], pairs: int, folder: Path
) -> None:
    """Run the steps on both places, one after the other, and print the medians."""
    seconds: dict[tuple[str, str], list[float]] = {}
    requests: dict[str, int] = {}
    for _ in range(pairs):
        rmtree(places["disk"], ignore_errors=True)
        empty()
        for step, words in steps.items():
            program = (sys.executable,) if words[0] == "-c" else KIT
            for place, address in places.items():
                before = (folder / "requests").stat().st_size
                done = run(*program, *words, "--lake", address)
                seconds.setdefault((step, place), []).append(done.seconds)
                requests[step] = (folder / "requests").stat().st_size - before
    for step in steps:
        disk, there = seconds[step, "disk"], seconds[step, "store"]
        ratio = statistics.median(b / a for a, b in zip(disk, there, strict=True))
        print(
            f"{step:<28} disk {statistics.median(disk):6.1f} s   store "
            f"{statistics.median(there):6.1f} s   ratio {ratio:5.2f}   {requests[step]:,} requests"
        )


@contextmanager
def store(counted: Path) -> Iterator[None]:
    """An S3 server with one bucket; it writes a byte to *counted* for each request."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    counted.touch()
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "measured",
        "AWS_SECRET_ACCESS_KEY": "measured",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }
    with subprocess.Popen(
        [sys.executable, str(SERVER), str(port), str(counted)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            for _ in range(600):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            import fsspec

            fsspec.filesystem("s3").mkdir("measured")
            yield
        finally:
            process.kill()


def empty() -> None:
    """Remove the lake in the store."""
    import fsspec

    fs = fsspec.filesystem("s3", use_listings_cache=False)
    if fs.find("measured/lake"):
        fs.rm("measured/lake", recursive=True)


if __name__ == "__main__":
    main()
