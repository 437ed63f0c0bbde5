"""A page is printed by an installed Chromium or Chrome."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from kit.errors import NotRendered, UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["browser", "print_page"]

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_OPTIONS = (
    "--headless --disable-gpu --disable-background-networking --disable-extensions "
    "--no-first-run --no-pdf-header-footer"
).split()
_SECONDS = 120


def browser() -> str:
    """Find a browser that prints.

    Raises:
        UsageError: none is installed.
    """
    for name in _BROWSERS:
        if found := shutil.which(name):
            return found
    raise UsageError("--pdf: no Chromium or Chrome is on the PATH. Install one, or leave it out.")


def print_page(page: Path, scratch: Path) -> Path:
    """Print a page as PDF beside it.

    Args:
        page: the page's path.
        scratch: a private folder for the browser's profile.

    Returns:
        The PDF's path.

    Raises:
        NotRendered: the browser did not make it, or took longer than two minutes.
    """
    pdf = page.with_suffix(".pdf")
    command = [browser(), *_OPTIONS, f"--user-data-dir={scratch}/browser"]
    # Its sandbox refuses to start as root. The page holds no script and loads nothing.
    command += ["--no-sandbox", f"--print-to-pdf={pdf.resolve()}", page.resolve().as_uri()]
    try:
        subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as fault:
        raise NotRendered(f"the PDF could not be printed ({type(fault).__name__})") from None
    # A page that could not be loaded is no fault to the browser.
    if not pdf.exists():
        raise NotRendered("the PDF could not be printed: the browser wrote none")
    return pdf
