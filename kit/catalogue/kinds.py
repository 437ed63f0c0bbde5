"""A text's kind, told from its words.

``kind_words.csv`` holds word forms in the order in which they are tried; the first that fits
says the kind. A form is a row of words; between two of them nothing else stands::

    user|e_mail       one of these words, or words that stand together
    {cannot}          one of the group of that name in word_groups.csv, a group may hold phrases
    licen*            a word that begins so
    the?              may be there or not
    {filler}+         once or more
    …                 up to six words of the same sentence
    ^ and $           the text's beginning and end

``beside`` are forms of which one has to stand in the text as well, ``unless`` those of which none
may.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from kit.base.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from kit.catalogue.model import WordForm, WordGroup

__all__ = ["NAMES", "KindWords", "plain_words"]

_MAX_CHARS = 600
"""How much of a text is read."""
_STEM = 4
"""How many letters of a word tell which forms are worth a try."""
NAMES = lazy_pattern(
    r"https?://\S+"
    r"|[^\s@<>()\"',;:=\[\]{}]{1,64}@[^\s@<>()\"',;:=\[\]{}]{1,255}"
    r"|<[^<>]{1,80}>|(?<!\w)\"[^\"]{1,80}\"|(?<!\w)'[^']{1,80}'(?!\w)|[‘“«][^’”»]{1,80}[’”»]"
)
"""What a text names: addresses, and what stands in quotes."""
_ANY = "*"
"""Stands in every text, and for an element that the beginnings of words do not tell."""
_COMMON = frozenset(
    {"is", "are", "was", "be", "been", "has", "have", "not", "no", "in", "on", "to", "of", "for"}
    | {"the", "a", "an", "by", "with", "user"}
)
"""Words that stand in most texts, so that they say little on which forms are worth a try."""
_CAMEL = lazy_pattern(r"(?<=[a-z])(?=[A-Z])")
_TOKEN = lazy_pattern(r"[^\W_]+|[.:;!?](?=\s)|␣")
_SHORT = (("’", "'"), ("can't", "can not"), ("won't", "will not"), ("cannot", "can not"))
_SHORTER = (("n't", " not"), ("'s ", " "), ("' ", " "))


class _Pattern:
    """One of several forms, compiled when it is first looked for."""

    def __init__(self, forms: list[str], phrases: Mapping[str, tuple[str, ...]]) -> None:
        self._forms, self._phrases = forms, phrases

    @cached_property
    def _search(self) -> Callable[[str], re.Match[str] | None]:
        pattern = "|".join("".join(_parts(form, self._phrases)) for form in self._forms)
        return re.compile(pattern).search

    def stands_in(self, plain: str) -> bool:
        """Tell whether one of the forms stands among a text's plain words."""
        return self._search(plain) is not None


class _Form(NamedTuple):
    """A row of ``kind_words.csv``."""

    kind: str
    fits: _Pattern
    beside: _Pattern | None
    unless: _Pattern | None
    stem_groups: tuple[frozenset[str], ...]
    """Of each of these one stands in every text that the form fits."""


class KindWords:
    """Tells the kind of a text from word forms."""

    def __init__(self, forms: Iterable[WordForm], groups: Mapping[str, WordGroup]) -> None:
        """Take in word forms.

        Args:
            forms: the rows of ``kind_words.csv`` in the order in which they are tried.
            groups: the rows of ``word_groups.csv`` by their names.

        Raises:
            KeyError: a form names a group that is not there.
        """
        phrases = {name: tuple(group.words.split("|")) for name, group in groups.items()}
        self._forms: list[_Form] = []
        self._by_stem: dict[str, list[int]] = {}
        element_stems: dict[str, frozenset[str]] = {}
        for number, form in enumerate(forms):
            beside, unless = _alternatives(form.beside), _alternatives(form.unless)
            stem_groups = _stem_groups(form.words, beside, phrases, element_stems)
            self._forms.append(
                _Form(
                    form.kind,
                    _Pattern([form.words], phrases),
                    _Pattern(beside, phrases) if beside else None,
                    _Pattern(unless, phrases) if unless else None,
                    tuple(stem_groups),
                )
            )
            fewest = min(stem_groups, key=lambda g: (_ANY in g, len(g & _COMMON), len(g)))
            for stem in fewest:
                self._by_stem.setdefault(stem, []).append(number)

    def kind(self, text: str) -> str:
        """Tell a text's kind.

        Args:
            text: what a message says inside all its layers.

        Returns:
            The kind; nothing where no form fits. What the text names in quotes or as an address
            counts only where the rest says nothing.
        """
        whole = text[:_MAX_CHARS]
        nameless = NAMES.sub(" ␣ ", whole)
        kind = self._first(plain_words(nameless))
        return kind if kind or nameless == whole else self._first(plain_words(whole))

    def _first(self, plain: str) -> str:
        numbers: set[int] = set()
        stems = {_ANY, *(word[:_STEM] for word in plain.split())}
        for stem in stems:
            numbers.update(self._by_stem.get(stem, ()))
        for number in sorted(numbers):
            form = self._forms[number]
            if any(map(stems.isdisjoint, form.stem_groups)):
                continue  # told without its pattern, which would have to be compiled
            if (
                form.fits.stands_in(plain)
                and (form.beside is None or form.beside.stands_in(plain))
                and (form.unless is None or not form.unless.stands_in(plain))
            ):
                return form.kind
        return ""


def plain_words(text: str) -> str:
    """A text's words in lower case with a blank round each; a sentence's end is one too."""
    plain = _CAMEL.sub(" ", text).casefold()
    for mark, words in _SHORT:
        plain = plain.replace(mark, words)
    for mark, words in _SHORTER:
        plain = plain.replace(mark, words)
    tokens = (word if word.isalnum() or word == "␣" else "." for word in _TOKEN.findall(plain))
    return f" {' '.join(tokens)} "


def _alternatives(cell: str) -> list[str]:
    """The forms of ``beside`` and ``unless``, of which one is enough."""
    return [form for form in cell.split("|") if form]


def _parts(form: str, phrases: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    yield "(?<= )"
    for element in form.split():
        if element == "…":
            yield r"(?:[^ .]+ ){0,6}?"
        elif element == "^":
            yield r"(?<=^ )"
        elif element == "$":
            yield "$"
        else:
            count = element[-1] if element[-1] in "?+" else ""
            words = "|".join(map(_word, _words(element.rstrip("?+"), phrases)))
            yield f"(?:(?:{words}) ){count}" if count else f"(?:{words}) "


def _word(phrase: str) -> str:
    return re.escape(phrase[:-1]) + "[^ ]*" if phrase.endswith("*") else re.escape(phrase)


def _words(element: str, phrases: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The words and phrases that an element stands for."""
    for name in element.split("|"):
        if name.startswith("{"):
            yield from phrases[name.strip("{}")]
        else:
            yield name.replace("_", " ")


def _stem_groups(
    words: str,
    beside: list[str],
    phrases: Mapping[str, tuple[str, ...]],
    element_stems: dict[str, frozenset[str]],
) -> list[frozenset[str]]:
    """Of each element that a form needs, the beginnings of words of which one has to stand there.

    The one with the fewest counts; a form's few texts are tried then. ``element_stems`` keeps
    those of elements that stand in many forms.
    """
    element_groups = [
        [element.rstrip("+")]
        for element in words.split()
        if element not in {"…", "^", "$"} and not element.endswith("?")
    ]
    if beside:
        element_groups.append([form.split()[0].rstrip("+") for form in beside])
    for element in chain.from_iterable(element_groups):
        if element not in element_stems:
            first_words = [phrase.split()[0] for phrase in _words(element, phrases)]
            element_stems[element] = frozenset(word.rstrip("*")[:_STEM] for word in first_words)
            if element[-1] in "?…^$" or any(map(_is_short, first_words)):
                element_stems[element] |= {_ANY}
    return [
        frozenset().union(*map(element_stems.__getitem__, elements)) for elements in element_groups
    ]


def _is_short(word: str) -> bool:
    """Whether words that begin so have more beginnings than one."""
    return word.endswith("*") and len(word) <= _STEM
