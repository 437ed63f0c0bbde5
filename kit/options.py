"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["Engine"]

Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="What answers questions: duckdb, spark://host:port, sc://host:port (Spark Connect) "
        "or local[N]. [$OKTA_KIT_ENGINE]",
        show_default="duckdb",
    ),
]
