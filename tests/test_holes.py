"""Skipped lines leave a hole: a window with anything unreadable in it is never complete."""

from __future__ import annotations

import itertools
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import event
from kit.base.times import iso
from kit.base.windows import TICK, Window
from kit.lake import Lake, add, holes
from kit.lake.holes import Trail, holes_for_manifest, holes_in, lines_lost
from kit.log.source import open_source
from properties import max_examples

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 10, 27, 9, tzinfo=UTC)
DAY = Window(START - timedelta(hours=1), START + timedelta(hours=2))
BROKEN = "not an event at all"

Line = tuple[datetime, bool]
"""When something came, and whether it can be read."""


@st.composite
def files(draw: st.DrawFn) -> list[Line]:
    """A file's lines in order, running either way, several at one moment among them."""
    steps = draw(st.lists(st.integers(0, 3), min_size=1, max_size=14))
    readable = draw(st.lists(st.booleans(), min_size=len(steps), max_size=len(steps)))
    times = [START + timedelta(minutes=sum(steps[: n + 1])) for n in range(len(steps))]
    if draw(st.booleans()):
        times.reverse()
    return list(zip(times, readable, strict=True))


def _trail(lines: list[Line]) -> Trail:
    trail = Trail()
    for at, readable in lines:
        if readable:
            trail.read(at)
        else:
            trail.skip(1)
    return trail


@given(files(), st.lists(st.integers(0, 14), max_size=4))
def test_each_skipped_line_lies_in_a_hole_however_the_file_is_cut_into_blocks(
    lines: list[Line], cuts: list[int]
) -> None:
    """Blocks are coded apart, and what they say together is what the file says."""
    ends = sorted({0, len(lines), *(min(cut, len(lines)) for cut in cuts)})
    joined = Trail()
    for first, last in itertools.pairwise(ends):
        joined.follow(_trail(lines[first:last]))
    found = joined.holes("a.ndjson", [DAY])
    assert found == _trail(lines).holes("a.ndjson", [DAY])
    assert lines_lost(found) == sum(not readable for _, readable in lines)
    for at, readable in lines:
        assert readable or any(hole.touches(Window(at, at + TICK)) for hole in found)


@given(lines=files(), runs=st.integers(1, 3), most=st.integers(1, 3))
def test_holes_that_are_too_many_become_fewer_and_lose_no_line(
    lines: list[Line], runs: int, most: int
) -> None:
    """Bounds make holes wider, never smaller."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holes, "_MOST_RUNS", runs)
        patch.setattr(holes, "_MOST_OF_FILE", most)
        joined = Trail()
        for line in lines:
            joined.follow(_trail([line]))
        found = joined.holes("a.ndjson", [DAY])
    assert len(found) <= most
    assert lines_lost(found) == sum(not readable for _, readable in lines)
    for at, readable in lines:
        assert readable or any(hole.touches(Window(at, at + TICK)) for hole in found)


@given(files())
def test_a_manifest_counts_each_line_once_however_often_a_file_is_read(lines: list[Line]) -> None:
    """Two runs of skipped lines at one moment are two; the same file again adds none."""
    fresh = _trail(lines).holes("a.ndjson", [DAY])
    once = holes_in({"unread": holes_for_manifest([], fresh)})
    again = holes_in({"unread": holes_for_manifest(once, fresh)})
    assert lines_lost(once) == sum(not readable for _, readable in lines)
    assert again == once


def _lines(texts: list[str]) -> str:
    return "\n".join(texts)


def _arrays(texts: list[str]) -> str:
    return "\n".join(text if text == BROKEN else f"[{text}]" for text in texts)


def _pretty(texts: list[str]) -> str:
    return "\n".join(t if t == BROKEN else json.dumps(json.loads(t), indent=2) for t in texts)


def _envelopes(texts: list[str]) -> str:
    return "\n".join(t if t == BROKEN else f'{{"events": [{t}]}}' for t in texts)


@max_examples(40)
@given(
    lines=files().filter(lambda lines: any(readable for _, readable in lines)),
    layout=st.sampled_from([_lines, _arrays, _pretty, _envelopes]),
    ends=st.lists(st.integers(-5, 50), min_size=2, max_size=2, unique=True),
)
def test_a_window_with_anything_unreadable_in_it_is_never_complete(
    lines: list[Line], layout: Callable[[list[str]], str], ends: list[int]
) -> None:
    """Wherever it is cut, whatever the layout, and up to the source's own ends."""
    texts = [json.dumps(event(published=iso(at))) if readable else BROKEN for at, readable in lines]
    since, until = (START + timedelta(minutes=minute) for minute in sorted(ends))
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "log.ndjson"
        file.write_text(layout(texts), encoding="utf-8")
        held = open_source(file, Path(place))
        for window in (held.window(), Window(since, until)):
            inside = [r for at, r in lines if window.since <= at < window.until]
            coverage = held.coverage(window)
            assert all(inside) or not coverage.complete
            assert coverage.as_dict()["skipped"] == coverage.skipped
            assert coverage.complete or coverage.gaps
        if not all(readable for _, readable in lines):
            assert not held.coverage(held.window()).complete


@pytest.fixture
def gap(tmp_path: Path) -> Path:
    """A file with a line between 09:00 and 09:10 that cannot be read."""
    file = tmp_path / "gap.ndjson"
    first, last = (event(published=f"2026-10-27T09:{minute}:00Z") for minute in ("00", "10"))
    file.write_text("\n".join([json.dumps(first), BROKEN, json.dumps(last)]), encoding="utf-8")
    return file


def test_what_a_skipped_line_does_not_touch_stays_complete(tmp_path: Path) -> None:
    """Its own time, where it can be read, is all that it takes."""
    file = tmp_path / "log.ndjson"
    good = [json.dumps(event(published=f"2026-10-27T09:{n}:00Z")) for n in ("00", "10")]
    bad = '{"published": "2026-10-27T09:05:00.000Z", "eventType": 5}'
    file.write_text("\n".join([good[0], bad, good[1]]), encoding="utf-8")
    held, at = open_source(file, tmp_path), START + timedelta(minutes=5)
    assert held.coverage(Window(START, at)).complete
    assert held.coverage(Window(at + TICK, START + timedelta(minutes=10))).complete
    assert held.coverage(Window(at, at + TICK)).skipped == 1


def test_a_readable_import_over_a_hole_clears_it(tmp_path: Path, gap: Path) -> None:
    """And reading the same file twice counts its line once."""
    lake, window = Lake(tmp_path / "lake"), Window(START, START + timedelta(minutes=10))
    add(lake, [gap])
    add(lake, [gap])
    assert lines_lost(holes_in(lake.manifest())) == 1
    assert not open_source(lake.address, tmp_path / "x").coverage(window).complete
    empty = tmp_path / "empty.json"
    empty.write_text("[]")
    add(lake, [empty], covers=DAY)
    assert open_source(lake.address, tmp_path / "y").coverage(DAY).complete


def test_covers_holds_all_but_the_holes(tmp_path: Path, gap: Path) -> None:
    """What stands beside a skipped line is believed."""
    lake = Lake(tmp_path / "lake")
    add(lake, [gap], covers=DAY)
    coverage = open_source(lake.address, tmp_path / "x").coverage(DAY)
    assert coverage.gaps == (Window(START, START + timedelta(minutes=10) + TICK),)
    assert coverage.skipped == 1


@pytest.mark.parametrize("text", ["", "\n\n", "[]", '{"events": []}'])
def test_what_is_readable_and_empty_is_covered(tmp_path: Path, text: str) -> None:
    """Nothing happened is not the same as nothing could be read."""
    lake, file = Lake(tmp_path / "lake"), tmp_path / "log.json"
    file.write_text(text)
    assert not add(lake, [file], covers=DAY).nothing
    assert lake.covered_windows() == [DAY]


def test_where_nothing_was_an_event_nothing_is_covered(tmp_path: Path) -> None:
    """The skipped line is kept and counted."""
    lake, file = Lake(tmp_path / "lake"), tmp_path / "log.json"
    file.write_text(BROKEN)
    done = add(lake, [file], covers=DAY)
    assert done.nothing
    assert len(done.skipped_lines) == len(lake.skipped_lines()) == 1
    assert lake.covered_windows() == []
