"""Nothing that is read is lost without being counted, whatever the layout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.lake.ingest import decoded
from kit.sources.exports import blocks
from layouts import clean_logs, logs

if TYPE_CHECKING:
    from pathlib import Path

    from layouts import Events

FAST = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
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
