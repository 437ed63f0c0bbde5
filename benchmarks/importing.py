"""How fast export files get into the lake, beside what people would write with other libraries.

All drop repeats and write zstd Parquet by day. Pandas keeps the raw events and takes the same parts
out of messages; it holds all events at once and needs some 25 KB for each, so it gets the first of
the files. DuckDB (``read_json``) and polars (``scan_ndjson``) get all files and answer less: no raw
events, of messages three parts, of targets what they are guessed to hold. Rates are compared. Whole
processes, one after the other, in pairs::

    python benchmarks/importing.py --events 1000000 --pairs 3

``--against FOLDER`` runs another checkout of okta-kit beside this one. On a machine that others use
processor time says more than seconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from shutil import rmtree

from measure import Run, median, run

PANDAS = r"""
import gzip, json, sys
import pandas as pd
opened = gzip.open if sys.argv[2].endswith(".gz") else open
with opened(sys.argv[2], "rt", encoding="utf-8") as file:
    lines = file.read().splitlines()
table = pd.json_normalize([json.loads(line) for line in lines])
table["raw"] = lines
table["published"] = pd.to_datetime(table["published"], format="ISO8601")
reason = table["outcome.reason"]
table["code"] = reason.str.extract(r"(AADSTS\d+)", expand=False)
table["trace_id"] = reason.str.extract(r"Trace ID: ([0-9a-f-]+)", expand=False)
table["correlation_id"] = reason.str.extract(r"Correlation ID: ([0-9a-f-]+)", expand=False)
table["http_status"] = reason.str.extract(r"error: (\d{3})", expand=False)
def first(targets, kind, key):
    return next((t.get(key) for t in targets or () if t.get("type") == kind), None)
for kind in ("AppInstance", "User", "AppUser"):
    for key in ("id", "alternateId", "displayName"):
        table[f"{kind}.{key}"] = table["target"].map(
            lambda targets: first(targets, kind, key) if isinstance(targets, list) else None
        )
table = table.drop(columns=["target"])
for name in table.columns:
    if table[name].map(lambda value: isinstance(value, (list, dict))).any():
        table[name] = table[name].map(json.dumps)
table = table.drop_duplicates("uuid")
table["date"] = table["published"].dt.strftime("%Y-%m-%d")
table.to_parquet(sys.argv[1], partition_cols=["date"], compression="zstd", index=False)
"""

DUCKDB = r'''
import sys, duckdb
out, *files = sys.argv[1:]
duckdb.sql(f"""
    COPY (
        SELECT DISTINCT ON (uuid) *, strftime(published::TIMESTAMP, '%Y-%m-%d') AS date,
            regexp_extract(outcome.reason, 'AADSTS\\d+') AS code,
            regexp_extract(outcome.reason, 'Trace ID: ([0-9a-f-]+)', 1) AS trace_id,
            regexp_extract(outcome.reason, 'Correlation ID: ([0-9a-f-]+)', 1) AS correlation_id
        FROM read_json({files}, format = 'newline_delimited')
    ) TO '{out}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (date))
""")
'''

POLARS = r"""
import sys
import polars as pl
import polars.selectors as cs
out, *files = sys.argv[1:]
reason = pl.col("outcome").struct.field("reason")
def first(kind, key):
    of_kind = pl.element().filter(pl.element().struct.field("type") == kind)
    values = pl.col("target").list.eval(of_kind.struct.field(key)).list.first()
    return values.alias(f"{kind}.{key}")
(
    pl.scan_ndjson(files, infer_schema_length=10_000)
    .with_columns(
        first("AppInstance", "displayName"),
        first("User", "alternateId"),
        date=pl.col("published").str.slice(0, 10),
        code=reason.str.extract(r"(AADSTS\d+)"),
        trace_id=reason.str.extract(r"Trace ID: ([0-9a-f-]+)"),
        correlation_id=reason.str.extract(r"Correlation ID: ([0-9a-f-]+)"),
    )
    .drop("target")
    .with_columns(cs.struct().struct.json_encode())
    .unique("uuid")
    .sink_parquet(pl.PartitionBy(out, key="date"), compression="zstd", mkdir=True)
)
"""

OTHERS = {"pandas": PANDAS, "DuckDB": DUCKDB, "polars": POLARS}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--pandas-events", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--gz", action="store_true", help="the files are gzipped")
    parser.add_argument(
        "--others", nargs="*", default=list(OTHERS), choices=OTHERS, help="none: okta-kit alone"
    )
    parser.add_argument("--against", type=Path, help="another checkout, imported with, too")
    options = parser.parse_args()
    python, kit, before = sys.executable, [], []
    others: dict[str, list[Run]] = {name: [] for name in options.others}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = max(1, options.events // options.pandas_events)
        make = [python, "data/make_sample.py", "--events", str(options.events)]
        make += [] if options.gz else ["--plain"]
        run(*make, "--files", str(files), "--out", f"{folder}/exports")
        exports = sorted(map(str, (folder / "exports").iterdir()))
        for _ in range(options.pairs):
            command = [python, "-m", "kit", "import", *exports, "--lake", f"{folder}/lake"]
            kit.append(run(*command))
            rmtree(folder / "lake")
            if options.against:
                before.append(run(*command, folder=options.against))
                rmtree(folder / "lake")
            for other, runs in others.items():
                given = exports[:1] if other == "pandas" else exports
                runs.append(run(python, "-c", OTHERS[other], f"{folder}/other", *given))
                rmtree(folder / "other")
    print(f"{options.events:,} events, {'gzipped' if options.gz else 'plain'}: medians of runs")
    show("okta-kit import", kit, options.events)
    if before:
        show(options.against.name, before, options.events)
        faster = statistics.median(
            b.processor / k.processor for b, k in zip(before, kit, strict=True)
        )
        print(f"it takes {faster:.2f} times the processor time")
    for other, runs in others.items():
        events = options.events // files if other == "pandas" else options.events
        show(other, runs, events)
        pairs = list(zip(kit, runs, strict=True))
        faster = [(options.events / k.seconds) / (events / its.seconds) for k, its in pairs]
        print(f"okta-kit reads {statistics.median(faster):.1f} times as many events a second")
        work = [(its.processor / events) / (k.processor / options.events) for k, its in pairs]
        print(f"{other} takes {statistics.median(work):.1f} times the processor time an event")


def show(name: str, runs: list[Run], events: int) -> None:
    """Print the median of some runs over *events* events."""
    found = median(runs)
    rate = f"{events / found.seconds:>10,.0f} events/s"
    work = f"{found.processor / events * 1e6:>7.1f} µs of processor an event"
    memory = f"{found.megabytes:>8.0f} MB"
    print(f"{name:<18}{events:>12,} events{found.seconds:>8.1f} s{rate}{memory}{work}")


if __name__ == "__main__":
    main()
