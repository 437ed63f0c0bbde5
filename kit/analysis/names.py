"""Apps, codes and users as a person writes them, found in a log or told with the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import pandas as pd

from kit.analysis.failures import folded_failures, with_keys
from kit.analysis.renames import under_latest_login
from kit.analysis.successes import every_hour
from kit.base.errors import UsageError, nearest
from kit.catalogue import load
from kit.display import phrases
from kit.log.log import to_pandas

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kit.log.cache import ResultCache
    from kit.log.log import Log

__all__ = ["app_to_ask_for", "every_user", "find_apps", "find_code", "find_user", "most_hit"]


def find_apps(log: Log, app: str) -> set[str]:
    """Find the apps of a name or an id, without case.

    Args:
        log: the opened log.
        app: the name or the id.

    Returns:
        Their keys, as ``folded_failures`` has them; several instances of an app may share a name.
        Of ``phrases.SIGN_IN`` the empty key, which is that of failures without an app.

    Raises:
        UsageError: the log knows no such app; says the nearest.
    """
    if app.strip().casefold() == phrases.SIGN_IN.casefold():
        return {""}
    failed = folded_failures(log).select("app", "app_key").distinct()
    working_apps = every_hour(log).select("app", "app_key").distinct()
    apps = to_pandas(failed.union(working_apps).distinct())
    if not (keys := _matching_keys(apps, app)):
        apps = to_pandas(with_keys(log.events_all_days).select("app", "app_key").distinct())
        if not (keys := _matching_keys(apps, app)):
            names = {*apps["app"].dropna(), *apps["app_key"]} - {""}
            raise UsageError(f"app: the log knows no {app!r}." + nearest(app, names))
    return keys


def app_to_ask_for(log: Log, app: str | None, app_key: str) -> str:
    """How to name an app so that nothing else is found: by its id where others share its name.

    Args:
        log: the opened log.
        app: its name; None if it has none.
        app_key: the app, as ``folded_failures`` keys it.

    Returns:
        The name or the key; empty where no app is meant.
    """
    shared = _shared_names.get(log.answers)
    if shared is None:
        names = _apps_that_tried(log).drop_duplicates()["name"]
        shared = _shared_names[log.answers] = frozenset(names[names.duplicated()])
    return app_key if not app or app.casefold() in shared else app


_shared_names: WeakKeyDictionary[ResultCache, frozenset[str]] = WeakKeyDictionary()
"""By log, the names that several of its apps have; all that one page shows asks for them."""


def _apps_that_tried(log: Log) -> pd.DataFrame:
    """The apps on which something failed or worked, as they are found: ``app_key``, ``name``."""
    failed = folded_failures(log).select("app", "app_key").distinct()
    working = every_hour(log).select("app", "app_key").distinct()
    apps = to_pandas(failed.union(working).distinct())
    apps = apps[(apps["app_key"] != "") & apps["app"].notna()]
    return pd.DataFrame({"app_key": apps["app_key"], "name": apps["app"].str.casefold()})


def find_code(log: Log, code: str) -> str:
    """Find a code without case, as the log or the catalogue spells it.

    Args:
        log: the opened log.
        code: the code.

    Returns:
        The code.

    Raises:
        UsageError: neither the log nor the catalogue knows it; says the nearest.
    """
    log_codes = list(to_pandas(folded_failures(log).select("code").distinct())["code"])
    catalogue_codes = [one for remedy in load().remedies for one in remedy.codes]
    for one in (*log_codes, *catalogue_codes):
        if one.casefold() == code.casefold():
            return str(one)
    if load().meaning(code):
        return code
    raise UsageError(
        f"code: {code!r} is unknown to the log and the catalogue."
        + (nearest(code, log_codes) or nearest(code, catalogue_codes))
    )


def find_user(log: Log, user: str) -> str:
    """Find a user by login without case, or by id.

    Args:
        log: the opened log.
        user: the login or the id.

    Returns:
        The user's key, as ``folded_failures`` has it.

    Raises:
        UsageError: the log knows no such user; says the nearest.
    """
    key = user.strip().lower()
    users = every_user(log)
    login = users.user_login.lower() == key
    same = (users.user_key.lower() == key) | login | (users.user_id.lower() == key)
    keys = sorted(
        set(to_pandas(users.filter(same).select("user_key").distinct())["user_key"]) - {""}
    )
    if not keys:
        logins = set(to_pandas(users.select("user_key").distinct())["user_key"]) - {""}
        raise UsageError(f"user: the log knows no {user!r}." + nearest(user, logins))
    return key if key in keys else str(keys[0])


def every_user(log: Log) -> ir.Table:
    """List a log's users as its events write them, once.

    Args:
        log: the opened log.

    Returns:
        One row a spelling: ``user_key``, ``user_login``, ``user_id``.
    """

    def of(events: ir.Table) -> ir.Table:
        return with_keys(events).select("user_key", "user_login", "user_id").distinct()

    users = log.answers.once(
        "users",
        lambda: of(log.events_all_days),
        lambda answer, fresh: answer.union(of(fresh).cast(answer.schema())).distinct(),
    )
    return under_latest_login(log, users)


def most_hit(pairs: pd.DataFrame) -> tuple[str, str]:
    """Choose the app and code that hit most users; what concerns no app comes last.

    Args:
        pairs: one row an (app, code): ``app_key``, ``code``, ``users``.

    Returns:
        The app's key and the code.
    """
    rows = pairs.assign(no_app=pairs["app_key"] == "")
    order = ["no_app", "users", "app_key", "code"]
    first = rows.sort_values(order, ascending=[True, False, True, True]).iloc[0]
    return str(first["app_key"]), str(first["code"])


def _matching_keys(apps: pd.DataFrame, app: str) -> set[str]:
    name = app.strip().casefold()
    same = apps["app"].fillna("").str.casefold() == name
    return set(apps.loc[same | (apps["app_key"].str.casefold() == name), "app_key"]) - {""}
