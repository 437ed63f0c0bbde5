"""Which engine is meant, and what is said where it is not to be had."""

from __future__ import annotations

import importlib
import pkgutil
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
import pytest

import analyses
import kit.analysis
from commands import okta_kit
from kit.base.errors import SourceError, UsageError
from kit.log.duckdb import connect_duckdb
from kit.log.log import open_log
from kit.log.spark import check_engine, choose_engine
from kit.log.spark.copies import LocalCopies
from requirements import need, need_java

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_every_analysis_is_compared() -> None:
    """A new question to a log is put to both engines, or this fails."""
    asked = Path(analyses.__file__).read_text(encoding="utf-8")
    public = {
        name
        for module in pkgutil.iter_modules(kit.analysis.__path__)
        for name in importlib.import_module(f"kit.analysis.{module.name}").__all__
        if name.islower()
    }

    left_out = {name for name in public if f".{name}(" not in asked}
    names_or_rows = {"access_left_behind", "bucket_of", "most_hit", "with_attempts"}
    names_or_rows |= {"failures_over_time", "find_kind", "kinds_of", "users_by_outcome"}
    names_or_rows |= {"chance_of", "compare_sides", "find_group", "other_window", "only_rows"}
    # ``by_group`` asks ``with_group``, and the lists ask what follows.
    names_or_rows |= {"with_group", "of_kind", "with_kind_and_state"}
    names_or_rows |= {"counted_by", "guesses_in", "guesses_by_kind"}
    # ``incidents`` asks ``incidents_of_apps``, ``origins`` what follows.
    names_or_rows |= {"incidents_of_apps", "events_of_user", "traits_in_columns"}
    names_or_rows |= {"told_of_people"}
    # ``states`` and ``apps_with`` ask ``attempts``, ``drift`` opens its source by itself, and
    # ``with_addresses`` reads any few of the newest events.
    assert left_out == {*names_or_rows, "attempts", "drift", "with_addresses"}


def test_questions_look_back_and_never_ahead() -> None:
    """Spark adds up what a row has behind it in one pass, and what lies ahead for each row anew.

    So does it where the stretch behind begins anywhere but at the start: a million rows of one
    app then take hours (UnboundedFollowingWindowFunctionFrame, SlidingWindowFunctionFrame).
    """
    folder = Path(next(iter(kit.analysis.__path__)))
    asked = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))

    assert "preceding=None, following=0" in asked
    assert not re.findall(r"following=None|range_window|preceding=(?!None)", asked)


def test_what_failed_beneath_is_named() -> None:
    """Spark wraps a fault in one that says nothing; memory has a remedy."""
    need("spark", ["pyspark"])
    from pyspark.errors import PySparkException

    from kit.log.spark.backend import Spark

    said = (
        "org.apache.spark.SparkException: Exception thrown in awaitResult: \n"
        "\tat org.apache.spark.util.ThreadUtils$.awaitResult(ThreadUtils.scala:53)\n"
        "Caused by: java.lang.OutOfMemoryError: Java heap space"
    )

    with (
        pytest.raises(
            SourceError,
            match=r"not answer: java.lang.OutOfMemoryError: .* Raise spark.driver.memory",
        ),
        Spark().explain_faults(),
    ):
        raise PySparkException(said)


def test_an_answer_whose_copying_was_stopped_is_copied_anew(tmp_path: Path) -> None:
    """Half of a copy is never asked, and does not stand in the way of the next."""
    rows, calls = pa.table({"x": [1, 2, 3]}), []

    def fetch(name: str, _: int) -> Iterator[pa.Table]:
        calls.append(name)
        yield rows.slice(0, 2)
        if len(calls) == 1:
            raise KeyboardInterrupt
        yield rows.slice(2)

    copies, table = LocalCopies(tmp_path, fetch), ibis.table({"x": "int64"}, name="events")
    answer = ops.DatabaseTable("failures", table.schema(), connect_duckdb()).to_expr()
    copies.add("failures", table)

    with pytest.raises(KeyboardInterrupt):
        copies.answer(answer)
    assert copies.answer(answer.count()).as_py() == 3
    assert copies.answer(table) is None  # events are the cluster's


STOPPED = """
import signal, ibis
from kit.log.duckdb import connect_duckdb
signal.signal(signal.SIGINT, signal.default_int_handler)
duckdb = connect_duckdb()
numbers = ibis.range(300_000).unnest().name("n").as_table()
pairs = numbers.cross_join(numbers.rename(m="n")).filter(lambda t: t.n * t.m % 7 == 3)
print("asks", flush=True)
try:
    duckdb.to_pyarrow(pairs.count())
except KeyboardInterrupt:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("stopped", flush=True)
"""


def test_the_stop_button_ends_a_question_as_it_ends_all_else() -> None:
    """DuckDB 1.5 raises a RuntimeError then, which no cell and no control expects."""
    command = [sys.executable, "-c", STOPPED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as kernel:
        assert kernel.stdout
        kernel.stdout.readline()
        for _ in range(100):  # one that hits a callback of C is lost
            with suppress(subprocess.TimeoutExpired):
                kernel.wait(1)
                break
            kernel.send_signal(signal.SIGINT)
        kernel.kill()
        said, faults = kernel.communicate()

    assert (said, faults) == (b"stopped\n", b"")


@pytest.fixture
def closed_port() -> int:
    """A port that nobody listens at."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize("kind", ["spark", "sc"])
def test_a_cluster_that_cannot_be_reached_is_told_in_a_line(kind: str, closed_port: int) -> None:
    """The line names the address; the command ends with 3."""
    need("spark", ["pyspark", "grpc"])
    need_java()
    address = f"{kind}://127.0.0.1:{closed_port}"

    done = okta_kit("failures", "--engine", address)

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr == (
        f"okta-kit: {address}: no cluster can be reached there (Connection refused). Check the "
        "address, and that the cluster runs.\n"
    )


def test_a_report_says_so_before_it_starts_a_kernel(tmp_path: Path, closed_port: int) -> None:
    """There is no report of a cluster that is not there."""
    need("spark", ["pyspark", "grpc"])
    address = f"sc://127.0.0.1:{closed_port}/;token=hush"

    done = okta_kit("report", "failure_trends", "--engine", address, "--out", str(tmp_path / "out"))

    assert done.returncode == 3
    assert "no cluster can be reached" in done.stderr
    assert "hush" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_pyspark_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pyspark is an extra, and nothing else needs it."""
    monkeypatch.setattr("kit.log.spark.engines.find_spec", lambda _: None)

    with pytest.raises(SourceError, match=r"pip install 'okta-kit\[spark\]'$"):
        open_log("sample", engine="spark://127.0.0.1:7077")


def test_without_java_a_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Spark runs in Java, which pip cannot install."""
    need("spark", ["pyspark"])
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SourceError, match="Spark needs Java 17, and there is none"):
        check_engine("local[2]")


@pytest.mark.parametrize(
    ("engine", "hint"),
    [
        ("spark", "Did you mean 'spark://'?"),
        ("duckbd", "Did you mean 'duckdb'?"),
        ("spark://host", "Write duckdb"),  # the port is missing
        ("spark://host:0", "Write duckdb"),
        ("sc://", "Write duckdb"),
        ("http://host:7077", "Write duckdb"),
        ("local[0]", "Write duckdb"),
        (7077, "a int is none"),
    ],
)
def test_an_engine_that_is_none_is_refused(engine: Any, hint: str) -> None:
    """What was written is told with what may be."""
    with pytest.raises(UsageError) as told:
        choose_engine(engine)

    assert hint in str(told.value)


@pytest.mark.parametrize(
    "engine",
    [
        *("duckdb", "spark://host:7077", "spark://one:7077,two:7077", "sc://host", "sc://host:1"),
        *("sc://host:15002/;token=x;use_ssl=true", "sc://[::1]:15002", "local", "local[*]"),
    ],
)
def test_an_engine_is_told_by_its_name(engine: str) -> None:
    """Addresses are written as Spark writes them."""
    assert choose_engine(engine) == engine


def test_the_environment_names_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An option wins over it; without both it is DuckDB."""
    assert choose_engine() == "duckdb"
    monkeypatch.setenv("OKTA_KIT_ENGINE", "spark://host:7077")

    assert choose_engine() == "spark://host:7077"
    assert choose_engine("duckdb") == "duckdb"
