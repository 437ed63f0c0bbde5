"""Incidents: failures of one code on one app that belong together, from report to report.

An incident opens with any failure on an app and lives until it is fixed and nobody is left to
retry. It is worked out again from all that the source holds before a moment, so every window that
ends then tells the same; ``docs/incidents.md`` has the rules.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import msgspec
import pandas as pd

from kit.analysis.condition import Condition, condition
from kit.analysis.episodes import QUIET_GAP
from kit.analysis.failures import DEACTIVATIONS
from kit.analysis.rises import Rise, rises
from kit.analysis.runs import Attempts, Failure, Run, Standing, Width, attempts_of, runs
from kit.base.times import iso, parse_time
from kit.base.windows import TICK
from kit.lake.marks import MARKS, Mark, read_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import ibis.expr.types as ir

    from kit.log.cache import ResultCache
    from kit.log.log import Log

__all__ = [
    "Condition",
    "Incident",
    "State",
    "condition",
    "end_of",
    "incidents",
    "incidents_of_apps",
    "marks_of",
    "with_marks",
]

State = Literal["open", "fixed", "over", "regressed"]

_LISTED = timedelta(days=7)
"""How long an incident that is over stays in the list."""
_SAME = timedelta(days=28)
"""What returns later than this after it was over is a new incident."""

_STATES = ("open", "fixed", "over")
_WIDTHS = ("connection", "group", "rise", "user")


@dataclass(frozen=True, kw_only=True)
class Incident:
    """An incident as it stands at a moment; times are UTC."""

    id: str
    """The same at every later moment: from the app, the code and the first failure."""
    app: str | None
    app_id: str | None
    code: str
    family: str | None
    state: State
    """``open``: it fails now. ``regressed``: it fails again after it was fixed or over. ``fixed``:
    attempts work again, and users are left to retry. ``over``: nobody is left."""
    since: datetime
    """Its first failure."""
    again_since: datetime | None
    """The first failure of its present run, if it came back."""
    last_failure: datetime
    fixed_at: datetime | None
    """The first success that proves the fix; None while it is open, and of a rise."""
    day: int
    """1 on the UTC day of ``since``."""
    failures: int
    users: int
    """How many users (or groups, clients, agents) it hit."""
    left: tuple[str, ...]
    """Logins still to retry."""
    leavers: tuple[str, ...]
    """Those of them whose deactivation failed: they still have access."""
    width: Width
    """Of its present or last run: ``connection``, ``group`` or ``user``, as ``blast_radius`` says;
    ``rise`` of noise that rises against its own usual week."""
    mark: Literal["acknowledged", "muted"] | None = None
    note: str | None = None
    related: tuple[str, ...] = ()
    """The ids of other incidents on the same app in the same outage."""
    app_key: str = field(default="", repr=False)
    """The app, as analysis keys it; not printed."""
    over_since: datetime | None = field(default=None, repr=False)
    """Since when nobody is left; not printed."""
    retry: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Each login of ``left`` with the uuid of its last failure; not printed."""
    spans: tuple[tuple[datetime, datetime], ...] = field(default=(), repr=False, compare=False)
    """The first and the last failure of each run; not printed."""

    def as_dict(self) -> dict[str, Any]:
        """The incident for a summary and for ``okta-kit incidents``: times as ISO texts."""
        unprinted = ("app_key", "over_since", "retry", "spans")
        names = [one.name for one in fields(self) if one.name not in unprinted]
        values = {name: getattr(self, name) for name in names}
        for name, value in values.items():
            if isinstance(value, datetime):
                values[name] = iso(value)
            elif isinstance(value, tuple):
                values[name] = list(value)
        return values


def incidents(
    log: Log, until: datetime | str | None = None, *, all: bool = False
) -> tuple[Incident, ...]:
    """List the incidents of a log, as they stand at a moment.

    Args:
        log: the opened log.
        until: the moment, UTC: a time, or a text like ``7d``, a date or an ISO time; the log's end
            if left out. What came at it or later is not looked at.
        all: also those that were over for more than seven days.

    Returns:
        The incidents, open ones first, then those with users left; of each the widest first.

    Raises:
        UsageError: the text is no time.

    Example:
        >>> from kit import open_log
        >>> found = incidents(open_log("sample"))
        >>> [(one.state, len(one.left)) for one in found if one.code == "AADSTS50126"]
        [('fixed', 8)]
    """
    end = end_of(log, until)
    every = _every(log, end)
    if not all:
        every = tuple(
            one for one in every if one.over_since is None or end - one.over_since <= _LISTED
        )
    return with_marks(every, marks_of(log), end)


def with_marks(
    incidents: Iterable[Incident], marks: Mapping[str, Mark], end: datetime
) -> tuple[Incident, ...]:
    """Add what people say of incidents.

    Args:
        incidents: the incidents.
        marks: marks by incident's id.
        end: the moment at which they stand so; a mark that has ended by then is none.

    Returns:
        The incidents in their order; those without a mark as they are.
    """
    return tuple(_with_mark(one, marks.get(one.id), end) for one in incidents)


def marks_of(log: Log) -> dict[str, Mark]:
    """Read what people say of a log's incidents, beside its lake or as a report's run found it.

    Args:
        log: the opened log.

    Raises:
        SourceError: the file cannot be read.
    """
    if handed := os.environ.get(MARKS):
        return read_marks(handed)
    if not log.growing:
        return {}
    addresses = [lake.address for lake in log.lakes.values()]
    return read_marks(addresses[0].rpartition("/")[0] if log.orgs else addresses[0])


def _with_mark(one: Incident, mark: Mark | None, end: datetime) -> Incident:
    if mark is None:
        return one
    return replace(one, mark=mark.mark if mark.holds(end) else None, note=mark.note)


def end_of(log: Log, until: datetime | str | None = None) -> datetime:
    """The moment at which a log's incidents stand.

    Args:
        log: the opened log.
        until: a time, or a text as ``incidents`` takes it; the log's end if left out.

    Raises:
        UsageError: the text is no time.
    """
    if not until:
        return log.end or log.last + TICK
    return parse_time("until", until, log.end or log.last) if isinstance(until, str) else until


_by_moment: WeakKeyDictionary[ResultCache, dict[datetime, tuple[Incident, ...]]] = (
    WeakKeyDictionary()
)
"""Incidents by log and moment: all that one page shows asks for the same."""


def _every(log: Log, end: datetime) -> tuple[Incident, ...]:
    by_moment = _by_moment.setdefault(log.answers, {})
    if end not in by_moment:
        if end <= log.first:
            by_moment[end] = ()
        else:
            cut = log.before(end)
            unrelated = [*incidents_of_apps(cut, end), *_of_rises(rises(cut, end), end)]
            by_moment[end] = tuple(sorted(_related(unrelated), key=_order))
    return by_moment[end]


def _order(one: Incident) -> tuple[int, int, int, float, str]:
    state = "open" if one.state == "regressed" else one.state
    ranks = _STATES.index(state), _WIDTHS.index(one.width)
    return (*ranks, -one.users, -one.last_failure.timestamp(), one.id)


def incidents_of_apps(log: Log, end: datetime) -> list[Incident]:
    """List the incidents of failures on apps, which are kept with a lake; without those of rises.

    Args:
        log: the log as it was at a moment.
        end: the moment.

    Returns:
        The incidents, by app and code, without what relates them and without marks.
    """
    answer = log.answers.once("incidents", lambda: _as_table(log, _of_apps(attempts_of(log), end)))
    text = answer.incidents.to_pyarrow()[0].as_py()
    # What happened stays the same while no event comes; only time goes on.
    return [
        replace(one, day=_day(one.since, end))
        for one in msgspec.json.decode(text, type=list[Incident])
    ]


def _as_table(log: Log, incidents: list[Incident]) -> ir.Table:
    text = msgspec.json.encode(incidents).decode()
    return log.answers.table("incidents_worked_out", pd.DataFrame({"incidents": [text]}))


def _of_apps(attempts: Attempts, end: datetime) -> list[Incident]:
    result = []
    words = _Words(attempts.rows) if attempts.failures else None
    for app_key, code in sorted(attempts.failures):
        for mine in _group_runs(attempts, app_key, runs(attempts, app_key, code)):
            assert words
            result.append(_incident(attempts, words, app_key, code, mine, end))
    return result


def _group_runs(attempts: Attempts, app_key: str, every: Sequence[Run]) -> list[list[Run]]:
    """Sort runs into incidents: one that returns long after it was over is a new one."""
    groups: list[list[Run]] = []
    for run in every:
        start = run.failures[0].at
        if not groups or _over_long_before(attempts, app_key, groups[-1], start):
            groups.append([])
        groups[-1].append(run)
    return groups


def _over_long_before(attempts: Attempts, app_key: str, earlier: list[Run], at: int) -> bool:
    fixed = earlier[-1].fixed
    if fixed is None or at - fixed <= _micros(_SAME):
        return False  # over since its fix at the earliest
    failures = [one for run in earlier for one in run.failures]
    standing = attempts.standing(app_key, failures, at)
    over = _over_since(fixed, standing)
    return over is not None and at - over > _micros(_SAME)


def _over_since(fixed: int | None, standing: Iterable[Standing]) -> int | None:
    """When it was fixed and nobody left, the later of the two; None where it is not over."""
    if fixed is None or any(one.left for one in standing):
        return None
    return max([fixed, *(one.since for one in standing if one.since is not None)])


class _Words:
    """What failures say of their app and users, by name."""

    def __init__(self, rows: pd.DataFrame) -> None:
        user = rows["user"].fillna(rows["user_id"]).fillna(rows["hit"])
        names = user.groupby([rows["app_key"], rows["hit_key"]]).last()  # rows are oldest first
        self._names: dict[Any, str] = names.to_dict()
        last = rows.drop_duplicates(["app_key", "code"], keep="last")
        self._last = {(one["app_key"], one["code"]): one for one in last.to_dict("records")}

    def login(self, app_key: str, failure: Failure) -> str:
        """The login of who is hit, in one spelling."""
        name = self._names.get((app_key, failure.key[0]))
        return failure.key[0] if name is None or pd.isna(name) else str(name)

    def of_code(self, name: str, app_key: str, code: str) -> str | None:
        """What the last failure of a code says: ``app``, ``app_id`` or ``family``."""
        value = self._last[app_key, code][name]
        return None if pd.isna(value) else str(value)


def _incident(
    attempts: Attempts, words: _Words, app_key: str, code: str, mine: list[Run], end: datetime
) -> Incident:
    failures = [one for run in mine for one in run.failures]
    standing = attempts.standing(app_key, failures)
    still = sorted(one.failure for one in standing if one.left)
    stay = [one for one in still if one.operation in DEACTIVATIONS]
    run = mine[-1]
    over = _over_since(run.fixed, standing)
    state: State = "over" if over is not None else "fixed"
    if run.fixed is None:
        state = "open" if len(mine) == 1 else "regressed"
    since = _moment(failures[0].at)
    return Incident(
        id=_id(app_key, code, since),
        app=words.of_code("app", app_key, code),
        app_id=words.of_code("app_id", app_key, code),
        code=code,
        family=words.of_code("family", app_key, code),
        state=state,
        since=since,
        again_since=_moment(run.failures[0].at) if len(mine) > 1 else None,
        last_failure=_moment(failures[-1].at),
        fixed_at=_moment(run.fixed) if run.fixed is not None else None,
        day=_day(since, end),
        failures=len(failures),
        users=len(set().union(*(one.hit for one in mine))),
        left=tuple(sorted({words.login(app_key, one) for one in still})),
        leavers=tuple(sorted({words.login(app_key, one) for one in stay})),
        width=run.width,
        app_key=app_key,
        over_since=_moment(over) if over is not None else None,
        retry=tuple({words.login(app_key, one): one.uuid for one in still}.items()),
        spans=tuple((_moment(r.failures[0].at), _moment(r.failures[-1].at)) for r in mine),
    )


def _of_rises(every: Sequence[Rise], end: datetime) -> list[Incident]:
    groups: list[list[Rise]] = []
    for one in every:
        before = groups[-1][-1] if groups else None
        same = before and (before.app_key, before.code) == (one.app_key, one.code)
        if before and same and before.over and one.first - before.over <= _SAME:
            groups[-1].append(one)
        else:
            groups.append([one])
    return [_incident_of_rises(mine, end) for mine in groups]


def _incident_of_rises(mine: Sequence[Rise], end: datetime) -> Incident:
    last, since = mine[-1], mine[0].first.to_pydatetime()
    open_state: State = "open" if len(mine) == 1 else "regressed"
    return Incident(
        id=_id(last.app_key, last.code, since, "rise"),
        app=last.app,
        app_id=last.app_id,
        code=last.code,
        family=last.family,
        state="over" if last.over else open_state,
        since=since,
        again_since=last.first.to_pydatetime() if len(mine) > 1 else None,
        last_failure=last.last.to_pydatetime(),
        fixed_at=None,
        day=_day(since, end),
        failures=sum(one.failures for one in mine),
        users=len(frozenset().union(*(one.hit for one in mine))),
        left=(),
        leavers=(),
        width="rise",
        app_key=last.app_key,
        over_since=last.over,
        spans=tuple((one.first.to_pydatetime(), one.last.to_pydatetime()) for one in mine),
    )


def _related(every: Sequence[Incident]) -> list[Incident]:
    """Let incidents of one app name each other whose failures came at the same time."""
    by_app: dict[str, list[Incident]] = {}
    for one in every:
        if one.app_key:
            by_app.setdefault(one.app_key, []).append(one)
    return [
        replace(
            one,
            related=tuple(
                sorted(
                    other.id
                    for other in by_app.get(one.app_key, [])
                    if other is not one and _together(one, other)
                )
            ),
        )
        for one in every
    ]


def _together(one: Incident, other: Incident) -> bool:
    return any(
        first <= until + QUIET_GAP and since <= last + QUIET_GAP
        for first, last in one.spans
        for since, until in other.spans
    )


def _id(*told_by: object) -> str:
    text = "\x1f".join(iso(one) if isinstance(one, datetime) else str(one) for one in told_by)
    return "inc-" + hashlib.sha256(text.encode()).hexdigest()[:12]


def _day(since: datetime, end: datetime) -> int:
    return (end.astimezone(UTC).date() - since.date()).days + 1


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
