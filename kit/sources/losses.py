"""Values of which a table shows that the event in them is not whole, and the export that works."""

from __future__ import annotations

import re

__all__ = ["loss_in"]

_CELL = 32_767
"""Characters of UTF-16 that a spreadsheet's cell holds; what is longer is cut off there."""

_STRUCT = re.compile(r"\[?\{\s*[A-Za-z_]\w*=")
_COUNTS = "The event is left out, so failures and recoveries may be too few"


def loss_in(name: str, text: str) -> str | None:
    """Say what is lost of a value that should be JSON, and is not.

    Args:
        name: the column's name.
        text: the value.

    Returns:
        Why it cannot be read, what that does to the counts, and what to do; None if it does not
        look like something that was whole once.
    """
    text = text.strip()
    if _STRUCT.match(text):
        return (
            f"{name} looks like Amazon Athena's text of a struct ({{id=...}}), in which values "
            f"cannot be told apart. {_COUNTS}. Export with UNLOAD (SELECT ...) TO 's3://...' WITH "
            "(format = 'PARQUET'), or select CAST(column AS JSON)"
        )
    if not text.startswith(("{", "[")):
        return None
    size = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if _CELL - 1 <= size <= _CELL:
        return (
            f"{name} is cut off by a spreadsheet at {_CELL:,} characters. {_COUNTS}. Export the "
            "log again, and do not save it from a spreadsheet"
        )
    if text.endswith(("}", "]")):
        return None
    return f"{name} is cut off after {size:,} characters. {_COUNTS}. Export it whole"
