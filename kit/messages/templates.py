"""Similar unknown texts get one template: their common words, with what differs marked.

Drain finds which texts belong together; what it is asked is put in an order of its own first, so
that the same texts give the same templates however they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.messages.masks import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

__all__ = ["templates"]

_MOST = 5000
"""So many texts are compared; a log of a million free texts has no templates to show."""
_ALIKE = 0.6
"""The share of words that texts have in common, in the same places, to be one template."""
_VALUES = 3
"""So many different plain words in a place make it one of values; of two, each may be the fault
(``cannot be promoted``, ``cannot be demoted``)."""


def templates(texts: Mapping[str, str]) -> dict[str, str]:
    """Find the template of each text among the others.

    Args:
        texts: for each key a text as ``wording`` gives it.

    Returns:
        For each key its template: the words that its text shares with similar ones, ``VARIABLE``
        in the places that differ; its own words where none is similar. It depends on the texts
        alone, not on their order.
    """
    words = {text: text.split() for text in sorted({*texts.values()})}
    compared = dict(list(words.items())[:_MOST])
    template_by_text = {text: _join(words) for text, words in words.items()}
    for group in _similar(compared):
        template_by_text.update(
            {text: _template([compared[text] for text in group]) for text in group}
        )
    return {key: template_by_text[text] for key, text in texts.items()}


def _similar(words: Mapping[str, Sequence[str]]) -> Iterable[Collection[str]]:
    """Texts in groups of one template; each text is in one group."""
    if len(words) < 2:
        return [list(words)]
    from drain3.drain import Drain

    drain = Drain(sim_th=_ALIKE)
    clusters: dict[int, list[str]] = {}
    for text in words:
        cluster, _ = drain.add_log_message(text)
        clusters.setdefault(cluster.cluster_id, []).append(text)
    return [part for group in clusters.values() for part in _split(group, words)]


def _split(group: Sequence[str], words: Mapping[str, Sequence[str]]) -> Iterable[Collection[str]]:
    """Part a group by the places where few plain words stand, since those may be the fault."""
    places = [set(column) for column in zip(*(words[text] for text in group), strict=True)]
    telling = [at for at, values in enumerate(places) if _are_words(values)]
    parts: dict[tuple[str, ...], list[str]] = {}
    for text in group:
        parts.setdefault(tuple(words[text][at] for at in telling), []).append(text)
    return parts.values()


def _are_words(values: Collection[str]) -> bool:
    """Whether what stands in a place are words rather than values."""
    plain = all(value.strip(".,:;!?()").isalpha() and value.islower() for value in values)
    return 1 < len(values) < _VALUES and plain


def _template(texts: Sequence[Sequence[str]]) -> str:
    """What texts of as many words have in common."""
    columns = zip(*texts, strict=True)
    return _join([one[0] if len(set(one)) == 1 else VARIABLE for one in columns])


def _join(words: Iterable[str]) -> str:
    """Words in a row; of variable parts on end the first."""
    row: list[str] = []
    for word in words:
        if word != VARIABLE or row[-1:] != [VARIABLE]:
            row.append(word)
    return " ".join(row)
