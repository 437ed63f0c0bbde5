"""Writers of one lake in a store, at once or killed, lose nothing and double nothing."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import write_export
from kit.base.object_store import Objects
from kit.lake import Lake, add, compact
from lakes import glob_uuids, memory_address, opened_uuids, spread_events
from properties import max_examples
from requirements import need

need("s3", ["s3fs", "moto"])
import fsspec  # noqa: E402  # it comes with s3fs, which may be missing

if TYPE_CHECKING:
    from collections.abc import Callable


ACTIONS = st.lists(st.sampled_from(["nothing", "add", "compact", "lose"]), max_size=4)


@max_examples(25)
@given(st.lists(ACTIONS, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_whoever_loses_a_race_tries_again(
    tmp_path_factory: pytest.TempPathFactory, rivals: list[list[str]], chance: random.Random
) -> None:
    """Another writer is faster, once or often; or the answer to a write is lost on its way.

    No event is lost, none is doubled, and each writer counts what it added.
    """
    folder, lake, events = (
        tmp_path_factory.mktemp("race"),
        Lake(memory_address()),
        spread_events(30),
    )
    wanted: set[str] = set()
    added: list[int] = []

    def adding() -> None:
        part = chance.choices(events, k=12)
        wanted.update(one["uuid"] for one in part)
        added.append(add(lake, [write_export(folder / f"{uuid.uuid4().hex}.ndjson", part)]).events)

    plain, pending = Objects.replace, iter(list[str]())

    def disturbed(self: Objects, name: str, data: bytes, mark: str) -> bool:
        nonlocal pending
        act, pending_before = next(pending, "nothing"), pending
        pending = iter([])  # rivals are not disturbed themselves
        if act == "add":
            adding()
        elif act == "compact":
            compact(lake)
        written = plain(self, name, data, mark)
        pending = pending_before
        return written and act != "lose"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Objects, "replace", disturbed)
        patch.setattr("kit.lake.bucket.time.sleep", lambda _: None)
        for rival in rivals:
            pending = iter(rival)
            adding()
            pending = iter([])
            if chance.random() < 0.5:
                compact(lake)

    assert opened_uuids(lake.address) == sorted(wanted)
    assert glob_uuids(lake.address) == sorted(wanted)
    assert sum(added) == len(wanted)


ADD = """
import sys
from pathlib import Path
from kit.lake import Lake, add
if __name__ == "__main__":
    for name in sys.argv[2:]:
        add(Lake(sys.argv[1]), [Path(name)])
"""


COMPACT = """
import sys
from pathlib import Path
from kit.lake import Lake, compact
lake, until = Lake(sys.argv[1]), sys.argv[2]
while not Path(until).exists():
    if lake.exists():
        compact(lake)
"""


def started(program: str, *words: str) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own."""
    command = [sys.executable, "-c", program, *words]
    return subprocess.Popen(command, start_new_session=True)


def test_two_writers_and_a_compactor_lose_and_double_nothing_for_their_readers(
    tmp_path: Path, bucket: Callable[..., str]
) -> None:
    """Overlapping exports; what a reader sees only grows, and never holds an event twice."""
    address, events, stop = f"{bucket()}/lake", spread_events(600, days=2), tmp_path / "stop"
    parts = [
        write_export(tmp_path / f"{n}.ndjson", events[50 * n : 50 * n + 120]) for n in range(10)
    ]
    everything = {one["uuid"] for one in events[:570]}
    writers = [started(ADD, address, *map(str, parts[n::2])) for n in range(2)]
    compactor = started(COMPACT, address, str(stop))
    reads, before = 0, set[str]()
    try:
        while any(writer.poll() is None for writer in writers):
            found = opened_uuids(address)
            assert len(found) == len(set(found))
            assert before <= set(found) <= everything
            before, reads = set(found), reads + 1
    finally:
        stop.touch()
        for one in (*writers, compactor):
            one.wait(timeout=120)

    assert [one.returncode for one in (*writers, compactor)] == [0, 0, 0]
    assert reads > 1
    assert opened_uuids(address) == glob_uuids(address) == sorted(everything)


def test_writers_that_are_killed_lose_and_double_nothing(
    tmp_path: Path, bucket: Callable[..., str]
) -> None:
    """At any moment; the next one ends what they began, also for tools that know no manifest."""
    chance = random.Random(11)
    address, events = f"{bucket()}/lake", spread_events(400)
    parts = [
        write_export(tmp_path / f"{n}.ndjson", events[100 * n : 100 * n + 100]) for n in range(4)
    ]
    everything = {one["uuid"] for one in events}
    takes, killed = 60.0, 0
    for part in itertools.islice(itertools.cycle(parts), 40):
        process, began = started(ADD, address, str(part)), time.monotonic()
        try:
            # Its last part: before that, a process of Python comes up.
            assert process.wait(timeout=takes * chance.uniform(0.6, 1.0)) == 0
            # How long one takes changes with what else the machine does.
            takes = time.monotonic() - began
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
        found = opened_uuids(address)
        assert len(found) == len(set(found))
        assert set(found) <= everything
        if killed == 5:
            break

    add(Lake(address), parts)

    assert killed == 5
    assert opened_uuids(address) == glob_uuids(address) == sorted(everything)


@pytest.mark.parametrize("step", range(1, 14))
def test_a_writer_that_ends_between_two_requests_leaves_a_whole_lake(
    tmp_path: Path, step: int
) -> None:
    """After each of its writes to the store, one after the other."""

    class Ended(BaseException):
        """Stands for a kill: nothing of the writer runs after it."""

    lake, events = Lake(memory_address()), spread_events(40, days=1)
    add(lake, [write_export(tmp_path / "a.ndjson", events[:20])])
    second, left = write_export(tmp_path / "b.ndjson", events[10:]), step
    store = fsspec.get_filesystem_class("memory")

    def counted(plain: Callable[..., Any]) -> Callable[..., Any]:
        def done(*given: Any, **more: Any) -> Any:
            nonlocal left
            result = plain(*given, **more)
            left -= 1
            if left == 0:
                raise Ended
            return result

        return done

    with pytest.MonkeyPatch.context() as patch:
        for name in ("pipe_file", "put_file", "cp_file", "rm_file"):
            patch.setattr(store, name, counted(getattr(store, name)))
        ended = False
        try:
            add(lake, [second])
            compact(lake)
        except Ended:
            ended = True
    wanted = sorted(one["uuid"] for one in events)

    assert ended or step > 11
    assert opened_uuids(lake.address) in (sorted(e["uuid"] for e in events[:20]), wanted)
    compact(Lake(lake.address))
    add(Lake(lake.address), [second])
    assert opened_uuids(lake.address) == glob_uuids(lake.address) == wanted
