"""How wide a failure is: a broken connection, a group, or one user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from kit.analysis.episodes import Incident
from kit.analysis.failures import COUNTED
from kit.display import phrases

if TYPE_CHECKING:
    from kit.analysis.episodes import History

__all__ = ["Radius", "blast_radius", "hit", "who", "who_in_words"]


@dataclass(frozen=True)
class Radius:
    """How wide a failure is, and the numbers that this rests on."""

    width: Literal["connection", "group", "user"]
    since: pd.Timestamp | None
    until: pd.Timestamp | None
    """The stretch that was looked at, both ends included."""
    failures: int
    users: int
    """Users, or clients, groups and agents, that are hit."""
    hit: str
    """The same in words."""
    worked: int
    """Successes of the same operations on the app meanwhile."""
    users_worked: int | None
    """For how many users something worked; None where the stretch is too long to say."""

    @property
    def why(self) -> str:
        """The numbers in a sentence."""
        if self.since is None or self.until is None:
            return "Nothing failed."
        who = "" if not self.worked or self.users_worked is None else self._who_worked()
        return (
            f"{phrases.count(self.failures, 'failure')} of {self.hit} beside "
            f"{phrases.count(self.worked, 'success', 'successes')}{who} of the same operations on "
            f"the app, from {phrases.moment(self.since)} to {phrases.moment(self.until)}."
        )

    def _who_worked(self) -> str:
        return f" of {phrases.count(self.users_worked or 0, 'user')}"


def blast_radius(known: History, now: Incident | None, fixed: pd.Timestamp | None = None) -> Radius:
    """Tell a broken connection from broken users, by what failed and what worked meanwhile.

    The rule: looked at is the incident, from the onset to its last failure, or to the fix if
    that came before; ``verification`` looks past one in vain, unless the connection was broken.
    ``connection``: every attempt on the app failed, over several users, or the app's own, such as
    its imports, too. ``group``: several users fail while others work. ``user``: one user
    fails. An attempt is of an operation that failed so; a sign-in to the app says nothing of its
    provisioning. What worked at the very instant of either end does not count.

    Args:
        known: one code on one app.
        now: the incident.
        fixed: when it was mended; what failed and worked later is not looked at.

    Returns:
        The width, with its numbers.
    """
    if now is None:
        return Radius("user", None, None, 0, 0, "0 users", 0, None)
    end = fixed if fixed is not None and now.start < fixed < now.last else now.last
    rows = hit(known, Incident(now.start, end))
    users = int(who(rows).nunique())
    worked = known.successes.count(now.start, end)
    own = bool(who(rows).isna().any())
    if users == 1 and (worked or not own):
        width: Literal["connection", "group", "user"] = "user"
    else:
        width = "group" if worked else "connection"
    meanwhile = known.successes.users(now.start, end) if worked else 0
    named = who_in_words(rows)
    return Radius(width, now.start, end, len(rows), users, named, worked, meanwhile)


def who(rows: pd.DataFrame) -> pd.Series[str]:
    """Who or what each row hits: a user, client, group, agent or hook; missing where nobody is.

    Args:
        rows: failures, or rows of ``recovery``, with ``hit_key`` and ``hit_type``.

    Returns:
        Their keys; an app's own failures, such as its imports, hit nobody.
    """
    named = rows["hit_type"].isin(COUNTED) & (rows["hit_key"] != "")
    return rows["hit_key"].where(named)


def who_in_words(rows: pd.DataFrame) -> str:
    """How many are hit, by what they are: ``3 users and 1 group``.

    Args:
        rows: as ``who`` takes them.
    """
    kinds = rows["hit_type"].where(who(rows).notna()).dropna()
    counts = rows.loc[kinds.index].groupby("hit_type")["hit_key"].nunique()
    said = [phrases.count(int(counts[kind]), kind) for kind in COUNTED if kind in counts.index]
    return phrases.join(said) if said else "0 users"


def hit(known: History, now: Incident) -> pd.DataFrame:
    """The failures of an incident.

    Args:
        known: one code on one app.
        now: the incident.

    Returns:
        The rows of ``known.failures`` from its first failure to its last.
    """
    return known.failures[known.failures["published"].between(now.start, now.last)]
