"""What those hit have in common, in words and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.display import phrases
from kit.display.parts import Note
from kit.display.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kit.analysis.common import InCommon, Trait
    from kit.cases.case import Case
    from kit.display.parts import Part

__all__ = ["common_traits", "trait_in_words"]


def common_traits(case: Case) -> Iterator[Part]:
    """What those hit have in common that those who worked do not; or why nobody can tell."""
    answer = case.common
    if answer.verdict == "traits":
        yield Note(trait_in_words(answer.traits[0], answer))
        yield Table(
            answer.rows.assign(
                hit=[_of(one.hit, one.of_hit) for one in answer.traits],
                worked=[_of(one.worked, one.of_worked) for one in answer.traits],
                by_chance=[phrases.percent(one.chance) for one in answer.traits],
            )[["trait", "value", "hit", "worked", "lift", "by_chance"]],
            caption="What sets those hit apart from those who worked; a lead, no verdict",
            most=10,
        )
    else:
        yield Note(_nothing_in_words(answer))
    if answer.compared or answer.not_held:
        yield Note(_scope_in_words(answer))


def trait_in_words(one: Trait, answer: InCommon) -> str:
    """A trait with its numbers: "7 of 8 users hit have the agent dc1 in common; 1 of …"."""
    failed = "users hit" if answer.unit == "user" else "failed attempts"
    others = phrases.count(one.of_worked, "user" if answer.unit == "user" else "attempt")
    return (
        f"{one.hit:,} of {one.of_hit:,} {failed} have the {one.name} {one.value} in common; "
        f"{one.worked:,} of {others} that worked had it. Chance alone explains that in "
        f"{phrases.percent(one.chance)} of cases."
    )


def _nothing_in_words(answer: InCommon) -> str:
    hit = phrases.count(answer.hit, "user" if answer.unit == "user" else "failed attempt")
    if answer.verdict == "nobody_hit" or answer.since is None or answer.until is None:
        return "Nobody in particular is hit, so there is nobody to compare."
    if answer.verdict == "nobody_worked":
        stretch = f"from {phrases.moment(answer.since)} to {phrases.moment(answer.until)}"
        whose = "of theirs" if answer.unit == "attempt" else "of anybody else"
        return (
            f"Nothing to compare with: no attempt {whose} at the same operations worked {stretch}."
        )
    others = phrases.count(answer.worked, "user" if answer.unit == "user" else "attempt")
    if answer.verdict == "too_few":
        return f"Too few to tell: {hit} beside {others} that worked."
    if not answer.compared:
        return "Could not look: the log says nothing of where these attempts came from."
    return f"Nothing sets the {hit} apart from the {others} that worked in the same time."


def _scope_in_words(answer: InCommon) -> str:
    parts = [f"Compared: {phrases.join(answer.compared)}."] if answer.compared else []
    for side, why in (
        ("both", "the log says nothing of it"),
        ("worked", "the log says it of those hit alone"),
        ("hit", "the log says it of those who worked alone"),
    ):
        names = [name for name, one in answer.not_held.items() if one == side]
        if names:
            parts.append(f"Could not look at {phrases.join(names)}: {why}.")
    if answer.outdated:
        parts.append("An older okta-kit wrote this lake: okta-kit recode fills its new columns.")
    return " ".join(parts)


def _of(number: int, total: int) -> str:
    return f"{number:,} of {total:,}"
