"""Users whose login changed are one person: what failed under the old one works under the new.

Events tell of the login that a user had then, and of the id, which stays. So logins of one id that
follow one another in time are one user's; the latest one is the key.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import ibis
import pandas as pd

from kit.log.log import to_pandas

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.log.cache import ResultCache
    from kit.log.log import Log

__all__ = ["renames", "renames_digest", "under_latest_login"]

_OKTA_USER = "00u"
"""How a user's own id begins, also behind an org's name; an app user's differs by app."""

_CHANGES = (
    "user.account.update_profile",
    "user.account.update_primary_email",
    "system.import.user.update",
)
_NEAR = pd.Timedelta(minutes=10)
"""Within which what goes along with a change of the login is logged."""

_by_log: WeakKeyDictionary[ResultCache, tuple[dict[str, str], ir.Table | None]] = (
    WeakKeyDictionary()
)


def renames(log: Log) -> dict[str, str]:
    """Find the users whose login changed.

    The rule: logins of one Okta user id of which each was last seen before the next was first
    seen, with a change of the profile between them: among the events of the last ten minutes under
    the one, or of the first ten under the other. Not where logins alternate or nothing shows the
    change (what writes one id for many people is no id), nor where one of them was another user's
    as well: a login that is given away says not who is meant.

    Args:
        log: the opened log.

    Returns:
        The key of ``folded_failures`` by each earlier login, in small letters.
    """
    return _latest_logins(log)[0]


def renames_digest(log: Log) -> str:
    """What an answer's name ends in that was worked out with renamed users; empty without any."""
    pairs = sorted(renames(log).items())
    return "_" + hashlib.sha256(repr(pairs).encode()).hexdigest()[:12] if pairs else ""


def under_latest_login(log: Log, rows: ir.Table) -> ir.Table:
    """Put what is about a renamed user under the latest login.

    Args:
        log: the opened log.
        rows: rows with ``user_key``, perhaps with ``hit_type`` and ``hit_key``.

    Returns:
        The rows with the keys that tell people apart.
    """
    pairs = _latest_logins(log)[1]
    if pairs is None:
        return rows
    columns = rows.columns
    rows = rows.left_join(pairs, rows.user_key == pairs.earlier_key)
    keys = {"user_key": ibis.coalesce(rows.latest_key, rows.user_key)}
    if "hit_key" in columns:
        is_user = rows.latest_key.notnull() & (rows.hit_key == rows.user_key)
        keys["hit_key"] = ibis.ifelse(is_user, rows.latest_key, rows.hit_key)
    return rows.mutate(**keys).select(*columns)


def _latest_logins(log: Log) -> tuple[dict[str, str], ir.Table | None]:
    """The renames, and the same as a table where there are some."""
    if log.answers not in _by_log:
        latest, pairs = _renames(log), None
        if latest:
            rows = pd.DataFrame({"earlier_key": list(latest), "latest_key": list(latest.values())})
            pairs = log.answers.table("renames", rows)
        _by_log[log.answers] = latest, pairs
    return _by_log[log.answers]


def _renames(log: Log) -> dict[str, str]:
    spans = _spans(log)
    several = spans.group_by("user_id").aggregate(n=spans.count())
    several = several.filter(several.n > 1)
    logins = spans.semi_join(several, "user_id").select("login").distinct()
    table = to_pandas(spans.semi_join(logins, "login"), by=["user_id", "first", "login"])
    owners = table.groupby("login")["user_id"].nunique()
    latest: dict[str, str] = {}
    for _, mine in table.groupby("user_id"):
        if (owners[mine["login"]] == 1).all() and all(map(_shows_a_change, *_neighbours(mine))):
            logins = mine["login"].tolist()
            latest |= dict.fromkeys(logins[:-1], logins[-1])
    return latest


def _neighbours(rows: pd.DataFrame) -> tuple[list[_Span], list[_Span]]:
    spans = list(map(_Span._make, rows[list(_Span._fields)].itertuples(index=False)))
    return spans[:-1], spans[1:]


class _Span(NamedTuple):
    """What the events say that tell of one login of one user."""

    login: str
    first: pd.Timestamp
    last: pd.Timestamp
    first_change: pd.Timestamp
    last_change: pd.Timestamp


def _shows_a_change(before: _Span, after: _Span) -> bool:
    if before.last >= after.first:
        return False
    near = before.last - before.last_change, after.first_change - after.first
    return any(one <= _NEAR for one in near if pd.notna(one))


def _spans(log: Log) -> ir.Table:
    """When each login of each Okta user was seen first and last."""

    def of(events: ir.Table) -> ir.Table:
        own = events.user_id.startswith(_OKTA_USER) | events.user_id.contains(f"/{_OKTA_USER}")
        rows = events.filter(own, events.user_login.notnull())
        changed_at = ibis.ifelse(
            rows.event_type.isin(_CHANGES), rows.published, ibis.null(rows.published.type())
        )
        return _merged(
            rows.select(
                "user_id",
                login=rows.user_login.lower(),
                first=rows.published,
                last=rows.published,
                first_change=changed_at,
                last_change=changed_at,
            )
        )

    return log.answers.once(
        "logins",
        lambda: of(log.events_all_days),
        lambda answer, fresh: _merged(answer.union(of(fresh).cast(answer.schema()))),
    )


def _merged(rows: ir.Table) -> ir.Table:
    return rows.group_by(["user_id", "login"]).aggregate(
        first=rows["first"].min(),
        last=rows["last"].max(),
        first_change=rows.first_change.min(),
        last_change=rows.last_change.max(),
    )
