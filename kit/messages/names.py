"""Whom Okta's sentences are about: names are free text, found between fixed words."""

from __future__ import annotations

from kit.messages.parts import Draft, fill_in

__all__ = ["note_names"]

_PLACES = (
    (" if user ", "user", " exists"),
    (" for group ", "group", ""),
    (" user group ", "group", ""),
    (" the group ", "group", " with the "),
    (" profile update for user ", "user", ""),
    (" profile update for ", "user", ""),
    (" user ", "user", ""),
    (" group ", "group", ""),
    ("Error while creating ", "user", ""),
)
"""Where Okta's sentences name someone: the words before, and those after."""
_NO_NAME = frozenset(
    "in on from to with by into at and for or exists profile password passwords credentials group"
    " user users groups membership memberships id ids data because name information info limit"
    " object objects account accounts type is was has does not already could record new all"
    " custom".split()
)


def note_names(sentence: str, draft: Draft) -> None:
    """Note whom one of Okta's sentences is about.

    Args:
        sentence: the sentence, up to its colon.
        draft: the parts read so far; the task's own user goes before.
    """
    for before, kind, after in _PLACES:
        _, cue, name = sentence.partition(before)
        if not cue:
            continue
        name = (name.partition(after)[0] if after else name).strip(" ‘’'\"")
        if name and name.partition(" ")[0].casefold() not in _NO_NAME:
            if "@" in name:
                name = name.partition(" ")[0]
            fill_in(draft, **{kind: name})
            return
