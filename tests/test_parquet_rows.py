"""Parquet files are read row by row, wherever they lie, and what cannot be read is said."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factories import REFUSED, event
from forms import parquet
from kit.base.errors import SourceError
from kit.lake import Lake, add
from kit.log.log import open_log
from kit.sources.exports import blocks

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = [event(f"2026-10-27T09:{n:02}:00Z", transaction=f"t{n}", reason=REFUSED) for n in range(6)]


def documents(path: Path) -> list[Any]:
    """What stands in a file."""
    return [one for block in blocks([path]) for one in block.documents()]


def test_a_packed_parquet_file_and_one_in_an_archive_are_read(tmp_path: Path) -> None:
    """They have to be read at any place, and lie on the disk meanwhile."""
    content = parquet(EVENTS)
    (tmp_path / "a").write_bytes(gzip.compress(content))
    with zipfile.ZipFile(tmp_path / "b", "w") as archive:
        archive.writestr("rows", content)
        archive.writestr("more.json", json.dumps(event("2026-10-27T10:00:00Z")))

    assert open_log(tmp_path / "a").count == 6
    assert open_log(tmp_path / "b").count == 7


def test_raw_is_the_row_without_nulls(tmp_path: Path) -> None:
    """Numbers, lists and objects stay what they are."""
    one = {**EVENTS[0], "device": {"os": None, "managed": True}, "odd": [1.5, None]}
    (tmp_path / "a").write_bytes(parquet([one]))

    log = open_log(tmp_path / "a").events.select("raw", "wrapper").to_pyarrow().to_pylist()[0]

    raw = json.loads(log["raw"])
    assert raw["device"] == {"managed": True}
    assert raw["odd"] == [1.5, None]
    assert raw["outcome"] == one["outcome"]
    assert log["wrapper"] == "Parquet"


def test_a_damaged_parquet_file_gives_its_rows_up_to_there(tmp_path: Path) -> None:
    """The second row group is overwritten."""
    content = parquet(EVENTS)
    with pq.ParquetFile(io.BytesIO(content)) as table:
        column = table.metadata.row_group(1).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    (tmp_path / "a").write_bytes(content[:start] + b"\xff" * 40 + content[start + 40 :])

    got = documents(tmp_path / "a")

    assert [one.fault for one in got[:2]] == [None, None]
    assert len(got) == 3
    assert got[2].fault.startswith("the Parquet file is damaged: ")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"PAR1" + b"\0" * 600, "Parquet file is damaged"),
        (parquet(EVENTS)[:-8], "Parquet file is damaged"),
        (b"Obj\x01\x04", "Avro file. Export its rows as Parquet"),
        (b"ORC\n\x0b", "ORC file. Export its rows as Parquet"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_export_that_works(
    tmp_path: Path, content: bytes, word: str
) -> None:
    """A file that is cut off has no footer."""
    (tmp_path / "a").write_bytes(content)

    with pytest.raises(SourceError, match=word):
        open_log(tmp_path / "a")


def test_a_file_of_a_lake_is_no_export(tmp_path: Path) -> None:
    """It is coded already, and its lake says what it lacks."""
    (tmp_path / "in").write_bytes(parquet(EVENTS))
    lake = Lake(tmp_path / "lake")
    add(lake, [tmp_path / "in"])

    with pytest.raises(SourceError, match=r"a file of a lake.*--source"):
        open_log(next(lake.folder.glob("date=*/*.parquet")))


def test_memory_does_not_grow_with_the_row_group(tmp_path: Path) -> None:
    """Of a row group of 100 MB, a third at most are held at a time."""
    long = json.dumps({**EVENTS[0], "note": "x" * 20_000})
    out = io.BytesIO()
    table = pa.table({"event": [long] * 5_000})
    pq.write_table(table, out, row_group_size=5_000, use_dictionary=False, compression="none")
    (tmp_path / "a").write_bytes(out.getvalue())
    del table, out

    before = pa.total_allocated_bytes()
    tracemalloc.start()
    most = 0
    for number, block in enumerate(blocks([tmp_path / "a"])):
        most = max(most, pa.total_allocated_bytes() - before)
        assert len(list(block.documents())) < 250, number
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 32 << 20
    assert peak < 32 << 20
