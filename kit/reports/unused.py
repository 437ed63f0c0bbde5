"""What papermill and nbformat bring along and no report needs, left out of a process.

Each takes a tenth of a second to import, or a second; both libraries do without what is not there.
"""

from __future__ import annotations

import sys

__all__ = ["leave_out_unused"]

_UNUSED = (
    "papermill.s3",  # brings boto3; a notebook is read from a disk
    # What jsonschema checks formats with, of which a notebook's schema has none.
    "isoduration",
    "rfc3986_validator",
    "rfc3987_syntax",  # builds a grammar for a second
)


def leave_out_unused() -> None:
    """Have these modules count as not installed, unless they are there already."""
    for name in _UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
