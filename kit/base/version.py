"""The version of okta-kit that is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("okta-kit")
except PackageNotFoundError:  # a checkout that was not installed
    __version__ = "0+unknown"
