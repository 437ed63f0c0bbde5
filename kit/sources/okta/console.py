"""Where the org's Admin Console is, and the addresses in it that show one failure.

The host is the configured org's, else the one that the log's own events name most often. A log
is somebody else's text, so a host from it counts only if it is one of Okta's.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from kit.base.errors import UsageError
from kit.sources.okta.settings import org_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

__all__ = ["admin_host", "app_type", "apps_page", "log_search", "provisioning_page"]
__all__ += ["tasks_page", "user_page"]

_ORG = re.compile(
    r"(?!www\.|login\.|help\.|developer\.|support\.)"
    r"(?P<org>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
    r"(?P<rest>\.(?:okta|oktapreview|okta-emea|okta-gov)\.com|\.okta\.mil)"
)
"""An org's host at Okta; a domain of the org's own serves no Admin Console.

Source: https://developer.okta.com/docs/concepts/okta-organizations/, checked 2026-11-25.
"""

_NAMED_IN = ("origin", "redirectUri", "requestUri", "url")
"""What of an event's ``debugData`` may hold the org's own address."""
_APP_PATH = re.compile(r"/app/(?P<type>[a-z0-9][a-z0-9_-]{0,99})/[a-z0-9]{15,25}(?:[/?]|$)", re.I)
"""How the path of a sign-in to an app names the app's type."""
_TYPES_BY_EVENT = {"app.office365.": "office365"}
"""App types that have event types of their own."""
_ID = re.compile(r"[A-Za-z0-9_-]{6,64}")
_AROUND = timedelta(hours=1)


def admin_host(events: Iterable[Mapping[str, Any]]) -> str | None:
    """Find the host of the Admin Console.

    Args:
        events: some of the log's events, as Okta sent them.

    Returns:
        The host, as in ``example-admin.okta.com``; None where neither the settings nor the
        events say which org it is.
    """
    try:
        configured = org_url()
    except UsageError:
        configured = None
    if configured:
        return _admin(configured)
    counts_by_host = Counter(host for event in events for host in _hosts(event))
    return (
        min(counts_by_host, key=lambda host: (-counts_by_host[host], host))
        if counts_by_host
        else None
    )


def log_search(host: str, field: str, value: str, at: datetime) -> str | None:
    """The address of the System Log around a moment, with what one field is equal to.

    Args:
        host: as ``admin_host`` gives it.
        field: as in ``transaction.id`` or ``uuid``.
        value: an id.
        at: the moment, UTC; an hour before and after is shown.

    Returns:
        The address; None where the value is no id.
    """
    if not _ID.fullmatch(value):
        return None
    search = quote(f'{field} eq "{value}"', safe="")
    since, until = (quote(f"{at + way * _AROUND:%Y-%m-%dT%H:%M:%SZ}", safe="") for way in (-1, 1))
    return f"https://{host}/report/system_log_2?search={search}&fromTime={since}&toTime={until}"


def user_page(host: str, user_id: str) -> str | None:
    """The address of a user's page; None where it is no user's id."""
    is_user_id = re.fullmatch(r"00u[A-Za-z0-9]{10,30}", user_id)
    return f"https://{host}/admin/user/profile/view/{user_id}" if is_user_id else None


def tasks_page(host: str) -> str:
    """The address of Dashboard > Tasks, where failed provisioning is retried."""
    return f"https://{host}/admin/tasks"


def apps_page(host: str) -> str:
    """The address of the list of active apps."""
    return f"https://{host}/admin/apps/active"


def provisioning_page(host: str, type_name: str | None, app_id: str) -> str | None:
    """The address of an app's Provisioning tab.

    Args:
        host: as ``admin_host`` gives it.
        type_name: the app's type, as ``app_type`` finds it.
        app_id: the app's id.

    Returns:
        The address; None where the type is unknown, or the id is no app's.
    """
    if not type_name or not re.fullmatch(r"0oa[A-Za-z0-9]{10,30}", app_id):
        return None
    return f"https://{host}/admin/app/{type_name}/instance/{app_id}/#tab-user-management"


def app_type(events: Iterable[Mapping[str, Any]]) -> str | None:
    """Find an app's type, as the Admin Console's addresses have it: ``office365``, ``slack``.

    Args:
        events: events of this app alone, as Okta sent them.

    Returns:
        The type, from the type of an event or the path of a sign-in; None where none says it.
    """
    for event in events:
        for prefix, name in _TYPES_BY_EVENT.items():
            if str(event.get("eventType")).startswith(prefix):
                return name
        context = event.get("debugContext")
        data = context.get("debugData") if isinstance(context, dict) else None
        texts = [str(data.get(name)) for name in _NAMED_IN] if isinstance(data, dict) else []
        if match := next(filter(None, map(_APP_PATH.search, texts)), None):
            return match["type"].lower()
    return None


def _hosts(event: Mapping[str, Any]) -> set[str]:
    """The Admin Consoles of the orgs that an event's own addresses lead to."""
    context = event.get("debugContext")
    data = context.get("debugData") if isinstance(context, dict) else None
    addresses = [data.get(name) for name in _NAMED_IN] if isinstance(data, dict) else []
    return {host for one in addresses if isinstance(one, str) and (host := _admin(one))}


def _admin(address: str) -> str | None:
    """The Admin Console's host of an org's address, if it is one of Okta's."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None
    match = _ORG.fullmatch(host)
    if parts.scheme != "https" or match is None:
        return None
    return f"{match['org'].removesuffix('-admin')}-admin{match['rest']}"
