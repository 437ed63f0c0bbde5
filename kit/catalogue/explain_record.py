"""A vendor's own record, explained: its log, what it says, and what its code means."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kit.base.times import iso
from kit.catalogue import load
from kit.catalogue.explain import Explanation, answer_of
from kit.messages import Message
from kit.vendors.forms import audit_logs, title_of

if TYPE_CHECKING:
    from kit.vendors import Record

__all__ = ["explain_record"]

_RESULT = {
    "success": "This sign-in worked",
    "failure": "This sign-in was refused",
    "interrupted": "More was asked for than this sign-in brought",
}


def explain_record(record: Record) -> Explanation:
    """Say what a vendor's record is, and what its code means.

    Args:
        record: the record.

    Returns:
        What it says; where it has a code, also what the catalogue says of it. The note tells the
        log, the result, who or what, from where, and the policies that refused.
    """
    if record.log in audit_logs():
        return _of_change(record)
    call = record.log == "graph_activity"
    message = Message(
        text=record.reason or "",
        vendor_message=record.reason,
        trace_id=None if call else record.id,
        correlation_id=record.correlation_id or record.other_correlation_id,
        request_id=record.id if call else None,
    )
    operation = "call" if call else "sign-in"
    if record.code:
        answer = answer_of(load(), record.code, message, record.code)
    else:
        answer = Explanation(
            vendor_message=record.reason,
            trace_id=message.trace_id,
            correlation_id=message.correlation_id,
            request_id=message.request_id,
        )
    return replace(
        answer,
        operation=operation,
        user=record.account or record.principal or record.account_id or record.principal_id,
        app=record.app or record.app_id,
        timestamp=iso(record.published),
        note=f"{_where(record)} {_call(record) if call else _sign_in(record)}",
    )


def _where(record: Record) -> str:
    title = title_of(record.vendor, record.log).removeprefix("the ")
    return f"A record of {title_of(record.vendor)}: {title}."


def _sign_in(record: Record) -> str:
    text = _RESULT.get(record.result or "", "It does not say whether this sign-in worked")
    text += f", from {record.address}" if record.address else ""
    if record.policies:
        text += f". Refused by the conditional access policies {', '.join(record.policies)}"
    if record.attempts > 1:
        text += f". The row counts {record.attempts:,} sign-ins"
    return f"{text}."


def _call(record: Record) -> str:
    text = {"success": "It succeeded", "failure": "It failed"}.get(record.result or "", "A call")
    text += f": {record.activity}" if record.activity else ""
    text += f", {record.reason}" if record.reason else ""
    return f"{text}."


def _of_change(record: Record) -> Explanation:
    on = f" on {', '.join(record.targets)}" if record.targets else ""
    by = f" by {record.actor}" if record.actor else ""
    how = "" if record.result != "failure" else "; it failed"
    how += f": {record.reason}" if how and record.reason else ""
    return Explanation(
        operation=record.activity,
        user=record.actor,
        correlation_id=record.correlation_id,
        request_id=record.id,
        timestamp=iso(record.published),
        note=f"{_where(record)} {record.activity}{on}{by}{how}.",
    )
