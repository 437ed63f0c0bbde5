"""An assistant's program on the other side of ``okta-kit mcp``: the SDK's client over stdio."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.from_thread import BlockingPortal

ROOT = Path(__file__).parents[1]


class Reply(NamedTuple):
    """What a tool answered."""

    is_error: bool
    text: str
    structured: dict[str, Any] | None

    @property
    def values(self) -> dict[str, Any]:
        """The answer; both of its forms hold the same facts."""
        assert not self.is_error, self.text
        assert json.loads(self.text) == self.structured
        return self.structured or {}


class Assistant:
    """A client that is connected."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self._portal, self._client = portal, client

    def tools(self) -> dict[str, Any]:
        """The tools, by name."""
        return {one.name: one for one in self._portal.call(self._client.list_tools).tools}

    def instructions(self) -> str:
        """What the server says of itself."""
        return str(self._client.instructions)

    def ask(self, tool: str, **arguments: Any) -> Reply:
        """Call a tool."""
        result = self._portal.call(self._client.call_tool, tool, arguments)
        (block,) = result.content
        return Reply(bool(result.is_error), block.text, result.structured_content)


@contextmanager
def assistant(*words: object, **environment: str) -> Iterator[Assistant]:
    """Start ``okta-kit mcp`` and connect to it.

    Args:
        words: after ``mcp``.
        environment: variables besides those of the test.
    """
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "kit", "mcp", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    with start_blocking_portal() as portal:
        client = Client(stdio_client(server), read_timeout_seconds=300)
        with portal.wrap_async_context_manager(client) as connected:
            yield Assistant(portal, connected)
