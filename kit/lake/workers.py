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
from contextlib import suppress
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from kit.base.environment import needed_variables
from kit.base.errors import KitError
from kit.lake.ingest import BlockResult, Coder
from kit.sources.document import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["code_blocks", "serve"]

WORKERS = 2
_AHEAD = 1
"""Blocks that wait for a worker; more would only fill memory."""

_LENGTH = struct.Struct("<Q")

Files = list[tuple[str, str]]
"""UTC days, each with a file in the staging folder; a day may come twice."""


class _Fault(msgspec.Struct, tag=True):
    """What went wrong in a worker."""

    errno: int | None
    text: str


class _CodedReply(msgspec.Struct, tag=True):
    """What came of a block."""

    result: BlockResult


class _FilesReply(msgspec.Struct, tag=True):
    """What a worker's blocks were written to."""

    files: Files


_blocks = msgspec.msgpack.Decoder(Block)
_answers = msgspec.msgpack.Decoder(_CodedReply | _FilesReply | _Fault)


def code_blocks(
    blocks: Iterator[Block],
    staging: Path,
    on_block: Callable[[BlockResult], None],
    *,
    side_by_side: bool = True,
) -> Files:
    """Code blocks: a single one here, many in processes side by side.

    Args:
        blocks: the blocks.
        staging: the folder that the Parquet files go to.
        on_block: is called with what came of each block, in their order.
        side_by_side: whether other processes may be begun: they take half a second.

    Returns:
        The files.

    Raises:
        OSError: a file could not be written.
        KitError: a process was ended from outside.
    """
    first_blocks = (
        [block for _, block in zip(range(2), blocks, strict=False)] if side_by_side else []
    )
    if len(first_blocks) < 2:
        coder = Coder(staging)
        for number, block in enumerate(chain(first_blocks, blocks)):
            on_block(coder.add(block, number))
        return coder.end()
    free: SimpleQueue[_Worker] = SimpleQueue()
    workers = [_Worker(staging) for _ in range(WORKERS)]
    for worker in workers:
        free.put(worker)

    def code(block: Block, number: int) -> BlockResult:
        worker = free.get()
        try:
            return worker.code(block, number)
        finally:
            free.put(worker)

    try:
        with ThreadPoolExecutor(WORKERS) as threads:
            running: deque[Future[BlockResult]] = deque()
            for number, block in enumerate(chain(first_blocks, blocks)):
                running.append(threads.submit(code, block, number))
                if len(running) > WORKERS + _AHEAD:
                    on_block(running.popleft().result())
            while running:
                on_block(running.popleft().result())
            return [pair for files in threads.map(_Worker.end, workers) for pair in files]
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
            env={**needed_variables(), "PYTHONPATH": search},
        )

    def code(self, block: Block, number: int) -> BlockResult:
        """Send a block with its place in the input, and wait for what comes of it."""
        answer = self._ask(_LENGTH.pack(number) + msgspec.msgpack.encode(block))
        assert isinstance(answer, _CodedReply)
        return answer.result

    def end(self) -> Files:
        """Let the worker end its files."""
        answer = self._ask(b"")
        assert isinstance(answer, _FilesReply)
        return answer.files

    def _ask(self, message: bytes) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            _send(self.process.stdin, message)
            answer = _received(self.process.stdout)
        except BrokenPipeError:
            answer = None
        if answer is None:
            raise KitError(
                "a process that codes events was ended from outside; is memory short? "
                "Run the same again: no event is added twice."
            )
        reply = _answers.decode(answer)
        if isinstance(reply, _Fault):
            raise OSError(reply.errno, reply.text) if reply.errno else RuntimeError(reply.text)
        return reply

    def close(self) -> None:
        """Let the process end, whatever it is at."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
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


class _NoPandas:
    """Arrow loads pandas as soon as it is there: 50 MB and half a second, for nothing here."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name=name)


def serve() -> None:
    """Code the blocks that come over standard input until it ends: a worker's whole life."""
    sys.meta_path.insert(0, _NoPandas())
    with suppress(NotImplementedError):  # of the pools, the one that gives most back
        pa.set_memory_pool(pa.jemalloc_memory_pool())
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    coder = Coder(Path(sys.argv[1]))
    while (message := _received(requests)) is not None:
        answer: _CodedReply | _FilesReply | _Fault
        try:
            answer = (
                _CodedReply(_add_block(coder, message)) if message else _FilesReply(coder.end())
            )
        except OSError as fault:
            answer = _Fault(fault.errno, str(fault.strerror or fault))
        except Exception as fault:  # noqa: BLE001  # it is raised where the block came from
            answer = _Fault(None, f"{type(fault).__name__}: {fault}")
        _send(answers, msgspec.msgpack.encode(answer))
    coder.abandon()


def _add_block(coder: Coder, message: bytes) -> BlockResult:
    number = _LENGTH.unpack(message[: _LENGTH.size])[0]
    return coder.add(_blocks.decode(memoryview(message)[_LENGTH.size :]), number)
