"""Runs of failures of one code on one app: each until it is fixed, and who is left of them.

Whoever reads millions of events here reads little: of what worked, the first success after each
failure is enough, for each operation and for each of those who were hit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

import ibis
import pandas as pd

from kit.analysis.failures import BY, COUNTED, DEACTIVATIONS, KEYS, folded_failures, successes
from kit.analysis.recovery import assignments, first_after
from kit.base.windows import Window
from kit.log.log import to_pandas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import ibis.expr.types as ir

    from kit.log.log import Log

__all__ = [
    "NOISE",
    "Attempts",
    "Failure",
    "Run",
    "Standing",
    "attempts_of",
    "runs",
]

NOISE = ("sign-in", "second factor", "app sign-in")
"""Operations at which people fail by themselves: mistyped passwords, refused sign-ins."""

Width = Literal["connection", "group", "user", "rise"]

_FIRST_OF_TWO = ["published", "failed"]


class Failure(NamedTuple):
    """A failure, as a run is made of them."""

    at: int
    """When, in microseconds since 1970; so are all times here."""
    uuid: str
    operation: str
    hit: str
    """Who is hit, and can be counted; empty if nobody."""
    key: tuple[str, str, str]
    """Who or what is hit, operation and credential: what recovery goes by."""
    worked: int | None
    """When it first worked again."""
    followed: bool
    user_key: str


class Success(NamedTuple):
    """Something that worked."""

    at: int
    operation: str
    hit: str


class Standing(NamedTuple):
    """What became of somebody who was hit."""

    failure: Failure
    """The last failure."""
    left: bool
    since: int | None
    """When it worked again, or the user was unassigned."""


@dataclass
class Run:
    """Failures until it is fixed."""

    failures: list[Failure] = field(default_factory=list)
    operations: set[str] = field(default_factory=set)
    hit: set[str] = field(default_factory=set)
    fixed: int | None = None
    """When something worked that proves the fix."""
    _own: bool = False
    _worked: set[str] = field(default_factory=set)
    """Operations that worked between the first failure and the last."""
    _since: set[str] = field(default_factory=set)
    """Operations that worked since the last failure, which is no fix."""

    @property
    def width(self) -> Width:
        """As ``blast_radius`` has it, from the first failure to the last."""
        meanwhile = not self._worked.isdisjoint(self.operations)
        if len(self.hit) == 1 and (meanwhile or not self._own):
            return "user"
        return "group" if meanwhile else "connection"

    def fail(self, failure: Failure) -> None:
        """Add a failure."""
        self.failures.append(failure)
        self.operations.add(failure.operation)
        if failure.hit:
            self.hit.add(failure.hit)
        else:
            self._own = True
        self._worked |= self._since
        self._since.clear()

    def work(self, success: Success) -> None:
        """Take in what worked after its last failure."""
        anybody = self.width == "connection" or not self.hit
        if success.operation in self.operations and (anybody or success.hit in self.hit):
            self.fixed = success.at
        else:
            self._since.add(success.operation)


@dataclass(frozen=True)
class Attempts:
    """What failed on the apps of a log, and what worked there at the same operations."""

    rows: pd.DataFrame
    """One row a failure, oldest first: what ``folded_failures`` says of it, ``worked_again`` and
    ``followed``."""
    failures: dict[tuple[str, str], list[Failure]]
    """By app and code, oldest first."""
    successes: dict[str, pd.DataFrame]
    """By app: ``at``, ``operation``, ``hit``, oldest first; the first after each failure."""
    _by_key: dict[tuple[str, tuple[str, str, str]], list[Failure]]
    """By app and key, whatever the code."""
    _assigned: dict[tuple[str, str], list[tuple[int, bool]]]
    """By app and user, when they were assigned and (True) unassigned."""

    def standing(
        self, app_key: str, failures: Iterable[Failure], end: int | None = None
    ) -> list[Standing]:
        """Say what became of those whom some failures of one code hit, by a moment.

        Args:
            app_key: the app.
            failures: the failures, oldest first.
            end: the moment; the log's end if left out.

        Returns:
            One for each user (or group, client, agent) and operation.
        """
        last = {one.key: one for one in failures if one.hit}
        return [self._became(app_key, one, end) for one in last.values()]

    def _became(self, app_key: str, failure: Failure, end: int | None) -> Standing:
        if failure.worked is not None and (end is None or failure.worked < end):
            return Standing(failure, left=False, since=failure.worked)
        every = self._by_key[app_key, failure.key]
        newest = every[-1] if end is None else every[bisect_left(every, (end,)) - 1]
        if not newest.followed:
            return Standing(failure, left=False, since=None)
        if failure.operation not in DEACTIVATIONS:
            moves = self._assigned.get((app_key, failure.user_key), [])
            moves = moves if end is None else moves[: bisect_left(moves, (end,))]
            if moves and moves[-1][1] and moves[-1][0] > newest.at:
                return Standing(failure, left=False, since=moves[-1][0])
        return Standing(failure, left=True, since=None)


def attempts_of(log: Log) -> Attempts:
    """Gather the failures on apps, but for noise, and what worked at the same operations.

    Args:
        log: the opened log.

    Returns:
        The attempts.
    """
    failed = _attempted(log)
    again = first_after(log, Window(log.first, _never(log)))
    names = ("app_key", "code", "uuid", "published", "app", "app_id", "family", "user", "user_id")
    keys = ("user_key", "hit_key", "operation", "credential", "hit_type", "hit")
    outcomes = failed.left_join(again, "uuid").select(
        *(failed[name] for name in (*names, *keys)),
        worked_again=again.worked_again,
        followed=again.followed,
    )
    rows = to_pandas(outcomes, by=["published", "uuid", "operation", "hit_key", "credential"])
    pairs: dict[tuple[str, str], list[Failure]] = defaultdict(list)
    by_key: dict[tuple[str, tuple[str, str, str]], list[Failure]] = defaultdict(list)
    for app_key, code, one in _each(rows):
        pairs[app_key, code].append(one)
        by_key[app_key, one.key].append(one)
    if not pairs:
        return Attempts(rows, {}, {}, {}, {})
    return Attempts(rows, dict(pairs), _successes(log), dict(by_key), _assigned(log))


def runs(attempts: Attempts, app_key: str, code: str) -> list[Run]:
    """Part the failures of one code on one app into runs, each until it is fixed.

    Args:
        attempts: as ``attempts_of`` gathers them.
        app_key: the app.
        code: the code.

    Returns:
        The runs, oldest first.
    """
    failures = attempts.failures[app_key, code]
    result: list[Run] = []
    proofs = _relevant(failures, attempts.successes.get(app_key))
    at = 0
    for failure in failures:
        if result:
            while at < len(proofs) and proofs[at].at < failure.at:
                if result[-1].fixed is None:
                    result[-1].work(proofs[at])
                at += 1
        if not result or result[-1].fixed is not None:
            result.append(Run())
        result[-1].fail(failure)
    for one in proofs[at:]:
        if result[-1].fixed is not None:
            break
        result[-1].work(one)
    return result


def _relevant(failures: list[Failure], rows: pd.DataFrame | None) -> list[Success]:
    """What worked at the operations that failed, after the first failure.

    What worked at the very instant of a failure neither came before it nor after it.
    """
    instants = {one.at for one in failures}
    # Another operation may be what shows it to work.
    indirect = {
        Success(one.worked, one.operation, one.hit)
        for one in failures
        if one.worked is not None and one.hit and one.key[2].startswith(BY)
    }
    proofs = list(indirect)
    if rows is not None:
        operations = {one.operation for one in failures}
        mine = rows[(rows["at"] > failures[0].at) & rows["operation"].isin(operations)]
        # Each column at once: pandas hands texts over one by one a hundred times as slowly.
        columns = (mine[name].to_numpy().tolist() for name in Success._fields)
        proofs += map(Success._make, zip(*columns, strict=True))
    return sorted(one for one in proofs if one.at not in instants)


def _each(rows: pd.DataFrame) -> Iterator[tuple[str, str, Failure]]:
    has_name = rows["hit_type"].isin(COUNTED) & (rows["hit_key"] != "")
    hit = rows["hit_key"].where(has_name, "")
    worked_at = micros(rows["worked_again"])
    never = rows["worked_again"].isna()
    followed = rows["followed"].fillna(value=False).astype(bool)
    texts = [rows[name] for name in ("app_key", "code", "uuid", "user_key", *KEYS[1:])]
    # Each column at once: pandas hands texts over one by one a hundred times as slowly.
    columns = [one.to_numpy().tolist() for one in (*texts, hit, never, followed)]
    for app_key, code, uuid, user_key, key, operation, credential, who, none, able, at, when in zip(
        *columns, micros(rows["published"]), worked_at, strict=True
    ):
        one = Failure(
            at=at,
            uuid=uuid,
            operation=operation,
            hit=who,
            key=(key, operation, credential),
            worked=None if none else when,
            followed=able,
            user_key=user_key,
        )
        yield app_key, code, one


def _attempted(log: Log) -> ir.Table:
    """The failures on apps, but for noise."""
    failed = folded_failures(log)
    return failed.filter(failed.app_key != "", failed.operation.notin(NOISE))


def _successes(log: Log) -> dict[str, pd.DataFrame]:
    """The first success after each failure on an app, by operation and who of those hit."""
    first = _first_successes(successes(log), _attempted(log))
    rows = to_pandas(first, by=["app_key", "published", "operation", "hit"])
    rows = rows.assign(at=micros(rows["published"]))
    return {
        str(app_key): mine[["at", "operation", "hit"]]
        for app_key, mine in rows.groupby("app_key", sort=False)
    }


def _first_successes(work: ir.Table, failed: ir.Table) -> ir.Table:
    # Numbers in place of texts, because all that worked is sorted with them.
    pairs = failed.select("app_key", "operation").distinct()
    pairs = pairs.mutate(what=ibis.row_number().over(order_by=["app_key", "operation"]))
    hit_keys = failed.filter(failed.hit_key != "").select("app_key", "hit_key").distinct()
    hit_keys = hit_keys.mutate(who=ibis.row_number().over(order_by=["app_key", "hit_key"]))
    work = work.join(pairs, ["app_key", "operation"])
    work = work.left_join(hit_keys, ["app_key", "hit_key"]).select(
        "app_key", "published", "what", "who", failed=ibis.literal(0, "int64")
    )
    marks = failed.select("app_key", "published").distinct()
    marks = marks.mutate(
        what=ibis.null("int64"), who=ibis.null("int64"), failed=ibis.literal(1, "int64")
    )
    every = work.union(marks.select(*work.columns).cast(work.schema()))
    so_far = ibis.window(
        group_by="app_key",
        order_by=[every[name] for name in _FIRST_OF_TWO],
        preceding=None,
        following=0,
    )
    every = every.mutate(gap=every.failed.sum().over(so_far))
    every = every.filter(every.failed == 0, every.gap > 0)
    first = every.group_by(["what", "who", "gap"]).aggregate(published=every.published.min())
    first = first.join(pairs, "what").left_join(hit_keys.drop("app_key"), "who")
    return first.select("app_key", "published", "operation", hit=ibis.coalesce(first.hit_key, ""))


def _assigned(log: Log) -> dict[tuple[str, str], list[tuple[int, bool]]]:
    rows = to_pandas(assignments(log), by=["published", "taken", "uuid"])
    moves: dict[tuple[str, str], list[tuple[int, bool]]] = defaultdict(list)
    for app_key, user_key, at, unassigned in zip(
        rows["app_key"], rows["user_key"], micros(rows["published"]), rows["taken"], strict=True
    ):
        moves[app_key, user_key].append((at, bool(unassigned)))
    return moves


def micros(times: pd.Series[pd.Timestamp]) -> list[int]:
    """Times as microseconds since 1970."""
    return times.astype("datetime64[us, UTC]").astype("int64").to_numpy().tolist()


def _never(log: Log) -> pd.Timestamp:
    return pd.Timestamp(log.last) + pd.Timedelta(milliseconds=1)
