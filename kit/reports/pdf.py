"""A page is printed by an installed Chromium or Chrome."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from kit.base.environment import needed_variables
from kit.base.errors import NotRendered, UsageError
from kit.base.system import end_group, group_options

if TYPE_CHECKING:
    from pathlib import Path

    from kit.reports.signals import StopSignal

__all__ = ["browser", "print_page"]

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_OPTIONS = (
    "--headless --disable-gpu --disable-background-networking --disable-extensions "
    "--no-first-run --no-pdf-header-footer"
).split()


def browser() -> str:
    """Find a browser that prints.

    Raises:
        UsageError: none is installed.
    """
    for name in _BROWSERS:
        if path := shutil.which(name):
            return path
    raise UsageError("--pdf: no Chromium or Chrome is on the PATH. Install one, or leave it out.")


def print_page(page: Path, scratch: Path, seconds: float, stop: StopSignal) -> Path:
    """Print a page as PDF beside it.

    Args:
        page: the page's path.
        scratch: a private folder for the browser's profile.
        seconds: how long it may take.
        stop: the signals that end it.

    Returns:
        The PDF's path.

    Raises:
        NotRendered: the browser did not make it, or took too long.
        StoppedError: a signal came.
    """
    scratch_pdf, pdf = scratch / "report.pdf", page.with_suffix(".pdf")
    command = [browser(), *_OPTIONS, f"--user-data-dir={scratch}/browser"]
    # Its sandbox refuses to start as root. The page holds no script and loads nothing.
    command += ["--no-sandbox", f"--print-to-pdf={scratch_pdf.resolve()}", page.resolve().as_uri()]
    environment = {**needed_variables(), "TMPDIR": str(scratch)}
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        # A session of its own: a signal to ours is heard here first, and its children end with it.
        process = subprocess.Popen(command, env=environment, **group_options(), **quiet)  # noqa: S603
        try:
            with stop.armed():
                code = process.wait(seconds)
        finally:
            end_group(process)
    except subprocess.TimeoutExpired:
        raise NotRendered(f"the PDF was not printed within {seconds:g} seconds") from None
    except OSError as fault:
        raise NotRendered(f"the PDF could not be printed: {fault.strerror or fault}") from None
    # A page that could not be loaded is no fault to the browser.
    if code or not scratch_pdf.exists():
        raise NotRendered(
            f"the PDF could not be printed: the browser ended with {code}, without it"
        )
    shutil.move(scratch_pdf, pdf)
    return pdf
