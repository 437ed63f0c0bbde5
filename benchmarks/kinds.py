"""Measure how well a message's kind is told, on messages whose kind a person judged.

    python benchmarks/kinds.py MESSAGES... [--part all|looked-at|held-out] [--forms-alone] [--wrong]

A file holds a message a line: ``.jsonl`` with ``message``, ``kind`` and ``also``, or ``.tsv`` with
these columns. The texts that word forms were made from are held apart from those that they were
not, by a hash of the text: the part that a message is in never changes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from kit.catalogue import Catalogue, load
from kit.catalogue.coding import code_message
from kit.messages import parse

PARTS = ("all", "looked-at", "held-out")


def part(message: str) -> str:
    """The part that a message is in."""
    return "looked-at" if hashlib.sha256(message.encode()).digest()[0] & 1 else "held-out"


def judged(path: Path) -> list[dict[str, Any]]:
    """The messages of a file that have a kind, each with the kinds that can be defended."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".tsv":
            rows: list[dict[str, Any]] = [*csv.DictReader(file, delimiter="\t", quoting=3)]
            for row in rows:
                row["also"] = row["also"].split()
        else:
            rows = [json.loads(line) for line in file if line.strip()]
    return [row for row in rows if row.get("kind")]


def told(message: str, catalogue: Catalogue) -> str:
    """The kind that okta-kit tells."""
    parsed = parse(message)
    code = code_message(parsed, catalogue)
    return catalogue.kind(code, text=parsed.text, http_status=parsed.http_status)


def cost_us(texts: list[str], catalogue: Catalogue) -> float:
    """What telling a kind costs a text, in microseconds: the mean of each text's best of five."""

    def seconds(text: str) -> float:
        begun = time.perf_counter()
        _ = catalogue.learned_kind(text, catalogue.kind_of_text(text))
        return time.perf_counter() - begun

    return sum(min(seconds(text) for _ in range(5)) for text in texts) / len(texts) * 1e6


def main() -> None:
    """Print the share that is right, the cost, and which kind was told for which."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--part", choices=PARTS, default="all")
    parser.add_argument("--wrong", action="store_true", help="also each message told wrongly")
    parser.add_argument("--forms-alone", action="store_true", help="ask nothing that was learned")
    asked = parser.parse_args()
    catalogue = replace(load(), kind_weights="stem,rarity\n") if asked.forms_alone else load()
    table: Counter[tuple[str, str]] = Counter()
    right = none = 0
    rows = [row for path in asked.files for row in judged(path)]
    rows = [row for row in rows if asked.part in {"all", part(row["message"])}]
    for row in rows:
        kind = told(row["message"], catalogue)
        table[row["kind"], kind or "-"] += 1
        none += not kind
        if kind in {row["kind"], *row.get("also", ())}:
            right += 1
        elif asked.wrong:
            print(f"{kind or '-'} for {row['kind']}: {row['message'][:160]!r}")
    share = right / len(rows) if rows else 0
    wrong = len(rows) - right - none
    print(f"{len(rows)} messages: {right} right ({share:.1%}), {wrong} wrong, {none} none")
    if rows:
        cost = cost_us([parse(row["message"]).text for row in rows], catalogue)
        print(f"{cost:.0f} us a text")
    for (judged_kind, told_kind), count in sorted(table.items()):
        mark = "" if judged_kind == told_kind else "  <- told another"
        print(f"{judged_kind:20} {told_kind:20} {count:4}{mark}")


if __name__ == "__main__":
    main()
