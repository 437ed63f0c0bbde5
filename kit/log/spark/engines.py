"""What answers questions: DuckDB in this process, or a Spark cluster, by its name."""

from __future__ import annotations

import os
import re
import shutil
import socket
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kit.base.errors import SourceError, UsageError, nearest

__all__ = ["DUCKDB", "ENGINE", "check_engine", "choose_engine", "without_token"]

DUCKDB = "duckdb"
"""The engine that needs nothing else."""

ENGINE = "OKTA_KIT_ENGINE"
"""Names the engine where none is given. For a report's kernel, too."""

_CONNECT_PORT = 15002
_LOCAL = re.compile(r"local(\[(\*|[1-9]\d*)\])?")
_CONNECT_TIMEOUT_S = 5.0
"""Seconds that a cluster has to take a connection."""


def choose_engine(engine: Any = None) -> Any:
    """Choose the engine.

    Args:
        engine: ``duckdb``, ``spark://host:port``, ``sc://host:port`` (Spark Connect),
            ``local[N]`` (Spark in a process beside this one) or a SparkSession;
            ``$OKTA_KIT_ENGINE`` if left out, else ``duckdb``.

    Returns:
        The engine's name, or the SparkSession.

    Raises:
        UsageError: it is no engine; says what is.
    """
    if engine is None or engine == "":
        engine = os.environ.get(ENGINE) or DUCKDB
    if not isinstance(engine, str):
        if hasattr(engine, "sql") and hasattr(engine, "conf"):
            return engine
        raise UsageError(f"engine: a {type(engine).__name__} is none. {_KNOWN}")
    name = engine.strip()
    if name == DUCKDB or _LOCAL.fullmatch(name) or _addresses(name):
        return name
    hint = "" if ":" in name else nearest(name, [DUCKDB, "spark://", "sc://", "local"])
    raise UsageError(f"engine: {without_token(name)!r} is none.{hint} {_KNOWN}")


_KNOWN = (
    "Write duckdb, spark://host:7077, sc://host:15002 or local[4]; in Python, a SparkSession will "
    "do, too."
)


def check_engine(engine: Any) -> None:
    """Make sure that an engine can be used from here, in a few seconds.

    Args:
        engine: as ``choose_engine`` returns it.

    Raises:
        SourceError: pyspark or Java is missing, or no cluster answers at the address.
    """
    if engine == DUCKDB or not isinstance(engine, str):
        return
    if find_spec("pyspark") is None or (engine.startswith("sc:") and find_spec("grpc") is None):
        raise SourceError(
            f"{without_token(engine)}: this needs pyspark, which is not installed. "
            "Run: pip install 'okta-kit[spark]'"
        )
    home = os.environ.get("JAVA_HOME")
    java = (Path(home) / "bin" / "java").exists() if home else shutil.which("java")
    if not engine.startswith("sc:") and not java:
        raise SourceError(
            f"{without_token(engine)}: Spark needs Java 17, and there is none. Install it, or set "
            "JAVA_HOME; sc:// needs none here."
        )
    faults = []
    for address in _addresses(engine):
        try:
            with closing(socket.create_connection(address, timeout=_CONNECT_TIMEOUT_S)):
                return
        except OSError as fault:
            faults.append(fault.strerror or str(fault) or "no answer")
    if faults:
        raise SourceError(
            f"{without_token(engine)}: no cluster can be reached there ({faults[0]}). Check the "
            "address, "
            "and that the cluster runs."
        )


def _addresses(engine: str) -> list[tuple[str, int]]:
    """The hosts and ports of a cluster's address, a standby master's too; none if it is no such."""
    kind, separator, rest = engine.partition("://")
    if kind not in {"spark", "sc"} or not separator:
        return []
    addresses = []
    for part in rest.partition("/")[0].split(","):
        host, colon, port = part.rpartition(":") if not part.endswith("]") else (part, "", "")
        if not colon and kind == "sc":
            host, port = host or port, str(_CONNECT_PORT)
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            return []
        addresses.append((host.strip("[]"), int(port)))
    return addresses


def without_token(engine: str) -> str:
    """An engine's name without what may follow an address: a token."""
    kind, separator, rest = engine.partition("://")
    return kind + separator + rest.partition("/")[0].rpartition("@")[2]
