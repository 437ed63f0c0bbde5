"""Spark sessions: our own by an address, or a corner of one that was handed over."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager, suppress
from copy import copy
from typing import TYPE_CHECKING, Any

from kit.base.errors import SourceError, UsageError
from kit.log.spark.engines import check_engine, without_token

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_remote", "own_session"]

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    # A name that looks like ${…} is a name.
    "spark.sql.variable.substitute": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
    # A file that is gone or broken is a fault, never fewer events.
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    # The files are listed here, so that no job has to look whether they are there.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
}
_HANDSHAKES = 4
"""Times that a Spark Connect server is asked whether it is one."""


def own_session(engine: Any) -> Any:
    """Open a Spark session that nobody else sees.

    It has its own settings, with the time zone UTC, and its own temporary views; one that is
    handed over is left as it is.

    Args:
        engine: an address, ``local[N]``, or a SparkSession.

    Returns:
        The session.

    Raises:
        SourceError: pyspark or Java is missing, or the cluster cannot be reached.
        UsageError: this process has a Spark session on another cluster.
    """
    check_engine(engine)
    if not isinstance(engine, str):
        own = _beside(engine)
    elif engine.startswith("sc:"):
        own = _connected(engine)
    else:
        own = _start(engine).newSession()
    for name, value in _SETTINGS.items():
        if own.conf.get(name) != value:
            own.conf.set(name, value)
    return own


def is_remote(session: Any) -> bool:
    """Whether a session is one of Spark Connect."""
    return type(session).__module__.startswith("pyspark.sql.connect")


def _beside(session: Any) -> Any:
    """A new session on the same cluster, with what was set on the given one: keys, say."""
    if is_remote(session):
        # A session of Spark Connect has an id, which the new one gets for itself.
        way = copy(session.client._builder)
        way._params = {k: v for k, v in way._params.items() if k != way.PARAM_SESSION_ID}
        own = type(session)(way)
    else:
        own = session.newSession()
    before = own.conf.getAll
    for name, value in session.conf.getAll.items():
        if before.get(name) != value and own.conf.isModifiable(name):
            own.conf.set(name, value)
    return own


def _connected(engine: str) -> Any:
    from pyspark.errors import PySparkException
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession(engine)
    patient = session.client.get_retry_policies()
    session.client.set_retry_policies([DefaultPolicy(max_retries=_HANDSHAKES)])
    try:
        _ = session.version
    except PySparkException as fault:
        raise SourceError(
            f"{without_token(engine)}: what answers there is no Spark Connect server that "
            f"lets us in ({_first_line(fault)}). Check the address, the token and the versions."
        ) from None
    session.client.set_retry_policies(patient)
    return session


def _start(engine: str) -> Any:
    """The session of this process on a cluster; it ends with the process."""
    from py4j.protocol import Py4JError
    from pyspark import SparkContext
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    running = SparkContext._active_spark_context
    if running is not None:
        if running.master != engine:
            raise UsageError(
                f"engine: this process has a Spark session on {running.master} already, and can "
                f"have none on {engine} beside it. Hand it over: open_log(…, engine=session)"
            )
        return SparkSession.active()
    builder = SparkSession.builder.master(engine).appName("okta-kit")
    # The bar would be drawn into whatever shows our standard error, a notebook for one.
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    if engine.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with _without_output() as log:
        try:
            return builder.getOrCreate()
        except (PySparkException, Py4JError, RuntimeError, OSError) as fault:
            reason = log() or _first_line(fault)
    raise SourceError(f"{engine}: Spark did not start ({reason}). Check the address and Java.")


@contextmanager
def _without_output() -> Iterator[Any]:
    """Keep what Java prints, now and later, out of terminals, notebooks and results.

    Yields:
        Gives the last fault that it wrote.
    """
    with tempfile.TemporaryFile() as file:
        sys.stdout.flush()
        sys.stderr.flush()
        descriptors = os.dup(1), os.dup(2)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)

        def last_fault() -> str:
            with suppress(OSError):
                file.seek(0)
                lines = file.read().decode(errors="replace").splitlines()
                faults = [one for one in lines if "ERROR" in one or "Exception" in one]
                return " ".join(faults[-1].split())[:200] if faults else ""
            return ""

        try:
            yield last_fault
        finally:
            for descriptor, place in zip(descriptors, (1, 2), strict=True):
                os.dup2(descriptor, place)
                os.close(descriptor)


def _first_line(fault: BaseException) -> str:
    return " ".join(str(fault).strip().partition("\n")[0].split())[:200]
