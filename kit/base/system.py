"""What differs between POSIX systems and Windows; no other module asks which one runs.

On Windows this was never run: it follows what Python's documentation says of ``os``, ``signal``,
``subprocess`` and ``multiprocessing`` there.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

__all__ = [
    "begin_session",
    "end_group",
    "forking_context",
    "group_options",
    "is_own_file",
    "is_windows",
    "let_port_be_reused",
    "temporary_root",
]

_MAX_PATH_CHARS = 60
"""Characters of the folder of temporary files: the path of a socket in it may have some 104."""


def is_windows() -> bool:
    """Whether this is Windows; a function, so that checkers follow both ways."""
    return os.name == "nt"


def temporary_root() -> Path:
    """The folder of temporary files, short enough for the path of a socket in it.

    Windows has no such sockets, and no ``/tmp``.
    """
    root = Path(tempfile.gettempdir())
    if not is_windows() and len(str(root)) > _MAX_PATH_CHARS:
        return Path("/tmp")  # noqa: S108  # folders in it are private, their names by chance
    return root


def is_own_file(facts: os.stat_result) -> bool:
    """Whether a file is this user's. Windows has no user ids, and a temporary folder each user."""
    return not hasattr(os, "geteuid") or facts.st_uid == os.geteuid()


def group_options() -> dict[str, Any]:
    """Options of ``subprocess.Popen`` for a process that hears no signal of ours."""
    if is_windows():
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"start_new_session": True}


def end_group(process: subprocess.Popen[Any]) -> None:
    """End a process that was started with ``group_options``, at once.

    On POSIX its children end with it; Windows ends the process alone.
    """
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def begin_session() -> None:
    """Let this process hear of Ctrl-C from its parent alone."""
    if hasattr(os, "setsid"):
        os.setsid()
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def forking_context(preload: str) -> ForkServerContext | SpawnContext:
    """A way to start processes that have their imports done.

    Args:
        preload: the module that imports what they need; where nothing can be forked, each process
            imports for itself.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preload])
    return context


def let_port_be_reused(probe: socket.socket) -> None:
    """Let a port be bound that was left a moment ago; on Windows that would share it instead."""
    if sys.platform != "win32":
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
