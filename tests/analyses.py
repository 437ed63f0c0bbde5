"""Every analysis, asked of a log; what one engine says has to be what another says."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.testing import assert_frame_equal, assert_series_equal

from kit.analysis import (
    by_kind,
    changes,
    choices,
    common,
    comparison,
    episodes,
    failures,
    incidents,
    kinds,
    lists,
    names,
    one_code,
    one_failure,
    one_user,
    orgs,
    origins,
    radius,
    recovery,
    renames,
    retry,
    rises,
    runs,
    states,
    stops,
    successes,
    traits,
    trends,
    unknown_texts,
    unresolved,
    usual,
    verification,
)
from kit.cases import case, ticket
from kit.log.log import Log, to_pandas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kit.base.windows import Window


WHOLE = {
    "events",
    "keyed",
    "under_latest_login",
    "successes",
    "succeeded",
    "failure_rows",
    "first_after",
}
"""Answers that are nearly as long as the log: too much to fetch of millions of events."""


@dataclass(frozen=True)
class Answer:
    """What came of one analysis."""

    name: str
    given: Any
    seconds: float

    @property
    def rows(self) -> int:
        """How many rows it has; 1 where it is no table."""
        return len(self.given) if isinstance(self.given, pd.DataFrame) else 1


def answers(
    log: Log, since: str | None = None, *, whole: bool = True, only: Sequence[str] = ()
) -> Iterator[Answer]:
    """Ask every analysis.

    Args:
        log: the opened log.
        since: where the window begins.
        whole: also those in ``WHOLE``.
        only: the names of those to ask; all without it.

    Yields:
        The answers, always in the same order. A fault is an answer, too.
    """
    left = set(only)
    begun = time.perf_counter()
    for name, ask in _every(log, since):
        if (name in WHOLE and not whole) or (only and name not in left):
            continue
        try:
            given = ask()
        except Exception as fault:  # noqa: BLE001  # it has to be the same on both engines
            given = fault
        yield Answer(name, given, time.perf_counter() - begun)
        left.discard(name)
        if only and not left:
            return
        begun = time.perf_counter()


def _of_kinds(log: Log, window: Window) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Questions by kind, and what is called what."""
    found = trends.trends(log, window)
    rows = kinds.with_kind(log, failures.folded_failures(log, window))
    yield "by_kind", lambda: by_kind.by_kind(found)
    yield "counts_of_kinds", lambda: by_kind.counts_of_kinds(found)
    yield "with_kind", lambda: to_pandas(rows.select("uuid", "kind"), by=["uuid"])
    yield "of_one_kind", lambda: trends.trends(log, window, kind="credentials_refused")
    yield "by_group", lambda: by_kind.by_group(found, "app")
    yield "counts_of_groups", lambda: by_kind.counts_of_groups(found, "owner")
    yield "usual_rate", lambda: usual.usual_rate(found)
    yield "code_names", lambda: dict(unknown_texts.code_names(log).words)


def _of_people_by_login(log: Log, timed: Sequence[str]) -> Iterator[tuple[str, Callable[[], Any]]]:
    keyed = failures.with_keys(log.events)
    yield "keyed", lambda: to_pandas(keyed, by=timed)
    yield "renames", lambda: renames.renames(log)
    yield "renames_digest", lambda: renames.renames_digest(log)
    yield "under_latest_login", lambda: to_pandas(renames.under_latest_login(log, keyed), by=timed)


def _every(log: Log, since: str | None) -> Iterator[tuple[str, Callable[[], Any]]]:
    window = log.window(since)
    timed = ["published", "uuid"]
    yield "log", lambda: (log.first, log.last, log.count, log.coverage(window))
    yield "events", lambda: to_pandas(log.events, by=timed)
    yield from _of_people_by_login(log, timed)
    yield "counted", lambda: to_pandas(failures.folded_failures(log, window), by=timed)
    yield "failures", lambda: failures.failures(log, window)
    yield "failure_rows", lambda: to_pandas(failures.failure_rows(log), by=timed)
    yield "successes", lambda: to_pandas(failures.successes(log, window), by=timed)
    yield "succeeded", lambda: to_pandas(failures.pick_successes(log.events), by=timed)
    yield "first_after", lambda: to_pandas(recovery.first_after(log, window), by=["uuid"])
    yield "assignments", lambda: to_pandas(recovery.assignments(log), by=["uuid"])
    yield "recovery", lambda: recovery.recovery(log, window)
    yield "people", lambda: recovery.people(recovery.recovery(log, window))
    yield (
        "with_state",
        lambda: recovery.with_state(failures.failures(log, window), recovery.recovery(log, window)),
    )
    yield from _of_successes(log, window)
    yield "baseline", lambda: states.baseline(log, window)
    yield "states", lambda: states.states(log, window)
    told = ["start", "app_key", "code"]
    yield "every_episode", lambda: to_pandas(episodes.every_episode(log), by=told)
    yield "episodes", lambda: episodes.episodes(log, window)
    yield "episodes, short gap", lambda: episodes.episodes(log, window, gap=pd.Timedelta("10min"))
    yield from _of_people(log, window)
    yield "logged_changes", lambda: to_pandas(changes.logged_changes(log), by=timed)
    yield from _of_all(log, window)
    yield "trends", lambda: trends.trends(log, window)
    yield "prepare", lambda: trends.prepare(log)
    user = one_user.most_failing(log, window)
    yield "most_failing", lambda: user
    if user is not None:
        yield "find_user", lambda: names.find_user(log, user.upper())
        yield "user_events", lambda: _user_events(log, window, user)
        yield "user_recovery", lambda: one_user.user_recovery(log, window, user)
        yield "open_before", lambda: _open_before(log, window, user)
    yield "an unknown user", lambda: names.find_user(log, "nobody@example.org")
    yield "an unknown app", lambda: names.find_apps(log, "no such app")
    found = case.case(log, window)
    yield "case", lambda: found
    if found is not None:
        yield from _of_one(log, found)


def _of_successes(log: Log, window: Window) -> Iterator[tuple[str, Callable[[], Any]]]:
    keys = {"app": failures.app_key_of(log.events), "user": failures.user_key_of(log.events)}
    yield "keys alone", lambda: to_pandas(log.events.select("uuid", **keys), by=["uuid"])
    hourly = ["hour", "app_key", "operation"]
    yield "every_hour", lambda: to_pandas(successes.every_hour(log), by=hourly)
    for bucket in ("hour", "day"):
        yield f"worked by {bucket}", lambda: successes.count_successes(log, window, bucket)  # noqa: B023


def _of_people(log: Log, window: Window) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "spans", lambda: episodes.spans(log, window)
    everyone = recovery.recovery(log, window, everyone=True)
    still = unresolved.unresolved(log, window, everyone)
    yield "unresolved", lambda: still
    yield "since_when", lambda: unresolved.since_when(log, window, still)
    yield "who", lambda: radius.who(everyone)
    yield "hit_counts", lambda: radius.hit_counts(everyone)
    yield "stops", lambda: stops.stops(log, window)
    yield "coverage_of", lambda: stops.coverage_of(log, window)


def _of_all(log: Log, window: Window) -> Iterator[tuple[str, Callable[[], Any]]]:
    timed = ["published", "uuid"]
    yield from _of_kinds(log, window)
    yield (
        "told",
        lambda: to_pandas(
            failures.with_details(log, failures.folded_failures(log, window)), by=timed
        ),
    )
    yield "failure_list", lambda: lists.failure_list(log, window, kind="credentials_refused")
    yield "event_list", lambda: lists.event_list(log, window, columns=["uuid", "code"])
    yield "incident_list", lambda: lists.incident_list(log, window)
    yield "compare_windows", lambda: comparison.compare_windows(log, window, "1d")
    yield "choices", lambda: choices.choices(log, window)
    yield "examples", lambda: trends.examples(log, window)
    yield (
        "every_user",
        lambda: to_pandas(names.every_user(log), by=["user_key", "user_login", "user_id"]),
    )
    yield from _of_incidents(log, window)
    yield from _daily(log, window)
    yield "latest", lambda: trends.trends(log, window).latest(50)
    yield "broken_connections", lambda: orgs.broken_connections(log, window)
    yield "states_of_orgs", lambda: orgs.states_of_orgs(orgs.orgs_of(log), window)


def _of_incidents(log: Log, window: Window) -> Iterator[tuple[str, Callable[[], Any]]]:
    attempts = runs.attempts_of(log)
    yield "attempts_of", lambda: attempts
    yield "runs", lambda: [runs.runs(attempts, *pair) for pair in sorted(attempts.failures)]
    yield "rises", lambda: rises.rises(log, window.until)
    yield "end_of", lambda: incidents.end_of(log)
    listed = incidents.incidents(log, window.until, all=True)
    yield "open incidents", lambda: listed
    yield "incidents a day before", lambda: incidents.incidents(log, "1d")
    yield "condition", lambda: incidents.condition(listed, coverage_complete=True)
    marks = incidents.marks_of(log)
    yield "with_marks", lambda: incidents.with_marks(listed, marks, window.until)
    yield "retry_rows", lambda: retry.retry_rows(log, listed, window.until)


def _open_before(log: Log, window: Window, user: str) -> pd.DataFrame:
    return unresolved.open_before(log, window, user, recovery.recovery(log, window))


def _daily(log: Log, window: Window) -> Iterator[tuple[str, Callable[[], Any]]]:
    user = one_user.most_failing(log, window)
    if user is not None:
        yield "daily_successes", lambda: one_user.daily_successes(log, window, user)
        yield "sign_ins", lambda: one_user.sign_ins(log, window, user)
        yield "origins_of_user", lambda: origins.origins_of_user(log, window, user)


def _user_events(log: Log, window: Window, user: str) -> pd.DataFrame:
    failed = failures.failures(log, window, user_key=user)
    return one_user.user_events(log, window, user, failed)


def _of_one(log: Log, found: case.Case) -> Iterator[tuple[str, Callable[[], Any]]]:
    known, now = found.history, found.outage
    yield "results", found.results
    first = found.failures.iloc[0]
    at, batch = first["published"], first["transaction_id"]
    yield "event_of", lambda: one_failure.find_event(log, first["uuid"], at)
    yield "events_beside", lambda: one_failure.events_beside(log, batch, first["uuid"], at)
    yield "find_code", lambda: names.find_code(log, found.code.lower())
    yield "find_apps", lambda: names.find_apps(log, found.app_key or "none")
    yield "app_to_ask_for", lambda: names.app_to_ask_for(log, found.app, found.app_key)
    yield "most_hit", lambda: case.choose(log, known.window)
    yield "history", lambda: episodes.history(log, known.window, found.app_key, found.code)
    yield "outage", lambda: episodes.outage(known)
    yield "outages", lambda: episodes.outages(known)
    yield "onset", lambda: episodes.onset(known)
    yield "changes", lambda: changes.changes(known, now.start)
    yield "candidate fixes", lambda: changes.candidate_fixes(known, now.start)
    yield (
        "touching",
        lambda: changes.touching(
            known, now.start - pd.Timedelta("7d"), pd.Timestamp(known.window.until), now.start
        ),
    )
    yield "blast_radius", lambda: radius.blast_radius(known, now)
    yield "hit", lambda: radius.hit(known, now)
    yield "in_common", lambda: common.in_common(known, now)
    yield "origins_of_code", lambda: origins.origins_of_code(known)
    yield "traits_of_attempts", lambda: _traits_of_attempts(log, known.window)
    yield (
        "traits_of_people",
        lambda: traits.traits_of_people(log, known.window, found.app_key),
    )
    yield "verification", lambda: verification.verification(known, now)
    yield "attempts over time", lambda: known.successes.over_time(known.window, "day")
    yield "apps_with", lambda: one_code.apps_with(known)
    yield "over_time_by_app", lambda: one_code.over_time_by_app(known, known.window, "day")
    yield "usual_rate_of_code", lambda: usual.usual_rate_of_code(known, known.window.since)
    yield (
        "events_of_app",
        lambda: one_failure.events_of_app(log, str(first["app_id"]), at.to_pydatetime()),
    )
    yield "neighbours", lambda: one_code.neighbours(known, now)
    yield "variants", lambda: one_code.variants(found.failures)
    yield "hours", lambda: one_code.failures_by_hour(known)
    yield "with_ids", lambda: one_code.with_ids(found.failures)
    yield "ticket", lambda: ticket.ticket(found)
    yield "retry_list", lambda: ticket.retry_list(found)


def _traits_of_attempts(log: Log, window: Window) -> list[dict[str, Any]]:
    rows = failures.successes(log, window)
    rows = rows.select("uuid", who=rows.user_key, failed=False)
    return traits.traits_of_attempts(log, window, rows.order_by("uuid").limit(50))


def assert_same(one: Any, other: Any, what: str) -> None:
    """Compare two answers to the last row: values, types and order.

    Args:
        one: an answer.
        other: what it has to be.
        what: its name, for the message.
    """
    if isinstance(one, Log):
        return
    assert type(one) is type(other), f"{what}: {one!r} is not {other!r}"
    if isinstance(one, pd.DataFrame):
        assert_frame_equal(one, other, check_exact=True, obj=what)
    elif isinstance(one, pd.Series):
        assert_series_equal(one, other, check_exact=True, obj=what)
    elif isinstance(one, Exception):
        assert str(one) == str(other), what
    elif is_dataclass(one):
        for part in fields(one):
            assert_same(getattr(one, part.name), getattr(other, part.name), f"{what}.{part.name}")
    elif isinstance(one, dict):
        assert list(one) == list(other), what
        assert_same(list(one.values()), list(other.values()), what)
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), what
        for mine, its in zip(one, other, strict=True):
            assert_same(mine, its, what)
    else:
        assert one == other or (one != one and other != other), what  # NaN


def plain(given: Any) -> Any:
    """An answer without the log in it, so that it can be handed to another process."""
    if isinstance(given, Log):
        return None
    if is_dataclass(given):
        return {part.name: plain(getattr(given, part.name)) for part in fields(given)}
    if isinstance(given, list | tuple):
        return [plain(one) for one in given]
    return f"{type(given).__name__}: {given}" if isinstance(given, Exception) else given
