"""The event lake: Parquet by UTC day, every event once, with what is missing known.

``files`` holds the layout and the manifest, ``storage`` what they need of a place, ``folder`` and
``bucket`` the two kinds of it; ``ingest`` turns documents into coded Parquet, ``store`` adds them,
``upkeep`` rewrites days, ``coverage`` counts time.
"""

from kit.lake.files import FORMAT, Lake, SkippedLine, skipped
from kit.lake.repair import repair
from kit.lake.store import AddResult, add
from kit.lake.upkeep import compact, recode

__all__ = [
    "FORMAT",
    "AddResult",
    "Lake",
    "SkippedLine",
    "add",
    "compact",
    "recode",
    "repair",
    "skipped",
]
