"""The command that answers an assistant."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from kit.base.errors import UsageError
from kit.commands import options
from kit.commands.notes import print_note
from kit.commands.options import DateOrder, option

if TYPE_CHECKING:
    from kit.log.log import Log

__all__ = ["register"]


def register(app: click.Group) -> None:
    """Add it to the command line."""
    app.command("mcp")(serve_assistant)


@options.source
@option("--redact", is_flag=True, help="Put pseudonyms in the places of people.")
@options.engine
@options.date_order
def serve_assistant(
    source: list[str] | None, redact: bool, engine: str | None, date_order: DateOrder | None
) -> None:
    """Answer an assistant's questions over stdin and stdout (Model Context Protocol), read-only.

    An assistant's program starts it; docs/mcp.md says how to register it there.

    Example: okta-kit mcp --source lake
    """
    if find_spec("mcp") is None or find_spec("mcp.server.mcpserver") is None:
        raise UsageError(
            "mcp: the SDK of the Model Context Protocol (mcp, 2 or newer) is not installed. "
            "Run: pip install 'okta-kit[mcp]'"
        )
    names = source or ["sample"]
    if "okta" in names:
        raise UsageError(
            "mcp --source okta: the server reads only. Run okta-kit pull, then okta-kit mcp "
            "--source lake; what is pulled later is in its next answer."
        )
    from kit.answers.current_log import CurrentLog
    from kit.answers.server import server_of
    from kit.log.log import open_log

    def open_() -> Log:
        return open_log(names, engine=engine, date_order=date_order)

    current = CurrentLog(names, open_, redact=redact)
    print_note(f"answering over stdin and stdout from {', '.join(names)}; stops when stdin ends.")
    try:
        server_of(current).run()
    finally:
        current.close()
