"""What those hit by a failure have in common, and those who worked meanwhile do not.

Counts decide, not shares alone: the same values among those hit and among those who worked are
held against chance (Fisher's exact test, one-sided), and what is left is corrected for how many
values could have stood out (Bonferroni, over those whose counts could reach significance at all,
as Tarone proposed). So two of two do not pass for a pattern among five.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import exp, lgamma
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import pandas as pd

from kit.analysis.episodes import Outage
from kit.analysis.failures import COUNTED, folded_failures, successes
from kit.analysis.radius import hit, who
from kit.analysis.traits import OF_PEOPLE, TRAITS, traits_of_attempts, traits_of_people
from kit.base.windows import TICK, Window
from kit.log.log import to_pandas

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from kit.analysis.episodes import History

__all__ = ["InCommon", "Trait", "chance_of", "compare_sides", "in_common"]

_ALPHA = 0.05
_MAX_OTHERS = 20_000
"""So many who worked are compared, the first by their keys: more tell no more."""
_MIN_SHARE = 0.5
"""What fewer of those hit have is not what they have in common."""


@dataclass(frozen=True)
class Trait:
    """A value that those hit share, held against those who worked."""

    name: str
    """What it is: ``network``, ``agent``, …; one of those that ``InCommon`` compares."""
    value: str
    """As the log has it."""
    hit: int
    """How many of those hit have it, and nothing else of its name."""
    of_hit: int
    """Of how many of those hit the log says any."""
    worked: int
    """How many of those who worked have it, perhaps beside others."""
    of_worked: int
    """Of how many of those who worked the log says any."""
    chance: float
    """How often so many or more would have it by chance alone, corrected for all that was
    compared."""

    @property
    def lift(self) -> float | None:
        """How many times as frequent it is among those hit; None where nobody who worked has it."""
        return (self.hit / self.of_hit) / (self.worked / self.of_worked) if self.worked else None


@dataclass(frozen=True)
class InCommon:
    """What those hit have in common, as far as the log tells."""

    unit: Literal["user", "attempt"]
    """What is counted: those hit by ``hit_key``, or where only one is hit, their attempts."""
    hit: int
    """How many are hit."""
    worked: int
    """How many others worked at the same operations on the app meanwhile, and never failed so."""
    since: pd.Timestamp | None
    until: pd.Timestamp | None
    """The stretch that was looked at, both ends included."""
    traits: tuple[Trait, ...] = ()
    """What tells those hit from those who worked, the least likely by chance first."""
    compared: tuple[str, ...] = ()
    """Names of what the log holds of both."""
    not_held: Mapping[str, str] = field(default_factory=dict)
    """Names of what could not be compared, each with the side that the log does not hold it of:
    ``hit``, ``worked`` or ``both``."""
    comparisons: int = 0
    """How many values could have stood out, by how often they occur."""
    outdated: bool = False
    """Whether the lake lacks columns for what its events hold; ``okta-kit recode`` fills them."""

    @property
    def verdict(self) -> Literal["nobody_hit", "nobody_worked", "too_few", "nothing", "traits"]:
        """Whether something was found, nothing is there, or it cannot be told."""
        if not self.hit:
            return "nobody_hit"
        if not self.worked:
            return "nobody_worked"
        if self.traits:
            return "traits"
        least = chance_of(self.hit, self.hit, self.hit, self.hit + self.worked)
        return "too_few" if least * max(self.comparisons, 1) > _ALPHA else "nothing"

    @property
    def rows(self) -> pd.DataFrame:
        """The traits as a table.

        ``trait``, ``value``; ``hit``, ``of_hit``, ``worked``, ``of_worked`` int64; ``lift``
        float64, missing where nobody who worked has it; ``chance`` float64.
        """
        names = {"hit": "int64", "of_hit": "int64", "worked": "int64", "of_worked": "int64"}
        records = [
            (t.name, t.value, *(getattr(t, n) for n in names), t.lift, t.chance)
            for t in self.traits
        ]
        table = pd.DataFrame(records, columns=["trait", "value", *names, "lift", "chance"])
        types = {"trait": "str", "value": "str", **names, "lift": "float64", "chance": "float64"}
        return table.astype(types)

    def as_dict(self) -> dict[str, Any]:
        """For a report's machine-readable results."""
        return {
            "unit": self.unit,
            "verdict": self.verdict,
            "hit": self.hit,
            "worked": self.worked,
            "traits": [{**vars(one), "lift": one.lift} for one in self.traits],
            "compared": list(self.compared),
            "not_held": dict(self.not_held),
            "outdated": self.outdated,
        }


def in_common(
    history: History, now: Outage | None, fixed_at: pd.Timestamp | None = None
) -> InCommon:
    """Find what those hit by an outage have in common that those who worked do not.

    The rule: compared are those whom the outage hit, from its first failure to its last (to the
    fix, if that came before), and those for whom the same operations worked on the app in that
    stretch and who never failed so. A value counts for one of those hit if all their failures in
    the stretch that name one name this one; for one who worked if any of their attempts does. Where
    only one user is hit, that user's failures are compared with their own attempts that worked in
    the window. A trait is what at least half of those hit share, more often than those who worked,
    and which chance brings about in fewer than one of twenty such comparisons as a whole.

    Args:
        history: one code on one app.
        now: the outage.
        fixed_at: when it was fixed.

    Returns:
        What they have in common; nothing is an answer, and ``verdict`` says whether it is one.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> kit.case(log, log.window("7d"), code="AADSTS50126").common.verdict
        'nobody_worked'
    """
    if now is None:
        return InCommon("user", 0, 0, None, None)
    end = fixed_at if fixed_at is not None and now.start < fixed_at < now.last else now.last
    rows = hit(history, Outage(now.start, end))
    keys = sorted(set(who(rows).dropna()))
    alone = keys[0] if len(keys) == 1 else None
    since = pd.Timestamp(history.window.since) if alone else now.start
    until = pd.Timestamp(history.window.until) - TICK if alone else end
    window = Window(since.to_pydatetime(), (until + TICK).to_pydatetime())
    if not keys:
        return InCommon("user", 0, 0, since, until)
    hit_count = len(rows) if alone else len(keys)
    unit: Literal["user", "attempt"] = "attempt" if alone else "user"
    failing, others = (of(history, window, alone) for of in (_failing_attempts, _other_attempts))
    attempts = history.log.answers.store(f"attempts_{uuid4().hex}", failing.union(others))
    if to_pandas(attempts.filter(~attempts.failed).limit(1)).empty:
        return InCommon(unit, hit_count, 0, since, until)
    sides: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for one in traits_of_attempts(history.log, window, attempts):
        sides[one["failed"]].append(one)
    people = {} if alone else traits_of_people(history.log, window, history.app_key)
    values = {
        name: tuple([_values_of(one, name, people) for one in sides[failed]] for failed in _SIDES)
        for name in (*TRAITS, *(() if alone else OF_PEOPLE))
    }
    return InCommon(
        unit,
        len(sides[True]),
        len(sides[False]),
        since,
        until,
        *compare_sides(values),
        outdated=any(one["outdated"] for side in sides.values() for one in side),
    )


_SIDES = (True, False)


def _values_of(
    one: Mapping[str, Any], name: str, people: Mapping[str, Mapping[str, set[str]]]
) -> set[str]:
    """What the log says of somebody; nothing, or of what concerns people an empty text, if not.

    Who was not added to a group, as far as the log goes, counts as not in it.
    """
    values = set(one.get(name, ()))
    if values or name not in people:
        return values
    return people[name].get(one["who"], {""} if people[name] and name in OF_PEOPLE else set())


def _failing_attempts(history: History, window: Window, alone: str | None) -> ir.Table:
    rows = folded_failures(history.log, window)
    rows = rows.filter(
        rows.app_key == history.app_key,
        rows.code == history.code,
        rows.hit_type.isin(COUNTED),
        rows.hit_key != "",
    )
    return rows.select("uuid", who=rows.uuid if alone else rows.hit_key, failed=True)


def _other_attempts(history: History, window: Window, alone: str | None) -> ir.Table:
    operations = history.successes.operations
    rows = successes(history.log, window)
    rows = rows.filter(
        rows.app_key == history.app_key, rows.operation.isin(operations), rows.hit_key != ""
    )
    if alone:
        rows = rows.filter(rows.hit_key == alone)
        return rows.select("uuid", who=rows.uuid, failed=False).order_by("uuid").limit(_MAX_OTHERS)
    those_hit = _failing_attempts(history, window, alone).select("who").distinct()
    rows = rows.select("uuid", who=rows.hit_key).anti_join(those_hit, "who")
    first = rows.select("who").distinct().order_by("who").limit(_MAX_OTHERS)
    return rows.semi_join(first, "who").mutate(failed=False)


_Values = dict[str, tuple[list[set[str]], ...]]
"""For each name the values of each of those hit, and of each of those who worked."""


def compare_sides(
    values: _Values,
) -> tuple[tuple[Trait, ...], tuple[str, ...], dict[str, str], int]:
    """The traits, the names compared and not held, and how many values could have stood out."""
    both, not_held = [], {}
    candidates: list[Trait] = []
    could_tell = 0
    for name, (of_hit, of_worked) in values.items():
        hit_sets, worked_sets = [v for v in of_hit if v], [v for v in of_worked if v]
        if not hit_sets or not worked_sets:
            sides = ("both" if not worked_sets else "hit") if not hit_sets else "worked"
            not_held[name] = sides
            continue
        both.append(name)
        several = name in OF_PEOPLE
        in_hit = Counter(v for one in hit_sets if several or len(one) == 1 for v in one if v)
        in_worked = Counter(v for one in worked_sets for v in one if v)
        n, total = len(hit_sets), len(hit_sets) + len(worked_sets)
        for value in sorted(in_hit.keys() | in_worked.keys()):
            a, c = in_hit[value], in_worked[value]
            could_tell += chance_of(min(a + c, n), n, a + c, total) <= _ALPHA
            if a >= _MIN_SHARE * n and a * len(worked_sets) > c * n:
                candidates.append(
                    Trait(name, value, a, n, c, total - n, chance_of(a, n, a + c, total))
                )
    traits = [_with_correction(one, could_tell) for one in candidates]
    traits = [one for one in traits if one.chance <= _ALPHA]
    order = [*TRAITS, *OF_PEOPLE]
    traits.sort(key=lambda one: (one.chance, order.index(one.name), one.value))
    return tuple(traits), tuple(both), not_held, could_tell


def _with_correction(one: Trait, could_tell: int) -> Trait:
    chance = min(1.0, one.chance * max(could_tell, 1))
    return Trait(one.name, one.value, one.hit, one.of_hit, one.worked, one.of_worked, chance)


def chance_of(a: int, n: int, k: int, total: int) -> float:
    """The chance that of *n* drawn from *total*, *k* of which have it, *a* or more have it."""
    whole = _log_choose(total, n)
    terms = (
        exp(_log_choose(k, i) + _log_choose(total - k, n - i) - whole)
        for i in range(max(a, n + k - total), min(k, n) + 1)
    )
    return min(1.0, sum(terms))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
