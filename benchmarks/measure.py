"""A command measured as its users meet it: the whole process, with those it starts."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).resolve().parents[1]

__all__ = ["ROOT", "Run", "median", "run"]


class Run(NamedTuple):
    """One command that ended well."""

    seconds: float
    megabytes: float
    """Peak of the memory that the process and its children held together (resident)."""
    printed: str
    processor: float
    """Seconds of processor time of the process and its children."""


def run(*command: str, folder: Path = ROOT) -> Run:
    """Run a command to its end, in a folder: this checkout, or another to compare it with.

    Memory is looked at twenty times a second; what the processes share counts once for
    each, so the figure is rather too high than too low.

    Raises:
        SystemExit: the command failed.
    """
    began, peak, before = time.perf_counter(), 0, os.times()
    # A file, since a pipe that nobody reads meanwhile would fill up.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        subprocess.Popen(command, stdout=out, cwd=folder) as process,
    ):
        root = psutil.Process(process.pid)
        while process.poll() is None:
            held = 0
            with suppress(psutil.NoSuchProcess):
                for one in (root, *root.children(recursive=True)):
                    with suppress(psutil.NoSuchProcess):
                        held += one.memory_info().rss
            peak = max(peak, held)
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        out.seek(0)
        printed = out.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:4])} … ended with {process.returncode}")
    after = os.times()
    processor = after.children_user + after.children_system
    processor -= before.children_user + before.children_system
    return Run(seconds, peak / 1e6, printed, processor)


def median(runs: list[Run]) -> Run:
    """The medians of some runs; what the first of them printed."""
    return Run(
        statistics.median(r.seconds for r in runs),
        statistics.median(r.megabytes for r in runs),
        runs[0].printed,
        statistics.median(r.processor for r in runs),
    )
