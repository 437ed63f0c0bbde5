"""What a vendor's record says, whoever the vendor is: the contract of this room."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["REFUSED", "Record", "Result", "content_id"]

Result = Literal["success", "failure", "interrupted"]
REFUSED: tuple[Result, ...] = ("failure", "interrupted")
"""The results of what did not work; a record with a code has one of these."""


class Record(msgspec.Struct, kw_only=True, gc=False):
    """One record of a vendor's log. Ids are lower case, without braces; None where it has none."""

    vendor: str
    """Its name in its ``.toml`` file: ``entra``."""
    log: str
    """The log that it stands in: ``interactive``, ``service_principal``, ``audit``, …"""
    published: datetime
    """When the vendor says that it happened, UTC."""
    id: str | None = None
    original_id: str | None = None
    """The id of the request that began the sequence, where the form has it."""
    correlation_id: str | None = None
    other_correlation_id: str | None = None
    """A second one: that of the envelope, or the client's request id."""
    account: str | None = None
    """The login of the account that signed in; for an audit record that of its first target."""
    account_id: str | None = None
    principal: str | None = None
    """The name of the service principal or integration user."""
    principal_id: str | None = None
    app: str | None = None
    """The application, as the vendor has it, that asked."""
    app_id: str | None = None
    tenant: str | None = None
    result: Result | None = None
    code: str | None = None
    """What went wrong, as the kit's failures name it: ``AADSTS50126``."""
    reason: str | None = None
    """The same in the vendor's words."""
    address: str | None = None
    policies: list[str] | None = None
    """The policies that refused, by name; None where the form lists none."""
    policy_ids: list[str] | None = None
    attempts: int = 1
    """How many attempts a collapsed row counts."""
    activity: str | None = None
    """Of an audit record, what was done."""
    actor: str | None = None
    """By whom: a login, or else an app's name."""
    targets: list[str] | None = None
    """On what: logins or names."""
    target_ids: list[str] | None = None
    """On what: ids, logins and names, lower case, to be compared."""


def content_id(record: Record) -> str:
    """An id for a record that has none: the same from every form that says the same of it."""
    parts = (
        record.vendor,
        record.log if record.log in {"audit", "graph_activity"} else "sign_in",
        record.published.strftime("%Y-%m-%dT%H:%M:%S"),
        record.correlation_id,
        (record.account or record.principal_id or record.principal or "").lower(),
        record.app_id or (record.app or "").lower(),
        record.code or record.result,
        record.address,
        (record.activity or "").casefold(),
        *sorted(record.target_ids or ()),
    )
    text = "\x1f".join(part or "" for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
