"""The events of a lake on a Spark cluster, so that questions run there unchanged.

``engines`` tells engines by their names, ``sessions`` makes or borrows a Spark session,
``backend`` puts questions to it, ``copies`` keeps small answers here, ``progress`` shows how far
they are. pyspark is an extra, so only what is imported when an engine is asked for needs it.
"""

from kit.log.spark.engines import DUCKDB, check_engine, choose_engine

__all__ = ["DUCKDB", "check_engine", "choose_engine"]
