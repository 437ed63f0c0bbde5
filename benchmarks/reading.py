"""How long it takes, and how much memory, to read events and count failures by code.

Beside the same with what a pandas user would write. Both run as whole processes, in pairs,
one after the other; what counts is the ratio, not the seconds of one machine::

    python benchmarks/reading.py --events 100000 --pairs 5
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile

from measure import Run, median, run

KIT = """
import sys
from kit.log.log import open_log
from kit.analysis.failures import failures
print(failures(open_log(sys.argv[1])).groupby("code").size().sum())
"""

PANDAS = """
import glob, gzip, json, sys
import pandas as pd
events = []
for name in sorted(glob.glob(sys.argv[1])):
    with gzip.open(name, "rt", encoding="utf-8") as lines:
        events += [json.loads(line) for line in lines]
table = pd.json_normalize(events)
table["published"] = pd.to_datetime(table["published"], format="ISO8601")
failing = table[table["outcome.result"].isin(["FAILURE", "DENY"])].copy()
failing["code"] = failing["outcome.reason"].str.extract(r"(AADSTS\\d+)", expand=False)
print(failing.groupby(failing["code"].fillna("other")).size().sum())
"""


def told(name: str, runs: list[Run]) -> str:
    """The medians of some runs in one line."""
    found = median(runs)
    return f"{name:<24}{found.seconds:>8.1f} s{found.megabytes:>10.0f} MB"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        make = [python, "data/make_sample.py", "--events", str(options.events), "--out", folder]
        run(*make, "--files", "4")
        files = f"{folder}/*.gz"
        kit, pandas = [], []
        for _ in range(options.pairs):
            kit.append(run(python, "-c", KIT, files))
            pandas.append(run(python, "-c", PANDAS, files))
        report = [
            run(python, "-m", "kit", "report", "failure_trends", "--out", f"{folder}/reports")
            for _ in range(options.pairs)
        ]
    print(f"{options.events:,} events read and their failures counted, medians of {len(kit)} pairs")
    print(told("okta-kit", kit))
    print(told("pandas.json_normalize", pandas))
    pairs = list(zip(kit, pandas, strict=True))
    faster = statistics.median(p.seconds / k.seconds for k, p in pairs)
    smaller = statistics.median(p.megabytes / k.megabytes for k, p in pairs)
    print(f"pandas took {faster:.2f} times the time and {smaller:.2f} times the memory")
    print(told("report on the sample", report))


if __name__ == "__main__":
    main()
