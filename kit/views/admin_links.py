"""Links into the Admin Console, where the org's host is known: the way from a page to the deed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from kit.analysis.one_failure import events_of_app, with_addresses
from kit.display.parts import Links
from kit.sources.okta.console import (
    admin_host,
    app_type,
    apps_page,
    log_search,
    provisioning_page,
    tasks_page,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from kit.cases.case import Case
    from kit.log.cache import ResultCache
    from kit.log.log import Log

__all__ = ["case_links", "console_of"]

_USERS = 5
"""Users whose last attempt is linked; the rest is a search away."""

_consoles: WeakKeyDictionary[ResultCache, str | None] = WeakKeyDictionary()


def console_of(log: Log) -> str | None:
    """The host of the Admin Console of a log's org; looked for once.

    Args:
        log: the opened log; of many orgs none is meant.
    """
    if log.orgs:
        return None
    if log.answers not in _consoles:
        _consoles[log.answers] = admin_host(with_addresses(log))
    return _consoles[log.answers]


def case_links(log: Log, case: Case) -> Iterator[Links]:
    """Where the Admin Console fixes an app, retries, and shows what failed.

    Args:
        log: the opened log.
        case: the code on the app.
    """
    host = console_of(log)
    if host is None:
        return
    links = [("Dashboard > Tasks, to retry", tasks_page(host))]
    if case.app_key:
        type_name = app_type(events_of_app(log, case.app_key, case.outage.last.to_pydatetime()))
        tab = provisioning_page(host, type_name, case.app_key)
        name = f"the Provisioning tab of {case.app}" if tab else f"Applications, for {case.app}"
        links.insert(0, (name, tab or apps_page(host)))
    rows = case.failures.drop_duplicates("user", keep="last")
    still = rows[rows["user"].isin(case.still_failing)].head(_USERS).to_dict("records")
    links += [one for row in still for one in _of_user(host, row)]
    yield Links(links, caption=f"In the Admin Console, {host}")


def _of_user(host: str, row: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    """The last attempt of a user, and all that the log says of him around it."""
    at: pd.Timestamp = row["published"]
    for what, field, name in (
        ("the last attempt", "transaction.id", "transaction_id"),
        ("all events", "target.id", "user_id"),
    ):
        value = row.get(name)
        if isinstance(value, str) and (where := log_search(host, field, value, at.to_pydatetime())):
            yield f"{row['user']}: {what} in the System Log", where
