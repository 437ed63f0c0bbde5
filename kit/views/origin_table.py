"""Where attempts came from, as a small table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.display import phrases
from kit.display.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from kit.display.parts import Part

__all__ = ["origin_parts"]

_SHORT = 8
"""So many rows stand open; a longer table is folded."""


def origin_parts(origins: pd.DataFrame, beside: str) -> Iterator[Part]:
    """The table; nothing where the log says nothing of where the failures came from.

    Args:
        origins: as ``origins_of_user`` counts them.
        beside: what the successes beside the failures are, in a few words.
    """
    if origins.empty:
        return
    number = origins["others"]
    values = origins["value"].fillna("not in the log")
    more = number.map(lambda n: phrases.count(n, "other"))
    yield Table(
        origins.assign(value=values.where(number == 0, more)).rename(
            columns={"origin": "from", "successes": "worked"}
        )[["from", "value", "failures", "worked"]],
        caption=f"Where the failed attempts came from, beside {beside}",
        most=len(origins),
        collapsed=len(origins) > _SHORT,
        anchor="origins",
    )
