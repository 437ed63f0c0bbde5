"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

__all__ = ["DateOrder", "Engine", "LakePlace", "Parameters", "Since", "Source", "Until"]

DateOrder = Annotated[
    Literal["day-first", "month-first"] | None,
    typer.Option(
        "--date-order",
        help="What comes first in local dates such as 03/04/2026, if unclear. "
        "[$OKTA_KIT_DATE_ORDER]",
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="What answers questions: duckdb, spark://host:port, sc://host:port (Spark Connect) "
        "or local[N]. [$OKTA_KIT_ENGINE]",
        show_default="duckdb",
    ),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", help="name=value of a parameter; may be repeated."),
]
Source = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        help="sample, lake, okta, a lake's folder, an export file or a glob; may be repeated.",
        show_default="sample",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(help="Start, UTC: 7d, 36h or 90m before the end, a date or an ISO time."),
]
Until = Annotated[
    str | None, typer.Option(help="End, UTC, not included; the source's end if left out.")
]

LakePlace = Annotated[
    str,
    typer.Option(
        "--lake", help="The lake's folder, or s3://bucket/prefix.", show_default="data/lake"
    ),
]
