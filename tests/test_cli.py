"""The commands as a person types them."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from commands import command, okta_kit
from factories import REFUSED, SLACK, event, write_export
from kit.commands.app import app

if TYPE_CHECKING:
    from pathlib import Path


COLUMNS = (
    "published app app_id user user_id operation code family http_status vendor_message reason "
    "event_type result events transaction_id trace_id correlation_id request_id uuid state "
    "kind hit_type hit"
).split()


FIELDS = (
    "operation user app http_status code family kind vendor_message trace_id correlation_id "
    "request_id timestamp meaning cause owner retry steps verify links"
).split()


EXPORT = ("--source", "export.ndjson")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export with one user who still fails, one who recovered, and a hostile name."""
    path = tmp_path / "export.ndjson"
    events = [
        event("2026-10-27T09:05:00Z", transaction="t1", reason=REFUSED),
        event("2026-10-27T09:06:00Z", transaction="t2", reason=REFUSED, user="bob@example.com"),
        event("2026-10-27T09:07:00Z", transaction="t3", user="=cmd|'/c calc'!A0"),
        event("2026-10-27T09:08:00Z", app=SLACK, result="SUCCESS"),
        event("2026-10-27T10:06:00Z", user="bob@example.com", result="SUCCESS"),
    ]
    write_export(path, events)
    return path


def test_failures_as_csv_have_the_columns_in_their_order(export: Path) -> None:
    """One row a failure, nothing else on stdout."""
    done = okta_kit("failures", "--source", str(export), "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.returncode == 0, done.stderr
    assert list(rows[0]) == COLUMNS
    assert [(r["user"], r["code"], r["state"]) for r in rows[:2]] == [
        ("ada@example.com", "AADSTS50126", "still_failing"),
        ("bob@example.com", "AADSTS50126", "recovered"),
    ]
    assert (rows[0]["published"], rows[0]["http_status"], rows[0]["events"]) == (
        "2026-10-27T09:05:00.000Z",
        "400",
        "1",
    )


def test_a_spreadsheet_runs_nothing_from_the_csv(export: Path) -> None:
    """A name that begins like a formula is made inert."""
    done = command("failures", "--source", str(export), "--format", "csv")

    cells = [c for row in csv.reader(io.StringIO(done.stdout)) for c in row]
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@"))]


def test_failures_as_json_have_the_same_fields(export: Path) -> None:
    """JSON is a list of objects, null where there is nothing."""
    rows = json.loads(command("failures", "--source", str(export), "--format", "json").stdout)

    assert [list(row) for row in rows] == [COLUMNS] * 3
    assert (rows[0]["http_status"], rows[2]["http_status"]) == (400, None)


@pytest.mark.parametrize(
    ("words", "users"),
    [
        (["--still-failing", "--code", "aadsts50126"], ["ada@example.com"]),
        (["--app", "microsoft office 365", "--since", "2026-10-27T09:07Z"], ["=cmd|'/c calc'!A0"]),
        (["--since", "1h"], ["bob@example.com", "=cmd|'/c calc'!A0"]),
        (["--code", "AADSTS50053"], []),
    ],
    ids=["still failing and code", "app and since", "relative since", "nothing left"],
)
def test_failures_can_be_narrowed(export: Path, words: list[str], users: list[str]) -> None:
    """Options narrow the rows; none left is an empty list and no fault."""
    done = command("failures", "--source", str(export), "--format", "json", *words)

    assert done.returncode == 0, done.stderr
    assert [row["user"] for row in json.loads(done.stdout)] == users


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (["report", "failure_trend"], 2, "Did you mean 'failure_trends'?"),
        (["report", "failure_trends", "-p", "sinse=7d"], 2, "Did you mean 'since'?"),
        (["report", "failure_trends", "-p", "since"], 2, "name=value"),
        (["report", "failure_trends", "-p", "bucket=week"], 2, "'auto', 'hour' or 'day'"),
        (["report", "failure_trends", "--since", "90d", "--require-complete"], 4, "not held"),
        (["report", "failure_trends", "--source", "missing.ndjson"], 3, "missing.ndjson"),
        (["report", "remediation", *EXPORT, "--since=2026-11-01", "--until=2026-10-01"], 2, "Swap"),
        (["failures", "--source", "missing.ndjson"], 3, "no such file"),
        (["failures", *EXPORT, "--since", "soon"], 2, "7d"),
        (["failures", *EXPORT, "--app", "Slak"], 2, "Did you mean 'Slack'?"),
        (["failures", "--app", "office"], 2, "Did you mean 'Microsoft Office 365'?"),
        (["failures", "--format", "xml"], 2, "xml"),
        (["failure"], 2, "Did you mean 'failures'?"),
        (["failures", "--sorce", "x"], 2, "--source"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_gets_one_line_that_says_what_to_do(
    export: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], exit_code: int, said: str
) -> None:
    """Exit code as documented, one line on stderr, nothing on stdout, no traceback."""
    monkeypatch.chdir(export.parent)
    done = command(*words)

    assert done.returncode == exit_code
    assert said in done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [(["failures", "--source", "missing.ndjson"], 3), (["report", "failure_trend"], 2)],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_mistake_is_one_line_of_the_whole_process(words: list[str], exit_code: int) -> None:
    """No library adds a line at the start or the end."""
    done = okta_kit(*words)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (exit_code, "", 1)


def test_explain_answers_with_the_fields_in_their_order() -> None:
    """The kit's own message is read whole."""
    found = json.loads(
        command(
            "explain",
            "Automatic provisioning of user Ada Example to app Microsoft Office 365 failed: "
            + REFUSED,
            "--json",
        ).stdout
    )

    assert list(found) == FIELDS
    assert (found["operation"], found["user"], found["app"], found["http_status"]) == (
        "provisioning",
        "Ada Example",
        "Microsoft Office 365",
        400,
    )
    assert (found["code"], found["timestamp"]) == ("AADSTS50126", "2026-10-27 09:05:00Z")
    assert found["trace_id"] == "11111111-2222-3333-4444-555555555555"
    assert found["retry"] == "after_fix"
    assert any("Re-authenticate" in step for step in found["steps"])
    assert any("Tasks" in step for step in found["steps"])


@pytest.mark.parametrize("word", ["AADSTS50126", "aadsts50126", "50126"])
def test_explain_takes_a_code_in_any_spelling(word: str) -> None:
    """A code alone gives its meaning and steps."""
    found = json.loads(command("explain", word, "--json").stdout)

    assert found["code"] == "AADSTS50126"
    assert found["steps"]


def test_explain_reads_standard_input_and_says_what_it_does_not_know() -> None:
    """Unknown text gets a stable code and no invented meaning."""
    done = okta_kit("explain", "-", "--json", stdin="The quux would not frobnicate.\n")

    found = json.loads(done.stdout)
    assert found["code"].startswith("UNKNOWN_")
    assert found["cause"] is None
    assert found["steps"] == []


@pytest.mark.parametrize("words", [["--help"], ["explain", "AADSTS50126"]], ids=["help", "explain"])
def test_help_and_explain_need_no_heavy_library(words: list[str]) -> None:
    """They answer at once, so they import neither pandas nor NumPy nor an engine."""
    heavy = "{'pandas', 'numpy', 'ibis', 'papermill', 'okta', 'duckdb', 'matplotlib', 'pyarrow'}"
    code = (
        "import sys; from kit.commands.app import run_command as run; run(sys.argv[1:]); "
        f"sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_an_interrupted_command_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while it waits for what is typed in; no empty line, no traceback."""

    class Waiting(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readall(self) -> bytes:
            raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Waiting())))
    run = command("explain", "-")

    assert (run.returncode, run.stdout) == (130, "")
    assert run.stderr == "okta-kit: interrupted; what was half done is gone.\n"


def test_every_command_is_found_in_the_module_that_adds_it() -> None:
    """The help lists names before their modules are imported, so that list has to be whole."""
    context = click.Context(app)
    listed = app.list_commands(context)
    for name in listed:
        command = app.get_command(context, name)
        assert command is not None
        assert command.name == name

    assert set(app.commands) == set(listed)


def test_a_wrong_option_is_answered_with_those_that_are_like_it() -> None:
    """In one line, in the order of the alphabet; a name is enough to try again."""
    run = command("failures", "--sorce", "sample")

    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "okta-kit: No such option: --sorce (Possible options: --code, --since, --source). "
        "See okta-kit failures --help.\n"
    )


def test_the_help_of_a_command_tells_its_arguments_and_types() -> None:
    """What has to be there, what may be repeated, and what is taken if it is left out."""
    lines = command("lookup", "--help").stdout.splitlines()

    assert lines[0] == "Usage: okta-kit lookup [OPTIONS] {ID}"
    assert "  ID <str>  A Trace ID, Correlation ID or request id.  [required]" in lines
    assert any(line.startswith("  --source <list[str]> ") for line in lines)
    assert any(re.match(r"  --format <table\|json> .*\[default: table\]", line) for line in lines)


def test_a_traceback_is_shown_with_debug_only() -> None:
    """Whoever mends the kit can see where a fault came from."""
    assert "Traceback" in okta_kit("--debug", "failures", "--source", "missing.ndjson").stderr


def test_the_version_needs_no_command() -> None:
    """It is asked for before anything else is known."""
    run = okta_kit("--version")
    assert run.returncode == 0
    assert run.stdout.startswith("okta-kit ")


def test_a_parameter_that_an_option_names_too_is_refused() -> None:
    """Which of the two was meant cannot be known."""
    run = command("report", "remediation", "--since", "7d", "-p", "since=3d")
    assert (run.returncode, run.stdout) == (2, "")
    assert "--since 7d and -p since=3d: name it once." in run.stderr


@pytest.mark.parametrize(
    ("number", "code", "says"),
    [
        (signal.SIGTERM, 143, "okta-kit: terminated; what was half done is gone."),
        (signal.SIGINT, 130, "okta-kit: interrupted; what was half done is gone."),
    ],
)
def test_a_signal_ends_also_a_question_that_duckdb_works_on(
    number: int, code: int, says: str
) -> None:
    """DuckDB 1.5 raises a RuntimeError of its own then; what suppresses faults lets it pass."""
    program = f"""
import os, sys, threading
from contextlib import suppress
import duckdb
from kit.base.errors import KitError
from kit.commands.faults import end_on_sigterm, exit_code_of

def ask():
    threading.Timer(0.5, os.kill, (os.getpid(), {int(number)})).start()
    with suppress(KitError, duckdb.Error):
        duckdb.sql("SELECT count(*) FROM range(100000) a, range(9000000) b "
                   "WHERE (a.range * b.range) % 7 = 3").fetchall()

end_on_sigterm()
sys.exit(exit_code_of(ask, debug=False))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stderr.splitlines()) == (code, [says])
