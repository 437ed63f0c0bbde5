"""What the documentation tells people to type is understood, and so are the schedulers' files."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from kit.cli import app

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
    command: Any = typer.main.get_command(app)
    name, context = "okta-kit", command.context_class(command)
    while words and hasattr(command, "resolve_command"):
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
    lines = [line for line in text.splitlines() if not re.match(r"#|[A-Z]+=", line)]
    (line,) = lines

    *when, command = line.split(maxsplit=5)

    assert when == ["15", "6", "*", "*", "*"]
    assert not re.search(r"(?<!\\)%", command)
    assert understood(words_of(command.partition("okta-kit ")[2]))["out"] == "reports"


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
    assert understood(words_of(line.partition("okta-kit ")[2]))["jobs"] == 2
    assert "%" not in service["ExecStart"].replace("%%", "")
    assert service["Type"] == "oneshot"
    final = set(service["RestartPreventExitStatus"].split())
    assert final == {"2", "3", "4", "10", "11", "12", "13", "14", "15", "16", "74"}
    assert units["timer"]["Timer"]["OnCalendar"] == "*-*-* 06:15:00 UTC"


def test_the_workflow_runs_a_report_and_keeps_a_failed_one() -> None:
    """It can read the repository alone, and its secrets reach one step."""
    workflow = yaml.safe_load((SCHEDULERS / "okta-report.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["report"]["steps"]
    (report,) = [step for step in steps if "okta-kit" in step.get("run", "")]

    line = report["run"].partition("okta-kit ")[2]

    assert understood(words_of(line))["redact"] is True
    assert workflow["permissions"] == {"contents": "read"}
    assert [step for step in steps if "secrets." in str(step)] == [report]
    assert steps[-1]["if"] == "always()"
    assert steps[-1]["with"]["path"] == "reports"


def test_the_dag_runs_a_report_over_its_interval() -> None:
    """Its window is the run's data interval, so that a backfill gives a report a day."""
    tree = ast.parse((SCHEDULERS / "okta_reports.py").read_text(encoding="utf-8"))
    given = {
        word.arg: ast.literal_eval(word.value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "BashOperator"
        for word in call.keywords
        if not isinstance(word.value, ast.Call)
    }

    line = given["bash_command"].partition("okta-kit ")[2]

    assert understood(words_of(line))["until"] == "2026-10-27"
    assert "--since {{ data_interval_start | ts }}" in line
    assert "--until {{ data_interval_end | ts }}" in line
    assert given["retries"] == 0
