"""Blocks are one side by side.

Threads do for what is read by columns: Arrow lets others go on while it works. What has to be
looked at one by one goes to processes of their own, which are started when there is much of it.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING

from kit.lake.blocks import code_block, code_documents
from kit.lake.ingest import DayFiles
from kit.lake.processes import CodingProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kit.lake.blocks import BlockResult, CodedBlock
    from kit.sources.document import Block

__all__ = ["code_blocks"]

WORKERS = 2
_AHEAD = 4
"""Blocks that wait until what is before them is written; more would only fill memory."""


def code_blocks(
    blocks: Iterator[Block],
    staging: Path,
    on_block: Callable[[BlockResult], None],
    *,
    side_by_side: bool = True,
) -> list[tuple[str, str]]:
    """Code blocks, and write what they hold.

    Args:
        blocks: the blocks.
        staging: the folder that the Parquet files go to.
        on_block: is called with what came of each block, in their order.
        side_by_side: whether processes may be begun: they take half a second.

    Returns:
        UTC days, each with a file in the folder; a day may come twice.

    Raises:
        OSError: a file could not be written.
        KitError: a process was ended from outside.
    """
    files, processes = DayFiles(staging), _Processes(WORKERS if side_by_side else 0)
    try:
        for number, one in enumerate(_side_by_side(blocks, processes.code)):
            files.add(one, number)
            on_block(one.result)
        return files.end()
    except BaseException:
        files.abandon()
        raise
    finally:
        processes.close()


def _side_by_side(
    blocks: Iterator[Block], one_by_one: Callable[[Block], CodedBlock]
) -> Iterator[CodedBlock]:
    """What is in each block, in their order."""
    running: deque[Future[list[CodedBlock]]] = deque()
    threads = ThreadPoolExecutor(WORKERS)
    try:
        for block in blocks:
            running.append(threads.submit(code_block, block, one_by_one))
            if len(running) > WORKERS + _AHEAD:
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()
    finally:
        threads.shutdown(cancel_futures=True)


_SMALL = 16 << 20
"""Bytes to be looked at one by one that are done before a process has started."""


class _Processes:
    """Processes that code blocks; the first bytes are not worth one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._every: list[CodingProcess] = []
        self._free: list[CodingProcess] = []
        self._lock = Lock()
        self._bytes = 0
        """Looked at here."""

    def code(self, block: Block) -> CodedBlock:
        """Code a block's documents one by one."""
        with self._lock:
            is_here = not self._most or self._bytes < _SMALL
            self._bytes += block.size if is_here else 0
            process = None if is_here else self._free.pop() if self._free else CodingProcess()
            if process and process not in self._every:
                self._every.append(process)
        if process is None:
            return code_documents(block)
        try:
            return process.code(block)
        finally:
            self._free.append(process)

    def close(self) -> None:
        """End the processes."""
        for process in self._every:
            process.close()
