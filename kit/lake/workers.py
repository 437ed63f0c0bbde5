"""Blocks are coded side by side, in threads: Arrow lets others go on while it works."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from kit.lake.blocks import code_block
from kit.lake.ingest import DayFiles

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
    blocks: Iterator[Block], staging: Path, on_block: Callable[[BlockResult], None]
) -> list[tuple[str, str]]:
    """Code blocks, and write what they hold.

    Args:
        blocks: the blocks.
        staging: the folder that the Parquet files go to.
        on_block: is called with what came of each block, in their order.

    Returns:
        UTC days, each with a file in the folder; a day may come twice.

    Raises:
        OSError: a file could not be written.
    """
    files = DayFiles(staging)
    try:
        for number, coded in enumerate(_side_by_side(blocks)):
            files.add(coded, number)
            on_block(coded.result)
        return files.end()
    except BaseException:
        files.abandon()
        raise


def _side_by_side(blocks: Iterator[Block]) -> Iterator[CodedBlock]:
    """What is in each block, in their order."""
    running: deque[Future[CodedBlock]] = deque()
    threads = ThreadPoolExecutor(WORKERS)
    try:
        for block in blocks:
            running.append(threads.submit(code_block, block))
            if len(running) > WORKERS + _AHEAD:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        threads.shutdown(cancel_futures=True)
