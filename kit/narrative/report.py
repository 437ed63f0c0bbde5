"""What every report shows: its window, its coverage, its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import show, words
from kit.catalogue import load
from kit.engine import Log, open_log
from kit.lake.coverage import Window
from kit.reports.summary import publish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.lake.coverage import Coverage

__all__ = ["NotebookReport"]


class NotebookReport:
    """A source opened on a window, with what all reports say of it."""

    def __init__(self, source: str, since: str, until: str) -> None:
        self.log: Log = open_log(
            [part.strip() for part in source.split(",")], since=since or None, until=until or None
        )
        self.window: Window = self.log.window(since or None, until or None)
        self.coverage: Coverage = self.log.coverage(self.window)

    def _facts(self, **more: object) -> None:
        put_aside = len(self.log.put_aside)
        show.facts(
            {
                "Window": words.span(self.window),
                "Source": f"{self.log.source}: {words.count(self.log.count, 'event')}",
                "Coverage": words.covered(self.coverage, put_aside),
                **({"Orgs": _orgs(self.log)} if self.log.orgs else {}),
                **more,
            }
        )

    def _no_failures(self, what: str) -> str:
        """Say that nothing failed, and only as far as the source reaches."""
        if self.coverage.complete:
            return f"No {what} between {words.span(self.window).replace(' to ', ' and ')}."
        return (
            f"No {what} in the part of the window that the source holds. The rest is missing, "
            "so this is not an all-clear."
        )

    def _next(self, steps: Sequence[tuple[str, dict[str, str], str]]) -> None:
        """Say which notebook to open next, with the parameters to use.

        Args:
            steps: a notebook's name, its parameters beside source and window, and what for.
        """
        base = {"source": self.log.source, **self.window.as_text()}
        rows = [
            {
                "notebook": name,
                "what for": why,
                "parameters": ", ".join(f'{k}="{v}"' for k, v in {**base, **more}.items()),
            }
            for name, more, why in steps
        ]
        show.table(
            pd.DataFrame(rows, columns=["notebook", "what for", "parameters"]),
            caption="Open next, with these parameters",
            empty="nothing failed, so there is nothing to look into.",
        )

    def _publish(self, headline: str, results: dict[str, Any]) -> None:
        publish(
            {
                "window": self.window.as_text(),
                "source": self.log.source,
                "coverage": self.coverage.as_dict(),
                "catalogue_version": load().version,
                "headline": headline,
                "results": results,
            }
        )


def _orgs(log: Log) -> str:
    """How many orgs the log is of, and which could not be read."""
    said = words.count(len(log.orgs), "org")
    return f"{said}; could not be read: {words.join(list(log.unread))}" if log.unread else said
