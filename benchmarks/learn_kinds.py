"""Learn the weights by which a kind is told where no word form fits.

    python benchmarks/learn_kinds.py [--check]

Writes ``kit/catalogue/kind_weights.csv`` from the judged messages in ``tests/data/kinds.tsv`` and
``kinds_further.tsv``; the meanings of event types that are no failures stand for texts without a
kind. All messages of a source are asked of weights that were learned from the other sources alone:
what is right then gives each kind the limit above which it is told. With ``--check`` it writes
nothing, and prints how many kinds are right at each limit of confidence.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kit.catalogue import load
from kit.catalogue.learned import BIAS, LIMIT, LIMITS, NO_KIND, nameless, stems
from kit.messages import parse

ROOT = Path(__file__).parents[1]
JUDGED = ("tests/data/kinds.tsv", "tests/data/kinds_further.tsv")
WEIGHTS = ROOT / "kit/catalogue/kind_weights.csv"
FOLDS = 8
STEPS = 150
RATE = 32.0
DECAY = 3e-5
"""How much a weight is drawn to nothing."""
FEWEST_TEXTS = 2
"""A stem of fewer texts is not learned."""
WORTH = 0.65
"""How many of the texts just above a kind's limit have to be right."""
AS_MANY = 10
"""So many texts of any kind stand beside a kind's own, few as they may be, when its limit is
chosen."""
TROUBLE = re.compile(
    "fail|den|refus|reject|block|lock|error|could not|not |expire|violat|suspen|limit|threat"
    "|suspic|warn|revok|delet|remov|deact"
)
Row = tuple[list[str], set[str], str, str]
"""A text's stems, the kinds that can be defended, the judged one, and its source."""


def rows() -> list[Row]:
    """What is learned from."""
    judged: list[dict[str, str]] = []
    for name in JUDGED:
        with (ROOT / name).open(encoding="utf-8", newline="") as file:
            judged += csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    learned: list[Row] = []
    for row in judged:
        message = parse(row["message"])
        text = message.text
        for name in (message.user, message.group, message.app):
            if name and len(name) > 2:
                text = text.replace(name, "<>")
        source = row["source"].split("#")[0].split(" ")[0] or row["app"]
        kinds = {row["kind"], *row["also"].split()}
        learned.append((stems(nameless(text)), kinds, row["kind"], source))
    for number, one in enumerate(load().event_types.values()):
        words = f"{one.event_type} {one.meaning}".casefold()
        if one.meaning and one.verdict != "only_fails" and not TROUBLE.search(words):
            source = f"event types {number % 10}"
            learned.append((stems(nameless(one.meaning)), {NO_KIND}, NO_KIND, source))
    return learned


class Model:
    """A softmax over stems, each weighted by its rarity, a text's together of length one."""

    def __init__(self, learned: list[Row], kinds: list[str]) -> None:
        """Learn."""
        self.kinds = kinds
        texts = Counter(stem for row in learned for stem in row[0])
        usable = sorted(stem for stem, count in texts.items() if count >= FEWEST_TEXTS)
        self.at = {stem: at for at, stem in enumerate(usable)}
        self.rarity = np.array([np.log(len(learned) / texts[stem]) for stem in usable])
        right = np.eye(len(kinds))[[kinds.index(row[2]) for row in learned]]
        asked = self.matrix(learned)
        self.weights = before = np.zeros((len(usable) + 1, len(kinds)))
        for step in range(STEPS):  # Nesterov's descent
            ahead = self.weights + step / (step + 3) * (self.weights - before)
            slope = asked.T @ (_shares(asked @ ahead) - right) / len(learned) + DECAY * ahead
            before, self.weights = self.weights, ahead - RATE * slope

    def matrix(self, asked: list[Row]) -> Any:
        """A row a text, a column a stem; the last is the same for all."""
        matrix = np.zeros((len(asked), len(self.at) + 1))
        for number, row in enumerate(asked):
            at = [self.at[stem] for stem in row[0] if stem in self.at]
            matrix[number, at] = self.rarity[at]
            matrix[number] /= np.linalg.norm(matrix[number]) or 1.0
        matrix[:, -1] = BIAS
        return matrix

    def shares(self, asked: list[Row]) -> Any:
        """How sure each kind is for each text."""
        return _shares(self.matrix(asked) @ self.weights)

    def write(self, path: Path, limits: dict[str, float]) -> None:
        """Write the weights and limits; what rounds to nothing is left out."""
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["stem", "rarity", *self.kinds])
            hundredths = (
                round(100 * limits[kind]) if kind in limits else "" for kind in self.kinds
            )
            out.writerow([LIMITS, 0, *hundredths])
            for stem, at in [("", -1), *self.at.items()]:
                rarity = round(float(self.rarity[at]) * 100) if stem else 0
                tenths = np.round(self.weights[at] * 10).astype(int)
                out.writerow([stem, rarity, *(tenth or "" for tenth in tenths.tolist())])


def _shares(scores: Any) -> Any:
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


class Asked(NamedTuple):
    """A text that was asked of weights learned from other sources."""

    row: Row
    kind: str
    sure: float

    @property
    def is_right(self) -> bool:
        """Whether the kind can be defended."""
        return self.kind in self.row[1]


def cross_validate(learned: list[Row], kinds: list[str]) -> list[Asked]:
    """Ask each text of weights that were learned from the other sources alone."""
    answers: list[Asked] = []
    folds = [int(hashlib.sha256(row[3].encode()).hexdigest(), 16) % FOLDS for row in learned]
    for fold in range(FOLDS):
        others = [row for row, at in zip(learned, folds, strict=True) if at != fold]
        asked = [row for row, at in zip(learned, folds, strict=True) if at == fold]
        for row, shares in zip(asked, Model(others, kinds).shares(asked), strict=True):
            answers.append(Asked(row, kinds[int(shares.argmax())], float(shares.max())))
    return answers


def limits_of(answers: list[Asked]) -> dict[str, float]:
    """How sure each kind has to be: as little as leaves the texts just above it worth telling."""
    judged = [one for one in answers if one.row[2] != NO_KIND and one.kind != NO_KIND]
    limits: dict[str, float] = {}
    for kind in {one.kind for one in judged}:
        for limit in (0.35, 0.4, 0.45, 0.5, 0.55, 0.6):
            near = [one for one in judged if limit <= one.sure < limit + 0.15]
            own = [one for one in near if one.kind == kind]
            usual = sum(one.is_right for one in near) / len(near)
            right = sum(one.is_right for one in own) + AS_MANY * usual
            limits[kind] = limit
            if right / (len(own) + AS_MANY) >= WORTH:
                break
    return limits


def check(answers: list[Asked], limits: dict[str, float]) -> None:
    """Print how many kinds are right at each limit, and at each kind's own."""
    judged = sum(one.row[2] != NO_KIND for one in answers)
    told = [one for one in answers if one.kind != NO_KIND]
    wrongly = [one for one in told if one.row[2] == NO_KIND]
    above = sum(one.sure >= limits.get(one.kind, LIMIT) for one in wrongly)
    print(f"{judged} messages; of texts without a kind {above} get one")
    told = [one for one in told if one.row[2] != NO_KIND]
    for limit in (0.0, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, None):
        sure = [one for one in told if one.sure >= (limit or limits.get(one.kind, LIMIT))]
        if limit == 0.0:
            sure = told
        right = sum(one.is_right for one in sure) / len(sure)
        name = "own " if limit is None else f"{limit:.2f}"
        print(f"{name}: {len(sure) / judged:.1%} told, {right:.1%} right")
    print(", ".join(f"{kind} {limit:.2f}" for kind, limit in sorted(limits.items())))


def main() -> None:
    """Learn and write, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    learned, kinds = rows(), [NO_KIND, *sorted(load().kinds)]
    answers = cross_validate(learned, kinds)
    limits = limits_of(answers)
    if parser.parse_args().check:
        check(answers, limits)
    else:
        Model(learned, kinds).write(WEIGHTS, limits)


if __name__ == "__main__":
    main()
