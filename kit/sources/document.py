"""What stood in a source where an event should stand."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Document"]


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that stood where an event should stand."""

    file: str
    line: int
    """Line in an NDJSON or CSV file, place in a JSON array; counted from 1."""
    raw: bytes
    fault: str | None = None
    """Why this is no event, or why the file cannot be read from here on; None for JSON."""
    unknown: tuple[str, ...] = ()
    """In a CSV file's first document, the columns that were not understood."""
