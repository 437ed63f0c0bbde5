"""Whether the kernel that notebooks name has the kit, and what puts it right where it has not."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from subprocess import DEVNULL

from kit.base.errors import KernelNotStarted
from kit.base.text import one_line

__all__ = ["KERNEL", "check_kernel", "is_own_kernel", "kernel_python", "kernel_without_kit"]

KERNEL = "python3"
"""The kernel that the notebooks name; Jupyter takes it to be the interpreter beside it."""

_OWN_NAMES = (
    sys.executable,
    "python",
    f"python{sys.version_info[0]}",
    f"python{sys.version_info[0]}.{sys.version_info[1]}",
)
"""What starts the Python that Jupyter itself runs in (jupyter_client's ``KernelManager``)."""

_LAUNCHER = ["-m", "ipykernel_launcher"]

_SHARE = Path(sys.prefix) / "share" / "jupyter"
"""Where ipykernel puts the kernel of this Python."""


def check_kernel(command: str = "okta-kit lab") -> None:
    """Start the notebooks' kernel once, and ask it for the kit.

    Args:
        command: what to run again once it is put right.

    Raises:
        KernelNotStarted: it does not come up, or has no kit.
    """
    from jupyter_client.kernelspec import NoSuchKernel

    try:
        has_kit = _has_kit()
    except NoSuchKernel:
        raise KernelNotStarted(
            f"there is no kernel {KERNEL!r}. Run: {sys.executable} -m pip install ipykernel"
        ) from None
    except (RuntimeError, OSError) as fault:  # it died, took too long, or is no program
        raise KernelNotStarted(
            f"the kernel {KERNEL!r} did not start: {one_line(fault)}. {_repair(command)}"
        ) from None
    if not has_kit:
        raise kernel_without_kit(KERNEL, command)


def kernel_without_kit(name: str, command: str = "okta-kit lab") -> KernelNotStarted:
    """What to say of a kernel that is another Python.

    Args:
        name: the kernel's.
        command: what to run again once it is put right.
    """
    where = f" ({python})" if (python := kernel_python(name)) else ""
    return KernelNotStarted(
        f"the kernel {name!r} is another Python{where}, without okta-kit. {_repair(command, name)}"
    )


def _repair(command: str, name: str = KERNEL) -> str:
    """The one command after which the kernel is this Python.

    ``$JUPYTER_PATH`` comes before all other places (jupyter_core), so a kernel that was found there
    or in the user's own folder stays as it is, and ours is named before it.
    """
    install = (
        f"{shlex.quote(sys.executable)} -m ipykernel install --prefix {shlex.quote(sys.prefix)}"
    )
    if name != KERNEL:
        return f"Run: {install} --name {shlex.quote(name)}"
    ours = (_SHARE / "kernels" / KERNEL / "kernel.json").is_file()
    folder = _folder(KERNEL)
    if folder is None or _SHARE in folder.parents:
        return f"Run: {install}"
    paths = os.pathsep.join(filter(None, (str(_SHARE), os.environ.get("JUPYTER_PATH"))))
    before = "" if ours else f"{install} && "
    return f"Run: {before}JUPYTER_PATH={shlex.quote(paths)} {command}"


def kernel_python(name: str = KERNEL) -> str:
    """The program that a kernel runs; empty if there is no such kernel."""
    program = next(iter(_command(name)), "")
    return sys.executable if program in _OWN_NAMES else program


def is_own_kernel(name: str = KERNEL) -> bool:
    """Whether a kernel is this very Python's own, as ipykernel installs it."""
    command = _command(name)
    return bool(command) and command[0] in _OWN_NAMES and command[1:3] == _LAUNCHER


def _command(name: str) -> list[str]:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return list(KernelSpecManager().get_kernel_spec(name).argv)
    except (NoSuchKernel, OSError, ValueError):
        return []


def _folder(name: str) -> Path | None:
    from jupyter_client.kernelspec import KernelSpecManager

    found_specs: dict[str, str] = KernelSpecManager().find_kernel_specs()
    return Path(found_specs[name]) if name in found_specs else None


def _has_kit() -> bool:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(
        startup_timeout=60, kernel_name=KERNEL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        # A stranger's package has the kit's name.
        has_kit = "bool(__import__('importlib.util').util.find_spec('kit.views'))"
        answer = client.execute(
            "", user_expressions={"has_kit": has_kit}, silent=True, reply=True, timeout=60
        )
        value = answer["content"]["user_expressions"]["has_kit"]
        return bool(value.get("data", {}).get("text/plain") == "True")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
