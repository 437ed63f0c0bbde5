"""What an event costs in each form that products give the log in, beside a plain line of NDJSON.

Reading, unwrapping and coding, in processor time of one process; nothing is written. The events
are the sample's, as often as it takes::

    python benchmarks/forms.py --events 20000 --only "Splunk search" CSV
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from measure import ROOT

sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT))

import forms
from kit.base.paths import SAMPLE_FILES
from kit.catalogue import load
from kit.lake import blocks
from kit.lake.files import skipped
from kit.sources import exports


def sample(number: int) -> list[dict[str, Any]]:
    """So many events."""
    events = [
        json.loads(raw)
        for block in exports.blocks(map(Path, SAMPLE_FILES))
        for coded in blocks.code_block(block, blocks.code_one_by_one)
        for part in coded.parts
        for raw in part.batch.column("raw").to_pylist()
    ]
    return list(islice(cycle(events), number))


def cost(path: Path) -> tuple[float, int, int]:
    """Microseconds of processor an event, events, and things skipped."""
    began, events, lost = time.process_time(), 0, 0
    for block in exports.blocks([path]):
        for coded in blocks.code_block(block, blocks.code_documents):
            events += coded.result.events
            lost += skipped(coded.result.skipped_lines)
    return (time.process_time() - began) * 1e6 / max(events, 1), events, lost


def main() -> None:
    """Measure each form, between two looks at the plain one, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--only", nargs="*", default=[], help="parts of forms' names; all without")
    options = parser.parse_args()
    load()
    events = sample(options.events)
    whole = [one for one in events if one["target"] and one["client"] and one["debugContext"]]
    whole = list(islice(cycle(whole), options.events))
    every = {**forms.IN_JSON, **forms.IN_TABLES}
    with tempfile.TemporaryDirectory() as folder:
        any_plain, whole_plain = Path(folder) / "any.ndjson", Path(folder) / "whole.ndjson"
        for file, some in ((any_plain, events), (whole_plain, whole)):
            file.write_text("".join(json.dumps(one) + "\n" for one in some), encoding="utf-8")
            cost(file)
        print("| form | µs an event | a plain one | ratio | events | skipped |")
        print("|---|---:|---:|---:|---:|---:|")
        for name, form in every.items():
            if options.only and not any(one in name for one in options.only):
                continue
            plain = any_plain
            try:
                data = form(events)
            except pa.ArrowException:  # Parquet has no objects without a name
                continue
            except (TypeError, KeyError, IndexError):
                data, plain = form(whole), whole_plain  # some take only events that are complete
            path = Path(folder) / "form"
            path.write_bytes(data.encode() if isinstance(data, str) else data)
            before = cost(plain)[0]
            mine, count, lost = cost(path)
            beside = min(before, cost(plain)[0])
            row = f"{mine:.1f} | {beside:.1f} | {mine / beside:.2f} | {count:,} | {lost:,}"
            print(f"| {name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
