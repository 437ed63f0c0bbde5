"""A schedule is written with the paths of an installation; the documentation shows the same files.

``python tests/test_schedule.py`` writes them into ``docs/schedulers``.
"""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from commands import command
from kit.base.errors import UsageError
from kit.commands.schedule import Installation, Scheduler, schedule_files

SCHEDULERS = Path(__file__).resolve().parents[1] / "docs" / "schedulers"

EXAMPLE = Installation(
    command="/srv/okta/.venv/bin/okta-kit",
    folder="/srv/okta",
    lake="/srv/okta/data/lake",
    reports="/srv/okta/reports",
    user="okta-kit",
)
AWKWARD = replace(
    EXAMPLE,
    command="'/srv/it'\"'\"'s 100% $HOME/okta-kit'",
    folder="/srv/it's 100%",
    reports="/srv/it's 100% {{ $HOME }}/reports",
    owners="/srv/own ers.csv",
)


@pytest.mark.parametrize("scheduler", Scheduler)
def test_the_documented_schedule_is_the_one_that_is_written(scheduler: Scheduler) -> None:
    for name, text in schedule_files(scheduler, EXAMPLE).items():
        assert (SCHEDULERS / name).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("scheduler", Scheduler)
def test_a_schedule_pulls_first_and_refuses_a_window_that_is_not_whole(
    scheduler: Scheduler,
) -> None:
    files = schedule_files(scheduler, EXAMPLE, ["all", "orgs"])
    text = next(iter(files.values()))

    assert text.index("okta-kit pull") < text.index("okta-kit report all")
    lines = [line for line in text.splitlines() if "okta-kit report " in line]
    assert len(lines) == 2
    for line, name in zip(lines, ("all", "orgs"), strict=True):
        assert f"report {name} -j 2 --source lake --since 7d --require-complete" in line


def _words(line: str) -> list[str]:
    """What a shell makes of the report's command in a line."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=";&>")
    reader.whitespace_split = True
    words = list(reader)
    return words[words.index("report") - 1 :][:14]


EXPECTED = [
    "/srv/it's 100% $HOME/okta-kit",
    *"report all -j 2 --source lake --since 7d --require-complete --owners".split(),
    "/srv/own ers.csv",
    "--out",
    AWKWARD.reports,
]


def test_paths_with_signs_of_the_crontab_arrive_as_they_are() -> None:
    (text,) = schedule_files(Scheduler.cron, AWKWARD).values()
    *_, line = text.splitlines()

    assert not re.search(r"(?<!\\)%", line)
    assert _words(line.replace(r"\%", "%")) == EXPECTED


def test_paths_with_signs_of_systemd_arrive_as_they_are() -> None:
    service = configparser.ConfigParser(interpolation=None, strict=True)
    service.read_string(schedule_files(Scheduler.systemd, AWKWARD)["okta-report.service"])

    line = service["Service"]["ExecStart"]

    assert "%" not in line.replace("%%", "")
    inner = re.fullmatch(r"/bin/sh -c '(.*)'", line)
    assert inner
    shell = re.sub(r"\\(.)", r"\1", inner[1]).replace("%%", "%").replace("$$", "$")
    assert _words(shell) == EXPECTED


def test_paths_with_signs_of_airflow_arrive_as_they_are() -> None:
    from jinja2 import Environment

    (text,) = schedule_files(Scheduler.airflow, AWKWARD).values()
    (line,) = [
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and "report all" in str(node.value)
    ]

    assert _words(Environment(autoescape=True).from_string(str(line)).render()) == EXPECTED


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    import shutil

    if not (analyze := shutil.which("systemd-analyze")):
        pytest.skip("systemd is not installed")
    for name, text in schedule_files(Scheduler.systemd, AWKWARD).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_a_workflow_hides_people_since_whoever_sees_it_reads_its_reports() -> None:
    (text,) = schedule_files(Scheduler.github, EXAMPLE, redact=False).values()
    steps = yaml.safe_load(text)["jobs"]["report"]["steps"]

    assert "--redact" in next(s["run"] for s in steps if "report all" in s.get("run", ""))


def test_the_command_names_this_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    done = command("schedule", "cron", "--out", "pages", "--at", "23:05")

    line = done.stdout.splitlines()[-1]
    assert line.startswith(f"5 23 * * * cd {tmp_path} && ")
    assert f"--out {tmp_path}/pages >/dev/null" in line
    written = command("schedule", "systemd", "--to", tmp_path / "units")
    assert [Path(one).name for one in written.stdout.split()] == [
        "okta-report.service",
        "okta-report.timer",
    ]
    assert all(Path(one).is_file() for one in written.stdout.split())


@pytest.mark.parametrize("at", ["6", "24:00", "06:60", "6:5", "noon"])
def test_a_time_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(UsageError, match="time of day"):
        schedule_files(Scheduler.cron, EXAMPLE, at=at)


def test_a_notebook_that_is_none_is_refused_before_it_is_scheduled() -> None:
    with pytest.raises(UsageError, match="remediation"):
        schedule_files(Scheduler.cron, EXAMPLE, ["remediations"])


if __name__ == "__main__":
    for one in Scheduler:
        for file, content in schedule_files(one, EXAMPLE).items():
            (SCHEDULERS / file).write_text(content, encoding="utf-8")
