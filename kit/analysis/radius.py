"""How wide a failure is: a broken connection, a group, or one user."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from kit.analysis.episodes import Outage
from kit.analysis.failures import COUNTED
from kit.analysis.incidents import incidents
from kit.display.reasons import Reason

if TYPE_CHECKING:
    from kit.analysis.episodes import History

__all__ = ["Radius", "blast_radius", "hit", "hit_counts", "who"]


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
    hit: dict[str, int]
    """The same by what they are, as ``hit_counts`` counts them."""
    successes: int
    """Successes of the same operations on the app during the outage."""
    users_worked: int | None
    """For how many users something worked; None where the stretch is too long to say."""

    @property
    def reason(self) -> Reason:
        """The numbers that the width rests on."""
        if self.since is None or self.until is None:
            return Reason("nothing_failed")
        names = ("failures", "hit", "successes", "users_worked", "since", "until")
        return Reason("width", {name: getattr(self, name) for name in names})


def blast_radius(
    history: History, now: Outage | None, fixed_at: pd.Timestamp | None = None
) -> Radius:
    """Tell a broken connection from broken users, by what failed and what worked in the same time.

    The rule: looked at is the outage, from the onset to its last failure, or to the fix if
    that came before; ``verification`` looks past one in vain, unless the connection was broken.
    ``connection``: every attempt on the app failed, over several users, or the app's own, such as
    its imports, too. ``group``: several users fail while others work. ``user``: one user
    fails. An attempt is of an operation that failed so; a sign-in to the app says nothing of its
    provisioning. What worked at the very instant of either end does not count.

    A connection that broke, worked for a while and broke again is one still: where every run of
    the incident within the outage is ``connection``, the last of them is looked at.

    Args:
        history: one code on one app.
        now: the outage.
        fixed_at: when it was fixed; what failed and worked later is not looked at.

    Returns:
        The width, with its numbers.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> history = kit.case(log, "7d", code="AADSTS50126").history
        >>> kit.blast_radius(history, kit.incident(history)).width
        'connection'
    """
    if now is None:
        return Radius("user", None, None, 0, 0, {}, 0, None)
    end = fixed_at if fixed_at is not None and now.start < fixed_at < now.last else now.last
    whole = Outage(now.start, end)
    radius = _radius(history, whole)
    if radius.width == "group":
        runs = [_radius(history, run) for run in _runs(history, whole)]
        if len(runs) > 1 and all(one.width == "connection" for one in runs):
            return runs[-1]  # in which nothing worked for anybody
    if not radius.successes:
        return radius
    return replace(radius, users_worked=history.successes.users(*whole))


def _runs(history: History, now: Outage) -> list[Outage]:
    """An outage in the runs of its incident: each until it was fixed."""
    every = incidents(history.log, history.window.until, all=True)
    mine = [one for one in every if (one.app_key, one.code) == (history.app_key, history.code)]
    spans = [(pd.Timestamp(a), pd.Timestamp(b)) for one in mine for a, b in one.spans]
    parts = [Outage(max(a, now.start), min(b, now.last)) for a, b in sorted(spans)]
    return [one for one in parts if one.start <= one.last]


def _radius(history: History, now: Outage) -> Radius:
    """The width of one stretch, whose both ends are failures or fixes; who worked is not asked."""
    end = now.last
    rows = hit(history, now)
    users = int(who(rows).nunique())
    successes = history.successes.count(now.start, end)
    own = bool(who(rows).isna().any())
    if users == 1 and (successes or not own):
        width: Literal["connection", "group", "user"] = "user"
    else:
        width = "group" if successes else "connection"
    return Radius(width, now.start, end, len(rows), users, hit_counts(rows), successes, 0)


def who(rows: pd.DataFrame) -> pd.Series[str]:
    """Who or what each row hits: a user, client, group, agent or hook; missing where nobody is.

    Args:
        rows: failures, or rows of ``recovery``, with ``hit_key`` and ``hit_type``.

    Returns:
        Their keys; an app's own failures, such as its imports, hit nobody.
    """
    is_named = rows["hit_type"].isin(COUNTED) & (rows["hit_key"] != "")
    return rows["hit_key"].where(is_named)


def hit_counts(rows: pd.DataFrame) -> dict[str, int]:
    """Count who is hit, by what they are: ``{"user": 3, "group": 1}``.

    Args:
        rows: as ``who`` takes them.

    Returns:
        Types of ``COUNTED``, in its order, each with how many; none where nobody is hit.
    """
    types = rows["hit_type"].where(who(rows).notna()).dropna()
    counts = rows.loc[types.index].groupby("hit_type")["hit_key"].nunique()
    return {kind: int(counts[kind]) for kind in COUNTED if kind in counts.index}


def hit(history: History, now: Outage) -> pd.DataFrame:
    """The failures of an outage.

    Args:
        history: one code on one app.
        now: the outage.

    Returns:
        The rows of ``known.failures`` from its first failure to its last.
    """
    return history.failures[history.failures["published"].between(now.start, now.last)]
