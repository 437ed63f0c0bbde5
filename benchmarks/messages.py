"""How long a message takes to read: the collected ones on average, and the worst that was found.

The average is over the messages of ``tests/data``, each read again (``parse`` keeps the texts met
last; that is left out). The worst is sought among texts of 10,000 characters that repeat what the
grammar looks for: every piece alone, behind every beginning, and in pairs::

    python benchmarks/messages.py --pairs 2000
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.messages import fingerprint, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
LENGTH = 10_000
BEGINNINGS = (
    "", "Automatic provisioning of user ", "Error while creating user ", "Failed on ",
    "Unable to update Group Push mapping target App group ", '{"message": "', "<html>",
    'errorMessage="', "com.a.bException: ", "AADSTS50126: ", "400 ", "HTTP ",
    "Errors reported by remote server: ",
)  # fmt: skip
PIECES = [
    *" :.,;-=()[]{}<>\"'/\\|@#&?!%+~^_\t\n0aA«“‘é",
    "<a", "</", "<a>", '{"', '{"a":', '":', '{"a":{', '[{"a":', '\\"', "a=", 'a="', "a='", "x: ",
    "A_", "A_B: ", "a_b: ", "a.b.", "0x", "(0x80070005)", "AADSTS", "AADSTS50126",
    "AADSTS50126: ", "Error ", "Error while creating user ", "Error: ", "Could not ",
    "Unable to ", "Automatic a of ", " failed", " to app ", " received error", "FAILURE: ",
    "DENY", "Errors reported by remote server: ", " ---> ", " nested exception is ",
    "caused by: ", "; first error: ", " at a.b.c(", "trace id: ", "request-id=", "Request ID ",
    "Timestamp: ", "2026-01-01 00:00:00 ", "Code: A Message: ", "Error Code: ", "status 4",
    "HTTP ", "400 ", "(400) ", "Bad Request. ", "LDAP: error code 4", "ldap_a: ",
    "rpc error: code = ", "[Source: (String)\"", 'errorMessage="', "a@b", "https://", "CN=a,",
    "user A", "a.bException: ", "<?xml", "<html", "Api validation failed: a (a: ",
]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=1_000, help="pairs of pieces that are tried")
    options = parser.parse_args()
    collected = [
        json.loads(line)["message"]
        for name in ("messages", "layouts")
        for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    read = parse.__wrapped__
    mean = statistics.fmean(_seconds(read, text, rounds=30) for text in collected)
    print(f"{len(collected)} collected messages: {mean * 1e6:.1f} µs each, the best of 30 rounds")
    texts = list(_adversarial(options.pairs))
    seconds, text = max((_seconds(read, text), text) for text in texts)
    print(
        f"{len(texts):,} adversarial texts: the worst takes {seconds * 1e3:.2f} ms, {text[:60]!r}…"
    )
    seconds, message = max((_seconds(fingerprint, read(text)), text) for text in texts)
    print(f"the worst fingerprint takes {seconds * 1e3:.2f} ms, {message[:60]!r}…")


def _seconds(do: Callable[[Any], object], what: object, rounds: int = 3) -> float:
    """The best of some rounds: what the work takes where nothing else runs."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        do(what)
        best = min(best, time.perf_counter() - begun)
    return best


def _adversarial(pairs: int) -> Iterator[str]:
    for begin in BEGINNINGS:
        for piece in PIECES:
            yield (begin + piece * LENGTH)[:LENGTH]
    chance = random.Random(1)  # noqa: S311  # the same texts each time, no secret
    for _ in range(pairs):
        yield ((chance.choice(PIECES) + chance.choice(PIECES)) * LENGTH)[:LENGTH]


if __name__ == "__main__":
    main()
