"""The process that a notebook's cells run in: started early, spoken to in private, always ended.

It is started before its source is read, since both take a second or two. Messages travel through
sockets in a private folder, never through an open port, and no secret of ours reaches it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.base.environment import needed_variables
from kit.base.object_store import is_store
from kit.base.paths import APPS, LAKE, PLAIN, PULLED
from kit.log.spark.engines import DUCKDB, ENGINE
from kit.reports.kernel_check import is_own_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["kernel_name", "starting"]

_USES_KIT = re.compile(r"^\s*(import|from) kit\b", re.M)
_NO_HISTORY = "--HistoryManager.hist_file=:memory:"
_WARM = "--IPKernelApp.extra_extensions=kit.reports.kernel_preload"


@contextmanager
def starting(notebook: Any, scratch: Path, environment: Mapping[str, str]) -> Iterator[Any]:
    """Start a notebook's kernel, and end it.

    One that cannot start is no fault yet: running the cells tries again, and says why.

    Args:
        notebook: the notebook (nbformat).
        scratch: a private folder: for the kernel's sockets, and for its temporary files.
        environment: what the kernel's environment has besides what it needs to run.

    Yields:
        The kernel's manager (jupyter_client).
    """
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_core.utils import run_sync
    from traitlets.config import Config

    link = {"transport": "ipc", "ip": f"{scratch}/k", "connection_file": f"{scratch}/kernel.json"}
    manager = AsyncKernelManager(
        kernel_name=kernel_name(notebook), config=Config({"KernelManager": link})
    )
    # Whoever starts it again after a failure, does so in this environment, too.
    own = _environment(scratch, environment)
    manager.start_kernel = partial(manager.start_kernel, env=own)
    try:
        with suppress(Exception):
            options = _options(notebook) if manager.ipykernel else []
            run_sync(manager.start_kernel)(extra_arguments=options)
        yield manager
    finally:
        if manager.has_kernel:
            with suppress(Exception):  # it may have ended by itself
                run_sync(manager.shutdown_kernel)(now=True)


def kernel_name(notebook: Any) -> str:
    """The kernel that a notebook asks for."""
    return str(notebook.metadata.get("kernelspec", {}).get("name", "python3"))


def _options(notebook: Any) -> list[str]:
    """A Python kernel's options; one of the kit's loads what the kit's first cell would."""
    code = "\n".join(c.source for c in notebook.cells if c.cell_type == "code")
    # Another Python may have no kit to load, and would say so at length.
    warm = is_own_kernel(kernel_name(notebook)) and _USES_KIT.search(code)
    return [_NO_HISTORY, _WARM] if warm else [_NO_HISTORY]


def _environment(scratch: Path, more: Mapping[str, str]) -> dict[str, str]:
    """The environment of the kernel: what it needs to run, and so nothing of the live org.

    Its temporary files lie in *scratch*: a kernel that is killed clears nothing up.
    """
    safe_variables = needed_variables(spark=more.get(ENGINE, DUCKDB) != DUCKDB)
    lake = LAKE if is_store(LAKE) else str(Path(LAKE).resolve())
    own = {PULLED: f"{lake}/{APPS}", "OKTA_KIT_LAKE": lake, "TMPDIR": str(scratch), PLAIN: "1"}
    return {**safe_variables, **own, **more}
