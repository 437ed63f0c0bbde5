"""What failures are grouped by: their code, kind, app, family, owner or operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from kit.analysis.failures import folded_failures
from kit.analysis.kinds import with_kind
from kit.base.errors import UsageError, nearest
from kit.catalogue import load
from kit.log.log import to_pandas

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.log.log import Log

__all__ = ["GROUPS", "find_group", "with_group"]

GROUPS = ("code", "kind", "app", "family", "owner", "operation")
"""What failures can be grouped by."""


def find_group(group: str, parameter: str = "group_by") -> str:
    """Find what failures are grouped by as a person writes it.

    Args:
        group: its name, without case.
        parameter: the parameter that it was written in.

    Raises:
        UsageError: failures cannot be grouped so; says the nearest, and all.
    """
    name = group.strip().casefold()
    if name not in GROUPS:
        raise UsageError(
            f"{parameter}: there is no {group!r}.{nearest(name, GROUPS)} "
            f"It is one of {', '.join(GROUPS)}."
        )
    return name


def with_group(log: Log, rows: ir.Table, group: str) -> ir.Table:
    """Add to failures the column that they are grouped by.

    Args:
        log: the opened log.
        rows: rows of ``folded_failures`` of this log.
        group: one of ``GROUPS``.

    Returns:
        The rows with a column of that name, never null: empty where nothing tells. An app goes by
        the name that it has now; the owner is that of the code's remedy on the app.
    """
    if group == "kind":
        return rows if "kind" in rows.columns else with_kind(log, rows)
    if group == "app":
        every = folded_failures(log)
        names = every.group_by("app_key").aggregate(
            app_now=every.app.argmax(every.published, where=every.app.notnull())
        )
        wider = rows.left_join(names, "app_key")
        columns = [wider[name] for name in rows.columns if name != "app"]
        return wider.select(*columns, app=ibis.coalesce(wider.app_now, wider.app_key, ""))
    if group == "owner":
        return _with_owner(log, rows)
    return rows.mutate(**{group: ibis.coalesce(rows[group], "")})


def _with_owner(log: Log, rows: ir.Table) -> ir.Table:
    lookup = log.answers.once("owners", lambda: _owners(log))
    wider = rows.left_join(lookup, ["code", "app_key"])
    columns = [wider[name] for name in rows.columns]
    return wider.select(*columns, owner=ibis.coalesce(wider.owner, ""))


def _owners(log: Log) -> ir.Table:
    """One row a code and app: ``code``, ``app_key``, ``owner``."""
    every = folded_failures(log)
    pairs = to_pandas(
        every.group_by(["code", "app_key"]).aggregate(app=every.app.max()), by=["code", "app_key"]
    )
    owner = load().owner
    owners = [
        owner(code, app=app if isinstance(app, str) else None) or ""
        for code, app in zip(pairs["code"], pairs["app"], strict=True)
    ]
    return log.answers.table("owner_of_code", pairs[["code", "app_key"]].assign(owner=owners))
