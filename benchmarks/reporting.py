"""How long a report takes, beside the commands ``papermill`` and ``jupyter nbconvert``.

The same notebook on the same source, whole processes, one after the other, in pairs; and the
commands with a notebook without a cell, which is the least that they take. Bytecode is compiled
first. Each figure is in seconds of a clock, and of processor, which a busy machine changes less::

    python benchmarks/reporting.py --pairs 3 --many 8

``--book BIN/jupyter-book`` also makes the page with Jupyter Book 1, from an environment of its own.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from measure import ROOT, run

BIN = Path(sys.executable).parent
NOTEBOOK = ROOT / "notebooks" / "failure_trends.ipynb"


class Used(NamedTuple):
    """What a run took, in seconds."""

    clock: float
    processor: float

    def __add__(self, other: object) -> Used:
        assert isinstance(other, Used)
        return Used(self.clock + other.clock, self.processor + other.processor)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--many", type=int, default=8, help="reports made with -j 2; 0: none")
    parser.add_argument("--book", help="Jupyter Book's command, in another environment")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(ROOT / "kit", quiet=2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = folder / "empty.ipynb"
        notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
        empty.write_text(json.dumps({**notebook, "cells": []}), encoding="utf-8")
        commands(folder, NOTEBOOK)
        report(folder)
        ours, theirs, least, books = [], [], [], []
        for _ in range(options.pairs):
            ours.append(report(folder))
            theirs.append(commands(folder, NOTEBOOK))
            least.append(commands(folder, empty))
            if options.book:
                books.append(book(folder, options.book))
        show("one report", ours)
        show("papermill and nbconvert", theirs, ours)
        show("the same, an empty notebook", least, ours)
        if books:
            show("Jupyter Book", books, ours)
        if options.many:
            both = several(folder, options.many)
            each = sum((commands(folder, NOTEBOOK) for _ in range(options.many)), Used(0, 0))
            # By the clock alone: forked processes are nobody's children, and count as no one's.
            ratio = both.clock / each.clock
            print(f"{options.many} reports with -j 2: {both.clock:.1f} s")
            print(f"in series by those commands: {each.clock:.1f} s; {ratio:.2f} of it")


def report(folder: Path) -> Used:
    """One ``okta-kit report``."""
    command = [sys.executable, "-m", "kit", "report", str(NOTEBOOK)]
    return used(*command, "--out", f"{folder}/out")


def several(folder: Path, number: int) -> Used:
    """Several notebooks in one command."""
    copies = []
    for n in range(number):
        copy = folder / f"copy_{n}.ipynb"
        shutil.copy(NOTEBOOK, copy)
        copies.append(str(copy))
    command = [sys.executable, "-m", "kit", "report", *copies, "-j", "2"]
    return used(*command, "--out", f"{folder}/out")


def commands(folder: Path, notebook: Path) -> Used:
    """The two commands, one after the other."""
    out = f"{folder}/run.ipynb"
    quiet = ("--no-progress-bar", "--log-level", "ERROR")
    papermill = used(f"{BIN}/papermill", str(notebook), out, *quiet)
    convert = ("nbconvert", "--to", "html", "--no-input", "--log-level=ERROR", out)
    return papermill + used(f"{BIN}/jupyter", *convert)


def book(folder: Path, command: str) -> Used:
    """The notebook as a page of Jupyter Book, run in this environment's kernel."""
    place = folder / "book"
    shutil.rmtree(place, ignore_errors=True)
    kernel = place / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    spec = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    spec |= {"display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    page = shutil.copy(NOTEBOOK, place)
    os.environ["JUPYTER_PATH"] = f"{place}/jupyter"
    try:
        return used(command, "build", str(page), "--path-output", f"{place}/out")
    finally:
        del os.environ["JUPYTER_PATH"]


def used(*command: str) -> Used:
    """What a command took."""
    done = run(*command)
    return Used(done.seconds, done.processor)


def show(name: str, runs: list[Used], beside: list[Used] | None = None) -> None:
    """Print the medians of some runs, and how much of each another took."""
    clock, processor = (statistics.median(side) for side in zip(*runs, strict=True))
    ratios = ""
    if beside:
        pairs = list(zip(beside, runs, strict=True))
        parts = [statistics.median(ours[n] / its[n] for ours, its in pairs) for n in range(2)]
        ratios = f"   okta-kit takes {parts[0]:.2f} of it, of processor {parts[1]:.2f}"
    print(f"{name:<36}{clock:>7.1f} s{processor:>7.1f} s of processor{ratios}", flush=True)


if __name__ == "__main__":
    main()
