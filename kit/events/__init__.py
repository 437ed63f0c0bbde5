"""A System Log event: what of it is read, the row it becomes, and whom it hits."""

from kit.events.event import LogEvent, UnfitEventError, decode
from kit.events.row import row
from kit.events.schema import COLUMNS, FAILING_RESULTS, SUCCEEDED_RESULTS, Column, schema

__all__ = [
    "COLUMNS",
    "FAILING_RESULTS",
    "SUCCEEDED_RESULTS",
    "Column",
    "LogEvent",
    "UnfitEventError",
    "decode",
    "row",
    "schema",
]
