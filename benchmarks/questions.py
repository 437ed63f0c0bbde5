"""How long questions to a lake take, beside what a pandas user would write on the same files.

The four questions that reports ask: failures by hour, app and code; the rate of failures by hour
and app; first and last seen by app and code; who recovered. Each runs as a process of its own,
four times: okta-kit on a lake that was never asked (``first``), okta-kit again, okta-kit after the
newest of the lake's files came to what it was asked of (``grown``, as after a pull), and
pandas. The time is that of the question, from the opened lake (or the imported pandas) to the
answer; the memory is the whole process's. Medians, ratios of runs side by side, files in the
page cache::

    python benchmarks/questions.py data/lake --pairs 3

A lake of any size: ``python data/make_sample.py --events 10000000 --days 90 --files 90 --plain
--out DIR``, then ``okta-kit import 'DIR/*' --lake LAKE``.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Run, run

if TYPE_CHECKING:
    from collections.abc import Iterator

KIT = """
import sys, time
from kit.analysis.failures import folded_failures
from kit.analysis.recovery import recovery
from kit.analysis.successes import count_successes
from kit.log.log import open_log, to_pandas

began = time.perf_counter()
log = open_log(sys.argv[1])
window = log.window()
opened = time.perf_counter()

def hourly():
    rows = folded_failures(log, window)
    rows = rows.mutate(bucket=rows.published.truncate("h"))
    return to_pandas(rows.group_by(["bucket", "app", "code"]).aggregate(n=rows.count()))

def rate():
    rows = folded_failures(log, window)
    rows = rows.mutate(bucket=rows.published.truncate("h"))
    failed = to_pandas(rows.group_by(["bucket", "app_key"]).aggregate(failures=rows.count()))
    good = count_successes(log, window, "hour").groupby(["bucket", "app_key"])["successes"].sum()
    both = failed.set_index(["bucket", "app_key"]).join(good, how="outer").fillna(0)
    return both["failures"] / (both["failures"] + both["successes"])

def seen():
    rows = folded_failures(log, window)
    return to_pandas(rows.group_by(["app", "code"]).aggregate(
        first=rows.published.min(), last=rows.published.max()))

asked = {"hourly": hourly, "rate": rate, "seen": seen, "recovery": lambda: recovery(log, window)}
answer = asked[sys.argv[2]]()
print(opened - began, time.perf_counter() - opened, len(answer))
"""

PANDAS = """
import sys, time
import pandas as pd

began = time.perf_counter()
KEYS = ["app_id", "user_login", "operation"]
COLUMNS = ["published", "uuid", "transaction_id", "app_name", "code", *KEYS]

def failures():
    rows = pd.read_parquet(sys.argv[1], columns=COLUMNS)
    rows = rows[rows["code"].notna()]
    rows = rows.assign(code=rows["code"].where(rows["code"] != "NO_REASON"))
    rows["transaction_id"] = rows["transaction_id"].fillna(rows["uuid"])
    app = rows[rows["user_login"].isna()].drop_duplicates(["transaction_id", "app_id"])
    rows = rows[rows["user_login"].notna()].merge(
        app[["transaction_id", "app_id", "code"]], "left", on=["transaction_id", "app_id"],
        suffixes=("", "_of_app"))
    rows["code"] = rows["code"].fillna(rows["code_of_app"]).fillna("NO_REASON")
    rows = rows.sort_values("published")
    return rows.drop_duplicates(["transaction_id", "app_id", "user_login"])

def successes():
    rows = pd.read_parquet(sys.argv[1], columns=["published", "result", "code", *KEYS])
    return rows[(rows["result"] == "SUCCESS") & rows["code"].isna()]

def hourly():
    rows = failures()
    return rows.groupby([rows["published"].dt.floor("h"), "app_name", "code"], dropna=False).size()

def rate():
    bad, good = failures(), successes()
    bad = bad.groupby([bad["published"].dt.floor("h"), "app_id"], dropna=False).size()
    good = good.groupby([good["published"].dt.floor("h"), "app_id"], dropna=False).size()
    both = pd.concat([bad.rename("bad"), good.rename("good")], axis=1).fillna(0)
    return both["bad"] / (both["bad"] + both["good"])

def seen():
    return failures().groupby(["app_name", "code"], dropna=False)["published"].agg(["min", "max"])

def recovery():
    last = failures().groupby(KEYS, dropna=False)["published"].max().rename("last").reset_index()
    after = successes().merge(last, on=KEYS)
    after = after[after["published"] > after["last"]]
    return last.merge(after.groupby(KEYS)["published"].min().reset_index(), "left", on=KEYS)

answer = {"hourly": hourly, "rate": rate, "seen": seen, "recovery": recovery}[sys.argv[2]]()
print(0, time.perf_counter() - began, len(answer))
"""

QUESTIONS = {
    "hourly": "failures by hour, app and code",
    "rate": "rate by hour and app",
    "seen": "first and last seen by app and code",
    "recovery": "who recovered, and when",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lake", type=Path)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    lake, python = str(options.lake.resolve()), sys.executable
    for path in options.lake.rglob("*.parquet"):
        path.read_bytes()
    heads = ("first", "again", "grown", "pandas")
    print(" " * 37 + "".join(f"{head:>16}" for head in heads) + "   pandas/first     again   grown")
    for name, said in QUESTIONS.items():
        runs: list[tuple[Run, ...]] = []
        for _ in range(options.pairs):
            shutil.rmtree(options.lake / "_kept", ignore_errors=True)
            kit = [python, "-c", KIT, lake, name]
            first, again = run(*kit), run(*kit)
            shutil.rmtree(options.lake / "_kept")
            with without_newest(options.lake):
                run(*kit)
            grown = run(*kit)
            runs.append((first, again, grown, run(python, "-c", PANDAS, lake, name)))
        shown = "".join(told([one[n] for one in runs]) for n in range(4))
        ratios = [
            statistics.median(asked(one[3]) / asked(one[n]) for one in runs) for n in range(3)
        ]
        print(f"{said:<37}{shown}   " + "".join(f"{ratio:>9.1f}×" for ratio in ratios), flush=True)


@contextmanager
def without_newest(lake: Path) -> Iterator[None]:
    """Take the newest day's last file out of a lake for a while."""
    newest = max(lake.glob("date=*/[!_]*.parquet"))
    aside = newest.with_name(f"_{newest.name}")
    newest.rename(aside)
    try:
        yield
    finally:
        aside.rename(newest)


def asked(one: Run) -> float:
    """Seconds that the question took, in a run."""
    return float(one.printed.split()[1])


def told(runs: list[Run]) -> str:
    """The medians of the question's time and the process's memory."""
    memory = statistics.median(one.megabytes for one in runs)
    return f"{statistics.median(map(asked, runs)):>6.2f} s{memory:>5.0f} MB"


if __name__ == "__main__":
    main()
