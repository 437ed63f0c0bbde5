"""Answers that many questions build on are worked out once, and kept until the lake changes.

Folding ten million events into failures takes seconds, and every report begins with it. A
lake's files never change, so an answer holds for as long as the lake consists of the same
files: it is kept beside them in ``_kept/``, named after the question and the files. It can be
deleted at any time, and a lake that cannot be written is asked anew each time.
"""

from __future__ import annotations

import hashlib
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import duckdb
import ibis

from kit.lake.files import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import ibis.expr.types as ir

__all__ = ["Answers"]


class Answers:
    """The answers of one opened source."""

    def __init__(self, backend: Any, lake: Path | None = None) -> None:
        """Begin without any.

        Args:
            backend: the Ibis backend that the questions are put to.
            lake: the folder of a lake that outlives this process; answers are kept there.
        """
        self._backend = backend
        self._lake = lake
        self._known: dict[str, ir.Table] = {}

    def once(self, name: str, question: Callable[[], ir.Table]) -> ir.Table:
        """Answer a question at its first call, and give the same answer at the next ones.

        Args:
            name: what the answer is kept as.
            question: gives the expression.

        Returns:
            The answer as a table. A lake that grows meanwhile does not change it.
        """
        if name not in self._known:
            self._known[name] = (
                self._kept(name, question()) if self._lake else self._asked(name, question())
            )
        return self._known[name]

    def _asked(self, name: str, question: ir.Table) -> ir.Table:
        answer: ir.Table = self._backend.create_table(name, question, temp=True)
        return answer

    def _kept(self, name: str, question: ir.Table) -> ir.Table:
        """The answer from the lake if it was asked before, else from the events."""
        assert self._lake
        stamp = self._stamp(question)
        place = self._lake / "_kept" / f"{name}-{stamp}.parquet"
        if place.exists():
            # Copied, so that it stays when the lake grows and the file goes.
            with suppress(duckdb.Error, OSError):
                return self._asked(name, self._backend.read_parquet(place))
        answer = self._asked(name, question)
        if stamp == self._stamp(question):  # no file came or went while it was worked out
            with suppress(duckdb.Error, OSError):
                self._keep(answer, place)
        return answer

    def _stamp(self, question: ir.Table) -> str:
        """Tells one question to one set of event files from any other."""
        assert self._lake
        files = sorted(str(path.relative_to(self._lake)) for path in self._lake.glob(EVENTS))
        return hashlib.sha256("\n".join([ibis.to_sql(question), *files]).encode()).hexdigest()[:24]

    def _keep(self, answer: ir.Table, place: Path) -> None:
        place.parent.mkdir(exist_ok=True)
        fresh = place.with_name(f".{uuid.uuid4().hex}")
        try:
            self._backend.to_parquet(answer, fresh, compression="zstd")
            fresh.replace(place)
        finally:
            fresh.unlink(missing_ok=True)
        for other in place.parent.glob(f"{place.name.rpartition('-')[0]}-*.parquet"):
            if other != place:
                other.unlink(missing_ok=True)
