"""The commands for people who work in JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kit.base.errors import UsageError
from kit.commands.notebooks import find_notebook, values_for
from kit.commands.notes import print_note
from kit.commands.options import DateOrder, Parameters, Since, Source, Until

__all__ = ["register"]

_INVESTIGATIONS = Path("investigations")


def register(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.command("new")(begin_investigation)
    app.command("lab", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
        open_lab
    )


def begin_investigation(
    notebook: Annotated[
        str, typer.Argument(help="A name in notebooks/, or a path; with --blank what it is called.")
    ],
    name: Annotated[str, typer.Argument(help="What the case is called.")] = "",
    blank: Annotated[
        bool, typer.Option("--blank", help="A notebook of your own, with what a report needs.")
    ] = False,
    parameter: Parameters = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
    date_order: DateOrder = None,
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


def open_lab(
    context: typer.Context,
    notebook: Annotated[str, typer.Argument(help="A notebook to open, by name or path.")] = "",
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Where it listens.", show_default="a free one from 8888"
        ),
    ] = None,
) -> None:
    """Open JupyterLab on the notebooks; further options are JupyterLab's own.

    Example: okta-kit lab failure_trends --no-browser --port 8890
    """
    from kit.commands.jupyter import serve_lab

    further = context.args
    if notebook.startswith("-"):
        notebook, further = "", [notebook, *further]
    serve_lab(find_notebook(notebook) if notebook else None, further, port=port)
