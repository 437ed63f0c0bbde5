"""A process of its own that codes blocks one by one.

It is a plain Python process, spoken to over its pipes: unlike multiprocessing's, it needs nothing
of the program that uses the kit, be that a script without a main guard, a notebook or standard
input.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from contextlib import suppress
from datetime import date  # msgspec reads the types of what is sent
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec
import numpy as np
import pyarrow as pa

from kit.base.arrow import sparing_memory, without_pandas
from kit.base.environment import needed_variables
from kit.base.errors import KitError
from kit.events import schema
from kit.lake.blocks import BlockResult, CodedBlock, DayPart, code_documents
from kit.sources.document import Block
from kit.vendors import record_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CodingProcess", "serve"]

_LENGTH = struct.Struct("<Q")


class _Fault(msgspec.Struct, tag=True):
    """What went wrong in a process."""

    text: str


class _Part(msgspec.Struct):
    """A ``DayPart``, with the events in Arrow's form."""

    day: date
    failing: bool
    batch: bytes
    places: bytes


class _Reply(msgspec.Struct, tag=True):
    """What came of a block."""

    result: BlockResult
    parts: list[_Part]
    records: list[tuple[date, bytes]]

    @classmethod
    def of(cls, block: CodedBlock) -> _Reply:
        """Make it of a block's events."""
        parts = [
            _Part(one.day, one.failing, _bytes_of(one.batch), one.places.astype("<i8").tobytes())
            for one in block.parts
        ]
        return cls(
            block.result, parts, [(day, _bytes_of(one)) for day, one in block.records.items()]
        )

    def as_block(self) -> CodedBlock:
        """The block's events."""
        parts = [
            DayPart(one.day, one.failing, read, np.frombuffer(one.places, "<i8"))
            for one in self.parts
            for read in [pa.ipc.read_record_batch(one.batch, schema())]
        ]
        kind = record_schema()
        records = {day: pa.ipc.read_record_batch(one, kind) for day, one in self.records}
        return CodedBlock(self.result, parts, records)


def _bytes_of(batch: pa.RecordBatch) -> bytes:
    data: bytes = batch.serialize().to_pybytes()
    return data


_blocks = msgspec.msgpack.Decoder(Block)
_answers = msgspec.msgpack.Decoder(_Reply | _Fault)


class CodingProcess:
    """One process."""

    def __init__(self) -> None:
        """Start it."""
        home = str(Path(__file__).resolve().parents[2])
        search = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
        program = "from kit.lake.processes import serve; serve()"
        self.process = subprocess.Popen(  # noqa: S603  # our own interpreter, no shell
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**needed_variables(), "PYTHONPATH": search},
        )

    def code(self, block: Block) -> CodedBlock:
        """Send a block, and wait for what comes of it.

        Raises:
            KitError: the process was ended from outside.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            _send(self.process.stdin, msgspec.msgpack.encode(block))
            answer = _received(self.process.stdout)
        except BrokenPipeError:
            answer = None
        if answer is None:
            raise KitError(
                "a process that codes events was ended from outside; is memory short? "
                "Run the same again: no event is added twice."
            )
        reply: _Reply | _Fault = _answers.decode(answer)
        if isinstance(reply, _Fault):
            raise RuntimeError(reply.text)
        return reply.as_block()

    def close(self) -> None:
        """End the process at once: it keeps nothing that it has not sent."""
        self.process.kill()
        with suppress(BrokenPipeError), self.process:  # it closes the pipes, and waits
            pass


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(_LENGTH.pack(len(message)))
    pipe.write(message)
    pipe.flush()


def _received(pipe: IO[bytes]) -> bytes | None:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = pipe.read(length)
    return message if len(message) == length else None


def serve() -> None:
    """Code the blocks that come over standard input until it ends: a process's whole life."""
    with without_pandas(), sparing_memory():
        for message in _messages(sys.stdin.buffer):
            answer: _Reply | _Fault
            try:
                answer = _Reply.of(code_documents(_blocks.decode(message)))
            except Exception as fault:  # noqa: BLE001  # it is raised where the block came from
                answer = _Fault(f"{type(fault).__name__}: {fault}")
            _send(sys.stdout.buffer, msgspec.msgpack.encode(answer))


def _messages(pipe: IO[bytes]) -> Iterator[bytes]:
    while (message := _received(pipe)) is not None:
        yield message
