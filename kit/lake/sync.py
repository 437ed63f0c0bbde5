"""A lake brought up to date from the live org, while somebody watches."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING

from kit.base.progress import listener
from kit.base.times import parse_time
from kit.base.windows import TICK
from kit.display.phrases import count
from kit.lake.pull import PullResult, pull
from kit.sources.okta import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from kit.lake import Lake

__all__ = ["bring_up_to_date"]

_BETWEEN = 0.3
"""Seconds between two lines to a listener."""

_STOPPED = "stopped: what was read is kept. Run the cell again, and the pull goes on from there."


def bring_up_to_date(
    lake: Lake,
    since: str | None = None,
    until: str | None = None,
    *,
    share: float = 0.5,
    on_retry: Callable[[str], None] | None = None,
) -> PullResult:
    """Pull from the org that the settings name, with a progress bar where it can be seen.

    Args:
        lake: the lake; made if missing.
        since: ``7d`` before *until*, a date or an ISO time, UTC; where the last pull began,
            or 90 days back, if left out.
        until: likewise, before now; without it the pull goes on to now.
        share: the part of the org's rate limit that may be taken.
        on_retry: is called with a line about each fault that is tried again.

    Returns:
        What came of it.

    Raises:
        UsageError: a setting or a time is wrong.
        OktaError: Okta refused, or could not be reached.
        SourceError, DiskFull: the lake cannot be written.
        KeyboardInterrupt: it was stopped; the next pull goes on from there.
    """
    settings = read_settings()

    def end(now: datetime) -> datetime:
        return min(parse_time("until", until, now), now) if until else now

    def start(now: datetime) -> datetime:
        return min(parse_time("since", since or "90d", end(now)), end(now) - TICK)

    try:
        with _progress() as on_progress:
            return pull(
                lake,
                settings,
                since=start if since else None,
                until=end if until else None,
                share=share,
                on_progress=on_progress,
                on_retry=on_retry,
            )
    except KeyboardInterrupt as interrupt:
        # In a notebook, one line in the place of a traceback; IPython asks for it.
        interrupt._render_traceback_ = lambda: [_STOPPED]  # type: ignore[attr-defined]
        raise


def _progress() -> AbstractContextManager[Callable[[PullResult], None]]:
    """The callback that hears how far a pull is."""
    say = listener()
    return _bar() if say is None else nullcontext(_in_words(say))


def _in_words(say: Callable[[str], None]) -> Callable[[PullResult], None]:
    """A line in words, a few times a second at most."""
    last = 0.0

    def on_progress(state: PullResult) -> None:
        nonlocal last
        if (now := monotonic()) - last >= _BETWEEN:
            last = now
            days = f"{state.windows_done} of {count(max(state.windows, 1), 'day')}"
            say(f"Pulling from the org: {days}, {count(state.read, 'event')}, now {state.now[:40]}")

    return on_progress


@contextmanager
def _bar() -> Iterator[Callable[[PullResult], None]]:
    """A progress line on a terminal or in a notebook, and nothing elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:.0f}/{task.total:.0f} days"),
        TextColumn("{task.fields[read]:,} events, {task.fields[pages]:,} pages"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not (console.is_terminal or console.is_jupyter),
    ) as bar:
        task = bar.add_task("signing in", total=1, read=0, pages=0, rate=0.0)

        def on_progress(state: PullResult) -> None:
            elapsed = bar.tasks[0].elapsed or 1.0
            bar.update(
                task,
                description=state.now[:40],
                completed=state.windows_done,
                total=max(state.windows, 1),
                read=state.read,
                pages=state.pages,
                rate=state.read / elapsed,
            )

        yield on_progress
