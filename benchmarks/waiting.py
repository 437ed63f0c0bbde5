"""What people wait for at a terminal: help, an explanation, and the first question after an import.

In seconds of processor, so that a busy machine changes little, medians with ratios of runs side by
side. The help and an explanation are held against ``import pandas``; the first question after
``okta-kit import`` against the same question asked again, each in a process of its own::

    python benchmarks/waiting.py --events 1000000 --runs 5
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import sys
import tempfile
from pathlib import Path

from measure import ROOT, Run, run
from questions import KIT, QUESTIONS

COMMANDS = {"--help": ("--help",), "explain": ("explain", "AADSTS50126")}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="of the lake; 0: none")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(ROOT / "kit", quiet=2)
    for name, words in COMMANDS.items():
        pairs = [
            (run(sys.executable, "-m", "kit", *words), run(sys.executable, "-c", "import pandas"))
            for _ in range(options.runs)
        ]
        show(name, "import pandas", pairs)
    if options.events:
        with tempfile.TemporaryDirectory() as folder:
            first_questions(Path(folder), options.events)


def first_questions(folder: Path, events: int) -> None:
    """Import a lake for each question, and ask it twice."""
    make = (sys.executable, "data/make_sample.py", "--events", str(events), "--days", "90")
    run(*make, "--files", "18", "--plain", "--out", f"{folder}/exports")
    exports = sorted(map(str, (folder / "exports").iterdir()))
    for name, words in QUESTIONS.items():
        lake = f"{folder}/lake_{name}"
        done = run(sys.executable, "-m", "kit", "import", *exports, "--lake", lake)
        print(f"{'import':<36}{done.processor:>7.2f} s of processor{done.megabytes:>7.0f} MB")
        ask = (sys.executable, "-c", KIT, lake, name)
        show(f"{words}, first", "again", [(run(*ask), run(*ask))])


def show(name: str, other: str, pairs: list[tuple[Run, Run]]) -> None:
    """Print the medians of some pairs of runs, and of their ratios."""
    mine, its = (
        statistics.median(one.processor for one in side) for side in zip(*pairs, strict=True)
    )
    ratio = statistics.median(one.processor / beside.processor for one, beside in pairs)
    memory = statistics.median(one.megabytes for one, _ in pairs)
    print(
        f"{name:<36}{mine:>7.2f} s of processor{memory:>7.0f} MB   {other} {its:.2f} s   "
        f"ratio {ratio:.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
