"""Event files in an object store, read by Python on the workers of a Spark cluster.

This module is sent to the workers as it is, so it imports nothing of okta-kit.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

__all__ = ["EventFiles"]

_MAX_TASKS = 500
"""Tasks that a question is cut into, at most."""


class EventFiles(DataSource):  # type: ignore[misc]  # mypy does not follow pyspark
    """Parquet files by their addresses, as fsspec opens them."""

    @classmethod
    def name(cls) -> str:
        """What Spark calls it."""
        return "okta_kit_events"

    def reader(self, schema: Any) -> Reader:
        """Read the files that the option ``files`` lists."""
        return Reader(json.loads(self.options["files"]), schema)


class Reader(DataSourceReader):  # type: ignore[misc]  # as above
    """Reads some files a task, as the columns that are asked for; what a file lacks is null."""

    def __init__(self, files: list[str], schema: Any) -> None:
        self.files = files
        self.schema = schema

    def partitions(self) -> list[InputPartition]:
        """Share the files among the tasks."""
        each = -(-len(self.files) // _MAX_TASKS)
        starts = range(0, len(self.files), each)
        return [InputPartition(self.files[start : start + each]) for start in starts]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Read the files of a task."""
        import fsspec
        import pyarrow as pa
        import pyarrow.parquet as pq

        # pyspark's own way to Arrow's types is not documented, and asks for more since 4.2.
        kinds = {
            "string": pa.string(),
            "short": pa.int16(),
            "long": pa.int64(),
            "boolean": pa.bool_(),
            "timestamp": pa.timestamp("us", "UTC"),
        }
        schema = pa.schema([(one.name, kinds[one.dataType.typeName()]) for one in self.schema])
        for address in partition.value:
            with fsspec.open(address, "rb") as stream, pq.ParquetFile(stream) as file:
                names = [name for name in schema.names if name in file.schema_arrow.names]
                for batch in file.iter_batches(10_000, columns=names):
                    columns = [
                        batch.column(one.name).cast(one.type)
                        if one.name in names
                        else pa.nulls(batch.num_rows, one.type)
                        for one in schema
                    ]
                    yield pa.RecordBatch.from_arrays(columns, schema=schema)
