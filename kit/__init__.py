"""okta-kit: from Okta System Log events to the failing code and the way to fix it.

The names a notebook uses. Each is imported when it is first asked for, so that a command
which needs no data answers at once.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit.analysis.changes import changes
    from kit.analysis.comparison import compare_windows as compare
    from kit.analysis.episodes import episodes, history, onset
    from kit.analysis.episodes import outage as incident
    from kit.analysis.lists import event_list as events
    from kit.analysis.lists import failure_list as failures
    from kit.analysis.lists import incident_list as incidents
    from kit.analysis.radius import blast_radius
    from kit.analysis.recovery import recovery
    from kit.analysis.states import states
    from kit.analysis.trends import trends
    from kit.analysis.verification import verification
    from kit.base.version import __version__
    from kit.cases.case import case
    from kit.display.chart import chart
    from kit.display.explanation import explanation_of as explain
    from kit.log.field import field
    from kit.log.log import open_log
    from kit.views import (
        error_code_report,
        orgs_report,
        own_report,
        remediation_report,
        trends_report,
        user_history_report,
    )

_HOME = {
    # Where each lies; behind a colon, its name there if it is another.
    "blast_radius": "kit.analysis.radius",
    "case": "kit.cases.case",
    "changes": "kit.analysis.changes",
    "chart": "kit.display.chart",
    "compare": "kit.analysis.comparison:compare_windows",
    "episodes": "kit.analysis.episodes",
    "error_code_report": "kit.views",
    "events": "kit.analysis.lists:event_list",
    "explain": "kit.display.explanation:explanation_of",
    "field": "kit.log.field",
    "failures": "kit.analysis.lists:failure_list",
    "history": "kit.analysis.episodes",
    "incident": "kit.analysis.episodes:outage",
    "incidents": "kit.analysis.lists:incident_list",
    "onset": "kit.analysis.episodes",
    "open_log": "kit.log.log",
    "orgs_report": "kit.views",
    "own_report": "kit.views",
    "recovery": "kit.analysis.recovery",
    "remediation_report": "kit.views",
    "states": "kit.analysis.states",
    "trends": "kit.analysis.trends",
    "trends_report": "kit.views",
    "user_history_report": "kit.views",
    "verification": "kit.analysis.verification",
}

__all__ = [
    "__version__",
    "blast_radius",
    "case",
    "changes",
    "chart",
    "compare",
    "episodes",
    "error_code_report",
    "events",
    "explain",
    "failures",
    "field",
    "history",
    "incident",
    "incidents",
    "onset",
    "open_log",
    "orgs_report",
    "own_report",
    "recovery",
    "remediation_report",
    "states",
    "trends",
    "trends_report",
    "user_history_report",
    "verification",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from kit.base.version import __version__

        return __version__
    if name not in _HOME:
        raise AttributeError(f"module 'kit' has no attribute {name!r}")
    return _public(name)


@cache
def _public(name: str) -> Any:
    from kit.base.calls import answering

    module, _, own_name = _HOME[name].partition(":")
    return answering(name, getattr(import_module(module), own_name or name))


class _FunctionOfARoom:
    """A function that has a room's name; no property, of which Shift-Tab would tell itself."""

    def __get__(self, kit: ModuleType, kind: type) -> Any:
        return _public("events")

    def __set__(self, kit: ModuleType, room: ModuleType) -> None:
        """The import system names each room here; ``from kit.events import …`` finds it."""


class _Kit(ModuleType):
    """The package, in which a room and a function share the name ``events``."""

    events = _FunctionOfARoom()


sys.modules[__name__].__class__ = _Kit


def __dir__() -> list[str]:
    return sorted(__all__)
