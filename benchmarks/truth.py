"""What the remediation notebook says of a simulated incident, line by line beside the truth.

The incident is drawn from a seed, as the tests draw theirs; the notebook runs as a report, and what
its ``summary.json`` says is shown::

    python benchmarks/truth.py 5
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from measure import ROOT

from kit.base.times import iso
from kit.reports import run_report

sys.path.insert(0, str(ROOT / "tests"))
from incidents import APP, CODE, Truth, simulate

_NEAR = {"onset": 60.0, "fix": 900.0}
"""Seconds that a time may be off."""


def main() -> None:
    """Simulate, run and print; exit 1 where a line differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seed", type=int)
    options = parser.parse_args()
    made = simulate(options.seed)
    with tempfile.TemporaryDirectory() as name:
        export = Path(name, "export.ndjson")
        export.write_text("".join(json.dumps(one) + "\n" for one in made.events), encoding="utf-8")
        given = {"source": str(export), "code": CODE, "app": APP[1]}
        given |= {"since": iso(made.truth.since), "until": iso(made.truth.until)}
        done = run_report(ROOT / "notebooks" / "remediation.ipynb", given, out=Path(name, "out"))
    print(done.headline)
    said = _said(done.facts["results"])
    wrong = 0
    for what, true in _true(made.truth).items():
        same = _same(what, true, said[what])
        wrong += not same
        print(
            f"{what}\n  truth     {true}\n  notebook  {said[what]}{'' if same else '  <-- differs'}"
        )
    sys.exit(1 if wrong else 0)


def _true(truth: Truth) -> dict[str, object]:
    return {
        "onset": iso(truth.onset),
        "change": truth.change,
        "how wide": truth.radius,
        "still failing": truth.still_failing,
        "recovered": truth.recovered,
        "unassigned since": truth.abandoned,
        "failed deactivations": truth.failed_deactivations,
        "fix": truth.fix_at and iso(truth.fix_at),
        "verdict": truth.verdict,
    }


def _said(results: dict[str, object]) -> dict[str, object]:
    found = json.loads(json.dumps(results))
    return {
        "onset": found["onset"],
        "change": (found["change"] or {}).get("uuid"),
        "how wide": found["blast_radius"],
        "still failing": sorted(one.lower() for one in found["still_failing"]),
        "recovered": sorted(one.lower() for one in found["recovered"]),
        "unassigned since": sorted(one.lower() for one in found["abandoned"]),
        "failed deactivations": sorted(one.lower() for one in found["failed_deactivations"]),
        "fix": found["fix"]["at"],
        "verdict": found["fix"]["verdict"],
    }


def _same(what: str, true: object, said: object) -> bool:
    if what == "fix" and true is None:
        return True  # a time was looked for, and the verdict says what it is worth
    if what not in _NEAR or said is None:
        return true == said
    apart = datetime.fromisoformat(str(said)) - datetime.fromisoformat(str(true))
    return abs(apart.total_seconds()) <= _NEAR[what]


if __name__ == "__main__":
    main()
