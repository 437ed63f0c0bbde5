"""What the documentation tells people to type is understood, and so are the schedulers' files."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from kit.commands.app import app

ROOT = Path(__file__).resolve().parents[1]
SCHEDULERS = ROOT / "docs" / "schedulers"
PAGES = [
    page
    for pattern in ("*.md", "docs/*.md", "*/README.md", "kit/*/README.md")
    for page in ROOT.glob(pattern)
]

_COMMAND = re.compile(r"(?:^\$ |`)okta-kit +((?:[^`'\n]|'[^'\n]*')+)", re.M)
"""A command after a prompt, or in a sentence between backticks."""

_END = frozenset("|&;<>()")


def words_of(line: str) -> list[str]:
    """The words after okta-kit, as a shell would see them, up to a pipe or a comment."""
    line = re.sub(r"\{\{.*?\}\}", "2026-10-27", line)
    reader = shlex.shlex(line, posix=True, punctuation_chars="".join(_END))
    reader.whitespace_split = True
    found = []
    for word in reader:
        if set(word) <= _END:
            break
        found.append(word)
    return found


def understood(words: list[str]) -> Any:
    """Parse a command with the real command line, without running it."""
    command: Any = app
    name, context = "okta-kit", command.context_class(command)
    while words and not words[0].startswith("-") and hasattr(command, "resolve_command"):
        name, command, words = command.resolve_command(context, words)
    return command.make_context(name, words, parent=context).params


DOCUMENTED = sorted(
    {
        (page.relative_to(ROOT).as_posix(), command.strip())
        for page in PAGES
        for command in _COMMAND.findall(page.read_text(encoding="utf-8"))
        if " " in command and "COMMAND" not in command
    }
)


def test_commands_are_found_in_the_documentation() -> None:
    """Else the test below could not fail."""
    assert len(DOCUMENTED) > 20


@pytest.mark.parametrize(("page", "command"), DOCUMENTED)
def test_a_documented_command_is_understood(page: str, command: str) -> None:
    """Its name, its options and their values."""
    assert understood(words_of(command)) is not None


def test_a_wrong_command_is_not_understood() -> None:
    """The parser is the real one."""
    with pytest.raises(Exception, match="No such option"):
        understood(["report", "failure_trends", "--sauce", "lake"])


def test_the_crontab_runs_a_report() -> None:
    """Five fields, then a command in which cron finds no line's end."""
    text = (SCHEDULERS / "okta-report.crontab").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not re.match(r"#|[A-Z_]+=", line)]
    (line,) = lines

    *when, command = line.split(maxsplit=5)

    assert when == ["15", "6", "*", "*", "*"]
    assert not re.search(r"(?<!\\)%", command)
    assert understood(words_of(command.rpartition("okta-kit ")[2]))["notebooks"] == ["all"]


def test_the_systemd_units_run_a_report() -> None:
    """The timer starts the service of its name; an org that is out of reach is asked again."""
    units = {}
    for kind in ("service", "timer"):
        units[kind] = configparser.ConfigParser(interpolation=None, strict=True)
        units[kind].read(SCHEDULERS / f"okta-report.{kind}", encoding="utf-8")
    service = units["service"]["Service"]

    shell, option, line = shlex.split(service["ExecStart"])

    assert (shell, option) == ("/bin/sh", "-c")
    line = line.replace("$$", "$").replace("%%", "%")
    assert understood(words_of(line.rpartition("okta-kit ")[2]))["jobs"] == 2
    assert "%" not in service["ExecStart"].replace("%%", "")
    assert service["Type"] == "oneshot"
    final = set(service["RestartPreventExitStatus"].split())
    assert final == {"2", "3", "4", "10", "11", "12", "13", "14", "15", "16", "74"}
    assert units["timer"]["Timer"]["OnCalendar"] == "*-*-* 06:15:00 UTC"


def test_the_workflow_runs_a_report_and_keeps_a_failed_one() -> None:
    """It can read the repository alone, and its secrets reach one step, which makes no report."""
    workflow = yaml.safe_load((SCHEDULERS / "okta-report.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["report"]["steps"]
    pull, report = [step for step in steps if "okta-kit" in step.get("run", "")]

    line = report["run"].partition("okta-kit ")[2]

    assert understood(words_of(line.partition("${")[0]))["redact"] is True
    assert workflow["permissions"] == {"contents": "read"}
    assert [step for step in steps if "secrets." in str(step)] == [pull]
    assert steps[-1]["if"] == "always()"
    assert steps[-1]["with"]["path"] == "reports"


def test_the_dag_pulls_and_reports_up_to_the_end_of_its_interval() -> None:
    """So a backfill gives a set of reports a day; only the pull is tried again."""
    tree = ast.parse((SCHEDULERS / "okta_reports.py").read_text(encoding="utf-8"))
    pull, report = [
        {word.arg: word.value for word in call.keywords}
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "BashOperator"
    ]

    command = ast.unparse(report["bash_command"]).removeprefix("BEGIN + ")
    line = "".join(map(ast.literal_eval, command.split(" + "))).partition("okta-kit ")[2]

    params = understood(words_of(line))
    assert (params["since"], params["until"]) == ("7d", "2026-10-27")
    assert "--until {{ data_interval_end | ts }}" in line
    retries = [ast.literal_eval(one["retries"]) for one in (pull, report)]
    assert retries == [3, 0]


STOPS = {2, 10, 14, 15, 16, 74}
"""Exit codes of docs/scale.md after which another try would end the same."""


def test_the_table_says_which_exit_codes_stop() -> None:
    """The schedulers' files act on what stands there."""
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    stops = re.findall(r"^\| ([\d, ]+) \| stops", page, re.M)

    assert {int(code) for codes in stops for code in codes.split(",")} == STOPS


def test_the_mapped_dag_runs_a_report_for_each_app() -> None:
    """In a pool, in the worker's environment; it stops where the table does."""
    tree = ast.parse((SCHEDULERS / "okta_fanout.py").read_text(encoding="utf-8"))
    (given,) = [
        {word.arg: word.value for word in call.keywords}
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "ReportOperator.partial"
    ]

    line = ast.literal_eval(given["bash_command"]).partition("okta-kit ")[2]

    assert understood(words_of(line))["parameter"] == ["app=$APP"]
    assert "--since 7d --require-complete" in line
    assert "--until {{ data_interval_end | ts }}" in line
    assert set(ast.literal_eval(given["skip_on_exit_code"])) == STOPS
    assert ast.literal_eval(given["append_env"]) is True
    assert ast.literal_eval(given["cwd"])
    assert f"airflow pools set {ast.literal_eval(given['pool'])} " in str(ast.get_docstring(tree))


SLURM_TASK = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "2"}


@pytest.mark.parametrize(
    ("code", "restarts", "queued"),
    [
        (0, 0, []),
        (2, 0, []),
        (3, 0, ["7_2"]),
        (4, 1, ["7_2"]),
        (5, 4, ["7_2"]),
        (5, 5, []),
        (74, 0, []),
    ],
)
def test_the_array_job_runs_a_report_and_queues_what_may_pass_later(
    tmp_path: Path, code: int, restarts: int, queued: list[str]
) -> None:
    """Its app is its line, blanks and quotes included; its exit code is the report's."""
    done = _array_task(tmp_path, code, SLURM_TASK | {"SLURM_RESTART_COUNT": str(restarts)})

    words = (tmp_path / "okta-kit.said").read_text(encoding="utf-8").splitlines()
    params = understood(words)
    assert params["parameter"] == ["app=It's an $APP"]
    assert (params["since"], params["until"], params["out"]) == ("7d", "2026-10-27", "reports")
    assert params["require_complete"] is True
    assert done.returncode == code
    said = [path.read_text(encoding="utf-8") for path in tmp_path.glob("scontrol.said")]
    assert said == [f"requeue\n{task}\n" for task in queued]


def test_an_array_longer_than_its_list_makes_no_report_of_another_app(tmp_path: Path) -> None:
    """An empty app would be the one that hits most users."""
    done = _array_task(tmp_path, 0, SLURM_TASK | {"SLURM_ARRAY_TASK_ID": "4"})

    assert done.returncode != 0
    assert "apps.txt has no such line" in done.stderr
    assert not (tmp_path / "okta-kit.said").exists()


def _array_task(folder: Path, code: int, told: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the job script as Slurm does, with programs that note their words."""
    for name, end in (("okta-kit", code), ("scontrol", 0)):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" >"$0.said"\nexit {end}\n', encoding="utf-8"
        )
        program.chmod(0o755)
    (folder / "apps.txt").write_text("Slack\nIt's an $APP\n", encoding="utf-8")
    return subprocess.run(
        ["bash", SCHEDULERS / "okta_fanout.sbatch", "7d", "2026-10-27"],
        cwd=folder,
        env={"PATH": f"{folder}:/usr/bin:/bin"} | told,
        capture_output=True,
        text=True,
    )
