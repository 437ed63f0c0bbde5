"""Questions on a real Spark cluster have the answers that they have on DuckDB."""

from __future__ import annotations

import gc
import json
import random
import sys
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from entra_forms import audit_object, write_form
from entra_simulator import START as ENTRA_START
from entra_simulator import failure, simulate_outage
from salesforce_forms import Login, write_logins

import analyses
import cluster
from commands import okta_kit
from factories import M365, REFUSED, SLACK, event, write_export
from incidents import simulate
from kit.analysis.failures import folded_failures
from kit.analysis.renames import renames
from kit.base.errors import SourceError
from kit.cases.case import case
from kit.evidence.lookup import look_up
from kit.evidence.matching import evidence
from kit.evidence.story import vendor_story
from kit.lake import Lake, add, compact
from kit.log.log import Log, open_log, to_pandas
from kit.log.spark import copies
from requirements import need, need_java

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


pytestmark = [
    # pyspark closes none of its sockets.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    # A cluster on a busy machine works a quarter of an hour on all analyses, and hangs nowhere.
    pytest.mark.timeout(3000),
]


@pytest.fixture(scope="module")
def spark(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[cluster.Cluster]:
    """One cluster for all tests here; this process's session on it ends with them."""
    need("spark", ["pyspark", "grpc"])
    need_java()
    if find_spec("moto") and find_spec("s3fs"):
        request.getfixturevalue("s3_server")  # so that the workers know of it
    with (
        pytest.MonkeyPatch.context() as patch,
        cluster.running(tmp_path_factory.mktemp("cluster")) as running,
    ):
        patch.setenv("SPARK_CONF_DIR", str(running.conf))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        yield running
        from pyspark import SparkContext

        if SparkContext._active_spark_context is not None:
            SparkContext._active_spark_context.stop()
        gc.collect()


def assert_same_answers(
    source: str | Path | list[str | Path], engine: Any, since: str | None = None
) -> None:
    """Every analysis of a source has the answer of DuckDB, to the last row."""
    expected = list(analyses.answers(open_log(source, engine="duckdb"), since))
    found = list(analyses.answers(open_log(source, engine=engine), since))

    assert [one.name for one in found] == [one.name for one in expected]
    for mine, its in zip(found, expected, strict=True):
        analyses.assert_same(mine.given, its.given, mine.name)


ODD = (
    "ada@example.com",
    "ADA@example.com",
    "ΟΔΥΣΣΕΥΣ@example.com",
    "İnci@example.com",
    "o'hara\\n@example.com",
    'say "hi" `now`@example.com',
    "${spark.app.name}@example.com",
    "two\nlines@example.com",
    "=1+1@example.com",
    "%_*?[a]{b}@example.com",
    "\N{GRINNING FACE}@example.com",
)


TIMES = (
    *("2026-10-26T23:59:59.999Z", "2026-10-27T00:00:00.000Z", "2026-10-27T00:00:00.001Z"),
    *("2026-10-27T09:00:00.000Z", "2026-10-27T09:00:00.000Z", "2026-10-27T15:30:00.123Z"),
    *("2026-10-28T00:00:00.000Z", "2026-10-25T02:30:00.000Z", "2026-10-29T01:00:00.000Z"),
)


TYPES = (
    *("application.provision.user.push", "application.provision.user.push_profile"),
    *("application.provision.user.deactivate", "app.office365.api.error.validate.creds"),
    *("application.user_membership.add", "application.user_membership.remove"),
    *("user.session.start", "application.lifecycle.update", "system.something.new"),
)


RESULTS = ("FAILURE", "FAILURE", "SUCCESS", "SUCCESS", "DENY", "SKIPPED")


REASONS = (None, REFUSED, "HTTP 503", "INVALID_CREDENTIALS", "a text nobody knows", "")


NAMELESS = {"id": "0oanameless", "name": None}


ODD_APP = {"id": "0oa'odd\\app", "name": "An “odd” app's \\ name ${x}"}


def odd_event(chance: random.Random) -> dict[str, Any]:
    """An event with nulls, odd names, a time that others have, or one at midnight."""
    letters = "aZ09 _-'\"\\%\tßİ王\N{GRINNING FACE}"
    one = event(
        chance.choice(TIMES),
        type_=chance.choice(TYPES),
        result=chance.choice(RESULTS),
        reason=chance.choice(REASONS),
        user=chance.choice([None, *ODD, "".join(chance.choices(letters, k=chance.randint(1, 8)))]),
        app=chance.choice([M365, M365, SLACK, NAMELESS, ODD_APP, None]),
        transaction=chance.choice([None, "", "t1", "t2", "t'3"]),
    )
    for name in chance.sample(
        ["actor", "displayMessage", "severity", "client"], chance.randint(0, 4)
    ):
        one[name] = None
    return one


def renamed_user() -> list[dict[str, Any]]:
    """A push that fails, a change of the login, and one that works."""
    old, new = "rena.before@example.com", "rena.after@example.com"
    events = [
        event("2026-10-27T09:00:00Z", reason=REFUSED, user=old),
        event(
            "2026-10-27T10:00:00Z",
            type_="user.account.update_profile",
            result="SUCCESS",
            user=new,
            app=None,
        ),
        event("2026-10-27T11:00:00Z", result="SUCCESS", user=new),
    ]
    for one in events:
        one["target"][-1]["id"] = "00urenaaaaaaaaaaaaaa"
    return events


@pytest.mark.parametrize("rows_copied", [copies.MAX_ROWS, 0])
def test_the_sample_an_incident_and_odd_events_have_the_same_answers_on_a_cluster(
    spark: cluster.Cluster, tmp_path: Path, rows_copied: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events that come late and twice, ties in time, nulls, and all ways to log a failure.

    The window begins in the midst of the incident. Answers that are too large to be copied from
    the cluster are asked there, and say the same.
    """
    monkeypatch.setattr(copies, "MAX_ROWS", rows_copied)
    chance = random.Random(11)
    odd = [odd_event(chance) for _ in range(240)]
    path = write_export(tmp_path / "log.ndjson", [*simulate(11).events, *odd, *renamed_user()])

    assert list(renames(open_log(path))) == ["rena.before@example.com"]
    assert_same_answers(["sample", path], spark.master, "2026-09-18")


def test_what_was_worked_out_once_is_not_asked_of_the_cluster_again(
    spark: cluster.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failures are folded there, in parts if they are many; who is hit is read from them here."""
    from kit.log.spark import backend

    monkeypatch.setattr(backend, "_PART_ROWS", 3)
    path = write_export(tmp_path / "log.ndjson", simulate(3).events)
    log = open_log(path, engine=spark.master)
    expected = to_pandas(folded_failures(open_log(path)), by=["uuid"])

    rows = to_pandas(folded_failures(log), by=["uuid"])
    with monkeypatch.context() as patch:
        patch.setattr(backend.Spark, "compile", None)
        users = folded_failures(log).user_key.nunique().to_pyarrow().as_py()

    analyses.assert_same(rows, expected, "failures")
    assert users == expected["user_key"].nunique()


def test_spark_connect_has_the_same_answers(spark: cluster.Cluster, tmp_path: Path) -> None:
    """A server that is far away is asked the same, and says the same."""
    chance = random.Random(12)
    path = write_export(tmp_path / "log.ndjson", [odd_event(chance) for _ in range(160)])

    assert_same_answers(path, spark.connect)


@pytest.mark.parametrize("form", ["graph", "portal CSV"])
def test_evidence_on_a_cluster_is_that_of_duckdb(
    form: str, spark: cluster.Cluster, tmp_path: Path
) -> None:
    """Two vendors beside one log: ids, likely matches, reasons, the story and both sides of an id.

    Records of each kind of match, and two of Salesforce's, whose accounts are shown by time.
    """
    outage = simulate_outage(5)
    refused = [salesforce_failure(n) for n in range(3)]
    outage.events += refused
    files = [outage.write_events(tmp_path), *write_form(form, outage.records, tmp_path / "entra")]
    changes = [audit_object(ENTRA_START, "Reset user password", target="svc5@contoso.example")]
    (tmp_path / "audit.json").write_text(json.dumps({"value": changes}), encoding="utf-8")
    logins = [Login(datetime.fromisoformat(one["published"])) for one in refused]
    files += [str(tmp_path / "audit.json"), write_logins("REST", logins, tmp_path / "salesforce")]
    logs = [open_log(files, engine=engine) for engine in ("duckdb", spark.master)]
    expected, its = (evidence(log) for log in logs)

    assert expected is not None
    assert its is not None
    assert {"request_id", "correlation_id", "likely", "none"} == set(expected.failures["match"])
    for name in ("failures", "pairs"):
        analyses.assert_same(getattr(its, name), getattr(expected, name), name)
    by_key = [one.records.sort_values("key", ignore_index=True) for one in (its, expected)]
    analyses.assert_same(*by_key, "records")
    assert its.clock == expected.clock
    matched = expected.failures[expected.failures["match"] == "request_id"].iloc[0]
    until = logs[0].last + timedelta(hours=1)
    stories = [vendor_story(log, matched["app_key"], matched["code"], until) for log in logs]
    assert stories[0] is not None
    assert stories[1] is not None
    assert stories[1].results() == stories[0].results()
    sides = [look_up(log, matched["trace_id"]) for log in logs]
    assert sides[1].records is not None
    assert sides[0].records is not None
    assert sides[1].records["id"].tolist() == sides[0].records["id"].tolist() != []
    assert sides[1].failures["uuid"].tolist() == sides[0].failures["uuid"].tolist() != []


def salesforce_failure(number_of: int) -> dict[str, Any]:
    """A failure that Salesforce caused, an hour after the one before."""
    at = ENTRA_START + timedelta(hours=number_of)
    one = failure(f"sf {number_of}", at, 0, app="Salesforce.com", app_id="0oasf")
    text = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
    one["outcome"]["reason"] = (
        f"Automatic provisioning of user Ada to app Salesforce.com failed: {text}"
    )
    return one


def test_a_session_is_left_as_it_was_found(spark: cluster.Cluster, tmp_path: Path) -> None:
    """Time zone, settings, views and the session that is active are the user's own."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master(spark.master).getOrCreate().newSession()
    session.conf.set("spark.sql.session.timeZone", "America/New_York")
    session.range(3).createOrReplaceTempView("mine")
    before = session.conf.getAll, SparkSession.getActiveSession()

    log = open_log(write_export(tmp_path / "log.ndjson", simulate(3).events), engine=session)
    to_pandas(folded_failures(log))

    assert (session.conf.getAll, SparkSession.getActiveSession()) == before
    assert [one.tableName for one in session.sql("SHOW TABLES").collect()] == ["mine"]


def test_a_session_of_spark_connect_is_left_as_it_was_found(
    spark: cluster.Cluster, tmp_path: Path
) -> None:
    """What is handed over stays open, with its time zone and without our views."""
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession(spark.connect)
    session.conf.set("spark.sql.session.timeZone", "America/New_York")
    before = session.conf.getAll

    log = open_log(write_export(tmp_path / "log.ndjson", simulate(3).events), engine=session)
    rows = to_pandas(folded_failures(log))
    del log

    assert len(rows)
    assert session.conf.getAll == before
    assert session.sql("SHOW TABLES").collect() == []
    session.stop()


def test_a_report_on_a_cluster_from_a_store_is_the_one_of_duckdb_from_a_disk(
    spark: cluster.Cluster, bucket: Callable[..., str], tmp_path: Path
) -> None:
    """Its kernel asks the cluster, and all that it says is the same, but where it comes from."""
    path = write_export(tmp_path / "log.ndjson", simulate(21).events)
    disk, store = Lake(tmp_path / "lake"), Lake(f"{bucket()}/lake")

    made = []
    for lake, engine in ((disk, "duckdb"), (store, spark.master)):
        add(lake, [path])
        out = tmp_path / engine[:5]
        command = ["report", "remediation", "--source", lake.address, "--out", str(out)]
        done = okta_kit(*command, "--engine", engine)
        assert done.returncode == 0, done.stderr
        page = Path(done.stdout.strip())
        facts = json.loads((page.parent / "summary.json").read_text(encoding="utf-8"))
        told = ("results", "headline", "window", "coverage", "status", "catalogue_version")
        text = page.read_text(encoding="utf-8")
        made.append(([facts[name] for name in told], sections_of(text, lake.address)))
        assert "incubator" not in text

    assert made[1] == made[0]


def sections_of(page: str, lake: str) -> list[str]:
    """The text of a page's sections in its order, pictures and their alt texts included."""
    body = page[page.index("<h2") : page.index("<footer")]
    return [one.replace(lake, "THE LAKE") for one in body.split("<h2")]


def test_the_command_prints_the_same_failures(spark: cluster.Cluster, tmp_path: Path) -> None:
    """The rows are the same byte by byte, and nothing of Spark's is among them."""
    path = write_export(tmp_path / "log.ndjson", simulate(22).events)
    command = ["failures", "--source", str(path), "--format", "csv"]

    plain, asked = okta_kit(*command), okta_kit(*command, "--engine", spark.connect)

    assert asked.returncode == 0, asked.stderr
    assert asked.stdout == plain.stdout
    assert asked.stderr == plain.stderr


def test_a_lake_that_grows_is_seen_at_the_next_opening(
    spark: cluster.Cluster, tmp_path: Path
) -> None:
    """An open log speaks of what it was opened on; what DuckDB keeps is of no use to Spark."""
    lake = Lake(tmp_path / "lake")
    add(lake, [write_export(tmp_path / "a.ndjson", [event(reason=REFUSED)])])
    to_pandas(folded_failures(open_log(lake.folder)))
    log = open_log(lake.folder, engine=spark.master)
    add(lake, [write_export(tmp_path / "b.ndjson", [event(reason=REFUSED, user="bo@example.com")])])

    assert len(to_pandas(folded_failures(log))) == 1
    assert len(to_pandas(folded_failures(open_log(lake.folder, engine=spark.master)))) == 2


def test_a_lake_that_is_rewritten_is_never_counted_wrong(
    spark: cluster.Cluster, tmp_path: Path
) -> None:
    """Files that went are a fault that says what to do, not fewer events."""
    lake = Lake(tmp_path / "lake")
    for name in "ab":
        add(lake, [write_export(tmp_path / f"{name}.ndjson", [event(reason=REFUSED)])])
    log = open_log(lake.folder, engine=spark.master)
    compact(lake)

    with pytest.raises(SourceError, match=r"lake was rewritten while in use. Open it again"):
        to_pandas(folded_failures(log))
    assert len(to_pandas(folded_failures(open_log(lake.folder, engine=spark.master)))) == 2


def test_files_of_an_older_version_have_nulls(spark: cluster.Cluster, tmp_path: Path) -> None:
    """A column that a file lacks is null in its events alone."""
    lake = Lake(tmp_path / "an [odd] {name}, 100%20")
    add(lake, [write_export(tmp_path / "a.ndjson", [event(reason=REFUSED)])])
    (old,) = lake.folder.glob("date=*/*.parquet")
    table = pq.read_table(old, partitioning=None)
    pq.write_table(table.drop_columns(["family", "city"]), old)
    add(
        lake,
        [write_export(tmp_path / "b.ndjson", [event("2026-10-28T00:00:00.000Z", reason=REFUSED)])],
    )

    families = to_pandas(open_log(lake.folder, engine=spark.master).events, by=["published"])[
        "family"
    ]

    assert families.isna().tolist() == [True, False]


def test_a_lake_in_a_store_has_the_same_answers_on_a_cluster(
    spark: cluster.Cluster, bucket: Callable[..., str], tmp_path: Path
) -> None:
    """Python on the workers reads it, since pyspark has no file system for S3."""
    lake = Lake(f"{bucket()}/lake")
    add(lake, [write_export(tmp_path / "log.ndjson", simulate(5).events)])
    rows = [case_of(open_log(lake.address, engine=engine)) for engine in ("duckdb", spark.connect)]

    analyses.assert_same(*rows, "case")


def case_of(log: Log) -> Any:
    found = case(log, log.window())
    assert found is not None
    return found.results()
