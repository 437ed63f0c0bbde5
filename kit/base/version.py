"""The version of okta-kit that is installed, and what it was installed from."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

__all__ = ["__version__", "installed_from"]

try:
    __version__ = version("okta-kit")
except PackageNotFoundError:  # a checkout that was not installed
    __version__ = "0+unknown"


def installed_from() -> str:
    """The checkout or the wheel that pip made this installation from.

    Returns:
        Its path if it is still there, else nothing. pip notes it in ``direct_url.json``
        (https://packaging.python.org/en/latest/specifications/direct-url/).
    """
    with suppress(PackageNotFoundError, ValueError, KeyError, TypeError):
        note = Distribution.from_name("okta-kit").read_text("direct_url.json")
        address = urlsplit(json.loads(note or "")["url"])
        path = url2pathname(address.path)
        if address.scheme == "file" and Path(path).exists():
            return path
    return ""
