"""Answers that a cluster worked out, copied to DuckDB here, so that it is asked less often.

What many questions build on (the failures of a log, its successes by hour) is small beside the
events. A cluster takes seconds for each step of a question, however small the table; so such an
answer is fetched once, and what asks nothing else is answered in this process. What reads events
is the cluster's, and so is all that builds on an answer too large to fetch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import pyarrow as pa

from kit.log.duckdb import connect_duckdb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import ibis.expr.types as ir

__all__ = ["LocalCopies"]

MAX_ROWS = 3_000_000
"""Rows of an answer that is copied, at most: some 1 GB of failures."""

_UNTRANSLATABLE = (ops.ScalarUDF, ops.SQLQueryResult, ops.SQLStringView)
"""What is written in an engine's own words."""


class LocalCopies:
    """The answers that a backend holds on its cluster, as tables of DuckDB's."""

    def __init__(
        self, folder: Path, fetch: Callable[[str, int], Iterator[pa.Table] | None]
    ) -> None:
        """Begin without any.

        Args:
            folder: for what memory does not hold; it must outlive the last question.
            fetch: gives an answer's rows by its name, in parts; None if they are more than so many.
        """
        self._folder = folder
        self._fetch = fetch
        self._questions: dict[str, ir.Table | pa.Table] = {}
        self._copied: dict[str, bool] = {}
        self._duckdb: Any = None

    def add(self, name: str, question: ir.Table | pa.Table) -> None:
        """Tell of an answer; it is copied when it is first asked for.

        Args:
            name: what the cluster calls it.
            question: what it is the answer to, or its rows.
        """
        self._questions[name] = question

    def answer(self, question: ir.Expr) -> Any:
        """Answer a question here.

        Args:
            question: an expression on the cluster's tables.

        Returns:
            The answer as Arrow has it; None if the question is the cluster's.
        """
        local = self._here(question)
        return None if local is None else self._backend.to_pyarrow(local)

    @property
    def _backend(self) -> Any:
        if self._duckdb is None:
            self._duckdb = connect_duckdb(temp_directory=str(self._folder / "spill"))
        return self._duckdb

    def _here(self, question: ir.Expr) -> Any:
        """The question as DuckDB is asked; None if something that it reads is not here."""
        node = question.op()
        tables = node.find(ops.DatabaseTable)
        if (
            not tables
            or node.find(_UNTRANSLATABLE)
            or not all(one.name in self._questions for one in tables)
            or not all(self._copy(one) for one in tables)
        ):
            return None
        here = {one: ops.DatabaseTable(one.name, one.schema, self._backend) for one in tables}
        return node.replace(here).to_expr()

    def _copy(self, table: ops.DatabaseTable) -> bool:
        """Copy an answer, or work it out from others that are here; whether it is here."""
        name = table.name
        if name not in self._copied:
            self._copied[name] = self._fill(name, self._questions[name])
        return self._copied[name]

    def _fill(self, name: str, question: ir.Table | pa.Table) -> bool:
        if isinstance(question, pa.Table):
            self._backend.create_table(name, question, temp=True)
            return True
        if (local := self._here(question)) is not None:
            self._backend.create_table(name, local, temp=True)
            return True
        parts = self._fetch(name, MAX_ROWS)
        if parts is None:
            return False
        self._backend.create_table(name, schema=question.schema(), temp=True)
        try:
            for part in parts:
                self._backend.con.register("part", part)
                self._backend.con.table("part").insert_into(name)
                self._backend.con.unregister("part")
        except BaseException:  # stopped half-way, it is fetched anew when it is asked for again
            self._backend.raw_sql(f'DROP TABLE "{name}"')
            raise
        return True
