"""JupyterLab on the notebooks: looked over first, then served to this machine alone."""

from __future__ import annotations

import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from kit.base.errors import UsageError
from kit.base.paths import NOTEBOOKS
from kit.base.system import let_port_be_reused
from kit.reports.kernel_check import check_kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_port", "serve_lab"]

_SETTINGS = Path(__file__).with_name("jupyter_config")
"""Ours beside the user's own: no news, Markdown as a page, this machine only, a token."""

_START = "README.md"
"""Which notebook answers which question."""


def serve_lab(notebook: Path | None, options: Sequence[str], *, port: int | None = None) -> None:
    """Serve JupyterLab until it is stopped, opened on a notebook or on the page about all of them.

    Args:
        notebook: the one to open; the page if None.
        options: JupyterLab's own.
        port: where it listens; the next free one from 8888 if None.

    Raises:
        UsageError: JupyterLab is missing, or the port is taken.
        KernelNotStarted: the notebooks could not run.
    """
    if find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed. Run: pip install jupyterlab")
    if port is not None:
        check_port(port)
    check_kernel()
    from jupyterlab.labapp import LabApp

    start = notebook or NOTEBOOKS / _START
    # The folder that holds them all: links between them then lead somewhere.
    folders = (Path.cwd(), NOTEBOOKS, start.parent)
    root = Path(os.path.commonpath([folder.resolve() for folder in folders]))
    settings = [str(_SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, settings))
    below, kits = (path.resolve().relative_to(root) for path in (start, NOTEBOOKS))
    own = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{quote(below.as_posix())}",
        *([f"--ServerApp.port={port}"] if port is not None else []),
    ]
    if any(part.startswith(".") for part in below.parts + kits.parts):  # in .venv, most often
        own.append("--ContentsManager.allow_hidden=True")
    LabApp.launch_instance([*own, *options])


def check_port(port: int) -> None:
    """Make sure that nobody listens on a port of this machine.

    Raises:
        UsageError: somebody does, or it may not be used.
    """
    with socket.socket() as probe:
        let_port_be_reused(probe)
        try:
            probe.bind(("localhost", port))
        except (OSError, OverflowError) as fault:
            why = getattr(fault, "strerror", None) or fault
            raise UsageError(
                f"port {port} cannot be used ({why}). Close what listens there, name another "
                "with --port, or leave it out for a free one."
            ) from None
