"""A lake's event files as one table on Spark: on a shared disk, or in an object store."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JError
from pyspark import cloudpickle
from pyspark.errors import PySparkException
from pyspark.sql.types import (
    BooleanType,
    LongType,
    ShortType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from kit.events import COLUMNS
from kit.log.spark import source

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["open_events"]

_TYPES = {
    "string": StringType(),
    "large_string": StringType(),
    "int16": ShortType(),
    "int64": LongType(),
    "bool": BooleanType(),
    "timestamp[us, UTC]": TimestampType(),
}
_SCHEMA = StructType([StructField(c.name, _TYPES[c.type]) for c in COLUMNS])


def open_events(session: Any, lake: str, names: Sequence[str]) -> Any:
    """Open files of a lake.

    In an object store Spark reads them by itself where its Hadoop file system for that store is
    there (hadoop-aws for S3; pyspark has it not). Else Python on the workers does, which needs
    pyarrow and the store's fsspec module there. It reads whole files, so it does so once: the
    events are held on the workers, in memory and on their disks.

    Args:
        session: the Spark session.
        lake: the lake's folder or address.
        names: the files' names below it.

    Returns:
        A DataFrame; its schema is that of the events table, whatever the files have. It may be
        held (``is_cached``), and is to be released then.

    Raises:
        PySparkException, Py4JError: a file is not there.
    """
    if "://" not in lake:
        folder = Path(lake).resolve()
        return _native(session, [f"file:{folder / name}" for name in names])
    addresses = [f"{lake.rstrip('/')}/{name}" for name in names]
    try:
        frame = _native(session, [re.sub("^s3:", "s3a:", one) for one in addresses])
        _ = frame.schema  # Spark Connect looks for the files no sooner
        return frame
    except (PySparkException, Py4JError) as fault:
        if not _NO_FILE_SYSTEM.search(str(fault)):
            raise
    # The workers need not have okta-kit: what they run is sent to them whole.
    cloudpickle.register_pickle_by_value(source)
    try:
        session.dataSource.register(source.EventFiles)
        reader = session.read.format(source.EventFiles.name()).schema(_SCHEMA)
        return reader.option("files", json.dumps(addresses)).load().persist()
    finally:
        cloudpickle.unregister_pickle_by_value(source)


_NO_FILE_SYSTEM = re.compile(
    r"No FileSystem for scheme|UNSUPPORTED_FILE_SYSTEM|Class \S+ not found|"
    r"ClassNotFoundException"
)


def _native(session: Any, addresses: list[str]) -> Any:
    # What a folder's name has of a pattern is none.
    escaped = [re.sub(r"([\[\]{}?*\\])", r"\\\1", one) for one in addresses]
    return session.read.schema(_SCHEMA).parquet(*escaped)
