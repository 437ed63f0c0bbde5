"""A text's kind, told from weights of words that were learned from judged messages.

It is asked where no word form fits, and overrules one that fits only against strong odds: a form
sees a few words, the weights see all. ``kind_weights.csv`` has a row for each stem or pair of
stems, its rarity in hundredths and its weight for each kind in tenths;
``benchmarks/learn_kinds.py`` writes it. A kind is told only with confidence: a wrong one sends the
wrong person. What comes of it is a guess, and shown as one.
"""

from __future__ import annotations

import csv
import math
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from kit.base.patterns import lazy_pattern
from kit.catalogue.kinds import NAMES, plain_words

__all__ = [
    "BIAS",
    "LIMIT",
    "LIMITS",
    "NO_KIND",
    "OVERRULE",
    "OVERRULED",
    "LearnedKinds",
    "nameless",
    "stems",
]

LIMIT = 0.45
"""How sure a kind has to be whose own limit is not in the weights."""
LIMITS = "%"
"""The row that says for each kind how sure it has to be, in hundredths.

Chosen by cross-validation, no source being both learned from and asked.
"""
OVERRULE = 0.6
"""How sure a kind has to be, to stand in the place of one that a word form tells."""
OVERRULED = 0.1
"""How likely the word form's kind may be at most."""
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
"""A text of fewer different words says too little."""
_SHARE = 0.6
"""How many of a text's words have to be in the list; fewer are in a text in another language."""
_UNMET = 8.0
"""How rare a word counts that is not in the list, as if it stood in one text: what was never met
makes every kind less sure."""
_REFUSAL = lazy_pattern(
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


class _Table(NamedTuple):
    """What ``kind_weights.csv`` says."""

    kinds: list[str]
    limits: list[float]
    weights: dict[str, _Weight]


class LearnedKinds:
    """Tells the kind of a text that no word form fits, or that one fits by mistake."""

    def __init__(self, weights: str) -> None:
        """Take in weights; they are read when a text is first asked for.

        Args:
            weights: the text of ``kind_weights.csv``.
        """
        self._text = weights
        self._kind = lru_cache(4096)(self._likely)

    @cached_property
    def _table(self) -> _Table:
        rows = csv.reader(self._text.splitlines())
        kinds = next(rows)[2:]
        limits = [LIMIT] * len(kinds)
        weights: dict[str, _Weight] = {}
        for stem, rarity, *cells in rows:
            if stem == LIMITS:
                limits = [int(cell) / 100 if cell else LIMIT for cell in cells]
                continue
            by_kind = tuple((at, int(cell) / 10) for at, cell in enumerate(cells) if cell)
            weights[stem] = _Weight(int(rarity) / 100, by_kind)
        return _Table(kinds, limits, weights)

    def kind(self, text: str, form_kind: str = "") -> str:
        """Tell a text's kind.

        Args:
            text: what a message says inside all its layers.
            form_kind: the kind that a word form tells.

        Returns:
            The likeliest kind, where it is sure enough; else the form's. Nothing is learned
            from a text that is too short, says of no failure or is not in English.
        """
        return self._kind(text[:_MAX_CHARS], form_kind)

    def _likely(self, text: str, form_kind: str) -> str:
        shares = self._shares(text)
        if not shares:
            return form_kind
        kind = max(shares, key=lambda name: shares[name])
        if form_kind:
            certain = shares[kind] >= OVERRULE and shares.get(form_kind, 0.0) <= OVERRULED
            return kind if certain and kind not in {NO_KIND, "no_reason"} else form_kind
        limit = self._table.limits[self._table.kinds.index(kind)]
        return kind if shares[kind] >= limit and kind != NO_KIND else ""

    def _shares(self, text: str) -> dict[str, float]:
        """How likely each kind is, together one; none for a text that says too little."""
        plain = nameless(text)
        words = [word for word in plain.split() if word.isalpha()]
        if len({*words}) < _FEWEST or not _REFUSAL.search(plain):
            return {}
        kinds, _, weights = self._table
        unmet = sum(word[:_LETTERS] not in weights for word in words)
        if len(words) - unmet < _SHARE * len(words):
            return {}
        rows = [weights[stem] for stem in stems(plain) if stem in weights]
        length = math.hypot(*(row.rarity for row in rows), *[_UNMET] * unmet) or 1.0
        scores = [0.0] * len(kinds)
        for share, by_kind in (
            *((row.rarity / length, row.by_kind) for row in rows),
            (BIAS, weights[_EVERY_TEXT].by_kind),
        ):
            for at, weight in by_kind:
                scores[at] += share * weight
        highest = max(scores)
        odds = [math.exp(score - highest) for score in scores]
        return {kind: one / sum(odds) for kind, one in zip(kinds, odds, strict=True)}


def nameless(text: str) -> str:
    """A text's plain words without what it names in quotes or as an address."""
    return plain_words(NAMES.sub(" ␣ ", text[:_MAX_CHARS]))


def stems(plain: str) -> list[str]:
    """The beginnings of a text's words, and of each two that follow one another; no numbers."""
    words = [word[:_LETTERS] for word in plain.split() if word.isalpha()]
    return sorted({*words, *(f"{one}_{other}" for one, other in pairwise(words))})
