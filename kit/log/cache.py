"""Answers that many questions build on are worked out once, and grow with the lake.

Folding ten million events into failures takes seconds, and every report begins with it. A
lake's files never change, so an answer holds for as long as the lake consists of the same
files: it is kept beside them in ``_kept/``, with the names of the files that it speaks of. Where
files were only added since, an answer that says how to grow reads these alone. What is kept can
be deleted at any time, and a lake that cannot be written is asked again each time. In an object
store it lies beside the lake as well: who reads it on another machine has it, too.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec

from kit.base.errors import KitError
from kit.base.tempdirs import temporary_folder
from kit.catalogue import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import ibis.expr.types as ir
    import pandas as pd

    from kit.lake import Lake

__all__ = ["ResultCache"]


class _Record(msgspec.Struct):
    """What a kept answer speaks of."""

    question: str
    files: list[str]
    answer: str
    """The answer's file."""


class ResultCache:
    """The answers of one opened source."""

    def __init__(
        self,
        backend: Any,
        lake: Lake | None = None,
        files: Callable[[], list[str]] = list,
        read: Callable[[Sequence[str]], ir.Table] | None = None,
        *,
        prefix: str = "",
    ) -> None:
        """Begin without any.

        Args:
            backend: the Ibis backend that the questions are put to.
            lake: a lake that outlives this process; answers are kept there.
            files: gives the names of the files that a question reads now.
            read: opens some of these files as a table of events.
            prefix: begins the names of its tables, where the backend answers others as well.
        """
        self.backend = backend
        self._prefix = prefix
        self._lake = lake
        self._files = files
        self._read = read
        self._answers: dict[str, ir.Table] = {}
        self._views: dict[str, ir.Table] = {}

    def once(
        self,
        name: str,
        question: Callable[[], ir.Table],
        extend: Callable[[ir.Table, ir.Table], ir.Table] | None = None,
    ) -> ir.Table:
        """Answer a question at its first call, and give the same answer at the next ones.

        Args:
            name: what the answer is kept as.
            question: gives the expression.
            extend: given the answer to some of the lake's events and a table of the others,
                gives the answer to all.

        Returns:
            The answer as a table. A lake that grows in the meantime does not change it.
        """
        if name not in self._answers:
            if self._lake:
                self._answers[name] = self._from_lake(self._lake, name, question, extend)
            else:
                self._answers[name] = self.store(name, question())
        return self._answers[name]

    def view(self, name: str, question: Callable[[], ir.Table], *, hold: bool = False) -> ir.Table:
        """Name what many questions begin with, so that it is compiled once, not with each.

        Nothing is worked out: a question still reads only the days that it asks for.

        Args:
            name: what it is called.
            question: gives the expression.
            hold: work it out nevertheless, and hold its rows while the log is open; for few rows.

        Returns:
            A table that stands for the expression.
        """
        if name not in self._views:
            self._views[name] = (
                self.store(f"{name}_held", question())
                if hold
                else self.backend.create_view(f"{self._prefix}{name}_view", question())
            )
        return self._views[name]

    def table(self, name: str, rows: pd.DataFrame) -> ir.Table:
        """Put rows where the events are, so that a question can join them.

        Args:
            name: what they are called there.
            rows: the rows, without their index.
        """
        import pyarrow as pa

        content = pa.Table.from_pandas(rows, preserve_index=False)
        answer: ir.Table = self.backend.create_table(self._prefix + name, content, temp=True)
        return answer

    def column(self, values: Iterable[Any]) -> ir.Column:
        """Put texts or numbers where the events are, for a question to look others up in.

        Thousands of them in the question itself take longer to write down than to look up.

        Args:
            values: what is looked up; repeats do not matter.
        """
        import pandas as pd

        every = sorted(set(values))
        sought = pd.Series(every, name="sought", dtype=None if every else "str")
        return self.table(f"sought_{uuid.uuid4().hex}", sought.to_frame()).sought

    def store(self, name: str, question: ir.Table) -> ir.Table:
        """Hold an answer where the events are, for further questions, while the log is open.

        Args:
            name: what it is called there, once.
            question: the expression.
        """
        answer: ir.Table = self.backend.create_table(self._prefix + name, question, temp=True)
        return answer

    def _from_lake(
        self,
        lake: Lake,
        name: str,
        question: Callable[[], ir.Table],
        extend: Callable[[ir.Table, ir.Table], ir.Table] | None,
    ) -> ir.Table:
        """The answer from the lake if it was asked before, else from the events."""
        files, record = set(self._files()), _record(lake, name)
        before = set(record.files) if record else set()
        answer = None
        if record and (before == files or (extend and self._read and before < files)):
            # Copied, so that it stays when the lake grows and the file goes. It may be broken.
            with suppress(duckdb.Error, OSError, KitError), temporary_folder() as folder:
                (path,) = lake.storage.local([f"_kept/{record.answer}"], folder)
                answer = self.store(f"{name}_known", self.backend.read_parquet(path))
        if answer is None:
            return self._save(lake, name, files, self.store(name, question()))
        if before == files:
            return answer
        assert extend
        assert self._read
        fresh = self._read(sorted(files - before))
        return self._save(lake, name, files, self.store(name, extend(answer, fresh)))

    def _save(self, lake: Lake, name: str, files: set[str], answer: ir.Table) -> ir.Table:
        if files != set(self._files()):
            return answer  # it may speak of some of a file's events that came in between
        file_name = f"_kept/{name}-{uuid.uuid4().hex[:12]}.parquet"
        with suppress(duckdb.Error, OSError, KitError):
            lake.storage.save(
                file_name, lambda path: self.backend.to_parquet(answer, path, compression="zstd")
            )
            record = _Record(_version(), sorted(files), file_name.removeprefix("_kept/"))
            lake.storage.write(f"_kept/{name}.json", msgspec.json.encode(record))
            mine = re.compile(rf"_kept/{name}-[0-9a-f]+\.parquet")
            others = (one for one in lake.storage.names("_kept") if mine.fullmatch(one))
            lake.storage.remove(one for one in others if one != file_name)
        return answer


def _record(lake: Lake, name: str) -> _Record | None:
    """What is kept of an answer, if it was worked out as it would be now."""
    try:
        record = msgspec.json.decode(lake.storage.read(f"_kept/{name}.json"), type=_Record)
    except (OSError, msgspec.DecodeError):
        return None
    return record if record.question == _version() else None


@cache
def _version() -> str:
    """Changes with what questions ask and with what the catalogue says."""
    digest = hashlib.sha256(load().version.encode())
    for path in sorted((Path(__file__).parents[1] / "analysis").iterdir()):
        if path.suffix in {".py", ".csv"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:24]
