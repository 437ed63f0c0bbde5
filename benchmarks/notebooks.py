"""How long all questions of one notebook take on a lake, with the memory that they need.

Each notebook's sections are called in its order, in a process of its own: every question is put
to the lake, every table and chart is made. Left out is what does not depend on the lake: starting a
kernel, and rendering the page. ``questions`` is the time from the opened lake to the last section
without that of drawing, ``drawn`` with it, ``with opening`` from the first import. The lake was
asked before, as it is after ``okta-kit compact``; files are in the page cache. Medians::

    python benchmarks/notebooks.py data/lake --runs 3

``first`` is a lake that was not asked since it changed. How to make a lake of any size is told in
``questions.py``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from pathlib import Path

from measure import ROOT, Run, run

ASKED = """
import contextlib, io, sys, time
began = time.perf_counter()
import kit
from kit.log.log import open_log

name, lake, since, calls = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4].split()
began_asking = []
real = open_log
def opened(*args, **more):
    log = real(*args, **more)
    began_asking.append(time.perf_counter())
    return log
drawing = []
def timed(draw):
    def drawn(*args, **more):
        start = time.perf_counter()
        made = draw(*args, **more)
        drawing.append(time.perf_counter() - start)
        return made
    return drawn
from functools import cached_property
from kit.display.parts import Chart
import kit.views.base
kit.views.base.open_log = opened
picture = cached_property(timed(Chart.picture.func))
picture.__set_name__(Chart, "picture")
Chart.picture = picture
with contextlib.redirect_stdout(io.StringIO()):
    report = getattr(kit, name)(lake, since=since)
    for call in calls:
        for part in getattr(getattr(report, call)(), "parts", ()):
            part.text()
done = time.perf_counter()
asking = done - began_asking[0]
print(asking - sum(drawing), asking, done - began)
"""

_REPORTS = {
    "failure_trends": "trends_report",
    "remediation": "remediation_report",
    "error_code": "error_code_report",
    "user_history": "user_history_report",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lake", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--since", nargs="*", default=["7d", ""], help="windows; all if empty")
    parser.add_argument("--first", action="store_true", help="also a lake that was never asked")
    options = parser.parse_args()
    for path in options.lake.rglob("*.parquet"):
        path.read_bytes()
    lake = str(options.lake.resolve())
    head = f"{'questions':>12}{'drawn':>12}{'with opening':>14}{'memory':>10}"
    print(f"{'':<16}{'window':>8}{head}")
    for since in options.since:
        for name in _REPORTS:
            if options.first:
                shutil.rmtree(options.lake / "_kept", ignore_errors=True)
                told(f"{name}, first", since, [asked(name, lake, since)])
            asked(name, lake, since)
            told(name, since, [asked(name, lake, since) for _ in range(options.runs)])


def asked(name: str, lake: str, since: str) -> Run:
    """Call the sections of a notebook in its order."""
    notebook = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    code = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    calls = [one[7:-2] for one in code if one.startswith("report.")]
    return run(sys.executable, "-c", ASKED, _REPORTS[name], lake, since, " ".join(calls))


def told(name: str, since: str, runs: list[Run]) -> None:
    """Print the medians of a notebook's runs."""
    times = [[float(part) for part in one.printed.split()] for one in runs]
    questions, drawn, whole = (statistics.median(one[n] for one in times) for n in range(3))
    memory = statistics.median(one.megabytes for one in runs)
    print(
        f"{name:<16}{since or 'all':>8}{questions:>10.2f} s{drawn:>10.2f} s{whole:>12.2f} s"
        f"{memory:>7.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
