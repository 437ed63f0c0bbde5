"""How helps show options and arguments, and the options that several commands share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Argument",
    "DateOrder",
    "argument",
    "date_order",
    "engine",
    "lake",
    "option",
    "parameter",
    "since",
    "source",
    "until",
]

DateOrder = Literal["day-first", "month-first"]

_TYPES = {"text": "str", "integer range": "int range"}
"""How a help names what Click calls otherwise."""


def _type_of(one: click.Parameter) -> str:
    if isinstance(one.type, click.Choice):
        name = "|".join(map(str, one.type.choices))
    else:
        name = _TYPES.get(one.type.name, one.type.name)
    return f"<list[{name}]>" if one.multiple or one.nargs != 1 else f"<{name}>"


class _Option(click.Option):
    """An option that tells its type; None where it may be repeated and is not there."""

    def make_metavar(self, ctx: click.Context) -> str:
        return self.metavar or _type_of(self)

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        value = super().process_value(ctx, value)
        return (list(value) or None) if self.multiple else value


class Argument(click.Argument):
    """An argument that tells its type, and by its brackets in the usage whether it has to be."""

    def __init__(self, *arguments: Any, help: str, **options: Any) -> None:
        """Take in what Click takes, and a help: Click before 8.5 has none for arguments."""
        super().__init__(*arguments, **options)
        self.says = help

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """Its value; a list where there may be several."""
        value = super().process_value(ctx, value)
        return list(value) if self.nargs != 1 else value

    def help_row(self) -> tuple[str, str]:
        """Its name and type, and what its help says."""
        many = "..." if self.nargs != 1 and not self.metavar else ""
        required = "  [required]" if self.required else ""
        return f"{self._shown_name}{many} {_type_of(self)}", f"{self.says}{required}"

    def make_metavar(self, ctx: click.Context) -> str:
        """As it stands in the usage."""
        name = f"{{{self._shown_name}}}" if self.required else f"[{self._shown_name}]"
        return f"{name}..." if self.nargs != 1 else name

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """As faults name it."""
        return f"'{self._shown_name}'"

    @property
    def _shown_name(self) -> str:
        return self.metavar or self.name or ""


option = partial(click.option, cls=_Option)
argument = partial(click.argument, cls=Argument)

date_order = option(
    "--date-order",
    type=click.Choice(["day-first", "month-first"]),
    help="What comes first in local dates such as 03/04/2026, if unclear. [$OKTA_KIT_DATE_ORDER]",
)
engine = option(
    "--engine",
    show_default="duckdb",
    help="What answers questions: duckdb, spark://host:port, sc://host:port (Spark Connect) "
    "or local[N]. [$OKTA_KIT_ENGINE]",
)
parameter = option(
    "-p", "--parameter", multiple=True, help="name=value of a parameter; may be repeated."
)
source = option(
    "--source",
    multiple=True,
    show_default="sample",
    help="sample, lake, okta, a lake's folder, an export file or a glob; may be repeated.",
)
since = option("--since", help="Start, UTC: 7d, 36h or 90m before the end, a date or an ISO time.")
until = option("--until", help="End, UTC, not included; the source's end if left out.")


def lake(*, default: str) -> Callable[..., Any]:
    """Where the lake is.

    Args:
        default: the place where the option is left out.
    """
    return option(
        "--lake",
        default=default,
        show_default="data/lake",
        help="The lake's folder, or s3://bucket/prefix.",
    )
