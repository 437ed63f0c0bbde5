"""A text's kind, told from weights of words that were learned from judged messages.

It is the last to be asked, where no word form fits. ``kind_weights.csv`` has a row for each stem
or pair of stems, its rarity in hundredths and its weight for each kind in tenths;
``benchmarks/learn_kinds.py`` writes it. A kind is told only with confidence: a wrong one sends the
wrong person.
"""

from __future__ import annotations

import csv
import math
import re
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from kit.catalogue.kinds import NAMES, plain_words

__all__ = ["BIAS", "LIMIT", "NO_KIND", "LearnedKinds", "nameless", "stems"]

LIMIT = 0.45
"""How sure a kind has to be.

Chosen by cross-validation, no source being both learned from and asked: above it, nine in ten are
right.
"""
BIAS = 0.3
"""The share of a text that every text has."""
NO_KIND = "none"
"""What the weights say of a text that tells of no failure."""
_EVERY_TEXT = ""
"""The row of weights that every text has."""
_MAX_CHARS = 600
_LETTERS = 6
"""How many letters of a word count."""
_FEWEST = 4
"""A text of fewer words says too little."""
_SHARE = 0.6
"""How many of a text's words have to be in the list; fewer are in a text in another language."""
_REFUSAL = re.compile(
    r" (?:not|no|non|nor|none|without|only|must|un(?:able|expec|known|supp|auth|defin)\w*"
    r"|(?:fail|err|invalid|illegal|incorrect|wrong|bad|miss|requir|den|refus|reject|expir|exceed"
    r"|malform|mismatch|conflict|duplic|exist|disab|forbid|violat|abort|insuff|broken|corrupt"
    r"|imposs|prohib|too|lack|absent|empty|null|block|lock|suspen|limit)\w*) "
)
"""A failure says one of these; what says none of them may be no failure at all."""


class _Weight(NamedTuple):
    """What a stem says."""

    rarity: float
    by_kind: tuple[tuple[int, float], ...]


class LearnedKinds:
    """Tells the kind of a text that no word form fits."""

    def __init__(self, weights: str) -> None:
        """Take in weights; they are read when a text is first asked for.

        Args:
            weights: the text of ``kind_weights.csv``.
        """
        self._text = weights

    @cached_property
    def _table(self) -> tuple[list[str], dict[str, _Weight]]:
        rows = csv.reader(self._text.splitlines())
        kinds = next(rows)[2:]
        weights = {
            stem: _Weight(
                int(rarity) / 100,
                tuple((at, int(cell) / 10) for at, cell in enumerate(cells) if cell),
            )
            for stem, rarity, *cells in rows
        }
        return kinds, weights

    def kind(self, text: str) -> str:
        """Tell a text's kind.

        Args:
            text: what a message says inside all its layers.

        Returns:
            The kind; nothing for a text that is too short, says of no failure, is not in English,
            or whose kind is not sure enough.
        """
        plain = nameless(text)
        words = [word for word in plain.split() if word.isalpha()]
        if len(words) < _FEWEST or not _REFUSAL.search(plain):
            return ""
        kinds, weights = self._table
        if sum(word[:_LETTERS] in weights for word in words) < _SHARE * len(words):
            return ""
        rows = [weights[stem] for stem in stems(plain) if stem in weights]
        length = math.sqrt(sum(row.rarity**2 for row in rows)) or 1.0
        shares = [(row.rarity / length, row.by_kind) for row in rows]
        scores = [0.0] * len(kinds)
        for share, by_kind in (*shares, (BIAS, weights[_EVERY_TEXT].by_kind)):
            for at, weight in by_kind:
                scores[at] += share * weight
        highest = max(scores)
        sure = 1 / sum(math.exp(score - highest) for score in scores)
        kind = kinds[scores.index(highest)]
        return kind if sure >= LIMIT and kind != NO_KIND else ""


def nameless(text: str) -> str:
    """A text's plain words without what it names in quotes or as an address."""
    return plain_words(NAMES.sub(" ␣ ", text[:_MAX_CHARS]))


def stems(plain: str) -> list[str]:
    """The beginnings of a text's words, and of each two that follow one another; no numbers."""
    words = [word[:_LETTERS] for word in plain.split() if word.isalpha()]
    return sorted({*words, *(f"{one}_{other}" for one, other in pairwise(words))})
