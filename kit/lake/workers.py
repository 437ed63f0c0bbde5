"""Blocks are coded in processes of their own, side by side.

Each worker is a plain Python process, spoken to over its pipes: unlike
multiprocessing's, it needs nothing of the program that uses the kit, be that a script
without a main guard, a notebook or standard input.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING

import msgspec

from kit.lake.ingest import Coded, code_block
from kit.sources.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["coded", "serve"]

WORKERS = 2
_AHEAD = 1
"""Blocks that wait for a worker; more would only fill memory."""

_LENGTH = struct.Struct("<Q")


class _Fault(msgspec.Struct, tag=True):
    """What went wrong in a worker."""

    errno: int | None
    text: str


class _Done(msgspec.Struct, tag=True):
    """What came of a block."""

    coded: Coded


_blocks = msgspec.msgpack.Decoder(list[Document])
_answers = msgspec.msgpack.Decoder(_Done | _Fault)


def coded(waiting: Iterator[list[Document]], staging: Path) -> Iterator[Coded]:
    """Code blocks: a single one here, many in processes side by side, in their order.

    Args:
        waiting: the blocks.
        staging: the folder that the Parquet files go to.

    Yields:
        What came of each block.

    Raises:
        OSError: a file could not be written.
    """
    first, second = next(waiting, None), next(waiting, None)
    if first is None:
        return
    if second is None:
        yield code_block(first, staging)
        return
    free: SimpleQueue[_Worker] = SimpleQueue()
    workers = [_Worker(staging) for _ in range(WORKERS)]
    for worker in workers:
        free.put(worker)

    def code(block: list[Document]) -> Coded:
        worker = free.get()
        try:
            return worker.code(block)
        finally:
            free.put(worker)

    try:
        with ThreadPoolExecutor(WORKERS) as threads:
            running: deque[Future[Coded]] = deque()
            for block in chain((first, second), waiting):
                running.append(threads.submit(code, block))
                if len(running) > WORKERS + _AHEAD:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
    finally:
        for worker in workers:
            worker.close()


class _Worker:
    """One process that codes blocks."""

    def __init__(self, staging: Path) -> None:
        home = str(Path(__file__).resolve().parents[2])
        search = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
        program = "from kit.lake.workers import serve; serve()"
        self.process = subprocess.Popen(  # noqa: S603  # our own interpreter, no shell
            [sys.executable, "-c", program, str(staging)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": search},
        )

    def code(self, block: list[Document]) -> Coded:
        """Send a block and wait for what comes of it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        _send(self.process.stdin, msgspec.msgpack.encode(block))
        answer = _received(self.process.stdout)
        if answer is None:
            raise RuntimeError("a process that codes events has ended; run the import again")
        found: _Done | _Fault = _answers.decode(answer)
        if isinstance(found, _Fault):
            raise OSError(found.errno, found.text) if found.errno else RuntimeError(found.text)
        return found.coded

    def close(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(_LENGTH.pack(len(message)))
    pipe.write(message)
    pipe.flush()


def _received(pipe: IO[bytes]) -> bytes | None:
    head = pipe.read(_LENGTH.size)
    return pipe.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else None


def serve() -> None:
    """Code the blocks that come over standard input until it ends: a worker's whole life."""
    staging, asked, answers = Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer
    while (message := _received(asked)) is not None:
        try:
            answer: _Done | _Fault = _Done(code_block(_blocks.decode(message), staging))
        except OSError as fault:
            answer = _Fault(fault.errno, str(fault.strerror or fault))
        except Exception as fault:  # noqa: BLE001  # it is raised where the block came from
            answer = _Fault(None, f"{type(fault).__name__}: {fault}")
        _send(answers, msgspec.msgpack.encode(answer))
