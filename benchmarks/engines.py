"""Every analysis on DuckDB and on a Spark cluster: whether they agree, and what each takes.

The cluster is one of a master and two workers on this machine, each with one core for us, so
what is seen is what the way over a cluster costs, and not what a large one gains. Each engine
answers in a process of its own, which opens the log twice: the first time starts the session, too.
DuckDB asks without what it keeps beside a lake. The memory is the peak of all processes that
take part::

    python benchmarks/engines.py sample data/lake

Lakes of any size: see ``questions.py`` and ``multiply.py``. Answers nearly as long as the log are
left out of logs of more than 100,000 events.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from measure import ROOT, run

sys.path.insert(0, str(ROOT / "tests"))

import analyses
import cluster

ASK = """
import json, pickle, sys, time
from dataclasses import replace
sys.path.insert(0, "tests")
import analyses
from kit.log.cache import ResultCache
from kit.log.log import open_log

source, engine, since, path, *only = sys.argv[1:]
def opened():
    began = time.perf_counter()
    log = open_log(source, engine=engine)
    return log, time.perf_counter() - began

first, again = opened()[1], opened()
log, again = again
log = replace(log, answers=ResultCache(log.events.get_backend()))
found = [(a.name, a.rows, a.seconds, a.given) for a in analyses.answers(
    log, since or None, whole=log.count <= 100_000, only=only)]
with open(path, "wb") as file:
    pickle.dump([(*one[:3], analyses.plain(one[3])) for one in found], file)
print(json.dumps([log.count, first, again]))
"""
SETTINGS = """\
spark.driver.memory 2g
spark.executor.memory 2g
spark.sql.shuffle.partitions 8
"""


class Watched:
    """The peak of the memory of processes and their children, while a block runs."""

    def __init__(self, processes: tuple[int, ...]) -> None:
        self.processes, self.peak = processes, 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            held = 0
            for number in self.processes:
                with suppress(psutil.Error):
                    root = psutil.Process(number)
                    held += sum(
                        one.memory_info().rss for one in [root, *root.children(recursive=True)]
                    )
            self.peak = max(self.peak, held / 1e6)


def asked(
    source: str, engine: str, since: str, processes: tuple[int, ...], only: list[str]
) -> dict[str, Any]:
    """Ask the analyses on an engine, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder, Watched(processes) as watched:
        path = Path(folder) / "answers"
        done = run(sys.executable, "-c", ASK, source, engine, since, str(path), *only)
        answers = pickle.loads(path.read_bytes())  # noqa: S301  # we wrote it
    count, first, again = json.loads(done.printed.splitlines()[-1])
    memory = done.megabytes + watched.peak
    return {"count": count, "first": first, "again": again, "memory": memory, "answers": answers}


def equal(one: Any, other: Any) -> str:
    """Whether two answers are the same to the last row."""
    try:
        analyses.assert_same(one, other, "it")
    except AssertionError:
        return "NO"
    return "yes"


def compared(source: str, since: str, only: list[str], running: cluster.Cluster) -> None:
    """Print both tables of one source."""
    began = time.perf_counter()
    plain = asked(source, "duckdb", since, (), only)
    spark = asked(source, running.master, since, running.processes, only)
    print(f"\n{source}: {plain['count']:,} events\n")
    print("| | DuckDB | Spark | Spark/DuckDB |\n|---|---:|---:|---:|")
    totals = [sum(one[2] for one in engine["answers"]) for engine in (plain, spark)]
    rows = [
        ("opening, session included (s)", plain["first"], spark["first"]),
        ("opening again (s)", plain["again"], spark["again"]),
        ("these analyses (s)" if only else "all analyses (s)", *totals),
        ("memory (MB)", plain["memory"], spark["memory"]),
    ]
    for name, mine, its in rows:
        print(f"| {name} | {mine:,.1f} | {its:,.1f} | {its / mine:,.1f} |")
    print("\n| analysis | rows | equal | DuckDB (s) | Spark (s) |\n|---|---:|---|---:|---:|")
    for mine, its in zip(plain["answers"], spark["answers"], strict=True):
        print(
            f"| {mine[0]} | {mine[1]:,} | {equal(its[3], mine[3])} | {mine[2]:.2f} | {its[2]:.2f} |"
        )
    print(f"{source} took {time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("source", nargs="+", help="a source, as --source takes it")
    words.add_argument(
        "--since", default="7d", help="where the window begins; '' is the first event"
    )
    words.add_argument("--only", nargs="*", default=[], help="names of analyses; all without it")
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as place, cluster.running(Path(place), SETTINGS) as both:
        os.environ.update(SPARK_CONF_DIR=str(both.conf), SPARK_LOCAL_IP="127.0.0.1")
        os.environ.pop("OKTA_KIT_ENGINE", None)
        for one in given.source:
            compared(one, given.since, given.only, both)
