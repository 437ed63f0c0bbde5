"""The command that writes a schedule: the pull first, then a line for each report."""

from __future__ import annotations

import getpass
import json
import shlex
import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kit.base.errors import UsageError
from kit.base.paths import LAKE
from kit.commands.notebooks import find_notebook
from kit.commands.notes import print_note
from kit.commands.options import argument, option
from kit.commands.report_set import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Installation", "Scheduler", "register", "schedule_files"]

_TEMPLATES = Path(__file__).with_name("schedules")


class Scheduler(StrEnum):
    """What runs the reports."""

    cron = "cron"
    systemd = "systemd"
    airflow = "airflow"
    github = "github"


_FILES = {
    Scheduler.cron: {"okta-report.crontab": "cron.j2"},
    Scheduler.systemd: {
        "okta-report.service": "systemd-service.j2",
        "okta-report.timer": "systemd-timer.j2",
    },
    Scheduler.airflow: {"okta_reports.py": "airflow.j2"},
    Scheduler.github: {"okta-report.yml": "github.j2"},
}


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where okta-kit is, and what it reads and writes."""

    command: str
    """What runs it, as a shell reads it."""
    folder: str
    """Where it runs; ``okta-kit.env`` lies there, if there is one."""
    lake: str
    reports: str
    user: str
    owners: str = ""
    """The table of apps and their owners; none if empty."""


def register(app: click.Group) -> None:
    """Add the command to the command line."""
    app.command("schedule")(write_schedule)


@argument("scheduler", type=click.Choice(Scheduler), help="What runs the reports.")
@option("--report", multiple=True, show_default=ALL, help="A notebook, or all; may be repeated.")
@option(
    "--at", default="06:15", show_default=True, help="When, HH:MM: UTC, of cron the machine's time."
)
@option("--out", default="reports", show_default=True, help="Where the reports are kept.")
@option("--owners", default="", help="A CSV file of apps and their owners, as for report.")
@option("--redact", is_flag=True, help="Replace people by pseudonyms in the reports.")
@option("--to", default="", metavar="DIR", help="Write files there; else they are printed.")
def write_schedule(
    scheduler: Scheduler,
    report: list[str] | None,
    at: str,
    out: str,
    owners: str,
    redact: bool,
    to: str,
) -> None:
    """Write a schedule with the paths of this installation: pull, then report seven days.

    Example: okta-kit schedule systemd --to .
    """
    here = _installation(out, owners)
    files = schedule_files(scheduler, here, report or [ALL], at=at, redact=redact)
    if not to:
        several = len(files) > 1
        print(
            "\n".join(f"# {name}\n{text}" if several else text for name, text in files.items()),
            end="",
        )
        print_note("--to DIR writes it as " + " and ".join(files) + ".")
        return
    folder = Path(to)
    for name, text in files.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        except OSError as fault:
            raise UsageError(f"--to {to}: cannot be written ({fault.strerror}).") from None
        print(folder / name)


def schedule_files(
    scheduler: Scheduler,
    here: Installation,
    notebooks: Sequence[str] = (ALL,),
    *,
    at: str = "06:15",
    redact: bool = False,
) -> dict[str, str]:
    """Write the files of a schedule.

    Args:
        scheduler: what runs the reports.
        here: the installation; of ``github`` only its owners count: a runner makes its own.
        notebooks: names of notebooks, or ``all``; each gets a line of its own.
        at: when, ``HH:MM``.
        redact: whether people are replaced by pseudonyms; for ``github`` they always are.

    Returns:
        The text of each file by its name.

    Raises:
        UsageError: *at* is no time, or there is no such notebook.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    hour, minute = _time(at)
    names = [name if name == ALL else find_notebook(name).stem for name in notebooks]
    if scheduler is Scheduler.github:  # a runner makes its own; who sees the repository sees all
        here, redact = replace(here, command=".venv/bin/okta-kit", reports="reports"), True
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # no HTML; each template quotes by its own rules
    )
    values = {
        "here": here,
        "pull": f"{here.command} pull",
        "reports": [_report_command(here, name, redact=redact) for name in names],
        "names": [f"report_{name}" for name in names],
        "hour": hour,
        "minute": minute,
        "quoted": shlex.quote,
        "in_crontab": _in_crontab,
        "in_unit": _in_unit,
        "literal": _literal,
    }
    return {
        name: environment.get_template(template).render(values)
        for name, template in _FILES[scheduler].items()
    }


def _report_command(here: Installation, name: str, *, redact: bool) -> str:
    words = ["report", name, "-j", "2", "--source", "lake", "--since", "7d", "--require-complete"]
    words += ["--redact"] if redact else []
    words += ["--owners", here.owners] if here.owners and name == ALL else []
    return f"{here.command} {shlex.join([*words, '--out', here.reports])}"


def _installation(out: str, owners: str) -> Installation:
    script = Path(sys.executable).with_name("okta-kit")
    command = (
        shlex.quote(str(script)) if script.is_file() else f"{shlex.quote(sys.executable)} -m kit"
    )
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container without such a user
        user = "okta-kit"
    return Installation(
        command=command,
        folder=str(Path.cwd()),
        lake=_in_full(LAKE),
        reports=_in_full(out),
        user=user,
        owners=_in_full(owners) if owners else "",
    )


def _in_full(path: str) -> str:
    from kit.base.object_store import is_store

    return path if is_store(path) else str(Path(path).expanduser().absolute())


def _time(at: str) -> tuple[int, int]:
    hour, colon, minute = at.partition(":")
    are_digits = bool(colon) and hour.isdecimal() and minute.isdecimal() and len(minute) == 2
    if are_digits and int(hour) < 24 and int(minute) < 60:
        return int(hour), int(minute)
    raise UsageError(f"--at {at}: it is no time of day. Write it as 06:15.")


def _in_crontab(command: str) -> str:
    """A command in a crontab, where a % would end the line."""
    return command.replace("%", r"\%")


def _in_unit(command: str) -> str:
    """A command inside the single quotes of a unit's line, with systemd's own signs doubled."""
    return command.replace("\\", r"\\").replace("'", r"\'").replace("%", "%%").replace("$", "$$")


def _literal(text: str) -> str:
    """Python's spelling of a text, in which Airflow finds no template."""
    text = text.replace("{", "{{ '{' }}") if "{{" in text or "{%" in text else text
    return json.dumps(text, ensure_ascii=False)
