"""How long a report takes, beside the commands ``papermill`` and ``jupyter nbconvert``.

The same notebook on the same source, whole processes, one after the other, in pairs. Bytecode
is compiled first::

    python benchmarks/reporting.py --pairs 3 --many 8
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from measure import ROOT, run

BIN = Path(sys.executable).parent
NOTEBOOK = ROOT / "notebooks" / "failure_trends.ipynb"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--many", type=int, default=8, help="reports made with -j 2; 0: none")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(ROOT / "kit", quiet=2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands(folder, 0)
        report(folder)
        pairs = [(report(folder), commands(folder, n)) for n in range(options.pairs)]
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(one / other for one, other in pairs)
        print(f"one report: {ours:.1f} s, papermill and nbconvert {theirs:.1f} s: {ratio:.2f}")
        if options.many:
            both = several(folder, options.many)
            each = sum(commands(folder, n) for n in range(options.many))
            print(
                f"{options.many} with -j 2: {both:.1f} s, in series by those commands {each:.1f} s"
            )
            print(f"ratio: {both / each:.2f}")


def report(folder: Path) -> float:
    """Seconds of one ``okta-kit report``."""
    command = [sys.executable, "-m", "kit", "report", str(NOTEBOOK)]
    return run(*command, "--out", f"{folder}/out").seconds


def several(folder: Path, number: int) -> float:
    """Seconds of several notebooks in one command."""
    copies = []
    for n in range(number):
        copy = folder / f"copy_{n}.ipynb"
        shutil.copy(NOTEBOOK, copy)
        copies.append(str(copy))
    command = [sys.executable, "-m", "kit", "report", *copies, "-j", "2"]
    return run(*command, "--out", f"{folder}/out").seconds


def commands(folder: Path, number: int) -> float:
    """Seconds of the two commands, one after the other."""
    made = f"{folder}/run_{number}.ipynb"
    began = time.perf_counter()
    run(f"{BIN}/papermill", str(NOTEBOOK), made, "--no-progress-bar", "--log-level", "ERROR")
    run(f"{BIN}/jupyter", "nbconvert", "--to", "html", "--no-input", "--log-level=ERROR", made)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
