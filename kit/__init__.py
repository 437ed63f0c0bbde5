"""okta-kit: from Okta System Log events to the failing code and the way to fix it.

The names a notebook uses. Each is imported when it is first asked for, so that a command
which needs no data answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kit.base.version import __version__

if TYPE_CHECKING:
    from kit.analysis.changes import changes
    from kit.analysis.episodes import episodes, history, onset
    from kit.analysis.episodes import outage as incident
    from kit.analysis.failures import failures
    from kit.analysis.incidents import incidents
    from kit.analysis.radius import blast_radius
    from kit.analysis.recovery import recovery
    from kit.analysis.states import states
    from kit.analysis.trends import trends
    from kit.analysis.verification import verification
    from kit.cases.case import case
    from kit.log.field import field
    from kit.log.log import open_log
    from kit.views import (
        error_code_report,
        orgs_report,
        remediation_report,
        trends_report,
        user_history_report,
    )

__all__ = [
    "__version__",
    "blast_radius",
    "case",
    "changes",
    "episodes",
    "error_code_report",
    "failures",
    "field",
    "history",
    "incident",
    "incidents",
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

_HOME = {
    # Where each lies; behind a colon, its name there if it is another.
    "blast_radius": "kit.analysis.radius",
    "case": "kit.cases.case",
    "changes": "kit.analysis.changes",
    "episodes": "kit.analysis.episodes",
    "error_code_report": "kit.views",
    "failures": "kit.analysis.failures",
    "field": "kit.log.field",
    "history": "kit.analysis.episodes",
    "incident": "kit.analysis.episodes:outage",
    "incidents": "kit.analysis.incidents",
    "onset": "kit.analysis.episodes",
    "open_log": "kit.log.log",
    "orgs_report": "kit.views",
    "recovery": "kit.analysis.recovery",
    "remediation_report": "kit.views",
    "states": "kit.analysis.states",
    "trends": "kit.analysis.trends",
    "trends_report": "kit.views",
    "user_history_report": "kit.views",
    "verification": "kit.analysis.verification",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'kit' has no attribute {name!r}")
    module, _, own_name = _HOME[name].partition(":")
    return getattr(import_module(module), own_name or name)


def __dir__() -> list[str]:
    return sorted(__all__)
