"""How many requests may be made: a share of what the org allows, so that others get theirs.

Okta counts requests in windows of a minute, and says with each answer how many there are in
one, how many are left, and when the next begins: ``X-Rate-Limit-Limit``, ``-Remaining`` and
``-Reset`` (seconds since 1970 on Okta's clock, which ``Date`` tells).
https://developer.okta.com/docs/reference/rl-best-practices/
"""

from __future__ import annotations

import asyncio
import math
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["MAX_WAIT_S", "RateLimiter", "server_time"]

WINDOW = 60.0
"""Seconds of a window."""

MAX_WAIT_S = 120.0
"""Seconds: a longer wait than two windows is not believed."""

_RESERVE = 0.2
"""Of what is the others', the part that is left over in any window for their bursts."""


def server_time(headers: Mapping[str, str]) -> float | None:
    """What Okta's clock showed, in seconds since 1970; None where the answer does not say."""
    try:
        return parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return None


class RateLimiter:
    """What may be asked of one kind of resource, shared by all who ask at the same time."""

    def __init__(self, share: float, on_wait: Callable[[float], None] | None = None) -> None:
        """Begin without knowing the limit: the first answer says it.

        Args:
            share: the part of the org's limit that may be taken, over 0 up to 1.
            on_wait: is called with the seconds of each wait.
        """
        self.share = share
        self.limit: int | None = None
        """Requests in a window that the org allows, once it said so."""
        self.requests = 0
        self._on_wait = on_wait
        self._asked = 0
        """Requests made in this window."""
        self._remaining: int | None = None
        self._ends: float | None = None
        """When this window ends, on the monotonic clock; a guess until an answer says it."""
        self._guessed = True
        self._ahead = -math.inf
        """How far Okta's clock is ahead of the monotonic one, at least."""
        self._turn = asyncio.Lock()

    @property
    def allowed(self) -> int | None:
        """Requests that may be made in a window, at least one; None while it is unknown."""
        return None if self.limit is None else max(1, int(self.limit * self.share))

    async def take(self) -> None:
        """Wait until a request may be made, and count it."""
        async with self._turn:
            while (wait := self._wait(time.monotonic())) > 0:
                if self._on_wait:
                    self._on_wait(wait)
                await asyncio.sleep(wait)
            self._asked += 1
            self.requests += 1

    def _wait(self, now: float) -> float:
        if self._ends is None or now >= self._ends:
            self._asked, self._remaining = 0, None
            self._ends, self._guessed = now + WINDOW, True
        if self.limit is None or self.allowed is None:
            return 0.0
        reserve = int(self.limit * (1 - self.share) * _RESERVE)
        starving = self._remaining is not None and self._remaining <= reserve
        return self._ends - now if starving or self._asked >= self.allowed else 0.0

    def learn(self, headers: Mapping[str, str]) -> None:
        """Learn from the headers of an answer.

        Args:
            headers: by their names without regard to case.
        """
        now = time.monotonic()
        clock = server_time(headers)
        if clock is not None:
            # Date leaves out the fraction of its second, so the largest difference is nearest.
            self._ahead = max(self._ahead, clock - now)
        limit, remaining, reset = (
            _number(headers, name) for name in ("Limit", "Remaining", "Reset")
        )
        if limit:  # it is 0 where too many requests run at once, which says nothing of a window
            self.limit, self._remaining = int(limit), None if remaining is None else int(remaining)
        if reset and self._ahead > -math.inf:
            ends = min(reset - self._ahead, now + MAX_WAIT_S)
            if ends > now and (self._guessed or self._ends is None or ends < self._ends):
                self._ends, self._guessed = ends, False

    def until_next(self) -> float | None:
        """Seconds until the next window begins; None where no answer said so."""
        if self._guessed or self._ends is None:
            return None
        return max(self._ends - time.monotonic(), 0.0)


def _number(headers: Mapping[str, str], name: str) -> float | None:
    try:
        value = float(headers[f"X-Rate-Limit-{name}"])
    except (KeyError, ValueError):
        return None
    return value if math.isfinite(value) and value >= 0 else None
