"""A notebook becomes a report: parameters checked, run, rendered, listed."""

from typing import TYPE_CHECKING

from kit.base.lazy import importing

if TYPE_CHECKING:
    from kit.reports.execute import Limits
    from kit.reports.run import Report, run_report
    from kit.reports.summary import publish

__all__ = ["Limits", "Report", "publish", "run_report"]

__getattr__ = importing(
    __name__,
    {"Limits": "execute", "Report": "run", "publish": "summary", "run_report": "run"},
)
