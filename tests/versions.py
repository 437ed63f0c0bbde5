"""Try okta-kit on each Python of this machine, with the oldest and the newest of what it requires.

``make versions`` runs it; it needs uv and a way to PyPI. Oldest is the oldest that a bound allows
and that has a wheel for the Python in question. Prints a row for each, as ``docs/clients.md``
shows them; exits with 1 if one fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SETS = {"oldest": "lowest-direct", "newest": "highest"}

TESTS = (
    "catalogue explain parquet_rows lake_elsewhere unknown_texts parameters charts doctor mcp "
    "redaction frames_elsewhere okta_settings"
).split()
"""Together they touch every requirement; a word is a file of tests."""

BESIDES = ["pytest", "hypothesis", "polars", "psutil", "hatchling", "editables"]


def main(words: list[str]) -> int:
    """Run the matrix, or the Pythons that are named.

    Args:
        words: versions of Python, as ``3.12``; all if empty.
    """
    failed = 0
    print("| Python | requirements | result |\n|---|---|---|", flush=True)
    for version in words or PYTHONS:
        python = _python(version)
        if not python:
            print(f"| {version} | | not on this machine |", flush=True)
            continue
        for name, resolution in SETS.items():
            with tempfile.TemporaryDirectory() as folder:
                result = _try(python, version, resolution, Path(folder))
            failed += not result.startswith("ok")
            print(f"| {version} | {name} | {result} |", flush=True)
    return int(failed > 0)


def _python(version: str) -> str:
    """The program of a Python that is installed; empty if none is."""
    command = ["uv", "python", "list", "--only-installed", "--output-format", "json", version]
    # pyenv keeps its Pythons where uv does not look.
    places = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout or "[]"
    paths = [one["path"] for one in json.loads(listed) if one["path"]]
    return next(iter([*map(str, places), *paths]), "")


def _try(python: str, version: str, resolution: str, folder: Path) -> str:
    pins, its_python = folder / "pins.txt", folder / "env" / "bin" / "python"
    extras = ["--extra", "mcp", "--extra", "notify"]
    resolve = ["uv", "pip", "compile", "-q", "--no-build", "--resolution", resolution]
    into = ["uv", "pip", "install", "-q", "--python", str(its_python)]
    steps = [
        [*resolve, "--python-version", version, *extras, "pyproject.toml", "-o", pins],
        ["uv", "venv", "-q", "--python", python, folder / "env"],
        [*into, "-r", pins, *BESIDES],
        [*into, "--no-deps", "-e", str(ROOT)],
    ]
    for step in steps:
        done = subprocess.run(step, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"not installed: {' '.join(done.stderr.split())[:200]}"
    marks = "not (slow or spark or store or browser)"
    files = [f"tests/test_{name}.py" for name in TESTS]
    # What other packages say of themselves is no fault of this one's.
    options = ["-q", "-p", "no:cacheprovider", "-o", "filterwarnings=default", "-m", marks]
    done = subprocess.run(
        [its_python, "-m", "pytest", *options, *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stdout.strip().rpartition("\n")[2]
    faults = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return f"ok: {last}" if not done.returncode else f"failed: {last}; {'; '.join(faults[:5])}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
