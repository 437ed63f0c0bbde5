"""Pages of the live System Log, in its two orders.

*Bounded*, with ``since`` and ``until``: by the time of the events, to a last page without a
``next``; events that arrive late may be missing. *Polling*, without ``until``: in the order in
which events are stored, late ones too; ``next`` never ends, so an empty page is the end for now.
https://developer.okta.com/docs/reference/api/system-log/#bounded-requests
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from kit.base.errors import OktaError
from kit.base.times import iso
from kit.sources.json_stream import JsonStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from kit.base.windows import Window
    from kit.sources.okta.org import Org

__all__ = ["LogPage", "bounded", "polled", "polling_url"]

LIMIT = 1000
"""Events of a page, the most that Okta gives."""

_EMPTY = 20
"""Empty pages in a row after which a bounded read is not believed to end."""

_STALE = 3
"""Pages in a row with events, all of which came before, after which it is not either."""

_THIN = 500
"""Likewise, thin pages: another follows, and they hold under a hundredth of what they may."""

_CAUGHT_UP = 20
"""Thin pages in a row after which a poll has what there is for now: the log grows while it asks."""

_RECENT = 20 * LIMIT
"""Events that show whether one came before."""


@dataclass(frozen=True)
class LogPage:
    """One page of the log."""

    events: list[bytes]
    """Each event's JSON as received."""
    next: str | None
    at: float
    """What Okta's clock showed, seconds since 1970."""
    turns_back: bool = False
    """Whether the next page was asked for already."""
    caught_up: bool = False
    """Whether a poll has all that there is for now."""

    @property
    def thin(self) -> bool:
        """Whether it holds next to nothing, and another one follows."""
        return self.next is not None and len(self.events) * 100 < LIMIT


def bounded_url(window: Window) -> str:
    """The path of the first page of a window, oldest events first."""
    return _path(since=iso(window.since), until=iso(window.until))


def polling_url(since: datetime) -> str:
    """The path of the first page of all that is stored from a moment on."""
    return _path(since=iso(since))


def _path(**query: str) -> str:
    return "/api/v1/logs?" + urlencode({**query, "sortOrder": "ASCENDING", "limit": LIMIT})


async def bounded(org: Org, window: Window) -> AsyncIterator[LogPage]:
    """Read a window to its end; an empty page on the way is none.

    Args:
        org: the org.
        window: the window.

    Yields:
        Pages, the last one without a next.

    Raises:
        OktaError: Okta refused or could not be reached, or its pages do not end; what came
            before is handed on.
    """
    empty = thin = 0
    async for page in _pages(org, bounded_url(window)):
        yield page
        empty = 0 if page.events else empty + 1
        thin = thin + 1 if page.thin else 0
        if thin == _THIN:
            raise _endless(org, f"{_THIN} pages in a row of a few events each")
        if empty == _EMPTY and page.next:
            raise _endless(org, f"{_EMPTY} empty pages in a row")
        # An empty page may name itself as the next: nothing came, so the place is the same.
        if page.events and page.turns_back:
            raise _endless(org, "a page twice")


async def polled(org: Org, url: str) -> AsyncIterator[LogPage]:
    """Read what was stored since a cursor, until there is no more for now.

    Args:
        org: the org.
        url: the cursor: ``polling_url``, or the ``next`` of the last page read.

    Yields:
        Pages; the last one is empty or ``caught_up``.

    Raises:
        OktaError: Okta refused or could not be reached, or its pages go round in a circle.
    """
    empty = thin = 0
    async for page in _pages(org, url):
        empty = 0 if page.events else empty + 1
        thin = thin + 1 if page.thin else 0
        yield replace(page, caught_up=not page.events or thin == _CAUGHT_UP)
        if page.events and page.turns_back:
            raise _endless(org, "a page twice")
        # An empty page with a cursor of its own may have been one on the way.
        if page.turns_back or empty == 2 or thin == _CAUGHT_UP:
            return


async def _pages(org: Org, url: str) -> AsyncIterator[LogPage]:
    """Follow ``next`` from page to page, verbatim."""
    seen_urls: set[str] = set()
    news = _News()
    following: str | None = url
    while following is not None:
        seen_urls.add(following)
        reply = await org.get(following)
        events = _events(reply.body)
        if events is None:
            raise OktaError(
                f"{org.settings.host}: answered with an object where a list of events was due."
            )
        if events and (why := news.missing_in(reply.body, events)):
            raise _endless(org, why)
        yield LogPage(events, reply.next, reply.at, turns_back=reply.next in seen_urls)
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


class _News:
    """Whether a log's pages still bring something new."""

    def __init__(self) -> None:
        self._pages: set[bytes] = set()
        self._events: dict[int, None] = {}
        self._stale = 0

    def missing_in(self, body: bytes, events: list[bytes]) -> str:
        """Look at the next page; why no further one is to be asked for, empty if there may be."""
        mark = hashlib.blake2b(body, digest_size=16).digest()
        if mark in self._pages:
            return "a page twice"
        self._pages.add(mark)
        marks = [hash(match[1] if (match := _UUID.search(one)) else one) for one in events]
        fresh = [mark for mark in marks if mark not in self._events]
        self._events.update(dict.fromkeys(fresh))
        while len(self._events) > _RECENT:
            del self._events[next(iter(self._events))]
        self._stale = 0 if fresh else self._stale + 1
        return f"{_STALE} pages in a row without a new event" if self._stale == _STALE else ""


_UUID = re.compile(rb'"uuid"\s*:\s*"([^"]+)"')


def _endless(org: Org, why: str) -> OktaError:
    return OktaError(
        f"{org.settings.host}: its pages go round in a circle or do not end ({why}); not read on. "
        "What came before is kept. Try again later."
    )
