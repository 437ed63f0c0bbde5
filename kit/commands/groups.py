"""Groups of commands: how helps list them, and which of them are imported when."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from kit.base.errors import Interrupted
from kit.commands.options import Argument

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Commands", "LazyCommands", "ListByDefault"]


class _Command(click.Command):
    """A command whose help tells its arguments, too."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them above the options."""
        rows = [one.help_row() for one in self.params if isinstance(one, Argument)]
        if rows:
            with formatter.section("Arguments"):
                formatter.write_dl(rows)
        super().format_options(ctx, formatter)


class Commands(click.Group):
    """Commands in the order in which they were added."""

    command_class = _Command

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take in what Click takes."""
        super().__init__(*arguments, **options)
        self.subcommand_metavar = "COMMAND [ARGS]..."  # whether or not one may be left out

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as the help lists them."""
        return list(self.commands)


class LazyCommands(Commands):
    """Commands whose modules are imported when one of them is asked for."""

    def __init__(self, *arguments: Any, homes: Mapping[str, str], **options: Any) -> None:
        """Take in what Click takes.

        Args:
            arguments: Click's.
            homes: by each command's name the module of this package whose ``register`` adds it.
            options: Click's.
        """
        super().__init__(*arguments, **options)
        self._homes = homes

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names: those that are always there, then those of the modules in their order."""
        return [*(name for name in self.commands if name not in self._homes), *self._homes]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None if there is none."""
        if cmd_name not in self.commands and cmd_name in self._homes:
            import_module(f"kit.commands.{self._homes[cmd_name]}").register(self)
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; Click by itself would write an empty line when it is interrupted."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(Interrupted.exit_code)


class ListByDefault(Commands):
    """A group whose ``list`` may be left out: ``okta-kit incidents --source sample``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take options that stand where a subcommand would for those of ``list``."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)
