"""The lake is brought up to date from the live org.

What the lake covers is the state of a pull: what lies between and is not covered is read in
bounded windows, the newest first, and each page moves the end of the coverage on. What comes
after that is read by the polling cursor, which alone sees events that arrive late; it is saved
with the events before it. A kill therefore costs a repeat at most, and repeats are left out.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import count, pairwise
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from kit.base.errors import OktaError, UsageError
from kit.base.times import iso, parse_iso
from kit.base.windows import Window, gaps
from kit.lake.files import skipped
from kit.lake.holes import fewest, holes_in
from kit.lake.store import ReceivedPage, add_received
from kit.sources.document import Document
from kit.sources.okta import Org, bounded, polled, polling_url
from kit.sources.okta.running import run_to_end

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from kit.lake.files import Lake
    from kit.sources.okta import LogPage, Settings

__all__ = ["RETENTION", "PullResult", "pull"]

RETENTION = timedelta(days=90)
"""How long Okta keeps its log."""

OVERLAP = timedelta(hours=1)
"""How far before the end of what is held reading begins again: events arrive late."""

_ORG = "org"
"""What the manifest calls the org that was pulled."""
_ONE_DAY = timedelta(days=1)
_HOLES = 50
"""Holes that files left, each of which takes a request; of more, the nearest are read as one."""
_READERS = 4
"""Windows that are read side by side."""
_BATCH, _SECONDS = 4_000, 5.0
"""Events, or seconds since the first of them, after which a batch is written."""
_GIVE_UP = 3
"""Windows that may fail one after the other before the rest is not tried any more."""


@dataclass(slots=True)
class PullResult:
    """What came of a pull, also while it runs."""

    events: int = 0
    repeats: int = 0
    skipped_lines: int = 0
    pages: int = 0
    read: int = 0
    """Events read, repeats among them."""
    windows: int = 0
    """Windows to read, and of them those that are done."""
    windows_done: int = 0
    requests: int = 0
    now: str = ""
    """What is being read or waited for."""
    failed: list[tuple[Window, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A page on its way into the lake."""

    events: list[bytes]
    reach: Window
    """The stretch of time that its events can lie in."""
    covers: Window | None
    state: dict[str, str] | None
    """How far the cursor was followed with it."""


def pull(
    lake: Lake,
    settings: Settings,
    *,
    since: Callable[[datetime], datetime] | None = None,
    until: Callable[[datetime], datetime] | None = None,
    share: float = 0.5,
    on_progress: Callable[[PullResult], None] | None = None,
    on_retry: Callable[[str], None] | None = None,
    backoff_s: float = 1.0,
) -> PullResult:
    """Bring a lake up to date from the live org.

    Args:
        lake: the lake; made if missing.
        settings: where the org is, and how to sign in.
        since: given Okta's time now, the moment to begin with; where the last pull began,
            or 90 days back, if left out.
        until: given Okta's time now, the moment to end at; without it the pull goes on to
            now, and the next one goes on from there.
        share: the part of the org's rate limit that may be taken, over 0 up to 1.
        on_progress: is called whenever something has come of it.
        on_retry: is called with a line about each fault that is tried again.
        backoff_s: seconds before a request is made a second time.

    Returns:
        What came of it.

    Raises:
        OktaError: Okta refused, or could not be reached; what was read until then is kept,
            and what is missing is a gap in the coverage.
        SourceError, DiskFull: the lake cannot be written.
        UsageError: likewise, or it was pulled from another org.
    """
    if lake.exists():
        lake.open()
    before = lake.manifest().get(_ORG, settings.host)
    if before != settings.host:
        # What one org's log covers says nothing of another's, which would then not be read.
        raise UsageError(
            f"{lake.address}: this lake was pulled from {before}, not from {settings.host}. Name a "
            "folder of its own with --lake or $OKTA_KIT_LAKE."
        )
    return run_to_end(
        _Pull(lake, settings, share, on_progress, on_retry, backoff_s).run(since, until)
    )


class _Pull:
    """One pull."""

    def __init__(
        self,
        lake: Lake,
        settings: Settings,
        share: float,
        on_progress: Callable[[PullResult], None] | None,
        on_retry: Callable[[str], None] | None,
        backoff_s: float,
    ) -> None:
        self.lake = lake
        self.settings = settings
        self.done = PullResult()
        self.org = Org(
            settings, share=share, on_wait=self._hears, on_retry=on_retry, backoff_s=backoff_s
        )
        self.pieces: asyncio.Queue[_Piece | None] = asyncio.Queue(_READERS)
        self._on_progress = on_progress or (lambda _: None)
        self._on_retry = on_retry or (lambda _: None)

    def _hears(self, text: str) -> None:
        self.done.now = text
        self._on_progress(self.done)

    async def run(
        self,
        since: Callable[[datetime], datetime] | None,
        until: Callable[[datetime], datetime] | None,
    ) -> PullResult:
        """Read and write side by side."""
        async with self.org:
            reply = await self.org.get("/api/v1/logs?limit=1")
            now = datetime.fromtimestamp(reply.at, UTC)
            start = since(now) if since else None
            work = (
                self._up_to(start, min(until(now), now), now) if until else self._to_now(start, now)
            )
            writing = asyncio.create_task(self._write())
            reading = asyncio.create_task(self._reads(work))
            # A writer that fails must not leave readers waiting for room.
            await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_EXCEPTION)
            if writing.done() and not reading.done():
                reading.cancel()
            ends = await asyncio.gather(writing, reading, return_exceptions=True)
        self.done.requests = sum(limiter.requests for limiter in self.org.limiters.values())
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end
        if self.done.failed:
            raise OktaError(self._failure_text())
        return self.done

    async def _reads(self, work: Coroutine[Any, Any, None]) -> None:
        """Read, and let the writer end, also after a fault.

        Who is cancelled tells it nothing: it is at its end itself, and would take nothing more.
        """
        try:
            await work
        except Exception:
            await self.pieces.put(None)
            raise
        await self.pieces.put(None)

    def _failure_text(self) -> str:
        window, why = min(self.done.failed)
        failed = len(self.done.failed)
        return (
            f"{failed} of {self.done.windows} windows could not be read to the end, the first from "
            f"{iso(window.since)} to {iso(window.until)}: {why} They are gaps in the lake's "
            "coverage; run the same again."
        )

    async def _up_to(self, start: datetime | None, end: datetime, now: datetime) -> None:
        """A bounded pull: what is missing between two moments."""
        await self._windows(max(start or now - RETENTION, now - RETENTION), end)

    async def _to_now(self, start: datetime | None, now: datetime) -> None:
        """Backfill what is missing, then follow the cursor."""
        saved_state: dict[str, str] = self.lake.manifest().get(self._name, {})
        begin = iso(start or now - RETENTION)
        # Saved before all else: what arrives late while windows are read, the cursor sees.
        state = {
            "since": begin,
            "polled": iso(now),
            "cursor": polling_url(now - OVERLAP),
        } | saved_state
        if start:
            state["since"] = min(begin, state["since"])
        await self._save(state)
        floor = max(parse_iso(state["since"]), now - RETENTION)
        await self._windows(floor, parse_iso(state["polled"]))
        try:
            await self._poll(state)
        except OktaError as fault:
            if not saved_state or fault.status not in {400, 404, 410}:
                raise
            self._on_retry("Okta does not know the saved cursor any more; reading by time.")
            since = parse_iso(state["polled"])
            state |= {"polled": iso(now), "cursor": polling_url(now - OVERLAP)}
            await self._save(state)
            await self._windows(max(since, now - RETENTION), now)
            await self._poll(state)

    async def _save(self, state: dict[str, str]) -> None:
        """Save how far the cursor was followed."""
        now = parse_iso(state["polled"])
        await self.pieces.put(_Piece([], Window(now, now), None, state))

    @property
    def _name(self) -> str:
        """What the manifest calls the state of this org's pull."""
        return f"pull {self.settings.host}"

    async def _poll(self, state: dict[str, str]) -> None:
        """Follow the cursor until there is nothing more for now."""
        since = parse_iso(state["polled"])
        self._hears("what is new")
        async for page in polled(self.org, state["cursor"]):
            state = {**state, "cursor": page.next or state["cursor"]}
            until = datetime.fromtimestamp(page.at, UTC)
            reach, covers = Window(min(since, until) - OVERLAP, until), None
            if page.caught_up:
                state["polled"] = iso(until)
                covers = Window(since, until) if since < until else None
            await self._put(page, reach, covers, state)

    async def _windows(self, start: datetime, end: datetime) -> None:
        """Read what is not covered, day by day, the newest first, some days side by side."""
        covered_windows = self._covered_windows()
        lacking = [day for gap in gaps(covered_windows, Window(start, end)) for day in _days(gap)]
        self.done.windows += len(lacking)
        failures = 0

        async def reader() -> None:
            nonlocal failures
            while lacking and failures < _GIVE_UP:
                window = lacking.pop()
                try:
                    await self._window(window, covered_windows)
                    self.done.windows_done += 1
                    failures = 0
                except OktaError as fault:
                    self.done.failed.append((window, str(fault)))
                    failures += _GIVE_UP if fault.status in {401, 403} else 1

        if start < end:
            await asyncio.gather(*(reader() for _ in range(_READERS)))
        if failures >= _GIVE_UP:
            raise OktaError(self._failure_text())

    def _covered_windows(self) -> list[Window]:
        """What is covered, but for holes that files left: the org may still have what is in them.

        What the org itself sent and nobody can read, is not asked for again.
        """
        covered_windows = self.lake.covered_windows()
        of_files = (h for h in holes_in(self.lake.manifest()) if h.file != self.settings.host)
        hole_windows = [hole.window for hole in fewest(of_files, _HOLES)]
        return [w for one in covered_windows for w in gaps(hole_windows, one)]

    async def _window(self, window: Window, covered_windows: list[Window]) -> None:
        """Read a window; each page moves the end of what is covered on."""
        self._hears(f"{window.since:%Y-%m-%d}")
        follows = any(one.until == window.since for one in covered_windows)
        request_window = Window(window.since - OVERLAP, window.until) if follows else window
        reach_start, since = request_window.since, window.since
        async for page in bounded(self.org, request_window):
            at = window.until if page.next is None else _reached(page)
            covers = Window(since, at) if at and at > since else None
            await self._put(page, Window(reach_start, window.until), covers)
            reach_start, since = at or reach_start, max(at or since, since)

    async def _put(
        self,
        page: LogPage,
        reach: Window,
        covers: Window | None,
        state: dict[str, str] | None = None,
    ) -> None:
        self.done.pages += 1
        self.done.read += len(page.events)
        self._on_progress(self.done)
        await self.pieces.put(_Piece(page.events, reach, covers, state))

    async def _write(self) -> None:
        """Write what was read in batches, each in one step with what it covers."""
        is_last, getting = False, asyncio.ensure_future(self.pieces.get())
        while not is_last:
            batch: list[_Piece] = []
            due = 0.0
            while sum(len(piece.events) for piece in batch) < _BATCH:
                wait_s = max(due - monotonic(), 0.0) if batch else None
                await asyncio.wait({getting}, timeout=wait_s)
                if not getting.done():
                    break
                if (piece := getting.result()) is None:
                    is_last = True
                    break
                due = due or monotonic() + _SECONDS
                batch.append(piece)
                getting = asyncio.ensure_future(self.pieces.get())
            if batch:
                await asyncio.to_thread(self._add, batch)
                self._on_progress(self.done)

    def _add(self, batch: list[_Piece]) -> None:
        place = self.settings.host
        numbers = count(1)
        pages = [
            ReceivedPage(
                [Document(place, next(numbers), event) for event in piece.events],
                piece.reach,
                piece.covers,
            )
            for piece in batch
        ]
        states = [piece.state for piece in batch if piece.state]
        facts = {_ORG: place} | ({self._name: states[-1]} if states else {})
        result = add_received(self.lake, place, pages, facts)
        self.done.events += result.events
        self.done.repeats += result.repeats
        self.done.skipped_lines += skipped(result.skipped_lines)


class _Published(msgspec.Struct):
    published: datetime


_published = msgspec.json.Decoder(_Published)


def _reached(page: LogPage) -> datetime | None:
    """The time of a page's last event, if the page is in the order of time.

    All before it was on this page or on one before; more events of the same moment may follow.
    """
    try:
        times = [_published.decode(event).published.astimezone(UTC) for event in page.events]
    except (msgspec.DecodeError, ValueError, OverflowError):
        return None
    in_order = all(first <= second for first, second in pairwise(times))
    return times[-1] if times and in_order else None


def _days(gap: Window) -> list[Window]:
    """A gap cut at midnight UTC."""
    cuts = [gap.since]
    while (cut := datetime.combine(cuts[-1].date() + _ONE_DAY, time(), UTC)) < gap.until:
        cuts.append(cut)
    return [Window(*pair) for pair in pairwise([*cuts, gap.until])]
