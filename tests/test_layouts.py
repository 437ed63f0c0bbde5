"""Nothing that is read is lost without being counted, whatever the layout."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from factories import event, ndjson
from kit.events import decode
from kit.lake import Lake, add, skipped
from kit.lake.decoding import decoded
from kit.sources.exports import blocks
from layouts import clean_logs, logs
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layouts import Events

FAST = max_examples(100, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIZES = st.sampled_from([64, 500, 3_000, 1 << 20])


def read(path: Path, content: bytes, size: int = 1 << 20) -> tuple[Events, list[tuple[int, int]]]:
    """The events of a file, and the line and count of what is none."""
    path.write_bytes(content)
    events, skipped = [], []
    for block in blocks([path], size):
        for document, one, raw in decoded(block.documents()):
            if one is None:
                skipped.append((document.line, document.count))
            else:
                events.append(json.loads(raw))
    return events, skipped


@FAST
@given(clean_logs(), SIZES)
def test_a_log_gives_its_events_whatever_their_layout(
    tmp_path: Path, log: tuple[str, Events, int], size: int
) -> None:
    """In their order, each once, and nothing else."""
    text, events, _ = log

    assert read(tmp_path / "log", text.encode(), size) == (events, [])


@FAST
@given(logs(), SIZES)
def test_what_is_read_and_what_is_skipped_add_up(
    tmp_path: Path, log: tuple[str, Events, int], size: int
) -> None:
    """With broken events and lines that are none anywhere between."""
    text, events, count = log
    found, skipped = read(tmp_path / "log", text.encode(), size)

    assert (found, sum(n for _, n in skipped)) == (events, count)


@FAST
@given(
    st.binary(max_size=300) | st.text(alphabet='{}[]",:\\ \n\rau1', max_size=300).map(str.encode)
)
def test_any_bytes_are_read_to_their_end(tmp_path: Path, content: bytes) -> None:
    """Between other lines they cost themselves, and raise nothing."""
    line = json.dumps(event()).encode()
    content = content.replace(b"\n", b" ")
    found, _ = read(tmp_path / "log", line + b"\n" + content + b"\n" + line + b"\n")

    assert len(found) >= 2


def _packed_with_a_tail(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda content: pack(content[:90]) + pack(content[90:]) + b"tail"


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, bz2.compress, lzma.compress])
def test_packed_files_are_read_by_their_content(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    """Several one behind another; what stands behind them is counted."""
    events = [event(), event()]
    content = ndjson(events).encode()

    assert read(tmp_path / "log", pack(content)) == (events, [])
    found, skipped = read(tmp_path / "log", _packed_with_a_tail(pack)(content))
    assert (found, len(skipped)) == (events, 1)


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_do_not_matter(tmp_path: Path, name: str, ends: str) -> None:
    """A byte order mark may also stand between files that were joined."""
    events = [event(reason="\u00e4 \U0001f600"), event(), event()]
    lines = [json.dumps(one, ensure_ascii=False) + ends for one in events]
    text = lines[0] + "\ufeff" + lines[1] + "no JSON" + ends + lines[2]

    assert read(tmp_path / "log", text.encode(name)) == (events, [(3, 1)])


def test_what_is_skipped_is_named_by_its_line(tmp_path: Path) -> None:
    """In any layout; in a file that is one array by its place there."""
    hook = {"data": {"events": [event(), {"uuid": 5}]}}
    laid_out = json.dumps(hook, indent=1)
    text = f"\n{json.dumps([event()])}\n{laid_out}\noops\n"
    line = 3 + laid_out[: laid_out.index('"uuid": 5')].count("\n") - 1

    assert read(tmp_path / "log", text.encode())[1] == [(line, 1), (4 + laid_out.count("\n"), 1)]
    assert read(tmp_path / "log", b'[{"uuid": 1},\n\n{"uuid": 2}]')[1] == [(1, 1), (2, 1)]


def test_the_text_of_an_event_is_kept_to_the_letter(tmp_path: Path) -> None:
    """Also inside an envelope, and with half a sign in it."""
    odd = '{ "uuid":"u1",  "published":"2026-10-27T09:00:00Z","eventType":"a","x":"\\ud83d\\u0000"}'
    (tmp_path / "log").write_text(f'{{"events" : [ {odd} ]}}', encoding="utf-8")
    (block,) = blocks([tmp_path / "log"])
    ((_, one, raw),) = decoded(block.documents())

    assert one is not None
    assert raw == odd


@pytest.mark.parametrize(
    "at",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999Z"],
)
def test_a_time_beyond_the_calendar_costs_its_event(tmp_path: Path, at: str) -> None:
    """An import goes on."""
    path = tmp_path / "log"
    path.write_text(json.dumps([event(at), event()]), encoding="utf-8")
    done = add(Lake(tmp_path / "lake"), [path])

    assert (done.events, skipped(done.skipped_lines)) == (1, 1)
    assert "no time in UTC" in done.skipped_lines[0].reason


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\\ud800", "\ufffd"),
        ("a\\udc00b", "a\ufffdb"),
        ("\\ud83d\\ude00\\ud800\\ud800", "\U0001f600\ufffd\ufffd"),
        ("\\\\ud800 \\\\\\ud800", "\\ud800 \\\ufffd"),
    ],
)
def test_half_a_sign_is_replaced(text: str, says: str) -> None:
    """What is no half stays as it is."""
    raw = f'{{"uuid":"u","published":"2026-10-27T09:00:00Z","eventType":"{text}"}}'

    assert decode(raw.encode())[0].event_type == says


def test_all_that_is_skipped_is_counted_and_kept_on_disk(tmp_path: Path) -> None:
    """What is named one by one is bounded; reading the file again adds nothing."""
    path = tmp_path / "log"
    lines = [f'{{"uuid": {n}, "why": "no event, but a long enough line"}}' for n in range(12_000)]
    path.write_text("\n".join([*lines, json.dumps(event())]), encoding="utf-8")
    lake = Lake(tmp_path / "lake")

    for _ in range(2):
        done = add(lake, [path])
        held = lake.skipped_lines()

        assert (skipped(done.skipped_lines), skipped(held)) == (12_000, 12_000)
        assert len(done.skipped_lines) < 2_000
        assert len(held) < 11_000
        kept = [p.read_text().count("\n") for p in lake.folder.glob("_put_aside/*")]
        assert sum(kept) == 12_000


MEASURE = """
import resource, sys
from kit.commands.app import run_command as run
code = run(["import", sys.argv[1], "--lake", sys.argv[2]])
# What getrusage says of a process itself begins with the size of the one that started it.
own = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print((int(own.split()[1]) + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024)
"""


@pytest.mark.parametrize(
    ("head", "piece", "megabytes"),
    [
        (b"", b" ", 100),
        (b"", b"x", 40),
        (b'{"uuid": "', b"x", 40),
        (b"[", b"1,", 2),
        (b"", b"[", 2),
        (b"{", b'"a":{},', 36),
    ],
    ids=["blanks", "a line", "a text", "numbers", "brackets", "an object"],
)
def test_a_small_file_that_unpacks_to_much_stays_small(
    tmp_path: Path, head: bytes, piece: bytes, megabytes: int
) -> None:
    """In memory, all processes together; the event behind it is read."""
    path, line = tmp_path / "log.gz", json.dumps(event()).encode()
    content = (
        head
        + piece * ((megabytes << 20) // len(piece))
        + b"\n"
        + line
        + b"\n"
        + line.replace(b'"uuid": "', b'"uuid": "1')
    )
    path.write_bytes(gzip.compress(content, 1))
    command = [sys.executable, "-c", MEASURE, str(path), str(tmp_path / "lake")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert int(done.stdout.split()[-1]) < 900
    assert "2 events added" in done.stdout
