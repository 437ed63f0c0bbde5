"""The event lake: Parquet by UTC day, every event once, with what is missing known.

``files`` holds the folder's layout and its manifest, ``ingest`` turns documents into
coded Parquet, ``store`` adds them, ``upkeep`` rewrites days, ``coverage`` counts time.
"""

from kit.lake.files import FORMAT, Lake, PutAside
from kit.lake.store import Added, add
from kit.lake.upkeep import compact, recode

__all__ = ["FORMAT", "Added", "Lake", "PutAside", "add", "compact", "recode"]
