"""okta-kit: from Okta System Log events to the failing code and the way to fix it.

The names a notebook uses. Each is imported when it is first asked for, so that a command
which needs no data answers at once.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit.analysis.changes import changes
    from kit.analysis.episodes import episodes, history, incident, onset
    from kit.analysis.failures import failures
    from kit.analysis.radius import blast_radius
    from kit.analysis.recovery import recovery
    from kit.analysis.states import states
    from kit.analysis.trends import trends
    from kit.analysis.verification import verification
    from kit.engine import open_log
    from kit.narrative import (
        error_code_report,
        orgs_report,
        remediation_report,
        trends_report,
        user_history_report,
    )
    from kit.remediation import case

__all__ = [
    "__version__",
    "blast_radius",
    "case",
    "changes",
    "episodes",
    "error_code_report",
    "failures",
    "history",
    "incident",
    "onset",
    "open_log",
    "orgs_report",
    "recovery",
    "remediation_report",
    "states",
    "trends",
    "trends_report",
    "user_history_report",
    "verification",
]

try:
    __version__ = version("okta-kit")
except PackageNotFoundError:  # a checkout that was not installed
    __version__ = "0+unknown"

_HOME = {
    "blast_radius": "kit.analysis.radius",
    "case": "kit.remediation",
    "changes": "kit.analysis.changes",
    "episodes": "kit.analysis.episodes",
    "error_code_report": "kit.narrative",
    "failures": "kit.analysis.failures",
    "history": "kit.analysis.episodes",
    "incident": "kit.analysis.episodes",
    "onset": "kit.analysis.episodes",
    "open_log": "kit.engine",
    "orgs_report": "kit.narrative",
    "recovery": "kit.analysis.recovery",
    "remediation_report": "kit.narrative",
    "states": "kit.analysis.states",
    "trends": "kit.analysis.trends",
    "trends_report": "kit.narrative",
    "user_history_report": "kit.narrative",
    "verification": "kit.analysis.verification",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'kit' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
