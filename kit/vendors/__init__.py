"""A vendor's own records: one line of the log that the app on the other side keeps.

What every vendor's record has in common is ``record.Record``; which names its export forms give
these things, by what a form is recognised, and which refusals stand in which log, is data:
``entra.toml``, ``salesforce.toml``. A further vendor is a file of that kind, and a module beside
``entra`` that reads its values, named in ``reading``.
"""

from typing import TYPE_CHECKING

from kit.base.lazy import importing

if TYPE_CHECKING:
    from kit.vendors.reading import (
        INNER_NAMES,
        RecordError,
        Unread,
        leads_to_record,
        may_hold_record,
        read_record,
    )
    from kit.vendors.record import REFUSED, Record, content_id
    from kit.vendors.schema import COLUMNS, record_row, record_schema
    from kit.vendors.tables import VendorTable, table_of

__all__ = [
    "COLUMNS",
    "INNER_NAMES",
    "REFUSED",
    "Record",
    "RecordError",
    "Unread",
    "VendorTable",
    "content_id",
    "leads_to_record",
    "may_hold_record",
    "read_record",
    "record_row",
    "record_schema",
    "table_of",
]

__getattr__ = importing(
    __name__,
    {
        "COLUMNS": "schema",
        "INNER_NAMES": "reading",
        "REFUSED": "record",
        "Record": "record",
        "RecordError": "reading",
        "Unread": "reading",
        "VendorTable": "tables",
        "content_id": "record",
        "leads_to_record": "reading",
        "may_hold_record": "reading",
        "read_record": "reading",
        "record_row": "schema",
        "record_schema": "schema",
        "table_of": "tables",
    },
)
