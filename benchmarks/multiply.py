"""Make a large lake of a smaller one: each user and each event several times, each by its own name.

Generating and importing fifty million events takes an hour and a hundred gigabytes of JSON; this
takes minutes. Copies differ in all ids and logins, so that nothing folds together; ``raw`` and
times are the same. One file a day, as ``okta-kit compact`` leaves them::

    python benchmarks/multiply.py LAKE 5 LARGER
"""

from __future__ import annotations

import argparse
import shutil
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc
import pyarrow.parquet as pq

from kit.events import schema
from kit.lake.parquet import write_events
from kit.lake.storage import EVENTS, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_TOLD_APART = (
    *("uuid", "transaction_id", "request_id", "trace_id", "correlation_id", "vendor_request_id"),
    *("actor_id", "actor_login", "user_id", "user_login"),
)


def copied(batch: pa.RecordBatch, copy: int) -> pa.RecordBatch:
    """One copy of some events; the first is as they are."""
    if not copy:
        return batch
    for name in _TOLD_APART:
        place = batch.schema.get_field_index(name)
        column = pc.binary_join_element_wise(str(copy), batch.column(place), ".")
        batch = batch.set_column(place, batch.schema.field(place), column)
    return batch


def multiplied(day: Path, times: int, out: Path) -> int:
    """Write the file of one day; how many events it holds."""

    def batches() -> Iterator[pa.RecordBatch]:
        for path in sorted(day.glob("[!_]*.parquet")):
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches():
                    for copy in range(times):
                        yield copied(batch.cast(schema()), copy)

    return write_events(batches(), out / day.name / "part-all.parquet")


def main() -> None:
    """Write the lake, and say how many events it holds."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("lake", type=Path)
    words.add_argument("times", type=int)
    words.add_argument("out", type=Path)
    given = words.parse_args()
    days = sorted({path.parent for path in given.lake.glob(EVENTS)})
    with ProcessPoolExecutor() as pool:
        counts = list(pool.map(multiplied, days, repeat(given.times), repeat(given.out)))
    shutil.copy(given.lake / MANIFEST, given.out / MANIFEST)
    print(f"{sum(counts):,} events, {len(counts)} files")


if __name__ == "__main__":
    main()
