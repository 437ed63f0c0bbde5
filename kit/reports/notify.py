"""A notice of a report, through whatever service an apprise URL names.

Source of the URLs: https://github.com/caronc/apprise/wiki
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.base.object_store import is_store
from kit.base.text import clean
from kit.display.zone import current_zone, reading_in, zone_of
from kit.reports.changes import iso_in_words
from kit.reports.incident_changes import CONDITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kit.reports.run import Report

__all__ = ["Notice", "notice_of", "notify_failure", "notify_report", "urls"]

_SUBJECT = 160
"""Characters of a subject; longer ones are cut by some services in the middle of a word."""


def urls(option_urls: Sequence[str]) -> list[str]:
    """The URLs of ``--notify``, and those of ``$OKTA_KIT_NOTIFY``, with spaces between."""
    return [*option_urls, *os.environ.get("OKTA_KIT_NOTIFY", "").split()]


@dataclass(frozen=True)
class Notice:
    """What a notice says."""

    title: str
    lines: tuple[str, ...]

    def text(self) -> str:
        """The notice as it is shown before it is sent."""
        return "\n".join([self.title, "", *self.lines])


def notice_of(report: Report, page: str, when: str) -> Notice | None:
    """Write the notice of a report that was made.

    It speaks of incidents: what opened, grew, was fixed or over, or came back, and of leavers
    whose access is left. Noise and what is muted are no change.

    Args:
        report: the report.
        page: where it is kept, a path or an address.
        when: ``change``, ``always`` or ``failure``: on which good reports, besides failed ones.

    Returns:
        The notice; None where none is due.
    """
    name = str(report.facts["notebook"]).replace("_", " ")
    failed, changes = report.status == "failed", report.changes
    changed = changes is not None and bool(changes.incidents or not changes.compared)
    if not failed and (when == "failure" or (when == "change" and not changed)):
        return None
    owner = report.facts.get("owner") or {}
    lines = [f"For: {owner['name']}"] if owner else []
    lines += [f"Report: {name}", f"Page: {page if is_store(page) else Path(page).resolve()}"]
    window = report.facts["window"] or {}
    if window.get("since") and window.get("until"):
        lines.insert(len(lines) - 1, f"Window: {_window_in_words(report.facts)}")
    if changes is not None:
        lines.append(f"Condition: {CONDITIONS.get(report.facts['condition'], 'Cannot tell')}")
        lines += ["", *changes.remarks]
        lines += [f"- {clean(line)}" for line in changes.incidents]
        if changes.compared and not changes.incidents:
            lines.append("No incident changed.")
    subject = f"Failed: {name}: {report.error}" if failed else report.headline or f"{name}: done"
    if not failed and changes is not None and changes.incidents:
        # The headline may be of what has long been known.
        more = len(changes.incidents) - 1
        rest = f", and {more:,} more" if more else ""
        condition = CONDITIONS.get(report.facts["condition"], "Cannot tell")
        subject = f"{condition}: {changes.incidents[0]}{rest}"
    return Notice(_subject(subject), tuple(lines))


def _window_in_words(facts: Mapping[str, Any]) -> str:
    """The window's ends as the summary has them, or in the zone that the run asked for."""
    ends = [facts["window"][name] for name in ("since", "until")]
    with reading_in(zone_of(facts)):
        return " to ".join(ends if current_zone() is None else map(iso_in_words, ends))


def notify_report(
    report: Report, notice: Notice, to: Sequence[str], on_note: Callable[[str], None]
) -> None:
    """Send a notice of a report that was made.

    Args:
        report: the report; its page is attached.
        notice: what is sent.
        to: apprise URLs.
        on_note: is called with a line about each notice that could not be delivered.
    """
    failed = report.status == "failed"
    _send(to, notice.title, notice.lines, report.page, on_note, failed=failed)


def notify_failure(
    name: str, error: str, to: Sequence[str], on_note: Callable[[str], None]
) -> None:
    """Send a notice of a run that did not come so far as to be a report."""
    _send(to, f"Failed: {name.replace('_', ' ')}: {error}", [error], None, on_note, failed=True)


def _subject(text: str) -> str:
    text = clean(text)
    return text if len(text) <= _SUBJECT else text[: _SUBJECT - 1] + "…"


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
    message: dict[str, Any] = {
        "title": _subject(subject),
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
