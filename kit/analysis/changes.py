"""What changed shortly before a failure began, as far as the log shows it.

Which event types count as a change, and of what kind, stands in ``changes.csv``: the longest
prefix speaks, and one without a kind is no change.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import ibis
import pandas as pd

from kit.analysis.failures import folded_failures, with_keys
from kit.base.times import moment_before
from kit.base.windows import TICK, Window, gaps
from kit.catalogue import load
from kit.display.in_lines import InLines
from kit.log.log import literal, to_pandas

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.analysis.episodes import History
    from kit.log.log import Log

__all__ = [
    "CHANGE_REACH",
    "CandidateChanges",
    "candidate_fixes",
    "changes",
    "logged_changes",
    "touching",
]

CHANGE_REACH = timedelta(hours=24)
"""How long before an onset a change is still shown as a candidate."""

_FARTHEST = timedelta(days=7)
_KINDS = Path(__file__).with_name("changes.csv")
_RANK = (
    "credential configuration password account token agent policy admin assignment rate limit"
).split(maxsplit=9)
_FAILS = {"account", "agent", "rate limit"}
"""Kinds that matter although the event says that something failed."""
_OF_APP = {"credential", "configuration"}
_OF_PEOPLE = {"password", "account", "admin"}
_MENDS = {"credential", "configuration", "password", "token", "agent", "policy"}
_SERVICE = set(
    "svc service serviceaccount serviceuser sync provisioning provision integration connector api "
    "bot automation admin administrator".split()
)
_COMMON = {"app", "application", "com", "the", "and", "for", "inc", "microsoft", "scim", "cloud"}


@dataclass(frozen=True, repr=False)
class CandidateChanges(InLines):
    """Candidates for what changed before an onset; no verdict."""

    rows: pd.DataFrame
    """The best candidate first: ``published``, ``event_type``, ``kind``, ``touches`` (what
    it has to do with the failure), ``before`` timedelta64[us], ``actor``, ``on`` (whom or
    what it changed), ``uuid``, ``fits`` bool."""
    since: pd.Timestamp | None
    """From when changes were looked for, up to the onset."""
    not_held: tuple[Window, ...] = ()
    """The parts of that stretch that the source does not hold."""


def changes(history: History, onset: pd.Timestamp | None) -> CandidateChanges:
    """Find what changed before an onset and has to do with the failing app.

    The rule: looked at are events from a day before the onset, or from the last hour in which
    something worked on the app if that is longer ago (seven days at most), to the onset
    itself. What comes after the onset may belong to the fix, never to the cause. A candidate
    touches the same app (its configuration, credentials, policy, agent, group assignments or
    rate limit), or an account that the app's connection may depend on: who configured the app,
    who acted in the failing events, or a service account by its name.

    Those of a kind that can bring about such a failure (``fits``) come first: configuration and
    credentials always, passwords and accounts unless the code is about a user's data, agents
    and tokens for a directory, policies for a sign-in, rate limits for a code that is one.
    Among equals the nearest comes first; of one transaction only the most telling event is
    listed.

    Args:
        history: one code on one app.
        onset: since when it fails; without one there are no candidates.

    Returns:
        The candidates; none is an answer, and ``not_held`` says whether the log reaches back.

    Example:
        >>> import kit
        >>> log = kit.open_log("sample")
        >>> history = kit.case(log, "7d", code="AADSTS50126").history
        >>> kit.changes(history, kit.onset(history)).rows["event_type"].iloc[0]
        'application.configuration.update'
    """
    if onset is None:
        return CandidateChanges(_empty(), None)
    since = moment_before(onset, CHANGE_REACH)
    last_success_hour = history.successes.last_hour(onset)
    if last_success_hour is not None:
        since = max(min(since, last_success_hour), moment_before(onset, _FARTHEST))
    rows = touching(history, since, onset + TICK, onset)
    rows = rows.assign(before=onset - rows["published"])
    rows = rows.sort_values(
        ["fits", "before", "order", "uuid"], ascending=[False, True, True, True]
    )
    columns = [name for name in _COLUMNS if name != "order"]
    return CandidateChanges(
        rows[columns].reset_index(drop=True),
        since,
        gaps(history.log.covered_windows, Window(since.to_pydatetime(), onset.to_pydatetime())),
    )


def candidate_fixes(history: History, onset: pd.Timestamp) -> pd.DataFrame:
    """List the changes after an onset that may have fixed it, oldest first.

    Args:
        history: one code on one app.
        onset: since when it fails.

    Returns:
        As in ``Changes.rows``, without ``before``.
    """
    rows = touching(history, onset + TICK, pd.Timestamp(history.window.until), onset)
    rows = rows[rows["fits"] & rows["kind"].isin(_MENDS)]
    return rows.sort_values(["published", "uuid"], ignore_index=True)


def touching(
    history: History, since: pd.Timestamp, until: pd.Timestamp, onset: pd.Timestamp
) -> pd.DataFrame:
    """List the changes of a stretch of time that have to do with the failing app.

    Args:
        history: one code on one app.
        since: the start, UTC.
        until: the end, not included.
        onset: since when it fails; a user who acted in failing events since then counts.

    Returns:
        As in ``Changes.rows``, without ``before``, and ``order`` of their kinds.
    """
    logged = logged_changes(history.log)
    stretch_rows = logged.filter(
        logged.published >= literal(since), logged.published < literal(until)
    )
    rows = to_pandas(stretch_rows, by=["published", "uuid"])
    rows["kind"] = [_kind(one) for one in rows["event_type"]]
    failed = rows["code"].notna() & ~rows["kind"].isin(_FAILS)
    own = (rows["code"] == history.code) & (rows["app_key"] == history.app_key)
    rows = rows[(rows["kind"] != "") & ~failed & ~own].reset_index(drop=True)
    if rows.empty:
        return _empty()
    relevances = _relevances.setdefault(history, {})
    if onset not in relevances:
        relevances[onset] = _Relevance(history, logged, onset)
    relevance = relevances[onset]
    rows["touches"] = [relevance.touches(one) for one in rows.itertuples()]
    rows = rows[rows["touches"] != ""]
    rows["fits"] = [relevance.fits(kind) for kind in rows["kind"]]
    rows["order"] = rows["kind"].map(_RANK.index)
    rows["on"] = rows["user"].fillna(rows["app"])
    batch = rows["transaction_id"].fillna("").where(lambda t: t != "", rows["uuid"])
    best = rows.assign(batch=batch).sort_values(["order", "published", "uuid"])
    best = best.drop_duplicates("batch").assign(before=pd.Timedelta(0))
    return best[_COLUMNS].sort_values(["published", "uuid"], ignore_index=True)


def logged_changes(log: Log) -> ir.Table:
    """List all events of a log that change something, once.

    Args:
        log: the opened log.

    Returns:
        One row an event: ``published``, ``event_type``, ``uuid``, ``code`` (null unless it
        failed), ``app``, ``app_key``, ``user``, ``user_key``, ``actor``, ``actor_key`` (its
        login in small letters), ``transaction_id``.
    """

    def of(events: ir.Table) -> ir.Table:
        of_interest = [events.event_type.startswith(p) for p, kind in _kinds() if kind]
        rows = with_keys(events.filter(ibis.or_(*of_interest)))
        return rows.select(
            *("published", "event_type", "uuid", "code", "app", "app_key"),
            "user_key",
            "transaction_id",
            user=ibis.coalesce(rows.user_login, rows.user_name, rows.user_id),
            actor=ibis.coalesce(rows.actor_login, rows.actor_name, rows.actor_id),
            actor_key=ibis.coalesce(rows.actor_login.lower(), ""),
        )

    return log.answers.once(
        "changes",
        lambda: of(log.events_all_days),
        lambda answer, fresh: answer.union(of(fresh).cast(answer.schema())),
    )


_COLUMNS = [
    "published",
    "event_type",
    "kind",
    "touches",
    "before",
    "actor",
    "on",
    "uuid",
    "fits",
    "order",
]


def _empty() -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series(
                dtype={
                    "published": "datetime64[us, UTC]",
                    "before": "timedelta64[us]",
                    "fits": "bool",
                    "order": "int64",
                }.get(name, "str")
            )
            for name in _COLUMNS
        }
    )


@cache
def _kinds() -> tuple[tuple[str, str], ...]:
    """Prefixes and their kinds, the longest prefix first."""
    rows = csv.DictReader(_KINDS.read_text(encoding="utf-8").splitlines())
    pairs = [(row["prefix"], row["kind"]) for row in rows]
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair[0])))


@cache
def _kind(event_type: str) -> str:
    return next((kind for prefix, kind in _kinds() if event_type.startswith(prefix)), "")


class _Relevance:
    """Tells what a change has to do with the failing app."""

    def __init__(self, history: History, logged: ir.Table, onset: pd.Timestamp) -> None:
        self.app_key, self.code = history.app_key, history.code
        catalogue = load()
        family = catalogue.family(history.code).casefold()
        name = _app_name(history)
        remedy = catalogue.remedy(history.code, app=name)
        about = f"{name} {family}".casefold()
        self.directory = any(word in about for word in ("directory", "ldap", "agent"))
        self.limit = any(word in f"{history.code} {family}".casefold() for word in _LIMITS)
        self.data = remedy is not None and remedy.blast_radius != "connection"
        self.configuring_users = _configuring_users(history, logged)
        self.acting_users = _acting_users(history, onset)
        self.mine = _tokens(name) - _COMMON
        self.others = _other_apps(history) - self.mine - _SERVICE - _COMMON

    def touches(self, one: object) -> str:
        """In words what a change touches; empty for what it does not."""
        kind, app_key = str(one.kind), str(one.app_key)  # type: ignore[attr-defined]  # a row
        if app_key == self.app_key and app_key:
            return "the app"
        if kind in _OF_PEOPLE:
            return self._account(str(one.user_key))  # type: ignore[attr-defined]  # a row
        if app_key:
            return ""
        if kind in {"agent", "token"} and self.directory:
            return "the directory's agents"
        if kind == "policy" and not self.app_key:
            return "sign-ins"
        if kind == "rate limit" and self.limit:
            return "the org's rate limit"
        return ""

    def fits(self, kind: str) -> bool:
        """Whether a kind of change can bring about this code."""
        if kind in _OF_PEOPLE:
            return not self.data and not self.limit
        return {
            "rate limit": self.limit,
            "policy": not self.app_key,
            "agent": self.directory,
            "token": self.directory,
            "assignment": self.limit,
        }.get(kind, True)

    def _account(self, user: str) -> str:
        if not user:
            return ""
        if user in self.configuring_users:
            return "who configured the app"
        if user in self.acting_users:
            return "who acts in the failing events"
        tokens = _tokens(user.partition("@")[0])
        own, service = tokens & self.mine, tokens & _SERVICE
        if self.app_key and (own or (service and not tokens & self.others)):
            return "a service account, by its name"
        return ""


_relevances: WeakKeyDictionary[History, dict[pd.Timestamp, _Relevance]] = WeakKeyDictionary()
"""What came before an onset and what came after it are asked of one code one after the other."""

_LIMITS = ("429", "rate", "throttl", "limit", "quota")


def _tokens(text: str) -> set[str]:
    """The words of a name, and its letters and digits apart: office365 is also office."""
    words = set(re.findall(r"[a-z0-9]+", text.casefold()))
    parts = {part for word in words for part in re.findall(r"[a-z]+|[0-9]+", word)}
    return {word for word in words | parts if len(word) > 2}


def _app_name(history: History) -> str:
    names = history.episodes["app"].dropna()
    return str(names.iloc[-1]) if len(names) else ""


def _other_apps(history: History) -> set[str]:
    rows = folded_failures(history.log).select("app", "app_key").distinct()
    logged = logged_changes(history.log).select("app", "app_key").distinct()
    names = to_pandas(rows.union(logged).distinct())
    names = names[(names["app_key"] != history.app_key) & names["app"].notna()]
    return {token for name in names["app"] for token in _tokens(str(name))}


def _configuring_users(history: History, logged: ir.Table) -> set[str]:
    """Who changed the app's configuration or credentials, ever, up to the window's end."""
    if not history.app_key:
        return set()
    until = literal(history.window.until)
    mine = logged.filter(logged.app_key == history.app_key, logged.published < until)
    rows = to_pandas(mine.select("event_type", "actor_key").distinct())
    kinds = rows["event_type"].map(_kind)
    return set(rows.loc[kinds.isin(_OF_APP), "actor_key"]) - _NOBODY


_NOBODY = {"", "unknown", "system@okta.com"}


def _acting_users(history: History, onset: pd.Timestamp) -> set[str]:
    """Who acts in the failing events, where that is not the user that they hit."""
    if not history.app_key:
        return set()
    until = history.window.until
    if onset >= pd.Timestamp(until):
        return set()
    events = history.log.within(Window(onset.to_pydatetime(), until))
    rows = with_keys(events.filter(events.code == history.code))
    actor = rows.actor_login.lower()
    rows = rows.filter(
        rows.app_key == history.app_key,
        rows.actor_type.fill_null("") != "SystemPrincipal",
        actor != rows.user_key,
    )
    actors = to_pandas(rows.select(actor=rows.actor_login.lower()).distinct())
    return set(actors["actor"].dropna()) - _NOBODY
