"""okta-kit: from Okta System Log events to the failing code and the way to fix it.

The names a notebook uses. Each is imported when it is first asked for, so that a command
which needs no data answers at once.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit.analysis.failures import failures
    from kit.analysis.recovery import recovery
    from kit.analysis.trends import trends
    from kit.engine import open_log
    from kit.narrative import remediation_report, trends_report
    from kit.remediation import case

__all__ = [
    "__version__",
    "case",
    "failures",
    "open_log",
    "recovery",
    "remediation_report",
    "trends",
    "trends_report",
]

try:
    __version__ = version("okta-kit")
except PackageNotFoundError:  # a checkout that was not installed
    __version__ = "0+unknown"

_HOME = {
    "case": "kit.remediation",
    "failures": "kit.analysis.failures",
    "open_log": "kit.engine",
    "recovery": "kit.analysis.recovery",
    "remediation_report": "kit.narrative",
    "trends": "kit.analysis.trends",
    "trends_report": "kit.narrative",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'kit' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
