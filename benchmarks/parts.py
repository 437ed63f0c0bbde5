"""How many parts of messages are read right, against files in which a person wrote them down.

Each line of such a file is an object with ``id``, ``message`` and ``expect``, the right parts by
the names of ``explain --json``, null where a message has none; ``soft`` names parts that can be
read two ways, which do not count. Blanks, line breaks and Markdown's back-ticks do not count
either. A ``code`` that is null is none, since every text gets one::

    python benchmarks/parts.py messages.jsonl more.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from kit.catalogue.explain import explanation
from kit.messages import parse


def main() -> None:
    """Count and print, what is wrong first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="+", type=Path)
    parser.add_argument("--wrong", action="store_true", help="name each part that is wrong")
    options = parser.parse_args()
    right: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for path in options.file:
        for line in path.read_text(encoding="utf-8").splitlines():
            for part, got, wanted in compared(json.loads(line)):
                counted[part] += 1
                right[part] += got == wanted
                if options.wrong and got != wanted:
                    print(f"{json.loads(line)['id']}: {part} is {got!r}, should be {wanted!r}")
    for part, number in sorted(counted.items()):
        print(f"{part:20} {right[part]:4} of {number:4}  {right[part] / number:6.1%}")
    print(f"{'all':20} {right.total():4} of {counted.total():4}  "
          f"{right.total() / counted.total():6.1%}")  # fmt: skip


def compared(known: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Each part of a message that counts, as it was read and as it should be."""
    found, message = explanation(known["message"]).fields(), parse(known["message"])
    soft = known.get("soft") or ()
    return [
        (part, _plain(found.get(part, getattr(message, part, None))), _plain(wanted))
        for part, wanted in known["expect"].items()
        if part not in soft and not (part == "code" and wanted is None)
    ]


def _plain(value: object) -> object:
    return " ".join(value.replace("`", "").split()) if isinstance(value, str) else value


if __name__ == "__main__":
    main()
