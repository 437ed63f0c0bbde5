"""A Spark cluster on loopback: one master, two workers, and a Spark Connect server on it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFAULTS = """\
spark.driver.bindAddress 127.0.0.1
spark.driver.host 127.0.0.1
spark.executor.cores 1
spark.cores.max 2
spark.ui.enabled false
"""
# Questions to tests' logs are many and small: compiling takes longer than answering. Also without
# its web page, Spark remembers a thousand of them with their plans as text: that fills the driver,
# which then spends a third of its time on making room.
SMALL = """\
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.driver.memory 2g
spark.sql.ui.retainedExecutions 2
spark.ui.retainedJobs 2
spark.ui.retainedStages 2
spark.sql.debug.maxToStringFields 1
spark.executor.memory 512m
spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.sql.shuffle.partitions 2
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
"""
_PATIENCE = 120


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    processes: tuple[int, ...]
    """Of the master, the workers and the Spark Connect server."""

    master: str
    connect: str
    conf: Path
    """The folder of its settings, for $SPARK_CONF_DIR."""


@contextmanager
def running(folder: Path, settings: str = SMALL) -> Iterator[Cluster]:
    """Start the cluster and end it.

    Args:
        folder: for its settings, logs and files at work.
        settings: lines for ``spark-defaults.conf``, besides those that a loopback needs.

    Yields:
        The cluster, ready.
    """
    import pyspark

    conf = folder / "conf"
    conf.mkdir()
    (conf / "spark-defaults.conf").write_text(_DEFAULTS + settings)
    home = Path(pyspark.__file__).parent
    given = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "512m",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_DIRS": str(folder / "scratch"),
    }
    port, connect_port = _free_port(), _free_port()
    master, deploy = f"spark://127.0.0.1:{port}", "org.apache.spark.deploy"
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *command: str) -> Path:
        log = folder / f"{name}.log"
        with log.open("wb") as out:
            started.append(
                subprocess.Popen(
                    [str(home / "bin" / command[0]), *command[1:]],
                    env=given,
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                )
            )
        return log

    try:
        where = ["--host", "127.0.0.1", "--webui-port", "0"]
        start("master", "spark-class", f"{deploy}.master.Master", *where, "--port", str(port))
        _listens(port, folder / "master.log")
        logs = [
            start(
                f"worker{number}",
                *("spark-class", f"{deploy}.worker.Worker", *where),
                *("--cores", "3", "--memory", "8g", "--work-dir", str(folder / f"work{number}")),
                master,
            )
            for number in (1, 2)
        ]
        for log in logs:
            _says(log, "Successfully registered")
        start(
            "connect",
            *("spark-submit", "--master", master),
            *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
            *("--conf", f"spark.connect.grpc.binding.port={connect_port}", "spark-internal"),
        )
        _listens(connect_port, folder / "connect.log")
        processes = tuple(one.pid for one in started)
        yield Cluster(processes, master, f"sc://127.0.0.1:{connect_port}", conf)
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


def _free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _listens(port: int, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
            return
        time.sleep(0.2)
    raise TimeoutError(f"nothing listens: {log.read_text(errors='replace')[-2000:]}")


def _says(log: Path, words: str) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if words in log.read_text(errors="replace"):
            return
        time.sleep(0.2)
    raise TimeoutError(f"{log.name} does not say {words!r}: {log.read_text()[-2000:]}")
