"""Groups of commands that do something without a subcommand's name."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

__all__ = ["ListByDefault"]


class ListByDefault(TyperGroup):
    """A group whose ``list`` may be left out: ``okta-kit incidents --source sample``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take options that stand where a subcommand would for those of ``list``."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)
