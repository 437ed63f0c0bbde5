"""What the live org says of an app: its provisioning connection, its features, its users' states.

Read as plain JSON, because the SDK's models reject apps and users as they really are.
https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApplicationConnections/
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from kit.base.errors import KitError, OktaError
from kit.base.object_store import read_file, write_file
from kit.base.paths import PULLED
from kit.sources.okta.org import Org
from kit.sources.okta.running import run_to_end
from kit.sources.okta.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kit.sources.okta.settings import Settings

__all__ = ["AppEvidence", "app_evidence", "keep_evidence"]

_USERS = 20_000
"""Users of an app that are read at most, 500 a request."""


@dataclass(frozen=True)
class AppEvidence:
    """What an app says of itself; what could not be looked at is not there, and says why."""

    connection: str | None = None
    """``ENABLED``, ``DISABLED`` or ``UNKNOWN``: whether provisioning is connected. It does not
    say that the credentials work."""
    features: dict[str, str] | None = None
    """Each feature's status: ``USER_PROVISIONING``: ``ENABLED``."""
    users: list[dict[str, str]] | None = None
    """Each user's ``login``, ``status``, ``sync_state`` and ``last_sync``."""
    not_checked: dict[str, str] = field(default_factory=dict)
    """Each of the above that could not be looked at, and why."""
    asked: datetime | None = None
    """When the org was asked."""


_EVIDENCE_PARTS = ("connection", "features", "users")


def app_evidence(app_id: str, *, settings: Settings | None = None) -> AppEvidence:
    """Ask the live org about an app.

    A report's kernel holds no token: there, what was asked just before it is read.

    Args:
        app_id: the app's id (``0oa…``).
        settings: where the org is; read from files and environment if left out.

    Returns:
        The evidence; without settings, or rights (``okta.apps.read``), what is lacking is
        ``not_checked``. No error is raised for that: the log's own evidence stands without it.
    """
    if settings is None and (place := os.environ.get(PULLED)):
        return _read_evidence(place, app_id)
    try:
        org_settings = settings or read_settings()
        return run_to_end(_ask(org_settings, quote(app_id, safe="")))
    except KitError as fault:
        return AppEvidence(not_checked=dict.fromkeys(_EVIDENCE_PARTS, str(fault)))


def keep_evidence(app_ids: Iterable[str], place: str) -> None:
    """Ask the live org about apps, and keep the answers for a report's kernel.

    Args:
        app_ids: the apps' ids.
        place: the file, in a lake that is there; what it said before is gone.
    """
    evidence_by_app = {one: app_evidence(one) for one in app_ids}
    write_file(place, msgspec.json.encode(evidence_by_app))


def _read_evidence(place: str, app_id: str) -> AppEvidence:
    try:
        evidence = msgspec.json.decode(read_file(place), type=dict[str, AppEvidence])[app_id]
    except (OSError, KitError, msgspec.DecodeError, KeyError):
        why = "the org was not asked about this app. Open the notebook with okta-kit lab."
        return AppEvidence(not_checked=dict.fromkeys(_EVIDENCE_PARTS, why))
    return evidence


async def _ask(settings: Settings, app_id: str) -> AppEvidence:
    home = f"/api/v1/apps/{app_id}"
    lacking: dict[str, str] = {}
    async with Org(settings, backoff_s=0.3) as org:

        async def ask_part(part: str, path: str) -> Any:
            try:
                return await _all(org, home + path)
            except OktaError as fault:
                lacking[part] = str(fault)
                return None

        connection = await ask_part("connection", "/connections/default")
        features = await ask_part("features", "/features")
        users = await ask_part("users", "/users?limit=500")
    return AppEvidence(
        connection=None if connection is None else _text(connection[0], "status"),
        features=None
        if features is None
        else {_text(one, "name"): _text(one, "status") for one in features},
        users=None if users is None else [_user(one) for one in users],
        not_checked=lacking,
        asked=datetime.now(UTC).replace(microsecond=0),
    )


async def _all(org: Org, url: str | None) -> list[Any]:
    """All items of a list, or the one object."""
    items: list[Any] = []
    while url is not None and len(items) < _USERS:
        reply = await org.get(url)
        answer = msgspec.json.decode(reply.body)
        items += answer if isinstance(answer, list) else [answer]
        url = reply.next if isinstance(answer, list) and answer else None
    return [one for one in items if isinstance(one, dict)]


def _user(one: dict[str, Any]) -> dict[str, str]:
    credentials = one.get("credentials")
    login = _text(credentials, "userName") if isinstance(credentials, dict) else ""
    return {
        "login": login or _text(one, "externalId") or _text(one, "id"),
        "status": _text(one, "status"),
        "sync_state": _text(one, "syncState"),
        "last_sync": _text(one, "lastSync"),
    }


def _text(one: Any, name: str) -> str:
    return str(one.get(name) or "")
