"""A notice of a report, through whatever service an apprise URL names.

Source of the URLs: https://github.com/caronc/apprise/wiki
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.base.object_store import is_store
from kit.base.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kit.reports.run import Report

__all__ = ["notify_failure", "notify_report", "urls"]

_SUBJECT = 160
"""Characters of a subject; longer ones are cut by some services in the middle of a word."""


def urls(option_urls: Sequence[str]) -> list[str]:
    """The URLs of ``--notify``, and those of ``$OKTA_KIT_NOTIFY``, with spaces between."""
    return [*option_urls, *os.environ.get("OKTA_KIT_NOTIFY", "").split()]


def notify_report(
    report: Report, page: str, to: Sequence[str], when: str, on_note: Callable[[str], None]
) -> None:
    """Send a notice of a report that was made, where it is due.

    Args:
        report: the report; its page is attached.
        page: where it is kept, a path or an address.
        to: apprise URLs.
        when: ``change``, ``always`` or ``failure``: on which good reports, besides failed ones.
        on_note: is called with a line about each notice that could not be delivered.
    """
    name = str(report.facts["notebook"]).replace("_", " ")
    failed, changes = report.status == "failed", report.changes
    changed = changes is not None and (bool(changes.groups) or not changes.compared)
    if not failed and (when == "failure" or (when == "change" and not changed)):
        return
    lines = [f"Report: {name}", f"Page: {page if is_store(page) else Path(page).resolve()}"]
    window = report.facts["window"] or {}
    if window.get("since") and window.get("until"):
        lines.insert(1, f"Window: {window['since']} to {window['until']}")
    if changes is not None:
        lines += ["", *changes.remarks]
        for group, group_lines in changes.groups:
            lines += [f"{group}:", *(f"- {clean(line)}" for line in group_lines)]
    subject = f"Failed: {name}: {report.error}" if failed else report.headline or f"{name}: done"
    _send(to, subject, lines, report.page, on_note, failed=failed)


def notify_failure(
    name: str, error: str, to: Sequence[str], on_note: Callable[[str], None]
) -> None:
    """Send a notice of a run that did not come so far as to be a report."""
    _send(to, f"Failed: {name.replace('_', ' ')}: {error}", [error], None, on_note, failed=True)


def _send(
    to: Sequence[str],
    subject: str,
    lines: Sequence[str],
    page: Path | None,
    on_note: Callable[[str], None],
    *,
    failed: bool,
) -> None:
    if not to:
        return
    try:
        import apprise
    except ImportError:
        on_note("no notice was sent: apprise is not installed. Run: pip install 'okta-kit[notify]'")
        return
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it writes whole URLs, secrets too
    subject = clean(subject)
    subject = subject if len(subject) <= _SUBJECT else subject[: _SUBJECT - 1] + "…"
    message: dict[str, Any] = {
        "title": subject,
        "body": "\n".join(lines),
        "body_format": "text",
        "notify_type": apprise.NotifyType.FAILURE if failed else apprise.NotifyType.INFO,
    }
    for number, url in enumerate(to, start=1):
        one = apprise.Apprise.instantiate(url)
        if one is None:
            on_note(f"notice {number} of {len(to)} was not sent: it is no URL that apprise knows.")
            continue
        service = apprise.Apprise()
        service.add(one)
        # A page that a service does not take stops its whole message.
        attached: dict[str, Any] = {"attach": str(page)} if page is not None else {}
        if not service.notify(**message, **attached) and not service.notify(**message):
            where = f"{one.secure_protocol or one.protocol}://{getattr(one, 'host', '') or '…'}"
            on_note(f"notice {number} of {len(to)} could not be delivered to {clean(where)}.")
