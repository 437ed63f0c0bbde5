"""The commands for people who work in JupyterLab."""

from __future__ import annotations

from pathlib import Path

import click

from kit.base.errors import UsageError
from kit.commands import options
from kit.commands.notebooks import find_notebook, values_for
from kit.commands.notes import print_note
from kit.commands.options import DateOrder, argument, option

__all__ = ["register"]

_INVESTIGATIONS = Path("investigations")


def register(app: click.Group) -> None:
    """Add them to the command line."""
    app.command("new")(begin_investigation)
    app.command("lab", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
        open_lab
    )


@argument("notebook", help="A name in notebooks/, or a path; with --blank what it is called.")
@argument("name", default="", help="What the case is called.")
@option("--blank", is_flag=True, help="A notebook of your own, with what a report needs.")
@options.parameter
@options.source
@options.since
@options.until
@options.date_order
def begin_investigation(
    notebook: str,
    name: str,
    blank: bool,
    parameter: list[str] | None,
    source: list[str] | None,
    since: str | None,
    until: str | None,
    date_order: DateOrder | None,
) -> None:
    """Copy a notebook into investigations/, its window closed and its parameters set.

    Example: okta-kit new remediation tuesday-outage -p code=AADSTS50126 --since 7d
    """
    if blank and name:
        raise UsageError(f"new --blank: takes one name, and {name!r} is a second one.")
    from datetime import UTC, datetime

    from kit.base.parameters import read_parameters
    from kit.reports.investigations import BLANK, begin

    path = BLANK if blank else find_notebook(notebook)
    name = notebook if blank else name
    values = values_for({path: read_parameters(path)}, parameter, source, since, until)[path]
    day = datetime.now(UTC).date()
    copy = begin(path, values, name=name, folder=_INVESTIGATIONS, day=day, date_order=date_order)
    print(copy)
    if date_order:
        print_note(
            f"The notebook needs it too: OKTA_KIT_DATE_ORDER={date_order} okta-kit lab {copy}"
        )


@argument("notebook", default="", help="A notebook to open, by name or path.")
@option(
    "--port",
    type=click.IntRange(min=1, max=65535),
    show_default="a free one from 8888",
    help="Where it listens.",
)
@click.pass_context
def open_lab(context: click.Context, notebook: str, port: int | None) -> None:
    """Open JupyterLab on the notebooks; further options are JupyterLab's own.

    Example: okta-kit lab failure_trends --no-browser --port 8890
    """
    from kit.commands.jupyter import serve_lab

    further = context.args
    if notebook.startswith("-"):
        notebook, further = "", [notebook, *further]
    serve_lab(find_notebook(notebook) if notebook else None, further, port=port)
